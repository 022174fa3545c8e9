#!/usr/bin/env perl
# What sending costs and when it arrives, as the owner's tables say: zones by distance from the shop,
# steps of weight, volume against weight, limits of weight, free above a sum, charged on delivery, days of
# sending and holidays; the reasons behind every figure in both languages; and the preview, which shows
# all of it before anything is stored.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use POSIX qw(strftime);
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $owner = $shop->staff;

sub esc { my $b = $_[0]; utf8::encode($b); return $b =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger }
sub html { my ($r) = @_; my $body = $r->{body}; utf8::decode($body); return $body }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub page { my ($path) = @_; my $b = $shop->client(html => 1); $b->{cookies}{'__Host-access'} = $owner->{bearer}; return $b->get($path) }
sub settings { ok_($owner->patch('/admin/settings', json => {@_}), 'settings: ' . join ' ', sort keys %{ {@_} }); return }
# The way of sending as a quote for the goods to the province has it.
sub quote {
    my ($province, $items, %o) = @_;
    my $n = 0;
    my $query = join '&', "address.province=$province", map({ my $i = $n++; ("items.$i.variant_id=$_->[0]", "items.$i.quantity=$_->[1]") } @$items),
        map { "$_=$o{$_}" } sort keys %o;
    return ok_($owner->get("/admin/preview?$query"), "a preview to $province");
}
sub way { my ($q, $id) = @_; my ($m) = grep { $_->{id} eq $id } @{ $q->{by_method} }; return $m }
sub why { my ($m, $code) = @_; my ($e) = grep { $_->{code} eq $code } @{ $m->{explain} }; return $e }

my ($light, $box) = goods($shop, count => 2, on_hand => 100, price => 200_000); # 300 g each
my @post = (id => 'pishtaz', title => { fa => 'پیشتاز', en => 'Express' }, eta_days => 2);
my @zones = map { { kind => $_->[0], extra_kg => 25_000, steps => [{ up_to_g => 500, price => $_->[1] }, { up_to_g => 2000, price => $_->[2] }] } }
    ['same', 57_000, 98_000], ['beside', 78_000, 127_000], ['other', 84_000, 140_000];

subtest 'methods, zones and steps are the owner\'s' => sub {
    refused($owner->post('/admin/shipping', json => { id => 'Bad Id', title => 'x' }), 422, 'invalid_field', 'an id is plain');
    refused($owner->post('/admin/shipping', json => { @post, zones => [{ kind => 'same' }] }), 422, 'invalid_field', 'a zone has prices');
    refused($owner->post('/admin/shipping', json => { @post, zones => [{ provinces => ['IR-99'], steps => [{ up_to_g => 1, price => 1 }] }] }),
        422, 'invalid_field', 'provinces exist');
    my $made = ok_($owner->post('/admin/shipping', json => { @post, zones => \@zones }), 'a method is made');
    is_deeply([map { $_->{kind} } @{ $made->{zones} }], [qw(same beside other)], 'with its zones');
    refused($owner->post('/admin/shipping', json => { @post }), 409, 'already_exists', 'once');
    refused($owner->patch('/admin/shipping/pishtaz', json => { min_weight_g => 500, max_weight_g => 400 }), 422, 'invalid_field', 'limits have an order');
    my $listed = ok_($owner->get('/admin/shipping'), 'all are listed');
    is(scalar(grep { $_->{id} eq 'pishtaz' } @{ $listed->{items} }), 1, 'the new one too');
    my $zone = ok_($owner->post('/admin/shipping/pishtaz/zones', json => { provinces => ['IR-25', 'IR-23'], title => 'ویژهٔ قم',
        position => 9, steps => [{ up_to_g => '۱۰۰۰', price => '۵۰٬۰۰۰' }] }), 'a zone is added, in Persian digits')->{zones}[-1];
    is_deeply([$zone->{provinces}, $zone->{steps}], [['IR-25', 'IR-23'], [{ up_to_g => 1000, price => 50_000 }]], 'as it was said');
    ok_($owner->patch("/admin/shipping/pishtaz/zones/$zone->{id}", json => { steps => [{ up_to_g => 700, price => 40_000 }], extra_kg => 5_000 }), 'and changed');
    ok_($owner->delete("/admin/shipping/pishtaz/zones/$zone->{id}"), 'and removed');
    refused($owner->delete("/admin/shipping/pishtaz/zones/$zone->{id}"), 404, 'not_found', 'once');
    is($shop->db_value("SELECT count(*) FROM audit_log WHERE target = 'shipping:pishtaz'", admin => 1), 4, 'every change is in the audit log');
};

