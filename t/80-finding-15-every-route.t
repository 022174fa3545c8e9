#!/usr/bin/env perl
# Finding 15: ownership was checked here and there. This walks every row of the route table as nobody,
# with tokens that are not good or have expired, as the wrong kind of person, as each role of staff and
# each API key without the permission, from another site, and as another customer: never a success,
# never another person's data. A new route is walked without a change here.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use Digest::SHA qw(hmac_sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);
use Test::More;

use Tarazu::Test::Shop qw(wait_for);

my $shop = Tarazu::Test::Shop->start(demo => 1);
my $JSON = JSON::PP->new->utf8->canonical;

my @routes = do {
    open my $out, '-|', "$ENV{TARAZU_TEST_APP}/bin/tarazu", 'routes', '--json' or die "tarazu routes: $!";
    local $/;
    @{ $JSON->decode(scalar <$out>) };
};
cmp_ok(scalar @routes, '>', 40, 'the route table is read');

# policy.def: which permission a policy wants, which role has it.
my (%policy, %role);
open my $def, '<', 'src/auth/policy.def' or die "policy.def: $!";
my $text = do { local $/; <$def> };
$policy{$1} = { kind => $2, permission => $3 } while $text =~ /^POLICY\((\w+), (\w+), (\w+)\)/mg;
$role{$1} = { map { $_ => 1 } split /[\s|]+/, $2 } while $text =~ /^ROLE\("(\w+)", ([^)]+)\)/mg;
is_deeply([sort grep { !$policy{$_} } map { $_->{policy} } @routes], [], 'every policy is in policy.def');
is(scalar(keys %role), 4, 'four roles');

my %filler = (int => ['1'], uuid => ['00000000-0000-4000-8000-000000000000'], text => ['x']);
sub paths { # every way to fill the variables of a pattern from lists by type
    my ($pattern, $values) = @_;
    my @paths = ('');
    for my $part (split m{(?=/)}, $pattern) {
        my @fill = $part =~ m{^/\{\w+:(int|uuid)\}$} ? map({ "/$_" } @{ $values->{$1} })
            : $part =~ m{^/\{\w+\}$} ? map({ "/$_" } @{ $values->{text} }) : ($part);
        @paths = map { my $p = $_; map { "$p$_" } @fill } @paths;
    }
    return @paths;
}
sub path { return (paths($_[0]{pattern}, \%filler))[0] }
sub unsafe { return $_[0]{method} ne 'GET' }

