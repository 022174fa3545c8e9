#!/usr/bin/env perl
# The public contract as clients see it: names of fields, statuses and codes, what every answer carries,
# the two representations, spellings of paths, bodies and lists. Each table row is one promise.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Digest::SHA qw(hmac_sha256_hex);
use Encode qw(decode_utf8 encode_utf8);
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(replicas => 2);
shelf($shop);
my ($goods, $scarce) = goods($shop, count => 2, on_hand => 50, price => 100_000);
my $staff = $shop->staff(from => '127.0.41.250');
my $buyer = Tarazu::Test::Buyer->new($shop, $shop->login('09124100001', from => '127.0.41.1'));
my $stranger = $shop->login('09124100002', from => '127.0.41.2');
my $addresses = 9;
sub guest { return $shop->client(from => '127.0.41.' . ++$addresses, @_) }
sub esc { return join '', map { /[\w.~-]/a ? $_ : sprintf '%%%02X', ord } split //, encode_utf8($_[0]) }

# What every answer carries, checked for each one this script sees.
my ($answers, @careless) = (0);
sub seen {
    my ($what, $r) = @_;
    $answers++;
    my $h = $r->{headers};
    push @careless, "$what: no request id" if ($h->{'x-request-id'} // '') !~ /^[0-9a-f]{32}$/;
    push @careless, "$what: $r->{status} without Retry-After" if $r->{status} =~ /^(?:429|503)$/ && !($h->{'retry-after'} // 0);
    return $r if $r->{status} < 400 || ($h->{'content-type'} // '') =~ m{^text/html} || !length $r->{body};
    my $p = $r->{json} // {};
    my @lacks = grep { !exists $p->{$_} } qw(type title status code detail request_id params errors);
    push @careless, "$what: the problem lacks @lacks" if @lacks;
    push @careless, "$what: not problem+json" if ($h->{'content-type'} // '') ne 'application/problem+json';
    push @careless, "$what: another status in the body" if ($p->{status} // 0) != $r->{status};
    push @careless, "$what: another request id in the body" if ($p->{request_id} // '') ne ($h->{'x-request-id'} // '');
    for my $e (@{ $p->{errors} // [] }) {
        push @careless, "$what: an error without its parts" if grep { !defined $e->{$_} } qw(field code message params);
        push @careless, "$what: $e->{field} is no JSON Pointer" if $e->{field} !~ m{^(?:/|$)};
    }
    return $r;
}
sub ask { my ($c, $method, $path, %o) = @_; return seen("$method $path", $c->request($method, $path, %o)) }
sub fields { return [map { "$_->{field} $_->{code}" } @{ $_[0]{json}{errors} // [] }] }
sub has { # every name is there, whatever its value
    my ($what, $object, $names) = @_;
    is_deeply([grep { !exists $object->{$_} } split ' ', $names], [], "$what: $names") or diag explain $object;
    return;
}
sub other_times { # every member that tells a time does so in RFC 3339
    my ($what, $node) = @_;
    return map { other_times($what, $_) } @$node if ref $node eq 'ARRAY';
    return if ref $node ne 'HASH';
    return map { my $v = $node->{$_}; ref $v ? other_times($what, $v)
        : /_at$|^at$/ && defined $v && $v !~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/ ? "$what: $_ $v" : () } keys %$node;
}

my $LINE = 'variant_id product_slug sku title options image quantity unit_price';
my $QUOTE_LINE = "$LINE line_subtotal discount tax_rate_bp tax line_total";
my $ORDER_LINE = "$QUOTE_LINE id shipped_quantity canceled_quantity returned_quantity refunded_amount";
my $ORDER = 'number status payment_status payment_method subtotal discount shipping tax total wallet due paid refunded currency'
    . ' prices_include_tax placed_at expires_at address shipping_method coupon items shipments payments refunds actions';
my $PRODUCT = 'slug title price price_max compare_at_price currency in_stock default_variant_id image rating review_count';

subtest 'the shop window' => sub {
    my $c = guest();
    my $list = ask($c, GET => '/products?limit=1')->{json};
    has(list => $list, 'items next facets');
    has(product => $list->{items}[0], $PRODUCT);
    my $product = ask($c, GET => '/products/' . esc($list->{items}[0]{slug}))->{json};
    has('the product' => $product, 'slug title description category variants images attributes rating');
    has(variant => $product->{variants}[0], 'id sku options price compare_at_price in_stock available');
    my $tree = ask($c, GET => '/categories')->{json}{items};
    has(category => $tree->[0], 'slug title children');
    is(ask($c, GET => '/categories/' . esc($tree->[0]{slug}))->{status}, 200, 'the page of a category');
    has(cart => ask($c, GET => '/cart')->{json}, 'version item_count items coupon subtotal discount currency');
    my $cart = ask($c, POST => '/cart/items', json => { variant_id => $goods, quantity => 2 })->{json};
    has('line of a cart' => $cart->{items}[0], "$LINE max_quantity available line_total notice");
    my $quote = ask($c, POST => '/checkout/quote', json => { address => { province => 'IR-23', city => 'تهران' }, shipping_method => 'parcel' })->{json};
    has(quote => $quote, 'lines subtotal discount shipping tax total wallet due prices_include_tax currency shipping_methods payment_methods explain');
    has('line of a quote' => $quote->{lines}[0], $QUOTE_LINE);
    has('way of shipping' => $quote->{shipping_methods}[0], 'id title price charged eta_days needs_address needs_postal_code');
    has('explanation' => $quote->{explain}[0], 'code params text amount');
    is($quote->{total}, $quote->{subtotal} - $quote->{discount} + $quote->{shipping}, 'the total adds up');
    has(challenge => ask($c, GET => '/auth/challenge')->{json}, 'algorithm challenge salt signature maxnumber');
};

my ($order, $payment);
subtest 'an order and its payment' => sub {
    my $c = $buyer->{client};
    $buyer->put($goods, 2);
    my $r = seen('POST /orders', $buyer->place(key => 'contract'));
    is($r->{status}, 201, 'placed: 201') or diag $r->{body};
    $order = $r->{json};
    is($r->{headers}{location}, "/orders/$order->{number}", 'with its address');
    has(order => $order, $ORDER);
    has(line => $order->{items}[0], $ORDER_LINE);
    has(address => $order->{address}, 'recipient phone province city line plaque unit postal_code note lat lng');
    has(shipping => $order->{shipping_method}, 'id title charged');
    like($order->{number}, qr/^\d+$/, 'a number');
    $r = ask($c, POST => '/payment/process', json => { order => $order->{number} }, key => 'pay');
    is($r->{status}, 201, 'a payment is started: 201');
    has(start => $r->{json}, 'payment_id redirect_url');
    $payment = $r->{json}{payment_id};
    is(ask($c, POST => '/payment/process', json => { order => $order->{number} }, key => 'pay')->{headers}{'idempotent-replayed'} // '', 'true', 'a replay says so');
    has(payment => ask($c, GET => "/payments/$payment")->{json}, 'id method status amount reference');
    my ($track) = $r->{json}{redirect_url} =~ m{(\d+)$};
    my $way = $shop->sandbox->post("/bank/$track/pay")->{json};
    $r = seen('callback', guest()->get($way->{callback_url}));
    is($r->{status}, 303, 'back from the bank: 303');
    like($r->{headers}{location}, qr{^/payment/result/[\w-]+$}, 'to the result');
    my $result = ask(guest(), GET => $r->{headers}{location})->{json};
    has(result => $result, 'number status total reference');
    ok(!exists $result->{address}, 'which shows no address');
    is($result->{status}, 'captured', 'paid');
    is(ask($c, POST => '/payment/process', json => { order => $order->{number} })->{json}{code}, 'nothing_to_pay', 'nothing is left to pay');
    is(ask($c, GET => "/orders/$order->{number}/invoice")->{status}, 200, 'the invoice is there at once');
    has('payment of the order' => ask($c, GET => "/orders/$order->{number}")->{json}{payments}[0], 'id method status amount reference');
    my $seen = ask($staff, GET => "/admin/orders/$order->{number}")->{json};
    has(event => $seen->{events}[0], 'at actor event from to reason');
    is_deeply([other_times(order => $seen)], [], 'times are RFC 3339 in UTC');
    has(stock => ask($staff, POST => "/admin/variants/$scarce/stock", json => { delta => 1, reason => 'شمارش' })->{json}, 'on_hand reserved available');
    $r = ask($staff, POST => '/admin/coupons', json => { code => 'قرارداد', kind => 'percent', value => 1000 });
    is($r->{status}, 201, 'a coupon: 201');
    has(coupon => $r->{json}, 'code kind value currency usage_limit per_customer_limit min_subtotal max_discount starts_at ends_at');
    $r = ask($staff, POST => "/admin/orders/$order->{number}/transition", json => { event => 'process' });
    is($r->{json}{status}, 'processing', 'a step gives the order');
    $r = ask($staff, POST => "/admin/orders/$order->{number}/transition", json => { event => 'ship', tracking_number => '۱۲۳۴' });
    is($r->{json}{shipments}[0]{tracking_number}, '1234', 'digits of a tracking number are folded');
    has(shipment => $r->{json}{shipments}[0], 'id carrier tracking_number tracking_url status items');
};

subtest 'who may not' => sub {
    my $c = $buyer->{client};
    my $address = ask($c, POST => '/account/addresses', json => $buyer->{address})->{json}{id};
    is(ask($c, GET => "/account/addresses/$address")->{json}{city}, 'تهران', 'an address of one\'s own');
    for my $row (
        # who, what, status, code
        [guest(), POST => '/orders', 401, 'unauthenticated'], [guest(), GET => '/orders', 401, 'unauthenticated'],
        [guest(), GET => '/account', 401, 'unauthenticated'], [guest(), GET => '/admin/products', 401, 'unauthenticated'],
        [$stranger, GET => "/orders/$order->{number}", 404, 'not_found'], [$stranger, GET => "/orders/$order->{number}/invoice", 404, 'not_found'],
        [$stranger, POST => "/orders/$order->{number}/cancel", 404, 'not_found'], [$stranger, GET => "/payments/$payment", 404, 'not_found'],
        [$stranger, GET => "/account/addresses/$address", 404, 'not_found'], [$stranger, PATCH => "/account/addresses/$address", 404, 'not_found'],
        [$stranger, DELETE => "/account/addresses/$address", 404, 'not_found'], [$stranger, GET => '/admin/orders', 403, 'forbidden'],
        [$staff, GET => '/account', 403, 'forbidden'], [$stranger, GET => '/orders/1', 404, 'not_found'],
    ) {
        my ($who, $method, $path, $status, $code) = @$row;
        my $r = ask($who, $method => $path, $method eq 'GET' ? () : (json => {}));
        is("$r->{status} $r->{json}{code}", "$status $code", "$method $path: $status $code");
    }
    for my $body ({ address_id => $address }, { address_id => 999_999 }) {
        is(ask($_, POST => '/checkout/quote', json => $body)->{status}, 404, 'a quote for an address of somebody else') for $stranger, guest();
    }
    my $r = ask(guest(), POST => '/auth/refresh', json => { refresh_token => $stranger->{refresh_token} }, bearer => 'spent.or.foreign');
    is($r->{status}, 200, 'tokens are renewed whatever access token comes along');
    has(tokens => $r->{json}, 'access_token token_type expires_in refresh_token');
};

subtest 'what is refused, by name' => sub {
    my ($c, $g) = ($buyer->{client}, guest());
    $g->post('/cart/items', json => { variant_id => $goods });
    $buyer->put($goods);
    my $wish = $buyer->wish;
    my @json = (headers => { 'content-type' => 'application/json' });
    for my $row (
        # who, method, path, options, status, code, fields
        [$g, POST => '/cart/items', { json => { variant_id => $goods, price => 1 } }, 422, 'invalid_field', '/price unknown_field'],
        [$g, POST => '/cart/items', { json => { variant_id => {}, quantity => 1.5 } }, 422, 'invalid_field', '/variant_id type', '/quantity type'],
        [$g, POST => '/cart/items', { json => {} }, 422, 'invalid_field', '/variant_id required'],
        [$g, POST => '/cart/items', { json => [] }, 422, 'invalid_field', ' type'],
        [$g, POST => '/cart/items', { json => { variant_id => 999_999 } }, 422, 'invalid_field', '/variant_id not_found'],
        [$g, POST => '/cart/items', { json => { variant_id => $goods, quantity => 0 } }, 422, 'invalid_field', '/quantity too_small'],
        [$g, POST => '/cart/items', { json => { variant_id => $goods, quantity => 99 } }, 409, 'out_of_stock', '/quantity out_of_stock'],
        [$g, POST => '/cart/items', { body => '{"variant_id":', @json }, 400, 'bad_request'],
        [$g, POST => '/cart/items', { body => "{\"variant_id\":1,\"variant_id\":2}", @json }, 400, 'bad_request'],
        [$g, POST => '/cart/items', { body => 'x', headers => { 'content-type' => 'text/plain' } }, 415, 'unsupported_media_type'],
        [$g, POST => '/cart/items', { body => 'x' x 70_000, @json }, 413, 'too_large'],
        [$g, POST => '/cart/items', { json => { variant_id => $goods }, key => 'k' x 256 }, 422, 'invalid_field', '/_idempotency_key too_long'],
        [$g, PATCH => '/cart/items/999999', { json => { quantity => 1 } }, 404, 'not_found'],
        [$g, DELETE => '/cart/items/999999', {}, 404, 'not_found'],
        [$g, POST => '/coupons/apply-coupon', { json => { code => 'nosuch' } }, 422, 'coupon_invalid'],
        [$g, POST => '/checkout/quote', { json => { address => { province => 'IR-99', city => 'تهران' } } }, 422, 'invalid_field', '/address/province not_one_of'],
        [$g, POST => '/checkout/quote', { json => { shipping_method => 'balloon' } }, 409, 'shipping_method_unavailable'],
        [$c, POST => '/orders', { json => { %$wish, expected_total => 1 } }, 409, 'cart_changed'],
        [$c, POST => '/orders', { json => { %$wish, cart_version => 9999 } }, 409, 'cart_changed'],
        [$c, POST => '/orders', { json => { %$wish, address => { %{ $wish->{address} }, postal_code => '۱۲۳', lat => 35.7 } } }, 422, 'invalid_field',
            '/address/postal_code bad_postal_code', '/address/lng required'],
        [$g, POST => '/checkout/quote', { json => { address => { province => 'IR-23', city => 'تهران', postal_code => 'x' } } }, 422, 'invalid_field',
            '/address/postal_code bad_postal_code'],
        [$c, POST => '/orders', { json => { shipping_method => 'parcel' } }, 422, 'invalid_field', '/expected_total required'],
        [$c, POST => '/payment/process', { json => { order => $order->{number}, return_url => 'https://evil.example/' } }, 422, 'invalid_field', '/return_url not_one_of'],
        [$staff, POST => "/admin/orders/$order->{number}/transition", { json => { event => 'cancel' } }, 409, 'illegal_transition'],
        [$staff, POST => "/admin/orders/$order->{number}/refunds", { json => { amount => 99_999_999, to => 'manual', reason => 'x' } }, 409, 'refund_exceeds'],
        [$staff, POST => "/admin/variants/$goods/stock", { json => { reason => 'x' } }, 422, 'invalid_field', '/on_hand required'],
        [$staff, POST => '/admin/coupons', { json => { code => 'قرارداد', kind => 'fixed', value => 1 } }, 409, 'coupon_code_taken'],
        [$g, GET => '/products?limit=0', {}, 422, 'invalid_field', '/limit too_small'],
        [$g, GET => '/products?limit=101', {}, 422, 'invalid_field', '/limit too_large'],
        [$g, GET => '/products?sort=best', {}, 422, 'invalid_field', '/sort not_one_of'],
        [$g, GET => '/nowhere', {}, 404, 'not_found'], [$g, POST => '/products', { json => {} }, 405, 'method_not_allowed'],
        [$g, PUT => '/cart', { json => {} }, 405, 'method_not_allowed'],
        [$g, POST => '/auth/verify-otp', { json => { challenge_id => 'x', phone => '12', code => '' } }, 422, 'invalid_field',
            '/challenge_id bad_uuid', '/phone bad_mobile', '/code required'],
    ) {
        my ($who, $method, $path, $o, $status, $code, @fields) = @$row;
        my $r = ask($who, $method => $path, %$o);
        is_deeply([$r->{status}, $r->{json}{code}, @{ fields($r) }], [$status, $code, @fields], "$method $path: $status $code @fields");
    }
    my $r = ask($c, POST => '/orders', json => { %$wish, expected_total => 1 });
    has('the new quote' => $r->{json}{quote}, 'lines total due');
    ask($staff, POST => "/admin/variants/$goods/stock", json => { on_hand => 0, reason => 'شمارش' });
    $r = ask($c, POST => '/orders', json => $wish);
    is($r->{json}{code}, 'out_of_stock', 'sold out');
    is($r->{json}{errors}[0]{variant_id}, $goods, 'said for each line, by its variant');
    like($r->{json}{errors}[0]{params}{title} // '', qr/\S/, 'and its name');
    ask($staff, POST => "/admin/variants/$goods/stock", json => { on_hand => 50, reason => 'شمارش' });
};

subtest 'keys' => sub {
    my $g = guest();
    my $add = sub { return ask($g, POST => '/cart/items', json => { variant_id => $goods, quantity => $_[0] }, key => 'first') };
    is($add->(2)->{status}, 200, 'the change that makes a guest\'s cart');
    my $r = $add->(2);
    is(($r->{headers}{'idempotent-replayed'} // '') . $r->{json}{item_count}, 'true2', 'is replayed under its key');
    is($add->(3)->{json}{code}, 'idempotency_mismatch', 'and refused with another body');
    my $b = guest(html => 1);
    my %form = (variant_id => $goods, quantity => '۲', _idempotency_key => 'form');
    is($b->post('/cart/items', form => \%form)->{headers}{location}, '/cart', 'a form goes on to the cart') for 1, 2;
    is($b->get('/cart.json')->{json}{item_count}, 2, 'twice the same form adds once');
    for my $row ([$g, PATCH => "/cart/items/$goods", { quantity => 1 }], [$g, DELETE => "/cart/items/$goods", undef],
        [$g, POST => '/coupons/apply-coupon', { code => 'قرارداد' }], [$g, DELETE => '/coupons/apply-coupon', undef],
        [$stranger, PATCH => '/account', { name => 'نام' }], [$stranger, POST => '/account/addresses', $buyer->{address}]) {
        my ($who, $method, $path, $body) = @$row;
        my ($one, $two) = map { ask($who, $method => $path, $body ? (json => $body) : (), key => "twice $method $path") } 1, 2;
        is(($two->{headers}{'idempotent-replayed'} // '') . ($two->{body} eq $one->{body} ? '' : ' but otherwise'), 'true', "$method $path: replayed") or diag $one->{body};
    }
};

subtest 'representations' => sub {
    for my $row (['*/*', 'html'], ['text/html', 'html'], ['application/json', 'json'], ['application/json;q=0.5, text/html', 'html'],
        ['image/png', 'html'], ['application/*', 'json'], ['application/problem+json', 'json'], ['application/json, text/plain, */*', 'json']) {
        my ($accept, $want) = @$row;
        for my $path ('/products', '/nowhere') {
            my $r = seen($path, guest(headers => { accept => $accept })->get($path));
            is($r->{headers}{'content-type'} =~ /json/ ? 'json' : 'html', $want, "Accept: $accept gives $path as $want");
        }
    }
    my $b = guest(html => 1);
    for my $path ('/products.json', '/products.json/', '/cart.json') {
        like($b->get($path)->{headers}{'content-type'}, qr{^application/json}, "$path is JSON for anybody");
    }
    is($b->get($_)->{status}, 200, "$_ is the same route") for '/products/', '/cart/', '/categories/', '/docs/', '/healthz/';
    is(ask(guest(), POST => $_, json => { variant_id => $goods })->{status}, 200, "POST $_ too") for '/cart/items/', '/cart/items.json';
    for my $path ('/', '/products', '/cart', '/login', '/categories', '/docs', '/admin/login') {
        is($b->get($path)->{headers}{'set-cookie'}, undef, "GET $path sets no cookie");
    }
    my $head = seen('HEAD', guest()->request('HEAD', '/products'));
    is("$head->{status} " . ($head->{body} // ''), '200 ', 'HEAD is GET without the body');
    for my $row (['accept-language' => 'en', 'Not found'], ['accept-language' => 'fa, en;q=0.9', 'پیدا نشد'], [cookie => 'lang=en', 'Not found'],
        ['accept-language' => 'de', 'پیدا نشد']) {
        is(ask(guest(headers => { $row->[0] => $row->[1] }), GET => '/nowhere')->{json}{title}, $row->[2], "$row->[0]: $row->[1]");
    }
    is(ask(guest(headers => { authorization => "bearer $buyer->{client}{bearer}" }), GET => '/orders')->{status}, 200, 'the word Bearer in any case');
    my $public = guest(html => 1)->get('/products')->{headers};
    like(join(' ', map { ref ? @$_ : $_ } $public->{vary} // ''), qr/Accept, Accept-Language, Cookie/, 'what may be kept says on what it depends');
    is($buyer->{client}->get('/products')->{headers}{'cache-control'}, 'no-store', 'what is somebody\'s own may not be kept');
    for my $row ([POST => '/orders', '/login'], [GET => '/orders', '/login?next=%2Forders'], [GET => '/admin/orders', '/admin/login?next=%2Fadmin%2Forders']) {
        my $r = guest(html => 1)->request($row->[0], $row->[1], $row->[0] eq 'POST' ? (form => {}) : ());
        is("$r->{status} $r->{headers}{location}", "303 $row->[2]", "a browser at $row->[0] $row->[1] logs in first");
    }
    my $cross = guest(html => 1);
    $cross->post('/cart/items', form => { variant_id => $goods });
    is($cross->post('/cart/items', form => { variant_id => $goods }, headers => { origin => 'https://evil.example' })->{status}, 403, 'forms of other sites are refused');
    is($cross->post("/cart/items/$goods", form => { _method => 'DELETE' })->{headers}{location}, '/cart', 'a form may name its method');
    is($cross->get('/cart.json')->{json}{item_count}, 0, 'which is what is done');
};

subtest 'a refused checkout keeps what was typed' => sub {
    my $c = $shop->login('09124100003', from => '127.0.41.3');
    my $page = $shop->client(html => 1, from => '127.0.41.3');
    $page->{cookies}{'__Host-access'} = $c->{bearer};
    $page->post('/cart/items', form => { variant_id => $goods });
    my %form = (shipping_method => 'parcel', expected_total => 100_000, map { ("address.$_" => $buyer->{address}{$_}) } keys %{ $buyer->{address} });
    my $place = sub { return $page->post('/orders', form => { %form, @_ }, headers => { referer => $shop->url . '/checkout' }) };
    my $r = $place->('address.postal_code' => '۱۲۳');
    is($r->{status}, 422, 'half a postal code: 422');
    for my $typed ('value="خریدار آزمون"', 'value="۱۲۳"', 'value="parcel" required checked', 'name="next" value="/checkout"') {
        like(decode_utf8($r->{body}), qr/\Q$typed\E/, "the page has $typed");
    }
    like(decode_utf8($r->{body}), qr{کد پستی:\s*کد پستی باید}, 'and says what is wrong');
    $r = $place->();
    is($r->{status}, 409, 'a total without the shipping: 409');
    like(decode_utf8($r->{body}), qr/value="خریدار آزمون"/, 'nothing that was typed is lost');
    my ($total) = $r->{body} =~ /name="expected_total" value="(\d+)"/;
    cmp_ok($total, '>', 100_000, 'the new total is there to be agreed to');
    like($place->(expected_total => $total)->{headers}{location}, qr{^/orders/\d+$}, 'and pressed');
    $page->post('/cart/items', form => { variant_id => $goods });
    $place->(expected_total => $total);
    is(scalar @{ ask($c, GET => '/account/addresses')->{json}{items} }, 1, 'the address is kept for the next time, once');
};

subtest 'categories' => sub {
    my $r = ask($staff, POST => '/admin/categories', json => { title => { fa => 'پارچه', en => 'Cloth' }, parent => 'آزمون' });
    is($r->{status}, 201, 'a new one: 201') or diag $r->{body};
    has(category => $r->{json}, 'slug title titles parent position');
    is("$r->{json}{slug} under $r->{json}{parent}", 'پارچه under آزمون', 'its address is made of the title');
    is(ask($staff, POST => '/admin/categories', json => { title => 'پارچه' })->{json}{code}, 'slug_taken', 'an address of its own');
    my $silk = ask($staff, POST => '/admin/categories', json => { title => 'ابریشم', slug => 'silk', parent => 'پارچه' })->{json};
    is($silk->{titles}{en}, 'ابریشم', 'one language stands for both');
    my $cloth = '/admin/categories/' . esc('پارچه');
    is_deeply(fields(ask($staff, PATCH => $cloth, json => { parent => $_->[0] })), ["/parent $_->[1]"], "under $_->[0]: no")
        for ['silk', 'invalid'], ['پارچه', 'invalid'], ['nowhere', 'not_found'];
    is(ask($staff, PATCH => '/admin/categories/silk', json => { parent => undef, title => { en => 'Silk' } })->{json}{parent}, undef, 'it moves to the top');
    is(ask($staff, PATCH => '/admin/categories/nowhere', json => { position => 1 })->{status}, 404, 'one that is not there');
    my ($listed) = grep { $_->{slug} eq 'silk' } @{ ask($staff, GET => '/admin/categories')->{json}{items} };
    is("$listed->{depth} $listed->{product_count} $listed->{titles}{en}", '1 0 Silk', 'staff see it');
    is(ask(guest(headers => { 'accept-language' => 'en' }), GET => '/categories/silk')->{json}{title}, 'Silk', 'and so does everybody');
    my $page = $shop->client(html => 1);
    $page->{cookies}{'__Host-access'} = $staff->{bearer};
    like($page->get('/admin/categories')->{body}, qr{action="/admin/categories/silk"}, 'on a page with forms');
    is($page->post('/admin/categories', form => { 'title.fa' => 'نخ', parent => '' })->{headers}{location}, '/admin/categories', 'that make one');
    is($page->post('/admin/categories/silk', form => { _method => 'PATCH', 'title.fa' => 'حریر', position => '۳' })->{status}, 303, 'and change one');
    is(ask($stranger, GET => '/admin/categories')->{status}, 403, 'staff only');
    $r = ask($staff, POST => '/admin/products', json => { title => 'روسری', category => 'silk',
        variants => [{ sku => 'PAIRS', price => 1000, options => { 'رنگ' => 'سرخ' } }] });
    is_deeply($r->{json}{variants}[0]{options}, [{ name => 'رنگ', value => 'سرخ' }], 'options of a product in it, as names and values') or diag $r->{body};
};

subtest 'lists' => sub {
    my @lists = ([guest(), '/products', 'q=x'], [$buyer->{client}, '/orders'], [$staff, '/admin/products', 'q=x'], [$staff, '/admin/coupons'],
        [$staff, '/admin/orders', 'status=paid'], [$staff, '/admin/payments', 'unresolved=true'], [$staff, '/admin/audit', 'actor=owner'],
        [$staff, '/admin/sms', 'phone=09124100001'], [$staff, '/admin/customers', 'q=0912']);
    $buyer->put($goods);
    seen('a second order', $buyer->place);
    for my $row (@lists) {
        my ($who, $path, $filter) = @$row;
        my $r = ask($who, GET => "$path?limit=1");
        has($path => $r->{json}, 'items next');
        is(scalar @{ $r->{json}{items} }, 1, "$path: one at a time");
        is(ask($who, GET => "$path?limit=1&cursor=$_")->{json}{code}, 'cursor_invalid', "$path: a broken cursor") for '%21', 'x' x 500;
        my $next = $r->{json}{next} // next;
        is(ask($who, GET => "$path?limit=1&cursor=$next")->{status}, 200, "$path: the next");
        is(ask($who, GET => "$path?cursor=$next&$filter")->{json}{code}, 'cursor_invalid', "$path: not with another filter") if $filter;
    }
    is(scalar @{ ask(guest(), GET => '/products?limit=' . esc('۱'))->{json}{items} }, 1, 'Persian digits');
};

subtest 'the webhook' => sub {
    my $secret = $shop->endpoints->{webhook_secret};
    my $raw = '{"trackId":1,"success":1,"status":2,"orderId":"x"}';
    my $send = sub {
        my ($body, $at, $signature) = @_;
        $signature //= 'v1=' . hmac_sha256_hex("$at.$body", $secret);
        return seen('webhook', guest()->post('/payment/webhook', body => $body,
            headers => { 'content-type' => 'application/json', 'x-tarazu-timestamp' => $at, 'x-tarazu-signature' => $signature }));
    };
    my $now = time;
    my $r = $send->($raw, $now);
    is("$r->{status} $r->{body}", '200 {}', 'signed: 200 {}');
    is($send->($raw, $now)->{status}, 200, 'again');
    is($send->($raw, $now, "v1=$_")->{json}{code}, 'signature_invalid', 'wrongly signed') for '00', 'x' x 64;
    is($send->($raw, $_)->{status}, 401, "at $_: stale") for $now - 400, $now + 400, 'now';
    is($send->('{', $now)->{status}, 400, 'no JSON');
    is($send->(' ' x 70_000, $now)->{status}, 413, 'too large');
    is(ask(guest(), POST => '/payment/webhook/zibal/nobody', json => { trackId => 1 })->{status}, 404, 'the unsigned one needs its token');
};

subtest 'operations' => sub {
    my $c = guest();
    is(ask($c, GET => $_)->{status}, 200, $_) for qw(/healthz /readyz /metrics /openapi.json /docs);
    my $api = $c->get('/openapi.json')->{json};
    like($api->{openapi}, qr/^3\.1/, 'OpenAPI 3.1');
    ok($api->{paths}{$_}, "$_ is described") for qw(/products /cart/items /orders /payment/webhook /admin/orders/{number}/transition);
    my $e = $shop->endpoints;
    has(endpoints => $e, 'shop sandbox staff database webhook_secret replicas master_pids');
    my $sms = $shop->sandbox->get('/inbox/sms?phone=%2B989124100001')->{json};
    has('a message' => $sms->{items}[0], 'at to text');
    like($shop->sandbox->get('/bank/journal')->{body}, qr/request/, 'the bank tells what it was asked');
};

is_deeply(\@careless, [], "all of $answers answers carry what every answer carries");
$shop->stop;
done_testing;
