#!/usr/bin/env perl
# What nginx does by itself: the reduced words, limits, page cache, error pages, and which requests it
# sends again when a worker or a whole replica dies.
use strict;
use warnings;

use File::Temp;
use Test::More;

use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Nginx;
use Tarazu::Test::Shop qw(wait_for);

# Our limits as they are, but with passes coming back at one per second: whether a limit is reached must
# not depend on how fast this machine asks. That the rates are those of the comments: t/30-nginx-conf.t.
my $limits = do { local (@ARGV, $/) = 'nginx/limits.conf'; <> };
$limits =~ s/rate=\d+r\/s/rate=1r\/s/g;
my $slow = File::Temp->new;
print {$slow} $limits;
close $slow;

my $nginx = Tarazu::Test::Nginx->start(replicas => 2, limits => "$slow");
my $c = $nginx->client(headers => {});
sub params { my ($path, %headers) = @_; return $c->get($path, headers => \%headers)->{json}{params} }

subtest 'JSON or the page' => sub {
    my @table = (
        ['application/json', 'json'], ['*/*', 'html'], ['', 'html'],
        ['application/json, text/plain, */*', 'json'],
        ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'html'],
        ['text/html, application/json', 'html'], ['application/json, text/html', 'json'],
        ['text/html;q=0.8, application/json', 'json'], ['application/json;q=0.8, text/html;q=0.9', 'html'],
        ['application/json;q=0.9, text/html;q=0.8', 'json'], ['application/json;q=0, */*', 'html'],
        ['application/json;q=0.5, */*', 'html'], ['application/problem+json', 'json'],
    );
    is(params('/p', accept => $_->[0])->{TARAZU_ACCEPT}, $_->[1], "Accept: $_->[0]") for @table;
    my %page = (accept => 'text/html');
    is(params('/p.json', %page)->{TARAZU_ACCEPT}, 'json', 'a path in .json');
    is(params('/p.json/', %page)->{TARAZU_ACCEPT}, 'json', 'also with a slash behind it');
    is(params('/p', %page, authorization => 'Bearer x')->{TARAZU_ACCEPT}, 'json', 'a Bearer token');
    is(params('/p', %page, authorization => 'Basic x')->{TARAZU_ACCEPT}, 'html', 'not any other authorization');
    is($c->post('/p', json => {}, headers => \%page)->{json}{params}{TARAZU_ACCEPT}, 'json', 'a JSON body');
};

subtest 'Persian or English' => sub {
    my @table = (
        ['', '', 'fa'], ['en', '', 'en'], ['de', '', 'fa'], ['*', '', 'fa'], ['en-US,en;q=0.9,fa;q=0.8', '', 'en'],
        ['fa-IR,fa;q=0.9,en-US;q=0.8,en;q=0.7', '', 'fa'], ['fa;q=0.4, en', '', 'en'], ['en;q=0, fa;q=0.1', '', 'fa'],
        ['en', 'lang=fa', 'fa'], ['fa', 'lang=en', 'en'], ['fa', 'lang=zz', 'fa'],
    );
    for (@table) {
        my ($header, $cookie, $want) = @$_;
        is(params('/p', 'accept-language' => $header, cookie => $cookie)->{TARAZU_LANG}, $want, "$header|$cookie");
    }
};

