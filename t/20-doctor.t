#!/usr/bin/perl
# `tarazu doctor` finds nothing in a shop where everything adds up, and names what is wrong in one where
# somebody broke it: every proof is broken by hand in a copy of the database whose triggers are asleep
# and whose constraints are gone.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../scripts/build/lib";
use JSON::PP ();
use Tables;
use Test::More;

use Tarazu::Test::Database;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $db = Tarazu::Test::Database->start;
$db->psql_file("$Tables::ROOT/t/fixtures/books.sql");

sub doctor {
    my ($name) = @_;
    my ($status, $out, $err) = $db->tarazu('doctor', '--json', { db => $name });
    my $report = eval { JSON::PP::decode_json($out) };
    return ($status, $report, $err);
}
sub named { # proof => its rows, of the proofs that failed
    my ($report) = @_;
    return { map { $_->{id} => join("\n", map { "$_->{what}: $_->{detail}" } @{ $_->{rows} }) } grep { !$_->{ok} } @{ $report->{checks} } };
}

my ($status, $report, $err) = doctor('tarazu');
is($status, 0, 'a shop that adds up') or diag($err);
is_deeply(named($report), {}, 'nothing is found');
ok($report->{ok} && $report->{checked_at} =~ /^\d{4}-\d\d-\d\dT/, 'the report says when');
my ($plain_status, $plain) = $db->tarazu('doctor');
utf8::decode($plain);
is($plain_status, 0, 'in words too');
like($plain, qr/^ok +Stock on hand/m, 'each proof is a line');
like($plain, qr/^All is well at .*: \d+ proofs hold/m, 'and the end says it');
is(($db->tarazu('doctor', '--nonsense'))[0], 2, 'an option it does not know');
is(($db->tarazu('doctor', { db => 'nothing_there' }))[0], 2, 'a database that does not answer is no good news');

# ---- Everything that guards the tables goes, except the primary keys.
$db->copy('loose');
$db->psql(<<'SQL', db => 'loose');
DO $$
DECLARE c record;
BEGIN
    FOR c IN SELECT conname, conrelid::regclass AS t FROM pg_constraint
              WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u') AND conrelid <> 0
              ORDER BY contype = 'u' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', c.t, c.conname);
    END LOOP;
    FOR c IN SELECT i.indexrelid::regclass AS name FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid
              WHERE k.relnamespace = 'public'::regnamespace AND i.indisunique AND NOT i.indisprimary LOOP
        EXECUTE format('DROP INDEX %s', c.name);
    END LOOP;
    ALTER TABLE coupon_uses DROP CONSTRAINT coupon_uses_once;
END $$;
SQL
# What is broken is mended from these copies, which is faster than a new database.
$db->psql(<<'SQL', db => 'loose');
CREATE SCHEMA kept;
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('CREATE TABLE kept.%I AS TABLE public.%I', t, t);
    END LOOP;
