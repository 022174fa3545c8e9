#!/usr/bin/env perl
# Finding 3: orders changed with the catalogue. Here the product is renamed, repriced and archived, the way
# of sending is renamed and the coupon changed: the order and its invoice stay to the byte.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter oversold quiet later tally refuses adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 5, price => 200_000);
coupon($shop, 'FROZEN', kind => 'percent', value => 1000);
my $buyer = Tarazu::Test::Buyer->new($shop, $shop->login('09124440001'));
$buyer->put($variant, 2);
$buyer->must($buyer->apply('FROZEN'));
my $number = $buyer->must($buyer->place, 201)->{number};
$buyer->pay_and_return($number);
ok(wait_for(sub { $shop->db_value('SELECT count(*) FROM invoices') == 1 }, 20), 'paid, and its invoice has a number');
my %before = map { $_ => $buyer->{client}->get("/orders/$number$_")->{body} } '', '/invoice';
like($before{''}, qr/"title":"کالای|"title":"\xda\xa9/, 'the order shows what was bought');

$shop->db_query($_, admin => 1) for
    "UPDATE products SET title_fa = 'چیز دیگر', title_en = 'Something else', slug = 'other', tax_class = 'exempt'",
    "UPDATE variants SET price = 1, sku = 'OTHER', options = '[]', weight_g = 9, goods_id = '2710000138645'",
    "UPDATE shipping_methods SET title_fa = 'راه دیگر', title_en = 'Another way'",
    "UPDATE shipping_steps SET price = 1",
    "UPDATE coupons SET value = 1, archived_at = shop_now()",
    "INSERT INTO tax_rates (tax_class, rate_bp, valid_from) VALUES ('standard', 1000, shop_now() - interval '1 hour')",
    "UPDATE products SET archived_at = shop_now(), active = false",
    "UPDATE variants SET archived_at = shop_now()";

is($shop->client->get('/products/other')->{status}, 404, 'the product is gone');
for ('', '/invoice') {
    is($buyer->{client}->get("/orders/$number$_")->{body}, $before{$_}, $_ ? 'the invoice is the same to the byte' : 'the order is the same to the byte');
}
for my $deed ("DELETE FROM orders", "DELETE FROM payments", "DELETE FROM order_events", "UPDATE orders SET seller = '{}'", "UPDATE orders SET buyer = '{}'", "UPDATE ledger_entries SET amount = amount + 1") {
    ok(refuses($shop, $deed), "not even the database's owner can $deed");
}
adds_up($shop);
$shop->stop;
done_testing;
