#!/usr/bin/env perl
# The second gateway, end to end: chosen by name, verified once, and without refunds of its own.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 10, price => 100_000);
my $staff = $shop->staff;
my ($one, $two) = map { Tarazu::Test::Buyer->new($shop, enter($shop, $_)) } crowd($shop, 2);
sub ordered { my ($b) = @_; $b->put($variant); return $b->must($b->place, 201) }
sub begin { my ($b, $order) = @_; return $b->{client}->post('/payment/process', json => { order => $order->{number}, gateway => 'zarinpal' }) }
sub at_bank { my ($r, $deed) = @_; my ($authority) = $r->{json}{redirect_url} =~ m{([^/]+)/?\z}; return $shop->sandbox->post("/bank/$authority/$deed", json => { webhook => JSON::PP::false })->{json} }

my $order = ordered($one);
is(begin($one, $order)->{json}{code}, 'payment_method_unavailable', 'not offered without a merchant');
my $e = $shop->endpoints;
open my $conf, '>>', $e->{config} or die "$e->{config}: $!";
print {$conf} "zarinpal.base_url = $e->{sandbox}\nzarinpal.merchant = ", '1' x 36, "\n";
close $conf or die $!;
kill HUP => @{ $e->{master_pids} };
my $r;
ok(wait_for(sub { ($r) = Tarazu::Test::Buyer::patiently(sub { begin($one, $order) }); return $r->{status} == 201 }, 30), 'the owner gives one: it is there without a restart') or diag $r->{body};

subtest 'paid' => sub {
    like($r->{json}{redirect_url}, qr{/pg/StartPay/A0}, 'to its own page');
    my $way = at_bank($r, 'pay');
    my $back = $one->{client}->get($way->{callback_url});
    like($back->{headers}{location}, qr{^/payment/result/}, 'and back');
    $one->{client}->get($way->{callback_url});
    my $paid = $one->order($order->{number});
    is_deeply([@$paid{qw(status paid)}], ['paid', $order->{due}], 'paid');
    is($paid->{payments}[0]{gateway}, 'zarinpal', 'there');
    is($shop->db_value("SELECT sum(e.amount) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id JOIN payments p ON p.id = t.payment_id
        WHERE p.gateway = 'zarinpal' AND e.account = 'gateway_clearing'"), $order->{due}, 'booked once');
};

subtest 'given up, then paid after all for an order that is gone' => sub {
    my $o = ordered($two);
    my $visit = begin($two, $o);
    is($two->{client}->post("/orders/$o->{number}/cancel", json => {})->{json}{status}, 'canceled', 'the buyer cancels the order');
    $two->{client}->get(at_bank($visit, 'pay')->{callback_url});
    is($two->{client}->get("/payments/$visit->{json}{payment_id}")->{json}{status}, 'suspense', 'the money is held apart');
    my ($p) = grep { $_->{id} eq $visit->{json}{payment_id} } @{ $staff->get('/admin/payments?unresolved=true')->{json}{items} };
    is_deeply([@{ $p->{refunds}[0] }{qw(to status)}], ['manual', 'awaiting_transfer'], 'a person sends it home: the gateway cannot');
};

ok(quiet($shop), 'all work is done');
adds_up($shop);
$shop->stop;
done_testing;