subtest 'what the application is told' => sub {
    my $r = $nginx->client(from => '127.44.5.6')->get('/p?a=1', headers => { proxy => 'evil', 'x-forwarded-for' => '8.8.8.8' });
    my $p = $r->{json}{params};
    is($p->{REMOTE_ADDR}, '127.44.5.6', 'the true address, whatever X-Forwarded-For says');
    is($p->{HTTP_PROXY} // '', '', 'a Proxy header is no setting');
    is($p->{QUERY_STRING}, 'a=1', 'the query');
    like($p->{REQUEST_ID}, qr/^[0-9a-f]{32}$/, 'a request id');
    is($r->{headers}{'x-request-id'}, $p->{REQUEST_ID}, 'which the answer carries, and no other');
};

subtest 'headers of every answer' => sub {
    my %seen = ('a page' => $c->get('/p'), 'a static file' => $c->get('/static/app.css'), 'an error' => $c->get('/static/none'));
    for my $what (sort keys %seen) {
        my $h = $seen{$what}{headers};
        is($h->{'x-content-type-options'}, 'nosniff', "$what: nosniff");
        is($h->{'referrer-policy'}, 'strict-origin-when-cross-origin', "$what: referrer policy");
        like($h->{'strict-transport-security'}, qr/max-age=63072000/, "$what: HSTS");
        like($h->{'content-security-policy'}, qr/frame-ancestors 'none'/, "$what: may not be framed");
        unlike($h->{'content-security-policy'}, qr/unsafe-inline|unsafe-eval/, "$what: no inline scripts");
    }
    my $hashed = $c->get('/static/app.0123456789ab.css');
    is($hashed->{status}, 200, 'a static file under its name with a hash');
    like($hashed->{headers}{'cache-control'}, qr/immutable/, 'never changes');
    like($hashed->{headers}{'content-type'}, qr{^text/css}, 'and has its type');
    unlike($c->get('/static/app.css')->{headers}{'cache-control'}, qr/immutable/, 'its plain name may');
    for my $path ('/static/../cert.pem', '/static/..%2fcert.pem', '/static/%2e%2e/cert.pem', '/media/..%2f..%2fcert.pem') {
        unlike($c->get($path)->{body}, qr/CERTIFICATE/, "$path leads nowhere");
    }
    is($c->get('/media/a.html')->{headers}{'content-type'}, 'application/octet-stream', 'an uploaded page is not shown');
    is($c->get('/media/a.png')->{headers}{'content-type'}, 'image/png', 'an uploaded picture is');
    my $other = "evil.example:$nginx->{port}";
    is(`curl -sk --noproxy '*' --resolve $other:127.0.0.1 -o /dev/null -w '%{http_code}' https://$other/p`, 421,
        'other host names are refused');
};

subtest 'addresses that cannot be read' => sub {
    my %status = ('/p/%00' => 400, '/..%2f..%2fcert.pem' => 400, '/-/problem.json' => 404);
    for my $path (sort keys %status) {
        my $r = $c->get($path);
        is($r->{status}, $status{$path}, "$path: $status{$path}");
        like($r->{headers}{'x-request-id'} // '', qr/^[0-9a-f]{32}$/, "$path: with its request id");
        like($r->{body}, qr/lang="fa"|"request_id"/, "$path: said in our words");
    }
    for my $raw ("GARBAGE\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n") {
        my ($answer, $name) = ($nginx->raw($raw), $raw =~ s/\r\n/ /gr);
        like($answer, qr{^HTTP/1\.1 (?:400|405|421|505) }, "$name: refused");
        like($answer, qr/^X-Request-Id: [0-9a-f]{32}\r$/m, "$name: with a request id");
    }
};

subtest 'sizes of bodies' => sub {
    is($c->post('/p', body => 'x' x 65_536)->{json}{body}, 65_536, '64 KB pass');
    my $r = $c->post('/p', body => 'x' x 70_000, headers => { accept => 'application/json' });
    is($r->{status}, 413, 'more does not');
    is($r->{json}{code}, 'too_large', 'and the answer is a problem');
    is($r->{json}{status}, 413, 'with its status');
    for my $path ('/admin/products/x/images', '/admin/products/x/images/', '/account/avatar', '/payments/0/receipt') {
        is($c->post($path, body => 'x' x 200_000)->{json}{body}, 200_000, "$path takes pictures");
    }
    is($c->post('/payment/webhook', body => 'x' x 70_000)->{status}, 413, 'the webhook does not');
};

subtest 'limits' => sub {
    # path, how many of one address pass at once
    my @table = (['/auth/request-otp', 60], ['/coupons/apply-coupon', 60], ['/checkout/quote', 60], ['/orders', 60],
        ['/payment/process', 60], ['/payment/webhook', 200]);
    my $n = 0;
    for my $row (@table) {
        my ($path, $pass) = @$row;
        my $one = $nginx->client(from => '127.20.0.' . ++$n);
        my @status = map { $one->post($path, form => { a => 1 })->{status} } 1 .. $pass;
        is(scalar(grep { $_ == 200 } @status), $pass, "$path: $pass at once pass");
        # Several at once: one alone may be slower than the passes come back.
        my @ends = at_once(6, do => sub {
            my ($mine, $r) = $nginx->client(from => $one->{from});
            for (1 .. 200) { last if ($r = $mine->post($path, form => { a => 1 }))->{status} != 200 }
            return $r;
        });
        my ($last) = ((grep { ($_->{status} // 0) != 200 } @ends), $ends[0]);
        is($last->{status}, 429, "$path: there is an end to it");
        is($last->{headers}{'content-type'}, 'application/problem+json', "$path: said as a problem");
        is($last->{json}{code}, 'rate_limited', "$path: with its code");
        is($last->{json}{request_id}, $last->{headers}{'x-request-id'}, "$path: and the request id");
        my $wait = $last->{headers}{'retry-after'};
        cmp_ok($wait, '>=', 1, "$path: Retry-After");
        sleep $wait;
        is($one->post($path, form => { a => 1 })->{status}, 200, "$path: which is true");
        is($nginx->client(from => '127.21.0.1')->post($path, form => { a => 1 })->{status}, 200, "$path: others are not concerned");
    }
    my $page = $nginx->client(from => '127.20.0.3', html => 1)->post('/checkout/quote', form => {});
    my $tries = 0;
    $page = $nginx->client(from => '127.20.0.2', html => 1)->post('/coupons/apply-coupon', form => {}) until $page->{status} == 429 || $tries++ > 300;
    like($page->{headers}{'content-type'}, qr{^text/html}, 'a browser gets a page');
    like($page->{body}, qr/لطفاً|کمی صبر کنید/, 'in Persian');
    like($page->{body}, qr/please wait/, 'and English');
    my $own = $c->get('/app429');
    is($own->{headers}{'retry-after'}, 77, "the application's own refusals pass untouched");
    is($own->{json}{pool}, 'web', 'with their body');
};

subtest 'the page cache' => sub {
    my $first = $c->get('/products/cached')->{json};
    my $again = $c->get('/products/cached')->{json};
    is($again->{params}{REQUEST_ID}, $first->{params}{REQUEST_ID}, 'a page is kept for a moment');
    isnt($c->get('/products/cached')->{headers}{'x-request-id'}, $first->{params}{REQUEST_ID}, 'every answer has its own request id');
    my $other = sub { $c->get('/products/cached', headers => {@_})->{json}{params}{REQUEST_ID} };
    isnt($other->('accept-language' => 'en'), $first->{params}{REQUEST_ID}, 'another language is another page');
    isnt($other->(accept => 'text/html'), $first->{params}{REQUEST_ID}, 'another form too');
    isnt($other->(cookie => '__Host-cart=1'), $first->{params}{REQUEST_ID}, 'somebody with a cart is asked for anew');
    isnt($other->(authorization => 'Bearer x'), $first->{params}{REQUEST_ID}, 'somebody with a token too');
    ok(wait_for(sub { $other->() ne $first->{params}{REQUEST_ID} }, 5), 'the page is renewed');
    my %ids = map { $c->get('/products/cached-cookie')->{json}{params}{REQUEST_ID} => 1 } 1 .. 3;
    is(scalar(keys %ids), 3, 'nothing with a cookie is kept');
    %ids = map { $c->get('/products/private')->{json}{params}{REQUEST_ID} => 1 } 1 .. 3;
    is(scalar(keys %ids), 3, 'nor what the application did not offer');
    my @pids = at_once(8, before => sub { my $one = $nginx->client; $one->get('/warm'); $one },
        do => sub { $_[1]->get('/sleep-elsewhere')->{json}{params}{REQUEST_ID} });
    my %pids = map { $_ => 1 } @pids;
    is(scalar(keys %pids), 8, 'pages that are not kept are asked for by everybody');
    $c->request('HEAD', '/products/cached-head');
    is($c->get('/products/cached-head')->{json}{pool}, 'web', 'HEAD does not empty the page');
};

subtest 'a worker dies' => sub {
    my $asked = sub { my ($m, $path) = @_; scalar grep { / \Q$m\E \Q$path\E$/ } $nginx->asked };
    for my $method (qw(POST PATCH)) {
        my $r = $c->request($method, "/die-$method", form => { a => 1 });
        is($r->{status}, 502, "$method: the one in its hands is lost");
        is($r->{json}{code}, 'unavailable', "$method: said as a problem");
        ok($r->{headers}{'retry-after'}, "$method: with Retry-After");
        is($asked->($method, "/die-$method"), 1, "$method: and is never sent twice");
    }
    $c->get('/die-get');
    is($asked->('GET', '/die-get'), 2, 'GET is tried once more');
};

subtest 'a replica dies' => sub {
    $nginx->kill_replica(2);
    my @r = map { $c->post("/orders", form => { n => $_ }) } 1 .. 20;
    is(scalar(grep { $_->{status} == 200 && $_->{json}{replica} eq 'r1' } @r), 20, 'the other serves every POST');
    $nginx->kill_replica(1);
    my $r = $c->post('/orders', json => {});
    is($r->{status}, 502, 'with none left nginx says so');
    cmp_ok($r->{headers}{'retry-after'}, '>=', 1, 'and when to come back');
    like($nginx->client(html => 1)->get('/p')->{body}, qr/<h1>/, 'as a page for browsers');
};

subtest 'the log' => sub {
    $c->get('/payment/result/very-secret-token?x=1');
    $c->get('/admin/orders?phone=09121234567');
    my @entries = $nginx->access_log;
    ok(@entries > 100, 'one JSON line a request');
    is(scalar(grep { $_->{uri} =~ /very-secret|0912/ } @entries), 0, 'without tokens and phone numbers');
    ok((grep { $_->{limit_req} eq 'REJECTED' && $_->{limit} eq 'otp' } @entries) > 0, 'with what the limits said');
};
done_testing;
