#!/usr/bin/env perl
# A storm of everything at once: clients that order, pay, cancel, ship, count, refund and give back on few goods,
# coupons and wallets, at two replicas, and write down what they were told. Meanwhile the doctor looks again and
# again and never finds anything. When it has calmed down, every word given holds, the bank's journal and the books
# say the same. TARAZU_SEED repeats what the clients thought of, TARAZU_ROUNDS says how often (1).
use strict;
use warnings;
use utf8;
use lib 't/lib';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Interleave;
use Tarazu::Test::Mixed;
use Tarazu::Test::Protocol qw(prepare);
use Tarazu::Test::Storm qw(goods coupon adds_up quiet later tally);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $ROUNDS = $ENV{TARAZU_ROUNDS} // 1;
my $SEED = $ENV{TARAZU_SEED} // int rand 1_000_000;
my ($CLIENTS, $TURNS) = (10, 40);
diag "TARAZU_SEED=$SEED";

my $stage = Tarazu::Test::Interleave->start(awake => 1);
my $shop = $stage->shop;
my @people = $stage->fresh(6);
my @ON_THE_WAY = qw(processing shipped shipped came_back delivered delivered return_asked return_approved return_received);
sub world { # some orders have come further than a storm has time for
    my ($round) = @_;
    my @further = $stage->fresh(scalar @ON_THE_WAY);
    prepare($stage, $further[$_], $ON_THE_WAY[$_]) for 0 .. $#ON_THE_WAY;
    push @people, @further;
    my %w = (people => \@people, variants => [goods($shop, count => 4, on_hand => 30, price => 90_000)], coupons => ["STORM$round", "OPEN$round"]);
    coupon($shop, $w{coupons}[0], usage_limit => 5);
    coupon($shop, $w{coupons}[1], per_customer_limit => 3);
    return \%w;
}
sub deadlocks { return ($stage->rows('SELECT pg_stat_clear_snapshot(); SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'))[-1][0] }
sub none { my ($what, @rows) = @_; is_deeply(\@rows, [], $what) or diag explain @rows > 10 ? [@rows[0 .. 9]] : \@rows; return }

