#!/usr/bin/env perl
# The catalogue as everybody sees it: the import, lists with filters, facets and cursors, products,
# categories and the home page.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use Encode qw(encode_utf8);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Shop;

my $shop = Tarazu::Test::Shop->start;
my $e = $shop->endpoints;
# The cache of anonymous pages is nginx's business (t/31): a visitor with a cart is not served from it.
my $c = $shop->client(headers => { cookie => '__Host-cart=none' });
sub esc { return join '', map { /[\w.~-]/a ? $_ : sprintf '%%%02X', ord } split //, encode_utf8($_[0]) }
sub url { my ($path, @pairs) = @_; my @q; while (my ($k, $v) = splice @pairs, 0, 2) { push @q, "$k=" . esc($v) } return @q ? "$path?" . join '&', @q : $path }
sub list { my (@pairs) = @_; my $r = $c->get(url('/products', @pairs)); is($r->{status}, 200, "list @pairs") or diag $r->{body}; return $r->{json} }
sub slugs { return [map { $_->{slug} } @{ $_[0]{items} }] }
sub import_file {
    my ($file) = @_;
    my $out = `$e->{tarazu} --config $e->{config} import $file 2>&1`;
    return ($? >> 8, Encode::decode_utf8($out));
}

my $file = 'sql/demo/catalog.json';
my $demo = do { open my $fh, '<:raw', $file or die "$file: $!"; local $/; JSON::PP->new->utf8->decode(<$fh>) };
my @products = @{ $demo->{products} };

subtest 'the import' => sub {
    my ($status, $out) = import_file($file);
    is($status, 0, 'the demo shop is imported') or diag $out;
    my $count = @products;
    like($out, qr/\b$count products \($count new\)/, 'and says what it did');
    my $sum = 'SELECT sum(on_hand) FROM stock';
    my $stock = $shop->db_value($sum);
    my $wanted = 0;
    $wanted += $_->{on_hand} for map { @{ $_->{variants} } } @products;
    is($stock, $wanted, 'the stock is that of the file');
    ($status, $out) = import_file($file);
    is($status, 0, 'the same file again');
    like($out, qr/\(0 new\)/, 'makes nothing new');
    is($shop->db_value($sum), $stock, 'and counts no stock twice');
    is($shop->db_value('SELECT count(*) FROM stock s WHERE on_hand <> (SELECT sum(on_hand_delta) FROM stock_movements m WHERE m.variant_id = s.variant_id)'),
        0, 'every unit came by a movement');
    is($shop->db_value("SELECT value #>> '{}' FROM settings WHERE key = 'shop_name_en'"), $demo->{settings}{shop_name}{en}, 'settings are set');
};

subtest 'goods ids' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my %file = (products => [{ slug => 'with-goods-id', title => 'با شناسه', category => $demo->{categories}[0]{slug}, variants => [
        { sku => 'G-1', price => 1000, goods_id => '۲۷۱۰۰۰۰۱۳۸۶۴۵' }, { sku => 'G-2', price => 1000 }] }]);
    open my $fh, '>:raw', "$folder/goods.json" or die $!;
    print {$fh} JSON::PP->new->utf8->encode(\%file);
    close $fh;
    my ($status, $out) = import_file("$folder/goods.json");
    is($status, 0, 'imported') or diag $out;
    is_deeply([map { $_->[0] } $shop->db_query("SELECT coalesce(goods_id, 'none') FROM variants WHERE sku LIKE 'G-_' ORDER BY sku")], ['2710000138645', 'none'], 'as they are, or none');
    $shop->db_query("UPDATE products SET archived_at = shop_now() WHERE slug = 'with-goods-id'", admin => 1);
};

