#!/usr/bin/env perl
# From the paid order to the parcel at the door: parts of an order that are sent, units that are
# canceled, parcels that fail, come back or are lost, corrected addresses, notes and packing slips. Every
# step that is not allowed is 409 and changes nothing; shelf and books are true after each.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;

sub shelf_of { my ($variant) = @_; return join '/', @{ ($shop->db_query("SELECT on_hand, reserved FROM stock WHERE variant_id = $variant"))[0] } }
sub moved { my ($number, $kind) = @_;
    return $shop->db_value("SELECT coalesce(sum(on_hand_delta), 0) FROM stock_movements m JOIN orders o ON o.id = m.order_id WHERE o.number = '$number' AND kind = '$kind'") }
sub booked { my ($number, $event, $account) = @_;
    return $shop->db_value("SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
        JOIN orders o ON o.id = t.order_id WHERE o.number = '$number' AND t.event = '$event' AND e.account = '$account'") }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub at { my ($number, $path, $json) = @_; return $staff->post("/admin/orders/$number/$path", json => $json) }
sub event { my ($number, $event, %o) = @_; return at($number, 'transition', { event => $event, %o }) }
sub parcel { my ($number, $id, $status) = @_; return $staff->patch("/admin/orders/$number/shipments/$id", json => { status => $status }) }
# The same person in a browser: a page instead of JSON.
sub page { my ($c, $path) = @_; my $b = $shop->client(html => 1); $b->{cookies}{'__Host-access'} = $c->{bearer}; return $b->get($path) }
sub seen { my ($number) = @_; return $staff->get("/admin/orders/$number")->{json} }

# A paid order of so many units of fresh variants at 250000 each, 30000 for the post.
sub bought {
    my (@quantities) = @_;
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    my @variants = goods($shop, count => scalar @quantities, on_hand => 10);
    $buyer->put($variants[$_], $quantities[$_]) for 0 .. $#quantities;
    my $order = $buyer->must($buyer->place(key => 'k'));
    return ($order, $buyer, @variants);
}
sub paid {
    my ($order, $buyer, @variants) = bought(@_);
    $buyer->pay_and_return($order->{number});
    return ($order->{number}, [map { $_->{id} } @{ $order->{items} }], $buyer, @variants);
}
sub prepared { my @all = paid(@_); ok_(event($all[0], 'process'), 'in preparation'); return @all }

subtest 'an order in parts' => sub {
    my ($number, $items, $buyer, $a, $b) = paid(3, 1);
    my ($x, $y) = @$items;
    my $send = sub { at($number, 'shipments', { items => [@_], carrier => 'پست', tracking_number => '۱۲۳۴' }) };
    refused($send->({ item_id => $x, quantity => 1 }), 409, 'illegal_transition', 'nothing is sent before the preparation');
    event($number, 'process');
    refused($send->({ item_id => $x, quantity => 4 }), 422, 'invalid_field', 'not more than is reserved');
    refused($send->({ item_id => $x, quantity => 1 }, { item_id => $x, quantity => 1 }), 422, 'invalid_field', 'a line once');
    refused($send->({ item_id => 1 + ($x > $y ? $x : $y), quantity => 1 }), 422, 'invalid_field', 'no line of another order');
    refused($send->({ item_id => $x, quantity => 0 }), 422, 'invalid_field', 'something');
    is(shelf_of($a), '10/3', 'the shelf is as it was');
    my $r = $send->({ item_id => $x, quantity => 2 }, { item_id => $y, quantity => 0 });
    is($r->{status}, 201, 'a part goes') or diag $r->{body};
    is($r->{json}{status}, 'processing', 'the order is still in preparation');
    is_deeply([map { $_->{shipped_quantity} } @{ $r->{json}{items} }], [2, 0], 'two units are out');
    is($r->{json}{shipments}[0]{tracking_number}, '1234', 'with a number in plain digits');
    is(shelf_of($a), '8/1', 'out of both counters');
    is(moved($number, 'ship'), -2, 'by one movement');
    refused(event($number, 'cancel', reason => 'x'), 409, 'illegal_transition', 'what was sent in part is not canceled');
    refused(event($number, 'deliver'), 409, 'illegal_transition', 'nor delivered');
    my $first = $r->{json}{shipments}[0]{id};
    ok_(parcel($number, $first, 'delivered'), 'the first parcel arrives');
    is(seen($number)->{status}, 'processing', 'which is not the end of the order');
    refused(parcel($number, $first, 'lost'), 409, 'illegal_transition', 'what arrived is not lost');
    my $key = 'parcel-2';
    my @body = (json => { items => [{ item_id => $x, quantity => 1 }, { item_id => $y, quantity => 1 }] }, key => $key);
    $r = $staff->post("/admin/orders/$number/shipments", @body);
    is($r->{json}{status}, 'shipped', 'the last part ships the order by itself') or diag $r->{body};
    my $again = $staff->post("/admin/orders/$number/shipments", @body);
    is($again->{headers}{'idempotent-replayed'}, 'true', 'once, however often it is sent');
    is(moved($number, 'ship'), -4, 'all units are out');
    is(shelf_of($b), '9/0', 'of both variants');
    refused($send->({ item_id => $x, quantity => 1 }), 409, 'illegal_transition', 'there is no more to send');
    my $second = $r->{json}{shipments}[1]{id};
    refused($staff->patch("/admin/orders/$number/shipments/999999", json => { status => 'lost' }), 404, 'not_found', 'no such parcel');
    my ($other) = prepared(1);
    refused(parcel($other, $second, 'delivered'), 404, 'not_found', 'nor one of another order');
    ok_(parcel($number, $second, 'failed'), 'the second parcel fails');
    refused(event($number, 'deliver'), 409, 'illegal_transition', 'a failed parcel is still on its way');
    ok_(parcel($number, $second, 'delivered'), 'and arrives at the second try');
    my $end = seen($number);
    is($end->{status}, 'delivered', 'which delivers the order by itself');
    is_deeply([map { $_->{event} } @{ $end->{events} }], [qw(place capture process ship deliver)], 'in the order of things');
    is($end->{refunded}, 0, 'nothing is given back');
    quiet($shop);
    my @texts = map { $_->{text} } @{ $shop->sandbox->get('/inbox/sms?phone=%2B' . substr $end->{customer}{phone}, 1)->{json}{items} };
    is(scalar(grep { /بخشی از سفارش/ } @texts), 1, 'the customer was told of the part');
};

subtest 'deliver by one press' => sub {
    my ($number) = prepared(2);
    ok_(event($number, 'ship', tracking_number => '77'), 'sent');
    my $r = ok_(event($number, 'deliver'), 'delivered');
    is($r->{shipments}[0]{status}, 'delivered', 'with its parcel');
};

subtest 'canceled lines' => sub {
    my ($order, $unpaid) = bought(2);
    refused(at($order->{number}, 'cancel-lines', { lines => [{ item_id => $order->{items}[0]{id}, quantity => 1 }], reason => 'x' }), 409,
        'illegal_transition', 'not of an unpaid order');
    my ($number, $items, $buyer, $a, $b) = paid(3, 1);
    my $cancel = sub { at($number, 'cancel-lines', { lines => [@_], reason => 'شکسته بود' }) };
    refused($cancel->({ item_id => $items->[0], quantity => 4 }), 422, 'invalid_field', 'not more than there is');
    refused(at($number, 'cancel-lines', { lines => [{ item_id => $items->[0], quantity => 1 }] }), 422, 'invalid_field', 'a reason is needed');
    my $o = ok_($cancel->({ item_id => $items->[0], quantity => 1 }), 'one of three');
    is_deeply([@{ $o->{items}[0] }{qw(quantity canceled_quantity refunded_quantity refunded_amount)}], [3, 1, 1, 250_000], 'is told on its line');
    is_deeply([@$o{qw(status total refunded payment_status)}], ['paid', 1_030_000, 250_000, 'partially_refunded'], 'the figures stay, the money goes back');
    is($o->{refunds}[0]{lines}[0]{quantity}, 1, 'the refund names the unit');
    is(shelf_of($a), '10/2', 'the unit is free again');
    is(booked($number, 'refund', 'returns'), 250_000, 'and the books know');
    is($o->{events}[-1]{event}, 'cancel_lines', 'so does the timeline');
    event($number, 'process');
    at($number, 'shipments', { items => [{ item_id => $items->[0], quantity => 2 }] });
    $o = ok_($cancel->({ item_id => $items->[1], quantity => 1 }), 'what could not be sent');
    is($o->{status}, 'shipped', 'the order ships with what it has');
    refused($cancel->({ item_id => $items->[1], quantity => 1 }), 409, 'illegal_transition', 'nothing of a shipped order is canceled');
    is($o->{refunded}, 500_000, 'the second unit is paid back too');

    ($number, $items, $buyer, $a) = paid(2);
    $o = ok_($cancel->({ item_id => $items->[0], quantity => 2 }), 'all units');
    is_deeply([@$o{qw(status cancel_reason payment_status)}], ['canceled', 'staff', 'refunded'], 'are a canceled order');
    is($o->{refunded}, $o->{total}, 'with its postage');
    is(shelf_of($a), '10/0', 'and a full shelf');

    # Staff gave a unit's money back before they canceled it: it is not given twice.
    ($number, $items) = paid(2);
    ok_(at($number, 'refunds', { lines => [{ item_id => $items->[0], quantity => 1 }], to => 'gateway', reason => 'x' }), 'paid back first');
    $o = ok_($cancel->({ item_id => $items->[0], quantity => 1 }), 'canceled then');
    is($o->{refunded}, 250_000, 'one unit is paid back once');
    # An allowance ate what the unit would give.
    ($number, $items) = paid(2);
    ok_(at($number, 'refunds', { amount => 400_000, to => 'gateway', reason => 'x' }), 'an allowance');
    $o = ok_($cancel->({ item_id => $items->[0], quantity => 1 }), 'and a canceled unit');
    is($o->{refunded}, 530_000, 'never more than was paid');
};

subtest 'parcels that come back' => sub {
    my ($number, $items, $buyer, $a) = prepared(3);
    event($number, 'ship');
    refused(event($number, 'close'), 409, 'illegal_transition', 'an order on its way is not closed');
    my $parcel = seen($number)->{shipments}[0]{id};
    my $receive = sub { $staff->post("/admin/orders/$number/shipments/$parcel/receive", json => { lines => [@_] }) };
    refused($receive->({ item_id => $items->[0], restocked => 3, written_off => 0 }), 409, 'illegal_transition', 'nor received');
    ok_(parcel($number, $parcel, 'returned_to_sender'), 'refused at the door');
    is(shelf_of($a), '7/0', 'which puts nothing on the shelf');
    refused(event($number, 'deliver'), 409, 'illegal_transition', 'nothing was delivered');
    refused(event($number, 'close'), 409, 'illegal_transition', 'and nothing is here yet');
    refused($receive->({ item_id => $items->[0], restocked => 1, written_off => 1 }), 422, 'invalid_field', 'every unit is told');
    my $o = ok_($receive->({ item_id => $items->[0], restocked => 2, written_off => 1 }), 'two are whole');
    is(shelf_of($a), '9/0', 'and only these are on the shelf');
    is(moved($number, 'restock'), 2, 'by a movement');
    is($o->{items}[0]{returned_quantity}, 3, 'all have come back');
    refused($receive->({ item_id => $items->[0], restocked => 2, written_off => 1 }), 409, 'illegal_transition', 'once');
    is($o->{refunded}, 0, 'the money waits for the end');
    ok(grep({ $_ eq 'close' } @{ $o->{actions} }), 'which is offered now');
    $o = ok_(event($number, 'close'), 'closed');
    is_deeply([@$o{qw(status payment_status refunded)}], ['returned', 'refunded', $o->{total}], 'everything is paid back by itself');
    is(booked($number, 'refund', 'shipping'), 30_000, 'with the postage');

    ($number, $items, $buyer, $a) = prepared(1);
    event($number, 'ship');
    ok_(parcel($number, seen($number)->{shipments}[0]{id}, 'lost'), 'a lost parcel');
    is(shelf_of($a), '9/0', 'is written off');
    is(ok_(event($number, 'close'), 'and closed')->{status}, 'returned', 'like one that came back');

    # One parcel arrives, one is lost: the lost unit is paid back with the order's end.
    ($number, $items, $buyer, $a) = prepared(2);
    at($number, 'shipments', { items => [{ item_id => $items->[0], quantity => 1 }] }) for 1, 2;
    my ($one, $two) = map { $_->{id} } @{ seen($number)->{shipments} };
    ok_(parcel($number, $two, 'lost'), 'lost');
    is(seen($number)->{refunded}, 0, 'the other is still on its way');
    $o = ok_(parcel($number, $one, 'delivered'), 'delivered');
    is_deeply([@$o{qw(status refunded)}], ['delivered', 250_000], 'the lost one is paid back');
    refused(event($number, 'close'), 409, 'illegal_transition', 'a delivered order is not closed');
};

subtest 'address and notes' => sub {
    my ($number, $items, $buyer) = prepared(1);
    my $change = sub { $staff->patch("/admin/orders/$number/address", json => {@_}) };
    refused($change->(postal_code => '12'), 422, 'invalid_field', 'a bad postal code');
    my $total = seen($number)->{total};
    my $o = ok_($change->(line => 'خیابان درست', postal_code => '۱۹۳۴۶۵۳۸۶۱'), 'a corrected address');
    is_deeply([@{ $o->{address} }{qw(line postal_code city)}], ['خیابان درست', '1934653861', 'تهران'], 'what was named is new, the rest stays');
    is($o->{total}, $total, 'the figures stay');
    my ($entry) = grep { $_->{event} eq 'address' } @{ $o->{events} };
    is($entry->{before}{line}, 'خیابان نمونه، کوچه آزمون', 'the timeline keeps what it was');
    is($shop->db_value("SELECT count(*) FROM audit_log WHERE action = 'order.address' AND target = 'order:$number' AND before ->> 'line' <> after ->> 'line'"), 1, 'so does the audit log');
    $o = ok_(at($number, 'notes', { text => 'خریدار تماس گرفت' }), 'a note');
    is_deeply([@{ $o->{events}[-1] }{qw(event reason actor)}], ['note', 'خریدار تماس گرفت', 'staff'], 'is in the timeline');
    my $mine = $buyer->{client}->get("/orders/$number");
    unlike($mine->{body}, qr/تماس گرفت/, 'which the customer does not see');
    ok(!exists $mine->{json}{events}, 'at all');
    refused(at($number, 'notes', { text => '' }), 422, 'invalid_field', 'a note says something');
    event($number, 'ship');
    refused($change->(line => 'دیر شد'), 409, 'illegal_transition', 'after the shipment it is too late');
    ok_(at($number, 'notes', { text => 'پس از ارسال' }), 'but not for a note');
};

subtest 'packing slip' => sub {
    my ($number, $items) = prepared(2);
    my $slip = $staff->get("/admin/orders/$number/packing-slip")->{json};
    is($slip->{items}[0]{quantity}, 2, 'tells what to pack');
    is($slip->{total}, 530_000, 'and what it cost');
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    my ($variant) = goods($shop, on_hand => 1);
    $buyer->put($variant);
    my $order = $buyer->must($buyer->place(wish => { %{ $buyer->wish }, gift => JSON::PP::true() }));
    my $page = $staff->get("/admin/orders/$order->{number}/packing-slip");
    ok($page->{json}{gift}, 'a gift');
    unlike($page->{body}, qr/250000|price|total/, 'shows no prices');
    $page = page($staff, "/admin/orders/$order->{number}/packing-slip");
    is($page->{status}, 200, 'there is a page to print');
    like($page->{body}, qr/<td><bdi class="ltr">T-/, 'with the goods on it');
    refused($staff->get('/admin/orders/1/packing-slip'), 404, 'not_found', 'no order, no slip');
};

subtest 'who may' => sub {
    my ($number, $items, $buyer) = prepared(1);
    my $c = $buyer->{client};
    for my $path (qw(shipments cancel-lines notes)) {
        is($c->post("/admin/orders/$number/$path", json => {})->{status}, 403, "a customer may not: $path");
    }
    is($c->patch("/admin/orders/$number/address", json => {})->{status}, 403, 'nor correct addresses by the back door');
    is($shop->client->post('/admin/orders', json => {})->{status}, 401, 'strangers even less');
};

subtest 'by phone' => sub {
    my ($a, $b) = goods($shop, count => 2, on_hand => 5);
    my %wish = (phone => '۰۹۱۲۷۷۷۰۰۰۱', name => 'تلفنی', items => [{ variant_id => $a + 0, quantity => 2 }, { variant_id => $b + 0, quantity => 1 }],
        shipping_method => 'parcel', note => 'زنگ بزنید', address => { recipient => 'تلفنی', phone => '09127770001', province => 'IR-23',
        city => 'تهران', line => 'خیابان تلفن' });
    my $order = sub { $staff->post('/admin/orders', json => { %wish, @_ }) };
    my $r = $order->(expected_total => 1);
    refused($r, 409, 'cart_changed', 'not with another total than was told');
    is($r->{json}{quote}{total}, 780_000, 'with its total');
    is($shop->db_value("SELECT count(*) FROM customers WHERE phone = '+989127770001'"), 0, 'and nothing was made');
    refused($order->(expected_total => 780_000, coupon => 'هیچ'), 422, 'coupon_invalid', 'a coupon that is none');
    refused($order->(items => [{ variant_id => $a + 0, quantity => 6 }]), 409, 'out_of_stock', 'what is not there');
    refused($order->(items => [{ variant_id => 999_999, quantity => 1 }]), 422, 'invalid_field', 'what never was');
    $r = $order->(expected_total => 780_000);
    is($r->{status}, 201, 'placed') or diag $r->{body};
    my $o = $r->{json};
    is_deeply([@$o{qw(status total due)}], ['pending', 780_000, 780_000], 'and to be paid');
    is($o->{events}[0]{actor}, 'staff', 'by staff');
    is($o->{customer}{phone}, '+989127770001', 'for a customer who is new');
    is(shelf_of($a), '5/2', 'the goods are set aside');
    my ($token) = ($o->{payment_link} // '') =~ m{^\Q$shop->{endpoints}{shop}\E/pay/([\w-]{32})$};
    ok($token, 'with a link') or diag $o->{payment_link};
    quiet($shop);
    my @texts = map { $_->{text} } @{ $shop->sandbox->get('/inbox/sms?phone=%2B989127770001')->{json}{items} };
    is(scalar @texts, 1, 'one SMS');
    like($texts[0], qr/\Q$token\E/, 'brings it');
    my $stranger = $shop->client;
    my $page = $stranger->get("/pay/$token");
    is_deeply([@{ $page->{json} }{qw(number total)}], [$o->{number}, 780_000], 'whoever has it sees the order');
    unlike($page->{body}, qr/خیابان تلفن|9127770001/, 'but neither address nor phone');
    is($stranger->get("/pay/$token", headers => { accept => 'text/html' })->{status}, 200, 'as a page too');
    refused($stranger->get('/pay/' . 'A' x 32), 404, 'not_found', 'a guess sees nothing');
    $r = $stranger->post("/pay/$token");
    is($r->{status}, 201, 'and may go to the bank') or diag $r->{body};
    my ($track) = $r->{json}{redirect_url} =~ m{/(\d+)(?:/direct)?/?(?:\?.*)?\z};
    my $way = $shop->sandbox->post("/bank/$track/pay", json => {})->{json};
    is($stranger->get($way->{callback_url})->{status}, 303, 'and come back');
    ok(wait_for(sub { seen($o->{number})->{status} eq 'paid' }), 'the order is paid');
    is($stranger->get("/pay/$token")->{json}{payable}, JSON::PP::false(), 'the link shows that');
    refused($stranger->post("/pay/$token"), 409, 'nothing_to_pay', 'and pays nothing twice');

    $r = $order->(phone => '09127770002', note => 'دوم'); # the total now
    my ($late) = ($r->{json}{payment_link} // '') =~ m{/pay/(.+)};
    $shop->db_query("UPDATE clock SET shift = shift + interval '3 hours'", admin => 1);
    refused($stranger->get("/pay/$late"), 410, 'gone', 'a link ends with its order\'s time');
    refused($stranger->post("/pay/$late"), 410, 'gone', 'also for paying');
};

ok(quiet($shop), 'all jobs are done');
adds_up($shop);
$shop->stop;
done_testing;
