#!/usr/bin/env perl
# Taxes as the owner's tables say: nothing until the shop is registered for VAT, then by class of goods,
# province and day; inside the prices or on top of them. Ranges of time cannot overlap, rates that have
# begun stay, and no change touches an order that was placed before.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop;
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet refuses adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $owner = $shop->staff;
my ($yes, $no) = (JSON::PP::true, JSON::PP::false);

sub html { my ($r) = @_; my $body = $r->{body}; utf8::decode($body); return $body }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub settings { ok_($owner->patch('/admin/settings', json => {@_}), 'settings'); return }
sub rate { return $owner->post('/admin/tax/rates', json => { tax_class => 'standard', @_ }) }
sub in_minutes { return $shop->db_value("SELECT to_char(shop_now() + interval '$_[0] minutes', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')") }

my ($pen, $book) = goods($shop, count => 2, on_hand => 100, price => 110_000);
my ($person) = crowd($shop, 1);
my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
sub elsewhere { return { %{ $buyer->{address} }, province => $_[0] } }
sub tax_in { my ($province) = @_; return $buyer->quote(address => elsewhere($province)) }
$buyer->put($pen, 1);

subtest 'nothing until the shop is registered' => sub {
    is(tax_in('IR-23')->{tax}, 0, 'no tax in a new shop');
    refused(rate(rate_bp => 1000), 409, 'vat_not_registered', 'a rate wants a registered shop');
    ok_(rate(rate_bp => 0), 'zero does not');
    settings(vat_registered => $yes);
    ok_(rate(rate_bp => '۱۰۰۰'), 'ten percent');
    my $q = tax_in('IR-23');
    is_deeply([@$q{qw(subtotal tax total)}], [110_000, 10_000, 140_000], 'inside the price');
    is_deeply([$q->{lines}[0]{tax_rate_bp}, (grep { $_->{code} eq 'tax_rate' } @{ $q->{explain} })[0]{params}],
        [1000, { rate_bp => 1000, base => 100_000 }], 'with rate and base');
    settings(prices_include_tax => $no);
    $q = tax_in('IR-23');
    is_deeply([@$q{qw(subtotal tax total)}], [110_000, 11_000, 151_000], 'on top of it');
    settings(vat_registered => $no);
    is(tax_in('IR-23')->{tax}, 0, 'no more when the shop is not registered any more');
    settings(vat_registered => $yes, prices_include_tax => $yes);
};

my $placed = $buyer->must($buyer->place(key => 'k1'));
is($placed->{tax}, 10_000, 'an order is placed under the first rate');
$buyer->put($pen, 1);

subtest 'by province and by class' => sub {
    ok_(rate(rate_bp => 500, province => 'IR-29'), 'five percent in one province');
    is(tax_in('IR-29')->{lines}[0]{tax_rate_bp}, 500, 'there');
    is(tax_in('IR-23')->{lines}[0]{tax_rate_bp}, 1000, 'not here');
    my $class = ok_($owner->post('/admin/tax/classes', json => { id => 'books', title => { fa => 'کتاب', en => 'Books' } }), 'a class');
    ok(grep({ $_->{id} eq 'books' } @{ $class->{classes} }), 'is listed');
    refused($owner->post('/admin/tax/classes', json => { id => 'books', title => 'x' }), 409, 'already_exists', 'once');
    refused(rate(rate_bp => 100, tax_class => 'nothing'), 422, 'invalid_field', 'a class there is');
    my ($slug) = map { $_->[0] } $shop->db_query("UPDATE products SET slug = 'book' WHERE id = (SELECT product_id FROM variants WHERE id = $book) RETURNING slug", admin => 1);
    ok_($owner->patch("/admin/products/$slug", json => { tax_class => 'books' }), 'a product of that class');
    $buyer->put($book, 1);
    ok_(rate(rate_bp => 200, tax_class => 'books'), 'two percent on books');
    is_deeply([map { $_->{tax_rate_bp} } sort { $a->{variant_id} <=> $b->{variant_id} } @{ tax_in('IR-23')->{lines} }], [1000, 200], 'each its own');
};

