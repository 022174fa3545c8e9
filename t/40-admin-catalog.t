#!/usr/bin/env perl
# What staff do to the catalogue: products, their addresses, pictures and stock, as JSON and by forms.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use Encode qw(encode_utf8);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop;

my $shop = Tarazu::Test::Shop->start;
my $e = $shop->endpoints;
sub esc { return join '', map { /[\w.~-]/a ? $_ : sprintf '%%%02X', ord } split //, encode_utf8($_[0]) }
system("$e->{tarazu} --config $e->{config} import sql/demo/catalog.json >/dev/null") == 0 or die 'import';
my $staff = $shop->staff;
my $visitor = $shop->client(headers => { cookie => '__Host-cart=none' });
sub page { return $visitor->get('/products/' . esc($_[0])) }
sub codes { return [map { "$_->{field} $_->{code}" } @{ $_[0]{json}{errors} }] }
sub audits { return $shop->db_value("SELECT count(*) FROM audit_log WHERE action = '$_[0]'") }

my ($product, $slug, @variant);
subtest 'making a product' => sub {
    my $r = $staff->post('/admin/products', json => { title => 'گلدان  شیشه‌ای', category => 'خوراکی', description => "خط یک\nخط دو",
        attributes => [{ name => 'جنس', value => { fa => 'شیشه', en => 'Glass' } }],
        variants => [
            { sku => 'VASE-1', price => '۱۲۰٬۰۰۰', on_hand => 5, options => [{ name => 'رنگ', value => 'آبی' }] },
            { sku => 'VASE-2', price => 150_000, weight_g => 300, options => [{ name => { fa => 'رنگ', en => 'Colour' }, value => { fa => 'سبز', en => 'Green' } }] },
        ] });
    is($r->{status}, 201, 'by JSON') or diag $r->{body};
    $product = $r->{json};
    $slug = $product->{slug};
    is($product->{title}, 'گلدان شیشه‌ای', 'the title is cleaned');
    like($slug, qr/^گلدان-/, 'the address is made of it');
    is($r->{headers}{location}, '/admin/products/' . esc($slug), 'and led to');
    @variant = map { $_->{id} } @{ $product->{variants} };
    is_deeply([map { [@$_{qw(sku price on_hand reserved available)}] } @{ $product->{variants} }],
        [['VASE-1', 120_000, 5, 0, 5], ['VASE-2', 150_000, 0, 0, 0]], 'variants with their stock');
    is($shop->db_value("SELECT sum(on_hand_delta) FROM stock_movements WHERE kind = 'count' AND variant_id = $variant[0]"), 5, 'the stock is a count');
    is(page($slug)->{json}{description}, "خط یک\nخط دو", 'everybody sees it');
    is($visitor->get('/products?q=' . esc('شیشه VASE-2'))->{json}{items}[0]{slug}, $slug, 'and finds it');
    is($staff->post('/admin/products', json => { title => 'گلدان شیشه‌ای', category => 'خوراکی', variants => [{ sku => 'VASE-X', price => 1 }] })->{json}{slug},
        "$slug-2", 'a second one of that name gets its own address');
    is(audits('product.create'), 2, 'both are in the audit log');
};

subtest 'what is refused' => sub {
    my %good = (title => 'x', category => 'خوراکی', variants => [{ sku => 'R-1', price => 1 }]);
    my $try = sub { return $staff->post('/admin/products', json => { %good, @_ }) };
    is($try->(slug => $slug)->{json}{code}, 'slug_taken', 'the address of another');
    is($try->(slug => 'new')->{json}{code}, 'slug_taken', 'the address of the page that makes them');
    is($try->(variants => [{ sku => 'VASE-1', price => 1 }])->{json}{code}, 'sku_taken', 'the SKU of another');
    is_deeply(codes($try->(title => '', bogus => 1, variants => [{ sku => 'R-1', price => -1 }])),
        ['/title required', '/variants/0/price too_small', '/bogus unknown_field'], 'all faults at once');
    is_deeply(codes($try->(category => 'nowhere', tax_class => 'odd')), ['/category not_found', '/tax_class not_found'], 'unknown names');
    is_deeply(codes($try->(variants => [{ price => 1 }, { sku => 'R-2' }])), ['/variants/0/sku required', '/variants/1/price required'], 'half a variant');
    is_deeply(codes($try->(variants => [])), ['/variants too_few'], 'no variant');
    is_deeply(codes($try->(attributes => [{ name => 'جنس' }])), ['/attributes/0/value required'], 'half an attribute');
    is($shop->db_value("SELECT count(*) FROM variants WHERE sku LIKE 'R-%'"), 0, 'none of them left anything');
    is($shop->client->post('/admin/products', json => \%good)->{status}, 401, 'a stranger');
    is($shop->login('09121110001')->post('/admin/products', json => \%good)->{status}, 403, 'a customer');
    my $one = $staff->post('/admin/products', json => { %good, title => 'کلید' }, key => 'once');
    my $two = $staff->post('/admin/products', json => { %good, title => 'کلید' }, key => 'once');
    is($one->{status}, 201, 'with a key');
    is($two->{headers}{'idempotent-replayed'}, 'true', 'a second time it is replayed');
    is_deeply($two->{json}, $one->{json}, 'with the same answer');
};

sub change { return $staff->patch('/admin/products/' . esc($_[0]), json => $_[1]) }
subtest 'changing it' => sub {
    my $r = change($slug, { title_en => 'Glass vase', variants => [{ id => $variant[0], price => 99_000, compare_at_price => 120_000 }, { sku => 'VASE-3', price => 5000, on_hand => 2 }] });
    is($r->{status}, 200, 'title, prices and a new variant') or diag $r->{body};
    is_deeply([map { "$_->{sku} $_->{price} $_->{on_hand}" } @{ $r->{json}{variants} }], ['VASE-1 99000 5', 'VASE-2 150000 0', 'VASE-3 5000 2'], 'all there');
    is(page($slug)->{json}{variants}[0]{compare_at_price}, 120_000, 'the old price is shown');
    change($slug, { variants => [{ id => $variant[0], compare_at_price => undef }] });
    is(page($slug)->{json}{variants}[0]{compare_at_price}, undef, 'and taken away');
    $r = change($slug, { variants => [{ sku => 'VASE-2', price => 140_000, on_hand => 7 }] });
    is($r->{json}{variants}[1]{id}, $variant[1], 'a variant may be named by its SKU');
    is($r->{json}{variants}[1]{on_hand}, 7, 'and counted');
    is_deeply(codes(change($slug, { variants => [{ id => 1, price => 1 }] })), ['/variants/0/id not_found'], 'but not a variant of another product');
    $r = change($slug, { variants => [{ sku => 'VASE-3', archived => JSON::PP::true }] });
    is(scalar @{ $r->{json}{variants} }, 2, 'a variant is put away');
    is_deeply(codes(change($slug, { variants => [map { { id => $_, archived => JSON::PP::true } } @variant] })), ['/variants too_few'], 'the last ones are not');
    is(page($slug)->{json}{price}, 99_000, 'nothing of that happened');
    is($visitor->get('/products?q=glass')->{json}{items}[0]{slug}, $slug, 'the new title is found');
    is(change('nothing', { active => JSON::PP::false })->{status}, 404, 'what is not there');
};

subtest 'its address' => sub {
    my $r = change($slug, { slug => 'گلدان-نو' });
    is($r->{json}{slug}, 'گلدان-نو', 'is changed');
    my $old = page($slug);
    is($old->{status}, 301, 'the old one leads on');
    is($old->{headers}{location}, '/products/' . esc('گلدان-نو'), 'to the new one');
    is($shop->client(html => 1)->get('/products/' . esc($slug))->{status}, 301, 'for browsers too');
    is($staff->get('/admin/products/' . esc($slug))->{headers}{location}, '/admin/products/' . esc('گلدان-نو'), 'and for staff');
    is(change($slug, { title_en => 'Vase' })->{status}, 200, 'a change under the old address is made');
    change('گلدان-نو', { slug => 'گلدان-سوم' });
    is(page($_)->{headers}{location}, '/products/' . esc('گلدان-سوم'), 'every address it had leads to the last') for $slug, 'گلدان-نو';
    is($staff->post('/admin/products', json => { title => 'گلدان نو', category => 'خوراکی', variants => [{ sku => 'N-1', price => 1 }] })->{json}{slug},
        'گلدان-نو-2', 'a made address is none that was used');
    change('گلدان-سوم', { slug => $slug });
    is(page($slug)->{status}, 200, 'it may have its first one back');
    is(page('گلدان-سوم')->{headers}{location}, '/products/' . esc($slug), 'which the others lead to');
};

subtest 'out of the shop' => sub {
    change($slug, { active => JSON::PP::false });
    is(page($slug)->{status}, 404, 'an inactive product is not shown');
    is(page('گلدان-نو')->{status}, 404, 'nor are its old addresses');
    my $r = $staff->get('/admin/products?q=' . esc('شیشه VASE'));
    is_deeply([map { $_->{active} ? 1 : 0 } grep { $_->{slug} eq $slug } @{ $r->{json}{items} }], [0], 'staff see it');
    change($slug, { active => JSON::PP::true, archived => JSON::PP::true });
    is(page($slug)->{status}, 404, 'nor is one put away');
    change($slug, { archived => JSON::PP::false });
    is(page($slug)->{status}, 200, 'and back again');
    my $all = $staff->get('/admin/products?limit=50');
    my $rest = $staff->get('/admin/products?limit=50&cursor=' . $all->{json}{next});
    is(@{ $all->{json}{items} } + @{ $rest->{json}{items} }, $shop->db_value('SELECT count(*) FROM products'), 'the list has them all');
    is($staff->get('/admin/products?q=x&cursor=' . $all->{json}{next})->{json}{code}, 'cursor_invalid', 'its cursor is bound to the search');
};

sub count { my ($id, %body) = @_; return $staff->post("/admin/variants/$id/stock", json => { reason => 'شمارش', %body }) }
subtest 'counting' => sub {
    my $r = count($variant[0], on_hand => 9, expected_on_hand => 5);
    is_deeply($r->{json}, { variant_id => $variant[0], on_hand => 9, reserved => 0, available => 9 }, 'a count');
    $r = count($variant[0], on_hand => 9, expected_on_hand => 5);
    is($r->{status}, 409, 'against what it is no more');
    is($r->{json}{code}, 'stock_changed', 'is told');
    is($r->{json}{params}{on_hand}, 9, 'with what it is');
    is(count($variant[0], delta => -3)->{json}{on_hand}, 6, 'a difference');
    is_deeply(codes(count($variant[0], delta => -7)), ['/delta too_small'], 'not below nothing');
    is_deeply(codes(count($variant[0])), ['/on_hand required'], 'neither of both');
    is_deeply(codes(count($variant[0], on_hand => 1, delta => 1)), ['/delta invalid'], 'nor both');
    is_deeply(codes(count($variant[0], on_hand => 1, reason => '')), ['/reason required'], 'nor without a reason');
    is(count(99_999_999, on_hand => 1)->{status}, 404, 'an unknown variant');
    my @answers = at_once(12, before => sub { return $staff }, do => sub {
        my ($i, $c) = @_;
        for (1 .. 20) {
            my $a = $c->post("/admin/variants/$variant[0]/stock", json => { delta => 1, reason => "n$i" }, key => "count-$i");
            return $a->{status} if $a->{status} == 200;
            select undef, undef, undef, 0.1 * rand;
        }
        return 'never';
    });
    is_deeply([grep { $_ ne '200' } @answers], [], 'twelve at once are all made');
    is($shop->db_value("SELECT on_hand FROM stock WHERE variant_id = $variant[0]"), 18, 'and none is lost');
    is(audits('stock.count'), 2 + 12, 'each is in the audit log');
};

subtest 'below what orders hold' => sub {
    my $buyer = $shop->login('09121110002');
    my $r = $buyer->post('/cart/items', json => { variant_id => $variant[0], quantity => 4 });
    is($r->{status}, 200, 'four in a cart') or diag $r->{body};
    my %checkout = (address => { recipient => 'آزمون', phone => '09121110002', province => 'IR-23', city => 'تهران', line => 'خیابان آزمون', plaque => '1', postal_code => '1111111111' },
        shipping_method => 'post');
    my $quote = $buyer->post('/checkout/quote', json => \%checkout);
    $r = $buyer->post('/orders', json => { %checkout, expected_total => $quote->{json}{total}, payment_method => 'gateway' });
    is($r->{status}, 201, 'are ordered') or diag $r->{body}, $quote->{body};
    my $refused = count($variant[0], on_hand => 3);
    is($refused->{status}, 409, 'three on the shelf');
    is($refused->{json}{code}, 'below_reserved', 'are too few');
    is_deeply($refused->{json}{orders}, [$r->{json}{number}], 'the order is named');
    is($refused->{json}{params}{reserved}, 4, 'with what it holds');
    is(count($variant[0], on_hand => 4)->{json}{available}, 0, 'four are enough');
    is($staff->get('/admin/products/' . esc($slug))->{json}{variants}[0]{reserved}, 4, 'staff see what is reserved');
    is(change($slug, { variants => [{ id => $variant[0], on_hand => 2 }] })->{json}{code}, 'below_reserved', 'the product form counts by the same rule');
};

sub slurp { my ($f) = @_; open my $fh, '<:raw', $f or die "$f: $!"; local $/; return <$fh> }
subtest 'pictures' => sub {
    my $send = sub { return $staff->post('/admin/products/' . esc($slug) . '/images', multipart => [image => { filename => 'a.webp', type => 'image/webp', data => $_[0] }]) };
    my $picture = slurp('sql/demo/media/hafez.webp');
    my $r = $send->($picture);
    is($r->{status}, 201, 'a picture') or diag $r->{body};
    is(scalar @{ $r->{json}{images} }, 1, 'is the product\'s');
    my $got = $visitor->get($r->{json}{images}[0]{url});
    is($got->{headers}{'content-type'}, 'image/webp', 'and is served');
    isnt($got->{body}, $picture, 'in a fresh encoding');
    is(scalar @{ $send->($picture)->{json}{images} }, 1, 'twice is once');
    is($send->('hello')->{json}{code}, 'image_invalid', 'a text is none');
    is($send->(substr $picture, 0, 500)->{json}{code}, 'image_invalid', 'nor is half a one');
    is($send->('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')->{json}{code}, 'image_invalid', 'nor a drawing with a script');
    is(page($slug)->{json}{image}, $r->{json}{images}[0]{url}, 'everybody sees it');
};

subtest 'by forms' => sub {
    my $b = $shop->client(html => 1);
    $b->{cookies} = {};
    $shop->db_query("UPDATE clock SET shift = shift + interval '30 s' RETURNING 1", admin => 1); # a second factor is good once
    my $s = $e->{staff};
    my $r = $b->post('/auth/staff-login', form => { username => $s->{username}, password => $s->{password},
        otp => Tarazu::Test::Shop::totp($s->{totp_secret}, time + 30) });
    is($r->{status}, 303, 'a browser logs in') or diag $r->{body};
    is($b->get('/admin/products/new')->{status}, 200, 'the empty form');
    my %form = ('title.fa' => 'فنجان', 'title.en' => 'Cup', slug => '', category => 'خوراکی', 'description.fa' => '', 'description.en' => '',
        'variants.0.sku' => 'CUP-1', 'variants.0.price' => '۵۵٬۰۰۰', 'variants.0.weight_g' => '0', 'variants.0.on_hand' => '۳',
        'variants.0.options.0.name' => '', 'variants.0.options.0.value' => '');
    $r = $b->post('/admin/products', form => \%form);
    is($r->{status}, 303, 'is sent');
    my $path = $r->{headers}{location};
    is($path, '/admin/products/' . esc('فنجان'), 'and leads to the product');
    $r = $b->get($path);
    is($r->{status}, 200, 'its page');
    my $html = Encode::decode_utf8($r->{body});
    like($html, qr/value="CUP-1"/, 'has the variant');
    my ($id) = $html =~ m{name="variants\.0\.id" value="(\d+)"};
    ok($id, 'with its number') or return;
    $r = $b->post($path, form => { _method => 'PATCH', 'title.fa' => 'فنجان', 'title.en' => 'Tea cup', slug => 'فنجان', category => 'خوراکی', 'description.fa' => '', 'description.en' => '',
        active => 'true', 'variants.0.id' => $id, 'variants.0.sku' => 'CUP-1', 'variants.0.price' => 60_000, 'variants.0.compare_at_price' => '', 'variants.0.weight_g' => 10 });
    is($r->{status}, 303, 'a change') or diag $r->{body};
    is($staff->get($path)->{json}{price}, 60_000, 'is made');
    $r = $b->post("/admin/variants/$id/stock", form => { on_hand => '۸', expected_on_hand => 3, reason => 'شمارش' });
    is($r->{status}, 303, 'a count');
    is($r->{headers}{location}, $path, 'leads back');
    is(page('فنجان')->{json}{variants}[0]{available}, 8, 'and is made');
    like($b->get('/admin/products')->{body}, qr/@{[encode_utf8('فنجان')]}/, 'the list shows it');
    is($b->post('/admin/products', form => \%form, headers => { origin => 'https://evil.example' })->{status}, 403, 'another site cannot send it');
};

$shop->stop;
done_testing;
