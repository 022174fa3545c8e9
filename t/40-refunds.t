#!/usr/bin/env perl
# Refunds: the arithmetic at its edges, and the second person: above a sum a refund waits, its money is
# set aside, who asked cannot approve, and whatever happens at once happens once.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter quiet tally clean_doctor adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(conf => { 'worker.order' => 4 });
shelf($shop);
my $owner = $shop->staff;
my $JA = JSON::PP::true();
my $IBAN = 'IR062960000000100324200001';

# A second member of staff with the permission for money.
sub colleague {
    my ($name, $role) = @_;
    my $made = $owner->post('/admin/staff', json => { username => $name, role => $role, password => 'long enough 123' })->{json};
    my $c = $shop->client;
    my $r = $c->post('/auth/staff-login', json => { username => $name, password => 'long enough 123', otp => Tarazu::Test::Shop::totp($made->{totp_secret}) });
    $c->{bearer} = $r->{json}{access_token} or die "$name: $r->{body}";
    return $c;
}
my $second = colleague('second', 'finance');

sub said { my ($r) = @_; return "$r->{status} " . ($r->{json}{code} // $r->{json}{status} // '') }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub seen { my ($number) = @_; return $owner->get("/admin/orders/$number")->{json} }
sub back { my ($number, %o) = @_; my $who = delete $o{by} // $owner; return $who->post("/admin/orders/$number/refunds", json => { to => 'manual', reason => 'آزمون', %o }) }
sub decide { my ($who, $id, $word, %o) = @_; return $who->post("/admin/refunds/$id/$word", json => {%o}) }
sub limit { ok_($owner->patch('/admin/settings', json => { refund_approval_above => $_[0] }), "limit $_[0]"); return }
sub book { my ($number, $account) = @_; return $shop->db_value("SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
    JOIN orders o ON o.id = t.order_id WHERE o.number = '$number' AND e.account = '$account'") }

# A paid order: [price, units]…; options: coupon, wallet (so much credit is used), goods (left as they are).
sub paid {
    my ($lines, %o) = @_;
    my ($person) = crowd($shop, 1);
    my $b = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $b->put((goods($shop, on_hand => 50, price => $_->[0]))[0], $_->[1]) for @$lines;
    $b->must($b->apply($o{coupon})) if $o{coupon};
    if ($o{wallet}) {
        my $id = $shop->db_value("SELECT id FROM customers WHERE phone = '$person->{phone}'");
        $shop->db_query("INSERT INTO wallet_movements (customer_id, kind, balance_delta) VALUES ($id, 'adjust', $o{wallet});
            WITH t AS (INSERT INTO ledger_transactions (event) VALUES ('wallet_adjustment') RETURNING id)
            INSERT INTO ledger_entries (transaction_id, account, currency, amount)
            SELECT id, a::ledger_account, 'IRT', n FROM t, (VALUES ('adjustments', $o{wallet}), ('wallet', -$o{wallet})) v(a, n)", admin => 1);
    }
    my $order = $b->must($b->place(($o{wallet} ? (use_wallet => $JA) : ()), ($o{shipping} ? (shipping_method => $o{shipping}) : ())));
    $b->pay_and_return($order->{number}) if $order->{status} eq 'pending';
    return ($order->{number}, [map { $_->{id} } @{ $order->{items} }], $b);
}

subtest 'shares of a line' => sub {
    my ($number, $items) = paid([[100_001, 3], [70_000, 1]]);
    coupon($shop, 'ODD', kind => 'fixed', value => 50_000);
    my ($odd, $lines) = paid([[100_001, 3], [70_000, 1]], coupon => 'ODD');
    my $line = seen($odd)->{items}[0];
    my @shares = map { ok_(back($odd, lines => [{ item_id => $lines->[0], quantity => 1 }]), 'a unit')->{amount} } 1 .. 3;
    my $half = sub { my ($r) = @_; return int((2 * $line->{line_total} * $r + 3) / 6) };
    is_deeply(\@shares, [map { $half->($_) - $half->($_ - 1) } 1 .. 3], 'round(A(r+n)/q) - round(Ar/q)');
    is($shares[0] + $shares[1] + $shares[2], $line->{line_total}, 'the whole line, to the Toman');
    refused(back($odd, lines => [{ item_id => $lines->[0], quantity => 1 }]), 409, 'refund_exceeds', 'no fourth unit');
    refused(back($number, lines => [{ item_id => $lines->[0], quantity => 1 }]), 422, 'invalid_field', 'no line of another order');
    my $twice = back($number, lines => [{ item_id => $items->[0], quantity => 1 }, { item_id => $items->[0], quantity => 1 }]);
    refused($twice, 422, 'invalid_field', 'a line twice is a mistake');
    is($twice->{json}{errors}[0]{code}, 'duplicate', 'that is named');
    refused(back($number, lines => [{ item_id => $items->[0], quantity => 1 }], amount => 5), 422, 'invalid_field', 'lines or a sum, not both');
    refused(back($number), 422, 'invalid_field', 'nor neither');
    refused(back($number, amount => $_), 422, 'invalid_field', "no sum of $_") for 0, -5, 'x';
    is(seen($number)->{refunded}, 0, 'nothing has moved');
    is(ok_(back($number, amount => '۱۰٬۰۰۰'), 'Persian digits')->{amount}, 10_000, 'are a sum');
    refused(back($number, amount => 1, iban => 'IR060000000000000000000001'), 422, 'invalid_field', 'an IBAN has its checksum');
    is(ok_(back($number, amount => 1, iban => 'ir06 2960 0000 0010 0324 2000 01'), 'one as people write it')->{iban}, $IBAN, 'is read');
};

subtest 'sums and lines mixed' => sub {
    my ($number, $items) = paid([[100_000, 2]]); # 230000 with the shipping
    ok_(back($number, amount => 130_000), 'an allowance');
    ok_(back($number, lines => [{ item_id => $items->[0], quantity => 1 }]), 'then a unit');
    refused(back($number, lines => [{ item_id => $items->[0], quantity => 1 }]), 409, 'refund_exceeds', 'the other is more than is left');
    refused(back($number, amount => 1), 409, 'refund_exceeds', 'as is a single Toman');
    my $o = seen($number);
    is_deeply([@$o{qw(refunded payment_status)}], [230_000, 'refunded'], 'everything is given back');
    is_deeply([map { book($number, $_) } qw(allowances returns shipping)], [130_000, 100_000, -30_000], 'as booked');
    is(ok_($owner->post("/admin/orders/$number/transition", json => { event => 'cancel', reason => 'x' }), 'canceled')->{refunded}, 230_000, 'which gives nothing more');
};

subtest 'the bank first, then the wallet' => sub {
    my ($number, $items, $b) = paid([[100_000, 2]], wallet => 80_000);
    my $o = seen($number);
    is_deeply([@$o{qw(wallet due)}], [80_000, 150_000], 'paid by both');
    is(ok_(back($number, amount => 100_000, to => 'gateway'), 'a sum')->{to}, 'gateway', 'goes to the bank');
    ok_(back($number, amount => 100_000), 'more than the bank has left');
    my @refunds = @{ seen($number)->{refunds} };
    is_deeply([map { $_->{amount} } @refunds], [100_000, 50_000, 50_000], 'comes from the wallet\'s part too');
    refused(back($number, amount => 30_001), 409, 'refund_exceeds', 'never more');
    refused(back($number, amount => 30_000, to => 'gateway', wallet_consent => $JA), 201, '', 'the rest was the wallet\'s');
    is($b->{client}->get('/account/wallet')->{json}{balance}, 30_000, 'and is there again');
    my ($other) = paid([[100_000, 1]]);
    refused(back($other, amount => 5_000, to => 'wallet'), 409, 'wallet_consent_required', 'the bank\'s money becomes store credit with consent alone');
};

subtest 'nothing paid, wallet alone' => sub {
    coupon($shop, 'ALL', kind => 'percent', value => 10_000);
    my ($free, $items) = paid([[90_000, 1]], coupon => 'ALL', shipping => 'pickup');
    is(seen($free)->{total}, 0, 'a free order');
    refused(back($free, amount => 1), 409, 'refund_exceeds', 'gives nothing back');
    refused(back($free, lines => [{ item_id => $items->[0], quantity => 1 }]), 409, 'nothing_to_pay', 'nor does its line');
    my ($number, $lines, $b) = paid([[50_000, 2]], wallet => 500_000);
    is(seen($number)->{payment_method}, 'wallet', 'paid by the wallet');
    is(ok_(back($number, lines => [{ item_id => $lines->[0], quantity => 1 }], to => 'gateway'), 'a unit')->{to}, 'wallet', 'goes back there');
    is($b->{client}->get('/account/wallet')->{json}{balance}, 420_000, 'at once');
};

subtest 'a second person' => sub {
    my ($number, $items, $b) = paid([[100_000, 3]]); # 330000
    limit(100_000);
    is(ok_(back($number, amount => 60_000), 'a small one')->{status}, 'awaiting_transfer', 'needs one person');
    my $r = ok_(back($number, amount => 60_000), 'another of the same order');
    is($r->{status}, 'awaiting_approval', 'needs two: both together are above the sum');
    my $o = seen($number);
    is_deeply([@$o{qw(refunded payment_status)}], [60_000, 'partially_refunded'], 'and does not count yet');
    ok(!grep({ $_ eq 'refund' } @{ $o->{actions} }), 'no other is offered');
    is(scalar @{ $b->order($number)->{refunds} }, 1, 'the customer sees the other alone');
    is(book($number, 'refunds_payable'), -60_000, 'as do the books');
    refused(back($number, amount => 1), 409, 'refund_waiting', 'the order has one request at a time');
    refused(decide($owner, $r->{id}, 'approve'), 403, 'second_person_required', 'who asked does not approve');
    refused(decide($b->{client}, $r->{id}, 'approve'), 403, 'forbidden', 'nor does the customer');
    refused(decide(colleague('support', 'support'), $r->{id}, 'approve'), 403, 'forbidden', 'nor staff without the permission');
    ok(grep({ grep { $_->{id} eq $r->{id} } @{ $_->{refunds} } } @{ $owner->get('/admin/payments?unresolved=true')->{json}{items} }), 'it is unresolved money');
    my $waiting = $second->get('/admin/refunds?status=awaiting_approval')->{json}{items};
    is_deeply([map { @$_{qw(id order asked_by)} } @$waiting], [$r->{id}, $number, 'owner'], 'and on the list');
    my $done = ok_(decide($second, $r->{id}, 'approve'), 'another person does');
    is_deeply([@$done{qw(status asked_by decided_by)}], ['awaiting_transfer', 'owner', 'second'], 'and both are named');
    refused(decide($second, $r->{id}, $_, $_ eq 'refuse' ? (reason => 'x') : ()), 409, 'illegal_transition', "no $_ after that") for qw(approve refuse);
    is(seen($number)->{refunded}, 120_000, 'now it counts');
    is($shop->db_value("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_log WHERE target = 'refund:$r->{id}'"), 'refund.approve', 'in the audit log');
    ok($owner->get('/admin/refunds')->{status} == 200 && $b->{client}->get('/admin/refunds')->{status} == 403, 'the list is for money alone');

    $r = ok_(back($number, lines => [{ item_id => $items->[0], quantity => 2 }], by => $second), 'two units');
    is($r->{status}, 'awaiting_approval', 'wait');
    is(seen($number)->{items}[0]{refunded_amount}, 0, 'and do not count for the line');
    refused(decide($owner, $r->{id}, 'refuse'), 422, 'invalid_field', 'a refusal has a reason');
    is(ok_(decide($owner, $r->{id}, 'refuse', reason => 'رسید ندارد'), 'refused')->{status}, 'refused', 'with one');
    is(seen($number)->{refunded}, 120_000, 'and is as if it had not been');
    is(scalar @{ $b->order($number)->{refunds} }, 2, 'for the customer too');
    is(ok_(back($number, lines => [{ item_id => $items->[0], quantity => 2 }], by => $second, reference => 'پایا ۵'), 'asked again, transferred already')->{status},
        'awaiting_approval', 'waits all the same');
    my ($id) = map { $_->{id} } @{ $owner->get('/admin/refunds?status=awaiting_approval')->{json}{items} };
    is(ok_(decide($owner, $id, 'approve'), 'approved')->{status}, 'done', 'and is done with its reference');
    is(seen($number)->{items}[0]{refunded_amount}, 200_000, 'both units');
    refused(back($number, amount => 10_001), 409, 'refund_exceeds', 'never above what came');
    limit(0);
};

subtest 'what goes back by itself is not held up' => sub {
    limit(10_000);
    my ($number, $items) = paid([[100_000, 2]], wallet => 50_000);
    my $r = ok_(back($number, amount => 200_000), 'a refund of both payments waits');
    my $o = seen($number);
    is_deeply([map { "$_->{amount} $_->{status}" } @{ $o->{refunds} }], ['180000 awaiting_approval', '20000 awaiting_approval'], 'both rows');
    $o = ok_($owner->post("/admin/orders/$number/transition", json => { event => 'cancel', reason => 'x' }), 'the order is canceled');
    is_deeply([@$o{qw(status refunded payment_status)}], ['canceled', 230_000, 'refunded'], 'everything goes back at once');
    is_deeply([map { $_->{status} } @{ $o->{refunds} }[0, 1]], ['refused', 'refused'], 'the request is withdrawn');
    refused(decide($second, $r->{id}, 'approve'), 409, 'illegal_transition', 'and cannot be approved');
    ($number, $items) = paid([[100_000, 2]]);
    ok_(back($number, lines => [{ item_id => $items->[0], quantity => 2 }]), 'two units wait');
    $o = ok_($owner->post("/admin/orders/$number/cancel-lines", json => { lines => [{ item_id => $items->[0], quantity => 1 }], reason => 'x' }), 'one is canceled');
    is_deeply([$o->{refunded}, $o->{items}[0]{refunded_quantity}], [100_000, 1], 'and given back');
    limit(0);
};

subtest 'by line, with the shipping' => sub {
    my ($number, $items) = paid([[100_000, 3], [70_000, 1]]); # 400000 with the shipping
    my $o = seen($number);
    is_deeply([map { "$_->{refundable_quantity} $_->{refundable_amount}" } @{ $o->{items} }], ['3 300000', '1 70000'], 'what is left of each line');
    is_deeply([@$o{qw(refundable refundable_shipping)}], [400_000, 30_000], 'and of the order');
    my $form = $shop->client(html => 1);
    $form->{cookies}{'__Host-access'} = $owner->{bearer};
    my $page = $form->get("/admin/orders/$number")->{body};
    like($page, qr/name="lines\.$items->[0]\.quantity".*name="lines\.$items->[1]\.quantity".*name="shipping"/s, 'the page asks for units of each line');
    my $send = sub { my ($key, @f) = @_; return $form->post("/admin/orders/$number/refunds", form => [(map { ("lines.$items->[$_].item_id" => $items->[$_]) } 0, 1), to => 'manual', reason => 'x', @f], key => $key,
        headers => { referer => "$form->{base}/admin/orders/$number" }) };
    is($send->('none', "lines.$items->[0].quantity" => 0, "lines.$items->[1].quantity" => 0)->{status}, 422, 'none of anything is a mistake');
    my $r = $send->('much', "lines.$items->[0].quantity" => 4, "lines.$items->[1].quantity" => 0);
    is($r->{status}, 409, 'more than there is');
    like(decode('UTF-8', $r->{body}), qr/از ردیف ۱ تنها ۳ عدد مانده/, 'the page names the line and what is left');
    like($r->{body}, qr/data-back/, 'and leads back to what was typed');
    is($send->('some', "lines.$items->[0].quantity" => '۲', "lines.$items->[1].quantity" => 0, shipping => 'true')->{status}, 303, 'two of three, and the shipping');
    $o = seen($number);
    is_deeply([$o->{refunded}, @$o{qw(refundable refundable_shipping)}, $o->{items}[0]{refundable_quantity}], [230_000, 170_000, 0, 1], 'counted');
    is_deeply([map { book($number, $_) } qw(returns shipping)], [200_000, 0], 'and booked as what they are');
    unlike($form->get("/admin/orders/$number")->{body}, qr/name="shipping"/, 'shipping goes back once');
    is(ok_(back($number, lines => [{ item_id => $items->[1], quantity => 1 }], shipping => $JA), 'asked again')->{amount}, 70_000, 'gives nothing more for it');
    refused(back($number, shipping => $JA), 409, 'nothing_to_pay', 'nor alone');
    refused(back($number, amount => 5, shipping => $JA), 422, 'invalid_field', 'a sum has no shipping');
    my ($other) = paid([[100_000, 1]]);
    is(ok_(back($other, shipping => $JA), 'the shipping alone')->{amount}, 30_000, 'is a refund');
    ok_(back($other, amount => 90_000), 'most of the rest');
    my $problem = back($other, lines => [{ item_id => seen($other)->{items}[0]{id}, quantity => 1 }])->{json};
    is_deeply([@{ $problem->{params} }{qw(amount remainder)}], [100_000, 10_000], 'what was asked for, and what is left');
};

subtest 'who sends a cancellation\'s money to an account' => sub {
    limit(100_000);
    my $cancel = sub { my ($number, %o) = @_; return $owner->post("/admin/orders/$number/transition", json => { event => 'cancel', reason => 'x', %o }) };
    my ($number, $items, $b) = paid([[100_000, 2]], wallet => 50_000);
    my $o = ok_($cancel->($number, refund_to => 'manual'), 'canceled, to be transferred');
    is_deeply([@$o{qw(status refunded payment_status)}], ['canceled', 0, 'paid'], 'the order is canceled, its money not promised yet');
    is_deeply([map { "$_->{amount} $_->{to} $_->{status}" } @{ $o->{refunds} }], ['180000 manual awaiting_approval', '50000 manual awaiting_approval'], 'it waits');
    is_deeply($b->order($number)->{refunds}, [], 'the buyer is told no way that may change');
    is(book($number, 'refunds_payable'), 0, 'and nothing is booked');
    ok((clean_doctor($shop))[0], 'the doctor finds nothing wrong with that');
    my $page = $shop->client(html => 1);
    $page->{cookies}{'__Host-access'} = $second->{bearer};
    like(decode('UTF-8', $page->get('/admin/refunds?status=awaiting_approval')->{body}), qr/در هر حال به خریدار می‌رسد/, 'who decides is told what a refusal means');
    my ($id) = map { $_->{id} } @{ $o->{refunds} };
    refused(decide($owner, $id, 'approve'), 403, 'second_person_required', 'who canceled does not approve');
    ok_(decide($second, $id, 'approve'), 'another person does');
    $o = seen($number);
    is_deeply([$o->{refunded}, map { $_->{status} } @{ $o->{refunds} }], [230_000, 'awaiting_transfer', 'awaiting_transfer'], 'now it is to be transferred');

    ($number, $items, $b) = paid([[100_000, 2]], wallet => 50_000);
    ($id) = map { $_->{id} } @{ ok_($cancel->($number, refund_to => 'manual'), 'another')->{refunds} };
    is(ok_(decide($second, $id, 'refuse', reason => 'چرا؟'), 'refused')->{status}, 'refused', 'the way');
    $o = seen($number);
    is_deeply([map { "$_->{amount} $_->{to}" } grep { $_->{status} ne 'refused' } @{ $o->{refunds} }], ['180000 gateway', '50000 wallet'], 'not the money: it goes back the way it came');
    is_deeply([$o->{refunded}, $b->{client}->get('/account/wallet')->{json}{balance}], [230_000, 50_000], 'all of it');

    ($number) = paid([[100_000, 1]], wallet => 50_000);
    $o = ok_($cancel->($number), 'sent nowhere in particular');
    is_deeply([map { $_->{to} } @{ $o->{refunds} }], ['gateway', 'wallet'], 'goes back at once');
    ($number) = paid([[40_000, 1]]);
    is(ok_($cancel->($number, refund_to => 'manual'), 'below the sum')->{refunds}[0]{status}, 'awaiting_transfer', 'one person suffices');
    is(seen($number)->{refunds}[0]{asked_by}, 'owner', 'who is named');

    # Lines: the same, and small sums count together.
    ($number, $items) = paid([[60_000, 3], [20_000, 1]]); # 230000
    my $drop = sub { my ($units, %o) = @_; return $owner->post("/admin/orders/$number/cancel-lines", json => { lines => [{ item_id => $items->[0], quantity => $units }], reason => 'x', %o }) };
    is(ok_($drop->(1, refund_to => 'manual'), 'a unit to an account')->{refunds}[0]{status}, 'awaiting_transfer', 'is below the sum');
    is(ok_($drop->(1, refund_to => 'manual'), 'another')->{refunds}[1]{status}, 'awaiting_approval', 'both are above it');
    refused($drop->(1, refund_to => 'manual'), 409, 'refund_waiting', 'one request waits at a time');
    is(ok_($drop->(1), 'by itself it goes')->{refunds}[2]{status}, 'requested', 'at once');
    $o = seen($number);
    is($o->{refunds}[1]{status}, 'awaiting_approval', 'and what is owed waits on');
    ok_(decide($second, $o->{refunds}[1]{id}, 'refuse', reason => 'x'), 'refused');
    $o = seen($number);
    is_deeply([@{ $o->{items}[0] }{qw(refunded_quantity refunded_amount)}, $o->{refunds}[3]{to}], [3, 180_000, 'gateway'], 'every unit gave its share all the same');
    ok_($owner->post("/admin/orders/$number/transition", json => { event => 'cancel', reason => 'x', refund_to => 'manual' }), 'the rest is canceled');
    is(seen($number)->{refunds}[4]{status}, 'awaiting_approval', 'and waits: it counts with the unit before');
    ok_(decide($second, seen($number)->{refunds}[4]{id}, 'approve'), 'approved');
    is(seen($number)->{refunded}, 230_000, 'everything');
    limit(0);
};

subtest 'a return' => sub {
    my ($number, $items, $b) = paid([[100_000, 2]]);
    ok_($owner->post("/admin/orders/$number/transition", json => { event => $_ }), $_) for qw(process ship deliver);
    my $id = ok_($b->{client}->post("/orders/$number/returns", json => { lines => [{ item_id => $items->[0], quantity => 2, reason => 'x' }] }), 'asked')->{id};
    my $step = sub { my ($what, $json) = @_; return $owner->post("/admin/returns/$id/$what", json => $json // {}) };
    ok_($step->('approve'), 'approved');
    ok_($step->('receive', { lines => [{ item_id => $items->[0], restocked => 2, written_off => 0 }] }), 'received');
    limit(100_000);
    is(ok_($step->('refund'), 'paid back')->{status}, 'received', 'when a second person approves');
    refused($step->('refund'), 409, 'refund_waiting', 'asked once');
    refused($step->('close', { reason => 'x' }), 409, 'refund_waiting', 'and not closed meanwhile');
    my ($waiting) = @{ $owner->get('/admin/refunds?status=awaiting_approval')->{json}{items} };
    ok_(decide($second, $waiting->{id}, 'refuse', reason => 'x'), 'refused');
    is(ok_($step->('refund'), 'asked again')->{status}, 'received', 'by the same person');
    ($waiting) = @{ $owner->get('/admin/refunds?status=awaiting_approval')->{json}{items} };
    ok_(decide($second, $waiting->{id}, 'approve'), 'approved');
    my $r = seen($number)->{returns}[0];
    is_deeply([@$r{qw(status refund_id)}], ['refunded', $waiting->{id}], 'the return is paid by it');
    limit(0);
};

subtest 'at once' => sub {
    my $third = colleague('third', 'owner');
    limit(1_000);
    my (@numbers, @ids);
    for (1 .. 3) {
        my ($number) = paid([[100_000, 1]]);
        push @numbers, $number;
        push @ids, ok_(back($number, amount => 50_000), 'waits')->{id};
    }
    # With a key of its own, and patient while the order's queue is long.
    my $say = sub { my ($i, $who, $path, $json) = @_;
        my ($r) = Tarazu::Test::Buyer::patiently(sub { return $who->post($path, json => $json, key => "at-once-$i") });
        return said($r) };
    my $tell = sub { my ($i, $who, $word, $n) = @_; return $say->("$word$i", $who, "/admin/refunds/$ids[$n]/$word", $word eq 'refuse' ? { reason => 'x' } : {}) };
    my @r = at_once(8, do => sub { my ($i) = @_; return $tell->($i, $i % 2 ? $second : $third, 'approve', 0) });
    is_deeply(tally(@r), { '200 awaiting_transfer' => 1, '409 illegal_transition' => 7 }, 'eight approvals are one');
    @r = at_once(8, do => sub { my ($i) = @_; return $tell->($i, $second, $i % 2 ? 'approve' : 'refuse', 1) });
    is(scalar(grep { /^200/ } @r), 1, 'approve and refuse: one of them') or diag explain tally(@r);
    @r = at_once(6, do => sub { my ($i) = @_;
        return $i % 2 ? $tell->($i, $second, 'approve', 2) : $say->("cancel$i", $owner, "/admin/orders/$numbers[2]/transition", { event => 'cancel', reason => 'x' }) });
    is(scalar(grep { $_ eq '200 canceled' } @r), 1, 'approve and cancel: canceled once') or diag explain tally(@r);
    is(seen($numbers[2])->{refunded}, 130_000, 'and everything goes back once');
    my $ask = sub { my ($i, $number, $amount) = @_; return $say->("ask$i", $second, "/admin/orders/$number/refunds", { amount => $amount, to => 'manual', reason => 'x' }) };
    @r = at_once(8, do => sub { my ($i) = @_; return $ask->($i, $numbers[0], 40_000) });
    is(scalar(grep { /^201/ } @r), 1, 'of eight requests one waits') or diag explain tally(@r);
    limit(0);
    my ($many) = paid([[100_000, 1]]);
    @r = at_once(8, do => sub { my ($i) = @_; return $ask->("many$i", $many, 30_000) });
    is_deeply(tally(@r), { '201 awaiting_transfer' => 4, '409 refund_exceeds' => 4 }, 'and of eight that need nobody, as many as there is money for');
};

subtest 'pages' => sub {
    my $b = $shop->client(html => 1);
    $b->{cookies}{'__Host-access'} = $owner->{bearer};
    my $page = $b->get('/admin/refunds?status=open');
    like($page->{body}, qr/badge-awaiting_approval.*badge-awaiting_transfer/s, 'the list');
    like($page->{body}, qr{/admin/refunds/[0-9a-f-]+/approve}, 'with what may be done');
    is($owner->get('/admin/refunds?status=nonsense')->{status}, 422, 'a state is one of them');
};

ok(quiet($shop), 'all jobs are done');
adds_up($shop);
$shop->stop;
done_testing;
