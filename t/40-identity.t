#!/usr/bin/env perl
# Who somebody is: logging in by phone and code, tokens and sessions, the account, addresses.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use MIME::Base64 qw(decode_base64);
use Test::More;

use Tarazu::Test::Shop qw(wait_for);

my $shop = Tarazu::Test::Shop->start;
my $turn = 0;
sub later { # the shop's own clock moves on
    my ($seconds) = @_;
    $shop->db_query("UPDATE clock SET shift = shift + make_interval(secs => $seconds) RETURNING 1", admin => 1);
}
sub fresh_phone { return sprintf '0912555%04d', ++$turn }
sub texts { my ($phone) = @_; (my $to = $phone) =~ s/^0/%2B98/; return @{ $shop->sandbox->get("/inbox/sms?phone=$to")->{json}{items} // [] } }
# Asks for a code and waits for its SMS (an older one may lie in the inbox).
sub challenge {
    my ($c, $phone, $path, %more) = @_;
    my $before = texts($phone);
    my $r = $c->post($path // '/auth/request-otp', $c->{html} ? 'form' : 'json', { phone => $phone, %more });
    wait_for(sub { texts($phone) > $before }, 15) or die "no SMS for $phone after $r->{status} $r->{body}";
    return ($r, $shop->sms_code($phone));
}
sub log_in {
    my ($phone, %o) = @_;
    my $c = $shop->client(%o);
    my ($r, $code) = challenge($c, $phone);
    $r = $c->post('/auth/verify-otp', json => { challenge_id => $r->{json}{challenge_id}, phone => $phone, code => $code });
    $r->{status} == 200 or die "verify-otp: $r->{body}";
    @$c{qw(bearer refresh_token)} = @{ $r->{json} }{qw(access_token refresh_token)};
    return $c;
}
sub code_of { my ($r) = @_; return $r->{json}{code} // '-' }

subtest 'every spelling of a number is one account' => sub {
    my @ids;
    for my $spelling ('09121110000', '+989121110000', '00989121110000', '989121110000', '9121110000',
        '۰۹۱۲۱۱۱۰۰۰۰', '٠٩١٢١١١٠٠٠٠', '0912 111 0000', '0912-111-0000', '+98 (912) 111 0000') {
        later(121);
        my $c = $shop->client;
        my $before = texts('09121110000');
        my $r = $c->post('/auth/request-otp', json => { phone => $spelling });
        is($r->{status}, 202, "«$spelling»") or next;
        wait_for(sub { texts('09121110000') > $before }, 15);
        $r = $c->post('/auth/verify-otp', json => { challenge_id => $r->{json}{challenge_id},
            phone => $spelling, code => $shop->sms_code('09121110000') });
        is($r->{status}, 200, '  and its code') or diag $r->{body};
        push @ids, $c->get('/account', bearer => $r->{json}{access_token})->{json}{id};
    }
    is(scalar(keys %{ { map { $_ => 1 } @ids } }), 1, 'one customer');
    my $r = $shop->client->post('/auth/request-otp', json => { phone => '02188888888' });
    is($r->{status}, 422, 'a landline gets no code');
    is($r->{json}{errors}[0]{field}, '/phone', 'and the field is named');
};

subtest 'the answer to a request' => sub {
    my $phone = fresh_phone();
    my $r = $shop->client->post('/auth/request-otp', json => { phone => $phone });
    is($r->{status}, 202, 'accepted');
    like($r->{json}{challenge_id}, qr/^[0-9a-f-]{36}$/, 'challenge');
    is($r->{json}{resend_after}, 120, 'when another may be asked for');
    cmp_ok($r->{json}{expires_in}, '>=', 120, 'good for two minutes at least');
    cmp_ok($r->{json}{expires_in}, '<=', 300, 'and five at most');
    like($shop->sms_code($phone), qr/^\d{6}$/, 'six digits');
    is($shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'sms_code' AND payload::text ~ '\"[0-9]{6}\"'"), 0,
        'no code lies readable in the outbox');
    my $u = $shop->client->post('/auth/request-otp', json => { phone => fresh_phone(), role => 'owner' });
    is($u->{status}, 422, 'unknown fields are refused');
};

subtest 'a code is good once, for its phone and challenge' => sub {
    my ($phone, $other) = (fresh_phone(), fresh_phone());
    my $c = $shop->client;
    my $challenge = $c->post('/auth/request-otp', json => { phone => $phone })->{json}{challenge_id};
    my $code = $shop->sms_code($phone);
    my $wrong = sprintf '%06d', ($code + 1) % 1_000_000;
    my $try = sub { $c->post('/auth/verify-otp', json => { challenge_id => $_[0], phone => $_[1], code => $_[2] }) };
    my $r = $try->($challenge, $phone, $wrong);
    is($r->{status}, 422, 'a wrong code');
    is(code_of($r), 'code_invalid', 'is told');
    is($r->{json}{params}{attempts_left}, 4, 'with what is left');
    is(code_of($try->($challenge, $other, $code)), 'code_invalid', 'another phone');
    is(code_of($try->('00000000-0000-4000-8000-000000000000', $phone, $code)), 'code_invalid', 'an unknown challenge');
    my $persian = $code =~ tr/0-9/۰-۹/r;
    $r = $try->($challenge, $phone, $persian);
    is($r->{status}, 200, 'the right code, in Persian digits');
    is($r->{json}{token_type}, 'Bearer', 'gives a bearer token');
    is($r->{json}{expires_in}, 900, 'of 15 minutes');
    ok(!grep({ /^__Host-(?:access|refresh)/ } keys %{ $c->{cookies} }), 'and no cookies to an API client');
    is(code_of($try->($challenge, $phone, $code)), 'code_invalid', 'the second time it is nothing');
    later(121);
    ($r, $code) = challenge($c, $phone);
    $challenge = $r->{json}{challenge_id};
    later(301);
    is(code_of($try->($challenge, $phone, $code)), 'code_invalid', 'an expired code');
};

subtest 'refresh tokens' => sub {
    my $c = log_in(fresh_phone());
    my $old = $c->{refresh_token};
    my $refresh = sub { $c->post('/auth/refresh', json => { refresh_token => $_[0] }, bearer => undef) };
    my $first = $refresh->($old);
    is($first->{status}, 200, 'exchanged');
    isnt($first->{json}{refresh_token}, $old, 'for another one');
    my $again = $refresh->($old);
    is($again->{json}{refresh_token}, $first->{json}{refresh_token}, 'the lost answer is given again');
    my @tabs = Tarazu::Test::Client::at_once(6, do => sub {
        my $r = $shop->client->post('/auth/refresh', json => { refresh_token => $first->{json}{refresh_token} });
        return { status => $r->{status}, token => $r->{json}{refresh_token} };
    });
    is(scalar(grep { ($_->{status} // 0) == 200 } @tabs), 6, 'tabs that refresh at once all go on');
    is(scalar(keys %{ { map { ($_->{token} // '') => 1 } @tabs } }), 1, 'with the same successor');
    is($c->get('/account', bearer => $first->{json}{access_token})->{status}, 200, 'the session lives');
    later(30);
    my $reused = $refresh->($old);
    is($reused->{status}, 401, 'a used token after the grace');
    is(code_of($reused), 'token_invalid', 'is refused');
    is($c->get('/account', bearer => $first->{json}{access_token})->{status}, 401, 'and has ended the whole family');
    is($refresh->($tabs[0]{token})->{status}, 401, 'its newest token too');
    is($refresh->('x' x 43)->{status}, 401, 'an unknown token');
    is($refresh->('')->{status}, 401, 'none');
    is($shop->db_value("SELECT count(*) FROM refresh_tokens WHERE hash = " . "'$old'", admin => 1), 0, 'tokens are not kept as they are');
};

subtest 'access tokens end' => sub {
    my $c = log_in(fresh_phone());
    is($c->get('/account')->{status}, 200, 'good');
    later(901);
    my $r = $c->get('/account');
    is($r->{status}, 401, 'not after 15 minutes');
    is(code_of($r), 'token_invalid', 'and it says why');
    $r = $c->post('/auth/refresh', json => { refresh_token => $c->{refresh_token} });
    is($r->{status}, 200, 'a client that still sends it may refresh');
    is($c->get('/account', bearer => $r->{json}{access_token})->{status}, 200, 'and goes on');
};

subtest 'sessions' => sub {
    my $phone = fresh_phone();
    my $one = log_in($phone);
    later(121);
    my $two = log_in($phone, headers => { 'user-agent' => 'Second/1.0' });
    my $items = $one->get('/account/sessions')->{json}{items};
    is(scalar @$items, 2, 'both are listed');
    my ($other) = grep { !$_->{current} } @$items;
    is($other->{agent}, 'Second/1.0', 'with what they are');
    my $stranger = log_in(fresh_phone());
    is($stranger->delete("/account/sessions/$other->{id}")->{status}, 404, 'a stranger cannot end it');
    is($two->get('/account')->{status}, 200, 'so it goes on');
    is($one->delete("/account/sessions/$other->{id}")->{status}, 200, 'its owner can');
    is($two->get('/account')->{status}, 401, 'and it has ended at once');
    is($one->post('/auth/logout-all', json => {})->{status}, 200, 'log out everywhere');
    is($one->get('/account')->{status}, 401, 'here too');
    my $three = $stranger;
    is($three->post('/auth/logout', json => { refresh_token => $three->{refresh_token} }, bearer => undef)->{status}, 200, 'log out by refresh token');
    is($three->get('/account')->{status}, 401, 'ends the session');
    is($three->post('/auth/logout', json => { refresh_token => 'nonsense' }, bearer => undef)->{status}, 200, 'logging out never fails');
};

subtest 'a browser without JavaScript' => sub {
    my $phone = fresh_phone();
    my $b = $shop->client(html => 1);
    is($b->get('/login?next=/cart')->{status}, 200, 'the page');
    my $r = $b->post('/auth/request-otp', form => { phone => $phone, next => '/cart' });
    is($r->{status}, 303, 'the form leads on');
    my $page = $r->{headers}{location};
    like($page, qr{/login\?step=code&challenge=[0-9a-f-]+}, 'to the page for the code');
    my ($path) = $page =~ m{^(?:https://[^/]+)?(/.*)};
    $r = $b->get($path);
    like($r->{body}, qr/autocomplete="one-time-code"/, 'where phones offer the code');
    my ($challenge) = $path =~ /challenge=([0-9a-f-]+)/;
    my $code = $shop->sms_code($phone);
    my $wrong = sprintf '%06d', ($code + 1) % 1_000_000;
    $r = $b->post('/auth/verify-otp', form => { challenge_id => $challenge, phone => $phone, code => $wrong, next => '/cart' });
    is($r->{status}, 422, 'a wrong code');
    like($r->{body}, qr/name="challenge_id" value="\Q$challenge\E"/, 'stays on the form');
    $r = $b->post('/auth/verify-otp', form => { challenge_id => $challenge, phone => $phone, code => $code, next => '/cart' });
    is($r->{status}, 303, 'the right one');
    like($r->{headers}{location}, qr{^(?:https://[^/]+)?/cart$}, 'goes where the visitor wanted');
    my @set = map { ref ? @$_ : $_ } $r->{headers}{'set-cookie'};
    for my $name (qw(__Host-access __Host-refresh)) {
        my ($cookie) = grep { /^$name=/ } @set;
        like($cookie // '', qr/Secure/i, "$name: Secure");
        like($cookie // '', qr/HttpOnly/i, "$name: HttpOnly");
        like($cookie // '', qr/SameSite=Lax/i, "$name: SameSite=Lax");
        like($cookie // '', qr{Path=/(?:;|$)}i, "$name: for the whole site");
    }
    is($b->get('/account')->{status}, 200, 'the account opens');
    my %before = %{ $b->{cookies} };
    later(901);
    is($b->get('/account')->{status}, 200, 'and still does when the access cookie is over');
    isnt($b->{cookies}{'__Host-refresh'}, $before{'__Host-refresh'}, 'the cookies were renewed');
    for my $path ('/orders', '/payment/process') { # other pools, other roles of the database
        %before = %{ $b->{cookies} };
        later(901);
        $r = $b->post($path, form => {});
        is($r->{status}, 422, "$path knows who it is and asks for the rest");
        isnt($b->{cookies}{'__Host-access'}, $before{'__Host-access'}, '  having renewed the cookies');
    }
    $r = $b->request('POST', '/auth/logout', form => {}, headers => { origin => 'https://evil.example' });
    is($r->{status}, 403, 'another site cannot log one out');
    $r = $b->request('PATCH', '/account', json => { name => 'x' }, headers => { 'sec-fetch-site' => 'cross-site', origin => $shop->url });
    is($r->{status}, 403, 'nor change the account');
    $r = $b->post('/auth/logout', form => {});
    is($r->{status}, 303, 'log out');
    ok(!exists $b->{cookies}{'__Host-access'}, 'the cookies are gone');
    $r = $b->get('/account');
    is($r->{status}, 303, 'and the account asks to log in');
    for my $evil ('https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)') {
        later(121);
        my $e = $shop->client(html => 1);
        ($r, $code) = challenge($e, $phone, undef, next => $evil);
        my ($c) = $r->{headers}{location} =~ /challenge=([0-9a-f-]+)/;
        $r = $e->post('/auth/verify-otp', form => { challenge_id => $c, phone => $phone, code => $code, next => $evil });
        like($r->{headers}{location} // '', qr{^(?:\Q@{[$shop->url]}\E)?/$}, "next=$evil stays in the shop");
    }
};

subtest 'the account' => sub {
    my $c = log_in(fresh_phone());
    my $r = $c->patch('/account', json => { name => 'علي كريمي', email => 'Ali@Example.COM' });
    is($r->{status}, 200, 'changed');
    is($r->{json}{name}, 'علی کریمی', 'Arabic letters become Persian');
    like($r->{json}{email}, qr/\@example\.com$/, 'the domain is folded');
    is($c->patch('/account', json => { national_code => '1111111111' })->{status}, 422, 'a wrong national code');
    is($c->patch('/account', json => { national_code => '۰۰۸۴۵۷۵۹۴۸' })->{json}{national_code}, '0084575948', 'a right one');
    is($c->patch('/account', json => { national_code => undef })->{json}{national_code}, undef, 'and away again');
    for my $field (qw(id phone created_at email_verified role)) {
        is($c->patch('/account', json => { $field => '1' })->{status}, 422, "$field cannot be assigned");
    }
    is($c->get('/account')->{json}{name}, 'علی کریمی', 'what was not named stays');
    is($shop->client->get('/account')->{status}, 401, 'nobody has no account');
};

subtest 'a picture of oneself' => sub {
    my $c = log_in(fresh_phone());
    my $send = sub { my ($type, $data) = @_; return $c->post('/account/avatar', multipart => [image => { filename => 'me.png', type => $type, data => $data }]) };
    my $png = decode_base64('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==');
    my $r = $send->('image/png', $png);
    is($r->{status}, 200, 'taken') or diag $r->{body};
    like($r->{json}{avatar}, qr{^/media/}, 'and shown from the folder of pictures');
    is($c->get($r->{json}{avatar})->{status}, 200, 'where it is');
    is($send->('image/png', '<script>alert(1)</script>')->{status}, 422, 'a page under the name of a picture');
    my $bomb = substr($png, 0, 16) . pack('NN', 60000, 60000) . substr($png, 24);
    is($send->('image/png', $bomb)->{status}, 422, 'one that would be huge when unpacked');
};

my %address = (recipient => 'سارا', phone => '۰۲۱۸۸۸۸۸۸۸۸', province => 'IR-23', city => 'تهران', line => 'خیابان آزادی',
    plaque => '۱۲', postal_code => '۱۲۳۴۵-۶۷۸۹۰', lat => 35.7001, lng => 51.4);
subtest 'addresses' => sub {
    my ($c, $other) = map { log_in(fresh_phone()) } 1 .. 2;
    my $r = $c->post('/account/addresses', json => \%address);
    is($r->{status}, 201, 'added') or diag $r->{body};
    my $id = $r->{json}{id};
    is($r->{json}{postal_code}, '1234567890', 'postal code folded');
    is($r->{json}{phone}, '+982188888888', 'a landline is fine here');
    is($r->{json}{lat}, 35.7001, 'the place');
    is($c->patch("/account/addresses/$id", json => { city => 'ری', plaque => undef })->{json}{city}, 'ری', 'changed');
    $r = $c->get('/account/addresses');
    is(scalar @{ $r->{json}{items} }, 1, 'one in the list');
    is($r->{json}{items}[0]{plaque}, undef, 'null emptied it');
    is($r->{json}{items}[0]{line}, $address{line}, 'the rest stayed');
    for my $bad ([postal_code => '123'], [province => 'IR-99'], [province => 'Tehran'], [phone => '12'], [lat => 95], [recipient => '']) {
        is($c->post('/account/addresses', json => { %address, $bad->[0] => $bad->[1] })->{status}, 422, "$bad->[0]=$bad->[1]");
    }
    is($other->patch("/account/addresses/$id", json => { city => 'قم' })->{status}, 404, 'a stranger cannot change it');
    is($other->delete("/account/addresses/$id")->{status}, 404, 'nor remove it');
    is($c->delete("/account/addresses/$id")->{status}, 200, 'its owner can');
    is(scalar @{ $c->get('/account/addresses')->{json}{items} }, 0, 'gone from the list');
    is($shop->db_value("SELECT count(*) FROM addresses WHERE id = $id AND archived_at IS NOT NULL"), 1, 'archived, not deleted');
};

subtest 'another phone, and leaving' => sub {
    my ($phone, $next) = (fresh_phone(), fresh_phone());
    my $c = log_in($phone);
    later(601);
    my $r = $c->post('/account/phone/request-otp', json => { phone => $next });
    is($r->{status}, 403, 'a log-in of ten minutes ago is not enough');
    is(code_of($r), 'proof_required', 'a fresh code is wanted');
    my $before = texts($phone);
    my $challenge = $c->post('/account/prove', json => {})->{json}{challenge_id};
    wait_for(sub { texts($phone) > $before }, 15);
    is($c->post('/account/prove', json => { challenge_id => $challenge, code => $shop->sms_code($phone) })->{status}, 200, 'proved');
    my $taken = log_in(fresh_phone());
    $r = $c->post('/account/phone/request-otp', json => { phone => $next });
    is($r->{status}, 202, 'a code goes to the new number');
    my %change = (challenge_id => $r->{json}{challenge_id}, phone => $next, code => $shop->sms_code($next));
    is($taken->post('/account/phone', json => \%change)->{status}, 422, 'somebody else cannot use it');
    $r = $c->post('/account/phone', json => \%change);
    is($r->{status}, 200, 'the number is changed') or diag $r->{body};
    is($r->{json}{phone}, '+98' . substr($next, 1), 'and shown');
    my $export = $c->get('/account/export');
    is($export->{json}{profile}{phone}, '+98' . substr($next, 1), 'one can take one\'s data along');
    is_deeply([sort keys %{ $export->{json} }], [qw(addresses cart messages orders profile reviews sessions waiting_for wallet)], 'all of it');
    cmp_ok(scalar @{ $export->{json}{messages} }, '>=', 1, 'also what was sent to them');
    my $id = $export->{json}{profile}{id};
    is($c->post('/account/erase', json => {})->{status}, 200, 'erased');
    is($c->get('/account')->{status}, 401, 'the session is over');
    is($shop->db_value("SELECT count(*) FROM customers WHERE phone IN ('+98" . substr($next, 1) . "', '+98" . substr($phone, 1) . "')"), 0,
        'neither number is known any more');
    is($shop->db_value("SELECT count(*) FROM sms_log WHERE phone = '+98" . substr($next, 1) . "'"), 0, 'the log of messages has forgotten the number');
    is($shop->db_value("SELECT count(*) FROM sms_log WHERE phone = 'erased:$id'"), scalar @{ $export->{json}{messages} }, '  not the messages');
    is($shop->db_value("SELECT (SELECT count(*) FROM carts WHERE customer_id = $id) + (SELECT count(*) FROM stock_requests WHERE customer_id = $id)
        + (SELECT count(*) FROM otp_codes WHERE phone = '+98" . substr($next, 1) . "')"), 0, 'no cart, no wishes, no codes');
    is($shop->db_value("SELECT count(*) FROM sessions WHERE customer_id = $id AND (client || agent) <> ''", admin => 1), 0, 'no devices');
};

subtest 'the same by pages without JavaScript' => sub {
    my ($phone, $next) = ('09126660031', '09126660032');
    my $b = $shop->client(html => 1);
    my $code = sub { my ($of) = @_; return $shop->sms_code($of, $_[1] // 0) };
    $b->{cookies}{'__Host-access'} = $shop->login($phone)->{bearer};
    later(601); # the log-in itself is a proof for ten minutes
    my $r = $b->get('/account/security');
    is($r->{status}, 200, 'the page');
    like($r->{body}, qr{action="/account/prove"}, 'first one shows who one is');
    unlike($r->{body}, qr{action="/account/(?:phone|erase)}, 'before anything else');
    $r = $b->post('/account/erase', form => {});
    is($r->{status}, 403, 'nothing goes without it');
    like($r->{body}, qr{action="/account/prove"}, 'and the page says how');
    $r = $b->post('/account/prove', form => {});
    is($r->{status}, 303, 'a code is asked for') or diag $r->{body};
    my ($challenge) = $r->{headers}{location} =~ /challenge=([0-9a-f-]+)/;
    like($b->get($r->{headers}{location})->{body}, qr/autocomplete="one-time-code"/, 'the page with the field');
    my $good = $code->($phone, 1);
    $r = $b->post('/account/prove', form => { challenge_id => $challenge, code => $good eq '000000' ? '000001' : '000000' });
    is($r->{status}, 422, 'a wrong code');
    like($r->{body}, qr/value="\Q$challenge\E"/, 'keeps the form');
    $r = $b->post('/account/prove', form => { challenge_id => $challenge, code => $good });
    is($r->{headers}{location}, '/account/security', 'the right one');
    like($b->get('/account/security')->{body}, qr{action="/account/erase"}, 'opens the rest');
    $r = $b->post('/account/phone/request-otp', form => { phone => $next });
    is($r->{status}, 303, 'a code to the new number') or diag $r->{body};
    ($challenge) = $r->{headers}{location} =~ /challenge=([0-9a-f-]+)/;
    like($b->get($r->{headers}{location})->{body}, qr{action="/account/phone"}, 'the field for it');
    $r = $b->post('/account/phone', form => { challenge_id => $challenge, phone => $next, code => $code->($next) });
    is($r->{headers}{location}, '/account', 'changed') or diag $r->{body};
    like($b->get('/account')->{body}, qr{/account/security}, 'the account page shows the way');
    is($b->post('/account', form => { _method => 'PATCH', name => 'نام', email => '', national_code => '' })->{status}, 303, 'fields left empty are fine');
    is($b->post('/account/erase', form => {})->{headers}{location}, '/', 'and out');
};

$shop->stop;
done_testing;