subtest 'a file with faults' => sub {
    my $folder = tempdir(CLEANUP => 1);
    my %bad = (
        categories => [{ slug => 'bad', title => { fa => 'بد' } }],
        products => [
            { slug => 'a', title => 'الف', category => 'nowhere', variants => [] },
            { slug => 'b', title => 'ب', category => 'bad', images => ['no.webp', 'note.txt'], variants => [{ sku => 'B', price => -5 }] },
        ],
    );
    my $write = sub { open my $fh, '>:raw', "$folder/bad.json" or die $!; print {$fh} JSON::PP->new->utf8->encode($_[0]); close $fh };
    open my $note, '>', "$folder/note.txt" or die $!;
    print {$note} 'no picture';
    close $note;
    $write->(\%bad);
    my ($status, $out) = import_file("$folder/bad.json");
    is($status, 1, 'is refused');
    like($out, qr{/products/1/images/0: .*not_found}, 'a missing picture is named by its place');
    like($out, qr{/products/1/images/1: .*bad_image}, 'and so is a text that is none');
    unlike($out, qr{json: /image:}, 'faults have no other places');
    delete $bad{products}[1]{images};
    $write->(\%bad);
    ($status, $out) = import_file("$folder/bad.json");
    like($out, qr{/products/0/category: .*not_found}, 'an unknown category too');
    $bad{products}[0]{category} = 'bad';
    $bad{products}[0]{tax_class} = 'standrad';
    $write->(\%bad);
    ($status, $out) = import_file("$folder/bad.json");
    like($out, qr{/products/0/tax_class: .*not_found}, 'and a tax class that nobody has made');
    delete $bad{products}[0]{tax_class};
    $bad{products}[0]{variants} = [{ sku => 'A-GOODS', price => 1, goods_id => '271000013864' }];
    $write->(\%bad);
    ($status, $out) = import_file("$folder/bad.json");
    like($out, qr{/products/0/variants/0/goods_id: .*bad_goods_id}, 'a goods id of twelve digits');
    $bad{products}[0]{variants} = [{ sku => $products[0]{variants}[0]{sku}, price => 1 }];
    $write->(\%bad);
    ($status, $out) = import_file("$folder/bad.json");
    like($out, qr{/products/0/variants/0/sku: .*taken}, 'and the SKU of another product');
    is($shop->db_value("SELECT count(*) FROM categories WHERE slug = 'bad'"), 0, 'nothing of such a file stays');
    ($status, $out) = import_file("$folder/none.json");
    is($status, 1, 'a file that is not there');
    open my $fh, '>', "$folder/bad.json" or die $!;
    print {$fh} '{"products": [';
    close $fh;
    ($status, $out) = import_file("$folder/bad.json");
    is($status, 1, 'half a file');
};

subtest 'lists' => sub {
    my $page = list();
    is(scalar @{ $page->{items} }, 24, 'a page has 24 items');
    is_deeply([sort keys %{ $page->{items}[0] }],
        [sort qw(slug title price price_max compare_at_price currency in_stock default_variant_id image rating review_count)],
        'with the fields of the contract');
    is($page->{items}[0]{slug}, $products[0]{slug}, 'the newest first');
    like($page->{items}[0]{image}, qr{^/media/[0-9a-f]{32}\.webp$}, 'a picture under its hash');
    is($c->get($page->{items}[0]{image})->{headers}{'content-type'}, 'image/webp', 'which is there');
    my %price = map { my $p = $_; $p->{slug} => (sort { $a <=> $b } map { $_->{price} } @{ $p->{variants} })[0] } @products;
    for my $sort (qw(newest price -price bestselling rating)) {
        my (@seen, $cursor, @prices);
        do {
            my $r = $c->get(url('/products', sort => $sort, limit => 10, $cursor ? (cursor => $cursor) : ()));
            push @seen, @{ slugs($r->{json}) };
            push @prices, map { $_->{price} } @{ $r->{json}{items} };
            $cursor = $r->{json}{next};
        } while $cursor && @seen < 1000;
        my %once = map { $_ => 1 } @seen;
        is(scalar keys %once, scalar @products, "$sort: every product once");
        is(scalar @seen, scalar @products, "$sort: and no more");
        my @sorted = sort { $sort eq 'price' ? $a <=> $b : $b <=> $a } @prices;
        is_deeply(\@prices, \@sorted, "$sort: in order") if $sort =~ /price/;
        is_deeply([map { $price{$_} } @seen], \@prices, "$sort: the price shown is the lowest");
    }
};

