#!/usr/bin/env perl
# Paying by a transfer to the shop's card: the receipt, its review, and money that comes late.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(encode_utf8);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 20, price => 250_000);
my $staff = $shop->staff;
my @people = map { enter($shop, $_) } crowd($shop, 8);
sub lapse { return $shop->db_query("UPDATE orders SET expires_at = shop_now() - interval '1 second' WHERE number = '$_[0]'", admin => 1) }
sub buyer { return Tarazu::Test::Buyer->new($shop, shift @people) }
sub methods { return [map { $_->{id} } @{ $_[0]->quote->{payment_methods} }] }
sub ledger { # what a payment posted, by account
    my ($uuid) = @_;
    return { map { ("$_->[0] $_->[1]" => $_->[2]) } $shop->db_query("SELECT e.account, e.currency, sum(e.amount) FROM ledger_entries e
        JOIN ledger_transactions t ON t.id = e.transaction_id JOIN payments p ON p.id = t.payment_id
        WHERE p.uuid = '$uuid' GROUP BY 1, 2 HAVING sum(e.amount) <> 0") };
}
my $picture = do { # one grey pixel as PNG
    require Compress::Zlib;
    my $chunk = sub { my ($type, $data) = @_; return pack('N', length $data) . $type . $data . pack('N', Compress::Zlib::crc32($type . $data)) };
    "\x89PNG\r\n\x1a\n" . $chunk->('IHDR', pack 'NNCCCCC', 1, 1, 8, 0, 0, 0, 0) . $chunk->('IDAT', Compress::Zlib::compress("\0\x80")) . $chunk->('IEND', '');
};
sub receipt {
    my ($buyer, $uuid, $reference, %o) = @_;
    return $buyer->{client}->post("/payments/$uuid/receipt", multipart => [last_four => encode_utf8($o{last_four} // '۱۲۳۴'), reference => encode_utf8($reference),
        image => { filename => 'r.png', type => 'image/png', data => $o{data} // $picture }]);
}
sub ordered {
    my ($buyer) = @_;
    $buyer->put($variant);
    my $order = $buyer->must($buyer->place(payment_method => 'card_to_card'), 201);
    return ($order, $order->{payments}[0]{id});
}
sub decide { my ($uuid, $how, %body) = @_; return $staff->post("/admin/payments/$uuid/$how", json => \%body) }
sub unresolved { return { map { $_->{id} => $_ } @{ $staff->get('/admin/payments?unresolved=true')->{json}{items} } } }
sub stock { return join ' ', @{ ($shop->db_query("SELECT on_hand, reserved FROM stock WHERE variant_id = $variant"))[0] } }

my $first = buyer();
subtest 'off until the owner gives a card' => sub {
    $first->put($variant);
    is_deeply(methods($first), ['gateway'], 'not offered');
    is($first->place(payment_method => 'card_to_card')->{json}{code}, 'payment_method_unavailable', 'nor taken');
    is($staff->patch('/admin/settings', json => { card_to_card_enabled => JSON::PP::true })->{status}, 200, 'switched on');
    is_deeply(methods($first), ['gateway'], 'but there is no card');
    $staff->patch('/admin/settings', json => { card_to_card_number => '6037991234567890', card_to_card_holder => 'فروشگاه آزمون' });
    is_deeply(methods($first), [qw(gateway card_to_card)], 'now it is offered');
};

my ($order, $uuid);
subtest 'a receipt that is right' => sub {
    ($order, $uuid) = ordered($first);
    is_deeply([@$order{qw(status payment_method payment_status)}], [qw(pending card_to_card unpaid)], 'the order waits');
    is_deeply([@{ $order->{payments}[0] }{qw(method status amount)}], ['card_to_card', 'created', $order->{due}], 'with its payment');
    is($shop->db_value("SELECT round(extract(epoch FROM expires_at - placed_at) / 3600) FROM orders WHERE number = '$order->{number}'"), 24, 'for a day');
    is_deeply([@{ $order->{transfer} }{qw(card_number payment_id)}], ['6037991234567890', $uuid], 'told where to');
    ok((grep { $_ eq 'receipt' } @{ $order->{actions} }), 'and what to do');
    is(receipt($first, $uuid, 'R-1', last_four => '123')->{json}{code}, 'invalid_field', 'four digits are wanted');
    is(receipt($first, $uuid, 'REF-1', data => 'hello')->{json}{code}, 'image_invalid', 'and a picture');
    is(receipt(buyer(), $uuid, 'REF-1')->{status}, 404, 'somebody else\'s payment does not exist');
    my $r = receipt($first, $uuid, 'REF-۱');
    is_deeply([@{ $r->{json} }{qw(status card)}], ['in_review', '****1234'], 'taken') or diag $r->{body};
    is(receipt($first, $uuid, 'REF-2')->{status}, 409, 'once');
    is($first->order($order->{number})->{payment_status}, 'pending_review', 'the order says so');
    lapse($order->{number});
    my $at = $shop->db_value('SELECT shop_now()');
    ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM schedules WHERE kind = 'order_expire' AND last_run_at > '$at'") }, 30), 'expiry ran');
    ok(quiet($shop), 'to its end');
    is($first->order($order->{number})->{status}, 'pending', 'but the order waits for staff');
    my $p = unresolved()->{$uuid};
    is($p->{receipt}, "/admin/payments/$uuid/receipt", 'staff see it');
    my $image = $staff->get($p->{receipt});
    is($image->{headers}{'content-type'}, 'image/webp', 'with its picture, made anew');
    is($first->{client}->get($p->{receipt})->{status}, 403, 'which nobody else sees');
    $r = decide($uuid, 'approve');
    is($r->{json}{status}, 'captured', 'approved') or diag $r->{body};
    is(decide($uuid, 'approve')->{status}, 409, 'once');
    is(decide($uuid, 'reject', reason => 'x')->{status}, 409, 'for good');
    is_deeply([@{ $first->order($order->{number}) }{qw(status payment_status paid)}], ['paid', 'paid', $order->{total}], 'the order is paid');
    is_deeply(ledger($uuid), { 'bank IRT' => 530_000, 'sales IRT' => -500_000, 'shipping IRT' => -30_000 }, 'booked to the bank');
};

subtest 'a receipt that is wrong' => sub {
    my $buyer = buyer();
    my ($o, $id) = ordered($buyer);
    is(receipt($buyer, $id, 'ref-1')->{json}{code}, 'reference_taken', 'a reference pays once, however it is typed');
    is(receipt($buyer, $id, 'REF-9')->{json}{status}, 'in_review', 'another one');
    is(decide($id, 'reject')->{status}, 422, 'a reason is wanted');
    my $r = decide($id, 'reject', reason => 'تصویر خوانا نیست');
    is_deeply([@{ $r->{json} }{qw(status reason)}], ['failed', 'تصویر خوانا نیست'], 'refused');
    my $fresh = $buyer->order($o->{number});
    is(scalar @{ $fresh->{payments} }, 2, 'there is a fresh attempt');
    my $next = $fresh->{transfer}{payment_id};
    isnt($next, $id, 'of its own');
    is(receipt($buyer, $id, 'REF-9')->{status}, 409, 'the refused one is over');
    is(receipt($buyer, $next, 'REF-9')->{json}{status}, 'in_review', 'the same transfer may be shown again');
    is(decide($next, 'approve')->{json}{status}, 'captured', 'and be right');
    is_deeply(ledger($id), {}, 'what was refused moved no money');
};

subtest 'money for an order that has expired' => sub {
    my $buyer = buyer();
    my ($o, $id) = ordered($buyer);
    lapse($o->{number});
    ok(wait_for(sub { $buyer->order($o->{number})->{status} eq 'canceled' }, 40), 'it expires');
    my $before = stock();
    is(receipt($buyer, $id, 'LATE-1')->{json}{status}, 'in_review', 'the receipt is taken all the same');
    is(decide($id, 'approve')->{json}{status}, 'captured', 'the money counts');
    is($buyer->order($o->{number})->{status}, 'paid', 'the order lives again');
    isnt(stock(), $before, 'with its goods');
};

subtest 'money for an order that was canceled' => sub {
    my $buyer = buyer();
    my ($o, $id) = ordered($buyer);
    is(receipt($buyer, $id, 'GONE-1')->{json}{status}, 'in_review', 'a receipt');
    is($buyer->{client}->post("/orders/$o->{number}/cancel", json => {})->{json}{status}, 'canceled', 'then the buyer cancels');
    is(decide($id, 'approve')->{json}{status}, 'suspense', 'the money is there: held apart');
    is_deeply(ledger($id), { 'bank IRR' => 2_800_000, 'refunds_payable IRR' => -2_800_000 }, 'in the bank, and owed');
    my ($refund) = @{ unresolved()->{$id}{refunds} };
    is_deeply([@$refund{qw(to status amount currency)}], ['manual', 'awaiting_transfer', 2_800_000, 'IRR'], 'somebody has to transfer it');
    is($staff->post("/admin/refunds/$refund->{id}/transferred", json => { reference => 'B-1' })->{json}{status}, 'done', 'and does');
    is_deeply(ledger($id), {}, 'the books are even');
    my ($p2, $q2) = ordered($buyer);
    is($buyer->{client}->post("/orders/$p2->{number}/cancel", json => {})->{json}{status}, 'canceled', 'canceled without a receipt');
    is($shop->db_value("SELECT status FROM payments WHERE uuid = '$q2'"), 'canceled', 'nobody waits for the transfer');
};

subtest 'paid at the bank after all' => sub {
    my $buyer = buyer();
    my ($o, $id) = ordered($buyer);
    $buyer->pay_and_return($o->{number});
    is($buyer->order($o->{number})->{status}, 'paid', 'paid by the gateway');
    is($shop->db_value("SELECT status FROM payments WHERE uuid = '$id'"), 'canceled', 'the transfer is not awaited any more');
};

ok(quiet($shop), 'all work is done');
adds_up($shop);
$shop->stop;
done_testing;
