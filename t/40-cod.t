#!/usr/bin/env perl
# Cash on delivery: goods leave unpaid, and what arrived is paid, out of the wallet first.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter faults clean_doctor quiet);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($one, $two) = goods($shop, count => 2, on_hand => 20, price => 100_001);
my $staff = $shop->staff;
my @people = map { enter($shop, $_) } crowd($shop, 8);
sub lapse { return $shop->db_query("UPDATE orders SET expires_at = shop_now() - interval '1 second' WHERE number = '$_[0]'", admin => 1) }
sub buyer { return Tarazu::Test::Buyer->new($shop, shift @people) }
sub transition { my ($number, $event, %o) = @_; return $staff->post("/admin/orders/$number/transition", json => { event => $event, %o }) }
sub wallet { my ($b) = @_; my $w = $b->{client}->get('/account/wallet')->{json}; return "$w->{balance} $w->{held}" }
sub books {
    my ($number) = @_;
    return { map { ($_->[0] => $_->[1]) } $shop->db_query("SELECT e.account, sum(e.amount) FROM ledger_entries e
        JOIN ledger_transactions t ON t.id = e.transaction_id JOIN orders o ON o.id = t.order_id
        WHERE o.number = '$number' GROUP BY 1 HAVING sum(e.amount) <> 0") };
}
sub give { # store credit, booked as an adjustment
    my ($b, $amount) = @_;
    my $phone = $b->{client}->get('/account')->{json}{phone};
    $shop->db_query("WITH m AS (INSERT INTO wallet_movements (customer_id, kind, balance_delta)
            SELECT id, 'adjust', $amount FROM customers WHERE phone = '$phone' RETURNING id),
        t AS (INSERT INTO ledger_transactions (event) VALUES ('wallet_adjustment') RETURNING id)
        INSERT INTO ledger_entries (transaction_id, account, currency, amount)
        SELECT t.id, e.account::ledger_account, 'IRT', e.amount FROM t, (VALUES ('adjustments', $amount), ('wallet', -$amount)) e(account, amount)", admin => 1);
    return;
}

subtest 'off by default, and capped' => sub {
    my $b = buyer();
    $b->put($one);
    is($b->place(payment_method => 'cod')->{json}{code}, 'payment_method_unavailable', 'not taken');
    is($staff->patch('/admin/settings', json => { cod_enabled => JSON::PP::true, cod_maximum => 500_000 })->{status}, 200, 'switched on');
    ok((grep { $_->{id} eq 'cod' } @{ $b->quote->{payment_methods} }), 'offered');
    ok(!(grep { $_->{id} eq 'cod' } @{ $b->quote(shipping_method => 'pickup')->{payment_methods} }), 'not where no courier comes');
    $b->put($one, 4);
    is($b->place(payment_method => 'cod')->{json}{code}, 'payment_method_unavailable', 'not above the cap');
};

subtest 'delivered whole' => sub {
    my $b = buyer();
    $b->put($one, 2);
    my $o = $b->must($b->place(payment_method => 'cod'), 201);
    is_deeply([map { [@$_{qw(method status amount)}] } @{ $o->{payments} }], [['cod', 'created', 230_002]], 'a payment that waits');
    is($shop->db_value("SELECT round(extract(epoch FROM expires_at - placed_at) / 3600) FROM orders WHERE number = '$o->{number}'"), 48, 'for two days');
    is($b->pay($o->{number})->{json}{code}, 'payment_method_unavailable', 'not at the bank');
    is(transition($o->{number}, 'process')->{status}, 409, 'it is confirmed before it is prepared');
    for (['confirm_cod', 'processing'], ['ship', 'shipped']) {
        is(transition($o->{number}, $_->[0])->{json}{status}, $_->[1], $_->[0]);
    }
    is_deeply(books($o->{number}), {}, 'nothing is booked while nothing is paid');
    my $r = transition($o->{number}, 'deliver');
    is_deeply([@{ $r->{json} }{qw(status payment_status paid)}], ['delivered', 'paid', 230_002], 'delivered and paid') or diag $r->{body};
    is_deeply(books($o->{number}), { courier => 230_002, sales => -200_002, shipping => -30_000 }, 'the courier owes it');
    $r = $staff->post("/admin/orders/$o->{number}/refunds", json => { amount => 10_000, to => 'gateway', reason => 'خراش' });
    is_deeply([@{ $r->{json} }{qw(to status)}], ['manual', 'awaiting_transfer'], 'a refund of cash is transferred by hand') or diag $r->{body};
};

subtest 'delivered in part, with store credit' => sub {
    my $b = buyer();
    give($b, 150_000);
    $b->put($one, 3);
    $b->put($two);
    my $o = $b->must($b->place(payment_method => 'cod', use_wallet => JSON::PP::true), 201);
    is_deeply([@$o{qw(total wallet due)}], [430_004, 150_000, 280_004], 'partly from the wallet');
    is(wallet($b), '150000 150000', 'which is held');
    transition($o->{number}, $_) for qw(confirm_cod ship);
    # One unit of the first line arrived in a parcel of its own; the other parcel was lost.
    $shop->db_query("WITH s AS (SELECT s.id, s.order_id FROM shipments s JOIN orders o ON o.id = s.order_id WHERE o.number = '$o->{number}'),
        l AS (INSERT INTO shipments (order_id, status) SELECT order_id, 'shipped' FROM s RETURNING id)
        INSERT INTO shipment_items (shipment_id, item_id, quantity) SELECT l.id, i.id, CASE i.line WHEN 1 THEN 2 ELSE 1 END
          FROM l, s JOIN order_items i ON i.order_id = s.order_id", admin => 1);
    $shop->db_query("UPDATE shipment_items n SET quantity = 1 FROM order_items i, orders o WHERE i.id = n.item_id AND o.id = i.order_id
        AND o.number = '$o->{number}' AND i.line = 1 AND n.shipment_id = (SELECT min(id) FROM shipments WHERE order_id = o.id)", admin => 1);
    $shop->db_query("DELETE FROM shipment_items n USING order_items i, orders o WHERE i.id = n.item_id AND o.id = i.order_id
        AND o.number = '$o->{number}' AND i.line = 2 AND n.shipment_id = (SELECT min(id) FROM shipments WHERE order_id = o.id)", admin => 1);
    my $columns = $shop->db_value("SELECT count(*) FROM information_schema.columns WHERE table_name = 'shipments' AND column_name = 'version'");
    $shop->db_query("UPDATE shipments SET status = 'lost'" . ($columns ? ", event = 'lose', version = version + 1" : '')
        . " WHERE id = (SELECT max(s.id) FROM shipments s JOIN orders o ON o.id = s.order_id WHERE o.number = '$o->{number}')", admin => 1);
    my $r = transition($o->{number}, 'deliver');
    is($r->{json}{status}, 'delivered', 'one parcel arrived, the other is lost') or diag $r->{body};
    is($r->{json}{paid}, 130_001, 'one unit and the shipping are paid');
    is(wallet($b), '19999 0', 'out of the wallet, the rest of the hold is free');
    is_deeply(books($o->{number}), { wallet => 130_001, sales => -100_001, shipping => -30_000 }, 'booked as delivered');
    is($shop->db_value("SELECT p.status FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.number = '$o->{number}' AND method = 'cod'"), 'canceled',
        'the courier collected nothing');
};

subtest 'what ends before delivery' => sub {
    my $b = buyer();
    give($b, 50_000);
    $b->put($one);
    my $o = $b->must($b->place(payment_method => 'cod', use_wallet => JSON::PP::true), 201);
    transition($o->{number}, 'confirm_cod');
    is(wallet($b), '50000 50000', 'held');
    is(transition($o->{number}, 'cancel', reason => 'x')->{json}{status}, 'canceled', 'canceled while it is prepared');
    is(wallet($b), '50000 0', 'the hold is free');
    is_deeply(books($o->{number}), {}, 'nothing was booked');
    my $c = buyer();
    $c->put($one);
    my $late = $c->must($c->place(payment_method => 'cod'), 201);
    lapse($late->{number});
    ok(wait_for(sub { $c->order($late->{number})->{status} eq 'canceled' }, 40), 'nobody confirmed it: it expires');
    is($shop->db_value("SELECT p.status FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.number = '$late->{number}'"), 'canceled', 'with its payment');
};

ok(quiet($shop), 'all work is done');
my @faults = grep { !/parcel/ } faults($shop);
is_deeply(\@faults, [], 'everything adds up') or diag explain \@faults;
my ($clean, $said) = clean_doctor($shop);
ok($clean, 'the doctor finds nothing') or diag $said;
$shop->stop;
done_testing;
