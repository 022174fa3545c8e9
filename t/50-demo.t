#!/usr/bin/perl
# The demo shop has what it promises, was made through the public interface, and adds up.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Shop qw(wait_for);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $shop = Tarazu::Test::Shop->start(demo => 1, fresh => 1);
my $count = sub { $shop->db_value("SELECT count(*) FROM $_[0]") };
cmp_ok($count->('categories WHERE archived_at IS NULL'), '>=', 8, 'categories');
cmp_ok($count->('products WHERE active'), '>=', 60, 'products');
is($count->("products WHERE coalesce(title_fa, '') = '' OR coalesce(title_en, '') = ''"), 0, 'all of them in both languages');
is($count->('products p WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.product_id = p.id)'), 0, 'all of them with a picture');
is($count->('products p WHERE NOT EXISTS (SELECT 1 FROM variants v WHERE v.product_id = p.id)'), 0, 'all of them with a variant');
cmp_ok($count->('(SELECT product_id FROM variants GROUP BY product_id HAVING count(*) > 1) v'), '>=', 5, 'some with several');
cmp_ok($count->('coupons'), '>=', 3, 'coupons');
cmp_ok($count->('customers'), '>=', 3, 'customers');
is_deeply([map { $_->[0] } $shop->db_query("SELECT s FROM unnest(ARRAY['pending', 'paid', 'processing', 'shipped', 'delivered', 'canceled', 'returned']) s
    WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.status = s)")], [], 'orders in every state');
cmp_ok($count->('(SELECT order_id FROM shipments s JOIN orders o ON o.id = s.order_id WHERE o.status = \'processing\') s'), '>=', 1, 'one sent in part');
cmp_ok($count->("returns WHERE status = 'requested'"), '>=', 1, 'a return that waits for a decision');
cmp_ok($count->("refunds WHERE status = 'done'"), '>=', 1, 'refunds that are home');
is_deeply([$shop->doctor(warnings => 1)], [], 'everything adds up');

# Pictures are served, with the size that the page says.
my $c = $shop->client(from => '127.0.50.1');
my $item = $c->get('/products?limit=1')->{json}{items}[0];
ok($item->{image}, 'the shelf has pictures') or diag(explain($item));
my $image = ref $item->{image} ? $item->{image}{url} // $item->{image}{src} : $item->{image};
my $r = $c->get($image);
is($r->{status}, 200, 'that are there');
like($r->{headers}{'content-type'}, qr{^image/}, 'as pictures');

# The gapless numbers come a moment after the orders were paid.
ok(wait_for(sub { !$count->("orders o WHERE paid_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.order_id = o.id)") }, 90),
    'every paid order has its invoice');
is_deeply([$shop->doctor], [], 'and everything still adds up');
$shop->stop;
done_testing;
