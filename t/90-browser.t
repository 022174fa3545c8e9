#!/usr/bin/env perl
# The shop in a real browser (headless Chromium): pages fit a phone and a desktop in both languages and
# colour schemes, can be read and named by assistive programs, keep to the content policy; and a whole
# purchase, with scripts and without.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

use Cwd ();
use Test::More;

use Tarazu::Test::Browser;
use Tarazu::Test::Shop qw(wait_for);

my $shop = Tarazu::Test::Shop->start(demo => 1);
my $url  = $shop->url;
my @products = @{ $shop->client->get('/products?in_stock=true&limit=24')->{json}{items} };
cmp_ok(scalar @products, '>=', 8, 'the demo shop has products in stock');

sub browser { return Tarazu::Test::Browser->new(@_) }
sub path_of { my ($p) = @_; utf8::encode($p); $p =~ s{([^A-Za-z0-9._~-])}{sprintf q{%%%02X}, ord $1}ge; return $p }

# What a look at the page finds wrong: a list of short texts.
my $LOOK = <<'JS';
(() => {
  const bad = [], html = document.documentElement;
  if (html.scrollWidth > innerWidth + 1) bad.push(`wider than the window: ${html.scrollWidth}`);
  if (document.querySelectorAll('h1').length !== 1) bad.push('not one h1');
  if (document.querySelectorAll('main').length !== 1) bad.push('not one main');
  if (!document.title.trim()) bad.push('no title');
  const shown = (e) => e.checkVisibility() && e.getClientRects().length > 0;
  const name = (e) => (e.getAttribute('aria-label') || (e.labels && [...e.labels].map((l) => l.textContent).join(' '))
    || e.textContent.trim() || e.value || e.querySelector('img')?.alt || '').trim();
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a[href]')) {
    if (shown(e) && !e.closest('[aria-hidden=true]') && !name(e)) bad.push(`nameless: ${e.outerHTML.slice(0, 90)}`);
  }
  for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt')) bad.push(`no alt: ${e.src}`);
  for (const e of document.querySelectorAll('[id]')) {
    if (document.querySelectorAll(`[id="${CSS.escape(e.id)}"]`).length > 1) bad.push(`id twice: ${e.id}`);
  }
  for (const e of document.querySelectorAll('body *')) {
    if (/\{\{|\}\}/.test(e.childNodes.length === 1 ? e.textContent : '')) bad.push(`template left: ${e.textContent.slice(0, 60)}`);
  }
  for (const e of document.querySelectorAll('.tabs a, .button, .tool, .chips a, .staff-nav a')) {
    const r = e.getBoundingClientRect();
    if (shown(e) && r.height < 24) bad.push(`too small to touch: ${e.textContent.trim()}`);
  }
  return bad;
})()
JS

# Contrast of every text with what is painted behind it: 4.5, or 3 for large text.
my $CONTRAST = <<'JS';
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
  const over = (a, b) => a.slice(0, 3).map((v, i) => v * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = (e) => { const stack = []; for (; e; e = e.parentElement) stack.push(rgba(getComputedStyle(e).backgroundColor));
    return stack.reverse().reduce((under, c) => over(c, under), [255, 255, 255, 1]); };
  const bad = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement, style = getComputedStyle(e);
    if (!node.textContent.trim() || !e.checkVisibility({ opacityProperty: true }) || e.closest('.hidden-label, .skip, :disabled, .choice:has(:disabled)')) continue;
    const ground = behind(e), ink = over(rgba(style.color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.add(`${ratio.toFixed(2)}: ${node.textContent.trim().slice(0, 40)}`);
  }
  return [...bad];
})()
JS

sub looks_right {
    my ($b, $path, $name) = @_;
    $b->open("$url$path");
    my @bad = (@{ $b->evaluate($LOOK) }, @{ $b->evaluate($CONTRAST) }, $b->complaints);
    ok(!@bad, $name) or diag(join "\n", @bad);
}

my $product = '/products/' . path_of($products[0]{slug});
my $category = $shop->client->get('/categories')->{json}{items}[0]{slug};
my @public = ('/', '/products', '/products?q=%DA%86%D8%A7%DB%8C', $product, '/categories', '/categories/' . path_of($category),
    '/cart', '/login', '/docs', '/admin/login');

for my $look ([360, 740, 'fa', 'light'], [360, 740, 'en', 'dark'], [1280, 900, 'fa', 'dark'], [1280, 900, 'en', 'light']) {
    my ($width, $height, $lang, $scheme) = @$look;
    my $b = browser(width => $width, height => $height, lang => $lang);
    $b->call('Emulation.setEmulatedMedia', features => [{ name => 'prefers-color-scheme', value => $scheme }]);
    looks_right($b, $_, "$_ at $width, $lang, $scheme") for @public;
    is_deeply($b->evaluate('[document.documentElement.lang, document.documentElement.dir]'),
        [$lang, $lang eq 'fa' ? 'rtl' : 'ltr'], "language and direction, $lang");
    ok($b->evaluate('document.fonts.ready.then(() => document.fonts.check("16px Vazirmatn"))'), "the shop's font, $lang");
}

