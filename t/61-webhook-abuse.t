#!/usr/bin/env perl
# The provider's address under abuse: whatever is forged, replayed, stale, oversized or unreadable is
# refused without an effect and counted; a flood of it neither fills the disk nor slows the shop window.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet log_lines adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(conf => { 'worker.web' => 2, 'worker.pay' => 2, 'worker.job' => 2 });
shelf($shop);
my ($variant) = goods($shop, on_hand => 10, price => 100_000);
my $secret = $shop->endpoints->{webhook_secret};
my $JSON = JSON::PP->new->utf8->canonical;

# A payment that is paid at the bank and of which nobody has told yet.
my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, (crowd($shop, 1))[0]));
$buyer->put($variant);
my $number = $buyer->must($buyer->place, 201)->{number};
my $visit = $buyer->go_to_bank($number);
my $way = $buyer->at_bank($visit, 'pay');
my $good = $JSON->encode({ trackId => $visit->{track} + 0, success => 1, status => 2, orderId => $number });

sub sign { my ($body, %o) = @_; return 'v1=' . hmac_sha256_hex(($o{at} // time) . ".$body", $o{secret} // $secret) }
# Options: at, signature, headers (undef takes one away), path.
sub send_it {
    my ($body, %o) = @_;
    my $at = exists $o{at} ? $o{at} : int time;
    my %h = ('content-type' => 'application/json', 'x-tarazu-timestamp' => $at, 'x-tarazu-signature' => $o{signature} // sign($body, at => $at), %{ $o{headers} // {} });
    delete @h{ grep { !defined $h{$_} } keys %h };
    return ($o{client} // $shop->client(from => '127.88.0.1'))->post($o{path} // '/payment/webhook', body => $body, headers => \%h);
}
sub count { my ($table) = @_; return $shop->db_value("SELECT count(*) FROM $table") }
sub metric { my ($line) = @_; my ($n) = $shop->client->get('/metrics')->{body} =~ /^\Q$line\E (\d+)/m; return $n // 0 }

my ($path) = $way->{callback_url} =~ m{callback/([^?]+)};
my $deep = '{"trackId":' . '[' x 40 . ']' x 40 . '}';
my $now = int time;
# name, status, body, options
my @BAD = (
    ['signed with another secret', 401, $good, signature => sign($good, secret => 'guess')],
    ['signature of another body', 401, $good, signature => sign("$good ")],
    ['signature of another time', 401, $good, at => $now, signature => sign($good, at => $now - 1)],
    ['upper-case hex', 401, $good, at => $now, signature => 'v1=' . uc hmac_sha256_hex("$now.$good", $secret)],
    ['another version', 401, $good, at => $now, signature => 'v2=' . hmac_sha256_hex("$now.$good", $secret)],
    ['signature cut short', 401, $good, at => $now, signature => 'v1=' . substr hmac_sha256_hex("$now.$good", $secret), 0, 62],
    ['two signatures in one', 401, $good, at => $now, signature => 'v1=' . ('0' x 64) . ',v1=' . hmac_sha256_hex("$now.$good", $secret)],
    ['empty signature', 401, $good, signature => ''],
    ['no signature', 401, $good, headers => { 'x-tarazu-signature' => undef }],
    ['no time stamp', 401, $good, headers => { 'x-tarazu-timestamp' => undef }],
    ['neither', 401, $good, headers => { 'x-tarazu-timestamp' => undef, 'x-tarazu-signature' => undef }],
    ['a time stamp of letters', 401, $good, at => 'now'],
    ['a time stamp with an exponent', 401, $good, at => '1.7e9'],
    ['five minutes old', 401, $good, at => $now - 302],
    ['from the future', 401, $good, at => $now + 330],
    ['from the beginning of time', 401, $good, at => '-9223372036854775808'],
    ['from the end of time', 401, $good, at => '9223372036854775807'],
    ['from behind the end of time', 401, $good, at => '99999999999999999999'],
    ['two signatures', 401, $good, at => $now, headers => { 'x-tarazu-signature' => ['v1=' . '0' x 64, sign($good, at => $now)] }],
    ['two signatures, the right one first', 401, $good, at => $now, headers => { 'x-tarazu-signature' => [sign($good, at => $now), 'v1=' . '0' x 64] }],
    ['two time stamps', 401, $good, at => $now, headers => { 'x-tarazu-timestamp' => [$now, $now] }],
    ['two time stamps, the right one first', 401, $good, at => $now, headers => { 'x-tarazu-timestamp' => [$now, $now - 1] }],
    ['not JSON', 400, 'trackId=1'],
    ['half of it', 400, substr $good, 0, 20],
    ['empty', 400, ''],
    ['a list', 400, "[$good]"],
    ['a number', 400, '1'],
    ['null', 400, 'null'],
    ['without a track id', 400, '{"success":1}'],
    ['a track id that is a list', 400, $deep],
    ['a track id that is null', 400, '{"trackId":null}'],
    ['a track id of a thousand digits', 400, '{"trackId":"' . '9' x 1000 . '"}'],
    ['a track id with a NUL', 400, '{"trackId":"1\u0000"}'],
    ['a track id of words', 400, q({"trackId":"1' OR 1=1"})],
    ['a NUL inside', 400, "{\"trackId\":1,\"x\":\"\0\"}"],
    ['a NUL behind', 400, "$good\0"],
    ['binary', 400, join '', map { chr } 0 .. 255],
    ['no UTF-8', 400, "{\"trackId\":1,\"x\":\"\xff\xfe\"}"],
    ['called a page', 415, $good, headers => { 'content-type' => 'text/html' }],
    ['called a picture', 415, $good, headers => { 'content-type' => 'image/png' }],
    ['oversized', 413, '{"trackId":1,"x":"' . 'x' x 100_000 . '"}'],
    ['far too large', 413, '{"trackId":1,"x":"' . 'x' x 3_000_000 . '"}'],
    ['Zibal\'s own, with a token that is none', 404, $good, path => '/payment/webhook/zibal/' . 'A' x 32],
    ['Zibal\'s own, unreadable', 400, 'x', path => "/payment/webhook/zibal/$path"],
);

subtest 'refused, without an effect, and counted' => sub {
    my ($events, $before) = (count('webhook_events'), metric('tarazu_webhooks_total{outcome="refused"}'));
    my $early = 0;
    for (@BAD) {
        my ($name, $status, $body, %o) = @$_;
        my $r = send_it($body, %o);
        is($r->{status}, $status, $name) or diag $r->{body};
        $early++ if $status == 413;
    }
    quiet($shop);
    is(count('webhook_events'), $events, 'none is kept as news');
    is($shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'payment_settle'"), 0, 'nobody is set to work');
    is($shop->db_value("SELECT status FROM orders WHERE number = '$number'"), 'pending', 'nothing is paid');
    is(metric('tarazu_webhooks_total{outcome="refused"}') - $before, @BAD - $early, 'each is counted');
    is(count('webhook_refusals'), @BAD - $early, 'and noted');
    my ($row) = $shop->db_query("SELECT reason, client FROM webhook_refusals WHERE reason = 'stale' LIMIT 1");
    is_deeply($row, ['stale', '127.88.0.1'], 'why, and from where');
};

subtest 'replayed' => sub {
    my $at = int time;
    my @answers = map { send_it($good, at => $at) } 1 .. 5;
    is_deeply([map { "$_->{status} $_->{body}" } @answers], [('200 {}') x 5], 'answered alike');
    quiet($shop);
    is($shop->db_value("SELECT count(*) FROM webhook_events WHERE payment_id IS NOT NULL"), 1, 'kept once');
    is($shop->db_value("SELECT status FROM orders WHERE number = '$number'"), 'paid', 'paid, as the bank says');
    is($shop->db_value("SELECT count(*) FROM ledger_transactions t JOIN payments p ON p.id = t.payment_id WHERE p.uuid = '$visit->{payment_id}'"), 1, 'booked once');
    is(metric('tarazu_webhooks_total{outcome="duplicate"}'), 4, 'the others are counted as duplicates');
    # A duplicate still makes sure that the job exists.
    my $jobs = "SELECT count(*) FROM jobs WHERE kind = 'payment_settle'";
    $shop->db_query("DELETE FROM jobs WHERE kind = 'payment_settle'", admin => 1);
    is(send_it($good)->{status}, 200, 'once more');
    is($shop->db_value($jobs), 1, 'the work is there again');
    is(send_it('{"trackId":' . ($visit->{track} + 7) . ',"success":1}')->{status}, 200, 'news of a payment that is not ours');
    is(metric('tarazu_webhooks_total{outcome="unknown_payment"}'), 1, 'kept, counted');
    for my $type ('application/json; charset=utf-8', 'text/plain', undef) {
        is(send_it("$good ", headers => { 'content-type' => $type })->{status}, 200, 'whatever a simple sender calls it: ' . ($type // 'nothing'));
    }
};

# ---- the flood ----

# Product pages for so many seconds, from as many visitors as there are web workers: how many came, and how
# much of a worker's own time (microseconds) the middle one of them took.
my $window = 0;
sub pages {
    my ($seconds) = @_;
    $window++;
    my $from = sub { return "127.89.$window." . ($_[0] + 1) };
    my @n = at_once(2,
        before => sub { my $c = $shop->client(from => $from->($_[0]), headers => { 'cache-control' => 'no-cache' }); $c->get('/products'); return $c },
        do => sub { my ($i, $c) = @_; my ($n, $end) = (0, time + $seconds);
            while (time < $end) { $c->get("/products.json?q=" . $i . "x$n")->{status} == 200 and $n++ }
            return $n });
    my $n = 0;
    $n += $_ for grep { !ref } @n;
    my %mine = map { $from->($_) => 1 } 0, 1;
    my @cost = sort { $a <=> $b } map { $_->{cpu_us} } grep { $mine{ $_->{client} } && $_->{status} == 200 }
        map { JSON::PP::decode_json($_) } log_lines($shop, qr/"route":"PRODUCT_LIST"/);
    return ($n, $cost[@cost / 2] // 0);
}

subtest 'a flood' => sub {
    my $size = sub { return $shop->db_value("SELECT pg_total_relation_size('webhook_refusals') + pg_total_relation_size('webhook_events')") };
    my (undef, $calm) = pages(3);
    my $was = $size->();
    my $refused = metric('tarazu_webhooks_total{outcome="refused"}');
    my @senders = map {
        my $i = $_;
        my $pid = fork // die "fork: $!";
        if (!$pid) { # strangers from many addresses, past the limit of each
            my $n = 0;
            while (1) {
                my $c = $shop->client(from => "127.90.$i." . (1 + $n % 250));
                send_it(qq({"trackId":$n,"x":") . 'x' x 8000 . '"}', client => $c, signature => 'v1=' . '0' x 64) for 1 .. 30;
                $n++;
            }
        }
        $pid;
    } 1, 2;
    my ($answered, $cost) = pages(3);
    ok(wait_for(sub { metric('tarazu_webhooks_total{outcome="refused"}') >= $refused + 1500 }, 120), 'far more than are remembered are refused');
    kill KILL => @senders;
    waitpid $_, 0 for @senders;
    # The senders take their share of this computer, not of the workers of the pages: those neither wait for
    # a lock of the flood's nor do its work.
    cmp_ok($answered, '>', 0, "pages go on: $answered in three seconds");
    cmp_ok($cost, '<=', $calm / 0.8, "each at the cost of before: $calm µs of a worker, and $cost during");
    is(count('webhook_refusals'), 1000, 'a thousand are remembered, no more');
    cmp_ok($size->() - $was, '<', 4_000_000, 'the disk does not fill');
    is(send_it("$good  ")->{status}, 200, 'the bank itself is still heard');
};

adds_up($shop);
$shop->stop;
done_testing;
