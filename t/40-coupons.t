#!/usr/bin/env perl
# Coupons as staff keep them: rules in every spelling, scopes, limits, changes and archive; and campaigns of
# single-use codes, made by the ten thousand, each good for one order whoever comes at once.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use Test::More;
use Time::HiRes qw(time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter later tally adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
$shop->db_query("INSERT INTO categories (slug, title_fa, title_en, parent_id) SELECT 'child', 'زیردسته', 'Child', id FROM categories", admin => 1);
my ($plain, $below) = goods($shop, on_hand => 300, price => 100_000, count => 2);
$shop->db_query("UPDATE products SET category_id = (SELECT id FROM categories WHERE slug = 'child') WHERE id = (SELECT product_id FROM variants WHERE id = $below)", admin => 1);
my @people = crowd($shop, 60);
sub buyer { my ($i) = @_; return Tarazu::Test::Buyer->new($shop, enter($shop, $people[$i])) }
sub make { my (%c) = @_; return $staff->post('/admin/coupons', json => \%c) }
sub refused { my ($r, $status, $code, $field, $what) = @_;
    return is(join(' ', $r->{status}, $r->{json}{code}, map { $_->{field} } @{ $r->{json}{errors} // [] }), "$status $code" . ($field ? " $field" : ''), $what) || diag $r->{body} }

my $b = buyer(0);
$b->put($plain, 1);
$b->put($below, 1);

subtest 'how much, where and when' => sub {
    my $k = make(code => 'ده ك', percent => '۱۲٫۵', min_subtotal => '۵۰٬۰۰۰', ends_on => '۱۴۹۹/۱۲/۲۹', per_customer_limit => 2)->{json};
    is_deeply([@$k{qw(code kind value percent min_subtotal)}], ['دهک', 'percent', 1250, 12.5, 50_000], 'percent, sums and letters in Persian');
    is($k->{ends_at}, '2121-03-20T20:30:00Z', 'the last day counts to its end in Tehran') or diag explain $k;
    is(make(code => 'SUM', amount => '۵٬۰۰۰')->{json}{kind}, 'fixed', 'an amount');
    refused(make(code => 'A', percent => '12.345'), 422, 'invalid_field', '/percent', 'no finer than a hundredth of a percent');
    refused(make(code => 'A', percent => 101), 422, 'invalid_field', '/percent', 'at most all of it');
    refused(make(code => 'A'), 422, 'invalid_field', '/value', 'some value');
    refused(make(code => 'A', value => 5), 422, 'invalid_field', '/kind', 'of some kind');
    refused(make(code => 'A', percent => 5, amount => 5), 422, 'invalid_field', '/value', 'one of them');
    refused(make(code => 'A', amount => 5, categories => 'child, nowhere'), 422, 'invalid_field', '/categories', 'categories that exist');
    refused(make(code => 'A', amount => 5, starts_at => '1405/05/05', ends_at => '1405/05/05'), 422, 'invalid_field', '/ends_at', 'an end after the beginning');
    is(make(code => 'CHILD', percent => 50, categories => 'child')->{status}, 201, 'a category');
    is($b->apply($_)->{json}{discount}, 25_000, "typed as $_") for 'دهک', "ده\x{200c}ك ", ' دهک';
    is($b->apply('child')->{json}{discount}, 50_000, 'the category counts, the rest does not');
    make(code => 'PARENT', percent => 10, categories => 'آزمون');
    is($b->apply('parent')->{json}{discount}, 20_000, 'what stands below a category belongs to it');
    my ($sku) = $shop->db_value("SELECT sku FROM variants WHERE id = $plain");
    make(code => 'ONE', amount => 7000, products => $sku);
    is($b->apply('one')->{json}{discount}, 7000, 'a product by its SKU');
    make(code => 'BIG', amount => 7000, min_subtotal => 10_000_000);
    my ($why) = @{ $b->apply('big')->{json}{explain} };
    like($why->{text}, qr/۱۰٬۰۰۰٬۰۰۰/, 'why a coupon gives nothing is said');
};

subtest 'change and archive' => sub {
    my $to = sub { $staff->patch('/admin/coupons/' . ($_[1] // 'SUM'), json => $_[0]) };
    is_deeply([@{ $to->({ amount => 6000, min_subtotal => 1000, usage_limit => 2, categories => 'child', ends_on => '1499-01-01' })->{json} }{qw(value min_subtotal usage_limit)}], [6000, 1000, 2], 'changed');
    my $k = $to->({ categories => undef, usage_limit => undef })->{json};
    ok(!defined $k->{usage_limit} && !defined $k->{categories} && $k->{value} == 6000, 'null takes away, the rest stays') or diag explain $k;
    refused($to->({ percent => 10 }), 422, 'invalid_field', '/kind', 'the kind stays');
    refused($to->({ starts_at => '2999-01-01' }), 422, 'invalid_field', '/ends_at', 'the window stays one');
    my $page = $shop->client(html => 1);
    $page->{cookies}{'__Host-access'} = $staff->{bearer};
    like(decode('UTF-8', $page->get('/admin/coupons/SUM')->{body}), qr/name="amount"[^>]*value="6000"/, 'the page shows what is');
    my $r = $page->post('/admin/coupons', form => { code => 'FORM', percent => '۱۵', amount => '', max_discount => '', min_subtotal => '', usage_limit => '',
        per_customer_limit => '', starts_at => '۱۴۰۵/۰۱/۰۱', ends_on => '', categories => '', products => '', codes => '', prefix => '', _idempotency_key => 'form-1' });
    is("$r->{status} $r->{headers}{location}", '303 /admin/coupons', 'the form makes one') or diag decode('UTF-8', $r->{body});
    is($shop->db_value("SELECT value FROM coupons WHERE code = 'FORM'"), 1500, 'of fifteen percent');
    is($staff->delete('/admin/coupons/form', json => {})->{status}, 200, 'archived under any spelling');
    is($b->apply('FORM')->{json}{code}, 'coupon_invalid', 'it is no code any more');
    is_deeply([map { $_->{code} } @{ $staff->get('/admin/coupons?archived=true')->{json}{items} }], ['FORM'], 'it stands among the archived');
    ok(!grep({ $_->{code} eq 'FORM' } @{ $staff->get('/admin/coupons?archived=false')->{json}{items} }), 'and not among the others');
};

my (@codes, $waits);
subtest 'a campaign' => sub {
    my $begun = time;
    my $k = make(code => 'NOWRUZ', amount => 9000, codes => 20_000, prefix => 'نو روز', per_customer_limit => 1)->{json};
    cmp_ok(time - $begun, '<', 30, 'twenty thousand codes are made in seconds');
    is_deeply([@$k{qw(code codes bulk used)}], ['NOWRUZ', 20_000, JSON::PP::true(), 0], 'and counted');
    my $csv = decode('UTF-8', $staff->get('/admin/coupons/NOWRUZ/codes?format=csv')->{body});
    @codes = $csv =~ /(نوروز-\w+)/g;
    is(scalar @codes, 20_000, 'the spreadsheet has them all');
    my %seen;
    is(scalar(grep { !$seen{$_}++ } @codes), 20_000, 'no two alike');
    is_deeply([grep { !/^نوروز-[2-9A-HJKMNP-TV-Z]{13}$/ } @codes], [], 'in letters that cannot be mistaken, 63 bits of chance');
    refused(make(code => 'X', amount => 1, codes => 5, usage_limit => 5), 422, 'invalid_field', '/usage_limit', 'single-use codes need no limit');
    is($b->apply('NOWRUZ')->{json}{code}, 'coupon_invalid', 'its own name is no code');
    my $list = $staff->get('/admin/coupons/NOWRUZ/codes?limit=3')->{json};
    is_deeply([map { $_->{code} } @{ $list->{items} }], [@codes[0 .. 2]], 'a page of them');
    is_deeply([map { $_->{code} } @{ $staff->get("/admin/coupons/NOWRUZ/codes?limit=2&cursor=$list->{next}")->{json}{items} }], [@codes[3, 4]], 'and the next');
};

subtest 'a single-use code' => sub {
    my $order = do { $b->must($b->apply(lc $codes[0] =~ s/-/ - /r)); $b->must($b->place(key => 'one'), 201) };
    is_deeply([@$order{qw(discount)}, $order->{coupon}{code}], [9000, $codes[0]], 'gives what the campaign says');
    my $c = buyer(1);
    $c->put($plain);
    is($c->apply($codes[0])->{json}{code}, 'coupon_exhausted', 'once');
    $b->put($plain);
    is($b->apply($codes[1])->{json}{code}, 'coupon_exhausted', 'and one of the campaign for each customer');
    is($staff->get('/admin/coupons/NOWRUZ/codes?limit=1')->{json}{items}[0]{order}, $order->{number}, 'staff see by which order');
    $b->must($b->{client}->post("/orders/$order->{number}/cancel", json => {}));
    is($c->apply($codes[0])->{json}{discount}, 9000, 'a canceled order gives it back');
    $waits = $c->must($c->place(key => 'w'), 201)->{number};
};

subtest 'fifty at once' => sub {
    my @told = at_once(50,
        before => sub {
            my $buyer = buyer(5 + $_[0]);
            $buyer->put($plain);
            $buyer->must($buyer->apply($codes[7]));
            return ($buyer, $buyer->wish);
        },
        do => sub {
            my ($i, $buyer, $wish) = @_;
            my ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->place(wish => $wish, key => "single-$i") });
            return { status => $r->{status}, code => $r->{json}{code} };
        });
    is_deeply(tally(map { $_->{status} . ' ' . ($_->{code} // '') } @told), { '201 ' => 1, '409 coupon_exhausted' => 49 }, 'one order') or diag explain \@told;
    is($shop->db_value("SELECT count(*) FROM coupon_uses WHERE code = '$codes[7]'"), 1, 'one use');
};

is($staff->delete('/admin/coupons/NOWRUZ', json => {})->{status}, 200, 'the campaign is archived');
is($b->apply($codes[9])->{json}{code}, 'coupon_invalid', 'and with it every code');
later($shop, '30 minutes');
ok(wait_for(sub { $shop->db_value("SELECT status FROM orders WHERE number = '$waits'") eq 'canceled' }, 90), 'an order whose time is over');
is($shop->db_value("SELECT count(*) FROM coupon_uses WHERE code = '$codes[0]'"), 0, 'gives its code back too');
adds_up($shop);
$shop->stop;
done_testing;
