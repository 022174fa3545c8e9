#!/usr/bin/env perl
# A flash sale: five hundred buyers at the same moment for a hundred units. A hundred orders, an answer for
# everybody, and meanwhile the rest of the shop goes on. What it costs the others is measured in the
# workers, from their log: the clients of this test take the same processors. It is compared in the same run with
# a crowd that wants as many different things.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop;
use Tarazu::Test::Storm qw(shelf goods crowd enter oversold tally log_lines adds_up);
use Tarazu::Test::Swarm;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my ($BUYERS, $UNITS, $CONTROL, $PRICE, $TOTAL) = (500, 100, 150, 250_000, 280_000);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
$shop->db_query("INSERT INTO settings (key, value) VALUES ('max_pending_orders', '100')", admin => 1);
my ($hot) = goods($shop, on_hand => $UNITS);
my ($other) = goods($shop, on_hand => 100_000);
my @own = goods($shop, count => $CONTROL, on_hand => 10);
my $page = $shop->client->get('/products')->{json}{items}[0]{slug};
utf8::encode($page);
$page = '/products/' . $page =~ s/([^\x21-\x7e])/sprintf '%%%02X', ord $1/ger;

my @people = crowd($shop, $BUYERS);
sub carts { # everybody of $people[$from …] has this in the cart
    my ($from, @variants) = @_;
    my @phones = map { $people[$from + $_]{phone} } 0 .. $#variants;
    $shop->db_query("INSERT INTO carts (customer_id) SELECT id FROM customers WHERE phone = ANY ('{@{[join ',', @phones]}}') ON CONFLICT DO NOTHING;
        INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen)
        SELECT c.id, w.variant, 1, $PRICE FROM unnest('{@{[join ',', @phones]}}'::text[], '{@{[join ',', @variants]}}'::bigint[]) w(phone, variant)
          JOIN customers p ON p.phone = w.phone JOIN carts c ON c.customer_id = p.id", admin => 1);
    return;
}

# ---- The rest of the shop: orders of another product and product pages, one after another.
my @helpers;
sub helper {
    my ($code) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        eval { my $turn = 0; while (1) { $code->($turn++); sleep 0.02 } };
        print STDERR "# helper: $@" if $@;
        POSIX::_exit(0);
    }
    push @helpers, $pid;
    return;
}
sub end_helpers { kill KILL => @helpers; waitpid $_, 0 for @helpers; @helpers = (); return }
END { my $status = $?; end_helpers() if @helpers; $? = $status }

my (%orderer, %visitor);
for my $i (0, 1) {
    my @buyers = map { $orderer{ $_->{from} } = 1; Tarazu::Test::Buyer->new($shop, enter($shop, $_)) } crowd($shop, 8);
    helper(sub {
        my ($turn) = @_;
        my $buyer = $buyers[$turn % @buyers];
        $buyer->put($other);
        my $wish = { $buyer->choices, expected_total => $TOTAL };
        $buyer->must((Tarazu::Test::Buyer::patiently(sub { $buyer->place(wish => $wish, key => "other-$turn") }))[0], 201);
    });
    my $from = '127.30.0.' . (1 + $i);
    $visitor{$from} = 1;
    my $visitor = $shop->client(from => $from, html => 1);
    helper(sub { # the cookie of a cart keeps nginx from answering out of its own cache
        my $r = $visitor->get($page, headers => { cookie => '__Host-cart=nobody' });
        die "a page answered $r->{status}" if $r->{status} != 200;
    });
}

# ---- The two crowds, of the same people: first each of some for a thing of the own, then all for the hot one.
my $swarm = Tarazu::Test::Swarm->new($shop, @people);
my $wish = { Tarazu::Test::Buyer->new($shop, undef)->choices, expected_total => $TOTAL };
sub order { my ($key, %o) = @_; return $swarm->ask(sub { return { path => '/orders', key => "$key-$_[0]", json => $wish } }, %o) }
sub stamp { my ($t) = @_; return POSIX::strftime('%Y-%m-%dT%H:%M:%S', gmtime $t) . sprintf '.%06dZ', 1e6 * ($t - int $t) }
my @windows; # [what went on, from, to]
sub during { my ($what, $do) = @_; my $from = time; my @r = $do->(); push @windows, [$what, stamp($from), stamp(time)]; return @r }

carts(0, @own);
my @control = during(calm => sub { order('own', count => $CONTROL) });
carts(0, ($hot) x $BUYERS);
during(calm => sub { sleep 2 });
my @answers = during(hot => sub { order('hot') });
during(calm => sub { sleep 2 });

