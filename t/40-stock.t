#!/usr/bin/env perl
# The shelf as staff keep it: lists with what is free, thresholds and alerts told once, counts with their
# history, and the remedy for a count below what orders have reserved: one press cancels, refunds and
# counts. And nobody hoards: caps on unpaid orders and on units of one customer.
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
my $staff = $shop->staff;

sub html { my ($r) = @_; my $body = $r->{body}; utf8::decode($body); return $body }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub shelf_of { return join '/', @{ ($shop->db_query("SELECT on_hand, reserved FROM stock WHERE variant_id = $_[0]"))[0] } }
sub count { my ($variant, %o) = @_; return $staff->post("/admin/variants/$variant/stock", json => { reason => 'شمارش', %o }) }
sub row { my ($variant) = @_; my ($r) = grep { $_->{variant_id} == $variant } @{ $staff->get('/admin/stock?limit=100')->{json}{items} }; return $r }
sub ordered { # an order of so many units, paid or not
    my ($variant, $quantity, $paid) = @_;
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $buyer->put($variant, $quantity);
    my $order = $buyer->must($buyer->place(key => 'k'));
    $buyer->pay_and_return($order->{number}) if $paid;
    return ($order->{number}, $buyer);
}
sub status_of { return $shop->db_value("SELECT status FROM orders WHERE number = '$_[0]'") }