END $$;
CREATE FUNCTION kept.mend(tables text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY tables LOOP
        EXECUTE format('DELETE FROM public.%I', t);
        EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM kept.%I', t, t);
    END LOOP;
END $$;
SQL
is_deeply(named((doctor('loose'))[1]), {}, 'without its guards it still adds up');

# Proof, what is done by hand, what the report has to name. O1…O4 stand for the orders' numbers.
my @broken = (
    [stock_columns => 'UPDATE stock SET on_hand = on_hand + 1 WHERE variant_id = 1', qr/variant 1 \(CUP\).*on_hand 10.*9/],
    [stock_columns => "INSERT INTO stock_movements (variant_id, kind, on_hand_delta) VALUES (2, 'count', 3)", qr/variant 2/],
    [stock_columns => 'DELETE FROM stock WHERE variant_id = 2', qr/variant 2.*missing/],
    [stock_bounds => "UPDATE stock SET reserved = on_hand + 1 WHERE variant_id = 1", qr/variant 1/],
    [stock_bounds => "UPDATE stock SET reserved = -1 WHERE variant_id = 2", qr/variant 2.*reserved -1/],
    [stock_reserved => "UPDATE order_items SET reserved = 0, canceled = 1 WHERE order_id = 3", qr/variant 2.*1 are reserved, orders say 0/],
    [stock_orders => "UPDATE stock_movements SET order_id = 2 WHERE kind = 'ship'", qr/order O1, variant 1/],
    [stock_orders => "UPDATE stock_movements SET on_hand_delta = 2 WHERE kind = 'restock'", qr/order O1.*restocked 2.*returned 1/],
    [line_units => 'UPDATE order_items SET shipped = 3 WHERE order_id = 1', qr/order O1, line 1.*shipped 3/],
    [line_units => 'UPDATE order_items SET returned = 3 WHERE order_id = 1', qr/order O1.*returned 3/],
    [order_units => "UPDATE order_items SET reserved = 0, canceled = 1 WHERE order_id = 3", qr/order O3 \(pending\)/],
    [order_units => "UPDATE order_items SET reserved = 1, canceled = 0 WHERE order_id = 2", qr/order O2 \(canceled\).*reserved 1/],
    [parcels => 'UPDATE shipment_items SET quantity = 1', qr/order O1, line 1.*2 units shipped, parcels hold 1/],
    [came_back => 'UPDATE return_lines SET restocked = 0, written_off = 1', qr/order O1, line 1.*1 units returned; parcels and returns received 1, 0 of them whole; restocked 1/],
    [came_back => 'DELETE FROM return_lines', qr/order O1, line 1.*1 units returned; parcels and returns received 0/],
    [returns => 'UPDATE return_lines SET restocked = 3', qr/order O1, line 1.*2 units arrived, returns ask for or have received 3/],
    [returns => 'UPDATE returns SET refund_id = NULL', qr/return [0-9a-f-]+: refunded, 1 units received, refund none/],
    [returns => 'UPDATE returns SET customer_id = 2', qr/return [0-9a-f-]+: of order O1 of customer 1, belongs to 2/],
    [parcel_states => "UPDATE shipments SET status = 'shipped'", qr/order O1 \(delivered\): parcels: 0 delivered, 1 on their way/],
    [parcel_states => 'UPDATE shipments SET order_id = 3 WHERE id = 1', qr/order O3 \(pending\): parcels: 1 delivered/],
    [sold_counts => 'UPDATE products SET sold_count = 3 WHERE id = 1', qr/product cup: sold_count 3, orders say 2/],
    [ratings => 'UPDATE products SET rating_sum = rating_sum + 1 WHERE id = 1', qr/product cup: rating_sum 5 of 1 reviews, approved are 4 of 1/],
    [ratings => "UPDATE reviews SET status = 'approved'", qr/product cup: rating_sum 4 of 1 reviews, approved are 6 of 2/],
    [coupon_used => 'UPDATE coupons SET used = 1', qr/coupon ten: used 1 of 5, orders that hold it: 2/],
    [coupon_used => 'UPDATE coupons SET usage_limit = 1', qr/coupon ten: used 2 of 1/],
    [coupon_customers => 'UPDATE coupon_uses SET seq = 2 WHERE order_id = 1', qr/coupon ten, customer 1: use 2 of at most 1/],
    [coupon_customers => 'UPDATE coupon_uses SET customer_id = 1', qr/coupon ten, customer 1/],
    [coupon_orders => 'DELETE FROM coupon_uses WHERE order_id = 3', qr/order O3.*its use: coupon none/],
    [coupon_orders => 'INSERT INTO coupon_uses VALUES (1, 3, 1, 1, 4)', qr/order O4 \(canceled\)/],
    [coupon_codes => "UPDATE coupon_uses SET code = 'X' WHERE order_id = 1", qr/coupon ten, code X: used by order 1; not a code of this coupon/],
    [coupon_codes => 'UPDATE coupons SET bulk = true, usage_limit = NULL', qr/coupon ten, code none: used by order 1; not a code of this coupon/],
    [order_totals => 'UPDATE orders SET total = total + 1 WHERE id = 1', qr/order O1:.*\(inside\), total 210001/],
    [order_totals => 'UPDATE orders SET tax = tax + 1 WHERE id = 3', qr/order O3:.*tax 5671 \(added\)/],
    [order_totals => 'UPDATE orders SET due = due - 1 WHERE id = 3', qr/order O3/],
    [order_lines => 'UPDATE order_items SET line_total = line_total - 1 WHERE order_id = 1', qr/order O1: lines:/],
    [order_lines => 'UPDATE orders SET subtotal = subtotal + 5, discount = discount + 5 WHERE id = 3', qr/order O3: lines:/],
    [line_figures => 'UPDATE order_items SET tax = tax + 1 WHERE order_id = 1', qr/order O1, line 1.*tax 16365 at 1000 bp \(inside\)/],
    [line_figures => 'UPDATE order_items SET unit_price = unit_price + 1 WHERE order_id = 3', qr/order O3, line 1/],
    [order_history => "UPDATE orders SET status = 'paid' WHERE id = 3", qr/order O3: state paid/],
    [order_history => "DELETE FROM order_events WHERE order_id = 1 AND event = 'process'", qr/order O1.*step 3 of 4: processing --ship--> shipped/],
    [order_history => "UPDATE order_events SET event = 'deliver' WHERE order_id = 2 AND event = 'cancel'", qr/order O2.*paid --deliver--> canceled/],
    [order_history => 'UPDATE orders SET version = 9 WHERE id = 4', qr/order O4: state canceled, version 9/],
    [order_history => 'DELETE FROM order_events WHERE order_id = 3', qr/order O3.*no history/],
    [payment_history => "UPDATE payments SET status = 'failed' WHERE id = 6", qr/payment P6: state failed/],
    [payment_history => "UPDATE payment_events SET to_state = 'captured' WHERE payment_id = 7 AND event = 'suspend'", qr/payment P7/],
    [payment_sums => 'UPDATE payments SET captured = captured - 1 WHERE id = 3', qr/payment P3 of order O1: captured: amount 160000, captured 159999/],
    [payment_sums => 'UPDATE payments SET refund_committed = 160001 WHERE id = 3', qr/payment P3.*promised back 160001/],
    [payment_sums => 'UPDATE payments SET received_rial = 1 WHERE id = 4', qr/payment P4.*received 1 rial/],
    [payment_refunds => 'UPDATE payments SET refund_committed = 0 WHERE id = 3', qr/payment P3.*promised back 0, its refunds are 90000/],
    [payment_refunds => 'DELETE FROM refunds WHERE id = 2', qr/payment P4/],
    [single_capture => "UPDATE payments SET order_id = 1, customer_id = 1 WHERE id = 4", qr/order O1: 2 payments of it count: P3, P4/],
    [order_money => 'UPDATE payments SET captured = 0 WHERE id = 2', qr/order O1 \(delivered\): total 210000, captured 160000/],
    [order_money => 'UPDATE orders SET paid_at = NULL WHERE id = 1', qr/order O1 \(delivered\).*never paid/],
    [order_money => 'UPDATE payments SET captured = 149999 WHERE id = 8', qr/order O5 \(delivered\): total 150000, captured 149999/],
    [order_money => "UPDATE shipments SET status = 'lost' WHERE id = 2", qr/order O5 \(delivered\)/],
    [order_money => 'UPDATE payments SET captured = amount WHERE id = 7', qr/order O4 \(canceled\): total 70000, captured 70000, never paid/],
    [canceled_money => 'UPDATE payments SET refund_committed = 40000 WHERE id = 4', qr/order O2 \(canceled\): captured 100000, promised back 40000/],
    [suspense => 'UPDATE payments SET received_rial = 800000 WHERE id = 7', qr/payment P7.*received 800000 rial, refunds of it 700000/],
    [suspense => 'DELETE FROM refunds WHERE id = 3', qr/payment P7.*refunds of it 0/],
    [line_refunds => 'UPDATE order_items SET refunded_amount = 90001 WHERE order_id = 1', qr/order O1, line 1.*1 of 2 units refunded with 90001/],
    [line_refunds => 'UPDATE refund_lines SET quantity = 2', qr/order O1.*refunds name 2 units/],
    [wallet_columns => 'UPDATE wallets SET balance = balance + 1 WHERE customer_id = 1', qr/wallet of customer 1: balance 10001.*10000/],
    [wallet_columns => 'UPDATE wallets SET held = balance + 1 WHERE customer_id = 2', qr/wallet of customer 2/],
    [wallet_held => "UPDATE payments SET amount = 9999 WHERE id = 5", qr/wallet of customer 2: held 10000, open wallet payments 9999/],
    [wallet_payments => "DELETE FROM wallet_movements WHERE kind = 'capture'", qr/wallet payment P2: captured.*held 50000, taken 0/],
    [wallet_payments => "UPDATE wallet_movements SET refund_id = NULL WHERE kind = 'refund'", qr/refund R2 to the wallet: done, amount 100000; credited 0/],
    [wallet_payments => "UPDATE wallet_movements SET balance_delta = 1 WHERE kind = 'topup'", qr/top-up P1.*credited 1/],
    [ledger_zero => "UPDATE ledger_entries SET amount = amount + 7 WHERE account = 'sales' AND amount = -100000", qr/ledger transaction \d+ \(capture\): off by 7 IRT/],
    [ledger_zero => "INSERT INTO ledger_transactions (event) VALUES ('capture')", qr/ledger transaction \d+ \(capture\): has no entries/],
    [ledger_zero => "DELETE FROM ledger_entries WHERE account = 'suspense' AND amount < 0", qr/all of IRR: the books are off by 700000/],
    [ledger_receivable => "UPDATE ledger_entries SET account = 'receivable' WHERE account = 'returns'", qr/order O1: receivable is 81818 IRT/],
    [ledger_captures => "DELETE FROM ledger_entries e USING ledger_transactions t WHERE t.id = e.transaction_id AND t.event = 'capture' AND t.order_id = 2",
        qr/order O2: captured 100000.*booked 1 times: 0/],
    [ledger_captures => "DELETE FROM ledger_transactions WHERE event = 'capture' AND order_id = 1", qr/order O1:.*booked 0 times/],
    [ledger_captures => "INSERT INTO ledger_transactions (event, order_id) VALUES ('capture', 1)", qr/order O1:.*booked 2 times/],
    [ledger_captures => "UPDATE ledger_entries SET account = 'fees' WHERE account = 'shipping' AND amount = -30000", qr/order O1:.*shipping 0,/],
    [ledger_topups => "UPDATE ledger_transactions SET event = 'wallet_adjustment' WHERE event = 'topup'", qr/top-up P1: captured 60000, booked 0/],
    [ledger_wallet => "INSERT INTO wallet_movements (customer_id, kind, balance_delta) VALUES (3, 'adjust', 500); INSERT INTO wallets VALUES (3, 500, 0)",
        qr/account wallet: the books owe customers 110000, their wallets hold 110500/],
    [ledger_refunds => "UPDATE refunds SET status = 'unknown' WHERE id = 1", qr/refund R1: unknown, 90000 IRT; payable in the books: 0/],
    [ledger_refunds => "DELETE FROM ledger_transactions WHERE event = 'suspense_refund'", qr/refund R3: awaiting_transfer, 700000 IRR; payable in the books: 0/],
    [refund_ways => "DELETE FROM ledger_transactions WHERE event = 'refund_to_gateway'", qr/refund R1: done by complete, 90000 IRT, paid out; booked to the gateway: 0/],
    [refund_ways => "UPDATE refunds SET event = 'transfer' WHERE id = 1", qr/refund R1: done by transfer, 90000 IRT, paid out; booked to the gateway: 90000/],
    [refund_ways => 'UPDATE refunds SET ask_at = shop_now() WHERE id = 1', qr/refund R1: .*paid out, asked about/],
    [refund_ways => 'UPDATE refunds SET settled_at = shop_now() WHERE id = 2', qr/refund R2: done by credit, 100000 IRT, paid out/],
    [late_money => 'UPDATE refunds SET settled_at = NULL WHERE id = 1', qr/refund R1: accepted by the bank \S+, no word since, 90000 IRT/],
    [late_money => "UPDATE refunds SET settled_at = NULL, ask_at = shop_now() - interval '2 days' WHERE id = 1", qr/refund R1: accepted/],
    [refund_people => 'UPDATE refunds SET asked_by = 1, decided_by = 1 WHERE id = 1', qr/refund R1: asked and approved by \w+/],
    [refund_people => "UPDATE refunds SET status = 'awaiting_approval' WHERE id = 1", qr/refund R1: awaiting_approval, gives 0 of 90000/],
    [settlements => "INSERT INTO settlements (gateway, file_name, hash) VALUES ('zibal', 'f', 'h'); INSERT INTO settlement_rows (settlement_id, line, kind, track_id, amount, raw, payment_id, posted_at)
        SELECT id, 2, 'payment', 'r3', 100, '', 3, shop_now() FROM settlements", qr/settlement [0-9a-f-]+, line 2: posted 100 rial with a fee of 0; booked 0 and 0/],
    [settlements => "WITH t AS (INSERT INTO ledger_transactions (event, payment_id) VALUES ('fee', 3) RETURNING id) INSERT INTO ledger_entries (transaction_id, account, currency, amount)
        SELECT id, a::ledger_account, 'IRT', n FROM t, (VALUES ('fees', 10), ('bank', -10)) v(a, n)", qr/payment 3, refund none: posted 0 rial with a fee of 0; booked 0 and 100/],
    [ledger_suspense => "UPDATE ledger_entries SET amount = -600000 WHERE account = 'suspense' AND amount < 0", qr/payment P7.*booked into suspense 600000/],
    [once => 'UPDATE orders SET cart_id = 1 WHERE id = 2', qr/cart 1, version 1: 2 orders: O1, O2/],
    [once => 'UPDATE orders SET number = (SELECT number FROM orders WHERE id = 1) WHERE id = 2', qr/order number O1: 2 orders have it/],
    [once => "UPDATE payments SET gateway_ref = 'r3' WHERE id = 4", qr/zibal reference r3: 2 payments/],
    [once => "INSERT INTO idempotency_keys (scope, route, key, fingerprint, status) VALUES ('customer:1', 'ORDER_PLACE', 'k1', 'f', 201)", qr/idempotency key k1 of customer:1/],
    [once => "INSERT INTO webhook_events (gateway, hash, body) VALUES ('zibal', 'h1', '{}')", qr/webhook event h1: stored 2 times/],
    [claims => 'UPDATE idempotency_keys SET status = NULL', qr/idempotency key k1 of customer:1 on ORDER_PLACE: claimed at/],
    [claims => 'UPDATE idempotency_keys SET status = 500', qr/idempotency key k1 of customer:1 on ORDER_PLACE: answered 500/],
    [claims => "UPDATE idempotency_keys SET location = '/orders/none'", qr/ORDER_PLACE: answered 201, \/orders\/none/],
    [outbox => "DELETE FROM jobs WHERE dedupe = 'placed:3'", qr/order O3: placed at .*, 0 messages of its placement/],
    [outbox => "INSERT INTO jobs (kind, dedupe, payload, run_at) SELECT kind, dedupe, payload, run_at + interval '1 day' FROM jobs WHERE dedupe = 'placed:1'",
        qr/order O1: placed at .*, 2 messages of its placement/],
    [outbox => "UPDATE jobs SET finished_at = NULL WHERE dedupe = 'placed:2'", qr/job \d+ \(order_message\): done, attempt 1, ended never/],
    [invoices => 'DELETE FROM invoices WHERE number = 2', qr/invoice number 3: follows 1/],
    [invoices => 'DELETE FROM invoices WHERE number = 1', qr/invoice number 2: follows 0/],
    [invoices => "INSERT INTO invoices (number, kind, order_id) VALUES (6, 'invoice', 3)", qr/invoice number 6: invoice for order O3, which was never sold/],
    [sessions => "INSERT INTO refresh_tokens (hash, session_id, expires_at) VALUES ('x', 1, shop_now() + interval '1 day')", qr/session 1: 2 refresh tokens work/],
    [codes => 'UPDATE otp_challenges SET attempts_left = -1', qr/code challenge 2222.*: -1 attempts left/],
    [codes => "UPDATE otp_codes SET expires_at = shop_now() - interval '1 hour', used_at = shop_now()", qr/code 1111.*: used at/],
    [states => "UPDATE refunds SET status = 'sent' WHERE id = 3", qr/refund R3: sent by/],
    [states => "UPDATE shipments SET event = 'lose' WHERE id = 1", qr/shipment 1 of order 1: delivered by lose/],
    [states => "UPDATE returns SET event = 'approve'", qr/return [0-9a-f-]+: refunded by approve/],
    [amounts => 'UPDATE variants SET price = -1 WHERE id = 1', qr/variant 1 \(CUP\): price -1/],
    [amounts => 'UPDATE cart_items SET quantity = 0', qr/cart 1, variant 1: quantity 0/],
    [amounts => 'UPDATE coupons SET value = -5', qr/coupon ten: value -5/],
    [orphans => "INSERT INTO stock_movements (variant_id, kind, reserved_delta) VALUES (1, 'reserve', 1), (1, 'release', -1)",
        qr/stock movement \d+: reserve of variant 1 without an order/],
    [orphans => 'UPDATE orders SET customer_id = 77 WHERE id = 4', qr/order O4: customer 77 does not exist/],
    [orphans => 'UPDATE orders SET coupon_id = 77 WHERE id = 1', qr/order O1: coupon 77 does not exist/],
    [orphans => q{UPDATE orders SET address = '{"province": "IR-99"}' WHERE id = 1}, qr/order O1: province IR-99 does not exist/],
    [orphans => 'DELETE FROM variants WHERE id = 1', qr/cart 1: variant 1 does not exist.*order O1, line 1: variant 1 does not exist.*stock movement 1: variant 1/s],
    [orphans => 'UPDATE payments SET customer_id = 2 WHERE id = 3', qr/payment P3: belongs to customer 2, its order to 1/],
    [orphans => 'UPDATE refunds SET order_id = 1 WHERE id = 2', qr/refund R2: of order 1, its payment of 2/],
    [orphans => 'UPDATE shipment_items SET item_id = 2', qr/shipment 1 of order 1: holds line 2 of order 2/],
    [orphans => 'UPDATE return_lines SET item_id = 2', qr/return 1 of order 1: holds line 2 of order 2/],
    [orphans => 'UPDATE returns SET refund_id = 2', qr/return [0-9a-f-]+: of order 1, its refund of 2/],
    [orphans => 'UPDATE refund_lines SET item_id = 2', qr/refund R1: gives back line 2 of order 2/],
    [guards => 'ALTER TABLE orders DISABLE TRIGGER orders_fsm', qr/trigger orders_fsm on orders: is disabled/],
    [guards => 'ALTER TABLE orders ADD CONSTRAINT later CHECK (total >= 0) NOT VALID', qr/constraint later on orders: is not validated/],
    [guards => "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_status'::regclass", qr/index orders_status: is not valid/],
    [late_jobs => "INSERT INTO jobs (kind, state, attempt, locked_until) VALUES ('purge', 'running', 1, shop_now() - interval '10 minutes')", qr/job \d+ \(purge\): attempt 1 should have ended/],
    [late_jobs => "INSERT INTO jobs (kind, run_at) VALUES ('sms_code', shop_now() - interval '1 hour')", qr/job \d+ \(sms_code\): is due since/],
    [late_jobs => "UPDATE schedules SET next_run_at = shop_now() - interval '1 day' WHERE kind = 'order_expire'", qr/schedule order_expire/],
    [dead_jobs => "INSERT INTO jobs (kind, state, attempt, last_error, finished_at) VALUES ('refund_send', 'dead', 30, 'no answer', shop_now())",
        qr/job \d+ \(refund_send\): given up after 30 attempts: no answer/],
    [late_orders => "UPDATE orders SET expires_at = shop_now() - interval '1 hour' WHERE id = 3", qr/order O3: unpaid, its time was over/],
    [late_orders => "UPDATE orders SET paid_at = shop_now() - interval '2 hours' WHERE id = 1; DELETE FROM invoices", qr/order O1: paid at .* without an invoice/],
    [late_money => "UPDATE payments SET status = 'unknown', created_at = shop_now() - interval '2 hours' WHERE id = 6", qr/payment P6 of order O3: unknown since/],
    [late_money => "UPDATE refunds SET created_at = shop_now() - interval '4 days' WHERE id = 3", qr/refund R3: awaiting_transfer since/],
    [machines => "DELETE FROM transitions WHERE machine = 'refund' AND event = 'divert'", qr/table transitions: .*tarazu migrate/],
    [audit => "INSERT INTO audit_seals (seq, audit_id, seal) VALUES (1, 99, repeat('0', 64))", qr/audit log row 99: was changed, is missing/],
    [audit_order => "INSERT INTO audit_log (at, actor_kind, actor_name, action, target) VALUES (shop_now() - interval '20 minutes', 'system', 'x', 'x', 'x')", qr/waiting for its seal for more than ten minutes/],
    [audit_keys => "INSERT INTO audit_seals (seq, audit_id, seal) VALUES (1, 1, repeat('0', 64))", qr/audit log: 1 rows are sealed under a key/],
);

my %id = (
    (map { ("O$_->[0]" => $_->[1]) } $db->rows('SELECT id, number FROM orders')),
    (map { ("P$_->[0]" => $_->[1]) } $db->rows('SELECT id, uuid FROM payments')),
    (map { ("R$_->[0]" => $_->[1]) } $db->rows('SELECT id, uuid FROM refunds')),
);
my %warning = map { $_->{id} => $_->{weight} eq 'warning' } @{ $report->{checks} };
my %tried;
my @touched; # tables that the last breakage changed
sub mend { return "SET session_replication_role = replica;\nSELECT FROM kept.mend('{" . join(',', @touched) . "}');\n" }
for (@broken) {
    my ($proof, $sql, $names) = @$_;
    my $structure = $sql =~ /\bALTER\b|\bpg_/;
    my $name = $structure ? $db->copy('scratch', 'loose') : 'loose';
    $db->psql(mend() . "$sql;\n", db => $name);
    @touched = $sql =~ /\b(?:UPDATE|INSERT INTO|DELETE FROM) (\w+)/g unless $structure;
    my ($exit, $found, $why) = doctor($name);
    my $rows = named($found)->{$proof};
    my $wanted = "$names";
    $wanted =~ s/\b([OPR]\d)\b/$id{$1}/g;
    if (defined $rows) { like($rows, qr/$wanted/, "$proof: $sql") }
    else { fail("$proof: $sql") or diag($why, explain named($found)) }
    ok($exit == 1 || ($exit == 0 && $warning{$proof} && $found->{warnings}), '… and tells it to whoever asks') if !$warning{$proof} || !$tried{$proof};
    $tried{$proof}++;
}
$db->psql(mend(), db => 'loose');
is_deeply(named((doctor('loose'))[1]), {}, 'what was mended adds up again');
is_deeply([grep { !$tried{$_} } map { $_->{id} } @{ $report->{checks} }], [], 'every proof was broken');

# In words: what is wrong, where, and what to do.
$db->copy('scratch', 'loose');
$db->psql('SET session_replication_role = replica; UPDATE stock SET on_hand = 99 WHERE variant_id = 1', db => 'scratch');
my ($exit, $words) = $db->tarazu('doctor', { db => 'scratch' });
is($exit, 1, 'the exit status says that something is wrong');
like($words, qr/^FAULT +Stock on hand.*\n +variant 1 \(CUP\): on_hand 99.*\n +What to do: \w+/m, 'the words name it and say what to do');
like($words, qr/^1 of \d+ proofs failed/m, 'and count it');

# It changes nothing, and could not.
my $dump = sub { $db->psql("SELECT sum(hashtextextended(o::text, 0)) FROM orders o UNION ALL SELECT sum(hashtextextended(s::text, 0)) FROM stock s", db => 'scratch') };
my $before = $dump->();
doctor('scratch');
is($dump->(), $before, 'looking changes nothing');
like($db->psql('UPDATE stock SET on_hand = 0', db => 'scratch', user => 'tarazu_readonly', fail => 1), qr/permission denied|read-only transaction/, 'its role cannot write');
done_testing;
