#!/usr/bin/env perl
# The three things that keep the last unit from being sold twice, left out one by one: advisory locks,
# row locks, the constraint. Without any one of them nothing is oversold; without all three the same
# check that is passed before must find it. The race is made certain: every placement stops where it
# has read under its locks, and all go on together.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter faults oversold points tally);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $ROUNDS = $ENV{TARAZU_ROUNDS} // 3;
my $CROWD = 8; # all of them fit into the order workers of both replicas

# Runs the race for one unit: {statuses, inside: how many stood past their reads at once, oversold, faults}.
sub race {
    my ($shop, $points) = @_;
    my ($variant) = goods($shop, on_hand => 1);
    my @people = crowd($shop, $CROWD);
    $points->hold('place_locked');
    my $watcher = fork // die "fork: $!";
    if (!$watcher) { # lets them go when everybody stands there or waits for a lock
        my $most = 0;
        wait_for(sub {
            my $inside = $points->held('place_locked');
            $most = $inside if $inside > $most;
            my $waiting = $shop->db_value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'tarazu_order' AND wait_event_type = 'Lock'", admin => 1);
            return $inside && $inside + $waiting >= $CROWD;
        }, 30);
        $points->go('place_locked');
        require POSIX;
        POSIX::_exit($most);
    }
    my @answers = at_once($CROWD,
        before => sub {
            my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $people[$_[0]]));
            $buyer->put($variant);
            return ($buyer, $buyer->wish);
        },
        do => sub {
            my ($i, $buyer, $wish) = @_;
            my ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->place(wish => $wish, key => "race-$i") });
            return { status => $r->{status}, code => $r->{json}{code} };
        });
    waitpid $watcher, 0;
    return { inside => $? >> 8, statuses => tally(@answers), oversold => oversold($shop, $variant), faults => [faults($shop)] };
}

# The one check that decides: true when the race sold what there was and nothing more.
sub sound {
    my ($r) = @_;
    return $r->{oversold} == 0 && ($r->{statuses}{201} // 0) == 1 && ($r->{statuses}{409} // 0) == $CROWD - 1 && !@{ $r->{faults} };
}

sub without {
    my ($omit, $code) = @_;
    my $points = points();
    my $shop = Tarazu::Test::Shop->start(replicas => 2, conf => { 'worker.order' => 4, 'order.max_waiters' => 4, 'worker.web' => 2 },
        env => { TARAZU_TEST_POINTS => $points->dir, $omit ? (TARAZU_TEST_OMIT => $omit) : () });
    shelf($shop);
    $code->($shop, $points);
    $shop->stop;
    return;
}

subtest 'without advisory locks' => sub {
    without('advisory', sub {
        for my $round (1 .. $ROUNDS) {
            my $r = race(@_);
            ok(sound($r), "round $round: one order, nothing oversold") or diag explain $r;
            is($r->{inside}, 1, 'one at a time passed the row lock');
        }
    });
};

subtest 'without row locks' => sub {
    without('row', sub {
        for my $round (1 .. $ROUNDS) {
            my $r = race(@_);
            ok(sound($r), "round $round: one order, nothing oversold") or diag explain $r;
            is($r->{inside}, 1, 'one at a time passed the advisory lock');
        }
    });
};

subtest 'without both locks, then without all three' => sub {
    without('advisory,row', sub {
        my ($shop, $points) = @_;
        my $r = race($shop, $points);
        cmp_ok($r->{inside}, '>', 1, 'several have read the same stock');
        ok(sound($r), 'the constraint alone lets one order through') or diag explain $r;
        $shop->db_query('ALTER TABLE stock DROP CONSTRAINT stock_reserved_within_on_hand', admin => 1);
        $r = race($shop, $points);
        cmp_ok($r->{inside}, '>', 1, 'several have read the same stock');
        ok(!sound($r), 'without any of the three the check finds it');
        cmp_ok($r->{oversold}, '>=', 1, 'units were sold that are not there');
        ok(scalar(grep { /more is promised than there is/ } @{ $r->{faults} }), 'and the laws of the stock tell it');
    });
};
done_testing;
