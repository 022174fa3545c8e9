#!/usr/bin/env perl
# Workers killed by SIGKILL at random moments and at the named stop points, and a whole replica under
# load: no order that was acknowledged is lost, nothing is done twice, the other replica serves on, and
# the master's log says what the dead were doing.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet later points tally log_lines adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $points = points();
my $shop = Tarazu::Test::Shop->start(replicas => 2, env => { TARAZU_TEST_POINTS => $points->dir },
    conf => { 'worker.web' => 2, 'worker.order' => 3, 'worker.pay' => 2, 'worker.job' => 2 });
# The dead are announced as errors: that is what this script makes happen.
$shop->expect_errors(qr/"msg":"worker died"/, qr/"msg":"job is dead"/);
shelf($shop);
my ($variant) = goods($shop, on_hand => 100_000, price => 50_000);
my @masters = @{ $shop->endpoints->{master_pids} };

sub children { my ($master) = @_; open my $f, '<', "/proc/$master/task/$master/children" or return; return split ' ', <$f> // '' }
sub buyer_at { my ($person) = @_; return Tarazu::Test::Buyer->new($shop, enter($shop, $person)) }
# A refused or lost request repeated until it is answered; 404 and the like end it.
sub sure { return (Tarazu::Test::Buyer::patiently($_[0], 120))[0] }
sub orders_in_db { return map { $_->[0] => $_->[1] } $shop->db_query('SELECT number, status FROM orders', admin => 1) }

# After the storm: what clients wrote down is in the database once, and everything adds up.
sub settled {
    my ($what, @journal) = @_;
    later($shop, '3 minutes'); # work that died with its worker is taken up again
    ok(quiet($shop, 90), "$what: all work is done");
    my %there = orders_in_db();
    my @numbers = map { $_->{number} } @journal;
    is_deeply([grep { !exists $there{$_} } @numbers], [], "$what: every acknowledged order is there");
    is(scalar(keys %{ { map { $_ => 1 } @numbers } }), scalar @numbers, "$what: each key has an order of its own");
    is_deeply([grep { $_->{paid} && $there{ $_->{number} } !~ /^(?:paid|processing)$/ } @journal], [], "$what: whoever paid has a paid order");
    adds_up($shop, $what);
    return;
}

sub fill { # the customer's cart
    my ($buyer, $turn) = @_;
    sure(sub { $buyer->{client}->post('/cart/items', json => { variant_id => $variant + 0, quantity => 1 }, key => "put-$turn") });
    return;
}

# One customer's life: order, sometimes pay, sometimes cancel; everything with keys and patience.
sub live {
    my ($buyer, $turn) = @_;
    my $wish = { $buyer->choices, expected_total => 80_000 };
    my $r = sure(sub { $buyer->place(wish => $wish, key => "life-$turn") });
    die "placing: $r->{status} $r->{body}" if $r->{status} != 201;
    my $entry = { number => $r->{json}{number} };
    if ($turn % 2) {
        my $visit;
        my $p = sure(sub {
            my $p = $buyer->pay($entry->{number});
            # Whoever died while asking the bank holds the attempt for 15 seconds of the shop's clock.
            return $p if ($p->{json}{code} // '') ne 'payment_in_progress';
            later($shop, '16 seconds');
            return { status => 503, headers => {} };
        });
        die "paying: $p->{status} $p->{body}" if $p->{status} != 201;
        my ($track) = $p->{json}{redirect_url} =~ m{/(\d+)$};
        my $way = $buyer->at_bank({ track => $track }, 'pay', webhook => 1);
        my $back = sure(sub { $buyer->{client}->get($way->{callback_url}) });
        die "coming back: $back->{status}" if $back->{status} != 303;
        $entry->{paid} = 1;
    }
    else { # an unpaid one is given back, so that the customer may have the next
        my $c = sure(sub { $buyer->{client}->post("/orders/$entry->{number}/cancel", json => {}, key => "cancel-$turn") });
        die "canceling: $c->{status} $c->{body}" if $c->{status} != 200;
    }
    return $entry;
}

# Eight customers live for some turns while `trouble` happens; what they wrote down.
sub under_load {
    my ($turns, $trouble) = @_;
    my @people = crowd($shop, 8);
    my $maker = fork // die "fork: $!";
    if (!$maker) {
        $trouble->();
        POSIX::_exit(0);
    }
    my @journals = at_once(8,
        before => sub { return buyer_at($people[$_[0]]) },
        do => sub { my ($i, $buyer) = @_; return [map { fill($buyer, $_); live($buyer, $_) } 1 .. $turns] });
    kill TERM => $maker;
    waitpid $maker, 0;
    my @died = map { $_->{died} // 'nothing' } grep { ref ne 'ARRAY' } @journals;
    is_deeply(\@died, [], 'every customer got through');
    return map { ref eq 'ARRAY' ? @$_ : () } @journals;
}

subtest 'any worker at any moment' => sub {
    my @journal = under_load(6, sub {
        srand(17);
        while (1) {
            my @workers = map { children($_) } @masters;
            kill KILL => $workers[rand @workers] if @workers;
            sleep 0.05 + rand 0.15;
        }
    });
    is(scalar @journal, 48, 'all of their orders');
    my @dead = log_lines($shop, qr/"msg":"worker died"/);
    cmp_ok(scalar @dead, '>=', 5, scalar(@dead) . ' workers died meanwhile');
    settled('after the killing', @journal);
};

# point => the route or job that the master must name, and the turn of life that leads there.
my @POINTS = (
    [place_locked => 'ORDER_PLACE', \&live, 2],
    [before_commit => 'ORDER_PLACE', \&live, 4],
    [after_commit => 'ORDER_PLACE', \&live, 6],
    [payment_intent_stored => 'PAYMENT_PROCESS', \&live, 1],
    [payment_gateway_answered => 'PAYMENT_PROCESS', \&live, 3],
    [settle_verified => 'PAYMENT_CALLBACK|payment_settle', \&live, 5],
    [refund_marked_sent => 'refund_send', \&refunded, 7],
    [refund_answered => 'refund_send', \&refunded, 9],
    [job_worked => '[a-z_]+', \&live, 11],
);
sub refunded { # a paid order given back to the card
    my ($buyer, $turn) = @_;
    my $entry = live($buyer, $turn);
    my $c = sure(sub { $buyer->{client}->post("/orders/$entry->{number}/cancel", json => {}, key => "back-$turn") });
    die "canceling: $c->{status} $c->{body}" if $c->{status} != 200;
    return { number => $entry->{number} };
}

# What the dead were doing when they reached the point. Other processes may come to a general point
# first: then it is tried again.
sub dies_at {
    my ($point, $want, $deed, $turn, $journal) = @_;
    for my $try (1 .. 8) {
        my $buyer = buyer_at((crowd($shop, 1))[0]);
        fill($buyer, $turn);
        my $before = () = log_lines($shop, qr/"msg":"worker died"/);
        $points->kill($point);
        push @$journal, $deed->($buyer, $turn);
        if (!wait_for(sub { !$points->armed($point) }, 20)) {
            $points->disarm($point);
            return 'nobody';
        }
        my @dead;
        wait_for(sub { @dead = log_lines($shop, qr/"msg":"worker died"/); @dead > $before }, 10);
        my ($found) = grep { /^(?:$want)$/ } map { /"route":"([^"]*)"/ ? $1 : () } @dead[$before .. $#dead];
        return $found if $found;
    }
    return 'others only';
}

subtest 'at every named point' => sub {
    my @journal;
    for (@POINTS) {
        my ($point, $want, $deed, $turn) = @$_;
        like(dies_at($point, $want, $deed, $turn, \@journal), qr/^(?:$want)$/, "$point: the master says what died there");
    }
    settled('after the points', @journal);
};

subtest 'a replica is gone at once' => sub {
    my ($killed, $served) = ($masters[0], 0);
    my $first = $shop->db_value('SELECT count(*) FROM orders', admin => 1);
    my @journal = under_load(6, sub {
        wait_for(sub { $shop->db_value('SELECT count(*) FROM orders', admin => 1) >= $first + 8 }, 30);
        kill KILL => children($killed), $killed;
        sleep 60; # ended by the parent
    });
    is(scalar @journal, 48, 'all of their orders are placed');
    ok(!kill(0, $killed) || -e "/proc/$killed/stat" && do { open my $f, '<', "/proc/$killed/stat"; <$f> =~ /\) Z / }, 'the replica is dead');
    is(tally(map { $shop->client->get('/products')->{status} } 1 .. 10)->{200}, 10, 'the other serves every page');
    my $keys = $shop->db_value("SELECT count(*) FROM orders", admin => 1) - $first;
    is($keys, 48, 'as many orders as keys: no request was done twice');
    settled('after the replica', @journal);
};

$shop->stop;
done_testing;