# What the bank did and what the books say of it, in both directions (Rial).
sub against_the_bank {
    my %bank;
    my $after = 0;
    while (1) {
        my $page = $shop->sandbox->get("/bank/journal?after=$after")->{json}{items};
        last if !@$page;
        for (@$page) {
            $after = $_->{seq};
            my $e = $_->{effect} or next;
            $bank{ $_->{track_id} }{ $e->{kind} } += $e->{amount} if ($e->{kind} // '') =~ /^(?:captured|refunded|reversed)$/;
        }
    }
    my @wrong;
    for ($shop->db_query("SELECT p.gateway_ref, p.status, p.received_rial, coalesce((SELECT sum(CASE r.currency WHEN 'IRR' THEN r.amount ELSE r.amount * 10 END)
            FROM refunds r WHERE r.payment_id = p.id AND r.target = 'gateway' AND r.status = 'done' AND r.reference IS DISTINCT FROM 'T-1'), 0)
            FROM payments p WHERE p.gateway_ref IS NOT NULL", admin => 1)) {
        my ($ref, $status, $came, $went) = @$_;
        my $b = delete $bank{$ref} // {};
        push @wrong, "payment $ref ($status): the bank captured " . ($b->{captured} // 0) . ", booked $came" if ($b->{captured} // 0) != $came;
        push @wrong, "payment $ref ($status): the bank refunded " . ($b->{refunded} // 0) . ", booked $went" if ($b->{refunded} // 0) != $went;
    }
    return @wrong, map { "the bank knows $_, the shop does not" } sort keys %bank;
}

# What leaves a row with the request's id.
my %TOLD = map { $_ => 1 } qw(place cancel staff_cancel process ship ship_part deliver close confirm_cod cancel_line refund_line refund_wallet
    refund_manual count coupon review transferred address parcel_back parcel_received return_approve return_refuse return_received return_refund);

# Of every word that was given, what the database must show for it.
sub broken_words {
    my (@journal) = @_;
    my %status = map { $_->[0] => $_->[1] } $shop->db_query('SELECT number, status FROM orders', admin => 1);
    my %request = map { $_->[0] => 1 } $shop->db_query(join(' UNION ', map { "SELECT request_id FROM $_" } qw(order_events payment_events audit_log order_notes)), admin => 1);
    my %refund = map { $_->[0] => 1 } $shop->db_query('SELECT uuid FROM refunds', admin => 1);
    my (@wrong, %by_number);
    for (grep { $_->{status} >= 200 && $_->{status} < 300 } @journal) {
        my $told = "$_->{what} $_->{key} ($_->{status})";
        if ($_->{what} eq 'place') {
            push @wrong, "$told: order $_->{number} is not there" if !$status{ $_->{number} };
            push @wrong, "$told: order $_->{number} was promised by another key" if !$_->{replayed} && $by_number{ $_->{number} }++;
        }
        elsif ($_->{what} =~ /^(?:cancel|staff_cancel)$/) {
            push @wrong, "$told: order $_->{order} is $status{$_->{order}}" if $status{ $_->{order} } ne 'canceled';
        }
        elsif ($_->{what} =~ /^refund_/) { push @wrong, "$told: no refund $_->{id}" if !$refund{ $_->{id} } }
        push @wrong, "$told: nothing tells of request $_->{request}" if $TOLD{ $_->{what} } && !$_->{replayed} && !$request{ $_->{request} };
    }
    return @wrong;
}

# The doctor's looks while something goes on: what each found, or '' (to be asked for once).
sub doctor_meanwhile {
    my $file = $shop->state . '.looks';
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        my $going = 1;
        local $SIG{TERM} = sub { $going = 0 };
        open my $out, '>', $file or die "$file: $!";
        while ($going) { print {$out} join('; ', $shop->doctor) . "\n"; $out->flush; sleep 0.5 }
        POSIX::_exit(0);
    }
    return sub {
        kill TERM => $pid;
        waitpid $pid, 0;
        open my $in, '<', $file or die "$file: $!";
        unlink $file;
        return map { chomp; $_ } <$in>;
    };
}

my $before = deadlocks();
my @journal;
for my $round (1 .. $ROUNDS) {
    subtest "round $round" => sub {
        my $world = world($round);
        my $looks = doctor_meanwhile();
        my @results = at_once($CLIENTS,
            before => sub { return Tarazu::Test::Mixed->new($stage, $world, $SEED + 1000 * $round + $_[0]) },
            do => sub { my (undef, $client) = @_; $client->act for 1 .. $TURNS; return $client->{journal} });
        my @looks = $looks->();
        cmp_ok(scalar @looks, '>=', 1, @looks . ' looks of the doctor in the middle of it'); # it takes longer the more there is
        none('and found nothing', grep { $_ ne '' } @looks);
        none('every client got through', grep { ref ne 'ARRAY' } @results);
        my @told = map { ref eq 'ARRAY' ? @$_ : () } @results;
        push @journal, @told;
        my %done = map { $_->{what} => 1 } grep { $_->{status} < 400 } @told;
        note scalar(@told) . ' requests: ', explain tally(map { $_->{status} } @told);
        note 'done: ', join ' ', sort keys %done;
        none('nobody was answered with a fault of the shop',
            map { "$_->{what} $_->{path}: $_->{status} ($_->{tries})" } grep { $_->{status} == 0 || $_->{status} >= 500 } @told);
        later($shop, '3 minutes');
        ok(quiet($shop, 90), 'it calms down');
        none('every word holds', broken_words(@journal));
        none('the bank and the books agree', against_the_bank());
        adds_up($shop);
        is(deadlocks(), $before, 'nobody ever blocked each other');
    } or last;
}
diag "TARAZU_SEED=$SEED" if !Test::More->builder->is_passing;
$stage->stop;
done_testing;