subtest 'near and far' => sub {
    is($shop->db_value('SELECT count(*) FROM provinces'), 31, 'thirty-one provinces');
    is($shop->db_value("SELECT count(*) FROM provinces p WHERE NOT EXISTS (SELECT 1 FROM province_neighbours WHERE p.code IN (a, b))"), 0, 'all have neighbours');
    my %price = ('IR-23' => 57_000, 'IR-25' => 78_000, 'IR-30' => 78_000, 'IR-07' => 84_000, 'IR-22' => 84_000);
    is(way(quote($_, [[$light, 1]]), 'pishtaz')->{price}, $price{$_}, "from Tehran to $_") for sort keys %price;
    settings(origin_province => 'IR-07');
    is(way(quote('IR-22', [[$light, 1]]), 'pishtaz')->{price}, 78_000, 'from Shiraz Hormozgan is near');
    refused($owner->patch('/admin/settings', json => { origin_province => 'IR-77' }), 422, 'invalid_field', 'a shop stands in a province');
    settings(origin_province => 'IR-23');
};

subtest 'weight, volume and their reasons' => sub {
    my $q = quote('IR-23', [[$light, 1]]);
    my $m = way($q, 'pishtaz');
    is_deeply([map { why($m, $_)->{params} } qw(shipping_zone shipping_weight shipping_step)],
        [{ zone => 'همین استان' }, { weight_g => 300 }, { step_g => 500 }], 'zone, weight and step are told');
    like(why($m, 'shipping_weight')->{text}, qr/۳۰۰ گرم/, 'in words');
    is(way(quote('IR-23', [[$light, 2]]), 'pishtaz')->{price}, 98_000, '600 g are the second step');
    my $heavy = way(quote('IR-23', [[$light, 11]]), 'pishtaz');
    is($heavy->{price}, 98_000 + 2 * 25_000, '3.3 kg: two kilos begun above it');
    is_deeply([@{ why($heavy, 'shipping_extra') }{qw(amount)}, why($heavy, 'shipping_extra')->{params}{count}], [50_000, 2], 'which is told');
    my ($slug) = map { $_->[0] } $shop->db_query("UPDATE products SET slug = 'box' WHERE id = (SELECT product_id FROM variants WHERE id = $box) RETURNING slug", admin => 1);
    my $sized = sub { return $owner->patch("/admin/products/$slug", json => { variants => [{ id => $box, @_ }] }) };
    refused($sized->(length_cm => 30), 422, 'invalid_field', 'a box has three measures');
    my $seen = ok_($sized->(length_cm => 30, width_cm => '۲۰', height_cm => 20), 'a box of 12 litres');
    is_deeply([@{ $seen->{variants}[0] }{qw(length_cm width_cm height_cm)}], [30, 20, 20], 'is measured');
    my $big = way(quote('IR-23', [[$box, 1]]), 'pishtaz');
    is($big->{price}, 98_000, 'counts as 2 kg');
    is_deeply(why($big, 'shipping_volume')->{params}, { weight_g => 300, billed_g => 2000 }, 'and says so');
    is(way(quote('IR-23', [[$box, 2]]), 'pishtaz')->{price}, 98_000 + 2 * 25_000, 'two are 4 kg');
    settings(volumetric_divisor => 0);
    is(way(quote('IR-23', [[$box, 1]]), 'pishtaz')->{price}, 57_000, 'without a divisor only weight counts');
    settings(volumetric_divisor => 6000);
    ok_($owner->patch('/admin/shipping/pishtaz', json => { max_weight_g => 3000 }), 'up to 3 kg');
    my $none = quote('IR-23', [[$box, 2]]);
    ok(!way($none, 'pishtaz'), 'four are too heavy');
    is((grep { $_->{code} eq 'shipping_unfit' } @{ $none->{explain} })[0]{params}{method}, 'پیشتاز', 'which is told');
    ok_($owner->patch('/admin/shipping/pishtaz', json => { max_weight_g => undef, free_over => 400_000 }), 'no limit, and free above a sum');
    my $free = way(quote('IR-23', [[$light, 2]]), 'pishtaz');
    is_deeply([$free->{price}, why($free, 'shipping_free_over')->{params}{free_over}], [0, 400_000], 'nothing to pay, and why');
    ok_($owner->patch('/admin/shipping/pishtaz', json => { free_over => undef, charged => 'on_delivery' }), 'freight is paid on delivery');
    my $freight = way(quote('IR-23', [[$light, 1]]), 'pishtaz');
    is_deeply([@$freight{qw(price shipping total)}], [57_000, 0, 200_000], 'told, not charged');
    ok_($owner->patch('/admin/shipping/pishtaz', json => { charged => 'checkout' }), 'at checkout again');
    my $english = $owner->get("/admin/preview?items.0.variant_id=$light&items.0.quantity=1&address.province=IR-23", headers => { 'accept-language' => 'en' })->{json};
    like(why(way($english, 'pishtaz'), 'shipping_step')->{text}, qr/^Price up to 500 g: 57,000 Toman$/, 'in English too');
};