# What it cost the others: how much of their throughput a worker keeps, by its time for one. Of the times the lower
# quarter, not the middle: what one costs when it is not disturbed by whoever else runs on this computer.
sub quarter { my @s = sort { $a <=> $b } @_; return $s[@s / 4] }
sub shares {
    my (%took, %share); # what → window → log lines
    for my $line (log_lines($shop, qr/"route":"(?:ORDER_PLACE|PRODUCT)\w*"/)) {
        my $l = JSON::PP::decode_json($line);
        my $what = $orderer{ $l->{client} } && $l->{status} == 201 ? 'orders' : $visitor{ $l->{client} } ? 'pages' : next;
        my ($when) = grep { $l->{at} ge $_->[1] && $l->{at} lt $_->[2] } @windows or next;
        push @{ $took{$what}{ $when->[0] } }, $l;
    }
    for ([orders => 'us'], [pages => 'cpu_us']) {
        my ($what, $field) = @$_;
        my ($calm, $troubled) = map { [map { $_->{$field} } @{ $took{$what}{$_} // [] }] } qw(calm hot);
        note sprintf '%s, %s: a quarter within %d of %d when calm, within %d of %d in the sale', $what, $field, map { (quarter(@$_) // 0, scalar @$_) } $calm, $troubled;
        $share{$what} = @$calm && @$troubled ? quarter(@$calm) / quarter(@$troubled) : 0;
        $share{"${what}_meanwhile"} = @$troubled;
    }
    return \%share;
}
my $share = shares();
my @sold_out = ($hot);
for my $again (1, 2) { # only while the answer is not clear: another such sale
    last if $share->{pages} >= 0.9 && $share->{orders} >= 0.5;
    my ($next) = goods($shop, on_hand => $UNITS);
    $shop->db_query("DELETE FROM cart_items WHERE variant_id IN (@{[join ',', @sold_out]})", admin => 1);
    push @sold_out, $next;
    carts(0, ($next) x $BUYERS);
    during(hot => sub { order("again-$again") });
    during(calm => sub { sleep 2 });
    $share = shares();
}
end_helpers();

# ---- What the buyers were told.
my (@first, @last);
for (@answers) {
    push @first, { status => $_->{first}{status}, later => $_->{first}{headers}{'retry-after'}, body => $_->{first}{body} };
    push @last, { status => $_->{last}{status}, code => $_->{last}{json}{code} // '', body => $_->{last}{body} };
}
my $first = tally(@first);
note 'first answers: ', explain $first;
is_deeply([grep { !/^(?:201|409|503)\z/ } keys %$first], [], 'with 201, 409 or 503 and nothing else') or diag explain [grep { $_->{status} !~ /^(?:201|409|503)\z/ } @first];
is(scalar(grep { $_->{status} == 503 && !($_->{later} && $_->{later} =~ /^[1-9]$/) } @first), 0, 'every 503 says when to come back');
is_deeply(tally(@last), { 201 => $UNITS, 409 => $BUYERS - $UNITS }, 'a hundred get one, whoever came back is told no in the end')
    or diag explain [grep { $_->{status} !~ /^(?:201|409)\z/ } @last];
is_deeply(tally(map { $_->{code} } grep { $_->{status} == 409 } @last), { out_of_stock => $BUYERS - $UNITS }, 'because it is sold out');
is($shop->db_value("SELECT count(DISTINCT order_id) FROM order_items WHERE variant_id = $hot"), $UNITS, 'a hundred orders');
is(oversold($shop, $hot), 0, 'nothing is sold that is not there');
is_deeply(tally(map { $_->{last}{status} } @control), { 201 => $CONTROL }, 'the crowd before them got all it wanted');

# ---- What it cost the others.
cmp_ok($share->{orders_meanwhile}, '>=', 5, 'orders of other products are placed meanwhile');
cmp_ok($share->{orders}, '>=', 0.5, sprintf 'a worker keeps %.2f of its throughput of them', $share->{orders});
cmp_ok($share->{pages}, '>=', 0.9, sprintf 'and %.2f of its product pages', $share->{pages});
my ($refused) = $shop->client->get('/metrics')->{body} =~ /^tarazu_hot_refused_total (\d+)/m;
is($refused > 0, ($first->{503} // 0) > 0, 'who was sent away is counted') if defined $refused;

adds_up($shop);
$shop->stop;
done_testing;
