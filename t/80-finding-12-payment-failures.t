#!/usr/bin/env perl
# Findings 4 and 12: a bank that failed in the middle left orders that nobody could explain. Here it errs,
# cuts off, talks nonsense and lies at request, verify and callback; each payment ends in a defined state,
# and the bank's own journal equals our books.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet later adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(replicas => 2, conf => { 'worker.pay' => 4 });
shelf($shop);
my ($variant) = goods($shop, on_hand => 1000, price => 70_000);

# call, kind, options, what starting the payment answers, how the order ends once the bank is well.
my @FAULTS = (
    ['request', 'status', { status => 503 }, 503, 'paid'],
    ['request', 'reset_before', {}, 503, 'paid'],
    ['request', 'reset_after', {}, 503, 'paid'],
    ['request', 'reset_after', { times => 1 }, 201, 'paid'],
    ['request', 'garbage', { times => 1 }, 503, 'paid'],
    ['request', 'refuse', { code => 103, times => 1 }, 502, 'paid'],
    ['verify', 'status', { status => 500, times => 3 }, 201, 'paid'],
    ['verify', 'reset_before', { times => 3 }, 201, 'paid'],
    ['verify', 'reset_after', { times => 1 }, 201, 'paid'],
    ['verify', 'garbage', { times => 3 }, 201, 'paid'],
    ['verify', 'unknown_status', { times => 1 }, 201, 'paid'],
    ['callback', 'drop', {}, 201, 'paid'],
    ['callback', 'forged', {}, 201, 'paid'],
);
my @people = crowd($shop, scalar @FAULTS);
my @payments;
for my $i (0 .. $#FAULTS) {
    my ($call, $kind, $options, $answer, $end) = @{ $FAULTS[$i] };
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $people[$i]));
    $buyer->put($variant);
    my $number = $buyer->must($buyer->place, 201)->{number};
    my $fault = $shop->sandbox->post('/faults', json => { call => $call, kind => $kind, %$options });
    $fault->{status} == 201 or die "fault $call $kind: $fault->{body}";
    my $r = $buyer->pay($number);
    is($r->{status}, $answer, "$call $kind: starting answers $answer") or diag $r->{body};
    ok($r->{headers}{'retry-after'}, "$call $kind: and says when to come back") if $r->{status} == 503;
    if ($r->{status} != 201) {
        $shop->sandbox->delete('/faults');
        # The buyer presses again; an attempt that may have reached the bank is never sent twice.
        ($r) = Tarazu::Test::Buyer::patiently(sub { later($shop, '5 seconds'); my $p = $buyer->pay($number); delete $p->{headers}{'retry-after'}; $p }, 200);
        is($r->{status}, 201, "$call $kind: the next try goes through") or diag $r->{body};
    }
    my ($track) = ($r->{json}{redirect_url} // '') =~ m{/(\d+)$} or next;
    my $way = $buyer->at_bank({ track => $track }, 'pay');
    $buyer->{client}->get($way->{callback_url}) if $way->{callback_url};
    $shop->sandbox->delete('/faults');
    push @payments, [$number, $end, "$call $kind"];
}
for (@payments) {
    my ($number, $end, $what) = @$_;
    my $state = sub { $shop->db_value("SELECT status FROM orders WHERE number = '$number'") };
    # The reconciler asks again; its pauses pass quickly by the shop's clock.
    wait_for(sub { return 1 if $state->() eq $end; later($shop, '30 seconds'); return }, 40);
    is($state->(), $end, "$what: ends as it must");
}
ok(quiet($shop), 'all work is done');

# What the bank has verified is what the books say, in both directions.
my %bank;
for my $e (@{ $shop->sandbox->get('/bank/journal')->{json}{items} }) {
    next if ref $e->{effect} ne 'HASH' || ($e->{effect}{kind} // '') !~ /^(?:verified|captured)$/;
    $bank{ $e->{track_id} } += $e->{effect}{amount};
}
my %books = map { $_->[0] => $_->[1] } $shop->db_query("SELECT gateway_ref, received_rial FROM payments WHERE status IN ('captured', 'suspense')", admin => 1);
is_deeply(\%books, \%bank, 'the bank and the books agree to the Rial') or diag explain [grep { $_->{effect} } @{ $shop->sandbox->get('/bank/journal')->{json}{items} }]->[-1];
adds_up($shop);
$shop->stop;
done_testing;
