#!/usr/bin/env perl
# What the papers of an order say of its parties and its lines: what canceled units leave on the packing slip
# and the invoice, and who picks up what is not sent.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter faults clean_doctor);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
my ($one, $two) = goods($shop, count => 2, on_hand => 100, price => 100_001);
my @people = map { enter($shop, $_) } crowd($shop, 6);
sub buyer { return Tarazu::Test::Buyer->new($shop, shift @people) }
sub at { my ($number, $what, $body) = @_; return $staff->post("/admin/orders/$number/$what", json => $body) }
sub slip { my ($number) = @_; return $staff->get("/admin/orders/$number/packing-slip")->{json} }
sub invoice { my ($b, $number) = @_; return $b->{client}->get("/orders/$number/invoice")->{json} }
sub sealed { my ($b, $number) = @_; return wait_for(sub { invoice($b, $number)->{invoice_number} }, 60) }

coupon($shop, 'THIRD', kind => 'percent', value => 3333);

subtest 'paid, and then units are canceled' => sub {
    my $b = buyer();
    $b->put($one, 3);
    $b->put($two);
    $b->must($b->apply('THIRD'));
    my $o = $b->must($b->place, 201);
    my $n = $o->{number};
    $b->pay_and_return($n);
    ok(sealed($b, $n), 'an invoice with a number');
    is(slip($n)->{total}, $o->{total}, 'the slip of a whole order says what it cost');
    my ($first, $other) = @{ $o->{items} };
    my $r = at($n, 'cancel-lines', { lines => [{ item_id => $first->{id}, quantity => 1 }, { item_id => $other->{id}, quantity => 1 }], reason => 'نداریم' });
    is($r->{status}, 200, 'one of three is canceled, and the other line') or diag $r->{body};
    my $left = $o->{total} - $r->{json}{refunded};
    my $slip = slip($n);
    is_deeply([map { @$_{qw(quantity line_total)} } @{ $slip->{items} }], [2, $left - 30_000], 'the slip counts what goes into the parcel');
    is($slip->{total}, $left, 'and costs what was not given back');
    my $credit;
    ok(wait_for(sub { ($credit) = @{ invoice($b, $n)->{credit_notes} } }, 60), 'a credit note for the canceled units');
    my $paper = invoice($b, $n);
    is($paper->{total}, $o->{total}, 'beside the invoice, which stays as it was issued');
    is($paper->{total} - $credit->{amount}, $left, 'the two of them are what was sold');
    is($b->order($n)->{refunded}, $credit->{amount}, 'and what was given back');
};

subtest 'canceled before the invoice has a number' => sub {
    my $b = buyer();
    $b->put($one, 2);
    my $o = $b->must($b->place, 201);
    $b->pay_and_return($o->{number});
    at($o->{number}, 'cancel-lines', { lines => [{ item_id => $o->{items}[0]{id}, quantity => 1 }], reason => 'نداریم' });
    ok(wait_for(sub { my $i = invoice($b, $o->{number}); $i->{invoice_number} && @{ $i->{credit_notes} } }, 60), 'both papers get their numbers');
    my $i = invoice($b, $o->{number});
    is($i->{total} - $i->{credit_notes}[0]{amount}, $o->{total} - 100_001, 'and are right together');
    cmp_ok($i->{invoice_number}, '<', $i->{credit_notes}[0]{number}, 'the invoice comes first');
};

subtest 'cash on delivery: nobody paid for what was canceled' => sub {
    my $b = buyer();
    is($staff->patch('/admin/settings', json => { cod_enabled => JSON::PP::true(), cod_maximum => 10_000_000 })->{status}, 200, 'switched on');
    $b->put($one, 3);
    $b->put($two);
    my $o = $b->must($b->place(payment_method => 'cod'), 201);
    my $n = $o->{number};
    is(at($n, 'transition', { event => 'confirm_cod' })->{status}, 200, 'confirmed');
    ok(sealed($b, $n), 'an invoice before anything is paid');
    my ($first, $other) = @{ $o->{items} };
    at($n, 'cancel-lines', { lines => [{ item_id => $first->{id}, quantity => 1 }, { item_id => $other->{id}, quantity => 1 }], reason => 'نداریم' });
    is(slip($n)->{total}, 230_002, 'the courier asks for what is in the parcel');
    my $i = invoice($b, $n);
    is_deeply([map { @$_{qw(row quantity line_subtotal line_total)} } @{ $i->{items} }], [1, 2, 200_002, 200_002], 'the invoice has what is sold, for no credit note will follow');
    is_deeply([@$i{qw(subtotal total credit_notes)}], [200_002, 230_002, []], 'and its sum');
    at($n, 'transition', { event => $_ }) for qw(ship deliver);
    is($b->order($n)->{paid}, 230_002, 'which is what was paid at the door');
    is(invoice($b, $n)->{total}, 230_002, 'and stays so');
    my $r = at($n, 'refunds', { lines => [{ item_id => $first->{id}, quantity => 1 }], to => 'manual', reason => 'خراش' });
    is(invoice($b, $n)->{total}, 230_002, 'a refund is a credit note, not another invoice');
};

subtest 'cash on delivery: what never arrived was not sold' => sub {
    my $b = buyer();
    $b->put($one, 2);
    my $o = $b->must($b->place(payment_method => 'cod'), 201);
    my ($n, $item) = ($o->{number}, $o->{items}[0]{id});
    at($n, 'transition', { event => 'confirm_cod' });
    for (1, 2) { is(at($n, 'shipments', { items => [{ item_id => $item, quantity => 1 }] })->{status}, 201, "parcel $_") }
    my @parcels = map { $_->{id} } @{ $b->order($n)->{shipments} };
    is($staff->patch("/admin/orders/$n/shipments/$parcels[1]", json => { status => 'lost' })->{status}, 200, 'one is lost');
    at($n, 'transition', { event => 'deliver' });
    is($b->order($n)->{paid}, 130_001, 'one unit is paid');
    is(invoice($b, $n)->{total}, 130_001, 'and one is on the invoice');
};

subtest 'picked up' => sub {
    my $b = buyer();
    $b->put($one);
    my $o = $b->must($b->place(shipping_method => 'pickup'), 201);
    is_deeply([@{ $o->{address} }{qw(recipient phone)}], ['خریدار آزمون', '+989121112233'], 'who comes for it is kept');
    is_deeply([grep { defined } @{ $o->{address} }{qw(province city line postal_code plaque)}], [], 'where they live is nobody\'s business');
    $b->pay_and_return($o->{number});
    is(slip($o->{number})->{address}{phone}, '+989121112233', 'the slip names them');
    ok(!grep({ $_ eq 'address' } @{ $staff->get("/admin/orders/$o->{number}")->{json}{actions} }), 'there is no address to correct');
    is($staff->patch("/admin/orders/$o->{number}/address", json => { city => 'شیراز' })->{status}, 409, 'nor can one be given');
    $b->put($one);
    my $none = $b->must($b->place(wish => { %{ $b->wish(shipping_method => 'pickup') }, address => { city => 'تهران', province => 'IR-23' } }), 201);
    is($none->{address}, undef, 'nobody named, nobody kept');
};

is_deeply([faults($shop)], [], 'everything adds up');
my ($clean, $said) = clean_doctor($shop);
ok($clean, 'the doctor finds nothing') or diag $said;
$shop->stop;
done_testing;