# The database's today in Tehran, as days since 1970, and the names of days.
sub today { return $shop->db_value("SELECT (shop_now() AT TIME ZONE 'Asia/Tehran')::date - date '1970-01-01'") }
sub date { return strftime('%Y-%m-%d', gmtime($_[0] * 86_400)) }

subtest 'days of sending' => sub {
    my $m = sub { return way(quote('IR-23', [[$light, 1]]), 'pishtaz') };
    $shop->db_query('DELETE FROM holidays RETURNING 1', admin => 1);
    my @days = map { "dispatch_${_}day" } qw(satur sun mon tues wednes thurs fri);
    settings(dispatch_cutoff_hour => 24, map { ($_ => JSON::PP::true) } @days);
    my $t = today();
    is($m->()->{ships_on}, date($t), 'every day, the whole day: today');
    settings(dispatch_cutoff_hour => 0);
    is($m->()->{ships_on}, date($t + 1), 'never on the same day: tomorrow');
    ok_($owner->post('/admin/holidays', json => { day => date($t + 1), title => 'تعطیل' }), 'tomorrow is a holiday');
    is($m->()->{ships_on}, date($t + 2), 'the day after');
    settings(map { ($_ => JSON::PP::false) } @days);
    is($m->()->{ships_on}, undef, 'a shop that never sends promises nothing');
    my $weekday = sub { return ($_[0] + 5) % 7 };
    settings($days[$weekday->($t + 4)] => JSON::PP::true);
    is($m->()->{ships_on}, date($t + 4), 'on the one day of the week');
    my ($day, $left) = ($t + 4, 2);
    while ($left) { $day++; $left-- unless $weekday->($day) == 6 }
    is($m->()->{arrives_by}, date($day), 'and arrives two working days later');
    ok_($owner->post('/admin/holidays', json => { day => date($day), title => 'تعطیل' }), 'that is a holiday too');
    do { $day++ } while $weekday->($day) == 6;
    is($m->()->{arrives_by}, date($day), 'one more');
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $buyer->put($light, 1);
    my $order = $buyer->must($buyer->place(key => 'k', shipping_method => 'pishtaz'));
    is($order->{shipping_method}{arrives_by}, date($day), 'the order keeps the promise');
    settings(dispatch_cutoff_hour => 14, map { ($_ => JSON::PP::true) } @days);
    is($buyer->{client}->get("/orders/$order->{number}")->{json}{shipping_method}{arrives_by}, date($day), 'whatever becomes of the calendar');
    ok_($owner->patch('/admin/shipping/pishtaz', json => { zones => [{ steps => [{ up_to_g => 9000, price => 1 }] }] }), 'new prices');
    is($buyer->{client}->get("/orders/$order->{number}")->{json}{shipping}, 57_000, 'change no old order');
};

