#!/usr/bin/env perl
# The whole way by forms, without JavaScript, in Persian, over nginx and TLS: from the shelf to the
# delivered order, and staff's pages beside it.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Page;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(replicas => 2);
shelf($shop);
my ($variant) = goods($shop, on_hand => 5, price => 400_000);
coupon($shop, 'NOROOZ', kind => 'percent', value => 1000);
my $phone = '09123334455';
my $page = Tarazu::Test::Page->new($shop, from => '127.0.5.1');
my $number;

sub at { my ($p, $status, $path, $what) = @_;
    is($p->{status}, $status, $what) or diag substr $p->{text}, 0, 1500;
    like($p->{path}, $path, "$what: at " . ($p->{path} =~ s/\?.*//r));
    return }

subtest 'looking around' => sub {
    at($page->visit('/'), 200, qr{^/$}, 'the home page');
    is_deeply($page->cookies, {}, 'sets no cookie');
    like($page->{text}, qr/<html[^>]*lang="fa"[^>]*dir="rtl"|<html[^>]*dir="rtl"[^>]*lang="fa"/, 'Persian, from right to left');
    at($page->visit('/products'), 200, qr{^/products}, 'the shelf');
    at($page->visit($page->link(qr{^/products/})), 200, qr{^/products/}, 'a product by its link');
    like($page->{text}, qr/کالای ۱|کالای 1/, 'with its name');
    like($page->{text}, qr/۴۰۰٬۰۰۰/, 'and its price in Persian digits');
};

subtest 'a guest fills the cart' => sub {
    at($page->press(qr{^/cart/items$}, variant_id => $variant, quantity => '۲'), 200, qr{^/cart$}, 'put into the cart');
    is($page->posted, 303, 'the form led on with 303');
    ok($page->cookies->{'__Host-cart'}, 'the cart is a cookie now');
    like($page->{text}, qr/۸۰۰٬۰۰۰/, 'two of them');
    at($page->press(qr{^/cart/items/$variant$}, quantity => '۳', -where => { _method => 'PATCH' }), 200, qr{^/cart$}, 'three after all');
    like($page->{text}, qr/۱٬۲۰۰٬۰۰۰/, 'and it says so');
    at($page->press(qr{^/coupons/apply-coupon$}, code => 'norooz '), 200, qr{^/cart$}, 'a coupon');
    like($page->{text}, qr/۱۲۰٬۰۰۰/, 'ten per cent off');
};

subtest 'the checkout asks who it is, and keeps the cart' => sub {
    $page->visit($page->link(qr{^/checkout$}));
    if ($page->{path} !~ m{^/login}) { $page->visit($page->link(qr{^/login\?next=})) }
    at($page, 200, qr{^/login\?next=%2Fcheckout}, 'the way to the checkout leads to the log-in');
    at($page->press(qr{^/auth/request-otp$}, phone => '۰۹۱۲۳۳۳۴۴۵۵'), 200, qr{^/login\?step=code}, 'the phone, in Persian digits');
    my $code = $shop->sms_code($phone);
    at($page->press(qr{^/auth/verify-otp$}, code => $code), 200, qr{^/checkout$}, 'the code from the inbox leads back to the checkout');
    ok($page->cookies->{'__Host-access'} || grep({ /access/ } keys %{ $page->cookies }), 'logged in by cookies');
    ok(!$page->cookies->{'__Host-cart'}, "the guest's cart became the customer's");
    like($page->{text}, qr/۱٬۲۰۰٬۰۰۰/, 'with what was in it');
};

subtest 'address, way of sending, totals' => sub {
    at($page->press(qr{^/checkout$}, 'address.recipient' => 'زهرا نمونه', 'address.phone' => $phone, 'address.province' => 'IR-23',
        'address.city' => 'تهران', 'address.line' => 'خیابان نمونه', note => 'زنگ نزنید'), 200, qr{^/checkout$}, 'the address is kept');
    like($page->{text}, qr/value="زهرا نمونه"/, 'what was typed is still there');
    at($page->press(qr{^/checkout$}, shipping_method => 'parcel'), 200, qr{^/checkout$}, 'a way of sending is chosen from those offered');
    like($page->{text}, qr/۳۰٬۰۰۰/, 'with its price');
    like($page->{text}, qr/۱٬۱۱۰٬۰۰۰/, 'the total: goods, less the coupon, with sending');
    like($page->{text}, qr/۱۱٬۱۰۰٬۰۰۰/, 'and the same in Rial before the bank');
};

subtest 'placing' => sub {
    my $form = $page->form(qr{^/checkout$});
    my ($button) = grep { ($_->{formaction} // '') eq '/orders' } @{ $form->{buttons} };
    is($button->{value}, 1_110_000, 'the button carries the total that was seen');
    at($page->press(qr{^/checkout$}, -button => 'expected_total'), 200, qr{^/orders/\d+$}, 'placed: the page of the order');
    is($page->posted, 303, 'by a 303');
    ($number) = $page->{path} =~ /(\d+)$/;
    is($shop->db_value("SELECT status || ' ' || total FROM orders WHERE number = '$number'"), 'pending 1110000', 'it waits for its money');
    is($shop->db_value("SELECT reserved FROM stock WHERE variant_id = $variant"), 3, 'the goods are put aside');
    is($shop->db_value("SELECT address ->> 'recipient' FROM orders WHERE number = '$number'"), Encode::encode('UTF-8', 'زهرا نمونه'), 'the address is frozen into it');
};

subtest 'paying at the bank' => sub {
    $page->press(qr{^/payment/process$});
    at($page, 200, qr{^/start/\d+}, 'the bank');
    is($page->{host}, $shop->endpoints->{sandbox}, 'on its own host');
    like($page->{text}, qr/۱۱٬۱۰۰٬۰۰۰/, 'asks for the sum in Rial');
    $page->press(qr{^/start/\d+$}, -button => [action => 'pay']);
    at($page, 200, qr{^/payment/result/}, 'back in the shop: the result');
    like($page->{text}, qr/$_/, "with $_") for '۱٬۱۱۰٬۰۰۰', '۱۱٬۱۰۰٬۰۰۰';
    my $stranger = Tarazu::Test::Page->new($shop, from => '127.0.5.2');
    at($stranger->visit($page->{path}), 200, qr{^/payment/result/}, 'the result is there without a session');
    like($stranger->{text}, qr/<div class="seal"/, 'and says paid');
    unlike($stranger->{text}, qr/خیابان نمونه|زهرا/, 'without name or address');
    $stranger->visit("/orders/$number");
    like($stranger->{path}, qr{^/login}, 'the order itself is for its customer') or is($stranger->{status}, 401, 'or refused');
    at($page->visit("/orders/$number"), 200, qr{^/orders/$number$}, 'who sees it paid');
    like($page->{text}, qr/badge-paid/, 'as paid');
    is($shop->db_value("SELECT status FROM orders WHERE number = '$number'"), 'paid', 'it is');
};

subtest 'staff, by their pages' => sub {
    my $desk = Tarazu::Test::Page->new($shop, from => '127.0.5.3');
    my $staff = $shop->endpoints->{staff};
    $desk->visit('/admin/login');
    $desk->press(qr{^/auth/staff-login$}, username => $staff->{username}, password => 'wrong', otp => '000000');
    is($desk->{status}, 401, 'a wrong password is told on the page');
    $desk->press(qr{^/auth/staff-login$}, username => $staff->{username}, password => $staff->{password},
        otp => Tarazu::Test::Shop::totp($staff->{totp_secret}));
    at($desk, 200, qr{^/admin/?$}, 'password and one-time code');
    $desk->visit('/admin/orders');
    at($desk->visit($desk->link(qr{^/admin/orders/$number$})), 200, qr{^/admin/orders/$number$}, 'the order in the list');
    for my $step (['process', 'processing'], ['ship', 'shipped', tracking_number => '118740300100000000000001'], ['deliver', 'delivered']) {
        my ($event, $status, %with) = @$step;
        $desk->press(qr{/transition$}, %with, -where => { event => $event });
        at($desk, 200, qr{^/admin/orders/$number$}, $event);
        is($shop->db_value("SELECT status FROM orders WHERE number = '$number'"), $status, "makes it $status");
    }
    my @events = $shop->db_query("SELECT e.event, e.actor FROM order_events e JOIN orders o ON o.id = e.order_id WHERE o.number = '$number' ORDER BY e.id");
    is_deeply(\@events, [['place', 'customer'], ['capture', 'system'], ['process', 'staff'], ['ship', 'staff'], ['deliver', 'staff']],
        'the trail says who did what');
    $page->visit("/orders/$number");
    like($page->{text}, qr/badge-delivered/, 'the customer sees it delivered');
    is($shop->db_value("SELECT on_hand || ' ' || reserved FROM stock WHERE variant_id = $variant"), '2 0', 'the goods are gone from the shelf');
};

subtest 'the customer is told' => sub {
    ok(quiet($shop), 'all messages are sent');
    my @texts = map { $_->{text} } @{ $shop->sandbox->get('/inbox/sms?phone=%2B989123334455')->{json}{items} };
    is(scalar(grep { /$number|@{[$number =~ tr,0-9,۰-۹,r]}/ } @texts), 3, 'placed, paid and shipped: three messages') or diag explain \@texts;
};

subtest 'a form sent twice makes one order' => sub {
    $page->visit('/products');
    $page->visit($page->link(qr{^/products/}));
    $page->press(qr{^/cart/items$}, variant_id => $variant, quantity => '1');
    $page->visit('/checkout');
    $page->press(qr{^/checkout$}, 'address.recipient' => 'زهرا', 'address.phone' => $phone, 'address.province' => 'IR-10',
        'address.city' => 'اصفهان', 'address.line' => 'چهارباغ');
    $page->press(qr{^/checkout$}, shipping_method => 'pickup');
    my %kept = (%$page);
    $page->press(qr{^/checkout$}, -button => 'expected_total');
    my $first = $page->{path};
    like($first, qr{^/orders/\d+$}, 'placed');
    @$page{qw(host path text)} = @kept{qw(host path text)}; # Back, and pressed again
    $page->press(qr{^/checkout$}, -button => 'expected_total');
    is($page->{path}, $first, 'the second press leads to the same order');
    is($shop->db_value("SELECT count(*) FROM orders"), 2, 'there is no third');
};

adds_up($shop);
$shop->stop;
done_testing;
