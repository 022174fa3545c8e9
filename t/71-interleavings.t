#!/usr/bin/env perl
# Every two things that can meet on an order, in both orders: one holds its locks and is about to commit
# while the other is fired, and one has looked and not locked yet while the other runs to its end. What comes
# of it must be what a model says of one after the other; nothing ever deadlocks. The table is in
# t/lib/Tarazu/Test/Protocol.pm. TARAZU_ALL=1 walks all schedules of all pairs, as scripts/storm does; otherwise
# the pairs that matter most are walked whole and as many others as there is time for, drawn by TARAZU_SEED.
# TARAZU_PAIR is a pattern of state:first:second that walks some pairs whole.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use List::Util qw(shuffle);
use Test::More;
use Time::HiRes qw(time);

use Tarazu::Test::Interleave;
use Tarazu::Test::Protocol qw(%OPERATIONS %MEETINGS prepare begun expect observed);
use Tarazu::Test::Storm qw(quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

# Pairs that are always walked in all four schedules.
my %WHOLE = map { $_ => 1 } (
    'cart:place:rival',              # mixed carts
    'pending:place:cancel', 'expired:place:settle', 'cart:place:topup', # wallet use
    'paying:settle:expire', 'paying:settle_job:expire', 'review:approve:expire', 'expired:settle:reorder', # expiry racing payment
    'processing:staff_cancel:ship', 'processing:staff_cancel:ship_part', 'shipped:staff_cancel:deliver', # cancel racing shipment
    'cart:place:merge', 'cart:merge:guest_add', 'cart:place:place', 'cart_bare:apply:place', 'no_cart:cart_add:merge', 'no_cart:cart_add:reorder', # merge racing placement
    'paid:cancel_line:refund_line', 'processing:cancel_line:refund_line', # line cancel racing refund
    'twice:settle:settle_second', 'paid:process:cancel', 'cod:confirm_cod:cancel',
);
my %ONCE = map { $_ => 1 } qw(refund_send settle_job rival); # what exists once

sub pairs {
    my @pairs;
    for my $state (sort keys %MEETINGS) {
        my ($all, $with) = map { $_ // [] } @{ $MEETINGS{$state} }{qw(all with)};
        my @both = @$all;
        for my $i (0 .. $#both) {
            push @pairs, map { [$state, $both[$i], $_] } grep { $_ ne $both[$i] || !$ONCE{$_} } @both[$i .. $#both], @$with;
        }
    }
    return @pairs;
}

my $stage = Tarazu::Test::Interleave->start;
my @spare;
$stage->{spare} = sub { @spare = $stage->fresh(40) if !@spare; return shift @spare };
sub deadlocks { return ($stage->rows("SELECT pg_stat_clear_snapshot(); SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))[-1][0] }

sub code { my ($r) = @_; return $r->{status} >= 200 && $r->{status} < 400 ? 'ok' : $r->{json}{code} // "$r->{status} $r->{body}" }
sub agrees {
    my ($got, $want, $free) = @_;
    return $got eq $want || $free && $got =~ /^(?:$free)$/ && $want =~ /^(?:$free)$/;
}

# One meeting: `first` is caught at its point while `second` is fired. -> what is wrong, undef when all is well.
sub meet {
    my ($state, $first, $second, $schedule) = @_;
    my @ops = @OPERATIONS{ $first, $second };
    # What earlier meetings left unpaid is no work for the expiry of this one.
    $stage->sql("UPDATE orders SET expires_at = shop_now() + interval '1 year' WHERE status = 'pending' AND expires_at < shop_now() + interval '1 month'");
    my $f = $stage->{spare}->();
    $f->{state} = $state;
    prepare($stage, $f, $state);
    for my $op ($first eq $second ? $ops[0] : @ops) { $op->{first}->($stage, $f) if $op->{first} }
    my $m = begun($stage, $f);
    my @seen = map { $_->{seen} ? $_->{seen}->($m) : '' } @ops;
    my $point = $schedule eq 'held' ? "before_commit.$ops[0]{at}" : $ops[0]{look} // "before_locks.$ops[0]{at}";
    my @fires = map { $_->{fire}->($stage, $f) } @ops;
    $stage->catch($point);
    $stage->fire(0, $fires[0]);
    my $stood = $stage->caught;
    $stage->fire(1, $fires[1]);
    my $how = $stood ? $stage->waits(1) : 'finished';
    $stage->free;
    my @got = map { code($stage->answer($_)) } 0, 1;
    # Who waited was second; who finished meanwhile was first.
    my (@want, @wrong);
    my $ran_first = $stood && $how eq 'finished' ? 1 : 0;
    for my $i ($ran_first, 1 - $ran_first) { $want[$i] = $ops[$i]{model}->($m, $seen[$i], $f) }
    push @wrong, "$first does not come to $point" if !$stood && $schedule eq 'held' && $want[0] eq 'ok' && !$ops[0]{quick};
    push @wrong, "$second $how though $first holds the order" if $stood && $schedule eq 'held' && $ops[0]{order} && $ops[1]{order} && $how ne 'waits';
    push @wrong, "$second $how" if $how eq 'is lost';
    for my $i (0, 1) { # an operation of several transactions may meet the other between them, unless it was caught there
        my $free = $i == 0 && $schedule eq 'early' && $want[0] eq 'nothing_to_pay' ? undef : $ops[$i]{free};
        push @wrong, ($first, $second)[$i] . " answered $got[$i], not $want[$i]" if !agrees($got[$i], $want[$i], $free);
    }
    my ($is, $should) = (observed($stage, $f), expect($m));
    push @wrong, map { "$_ is $is->{$_}, not $should->{$_}" } grep { $is->{$_} ne $should->{$_} } sort keys %$is;
    return @wrong ? join '; ', ($ran_first ? "$second first" : "$first first"), @wrong : undef;
}

my @TURNS = ([0, 'held'], [1, 'held'], [0, 'early'], [1, 'early']);
my $SEED = $ENV{TARAZU_SEED} // int rand 1_000_000;
my $SECONDS = 8; # for the others
srand($SEED);

# What is walked: [state, first, second, turned, schedule], those that are wanted whole before the others.
sub walks {
    my (@whole, @others);
    for (pairs()) {
        my ($state, @two) = @$_;
        my $name = join ':', $state, @two;
        next if defined $ENV{TARAZU_PAIR} && $name !~ /$ENV{TARAZU_PAIR}/;
        my @walks = map { [$state, $_->[0] ? reverse(@two) : @two, $_->[1]] } $two[0] eq $two[1] ? @TURNS[0, 2] : @TURNS;
        if ($ENV{TARAZU_ALL} || defined $ENV{TARAZU_PAIR} || $WHOLE{$name} || $WHOLE{ join ':', $state, reverse @two }) { push @whole, @walks }
        else { push @others, @walks }
    }
    return (\@whole, [shuffle @others]);
}

my $deadlocks = deadlocks();
my ($whole, $others) = walks();
my ($met, %broken, %of) = (0);
sub walk {
    my ($meeting) = @_;
    my $wrong = eval { meet(@$meeting) // '' } // "died: $@";
    $met++;
    diag "$of{ $meeting->[0] } meetings in $meeting->[0]" if $ENV{TARAZU_ALL} && ++$of{ $meeting->[0] } % 50 == 0;
    return if $wrong eq '';
    $broken{ join ' ', @$meeting } = $wrong;
    diag "@$meeting: $wrong";
    return;
}
my $begun = time;
walk($_) for @$whole;
my $end = time + $SECONDS;
while (my $next = shift @$others) { walk($next); last if time > $end }
note sprintf '%d meetings in %.1f s, TARAZU_SEED=%d', $met, time - $begun, $SEED;
is_deeply(\%broken, {}, "$met meetings end as if one came after the other") or diag explain \%broken;
is(deadlocks(), $deadlocks, 'nobody ever blocked each other');
$stage->wake;
ok(quiet($stage->shop, 60 + $met / 4), 'the work that lay still is done');
adds_up($stage->shop);
my @errors = $stage->shop->unexpected_errors;
is_deeply(\@errors, [], 'and the log is quiet') or diag explain \@errors;

# The check can fail: without a guard the same meeting goes wrong.
$stage->shop->expect_errors(qr/"level":"error"/);
$stage->sleep;
for (
    ['the locks', ['advisory', 'row'], cart => qw(place place held)],
    ['the look at lines and coupon behind the locks', ['as_seen'], cart_bare => qw(place apply early)],
    ['the mark of an order that is in the cart again', ['put_back'], expired => qw(settle reorder early)],
    ['the respect for a receipt in review', ['in_review'], review => qw(reject expire early)],
) {
    my ($what, $guards, @meeting) = @$_;
    is(meet(@meeting), undef, "$what: all is well");
    $stage->omit($_) for @$guards;
    my $wrong = meet(@meeting);
    $stage->omit_no_more;
    ok(defined $wrong, "$what left out: " . ($wrong // 'nobody notices'));
}
$stage->stop;
done_testing;