subtest 'filters' => sub {
    my $all = list(min_price => '۱۰۰٬۰۰۰', max_price => 200_000, limit => 100);
    ok(@{ $all->{items} } > 3, 'prices, in the digits people type');
    is(scalar(grep { $_->{price} < 100_000 || $_->{price} > 200_000 } @{ $all->{items} }), 0, 'bound the lowest price');
    my @low = grep { my ($p) = sort { $a <=> $b } map { $_->{price} } @{ $_->{variants} }; $p >= 100_000 && $p <= 200_000 } @products;
    is(scalar @{ $all->{items} }, scalar @low, 'and leave nothing out');
    is($all->{facets}{in_stock}, scalar(grep { $_->{in_stock} } @{ $all->{items} }), 'the facet counts what is in stock');
    my $shelf = list(in_stock => 'true', limit => 100);
    is(scalar(grep { !$_->{in_stock} } @{ $shelf->{items} }), 0, 'in stock only');
    ok(@{ $shelf->{items} } < @products, 'is less than all');

    my ($root) = grep { !$_->{parent} } @{ $demo->{categories} };
    my %below = map { $_->{slug} => 1 } grep { ($_->{parent} // '') eq $root->{slug} } @{ $demo->{categories} };
    my $category = list(category => $root->{slug}, limit => 100);
    is(scalar @{ $category->{items} }, scalar(grep { $below{ $_->{category} } || $_->{category} eq $root->{slug} } @products),
        'a category holds what lies below it');
    my ($facet) = grep { $_->{slug} eq $root->{slug} } @{ $category->{facets}{categories} };
    is($facet->{count}, scalar @{ $category->{items} }, 'and its facet counts so');
    my %other = map { $_->{slug} => 1 } @{ $category->{facets}{categories} };
    ok((keys %other) > 1 + keys %below, 'other categories stay to be chosen');
    is_deeply(list(category => 'nowhere')->{items}, [], 'an unknown category is empty');
};

subtest 'searching' => sub {
    my $r = list(q => 'زعفران');
    ok(@{ $r->{items} } > 1, 'a word');
    is_deeply(slugs(list(q => 'زعفران', limit => 100)), slugs(list(q => 'زعفرانٍ', limit => 100)), 'vowel marks do not matter');
    my $half = list(q => 'چاي سبز', limit => 100);
    ok(@{ $half->{items} } > 0, 'Arabic letters find Persian words');
    is_deeply(slugs($half), slugs(list(q => 'سبز چای', limit => 100)), 'in any order');
    is_deeply(list(q => 'زعفران هواپیما')->{items}, [], 'every word must match');
    my $sku = $products[0]{variants}[0]{sku};
    is_deeply(slugs(list(q => lc $sku)), [$products[0]{slug}], 'a SKU finds its product');
    is_deeply(list(q => $_)->{items}, [], "'$_' is no wildcard") for '_', 'سف%ان', '\\';
    ok(@{ list(q => $products[1]{title}{en})->{items} }, 'English titles are found');
};

subtest 'cursors' => sub {
    my $next = list(limit => 5)->{next};
    ok($next, 'there is more');
    is($c->get(url('/products', limit => 7, cursor => $next))->{status}, 200, 'the page may change its size');
    for my $pairs ([sort => 'price'], [q => 'زعفران'], [in_stock => 'true'], [min_price => 5]) {
        my $r = $c->get(url('/products', cursor => $next, @$pairs));
        is($r->{status}, 400, "@$pairs[0] with the cursor of another list");
        is($r->{json}{code}, 'cursor_invalid', 'is refused by name');
    }
    for my $bad ('x', 'AAAA', '%%%', $next . 'A', substr $next, 0, -1) {
        is($c->get(url('/products', cursor => $bad))->{json}{code}, 'cursor_invalid', "the cursor '$bad'");
    }
    is($c->get('/products?limit=101')->{status}, 422, 'more than 100 at a time');
    is($c->get('/products?limit=0')->{status}, 422, 'or none');
    is($c->get('/products?sort=sideways')->{json}{errors}[0]{code}, 'not_one_of', 'an unknown order');
};

subtest 'a product' => sub {
    my ($p) = grep { @{ $_->{variants} } > 2 } @products;
    my $r = $c->get('/products/' . esc($p->{slug}));
    is($r->{status}, 200, 'its page');
    my $j = $r->{json};
    is($j->{title}, $p->{title}{fa}, 'in Persian');
    is_deeply([map { $_->{sku} } @{ $j->{variants} }], [map { $_->{sku} } @{ $p->{variants} }], 'its variants in order');
    is_deeply([map { $_->{available} } @{ $j->{variants} }], [map { $_->{on_hand} } @{ $p->{variants} }], 'and what is there of them');
    is($j->{variants}[0]{options}[0]{value}, $p->{variants}[0]{options}[0]{value}{fa}, 'options have one language');
    is($j->{category}{slug}, $p->{category}, 'its category');
    is($j->{breadcrumb}[-1]{slug}, $p->{category}, 'at the end of the way there');
    ok($j->{images}[0]{width} > 0 && $j->{images}[0]{url} =~ m{^/media/}, 'pictures with their size');
    ok(exists $j->{returnable} && exists $j->{variants}[0]{weight_g}, 'weight and right of return');
    my $en = $shop->client(headers => { 'accept-language' => 'en', cookie => '__Host-cart=none' })->get('/products/' . esc($p->{slug}));
    is($en->{json}{title}, $p->{title}{en}, 'the same in English');
    is($en->{json}{variants}[0]{options}[0]{value}, $p->{variants}[0]{options}[0]{value}{en}, 'options too');
    is($c->get('/products/nothing')->{status}, 404, 'what is not there');
    is($c->get('/products/' . esc($p->{slug}) . '/')->{status}, 200, 'a trailing slash is the same page');
    is($c->get('/products/' . esc($p->{slug}) . '.json')->{status}, 200, 'and so is .json');
};

subtest 'categories and the front page' => sub {
    my $tree = $c->get('/categories')->{json}{items};
    my @roots = grep { !$_->{parent} } @{ $demo->{categories} };
    is_deeply([map { $_->{slug} } @$tree], [map { $_->{slug} } sort { $a->{position} <=> $b->{position} } @roots], 'the roots in their order');
    my $count; $count = sub { my $n = 0; $n += 1 + $count->($_->{children}) for @{ $_[0] }; return $n };
    is($count->($tree), scalar @{ $demo->{categories} }, 'and all below them');
    my ($leaf) = grep { $_->{parent} } @{ $demo->{categories} };
    my $page = $c->get('/categories/' . esc($leaf->{slug}))->{json};
    is($page->{title}, $leaf->{title}{fa}, 'a category');
    is($page->{path}[0]{slug}, $leaf->{parent}, 'knows what is above it');
    is_deeply([sort @{ slugs($page) }], [sort map { $_->{slug} } grep { $_->{category} eq $leaf->{slug} } @products], 'and shows its products');
    is($c->get('/categories/nowhere')->{status}, 404, 'an unknown one');
    my $home = $c->get('/')->{json};
    ok(@{ $home->{$_} } > 0, "the front page has $_") for qw(categories newest bestselling on_sale);
    is(scalar(grep { !$_->{compare_at_price} } @{ $home->{on_sale} }), 0, 'what is reduced has its old price');
};

subtest 'pages' => sub {
    my $b = $shop->client(html => 1);
    my %pages = ('/' => $products[0], '/products' => $products[0], '/categories' => undef,
        '/products/' . esc($products[0]{slug}) => $products[0], '/categories/' . esc($products[0]{category}) => $products[0]);
    for my $path (sort keys %pages) {
        my $r = $b->get($path);
        is($r->{status}, 200, $path);
        like($r->{headers}{'content-type'}, qr{^text/html}, 'is a page');
        my $title = $pages{$path} ? $pages{$path}{title}{fa} : $demo->{categories}[0]{title}{fa};
        like(Encode::decode_utf8($r->{body}), qr/\Q$title\E/, 'with what it is about');
    }
    like($b->get('/products')->{headers}{'cache-control'}, qr/public, max-age=1/, 'strangers may keep it for a second');
    unlike($c->get('/products')->{headers}{'cache-control'} // '', qr/public/, 'who has a cart may not');
};

$shop->stop;
done_testing;
