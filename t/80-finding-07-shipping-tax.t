#!/usr/bin/env perl
# Finding 7: sending and tax were constants. Here both are the owner's tables: the same goods cost
# otherwise by destination, weight, class and day, staff change that while the shop runs, and an order
# keeps what was agreed when it was placed.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop;
use Tarazu::Test::Storm qw(shelf goods crowd enter);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $owner = $shop->staff;
sub done { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }

my ($goods) = goods($shop, on_hand => 50, price => 100_000);
my @buyers = map { Tarazu::Test::Buyer->new($shop, enter($shop, $_)) } crowd($shop, 2);
$_->put($goods, 4) for @buyers;

my %there = (%{ $buyers[0]{address} }, province => 'IR-22', city => 'بندرعباس');
my @kinds = ([same => 10_000], [beside => 20_000], [other => 30_000]);
done($owner->patch('/admin/shipping/parcel', json => { zones => [map { { kind => $_->[0], extra_kg => 5_000,
    steps => [{ up_to_g => 500, price => $_->[1] }, { up_to_g => 1000, price => 2 * $_->[1] }] } } @kinds] }), 'zones, steps and extra kilos');
my $near = $buyers[0]->quote;
my $far = $buyers[0]->quote(address => \%there);
is($near->{shipping}, 2 * 10_000 + 5_000, '1.2 kg within the province: the last step and a kilo begun');
is($far->{shipping}, 2 * 30_000 + 5_000, 'far away it costs more');
is($near->{tax}, 0, 'no tax before the shop is registered');

done($owner->patch('/admin/settings', json => { vat_registered => JSON::PP::true, prices_include_tax => JSON::PP::false }), 'the shop is registered');
done($owner->post('/admin/tax/rates', json => { tax_class => 'standard', rate_bp => 1000 }), 'ten percent');
done($owner->post('/admin/tax/rates', json => { tax_class => 'standard', rate_bp => 0, province => 'IR-22' }), 'none in the free zone');
is($buyers[0]->quote->{tax}, 40_000, 'ten percent here');
is($buyers[0]->quote(address => \%there)->{tax}, 0, 'nothing there');

my $seen = $buyers[1]->wish;
my $old = $buyers[0]->must($buyers[0]->place(key => 'old'));
is_deeply([@$old{qw(shipping tax total)}], [25_000, 40_000, 465_000], 'an order is placed');
done($owner->post('/admin/tax/rates', json => { tax_class => 'standard', rate_bp => 2000 }), 'twenty percent from now on');
done($owner->patch('/admin/shipping/parcel', json => { zones => [{ steps => [{ up_to_g => 5000, price => 99_000 }] }] }), 'and another price of sending');
my $r = $buyers[1]->place(key => 'new', wish => $seen);
is($r->{json}{code}, 'cart_changed', 'who saw the old figures is told before anything is placed');
is_deeply([@{ $r->{json}{quote} }{qw(shipping tax total)}], [99_000, 80_000, 579_000], 'with the new ones');
my $now = $buyers[0]{client}->get("/orders/$old->{number}")->{json};
is_deeply([@$now{qw(shipping tax total)}, $now->{items}[0]{tax_rate_bp}], [25_000, 40_000, 465_000, 1000], 'the old order is as it was');
$shop->stop;
done_testing;
