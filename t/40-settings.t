#!/usr/bin/env perl
# The pages an owner keeps the shop with: settings that explain themselves and take Persian digits, with
# what was changed and by whom; days without work; and categories that are renamed, moved and put away,
# whose old addresses lead to them and which never make a circle.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use FindBin;
use lib "$FindBin::Bin/../scripts/build/lib";
use JSON::PP ();
use Tables;
use Test::More;

use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(refuses);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
my $owner = $shop->staff;
my $page = $shop->client(html => 1);
$page->{cookies}{'__Host-access'} = $owner->{bearer};

sub html { my ($r) = @_; my $body = $r->{body}; utf8::decode($body); return $body }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }

subtest 'settings' => sub {
    my @keys = map { $_->[0] } Tables::def('src/shop/settings.def', 'SETTING');
    my $seen = html($page->get('/admin/settings'));
    is_deeply([grep { $seen !~ /name="$_"/ } @keys], [], 'every setting has its field');
    is_deeply([grep { $seen !~ /for="s-$_">[^<a-z_]*\p{Arabic}/ } @keys], [], 'a name in Persian');
    is_deeply([grep { $seen !~ /id="h-$_">\s*«?\p{Arabic}/ } @keys], [], 'and an explanation');
    unlike($seen, qr/secret|password/i, 'no secret is shown');
    my $r = $page->post('/admin/settings', form => { _method => 'PATCH', low_stock => '۱۲', shop_name_fa => 'ترازوی نو', cod_enabled => 'true', seller_phone => '' });
    is($r->{status}, 303, 'a group is saved') or diag $r->{body};
    my $now = $owner->get('/admin/settings')->{json};
    is_deeply([@$now{qw(low_stock shop_name_fa cod_enabled seller_phone)}], [12, 'ترازوی نو', JSON::PP::true, ''], 'as it was typed, in Persian digits');
    like(html($page->get('/admin/settings')), qr/ترازوی نو/, 'and shown');
    my ($was, $is) = @{ ($shop->db_query("SELECT before::text, after::text FROM audit_log WHERE action = 'settings.change' ORDER BY id DESC LIMIT 1", admin => 1))[0] };
    is_deeply([sort keys %{ JSON::PP->new->decode($is) }], [qw(cod_enabled low_stock shop_name_fa)], 'the audit log has what changed');
    is(JSON::PP->new->decode($was)->{low_stock}, 3, 'and what it was');
    is($page->post('/admin/settings', form => { _method => 'PATCH', low_stock => '۹۹۹۹۹' })->{status}, 422, 'bounds hold');
    refused($owner->patch('/admin/settings', json => { alert_phone => '12' }), 422, 'invalid_field', 'a phone is a phone');
    is($shop->client->get('/admin/settings')->{status}, 401, 'strangers see nothing');
};

subtest 'holidays' => sub {
    my $r = $page->post('/admin/holidays', form => { day => '۱۴۰۵/۱۲/۲۰', title => 'عید سعید فطر' });
    is($r->{status}, 303, 'a lunar one, by its Jalali day in Persian digits') or diag $r->{body};
    my ($day) = grep { $_->{title} eq 'عید سعید فطر' } @{ $owner->get('/admin/holidays')->{json}{items} };
    is($day->{day}, '2027-03-11', 'is that day');
    like(html($page->get('/admin/holidays')), qr/۲۰ اسفند ۱۴۰۵/, 'and shown as it was typed');
    ok($shop->db_value("SELECT count(*) FROM holidays WHERE title = 'نوروز'") >= 12, 'the solar ones are there already');
    is($page->post('/admin/holidays/2027-03-11', form => { _method => 'DELETE' })->{status}, 303, 'and taken away');
};

sub category { my ($slug, %o) = @_; return $owner->patch("/admin/categories/$slug", json => {%o}) }
subtest 'categories' => sub {
    ok_($owner->post('/admin/categories', json => { title => $_, slug => $_ }), "category $_") for qw(a b c);
    is(ok_(category('a', slug => 'first'), 'renamed')->{slug}, 'first', 'has a new address');
    my $r = $shop->client->get('/categories/a', accept => 'application/json');
    is_deeply([$r->{status}, $r->{headers}{location}], [301, '/categories/first'], 'the old one leads to it');
    is(ok_(category('first', slug => 'a'), 'and back')->{slug}, 'a', 'is its own again');
    ok(wait_for(sub { $shop->client->get('/categories/a')->{status} == 200 }, 10), 'without a detour');
    is($shop->client->get('/categories/first')->{status}, 301, 'the other one leads back');
    refused(category('b', slug => 'a'), 409, 'slug_taken', 'an address has one owner');
    ok_(category('b', parent => 'a'), 'b below a');
    refused(category('a', parent => 'b'), 422, 'invalid_field', 'a below b would be a circle');
    ok_(category('b', parent => undef), 'apart again');
    for my $round (1 .. 5) {
        my $both = [at_once(2, do => sub { my ($n) = @_;
            my $c = $shop->client(from => "127.0.7." . ($n + 1));
            $c->{bearer} = $owner->{bearer};
            my ($x, $y) = $n % 2 ? qw(a b) : qw(b a);
            return $c->patch("/admin/categories/$x", json => { parent => $y })->{status} })];
        my $circle = $shop->db_value("SELECT count(*) FROM categories x JOIN categories y ON x.parent_id = y.id WHERE y.parent_id = x.id");
        is($circle, 0, "two moves at once make no circle ($round)");
        category($_, parent => undef) for qw(a b);
    }
    ok(refuses($shop, "UPDATE categories SET parent_id = id WHERE slug = 'a' RETURNING 1"), 'nor can anybody else');
    ok_(category('b', parent => 'a'), 'b below a');
    refused(category('a', archived => JSON::PP::true), 409, 'category_in_use', 'what holds something is not put away');
    ok(ok_(category('b', archived => JSON::PP::true), 'b is put away')->{archived}, 'and says so');
    ok(wait_for(sub { $shop->client->get('/categories/b')->{status} == 404 }, 10), 'nobody sees it');
    refused($owner->post('/admin/products', json => { title => 'x', category => 'b', variants => [{ sku => 'X', price => 1 }] }), 422, 'invalid_field', 'nothing is put into it');
    ok_(category('a', archived => JSON::PP::true), 'then a may go too');
    like(html($page->get('/admin/categories')), qr/بایگانی‌شده‌ها/, 'the page has what was put away');
    ok_(category('a', archived => JSON::PP::false), 'a is taken out again');
    ok(wait_for(sub { $shop->client->get('/categories/a')->{status} == 200 }, 10), 'and seen');
    like(html($page->get('/admin/categories')), qr/name="parent"/, 'the page moves them');
};

$shop->stop;
done_testing;
