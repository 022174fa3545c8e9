#!/usr/bin/env perl
# Buying store credit through the gateway, its statement, and the provider's messages on the staff's page.
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

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 5, price => 70_000);
my $staff = $shop->staff;
my $client = enter($shop, crowd($shop, 1));
my $buyer = Tarazu::Test::Buyer->new($shop, $client);
sub topup { my ($amount, %o) = @_; return $client->post('/account/wallet/topup', json => { amount => $amount }, %o) }
sub visit { my ($v) = @_; ($v->{track}) = $v->{redirect_url} =~ m{/(\d+)(?:/direct)?/?(?:\?.*)?\z} or die "no track id in $v->{redirect_url}"; return $v }
sub wallet { return $client->get('/account/wallet')->{json} }

subtest 'off by default, within limits' => sub {
    is(topup(50_000)->{json}{code}, 'payment_method_unavailable', 'off');
    is(wallet()->{topup}, undef, 'and not offered');
    is($staff->patch('/admin/settings', json => { topup_enabled => JSON::PP::true, topup_minimum => 20_000, topup_maximum => 100_000 })->{status}, 200, 'switched on');
    is_deeply(wallet()->{topup}, { minimum => 20_000, maximum => 100_000 }, 'offered with its limits');
    is(topup(19_999)->{json}{errors}[0]{code}, 'too_small', 'too little');
    is(topup(100_001)->{json}{errors}[0]{code}, 'too_large', 'too much');
    is($shop->client->post('/account/wallet/topup', json => { amount => 50_000 })->{status}, 401, 'for customers');
};

subtest 'paid once, whoever brings the news' => sub {
    my $r = topup(50_000, key => 'top-1');
    is($r->{status}, 201, 'begun') or diag $r->{body};
    my $visit = visit($r->{json});
    is(topup(50_000, key => 'top-1')->{json}{payment_id}, $visit->{payment_id}, 'the same request again is the same attempt');
    my $way = $buyer->at_bank($visit, 'pay', webhook => 1);
    my ($path) = $way->{callback_url} =~ m{^https://[^/]+(/.*)};
    my @answers = at_once(12, before => sub { my $c = $shop->client(from => '127.78.1.' . ($_[0] + 1)); $c->get('/healthz'); return $c },
        do => sub { my ($i, $c) = @_; my ($a) = Tarazu::Test::Buyer::patiently(sub { $c->get($path) }); return $a });
    is_deeply(tally(@answers), { 303 => 12 }, 'a dozen browsers come back');
    my $result = $shop->client->get($answers[0]{headers}{location})->{json};
    is_deeply([@$result{qw(status amount number)}], ['captured', 50_000, undef], 'the result is there');
    ok(quiet($shop), 'the webhook is dealt with');
    is_deeply([@{ wallet() }{qw(balance held)}], [50_000, 0], 'credited once');
    is_deeply([map { [@$_{qw(kind amount)}] } @{ wallet()->{items} }], [['topup', 50_000]], 'by one movement');
    is_deeply([map { "@$_" } $shop->db_query("SELECT e.account, e.amount FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
        JOIN payments p ON p.id = t.payment_id WHERE p.uuid = '$visit->{payment_id}' ORDER BY 1")], ['gateway_clearing 50000', 'wallet -50000'], 'booked once');
};

subtest 'money that does not fit' => sub {
    $shop->sandbox->post('/faults', json => { call => $_, kind => 'wrong_amount', delta => 10_000 }) for qw(verify inquiry);
    my $visit = visit(topup(30_000)->{json});
    $client->get($buyer->at_bank($visit, 'pay')->{callback_url});
    $shop->sandbox->delete('/faults');
    is($client->get("/payments/$visit->{payment_id}")->{json}{status}, 'suspense', 'held apart');
    is(wallet()->{balance}, 50_000, 'nothing is credited');
    ok(wait_for(sub { $shop->db_value("SELECT r.status FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.uuid = '$visit->{payment_id}'") eq 'awaiting_transfer' }, 60),
        'and somebody has to look: the bank, asked to send it home, never had that much');
};

subtest 'the statement' => sub {
    $buyer->put($variant);
    is($buyer->place(use_wallet => JSON::PP::true)->{status}, 201, 'an order that uses it');
    my $r = $client->get('/account/wallet?format=csv', headers => { 'accept-language' => 'en' });
    is($r->{headers}{'content-type'}, 'text/csv; charset=utf-8', 'a file');
    like($r->{headers}{'content-disposition'}, qr/wallet\.csv/, 'with a name');
    my @lines = split /\r\n/, $r->{body} =~ s/^(?:\x{feff}|\xef\xbb\xbf)//r;
    is($lines[0], '"Time","What","Order","Amount","Held","Balance"', 'with titles');
    is(scalar @lines, 3, 'a line a movement');
    like($lines[1], qr/^"[^"]+","held for an order","\d+",0,50000,50000$/, 'the hold');
    like($lines[2], qr/^"[^"]+","top-up","",50000,0,50000$/, 'the top-up');
};

subtest 'messages of the bank' => sub {
    my $bad = $client->post('/payment/webhook', body => '{}', headers => { 'content-type' => 'application/json', 'x-tarazu-timestamp' => time, 'x-tarazu-signature' => 'v1=00' });
    is($bad->{status}, 401, 'a forged one comes');
    my $r = $staff->get('/admin/webhooks?limit=1');
    is_deeply([@{ $r->{json}{items}[0] }{qw(outcome reason)}], ['refused', 'bad signature'], 'the newest first') or diag $r->{body};
    my @all = @{ $r->{json}{items} };
    while ($r->{json}{next}) {
        $r = $staff->get("/admin/webhooks?limit=1&cursor=$r->{json}{next}");
        push @all, @{ $r->{json}{items} };
    }
    my ($good) = grep { $_->{outcome} eq 'accepted' } @all;
    is(scalar @all, 2, 'both are there, page by page');
    is($good->{payment_status}, 'captured', 'the other was about the first payment');
    is($staff->post("/admin/webhooks/$good->{id}/replay", json => {})->{json}{status}, 'queued', 'it can be replayed');
    ok(quiet($shop), 'to its end');
    is(wallet()->{balance}, 50_000, 'without crediting twice');
    is($shop->db_value("SELECT count(*) FROM audit_log WHERE action = 'webhook.replay'", admin => 1), 1, 'and is remembered');
    is($staff->post('/admin/webhooks/999999/replay', json => {})->{status}, 404, 'what never came cannot be');
};

adds_up($shop);
$shop->stop;
done_testing;
