#!/usr/bin/env perl
# Scripts of other sites: the setting cors.origins lets some call the API with a token of their own;
# nobody is let in by default, and cookies are never part of it.
use strict;
use warnings;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Shop;

my ($friend, $other) = ('https://app.example', 'https://evil.example');
my $shop = Tarazu::Test::Shop->start(conf => { 'cors.origins' => "https://panel.example, $friend" });
sub headers { my ($r) = @_; return { map { /^access-control-(.*)/ ? ($1 => $r->{headers}{$_}) : () } keys %{ $r->{headers} } } }
sub origin { my ($name, %more) = @_; return headers => { origin => $name, 'sec-fetch-site' => 'cross-site', %more } }
sub preflight { my ($path, $name, $method) = @_;
    return $shop->client->request('OPTIONS', $path, origin($name, $method ? ('access-control-request-method' => $method) : ())) }
my $exposed = 'X-Request-Id, Idempotent-Replayed, Retry-After, Location';

subtest 'reading' => sub {
    for my $name ('https://panel.example', $friend) {
        my $r = $shop->client->get('/cart', origin($name));
        is($r->{status}, 200, "$name asks");
        is_deeply(headers($r), { 'allow-origin' => $name, 'expose-headers' => $exposed }, 'and may read the answer');
        like($r->{headers}{vary}, qr/\bOrigin\b/i, 'which is for this origin');
    }
    for my $name ($other, 'null', 'https://app.example.evil.example', 'http://app.example', 'https://app.example:444', 'https://app.exampl') {
        my $r = $shop->client->get('/cart', origin($name));
        is_deeply(headers($r), {}, "$name may not");
        like($r->{headers}{vary}, qr/\bOrigin\b/i, 'and a cache is told');
    }
    is_deeply(headers($shop->client->get('/cart')), {}, 'without an origin there is nothing to say');
    my $r = $shop->client->get('/account', origin($friend));
    is($r->{status}, 401, 'an error');
    is(headers($r)->{'allow-origin'}, $friend, 'can be read too');
};

subtest 'pages that are kept for a moment' => sub {
    my $c = $shop->client;
    for my $name ($friend, $other, $friend, undef, $friend) {
        my $r = $c->get('/products', $name ? origin($name) : ());
        is(headers($r)->{'allow-origin'}, $name && $name eq $friend ? $friend : undef, ($name // 'nobody') . ' is not answered with the copy of another');
    }
};

subtest 'preflight' => sub {
    my $r = preflight('/cart/items', $friend, 'POST');
    is($r->{status}, 204, 'answered');
    is($r->{body} // '', '', 'without a body');
    is_deeply(headers($r), { 'allow-origin' => $friend, 'allow-methods' => 'POST', 'max-age' => 600,
        'allow-headers' => 'Authorization, Content-Type, Idempotency-Key, Accept-Language' }, 'with what may be sent');
    $r = preflight('/account', $friend, 'PATCH');
    is_deeply([sort split /, /, headers($r)->{'allow-methods'}], ['GET', 'PATCH'], 'by the methods of the path');
    is(preflight('/nowhere', $friend, 'GET')->{status}, 404, 'a path that does not exist');
    is(preflight('/account', $friend, undef)->{status}, 405, 'OPTIONS that is no preflight');
    $r = preflight('/account', $other, 'PATCH');
    is($r->{status}, 405, 'another origin');
    is_deeply(headers($r), {}, 'is allowed nothing');
};

subtest 'changing' => sub {
    my $buyer = $shop->login('09125550001');
    my $r = $buyer->patch('/account', json => { name => 'Friend' }, origin($friend));
    is($r->{status}, 200, 'a token of its own is good') or diag $r->{body};
    is(headers($r)->{'allow-origin'}, $friend, 'and the answer can be read');
    $r = $shop->client->post('/auth/request-otp', json => { phone => '09125550002' }, origin($friend));
    is($r->{status}, 202, 'logging in from an allowed origin') or diag $r->{body};
    $r = $shop->client->post('/auth/request-otp', json => { phone => '09125550003' }, origin($other));
    is($r->{status}, 403, 'not from another');
    $r = $shop->client->post('/auth/request-otp.json', form => { phone => '09125550003' }, origin($friend));
    is($r->{status}, 403, 'nor by a form, which could be answered with cookies');
    my $c = $shop->client;
    $c->{cookies}{'__Host-access'} = $buyer->{bearer};
    for my $name ($friend, $other) {
        $r = $c->patch('/account', json => { name => 'Stolen' }, origin($name));
        is($r->{status}, 403, "cookies are refused from $name");
        is(headers($r)->{'allow-credentials'}, undef, 'and never allowed');
    }
    is($buyer->get('/account')->{json}{name}, 'Friend', 'nothing was changed by them');
};
$shop->stop;

subtest 'by default' => sub {
    my $closed = Tarazu::Test::Shop->start;
    my $r = $closed->client->get('/cart', origin($friend));
    is_deeply(headers($r), {}, 'no origin is allowed');
    is($closed->client->request('OPTIONS', '/cart', origin($friend, 'access-control-request-method' => 'GET'))->{status}, 405, 'nor answered before it asks');
    $closed->stop;
};

done_testing;