subtest 'the preview stores nothing and tries what is not there' => sub {
    my $state = sub { return join '|', map { $_ // '' } map { $shop->db_value("SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM $_ t") }
        qw(carts cart_items tax_rates settings shipping_methods coupons) };
    my $before = $state->();
    ok_($owner->patch('/admin/shipping/pishtaz', json => { active => JSON::PP::false }), 'a method is switched off');
    my $off = $state->();
    ok(!way(quote('IR-23', [[$light, 1]]), 'pishtaz'), 'and not offered');
    is(way(quote('IR-23', [[$light, 1]], inactive => 'true'), 'pishtaz')->{price}, 1, 'but can be tried');
    my $q = quote('IR-23', [[$light, 1]], rate_bp => 1000, coupon => 'NONE');
    cmp_ok($q->{tax}, '>', 0, 'so can a rate of tax');
    is((grep { $_->{code} eq 'coupon_invalid' } @{ $q->{explain} })[0]{params}{code}, 'NONE', 'a coupon that is refused is explained');
    is($state->(), $off, 'nothing stayed');
    isnt($before, $off, '(and the measure can tell)');
    refused($owner->get("/admin/preview?items.0.variant_id=999999&items.0.quantity=1"), 422, 'invalid_field', 'unknown goods');
    refused($owner->get("/admin/preview?items.0.variant_id=$light&items.0.quantity=1&shipping_method=moon"), 409, 'shipping_method_unavailable', 'unknown ways');
    ok_($owner->patch('/admin/shipping/pishtaz', json => { active => JSON::PP::true }), 'on again');
};

subtest 'pages' => sub {
    like(html(page('/admin/shipping')), qr/پیشتاز/, 'the list');
    like(html(page('/admin/shipping/pishtaz')), qr/name="steps\.0\.price"/, 'a method with its zones');
    like(html(page("/admin/preview?items.0.variant_id=$light&items.0.quantity=2&address.province=IR-23")), qr/۴۰۰٬۰۰۰ تومان/, 'the preview');
    my $b = $shop->client(html => 1);
    $b->{cookies}{'__Host-access'} = $owner->{bearer};
    my $r = $b->post('/admin/shipping/pishtaz/zones', form => { kind => 'listed', 'provinces.3' => 'IR-05', 'provinces.9' => 'IR-06', 'steps.0.up_to_g' => '۱۰۰۰',
        'steps.0.price' => '۷۰٬۰۰۰', 'steps.1.up_to_g' => '', 'steps.1.price' => '', extra_kg => '۹٬۰۰۰', position => '5' });
    is($r->{status}, 303, 'a form with empty rows') or diag $r->{body};
    my ($zone) = grep { $_->{position} == 5 } @{ $owner->get('/admin/shipping/pishtaz')->{json}{zones} };
    is_deeply([@$zone{qw(provinces extra_kg steps)}], [['IR-05', 'IR-06'], 9000, [{ up_to_g => 1000, price => 70_000 }]], 'says what was meant');
};

subtest 'an order by phone, from the page' => sub {
    my $b = $shop->client(html => 1);
    $b->{cookies}{'__Host-access'} = $owner->{bearer};
    like(html($b->get('/admin/orders/new?q=' . esc('کالا'))), qr/name="add" value="$light"/, 'goods are found');
    my %typed = (phone => '۰۹۱۲۵۵۵۷۷۷۷', 'address.province' => 'IR-23', 'address.city' => 'تهران', 'address.line' => 'خیابان ۱', 'address.recipient' => 'کسی',
        'address.phone' => '09125557777', shipping_method => 'parcel', 'items.0.variant_id' => $light, 'items.0.quantity' => '۲');
    my $query = join '&', map { "$_=" . esc($typed{$_}) } sort keys %typed;
    my $seen = html($b->get("/admin/orders/new?$query&add=$box"));
    like($seen, qr/name="items\.1\.variant_id" value="$box"/, 'one is added');
    my ($total) = $seen =~ /name="expected_total" value="(\d+)"/;
    my ($form) = $seen =~ m{(<form[^>]*action="/admin/orders".*?</form>)}s;
    my %hidden = ($form // '') =~ /<input type="hidden" name="([^"]+)" value="([^"]*)"/g;
    is($hidden{'items.1.quantity'}, 1, 'the order is ready to be placed') or return;
    my $r = $b->post('/admin/orders', form => \%hidden);
    is($r->{status}, 303, 'and placed') or diag $r->{body};
    like(html($b->get($r->{headers}{location})), qr{/pay/[\w-]+}, 'with its payment link');
    is($shop->db_value("SELECT total FROM orders ORDER BY id DESC LIMIT 1"), $total, 'at the total that was told');
};

ok(quiet($shop), 'all jobs are done');
adds_up($shop);
$shop->stop;
done_testing;