# A body that a route's own schema takes, from the shop's description of itself; every name that could
# mean something of somebody is filled from the same lists as the paths.
my $api = $shop->client->get('/openapi.json')->{json};
sub schema_of { my ($s) = @_; $s = $s->{anyOf}[-1] // $s; return $s->{'$ref'} ? $api->{components}{schemas}{ $s->{'$ref'} =~ s{.*/}{}r } : $s }
sub filled {
    my ($name, $field, $values) = @_;
    my $s = schema_of($field);
    my $type = ref $s->{type} ? $s->{type}[0] : $s->{type} // 'object';
    return $s->{enum}[0] if $s->{enum};
    return JSON::PP::true if $type eq 'boolean';
    return 0 + ($name =~ /(?:^|_)id$/ ? $values->{int}[0] : ($s->{minimum} // 0) > 1 ? $s->{minimum} : 1) if $type =~ /^(?:integer|number)$/;
    return [filled($name, $s->{items}, $values)] if $type eq 'array';
    return { map { $_ eq 'altcha' ? () : ($_ => filled($_, $s->{properties}{$_}, $values)) } sort keys %{ $s->{properties} // {} } } if $type eq 'object';
    my $text = ($s->{format} // '') eq 'uuid' ? $values->{uuid}[0] : $name =~ /phone/ ? '09121112233' : $name eq 'email' ? 'x@example.com'
        : $name =~ /^(?:order|number|order_number)$/ ? $values->{text}[0] : $name eq 'province' ? 'IR-23' : $name eq 'national_code' ? '0084575948'
        : $name eq 'postal_code' ? '1234567890' : ($s->{format} // '') eq 'date-time' ? '2026-01-01T00:00:00Z' : $name eq 'code' ? '123456' : 'x';
    my $short = ($s->{minLength} // 0) - length $text;
    return $short > 0 ? $text . 'x' x $short : $text;
}
sub body {
    my ($route, $values) = @_;
    my $wanted = $api->{paths}{ $route->{pattern} =~ s/:\w+\}/}/gr }{ lc $route->{method} }{requestBody} or return {};
    my ($content) = $wanted->{content}{'application/json'} // return {};
    return filled('', $content->{schema}, $values);
}
# By turns from two hundred addresses, so that the limits of nginx per address stay out of it.
my ($turn, @doors) = (0);
sub elsewhere {
    my ($c) = @_;
    my $i = $turn++ % 200;
    my $door = $doors[$i] //= $shop->client(from => "127.1.7.$i");
    return bless { %$door, html => $c->{html}, bearer => $c->{bearer}, cookies => { %{ $c->{cookies} } } }, ref $door;
}
sub ask {
    my ($c, $route, $path, %o) = @_;
    my $values = delete $o{values};
    return elsewhere($c)->request($route->{method}, $path, (unsafe($route) ? (json => body($route, $values // \%filler)) : ()), %o);
}
sub closed { return grep { $policy{ $_->{policy} }{kind} ne 'ANYBODY' } @routes }
sub none_of { # the routes whose answer is not as wanted
    my ($wanted, $answer, @walk) = @_;
    return [map { my ($status) = $answer->($_); $status =~ $wanted ? () : "$_->{method} $_->{pattern}: $status" } @walk];
}

my ($owner, $buyer) = ($shop->staff, $shop->login('09125551515'));
my %made;
for my $name (sort keys %role) {
    my $r = $owner->post('/admin/staff', json => { username => "walk-$name", role => $name, password => 'walking 123 456' });
    my $c = $made{$name} = $shop->client;
    $c->{bearer} = $c->post('/auth/staff-login', json => { username => "walk-$name", password => 'walking 123 456',
        otp => Tarazu::Test::Shop::totp($r->{json}{totp_secret}) })->{json}{access_token};
    ok($c->{bearer}, "$name is logged in") or diag $r->{body};
}

subtest 'nobody' => sub {
    my $c = $shop->client;
    is_deeply(none_of(qr/^401$/, sub { ask($c, $_[0], path($_[0]))->{status} }, closed()), [], 'JSON: 401 everywhere');
    my $b = $shop->client(html => 1);
    is_deeply(none_of(qr/^(?:303|401)$/, sub { elsewhere($b)->request($_[0]{method}, path($_[0]), unsafe($_[0]) ? (form => {}) : ())->{status} },
        closed()), [], 'pages: log in first');
};

subtest 'tokens that are not good' => sub {
    my $ended = $shop->login('09125551516');
    is($ended->post('/auth/logout', json => {})->{status}, 200, 'somebody logs out');
    my ($head, $body, $mac) = split /\./, $buyer->{bearer};
    my %claims = %{ $JSON->decode(decode_base64url($body)) };
    my $token = sub { my ($h, $b, $key) = @_;
        my $t = join '.', map { encode_base64url($JSON->encode($_)) } $h, $b;
        return "$t." . (defined $key ? encode_base64url(hmac_sha256($t, $key)) : '') };
    my %h = %{ $JSON->decode(decode_base64url($head)) };
    my %bad = (
        'no algorithm' => $token->({ %h, alg => 'none' }, \%claims, undef),
        'somebody else\'s key' => $token->(\%h, \%claims, 'guess'),
        'claims changed' => join('.', $head, encode_base64url($JSON->encode({ %claims, sub => 'staff:1' })), $mac),
        'a refresh token' => $buyer->{refresh_token},
        'cut' => substr($buyer->{bearer}, 0, -1),
        'of a session that was ended' => $ended->{bearer},
        'nonsense' => 'abc', 'an API key never made' => 'tzk_' . 'A' x 43,
    );
    for my $name (sort keys %bad) {
        my $c = $shop->client;
        $c->{bearer} = $bad{$name};
        is_deeply(none_of(qr/^401$/, sub { ask($c, $_[0], path($_[0]))->{status} }, closed()), [], "$name: 401");
        next unless $name =~ /algorithm|key|ended/;
        my $cookie = $shop->client;
        $cookie->{cookies}{'__Host-access'} = $cookie->{cookies}{'__Host-refresh'} = $bad{$name};
        is_deeply(none_of(qr/^401$/, sub { ask($cookie, $_[0], path($_[0]))->{status} }, closed()), [], "$name, as a cookie: 401");
    }
    is($shop->client->post('/auth/refresh', json => { refresh_token => $buyer->{bearer} })->{status}, 401, 'an access token is no refresh token');
};

subtest 'the wrong kind of person' => sub {
    my @staff = grep { $policy{ $_->{policy} }{kind} eq 'STAFF' } @routes;
    my @customer = grep { $policy{ $_->{policy} }{kind} eq 'CUSTOMER' } @routes;
    cmp_ok(scalar @staff, '>', 10, 'there are routes of staff');
    is_deeply(none_of(qr/^403$/, sub { ask($buyer, $_[0], path($_[0]))->{status} }, @staff), [], 'a customer at staff\'s');
    is_deeply(none_of(qr/^403$/, sub { ask($owner, $_[0], path($_[0]))->{status} }, @customer), [], 'an owner at customers\'');
    for my $name (sort keys %role) {
        my @lacks = grep { my $p = $policy{ $_->{policy} }{permission}; $p ne 'NONE' && !$role{$name}{"PERM_$p"} } @staff;
        is_deeply(none_of(qr/^403$/, sub { ask($made{$name}, $_[0], path($_[0]))->{status} }, @lacks), [],
            scalar(@lacks) . " routes that $name may not use");
    }
    for my $name (grep { $_ ne 'NONE' } sort keys %{ { map { $_->{permission} => 1 } values %policy } }) {
        my $r = $owner->post('/admin/api-keys', json => { name => "walk-$name", permissions => lc $name });
        my $key = $shop->client;
        $key->{bearer} = $r->{json}{secret};
        my @lacks = grep { my $p = $policy{ $_->{policy} }{permission}; $p ne 'NONE' && $p ne $name } @staff;
        is_deeply(none_of(qr/^403$/, sub { ask($key, $_[0], path($_[0]))->{status} }, @lacks, $customer[0]), [],
            scalar(@lacks) . " routes that a key for $name may not use");
        is($owner->delete("/admin/api-keys/$r->{json}{id}")->{status}, 200, '  and revoked');
        is_deeply(none_of(qr/^401$/, sub { ask($key, $_[0], path($_[0]))->{status} }, $staff[0]), [], '  it opens nothing');
    }
    my $pages = $shop->client(html => 1);
    $pages->{cookies}{'__Host-access'} = $buyer->{bearer};
    is_deeply(none_of(qr/^(?:303|403)$/, sub { elsewhere($pages)->get(path($_[0]))->{status} }, grep { !unsafe($_) } @staff), [],
        'no page of staff for a customer');
};

subtest 'another site' => sub {
    for my $who ([customer => $buyer->{bearer}], [owner => $owner->{bearer}]) {
        my $c = $shop->client;
        $c->{cookies}{'__Host-access'} = $who->[1];
        my @walk = grep { unsafe($_) && $_->{policy} !~ /^(?:PROVIDER|OPS)$/ } @routes;
        my %evil = ('sec-fetch-site' => 'cross-site', origin => 'https://evil.example');
        is_deeply(none_of(qr/^403$/, sub { ask($c, $_[0], path($_[0]), headers => \%evil)->{status} }, @walk), [],
            "with the cookies of a $who->[0]");
        is_deeply(none_of(qr/^403$/, sub { ask($c, $_[0], path($_[0]), headers => { origin => 'https://evil.example' })->{status} }, @walk),
            [], 'also from a browser that only names the origin');
        is_deeply(none_of(qr/^403$/, sub { ask($c, $_[0], path($_[0]), headers => { 'sec-fetch-site' => 'same-site', origin => 'null' })->{status} }, @walk),
            [], 'or hides it');
    }
    my $guest = $shop->client;
    $guest->{cookies}{'__Host-cart'} = 'A' x 43;
    is_deeply(none_of(qr/^403$/, sub { ask($guest, $_[0], path($_[0]), headers => { origin => 'https://evil.example' })->{status} },
        grep { unsafe($_) && $_->{policy} eq 'GUEST' } @routes), [], 'with the cookie of a guest\'s cart');
};

subtest 'another customer' => sub {
    my ($id, $phone) = @{ ($shop->db_query("SELECT c.id, c.phone FROM customers c WHERE EXISTS (SELECT FROM orders o
        JOIN payments p ON p.order_id = o.id WHERE o.customer_id = c.id) ORDER BY c.id LIMIT 1"))[0] };
    # The loader of the demo shop has logged this customer in a moment ago.
    $shop->db_query("UPDATE clock SET shift = shift + interval '121 seconds' RETURNING 1", admin => 1);
    my $victim = $shop->login('0' . substr $phone, 3);
    my $mark = 'نشان‌یکتا';
    $victim->patch('/account', json => { name => $mark, email => 'unique-mark@example.com' });
    my $r = $victim->post('/account/addresses', json => { recipient => $mark, phone => $phone, province => 'IR-23', city => $mark, line => $mark });
    is($r->{status}, 201, 'somebody with an address');
    my $of = sub { return [map { $_->[0] } $shop->db_query($_[0])] };
    my %theirs = (
        int => [@{ $of->("SELECT id FROM addresses WHERE customer_id = $id LIMIT 3") },
            @{ $of->("SELECT id FROM sessions WHERE customer_id = $id AND ended_at IS NULL LIMIT 3") }, $id],
        uuid => $of->("SELECT p.id FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.customer_id = $id LIMIT 3"),
        text => $of->("SELECT number FROM orders WHERE customer_id = $id LIMIT 3"),
    );
    ok(scalar @{ $theirs{$_} }, "and with something named by $_") for qw(int uuid text);
    my %address = map { $_ => 1 } @{ $of->("SELECT id FROM addresses WHERE customer_id = $id") };
    my $count = sub { return join ' ', map { $shop->db_value($_) } "SELECT count(*) FROM sessions WHERE customer_id = $id AND ended_at IS NULL",
        "SELECT count(*) FROM addresses WHERE customer_id = $id AND archived_at IS NULL", "SELECT string_agg(status, ',' ORDER BY id) FROM orders WHERE customer_id = $id" };
    my $before = $count->();
    my $seen = sub { my ($body) = @_; utf8::decode(my $t = $body); return $t =~ /\Q$mark\E|unique-mark|\Q@{[substr $phone, 3]}\E/ };
    my (@got, @leaked);
    for my $c ($buyer, $shop->client) {
        for my $route (grep { $policy{ $_->{policy} }{kind} ne 'STAFF' } @routes) {
            next if $route->{pattern} =~ m{^/auth/logout|^/account/erase$}; # would end the walker's own session
            for my $path (paths($route->{pattern}, \%theirs)) {
                my $r = ask($c, $route, $path, values => \%theirs);
                push @leaked, "$route->{method} $path: $r->{status}" if $seen->($r->{body});
                next if $path =~ m{^/account/addresses/(\d+)} && !$address{$1}; # the walker may have one of that number
                push @got, "$route->{method} $path: $r->{status}"
                    if $route->{policy} eq 'CUSTOMER' && $route->{pattern} =~ /\{/ && $r->{status} =~ /^[23]/;
            }
        }
    }
    is_deeply(\@leaked, [], 'not a byte of theirs in any answer');
    is_deeply(\@got, [], 'no success on what is theirs');
    is($count->(), $before, 'and nothing of theirs has changed');
    is($victim->get('/account')->{json}{name}, $mark, 'who sees it all as before');
};

# Last, as it is the end of every log-in of this script.
subtest 'expired tokens' => sub {
    $shop->db_query("UPDATE clock SET shift = shift + interval '901 seconds' RETURNING 1", admin => 1);
    for my $who ([customer => $buyer], [owner => $owner]) {
        my $c = $shop->client;
        $c->{bearer} = $who->[1]{bearer};
        is_deeply(none_of(qr/^401$/, sub { ask($c, $_[0], path($_[0]))->{status} }, closed()), [], "of a $who->[0]: 401");
        my $cookie = $shop->client;
        $cookie->{cookies}{'__Host-access'} = $c->{bearer};
        is_deeply(none_of(qr/^401$/, sub { ask($cookie, $_[0], path($_[0]))->{status} }, closed()), [], '  as a cookie too');
    }
};

$shop->stop;
done_testing;
