#!/usr/bin/env perl
# The nginx folder as it would be installed: nginx accepts it, the pools it chooses are the column
# `pool` of the route table, and its rules hold (no resending of POST, no keep-alive to workers …).
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Tarazu::Test::Nginx;

my $app = $ENV{TARAZU_TEST_APP} or BAIL_OUT("run it through scripts/test: scripts/test $0");
my $nginx = Tarazu::Test::Nginx->start(backend => 0);
my ($fine, $said) = $nginx->check;
ok($fine, 'nginx accepts the rendered folder') or diag($said);
unlike($said, qr/\[warn\]/, 'without a warning');

my $routes = JSON::PP->new->utf8->decode(scalar `'$app/bin/tarazu' routes --json`);
cmp_ok(scalar @$routes, '>', 20, 'the route table is here');

sub sample {
    my ($type) = @_;
    return { int => 17, uuid => '0b0e3c4a-6d53-4f0a-9a3e-0c5a7f6f2b11' }->{ $type // '' } // 'a1';
}

# Every route is asked for as it is written, with a slash behind it and (pages) in .json; the log says
# which pool nginx chose. Each way has its own source address, so that no limit is in the way.
my %want;
my $n = 0;
for my $route (@$routes) {
    my ($method, $pattern, $pool) = @$route{qw(method pattern pool)};
    (my $path = $pattern) =~ s/\{\w+(?::(\w+))?\}/sample($1)/ge;
    next if $path eq '/';
    my @paths = ($path, "$path/", $path =~ /\.\w+$/ ? () : "$path.json");
    my $client = $nginx->client(from => sprintf '127.30.%d.%d', $n / 200, 1 + $n % 200);
    $n++;
    for my $try (@paths) {
        $want{"$method $try"} = $pool;
        $client->request($method, $try, $method eq 'GET' ? () : (json => {}));
        # Forms send POST with _method.
        next unless $method =~ /^(?:PATCH|DELETE|PUT)$/;
        $want{"POST $try"} //= $pool;
        $client->post($try, form => { _method => $method });
    }
}
my %got = map { ("$_->{method} $_->{uri}" => $_->{pool}) } $nginx->access_log;
# Tokens of payment paths are not logged: ask for the pool by the logged form.
for my $key (grep { !exists $got{$_} } keys %want) {
    (my $logged = $key) =~ s{^(\w+ /(?:payment/(?:callback|result|webhook/[a-z]+)|pay|account/verify-email)/).*}{$1-};
    $got{$key} = $got{$logged} if exists $got{$logged};
}
my @wrong = map { sprintf "%s: nginx %s, table %s\n", $_, $got{$_} // 'not seen', $want{$_} }
    grep { ($got{$_} // '') ne $want{$_} } sort keys %want;
ok(!@wrong, 'the pools of nginx are the pools of the route table') or diag(@wrong);

# The page cache is looked at for routes with the flag `cached` and no others; bodies over 64 KB pass
# for routes with the flag `upload` and no others.
my (@cache, @size);
my %cache = map { ("$_->{method} $_->{uri}" => $_->{cache}) } $nginx->access_log;
$n = 0;
for my $route (@$routes) {
    my ($method, $pattern) = @$route{qw(method pattern)};
    my %flag = map { $_ => 1 } @{ $route->{flags} };
    (my $path = $pattern) =~ s/\{\w+(?::(\w+))?\}/sample($1)/ge;
    if ($method eq 'GET' && $path ne '/' && defined $cache{"GET $path"}) {
        my $looked = $cache{"GET $path"} ne 'BYPASS';
        push @cache, "GET $pattern\n" if $looked != !!$flag{cached};
    }
    next if $method ne 'POST';
    my $client = $nginx->client(from => sprintf '127.31.%d.%d', $n / 200, 1 + $n % 200);
    $n++;
    my $passed = $client->post($path, body => 'x' x 200_000)->{status} != 413;
    push @size, "$pattern\n" if $passed != !!$flag{upload};
}
ok(!@cache, 'the page cache is for the routes with the flag cached') or diag(@cache);
ok(!@size, 'large bodies are for the routes with the flag upload') or diag(@size);

my %text = map { m{([^/]+)\z} => do { local (@ARGV, $/) = $_; <> } } glob 'nginx/*.conf';
(my $active = join "\n", values %text) =~ s/^\s*#.*$//mg;
unlike($active, qr/non_idempotent/, 'POST is never sent twice');
like($active, qr/fastcgi_next_upstream error;/, 'only errors go to the next replica');
unlike($active, qr/^\s*keepalive\s/m, 'no kept connections to workers');
like($active, qr/fastcgi_keep_conn off;/, 'nor asked for');
like($active, qr/fastcgi_request_buffering on;/, 'bodies are complete before a worker is asked');
unlike($active, qr/set_real_ip_from\s+(?:0\.0\.0\.0|::)/, 'nobody is trusted with the address of others');

# Every zone says in words what it passes, and the words are true.
my @zones = $text{'limits.conf'} =~ /^(# [^\n]*: \d+ at once[^\n]*\nlimit_req_zone[^\n]*\nlimit_req [^\n]*)$/mg;
my @declared = $text{'limits.conf'} =~ /^limit_req_zone/mg;
is(scalar @zones, scalar @declared, 'every zone has its comment');
my %words = (one => 1, two => 2, three => 3, five => 5, ten => 10, twenty => 20, fifty => 50, 'a hundred' => 100);
for my $zone (@zones) {
    my ($name) = $zone =~ /zone=tarazu_(\w+):/;
    my ($once, $word) = $zone =~ /: (\d+) at once, then ([a-z ]+?) per second/;
    my ($rate, $burst) = ($zone =~ /rate=(\d+)r\/s/, $zone =~ /burst=(\d+)/);
    is($burst + 1, $once, "$name: as many at once as the comment says");
    is($rate, $words{ $word // '' }, "$name: and as fast");
    like($zone, qr/nodelay/, "$name: refuses instead of holding back");
}
# What is kept from strangers is kept from them in every spelling the application takes.
my ($private) = $text{'tarazu.conf'} =~ /^    location (.*) \{\n\s+include metrics-allow\.conf;/m;
like($private, qr/\Q(\.json)?\E/, '/metrics.json is as private as /metrics');
# A location with limits or headers of its own would lose the common ones.
unlike($text{'tarazu.conf'}, qr/^\s*limit_(?:req|conn)\b/m, 'no location has limits of its own');
for my $block ($text{'tarazu.conf'} =~ /^(    location .*?^    \})/msg) {
    next unless $block =~ /add_header/;
    like($block, qr/include headers\.conf/, (split /\n/, $block)[0] . ' keeps the common headers');
}
done_testing;
