#!/usr/bin/env perl
# Every fault of the sandbox at every call of the payment protocol: request, verify, inquiry, refund and
# the news that comes back. Whatever happened, in the end the shop adds up and the bank's own journal
# tells the same as the shop's books, to the Rial, in both directions.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep);

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter faults clean_doctor quiet);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 900, price => 100_000);
my $staff = $shop->staff;
my $bank = $shop->sandbox;
my @calls = qw(request verify inquiry refund callback webhook);
my %parameter = (delay => { ms => 300 }, delay_before => { ms => 300 }, reorder => { ms => 200 }, wrong_amount => { delta => 10_000 });

my @rows = map { my $kind = $_; map { [$kind->{kind}, $_] } grep { my $c = $_; grep { $_ eq $c } @{ $kind->{calls} } } @calls } @{ $bank->get('/faults')->{json}{kinds} };
cmp_ok(scalar @rows, '>', 40, 'the table of faults is read from the sandbox');
my @people = map { enter($shop, $_) } crowd($shop, scalar @rows);

# A purchase with the fault in the way: to the bank, back, and where the fault is at the way home of
# money, canceled again. The buyer may meet a refusal; nobody is left without an answer.
sub shop_through {
    my ($client, $kind, $call) = @_;
    my $buyer = Tarazu::Test::Buyer->new($shop, $client);
    $buyer->put($variant);
    my $order = $buyer->must($buyer->place, 201);
    my $fault = sub { $bank->post('/faults', json => { call => $call, kind => $kind, times => 1, %{ $parameter{$kind} // {} } })->{status} };
    is($fault->(), 201, "$kind at $call") if $call eq 'request';
    my $r = $buyer->pay($order->{number});
    $bank->delete('/faults') if $call eq 'request';
    $r = $buyer->pay($order->{number}) if $r->{status} != 201; # the buyer presses once more
    return $order if $r->{status} != 201;
    my ($track) = $r->{json}{redirect_url} =~ m{/(\d+)(?:/direct)?/?(?:\?.*)?\z};
    is($fault->(), 201, "$kind at $call") if $call =~ /^(?:verify|inquiry|callback|webhook)$/;
    # An inquiry follows a verify that the bank has done before: its answer is lost on the way.
    $bank->post('/faults', json => { call => 'verify', kind => 'reset_after', times => 1 }) if $call eq 'inquiry';
    my $way = $bank->post("/bank/$track/pay", json => { webhook => $call eq 'webhook' ? JSON::PP::true : JSON::PP::false })->{json};
    $client->get($way->{callback_url}) if $way->{callback_url};
    settle_down();
    $bank->delete('/faults');
    settle_down();
    if ($call eq 'refund' && status($order) eq 'paid') {
        is($fault->(), 201, "$kind at $call");
        $client->post("/orders/$order->{number}/cancel", json => {});
        settle_down();
        $bank->delete('/faults');
        settle_down();
    }
    return $order;
}
sub status { return $shop->db_value("SELECT status FROM orders WHERE number = '$_[0]{number}'") }

# Jobs that wait for another try have it now, and the reconciler's patience is over.
sub settle_down {
    for (1 .. 40) { # a breaker that has opened lets through only after a while
        $shop->db_query("UPDATE jobs SET run_at = shop_now() WHERE state = 'ready' AND run_at > shop_now()", admin => 1);
        quiet($shop, 30);
        last if $shop->db_value("SELECT count(*) FROM jobs WHERE state = 'ready' AND kind IN ('refund_send', 'payment_settle')") == 0;
        sleep 0.5;
    }
    return;
}

sub ledger_of { # what the books say came of and went home to a track id, in Rial
    return { map { ($_->[0] => [$_->[1], $_->[2]]) } $shop->db_query("SELECT p.gateway_ref,
        coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.amount > 0), 0),
        -coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.amount < 0), 0)
        FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id JOIN payments p ON p.id = t.payment_id
        WHERE e.account = 'gateway_clearing' GROUP BY 1") };
}
sub journal_of { # and what the bank itself remembers
    my (%of, $after);
    for my $entry (@{ $bank->get('/bank/journal?limit=100000')->{json}{items} }) {
        my ($track, $effect) = ($entry->{track_id}, $entry->{effect});
        $of{$track}[0] += $effect->{amount} if $effect->{kind} eq 'captured';
        $of{$track}[1] += $effect->{amount} if $effect->{kind} eq 'refunded' || $effect->{kind} eq 'reversed';
    }
    return { map { ($_ => [map { $_ // 0 } @{ $of{$_} }[0, 1]]) } keys %of };
}

my %ends;
my $n = 0;
for my $row (@rows) {
    my ($kind, $call) = @$row;
    my $order = shop_through($people[$n++], $kind, $call);
    $ends{ status($order) }++;
}
diag join ', ', map { "$ends{$_} $_" } sort keys %ends;
$shop->db_query("UPDATE payments SET checked_at = NULL, created_at = created_at - interval '2 minutes' WHERE status IN ('created', 'redirected', 'unknown', 'failed')", admin => 1);
$shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'payment_reconcile'", admin => 1);
wait_for(sub { $shop->db_value("SELECT count(*) FROM payments WHERE status = 'unknown' OR (status IN ('redirected', 'failed') AND gateway_ref IS NOT NULL AND checked_at IS NULL)") == 0 }, 60);
settle_down();

is($shop->db_value("SELECT count(*) FROM payments WHERE status = 'unknown'"), 0, 'no payment is left unknown');
is($shop->db_value("SELECT count(*) FROM refunds WHERE status IN ('requested', 'sent', 'unknown')"), 0, 'no refund is left on its way');
my ($books, $journal) = (ledger_of(), journal_of());
my @differ = grep { "@{ $books->{$_} // [0, 0] }" ne "@{ $journal->{$_} // [0, 0] }" } sort keys %{ { %$books, %$journal } };
is_deeply([map { "$_: books @{ $books->{$_} // [0, 0] }, bank @{ $journal->{$_} // [0, 0] }" } @differ], [], 'books and journal are equal to the Rial');
cmp_ok(scalar keys %$journal, '>', 40, 'of all the payments');

my @faults = faults($shop);
is_deeply(\@faults, [], 'everything adds up') or diag explain \@faults;
my ($clean, $said) = clean_doctor($shop);
ok($clean, 'the doctor finds nothing') or diag $said;
$shop->stop;
done_testing;
