#!/usr/bin/env perl
# The order of a product's pictures: staff move them and take them away.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use Encode qw(encode_utf8);
use Test::More;

use Tarazu::Test::Shop;

my $shop = Tarazu::Test::Shop->start;
my $e = $shop->endpoints;
sub esc { return join '', map { /[\w.~-]/a ? $_ : sprintf '%%%02X', ord } split //, encode_utf8($_[0]) }
system("$e->{tarazu} --config $e->{config} import sql/demo/catalog.json >/dev/null") == 0 or die 'import';
my $staff = $shop->staff;
my $visitor = $shop->client(headers => { cookie => '__Host-cart=none' });
sub audits { return $shop->db_value("SELECT count(*) FROM audit_log WHERE action = '$_[0]'") }

my $r = $staff->post('/admin/products', json => { title => 'قاب', category => 'خوراکی', variants => [{ sku => 'FRAME', price => 1000 }] });
my $slug = $r->{json}{slug};
my $path = '/admin/products/' . esc($slug) . '/images';
$shop->db_query("INSERT INTO images (product_id, file, width, height, position) SELECT p.id, f, 10, 10, 0 FROM products p,
    unnest(ARRAY['one.webp', 'two.webp', 'three.webp']) f WHERE p.slug = '$slug' RETURNING 1", admin => 1);
my $images = sub { return $staff->get('/admin/products/' . esc($slug))->{json}{images} };
my $order = sub { return join ' ', map { $_->{url} =~ m{/media/(\w+)} } @{ $images->() } };
my %id = map { $_->{url} =~ m{/media/(\w+)} ? ($1 => $_->{id}) : () } @{ $images->() };
is($order->(), 'one two three', 'three pictures');
is($staff->patch("$path/$id{three}", json => { position => 0 })->{status}, 200, 'the last becomes the first');
is($order->(), 'three one two', 'and the others follow');
is($visitor->get('/products/' . esc($slug))->{json}{image}, '/media/three.webp', 'lists show it');
$staff->patch("$path/$id{three}", json => { position => 1 });
is($order->(), 'one three two', 'to the middle');
$staff->patch("$path/$id{one}", json => { position => 99 });
is($order->(), 'three two one', 'beyond the end is the end');
is($staff->delete("$path/$id{two}")->{status}, 200, 'one is taken away');
is($order->(), 'three one', 'two are left');
is($staff->delete("$path/$id{two}")->{status}, 404, 'once');
my ($foreign) = @{ ($shop->db_query("SELECT i.id FROM images i JOIN products p ON p.id = i.product_id WHERE p.slug <> '$slug' LIMIT 1"))[0] // [0] };
is($staff->delete("$path/$foreign")->{status}, 404, 'not another product\'s');
is($staff->patch("$path/$foreign", json => { position => 0 })->{status}, 404, 'nor is it moved');
is($order->(), 'three one', 'nothing has changed');
is(audits('product.image_move') + audits('product.image_drop'), 4, 'each is in the audit log');

done_testing;
