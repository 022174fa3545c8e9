#!/usr/bin/env perl
# Finding 16: only coupons were put away softly; products, addresses and the rest were deleted, and history with
# them. Here catalogue, addresses and coupons are archived, what refers to them stays whole, and the database
# refuses to delete what was sold, by whom, to whom and under which rules, whoever asks.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter refuses clean_doctor);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
my ($variant) = goods($shop, on_hand => 5, price => 200_000);
my ($sku, $slug) = @{ ($shop->db_query("SELECT v.sku, p.slug FROM variants v JOIN products p ON p.id = v.product_id WHERE v.id = $variant"))[0] };
utf8::decode($slug);
my $path = $slug =~ s/([^A-Za-z0-9-])/join '', map { sprintf '%%%02X', ord } split m{}, do { my $c = $1; utf8::encode($c); $c }/ger;
my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, (crowd($shop, 1))[0]));
my $c = $buyer->{client};
my $address = $buyer->must($c->post('/account/addresses', json => $buyer->{address}), 201);
$buyer->must($staff->post('/admin/coupons', json => { code => 'AWAY', kind => 'fixed', value => 1000 }), 201);
$buyer->put($variant, 2);
$buyer->must($buyer->apply('AWAY'));
my $order = $buyer->must($buyer->place(key => 'kept'), 201);
$buyer->pay_and_return($order->{number});

# Put away, each by the way its owner has.
is($staff->delete('/admin/coupons/AWAY', json => {})->{status}, 200, 'the coupon is put away');
is($c->delete("/account/addresses/$address->{id}", json => {})->{status} =~ /^2/, 1, 'the address too');
is($staff->patch("/admin/products/$path", json => { archived => JSON::PP::true() })->{status}, 200, 'and the product');

my %kept = (coupons => "code = 'AWAY'", addresses => "id = $address->{id}", products => "id = (SELECT product_id FROM variants WHERE id = $variant)");
is($shop->db_value("SELECT count(*) FROM $_ WHERE $kept{$_} AND archived_at IS NOT NULL", admin => 1), 1, "$_: the row is there, archived") for sort keys %kept;
is($shop->client->get("/products/$path")->{status}, 404, 'the shop window does not show it');
is($buyer->apply('AWAY')->{json}{code}, 'coupon_invalid', 'the code is no code any more');
is_deeply([grep { $_->{id} == $address->{id} } @{ $c->get('/account/addresses')->{json}{items} }], [], 'the address is not offered');
is($c->get("/account/addresses/$address->{id}")->{status}, 404, 'nor found');
my $seen = $buyer->order($order->{number});
is_deeply([$seen->{items}[0]{sku}, $seen->{coupon}{code}, $seen->{address}{line}], [$sku, 'AWAY', $buyer->{address}{line}], 'the order says what it said');
is($staff->post('/admin/coupons', json => { code => 'AWAY', kind => 'fixed', value => 2000 })->{status}, 201, 'an archived code may be given anew');
is($staff->patch("/admin/products/$path", json => { archived => JSON::PP::false() })->{status}, 200, 'a product can come back');

for my $table (qw(customers addresses categories products variants coupons coupon_codes orders order_items order_events payments payment_events refunds
                  refund_lines returns shipments invoices ledger_transactions ledger_entries stock_movements wallet_movements audit_log)) {
    ok(refuses($shop, "DELETE FROM $table"), "not even the database's superuser deletes from $table");
}
my @may = $shop->db_query(q{SELECT r.rolname || ' ' || c.relname FROM pg_class c, pg_roles r WHERE c.relkind = 'r' AND r.rolname LIKE 'tarazu\_%'
    AND r.rolname <> 'tarazu_owner' AND c.relname IN ('customers', 'addresses', 'categories', 'products', 'variants', 'coupons', 'coupon_codes', 'orders',
    'order_items', 'payments', 'refunds', 'returns', 'shipments', 'invoices') AND has_table_privilege(r.oid, c.oid, 'DELETE')}, admin => 1);
is_deeply([map { $_->[0] } @may], [], 'and no process has the right to');
my ($clean, $said) = clean_doctor($shop);
ok($clean, 'everything adds up') or diag $said;
$shop->stop;
done_testing;