# What a press on the (visible) control does; dies when there is none.
sub press { my ($b, $selector) = @_; return $b->leave("document.querySelector(`$selector`).click()") }
sub fill {
    my ($b, %values) = @_;
    for my $field (sort keys %values) {
        (my $value = $values{$field}) =~ s/([`\\\$])/\\$1/g;
        $b->evaluate("{ const e = document.querySelector(`[name=\"$field\"]`); e.value = `$value`; Boolean(e.value) }")
            or die "$field does not take $value";
    }
}
sub text { my ($b, $selector) = @_; return $b->evaluate("document.querySelector(`$selector`)?.textContent.trim() ?? ''") }
sub here { return $_[0]->evaluate('location.pathname') }

sub buy {
    my ($name, $phone, $item, %option) = @_;
    my $b = browser(%option);
    $b->open("$url/products/" . path_of($item->{slug}));
    $b->evaluate('document.querySelector(`input[name=variant_id]:not(:disabled)`).checked = true');
    press($b, 'form[action="/cart/items"] button:not([type])');
    is(here($b), '/cart', "$name: in the cart");
    is($b->evaluate('document.querySelectorAll(`.lines > li`).length'), 1, "$name: one line");
    press($b, 'a[href="/checkout"]');
    is(here($b), '/login', "$name: checkout asks to log in");
    fill($b, phone => $phone);
    press($b, 'form[action="/auth/request-otp"] button');
    (my $e164 = $phone) =~ s/^0/+98/;
    my $code = $shop->sms_code($e164);
    fill($b, code => $code);
    press($b, 'form[action="/auth/verify-otp"] button');
    is(here($b), '/checkout', "$name: back in the checkout");

    fill($b, 'address.recipient' => 'سارا محمدی', 'address.phone' => $phone, 'address.province' => 'IR-23', 'address.city' => 'تهران',
        'address.line' => 'خیابان ولیعصر، کوچهٔ نسترن', 'address.plaque' => '۱۲', 'address.postal_code' => '۱۴۱۶۶۳۴۵۱۱');
    press($b, '.actions button:not([formaction]), aside button:not([formaction])');
    is($b->evaluate('document.querySelector(`[name="address.city"]`).value'), 'تهران', "$name: what was typed is kept");
    $b->evaluate('document.querySelector(`[name=shipping_method]`).checked = true');
    press($b, '.actions button:not([formaction])');
    ok($b->evaluate('Boolean(document.querySelector(`[name=shipping_method]:checked`))'), "$name: the choice is kept");
    like(text($b, '.totals .sum'), qr/تومان.*ریال|Toman.*Rial/s, "$name: the sum in Toman and Rial");
    press($b, 'button[formaction="/orders"]');
    like(here($b), qr{^/orders/\d+$}, "$name: the order is placed") or diag(text($b, 'main'));
    my ($number) = here($b) =~ /(\d+)$/;

    press($b, 'form[action="/payment/process"] button');
    like($b->evaluate('location.origin'), qr/^\Q$shop->{endpoints}{sandbox}\E$/, "$name: at the bank");
    press($b, 'button[value=pay]');
    ok(wait_for(sub { eval { here($b) } =~ m{^/payment/result/} }, 20), "$name: back from the bank") or diag(here($b));
    like(text($b, 'h1'), qr/پرداخت انجام شد|Payment received/, "$name: paid");
    press($b, 'a[href$="/orders/' . $number . '"]');
    like(text($b, '.badge'), qr/پرداخت‌شده|Paid/, "$name: the order says so");
    return ($b, $number);
}

my ($b, $number) = buy('without scripts, on a phone', '09121110031', $products[1], scripts => 0, lang => 'fa');
ok(wait_for(sub { $b->open("$url/orders/$number/invoice"); $b->evaluate('document.querySelector(`.sheet`) !== null') }, 20),
    'the invoice is written soon after');
looks_right($b, $_, "$_ of a customer") for '/account', '/orders', "/orders/$number", "/orders/$number/invoice", '/account/wallet';
$b->open("$url/account");
press($b, 'form[action="/auth/logout"] button');
$b->open("$url/orders/$number");
is(here($b), '/login', 'logged out');

(undef, my $second) = buy('with scripts, on a desktop', '09121110002', $products[2], width => 1280, height => 900, lang => 'en');

# What scripts add.
$b = browser(width => 360, height => 740, lang => 'fa');
$b->open("$url/products/" . path_of($products[3]{slug}));
press($b, 'form[action="/cart/items"] button:not([type])');
is($b->evaluate('document.querySelectorAll(`.stepper button`).length'), 2, 'plus and minus beside the number of units');
press($b, '.stepper button');
is($b->evaluate('document.querySelector(`[data-stepper]`).value'), '۲', 'plus saves two units, in Persian digits');
press($b, 'form:has([name=lang]) button');
is($b->evaluate('document.documentElement.lang'), 'en', 'the language is changed');
is(here($b), '/cart', 'on the same page');
press($b, 'form:has([value=DELETE]) button');
is($b->evaluate('document.querySelectorAll(`.lines > li`).length'), 0, 'the line is removed');

# A second request within the two minutes: the page solves the check by itself.
for my $time (1, 2) {
    $b->open("$url/login");
    fill($b, phone => '09121110009');
    press($b, 'form[action="/auth/request-otp"] button');
}
is($b->evaluate('document.querySelectorAll(`#problem`).length'), 1, 'a code asked for twice is refused at first');
ok(wait_for(sub { $b->evaluate('document.querySelector(`[name=altcha]`) !== null') }, 60), 'the check is solved');
press($b, 'form[action="/auth/request-otp"] button');
ok($b->evaluate('document.querySelector(`[name=challenge_id]`) !== null'), 'then the code is waited for') or diag(text($b, 'main'));

# Staff.
my $staff = $shop->endpoints->{staff};
$b = browser(width => 1280, height => 900, lang => 'fa');
$b->open("$url/admin/orders");
is(here($b), '/admin/login', 'staff pages ask staff to log in');
fill($b, username => $staff->{username}, password => $staff->{password},
    otp => Tarazu::Test::Shop::totp($staff->{totp_secret}));
press($b, 'form[action="/auth/staff-login"] button');
like(here($b), qr{^/admin}, 'staff are in') or diag(text($b, 'main'));
for my $width (1280, 360) {
    $b->size($width, 900);
    looks_right($b, $_, "$_ at $width") for '/admin', '/admin/orders', "/admin/orders/$number", '/admin/products',
        '/admin/products/new', '/admin/products/' . path_of($products[0]{slug}), '/admin/coupons', '/admin/payments?unresolved=true',
        '/admin/jobs';
}
$b->size(1280, 900);
$b->open("$url/admin/products/new");
fill($b, 'title.fa' => 'کاسهٔ آزمون', 'title.en' => 'Test bowl', 'variants.0.sku' => 'TEST-BOWL', 'variants.0.price' => '۱۲۰٬۰۰۰',
    'variants.0.weight_g' => '۴۰۰', 'variants.0.on_hand' => '5', 'variants.0.options.0.name' => 'رنگ', 'variants.0.options.0.value' => 'آبی');
$b->evaluate('document.querySelector(`[name=category]`).selectedIndex = 1');
press($b, 'form[action="/admin/products"]:not([role]) button');
is(text($b, 'h1'), 'کاسهٔ آزمون', 'a product is made') or diag(text($b, 'main'));
my $path = here($b);
my ($picture) = glob 'sql/demo/media/*.webp';
$b->choose_file('input[name=image]', Cwd::abs_path($picture));
press($b, 'form[enctype] button');
is($b->evaluate('document.querySelectorAll(`.thumbs img`).length'), 1, 'with a picture') or diag(text($b, 'main'));
ok($b->evaluate('document.querySelector(`.thumbs img`).decode().then(() => true, () => false)'), 'that can be seen');
fill($b, on_hand => '۹');
press($b, 'form[action^="/admin/variants/"] button');
like(text($b, 'form[action^="/admin/variants/"]'), qr/موجودی ۹/, 'and counted stock') or diag(text($b, 'main'));
press($b, 'a[href^="/products/"]');
is(text($b, 'h1'), 'کاسهٔ آزمون', 'the shop shows it');
like(text($b, '.choices'), qr/آبی.*۱۲۰٬۰۰۰ تومان/s, 'with option and price');

$b->open("$url/admin/coupons");
fill($b, code => 'آزمون۱۰', percent => '۱۰', usage_limit => '۳');
press($b, 'form[action="/admin/coupons"] button');
like(text($b, '.table'), qr/۱۰٪/, 'a coupon is made') or diag(text($b, 'main'));

for my $step ([process => 'processing'], [ship => 'shipped'], [deliver => 'delivered']) {
    my ($event, $status) = @$step;
    $b->open("$url/admin/orders/$number");
    fill($b, tracking_number => '۲۱۹۸۷۰۰۱۱۱') if $event eq 'ship';
    press($b, "form:has([value=$event]) button");
    ok($b->evaluate("document.querySelector(`.badge-$status`) !== null"), "order: $event") or diag(text($b, 'main'));
}
like(text($b, 'main'), qr/۲۱۹۸۷۰۰۱۱۱|2198700111/, 'the tracking number is there');

$b->open("$url/admin/orders/$second");
fill($b, reason => 'خریدار خواست', refund_to => 'manual');
press($b, 'form:has([value=cancel]) button');
ok($b->evaluate('document.querySelector(`.badge-canceled`) !== null'), 'a paid order is canceled') or diag(text($b, 'main'));
ok($b->evaluate('document.querySelector(`.badge-awaiting_transfer`) !== null'), 'its refund waits for a transfer');
$b->open("$url/admin/payments?unresolved=true");
fill($b, reference => '998877');
press($b, 'form[action$="/transferred"] button');
$b->open("$url/admin/orders/$second");
ok($b->evaluate('document.querySelector(`.badge-done`) !== null'), 'and is done') or diag(text($b, 'main'));

undef $b;
$shop->stop;
done_testing;
