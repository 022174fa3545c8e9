#!/usr/bin/env perl
# A hundred messengers with the news of one payment at the same moment, at two replicas: signed webhooks,
# the bank's own callbacks, the browser, staff who check, reconcilers. Settled once, booked once, told once.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet tally adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(replicas => 2);
shelf($shop);
my ($variant) = goods($shop, on_hand => 10);
my $staff = $shop->staff;

sub webhook {
    my ($client, %body) = @_;
    my $body = JSON::PP->new->utf8->canonical->encode(\%body);
    my $at = time;
    return $client->post('/payment/webhook', body => $body, headers => { 'content-type' => 'application/json',
        'x-tarazu-timestamp' => $at, 'x-tarazu-signature' => 'v1=' . hmac_sha256_hex("$at.$body", $shop->endpoints->{webhook_secret}) });
}

# One payment, paid at the bank, and everybody comes. -> [kind, status] of each.
sub everybody_tells {
    my ($person, $deed) = @_;
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $buyer->put($variant);
    my $order = $buyer->must($buyer->place, 201);
    my $visit = $buyer->go_to_bank($order->{number});
    my $way = $buyer->at_bank($visit, $deed);
    my ($token) = $way->{callback_url} =~ m{/payment/callback/([^/?]+)};
    my ($path) = $way->{callback_url} =~ m{^https://[^/]+(/.*)};
    my @kinds = (('webhook') x 3, ('callback') x 3, ('zibal') x 2, 'staff', 'reconciler');
    $shop->db_query("UPDATE payments SET created_at = created_at - interval '2 minutes' WHERE uuid = '$visit->{payment_id}'", admin => 1); # old enough to be asked about
    my @answers = at_once(100,
        before => sub { my $c = $shop->client(from => '127.77.1.' . ($_[0] + 1)); $c->get('/healthz'); return $c },
        do => sub {
            my ($i, $c) = @_;
            my $kind = $kinds[$i % @kinds];
            my %news = (trackId => $visit->{track} + 0, success => 1, status => 2, orderId => $order->{number}, n => $i % 20);
            my $ask = {
                webhook => sub { webhook($c, %news) },
                callback => sub { $c->get($path) },
                zibal => sub { $c->post("/payment/webhook/zibal/$token", json => \%news) },
                reconciler => sub { $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'payment_reconcile'", admin => 1); return { status => 200, headers => {} } },
                staff => sub { $c->post("/admin/payments/$visit->{payment_id}/check", json => {}, bearer => $staff->{bearer}) },
            }->{$kind};
            my ($r) = Tarazu::Test::Buyer::patiently($ask);
            return { kind => $kind, status => $r->{status} };
        });
    ok(quiet($shop), 'all of the news is dealt with');
    cmp_ok($shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'payment_reconcile' AND state = 'done'"), '>', 0, 'reconcilers were among them');
    is_deeply(tally(map { ref $_ && $_->{kind} ? "$_->{kind} $_->{status}" : 'died' } @answers),
        { 'webhook 200' => 30, 'callback 303' => 30, 'zibal 200' => 20, 'staff 200' => 10, 'reconciler 200' => 10 }, 'everybody is answered as if alone') or diag explain \@answers;
    return ($order, $visit);
}

my @people = crowd($shop, 3);

subtest 'a payment that counts' => sub {
    my ($order, $visit) = everybody_tells($people[0], 'pay');
    my $id = $shop->db_value("SELECT id FROM payments WHERE uuid = '$visit->{payment_id}'");
    is($shop->db_value("SELECT status FROM orders WHERE number = '$order->{number}'"), 'paid', 'the order is paid');
    is($shop->db_value("SELECT count(*) FROM payment_events WHERE payment_id = $id AND event = 'capture'"), 1, 'captured once');
    is($shop->db_value("SELECT count(*) FROM ledger_transactions WHERE payment_id = $id"), 1, 'one booking');
    is($shop->db_value("SELECT sum(e.amount) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
        WHERE t.payment_id = $id AND e.account = 'gateway_clearing'"), $order->{due}, 'of what was due');
    (my $phone = $people[0]{phone}) =~ s/\+/%2B/;
    my @texts = map { $_->{text} } @{ $shop->sandbox->get("/inbox/sms?phone=$phone")->{json}{items} };
    is(scalar @texts, 2, 'told once that it is ordered and once that it is paid') or diag explain \@texts;
    is($shop->db_value("SELECT count(*) FROM webhook_events WHERE payment_id = $id"), 10, 'of fifty messages the ten different ones are kept');
};

subtest 'money of the wrong amount' => sub {
    is($shop->sandbox->post('/faults', json => { call => $_, kind => 'wrong_amount', delta => 10_000 })->{status}, 201, "the bank lies at $_") for qw(verify inquiry);
    my ($order, $visit) = everybody_tells($people[1], 'pay');
    $shop->sandbox->delete('/faults');
    my $id = $shop->db_value("SELECT id FROM payments WHERE uuid = '$visit->{payment_id}'");
    is($shop->db_value("SELECT status FROM orders WHERE number = '$order->{number}'"), 'pending', 'does not pay the order');
    is($shop->db_value("SELECT status || ' ' || reason FROM payments WHERE id = $id"), 'suspense amount_mismatch', 'it is held apart');
    is($shop->db_value("SELECT count(*) FROM refunds WHERE payment_id = $id"), 1, 'and sent home once');
    is($shop->db_value("SELECT count(*) FROM ledger_transactions WHERE payment_id = $id AND event = 'suspense_in'"), 1, 'booked once');
};

subtest 'forged, stale and oversized news' => sub {
    my $c = $shop->client(from => '127.77.2.1');
    my $before = $shop->db_value('SELECT count(*) FROM webhook_events');
    my $body = '{"trackId":1,"success":1}';
    my $send = sub { my ($at, $sign, $text) = @_; $c->post('/payment/webhook', body => $text // $body,
        headers => { 'content-type' => 'application/json', 'x-tarazu-timestamp' => $at, 'x-tarazu-signature' => $sign })->{status} };
    my $secret = $shop->endpoints->{webhook_secret};
    my ($now, $old) = (time, time - 301);
    is($send->($now, 'v1=' . hmac_sha256_hex("$now.$body", 'guess')), 401, 'another secret');
    is($send->($now, 'v1=' . hmac_sha256_hex("$now.$body", $secret), '{"trackId":2,"success":1}'), 401, 'another body');
    is($send->($old, 'v1=' . hmac_sha256_hex("$old.$body", $secret)), 401, 'too old');
    is($send->($now, ''), 401, 'no signature');
    my $long = '{"trackId":1,"x":"' . 'x' x 100_000 . '"}';
    is($send->($now, 'v1=' . hmac_sha256_hex("$now.$long", $secret), $long), 413, 'too large');
    is($shop->db_value('SELECT count(*) FROM webhook_events'), $before, 'none of it is kept as news');
};

adds_up($shop);
$shop->stop;
done_testing;