subtest 'time' => sub {
    refused(rate(rate_bp => 900, valid_from => in_minutes(-60)), 422, 'invalid_field', 'the past is past');
    my $later = ok_(rate(rate_bp => 900, valid_from => in_minutes(6)), 'nine percent in six minutes');
    is($later->{state}, 'future', 'is to come');
    is((grep { $_->{variant_id} == $pen } @{ tax_in('IR-23')->{lines} })[0]{tax_rate_bp}, 1000, 'and does not count yet');
    refused(rate(rate_bp => 800, valid_from => in_minutes(3), valid_until => in_minutes(40)), 409, 'tax_rate_overlaps', 'ranges do not overlap');
    refused(rate(rate_bp => 800, valid_from => in_minutes(5), valid_until => in_minutes(4)), 422, 'invalid_field', 'nor end before they begin');
    my ($now) = grep { $_->{state} eq 'now' && $_->{tax_class} eq 'standard' && !$_->{province} } @{ $owner->get('/admin/tax')->{json}{items} };
    is($now->{valid_until}, $later->{valid_from}, 'the rate of today ends where that begins');
    refused($owner->patch("/admin/tax/rates/$now->{id}", json => { rate_bp => 1 }), 409, 'tax_rate_in_force', 'what has begun is not changed');
    refused($owner->delete("/admin/tax/rates/$now->{id}"), 409, 'tax_rate_in_force', 'nor removed');
    ok_($owner->patch("/admin/tax/rates/$later->{id}", json => { rate_bp => 950 }), 'what is to come may change');
    ok(refuses($shop, "UPDATE tax_rates SET valid_until = NULL WHERE id = $now->{id} RETURNING 1"), 'the database refuses an overlap by whatever way');
    $shop->db_query("UPDATE clock SET shift = shift + interval '7 minutes' RETURNING 1", admin => 1);
    my ($line) = grep { $_->{variant_id} == $pen } @{ tax_in('IR-23')->{lines} };
    is($line->{tax_rate_bp}, 950, 'then it counts');
    my $never = ok_(rate(rate_bp => 100, valid_from => in_minutes(10)), 'another one');
    ok_($owner->delete("/admin/tax/rates/$never->{id}"), 'is taken back');
    my ($goes_on) = grep { $_->{id} == $later->{id} } @{ $owner->get('/admin/tax')->{json}{items} };
    is_deeply([@$goes_on{qw(state valid_until)}], ['now', undef], 'and the one before goes on');
};

subtest 'old orders stay' => sub {
    my ($row) = $shop->db_query("SELECT o.tax, o.total, i.tax_rate_bp FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.number = '$placed->{number}'");
    is_deeply($row, [10_000, 140_000, 1000], 'as they were placed');
    is($shop->db_value("SELECT count(*) FROM audit_log WHERE action LIKE 'tax.%' AND target LIKE 'tax_rate:%'", admin => 1) >= 7, 1, 'the changes are in the audit log');
};

subtest 'the page' => sub {
    my $b = $shop->client(html => 1);
    $b->{cookies}{'__Host-access'} = $owner->{bearer};
    like(html($b->get('/admin/tax')), qr/مشمول مالیات/, 'shows classes and rates');
    is($b->post('/admin/tax/rates', form => { tax_class => 'books', province => '', rate_bp => '۳۰۰', valid_from => '۱۴۳۰/۰۱/۰۱' })->{status}, 303,
        'takes a Jalali day in Persian digits');
    is($shop->db_value("SELECT (valid_from AT TIME ZONE 'Asia/Tehran')::date FROM tax_rates WHERE rate_bp = 300"), '2051-03-21', 'and means it');
};

ok(quiet($shop), 'all jobs are done');
adds_up($shop);
$shop->stop;
done_testing;