subtest 'the list, thresholds and alerts' => sub {
    my ($many, $few) = goods($shop, count => 2, on_hand => 20);
    ok_($staff->patch('/admin/settings', json => { low_stock => 5, alert_phone => '۰۹۱۲ ۱۱۱ ۲۲۳۳' }), 'five are few, and somebody is told');
    my ($number) = ordered($few, 14);
    my $r = row($few);
    is_deeply([@$r{qw(on_hand reserved available threshold low)}], [20, 14, 6, 5, JSON::PP::false], 'on the shelf, reserved, free');
    count($few, on_hand => 19);
    is(row($few)->{low}, JSON::PP::true, 'five are few');
    is_deeply([map { $_->{variant_id} } @{ $staff->get('/admin/stock?low=true')->{json}{items} }], [$few], 'the list of what runs low');
    my $alerts = sub { return $shop->db_value("SELECT count(*) FROM stock_alerts WHERE variant_id = $few") };
    my $open = sub { return $shop->db_value("SELECT count(*) FROM stock_alerts WHERE variant_id = $few AND ended_at IS NULL") };
    my $texts = sub { return scalar grep { $_->{text} =~ /admin.stock/ } @{ $shop->sandbox->get('/inbox/sms?phone=%2B989121112233')->{json}{items} } };
    ok(wait_for(sub { $open->() == 1 && $texts->() == 1 }, 60), 'an alert, and one message') or diag $texts->();
    like($shop->client->get('/metrics')->{body}, qr/^tarazu_low_stock_variants 1$/m, 'and a figure for the operator');
    count($few, on_hand => 18);
    my $round = sub { # the watch has run again since
        my $runs = sub { return $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'stock_watch' AND state = 'done'") };
        my $before = $runs->();
        $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'stock_watch' RETURNING 1", admin => 1);
        return wait_for(sub { $runs->() > $before }, 30);
    };
    ok($round->(), 'the watch looks again');
    is($alerts->(), 1, 'it is told once');
    count($few, on_hand => 40);
    ok($round->() && $open->() == 0, 'enough again: the alert is over');
    count($few, on_hand => 15);
    ok($round->() && $alerts->() == 2, 'the next time it is another one');
    ok_($staff->patch("/admin/stock/$few", json => { low_stock => '۰' }), 'its own threshold');
    is_deeply([@{ row($few) }{qw(threshold low)}], [0, JSON::PP::false], 'counts before the shop\'s');
    is(ok_($staff->patch("/admin/stock/$few", json => { low_stock => undef }), 'none of its own')->{threshold}, 5, 'the shop\'s again');
    refused($staff->patch('/admin/stock/999999', json => { low_stock => 1 }), 404, 'not_found', 'of what there is');
};

subtest 'history' => sub {
    my ($variant) = goods($shop, on_hand => 10);
    my ($number) = ordered($variant, 4);
    count($variant, delta => 2);
    my $seen = ok_($staff->get("/admin/stock/$variant"), 'a variant');
    is_deeply([map { "$_->{kind} $_->{on_hand_delta} $_->{reserved_delta}" } @{ $seen->{items} }], ['count 2 0', 'reserve 0 4', 'count 10 0'], 'each movement, newest first');
    is_deeply([$seen->{items}[1]{order}, $seen->{items}[0]{reason}], [$number, 'شمارش'], 'with its order or its reason');
    is_deeply($seen->{orders}, [{ number => $number, status => 'pending', quantity => 4 }], 'and who holds units');
    my $first = ok_($staff->get("/admin/stock/$variant?limit=2"), 'page by page');
    is_deeply([map { $_->{kind} } @{ ok_($staff->get("/admin/stock/$variant?limit=2&cursor=$first->{next}"), 'to the end')->{items} }], ['count'], 'nothing is left out');
};

subtest 'a count below what is reserved, settled by one press' => sub {
    my ($variant, $other) = goods($shop, count => 2, on_hand => 20);
    my ($old) = ordered($variant, 3, 1);
    my ($mid, $mid_buyer) = do {
        my ($person) = crowd($shop, 1);
        my $b = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
        $b->put($variant, 4);
        $b->put($other, 1);
        my $o = $b->must($b->place(key => 'k'));
        $b->pay_and_return($o->{number});
        ($o->{number}, $b);
    };
    my ($unpaid) = ordered($variant, 2);
    my $r = count($variant, on_hand => 6);
    refused($r, 409, 'below_reserved', 'six are too few');
    is_deeply([sort @{ $r->{json}{orders} }], [sort $old, $mid, $unpaid], 'the orders are named');
    is(shelf_of($variant), '20/9', 'nothing has changed');
    my $b = $shop->client(html => 1);
    $b->{cookies}{'__Host-access'} = $staff->{bearer};
    my $to = $b->post("/admin/variants/$variant/stock", form => { on_hand => '۶', reason => 'شمارش' });
    is($to->{status}, 303, 'a browser is led to the remedy');
    my $page = html($b->get($to->{headers}{location} =~ s/#.*//r));
    my ($form) = $page =~ m{(<form[^>]*>\s*<input[^>]*remedy.*?</form>)}s;
    my %press = (($form // '') =~ /<input type="hidden" name="([^"]+)" value="([^"]*)"/g, reason => 'در انبار نبود');
    like($page, qr/\Q$unpaid\E/, 'which names the orders');
    is($b->post("/admin/variants/$variant/stock", form => \%press)->{status}, 303, 'one press') or diag $form;
    is(shelf_of($variant), '6/6', 'the count is written');
    is_deeply([map { status_of($_) } $old, $mid, $unpaid], ['paid', 'paid', 'canceled'], 'the unpaid order is canceled, the paid ones live');
    is(shelf_of($other), '20/1', 'other goods stay reserved');
    is($shop->db_value("SELECT canceled FROM order_items i JOIN orders o ON o.id = i.order_id WHERE o.number = '$mid' AND i.variant_id = $variant"), 1, 'the newest gives up one unit');
    ok(wait_for(sub { ($shop->db_value("SELECT sum(r.amount) FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN orders o ON o.id = p.order_id WHERE o.number = '$mid'") // 0) == 250_000 }, 20),
        'and its money goes back');
    my $done = ok_(count($variant, on_hand => 0, cancel_orders => JSON::PP::true), 'all of it is gone');
    is_deeply([sort map { "$_->{number} $_->{quantity}" } @{ $done->{orders} }], [sort "$old 3", "$mid 3"], 'who gave up what is answered');
    is_deeply([shelf_of($variant), status_of($old), status_of($mid)], ['0/0', 'canceled', 'paid'], 'the last unit of an order is its end');
    is(scalar(@{ ok_(count($variant, on_hand => 5, cancel_orders => JSON::PP::true), 'when nothing is too few')->{orders} }), 0, 'nobody gives up anything');
};

subtest 'no hoarding' => sub {
    my ($variant, $other) = goods($shop, count => 2, on_hand => 100);
    ok_($staff->patch('/admin/settings', json => { max_pending_orders => 2, max_customer_quantity => 10 }), 'two unpaid orders, ten units');
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $buyer->put($variant, 6);
    my $first = $buyer->must($buyer->place(key => 'a'));
    $buyer->put($variant, 5);
    my $r = $buyer->place(key => 'b');
    refused($r, 409, 'quantity_limit', 'eleven are too many');
    is_deeply([@{ $r->{json}{errors}[0]{params} }{qw(max held)}, $r->{json}{errors}[0]{variant_id}], [4, 6, $variant], 'with what is left');
    $buyer->pay_and_return($first->{number});
    refused($buyer->place(key => 'c'), 409, 'quantity_limit', 'paid and not yet sent they count as well');
    $buyer->must($buyer->{client}->patch("/cart/items/$variant", json => { quantity => 4 }));
    $buyer->must($buyer->place(key => 'd'));
    $buyer->put($other, 1);
    $buyer->must($buyer->place(key => 'e'));
    $buyer->put($other, 1);
    refused($buyer->place(key => 'f'), 409, 'too_many_pending', 'a third unpaid order is one too many');
    ok_($staff->patch('/admin/settings', json => { max_pending_orders => 3, max_customer_quantity => 0 }), 'no cap on units');
    $buyer->must($buyer->place(key => 'g'));
    pass('and it goes');
};

ok(quiet($shop), 'all jobs are done');
adds_up($shop);
$shop->stop;
done_testing;
