#!/usr/bin/env perl
# Crowds at two replicas: one unit and two hundred buyers, a coupon good for one of fifty, the same key
# fifty times at once, carts whose lines lie in opposite order. TARAZU_ROUNDS says how often (3).
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop;
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter oversold tally adds_up);
use Tarazu::Test::Swarm;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $ROUNDS = $ENV{TARAZU_ROUNDS} // 3;

my $shop = Tarazu::Test::Shop->start(replicas => 2);
shelf($shop);

# What every buyer answers with: plain data.
sub told { my ($r) = @_; return { status => $r->{status}, code => $r->{json}{code}, number => $r->{json}{number},
    replayed => $r->{headers}{'idempotent-replayed'}, later => $r->{headers}{'retry-after'}, body => $r->{body} } }
sub buyer_at { my ($person) = @_; return Tarazu::Test::Buyer->new($shop, enter($shop, $person)) }
sub orders_of { my ($variant) = @_; return $shop->db_value("SELECT count(DISTINCT order_id) FROM order_items WHERE variant_id = $variant") }
sub lawful { my ($what) = @_; adds_up($shop, $what); return }

my ($PRICE, $SHIPPING) = (250_000, 30_000);
sub carts { # each of the people has one of his variant in the cart
    my ($people, @variants) = @_;
    my $phones = join ',', map { $_->{phone} } @$people;
    $shop->db_query("WITH c AS (INSERT INTO carts (customer_id) SELECT id FROM customers WHERE phone = ANY ('{$phones}') RETURNING id, customer_id)
        INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen)
        SELECT c.id, w.variant, 1, $PRICE FROM unnest('{$phones}'::text[], '{@{[join ',', @variants]}}'::bigint[]) w(phone, variant)
          JOIN customers p ON p.phone = w.phone JOIN c ON c.customer_id = p.id", admin => 1);
    return;
}
sub place_all { # everybody at once: the first answer and the last one after patience
    my ($swarm, $total) = @_;
    my $wish = { Tarazu::Test::Buyer->new($shop, undef)->choices, expected_total => $total };
    return map { [told($_->{first}), told($_->{last})] } $swarm->ask(sub { return { path => '/orders', key => "want-$_[0]", json => $wish } });
}
sub all_want {
    my ($variant, @people) = @_;
    carts(\@people, ($variant) x @people);
    return place_all(Tarazu::Test::Swarm->new($shop, @people), $PRICE + $SHIPPING);
}

for my $round (1 .. $ROUNDS) {
    subtest "round $round: one unit, 200 buyers" => sub {
        my ($variant) = goods($shop, on_hand => 1);
        my @answers = all_want($variant, crowd($shop, 200));
        my @first = map { $_->[0] } @answers;
        my @last = map { $_->[1] } @answers;
        my ($first, $last) = (tally(@first), tally(@last));
        note 'first answers: ', explain $first;
        is(scalar(grep { $_ != 201 && $_ != 409 && $_ != 503 } keys %$first), 0, 'with 201, 409 or 503 and nothing else') or diag explain $first;
        is(scalar(grep { $_->{status} == 503 && !$_->{later} } @first), 0, 'every 503 says when to come back');
        is_deeply($last, { 201 => 1, 409 => 199 }, 'one gets it; whoever was told to come back is told no in the end');
        is(scalar(grep { $_->{status} == 409 && $_->{code} ne 'out_of_stock' } @last), 0, 'because it is sold out');
        is(orders_of($variant), 1, 'one order');
        is(oversold($shop, $variant), 0, 'nothing is sold that is not there');
    };
}

