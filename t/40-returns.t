#!/usr/bin/env perl
# Goods that come back after delivery: who may ask, until which day, for how many; what staff decide and
# receive; what goes on the shelf again and what is paid back. Every step that is not allowed is refused
# and changes nothing.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;

sub shelf_of { my ($variant) = @_; return join '/', @{ ($shop->db_query("SELECT on_hand, reserved FROM stock WHERE variant_id = $variant"))[0] } }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub seen { my ($number) = @_; return $staff->get("/admin/orders/$number")->{json} }
# The same person in a browser: a page instead of JSON.
sub page { my ($c, $path) = @_; my $b = $shop->client(html => 1); $b->{cookies}{'__Host-access'} = $c->{bearer}; return $b->get($path) }
sub step { my ($id, $step, $json) = @_; return $staff->post("/admin/returns/$id/$step", json => $json // {}) }

# A delivered order of so many units of fresh variants at 250000 each.
sub delivered {
    my (@quantities) = @_;
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    my @variants = goods($shop, count => scalar @quantities, on_hand => 10);
    $buyer->put($variants[$_], $quantities[$_]) for 0 .. $#quantities;
    my $order = $buyer->must($buyer->place(key => 'k'));
    $buyer->pay_and_return($order->{number});
    $staff->post("/admin/orders/$order->{number}/transition", json => { event => $_ }) for qw(process ship deliver);
    my $ask = sub { return $buyer->{client}->post("/orders/$order->{number}/returns", json => { lines => [@_] }) };
    return ($order->{number}, [map { $_->{id} } @{ $order->{items} }], $ask, $buyer, @variants);
}

subtest 'asking' => sub {
    my ($number, $items, $ask, $buyer, $a) = delivered(3, 1);
    my ($x, $y) = @$items;
    my $o = $buyer->order($number);
    ok(grep({ $_ eq 'return' } @{ $o->{actions} }), 'a delivered order offers it');
    ok($o->{return_until}, 'and tells until when');
    refused($ask->({ item_id => $x, quantity => 4, reason => 'x' }), 422, 'invalid_field', 'not more than came');
    refused($ask->({ item_id => $x, quantity => 1 }), 422, 'invalid_field', 'a reason is needed');
    refused($ask->({ item_id => $x, quantity => 0, reason => 'x' }), 422, 'invalid_field', 'something');
    refused($ask->({ item_id => $x + 1000, quantity => 1, reason => 'x' }), 422, 'invalid_field', 'no line of another order');
    my $r = ok_($ask->({ item_id => $x, quantity => 2, reason => 'رنگش دیگر است' }), 'two of three');
    is_deeply([@$r{qw(status order)}], ['requested', $number], 'wait for a decision');
    refused($ask->({ item_id => $x, quantity => 2, reason => 'x' }), 422, 'invalid_field', 'what is asked for cannot be asked for again');
    ok_($ask->({ item_id => $x, quantity => 1, reason => 'x' }), 'the third can');
    is($buyer->order($number)->{items}[0]{returnable_quantity}, 0, 'then there is no more');
    is(shelf_of($a), '7/0', 'nothing has moved');
    my ($other) = crowd($shop, 1);
    refused(enter($shop, $other)->post("/orders/$number/returns", json => { lines => [{ item_id => $y, quantity => 1, reason => 'x' }] }), 404,
        'not_found', 'somebody else\'s order is not there');
    is($shop->client->post("/orders/$number/returns", json => {})->{status}, 401, 'strangers log in first');
    my @body = (json => { lines => [{ item_id => $y, quantity => 1, reason => 'x' }] }, key => 'r');
    my $first = $buyer->{client}->post("/orders/$number/returns", @body);
    is($buyer->{client}->post("/orders/$number/returns", @body)->{json}{id}, $first->{json}{id}, 'the same request twice is one return');

    $shop->db_query("UPDATE products SET returnable = false WHERE id = (SELECT product_id FROM variants WHERE id = $a)", admin => 1);
    my ($n2, $i2, $ask2, $b2, $c) = delivered(1);
    is(ok_($ask2->({ item_id => $i2->[0], quantity => 1, reason => 'x' }), 'other goods are')->{status}, 'requested', 'returnable');
    $shop->db_query("UPDATE order_items SET returnable = false WHERE id = $i2->[0]", admin => 1);
    step($shop->db_value("SELECT uuid FROM returns r JOIN orders o ON o.id = r.order_id WHERE o.number = '$n2'"), 'refuse', { reason => 'x' });
    my $no = $ask2->({ item_id => $i2->[0], quantity => 1, reason => 'x' });
    is($no->{json}{errors}[0]{code}, 'not_returnable', 'some goods cannot be returned') or diag $no->{body};

    my ($person) = crowd($shop, 1);
    my $early = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    my ($v) = goods($shop, on_hand => 1);
    $early->put($v);
    my $pending = $early->must($early->place);
    refused($early->{client}->post("/orders/$pending->{number}/returns", json => { lines => [{ item_id => $pending->{items}[0]{id}, quantity => 1, reason => 'x' }] }),
        409, 'illegal_transition', 'nothing is given back that never came');
};

subtest 'approve, receive, pay back' => sub {
    my ($number, $items, $ask, $buyer, $a) = delivered(3);
    my $id = ok_($ask->({ item_id => $items->[0], quantity => 2, reason => 'کوچک است' }), 'asked')->{id};
    my $list = ok_($staff->get('/admin/returns?status=requested&limit=1'), 'staff see it');
    is($list->{items}[0]{id}, $id, 'first of the list');
    is($list->{items}[0]{lines}[0]{reason}, 'کوچک است', 'with its reason');
    my @back = { item_id => $items->[0], restocked => 1, written_off => 1 };
    refused(step($id, 'receive', { lines => \@back }), 409, 'illegal_transition', 'nothing is received before it is approved');
    refused(step($id, 'refund'), 409, 'illegal_transition', 'nor paid back');
    is(ok_(step($id, 'approve'), 'approved')->{status}, 'approved', 'by staff');
    refused(step($id, 'approve'), 409, 'illegal_transition', 'once');
    refused(step($id, 'refuse', { reason => 'x' }), 409, 'illegal_transition', 'a word is a word');
    refused(step($id, 'receive', { lines => [{ item_id => $items->[0], restocked => 2, written_off => 1 }] }), 422, 'invalid_field', 'no more than asked for');
    refused(step($id, 'receive', { lines => [{ item_id => $items->[0], restocked => 0, written_off => 0 }] }), 422, 'invalid_field', 'not nothing');
    is(shelf_of($a), '7/0', 'until then the shelf waits');
    is(ok_(step($id, 'receive', { lines => \@back }), 'received')->{status}, 'received', 'two came, one of them whole');
    is(shelf_of($a), '8/0', 'only the whole one is on the shelf');
    refused(step($id, 'receive', { lines => \@back }), 409, 'illegal_transition', 'once');
    is(seen($number)->{items}[0]{returned_quantity}, 2, 'both are returned');
    is(seen($number)->{refunded}, 0, 'the money follows');
    my $r = ok_(step($id, 'refund'), 'paid back');
    is($r->{status}, 'refunded', 'which ends the return');
    my $o = seen($number);
    is_deeply([@$o{qw(status payment_status refunded)}], ['delivered', 'partially_refunded', 500_000], 'by the share of the two units');
    is($o->{refunds}[0]{id}, $r->{refund_id}, 'by a refund of its own');
    is_deeply([@{ $o->{refunds}[0]{lines}[0] }{qw(quantity amount)}], [2, 500_000], 'that names them');
    refused(step($id, 'refund'), 409, 'illegal_transition', 'once');
    is($buyer->order($number)->{returns}[0]{status}, 'refunded', 'the customer sees it');
    is($shop->db_value("SELECT count(*) FROM audit_log WHERE target = 'return:$id'"), 3, 'each step is in the audit log');
    is($shop->db_value("SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
        JOIN orders o ON o.id = t.order_id WHERE o.number = '$number' AND e.account = 'returns'"), 500_000, 'and in the books');
    my $notes = [];
    wait_for(sub { $notes = $buyer->{client}->get("/orders/$number/invoice")->{json}{credit_notes} // []; @$notes }, 30);
    is_deeply([map { @$_{qw(amount currency)} } @$notes], [500_000, 'IRT'], 'the invoice shows its credit note');
    is($notes->[0]{lines}[0]{quantity}, 2, 'with the units');
    ok_($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 'the third unit may still go back');
    refused($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 422, 'invalid_field', 'and no fourth');
};

subtest 'refuse and close' => sub {
    my ($number, $items, $ask, $buyer) = delivered(1);
    my $id = ok_($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 'asked')->{id};
    refused(step($id, 'refuse'), 422, 'invalid_field', 'a refusal has a reason');
    is(ok_(step($id, 'refuse', { reason => 'پلمب باز شده' }), 'refused')->{status}, 'refused', 'with one');
    is($buyer->order($number)->{returns}[0]{reason}, 'پلمب باز شده', 'that the customer reads');
    refused(step($id, 'approve'), 409, 'illegal_transition', 'and it stays');
    $id = ok_($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 'asked again')->{id};
    ok_(step($id, 'approve'), 'approved');
    is(ok_(step($id, 'close', { reason => 'نیامد' }), 'nothing came')->{status}, 'closed', 'so it is closed');
    is(seen($number)->{refunded}, 0, 'without money');
    refused(step('00000000-0000-4000-8000-000000000000', 'approve'), 404, 'not_found', 'no such return');
};

subtest 'where the money goes' => sub {
    my $came = sub {
        my ($number, $items, $ask, $buyer) = delivered(1);
        my $id = ok_($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 'asked')->{id};
        step($id, 'approve');
        step($id, 'receive', { lines => [{ item_id => $items->[0], restocked => 1, written_off => 0 }] });
        return ($number, $id, $buyer, $items);
    };
    my ($number, $id, $buyer, $items) = $came->();
    refused(step($id, 'refund', { to => 'wallet' }), 409, 'wallet_consent_required', 'store credit needs consent');
    ok_(step($id, 'refund', { to => 'wallet', wallet_consent => JSON::PP::true() }), 'with consent');
    is(ok_($buyer->{client}->get('/account/wallet'), 'a wallet')->{balance}, 250_000, 'the wallet has it');
    ($number, $id) = $came->();
    refused(step($id, 'refund', { to => 'manual', iban => 'IR00' }), 422, 'invalid_field', 'a wrong IBAN');
    ok_(step($id, 'refund', { to => 'manual', iban => 'IR062960000000100324200001' }), 'by transfer');
    is(seen($number)->{refunds}[0]{status}, 'awaiting_transfer', 'waits for a person');
    ($number, $id, $buyer, $items) = $came->();
    ok_($staff->post("/admin/orders/$number/refunds", json => { lines => [{ item_id => $items->[0], quantity => 1 }], to => 'gateway', reason => 'x' }), 'paid back before');
    is(ok_(step($id, 'refund'), 'then there is nothing left')->{status}, 'closed', 'and the return is closed');
    is(seen($number)->{refunded}, 250_000, 'one unit is paid back once');
};

# A PNG of one pixel, with a comment that a fresh encoding does not carry on.
sub picture { require MIME::Base64; return MIME::Base64::decode_base64('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==') }

subtest 'pictures' => sub {
    my ($number, $items, $ask, $buyer) = delivered(2);
    my $with = sub { my ($count, $data) = @_;
        return $buyer->{client}->post("/orders/$number/returns", multipart => ['lines.0.item_id' => $items->[0], 'lines.0.quantity' => 1, 'lines.0.reason' => 'x',
            map { (photos => { filename => "p$_.png", type => 'image/png', data => $data // picture() }) } 1 .. $count]) };
    my $bad = $with->(1, 'GIF89a no picture');
    refused($bad, 422, 'image_invalid', 'a text is no picture');
    is($bad->{json}{errors}[0]{field}, '/photos', 'which is told of the field');
    refused($with->(5), 422, 'invalid_field', 'at most four');
    is($buyer->order($number)->{items}[0]{returnable_quantity}, 2, 'nothing was asked for');
    my $r = ok_($with->(2), 'two pictures');
    is(scalar @{ $r->{photos} }, 2, 'are kept');
    my $got = $buyer->{client}->get($r->{photos}[1]{url});
    is_deeply([$got->{status}, $got->{headers}{'content-type'}, substr($got->{body}, 0, 4)], [200, 'image/webp', 'RIFF'], 'made anew');
    my ($mine) = @{ ok_($staff->get('/admin/returns?limit=1'), 'staff')->{items} };
    is($staff->get($mine->{photos}[0]{url})->{status}, 200, 'see them');
    is(seen($number)->{returns}[0]{photos}[0]{url}, $mine->{photos}[0]{url}, 'on the order too');
    my ($other) = crowd($shop, 1);
    is(enter($shop, $other)->get($r->{photos}[0]{url})->{status}, 404, 'other customers do not');
    is($shop->client->get($r->{photos}[0]{url})->{status}, 401, 'nor strangers');
    is($buyer->{client}->get($mine->{photos}[0]{url})->{status}, 403, 'nor customers by the way of staff');
    is($buyer->{client}->get($r->{photos}[0]{url} =~ s/1$/9/r)->{status}, 404, 'there are two');
    like(page($staff, '/admin/returns')->{body}, qr{<img src="\Q$mine->{photos}[0]{url}\E"}, 'the page shows them');
};

subtest 'the shipping' => sub {
    my $whole = sub {
        my ($number, $items, $ask) = delivered(1, 1);
        my $id = ok_($ask->(map { +{ item_id => $_, quantity => 1, reason => 'x' } } @$items), 'everything is asked back')->{id};
        step($id, 'approve');
        step($id, 'receive', { lines => [map { +{ item_id => $_, restocked => 1, written_off => 0 } } @$items] });
        ok_(step($id, 'refund'), 'paid back');
        return seen($number)->{refunded};
    };
    is($whole->(), 500_000, 'stays with the shop');
    ok_($staff->patch('/admin/settings', json => { return_refunds_shipping => JSON::PP::true() }), 'unless the owner says otherwise');
    is($whole->(), 530_000, 'then it goes back with the last unit');
    my ($number, $items, $ask, $buyer) = delivered(2);
    my $id = ok_($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 'one of two')->{id};
    step($id, 'approve');
    step($id, 'receive', { lines => [{ item_id => $items->[0], restocked => 1, written_off => 0 }] });
    step($id, 'refund');
    is(seen($number)->{refunded}, 250_000, 'and not before');
    like(decode('UTF-8', page($buyer->{client}, "/orders/$number")->{body}), qr/هزینهٔ پس فرستادن با خریدار است/, 'who pays for sending it back is told');
    ok_($staff->patch('/admin/settings', json => { return_postage_free => JSON::PP::true() }), 'the shop may');
    like(decode('UTF-8', page($buyer->{client}, "/orders/$number")->{body}), qr/هزینهٔ پس فرستادن با فروشگاه است/, 'and tells it');
};

# Seven working days after the day of delivery, by the calendar of Tehran.
subtest 'until when' => sub {
    my $until = sub { return $shop->db_value("SELECT rfc3339(return_deadline('$_[0]', 7))") };
    is($until->('2026-11-23T08:00:00Z'), '2026-12-01T20:30:00Z', 'Monday, one Friday between: the end of Tuesday of the week after');
    is($until->('2026-11-23T21:00:00Z'), '2026-12-02T20:30:00Z', 'half past midnight in Tehran is the next day');
    is($until->('2026-11-26T08:00:00Z'), '2026-12-05T20:30:00Z', 'a Thursday: the day after does not count');
    is($until->('2027-03-16T08:00:00Z'), '2027-03-30T20:30:00Z', 'over Nowruz and the last day of the year');
    is(ok_($staff->post('/admin/holidays', json => { day => '2026-11-25', title => 'آزمون' }), 'the owner enters a holiday')->{day}, '2026-11-25', 'by its date');
    is($until->('2026-11-23T08:00:00Z'), '2026-12-02T20:30:00Z', 'which counts too');
    ok(grep({ $_->{day} eq '2026-11-25' } @{ $staff->get('/admin/holidays')->{json}{items} }), 'and is listed');
    ok_($staff->delete('/admin/holidays/2026-11-25'), 'until it is taken away');
    is($until->('2026-11-23T08:00:00Z'), '2026-12-01T20:30:00Z', 'as if it had not been');
    refused($staff->delete('/admin/holidays/2026-11-25'), 404, 'not_found', 'once');

    my ($number, $items, $ask, $buyer) = delivered(2);
    my $last = $shop->db_value("SELECT extract(epoch FROM order_return_deadline(o) - shop_now())::bigint FROM orders o WHERE o.number = '$number'", admin => 1);
    my $asks = sub { $shop->db_query("UPDATE orders SET delivered_at = delivered_at - interval '$_[0] seconds' WHERE number = '$number'", admin => 1);
        return $ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }) };
    ok_($asks->(0), 'in time');
    my $r = $asks->($last + 15 * 86400);
    refused($r, 409, 'return_too_late', 'too late');
    like($r->{json}{params}{deadline}, qr/^\d{4}-\d\d-\d\dT20:30:00Z$/, 'and it tells since when');
    ok(!grep({ $_ eq 'return' } @{ $buyer->order($number)->{actions} }), 'which the order does not offer any more');
};

subtest 'who may' => sub {
    my ($number, $items, $ask, $buyer) = delivered(1);
    my $id = ok_($ask->({ item_id => $items->[0], quantity => 1, reason => 'x' }), 'asked')->{id};
    for my $step (qw(approve refuse receive refund close)) {
        is($buyer->{client}->post("/admin/returns/$id/$step", json => {})->{status}, 403, "a customer may not $step");
    }
    is($buyer->{client}->get('/admin/returns')->{status}, 403, 'nor see the list');
    my $page = page($staff, '/admin/returns');
    is($page->{status}, 200, 'staff have a page');
    like($page->{body}, qr{/admin/returns/\Q$id\E/approve}, 'with the next step on it');
    like(page($buyer->{client}, "/orders/$number")->{body}, qr/badge-requested/, 'the customer\'s page shows it');
};

ok(quiet($shop), 'all jobs are done');
adds_up($shop);
$shop->stop;
done_testing;
