#!/usr/bin/env perl
# Pools are bulkheads: with every order worker waiting for a hot variant, or every pay worker for a
# hanging bank, product pages (and at the hanging bank orders, too) keep at least nine tenths of their
# throughput, and the breaker's state stands in the metrics. Windows with and without
# the trouble alternate in one run and their medians are compared; no absolute time is asked for.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode ();
use File::Temp ();
use IPC::Open2;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my ($LEAST, $MOST, $KEPT) = (3, 15, 0.9);

# All requests of the load come from one address: its limits are out of the way.
my $limits = File::Temp->new;
open my $own, '<', 'nginx/limits.conf' or die "limits.conf: $!";
print {$limits} map { s{rate=\S+r/s}{rate=1000000r/s}r =~ s{burst=\d+}{burst=100000}r } <$own>;
close $limits;
chmod 0644, "$limits";

my $shop = Tarazu::Test::Shop->start(limits => "$limits", conf => { 'worker.web' => 2, 'worker.order' => 4, 'worker.pay' => 2, 'order.max_waiters' => 4,
    'trace.url' => '' }); # the sandbox is all providers in one host, and a collector that answers keeps its breaker closed
shelf($shop);
my ($page, $hot) = goods($shop, count => 2, on_hand => 1000);
my ($path) = grep { /-1$/ } map { "/products/$_->{slug}" } @{ $shop->client->get('/products')->{json}{items} };
$path =~ s/([^\x21-\x7e])/join '', map { sprintf '%%%02X', ord } split \/\/, Encode::encode('UTF-8', $1)/ge;

# Pages a second over one second. A cookie of a cart keeps nginx from answering out of its own cache.
sub throughput {
    my $out = qx(wrk -t1 -c8 -d1s -H 'Cookie: __Host-cart=nobody' -H 'Accept: text/html' '@{[$shop->url]}$path');
    my ($rate) = $out =~ m{Requests/sec:\s*([\d.]+)} or die "wrk: $out";
    die "wrk met errors: $out" if $out =~ /Non-2xx|Socket errors/;
    return $rate;
}
sub median { my @s = sort { $a <=> $b } @_; return $s[@s / 2] }

# Windows with and without the trouble in turn, in either order: at least so many, and more only while
# the answer is not clear. `what` is measured in each: name => rate. -> (name => kept share)
sub kept {
    my ($on, $off, %what) = @_;
    my (%calm, %troubled);
    my $share = sub { my ($name) = @_; return median(@{ $troubled{$name} }) / median(@{ $calm{$name} }) };
    $what{$_}->() for sort keys %what; # warm
    for my $pair (1 .. $MOST) {
        for my $trouble ($pair % 2 ? (0, 1) : (1, 0)) {
            $on->() if $trouble;
            push @{ ($trouble ? \%troubled : \%calm)->{$_} }, $what{$_}->() for sort keys %what;
            $off->() if $trouble;
        }
        last if $pair >= $LEAST && !grep { $share->($_) < $KEPT } keys %what;
    }
    for my $name (sort keys %what) {
        note sprintf '%s a second: calm %s, troubled %s', $name, map { join ' ', map { int } @$_ } $calm{$name}, $troubled{$name};
    }
    return map { $_ => $share->($_) } keys %what;
}

# Orders a second, of customers whose carts are ready.
my ($BATCH, @ready) = (12);
sub ready {
    my ($variant, $count) = @_;
    my @new = crowd($shop, $count);
    $shop->db_query("WITH c AS (INSERT INTO carts (customer_id) SELECT id FROM customers WHERE phone = ANY ('{@{[join ',', map { $_->{phone} } @new]}}') RETURNING id)
        INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen) SELECT id, $variant, 1, 250000 FROM c", admin => 1);
    push @ready, @new;
    return;
}
sub orders {
    my @buyers = map { Tarazu::Test::Buyer->new($shop, enter($shop, $_)) } splice @ready, 0, $BATCH;
    my $begun = time;
    $_->must($_->place(wish => { $_->choices, expected_total => 280_000 }), 201) for @buyers;
    return $BATCH / (time - $begun);
}

# Processes that do something again and again until they are ended.
my @helpers;
sub helper {
    my ($code) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        eval { while (1) { $code->() } };
        print STDERR "# helper: $@" if $@;
        POSIX::_exit(0);
    }
    push @helpers, $pid;
    return;
}
sub end_helpers { kill KILL => @helpers; waitpid $_, 0 for @helpers; @helpers = (); return }
END { my $status = $?; kill KILL => @helpers if @helpers; $? = $status }

# A database session of our own that can hold a variant's row.
my $dsn = $shop->endpoints->{database} =~ s/user=\S+/user=postgres/r;
my $psql = open2(my $answers, my $ask, 'psql', '-XAtq', '-d', $dsn);
sub sql { my ($text) = @_; print {$ask} "$text;\nSELECT 'done';\n"; $ask->flush; while (my $line = <$answers>) { return if $line eq "done\n" } die 'psql ended' }
sub waiting_orders {
    return $shop->db_value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'tarazu_order' AND wait_event_type = 'Lock'", admin => 1);
}