for my $round (1 .. $ROUNDS) {
    subtest "round $round: a coupon for one, 50 buyers" => sub {
        my @variants = goods($shop, count => 50, on_hand => 10); # only the coupon is wanted by all
        my $code = "ONE$round";
        coupon($shop, $code, usage_limit => 1);
        my @people = crowd($shop, 50);
        carts(\@people, @variants);
        my $swarm = Tarazu::Test::Swarm->new($shop, @people);
        is_deeply(tally(map { $_->{last}{status} } $swarm->ask(sub { return { path => '/coupons/apply-coupon', json => { code => $code } } })), { 200 => 50 }, 'each has it in the cart');
        my @last = map { $_->[1] } place_all($swarm, $PRICE + $SHIPPING - 10_000);
        is_deeply(tally(@last), { 201 => 1, 409 => 49 }, 'one order') or diag explain [grep { ($_->{status} // 0) !~ /201|409/ } @last];
        is_deeply(tally(map { $_->{code} // '' } grep { ($_->{status} // 0) == 409 } @last), { coupon_exhausted => 49 }, 'the others are told why not');
        is($shop->db_value("SELECT used FROM coupons WHERE code = '$code'"), 1, 'used once');
    };

    subtest "round $round: one key, 50 times at once" => sub {
        my ($variant) = goods($shop, on_hand => 1000);
        my ($person) = crowd($shop, 1);
        my $buyer = buyer_at($person);
        $buyer->put($variant, 2);
        my $wish = $buyer->wish;
        my $bearer = $buyer->{client}{bearer};
        my @pairs = at_once(50,
            before => sub {
                my $client = $shop->client(from => '127.91.' . $round % 250 . '.' . ($_[0] + 1));
                $client->{bearer} = $bearer;
                $client->get('/cart'); # connected
                return Tarazu::Test::Buyer->new($shop, $client);
            },
            do => sub {
                my (undef, $again) = @_;
                my $first = $again->place(wish => $wish, key => 'same');
                my ($last) = Tarazu::Test::Buyer::patiently(sub { $again->place(wish => $wish, key => 'same') });
                return [told($first), told($last)];
            });
        my @first = map { ref eq 'ARRAY' ? $_->[0] : $_ } @pairs;
        my @last = map { ref eq 'ARRAY' ? $_->[1] : $_ } @pairs;
        my $first = tally(@first);
        note 'first answers: ', explain $first;
        is(scalar(grep { !/^(?:201|409|429|503)$/ } keys %$first), 0, 'made, still running or busy') or diag explain $first;
        is(scalar(grep { $_->{status} != 201 && !$_->{later} } @first), 0, 'whoever has to wait is told how long');
        is_deeply(tally(@last), { 201 => 50 }, 'all are answered alike in the end');
        is(scalar(keys %{ { map { ($_->{body} // '') => 1 } @last, grep { $_->{status} == 201 } @first } }), 1, 'with the same bytes');
        is(scalar(grep { $_->{status} == 201 && !$_->{replayed} } @first), 1, 'one of them made the order');
        is(orders_of($variant), 1, 'one order');
    };
}

subtest 'opposite orders of lines' => sub {
    my $deadlocks = sub { $shop->db_value("SELECT deadlocks FROM pg_stat_database WHERE datname = 'tarazu'") };
    my $before = $deadlocks->();
    my @variants = goods($shop, count => 6, on_hand => 10_000);
    my @people = crowd($shop, 24);
    my @results = at_once(24,
        before => sub { return buyer_at($people[$_[0]]) },
        do => sub {
            my ($i, $buyer) = @_;
            my @statuses;
            for my $turn (1 .. 3) { # as many unpaid orders as a customer may have
                my @mine = $i % 2 ? reverse @variants : @variants;
                push @mine, splice @mine, 0, $turn;
                $buyer->put($_) for @mine;
                my $wish = $buyer->wish;
                my ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->place(wish => $wish, key => "turn-$turn") });
                push @statuses, $r->{status};
            }
            return \@statuses;
        });
    is_deeply(tally(map { ref eq 'ARRAY' ? @$_ : 'died' } @results), { 201 => 72 }, 'every order is placed') or diag explain \@results;
    $shop->db_query('SELECT pg_stat_clear_snapshot()');
    is($deadlocks->(), $before, 'and the database saw no deadlock');
};

# The constraint is the last line, not the only one: the locks hold without it.
subtest 'without the constraint' => sub {
    $shop->db_query('ALTER TABLE stock DROP CONSTRAINT stock_reserved_within_on_hand', admin => 1);
    my ($variant) = goods($shop, on_hand => 1);
    my @last = map { $_->[1] } all_want($variant, crowd($shop, 60));
    is_deeply(tally(@last), { 201 => 1, 409 => 59 }, 'one order all the same');
    is(oversold($shop, $variant), 0, 'nothing is sold that is not there');
};

lawful('after all of it');
$shop->stop;
done_testing;