subtest 'every order worker waits for a hot variant' => sub {
    $shop->db_query("INSERT INTO settings (key, value) VALUES ('max_pending_orders', '100')", admin => 1);
    my @buyers = map { Tarazu::Test::Buyer->new($shop, enter($shop, $_)) } crowd($shop, 4);
    my $gate = $shop->state . '.hot';
    for my $buyer (@buyers) {
        my $wish = { $buyer->choices, expected_total => 280_000 };
        my $turn = 0;
        helper(sub { # one order after another while the gate is open
            if (!-e $gate) { sleep 0.02; return }
            $buyer->put($hot);
            $turn++;
            $buyer->must((Tarazu::Test::Buyer::patiently(sub { $buyer->place(wish => $wish, key => "hot-$turn") }))[0], 201);
        });
    }
    my %share = kept(
        sub {
            sql("BEGIN; SELECT 1 FROM stock WHERE variant_id = $hot FOR UPDATE");
            open my $f, '>', $gate or die "$gate: $!";
            wait_for(sub { waiting_orders() == 4 }, 20) or die 'the order workers do not wait';
        },
        sub { unlink $gate; sql('ROLLBACK'); wait_for(sub { waiting_orders() == 0 }, 20) or die 'they still wait'; },
        pages => \&throughput,
    );
    end_helpers();
    my $share = $share{pages};
    cmp_ok($share, '>=', $KEPT, sprintf 'product pages keep %.2f of their throughput', $share);
    cmp_ok($shop->db_value("SELECT count(DISTINCT order_id) FROM order_items WHERE variant_id = $hot"), '>=', 4, 'and their orders came through after all');
};

subtest 'every pay worker waits for a hanging bank' => sub {
    my @people = crowd($shop, 8);
    my $calmer = Tarazu::Test::Buyer->new($shop, enter($shop, (crowd($shop, 1))[0]));
    ready($page, $BATCH * (1 + 2 * $MOST));
    my @numbers;
    for my $person (@people) {
        my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
        $buyer->put($page);
        push @numbers, [$buyer, $buyer->must($buyer->place, 201)->{number}];
    }
    # Each window takes fresh orders: an attempt that hangs is not asked for twice.
    my $turn = 0;
    my %share = kept(
        sub {
            $shop->sandbox->post('/faults', json => { call => 'request', kind => 'delay_before', ms => 30_000, times => 2 });
            my $before = $shop->db_value('SELECT count(*) FROM payments', admin => 1);
            for (1, 2) {
                my ($buyer, $number) = @{ $numbers[$turn++ % @numbers] };
                helper(sub { $buyer->pay($number); sleep 60 });
            }
            wait_for(sub { $shop->db_value("SELECT count(*) FROM payments WHERE status = 'created' AND lease_until > shop_now()", admin => 1) >= 2 }, 20)
                or die 'the pay workers do not hang';
        },
        sub {
            # The pay workers give up by themselves; what they held is failed and may be tried again.
            wait_for(sub { $shop->db_value("SELECT count(*) FROM payments WHERE status = 'created' AND lease_until > shop_now()", admin => 1) == 0 }, 20)
                or die 'they still hang';
            end_helpers();
            $shop->sandbox->delete('/faults');
            # An answer between them: the breaker is for the end.
            $calmer->put($page);
            my $number = $calmer->must($calmer->place, 201)->{number};
            wait_for(sub { $calmer->pay($number)->{status} < 300 }, 20) or die 'the bank does not answer again';
        },
        pages => \&throughput,
        orders => \&orders,
    );
    cmp_ok($share{$_}, '>=', $KEPT, sprintf '%s keep %.2f of their throughput', $_, $share{$_}) for sort keys %share;
};

subtest 'the breaker is seen' => sub {
    my $open = sub { return $shop->client->get('/metrics')->{body} =~ /^tarazu_breaker_open\{host="localhost:\d+"\} 1$/m };
    my @buyers = map { Tarazu::Test::Buyer->new($shop, enter($shop, $_)) } crowd($shop, 8);
    my @unpaid = map { $_->put($page); $_->must($_->place, 201)->{number} } @buyers;
    ok(quiet($shop), 'their messages are sent: in the sandbox they go to the same host'); # whose answers count
    ok(!$open->(), 'closed');
    $shop->sandbox->post('/faults', json => { call => 'request', kind => 'status', status => 500, times => 50 });
    for my $i (0 .. $#buyers) {
        cmp_ok($buyers[$i]->pay($unpaid[$i])->{status}, '>=', 500, 'no way to the bank');
        last if $open->();
    }
    ok(wait_for($open, 10), 'open after the bank has failed so often');
    is($shop->client->get('/products')->{status}, 200, 'the shop is open, too');
    $shop->sandbox->delete('/faults');
};

print {$ask} "\\q\n";
waitpid $psql, 0;
adds_up($shop);
$shop->stop;
done_testing;
