#!/usr/bin/env perl
# Every fault of the sandbox at every call of the payment protocol, and a worker killed by SIGKILL before
# and after every commit that moves a payment or a refund. Whatever happened, in the end the doctor finds
# nothing and the bank's own journal tells the same as the shop's books, to the Rial, in both directions.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet later points log_lines adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $points = points();
my $shop = Tarazu::Test::Shop->start(env => { TARAZU_TEST_POINTS => $points->dir },
    conf => { 'worker.web' => 2, 'worker.order' => 5, 'worker.pay' => 7, 'worker.job' => 4 });
# The dead are announced as errors: that is what this script makes happen.
$shop->expect_errors(qr/"msg":"worker died"/);
shelf($shop);
my ($variant) = goods($shop, on_hand => 900, price => 100_000);
my $staff = $shop->staff;
my $bank = $shop->sandbox;
my $TRUE = JSON::PP::true;
$staff->patch('/admin/settings', json => { card_to_card_enabled => $TRUE, card_to_card_number => '6037991234567890' });

sub fault {
    my ($call, $kind, %o) = @_;
    my $r = $bank->post('/faults', json => { call => $call, kind => $kind, times => 1, %o });
    $r->{status} == 201 or die "$kind at $call: $r->{body}";
    return $r->{json}{id};
}

# ---- one purchase, in steps ----

# The buyer presses again until there is a way to the bank.
sub to_bank {
    my ($buyer, $number) = @_;
    my $r;
    for (1 .. 100) {
        $r = $buyer->pay($number);
        last if $r->{status} == 201;
        later($shop, '16 seconds') if ($r->{json}{code} // '') eq 'payment_in_progress'; # whoever died holds the attempt
        sleep 0.2;
    }
    $r->{status} == 201 or die "no way to the bank: $r->{status} $r->{body}";
    my ($track) = $r->{json}{redirect_url} =~ m{/(\d+)\z} or die "no track id in $r->{json}{redirect_url}";
    return ($track, $r->{json}{redirect_url});
}
sub ordered {
    my ($buyer, %o) = @_;
    my ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->{client}->post('/cart/items', json => { variant_id => $variant + 0, quantity => 1 }) });
    ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->place(%o, key => "place-$$-$buyer->{client}{from}") });
    return $buyer->must($r, 201);
}
sub pay_there {
    my ($track, %o) = @_;
    my $r = $bank->post("/bank/$track/pay", json => { webhook => $o{webhook} ? $TRUE : JSON::PP::false });
    $r->{status} == 200 or die "paying $track: $r->{status} $r->{body}";
    return $r->{json}{callback_url};
}
sub come_back { my ($client, $url) = @_; my ($r) = Tarazu::Test::Buyer::patiently(sub { $client->get($url) }); return $r }

# The shop's time passes until nothing is on its way any more.
sub settle_down {
    my ($seconds) = @_;
    my $open = "(SELECT count(*) FROM payments WHERE gateway_ref IS NOT NULL AND status IN ('redirected', 'unknown', 'failed', 'canceled'))
              + (SELECT count(*) FROM payments WHERE method = 'gateway' AND status = 'created')
              + (SELECT count(*) FROM refunds WHERE status IN ('requested', 'sent', 'unknown'))
              + (SELECT count(*) FROM jobs WHERE state IN ('ready', 'running') AND kind <> 'invoice_seal' AND attempt > 0)";
    my $end = time + $seconds;
    while (time < $end) {
        quiet($shop, 20);
        return 1 if $shop->db_value("SELECT $open") == 0;
        later($shop, '70 seconds');
        sleep 0.3; # a breaker that has opened lets through only after a while of everybody's clock
    }
    return;
}

# ---- the table of faults ----

my %parameter = (delay => { ms => 200 }, delay_before => { ms => 200 }, reorder => { ms => 200 }, wrong_amount => { delta => 10_000 }, stale => { seconds => 900 });
my @calls = qw(request start callback webhook verify inquiry refund refund_inquiry);
my %trouble = map { $_ => 1 } qw(status reset_before reset_after);
my @cells;
for my $kind (@{ $bank->get('/faults')->{json}{kinds} }) {
    for my $call (@calls) {
        next if !grep { $_ eq $call } @{ $kind->{calls} };
        push @cells, { call => $call, kind => $kind->{kind}, times => 1, o => $parameter{ $kind->{kind} } // {} };
        # What the caller repeats by itself is there at each of its three tries as well.
        push @cells, { %{ $cells[-1] }, times => 3 } if $trouble{ $kind->{kind} } && $call =~ /^(?:request|verify|inquiry)$/;
    }
}
# Longer than anybody waits: the bank acts, the shop has gone.
push @cells, map { { call => $_, kind => 'delay', times => 1, o => { ms => 6000 } } } qw(request verify refund);
$_->{name} = "$_->{kind}" . ($_->{times} > 1 ? " x$_->{times}" : $_->{o}{ms} && $_->{o}{ms} > 5000 ? ' 6 s' : '') . " at $_->{call}" for @cells;
cmp_ok(scalar @cells, '>', 70, scalar(@cells) . ' cells');

# To the bank and back with the fault in the way; faults at the way home of money come later.
sub buy_through {
    my ($cell, $client) = @_;
    my $buyer = Tarazu::Test::Buyer->new($shop, $client);
    my $number = ordered($buyer)->{number};
    my %f = (times => $cell->{times}, %{ $cell->{o} });
    my $id = $cell->{call} eq 'request' ? fault('request', $cell->{kind}, %f, order_id => $number) : undef;
    my ($track, $page) = to_bank($buyer, $number);
    $id = fault($cell->{call}, $cell->{kind}, %f, track_id => $track) if $cell->{call} =~ /^(?:start|callback|webhook|verify|inquiry)$/;
    # An inquiry follows a verify that the bank has done before: its answer is lost on the way.
    fault('verify', 'reset_after', track_id => $track) if $cell->{call} eq 'inquiry';
    $bank->get($page) if $cell->{call} eq 'start';
    my $url = pay_there($track, webhook => $cell->{call} eq 'webhook');
    come_back($client, $url) if $url && $cell->{call} ne 'webhook';
    return { number => $number, track => $track, fault => $id };
}

my $LANES = 4;
my @people = crowd($shop, scalar @cells);
# Long waits first, and the rows that fail three times in a row in one lane, with others in between.
my @order = sort { ($cells[$b]{o}{ms} // 0) <=> ($cells[$a]{o}{ms} // 0) } 0 .. $#cells;
my @lanes = map { my $lane = $_; [grep { $cells[$_]{times} > 1 ? $lane == 0 : $_ % $LANES == $lane } @order] } 0 .. $LANES - 1;
my @done = at_once($LANES, do => sub {
    my ($lane) = @_;
    delete $shop->{sandbox};
    $bank = $shop->sandbox;
    return { map { ($_ => buy_through($cells[$_], enter($shop, $people[$_]))) } @{ $lanes[$lane] } };
});
is_deeply([map { $_->{died} // () } @done], [], 'every buyer got through');
for my $lane (@done) { $cells[$_]{bought} = $lane->{$_} for grep { /^\d+$/ } keys %$lane }
ok(settle_down(60), 'all of it is settled') or diag explain [$shop->db_query("SELECT id, status, reason FROM payments WHERE status NOT IN ('captured', 'suspense')")];
my %left = map { $_->{id} => $_->{left} } @{ $bank->get('/faults')->{json}{items} };
is_deeply([map { $_->{name} } grep { $_->{bought}{fault} && $left{ $_->{bought}{fault} } } @cells], [], 'every fault was met');
$bank->delete('/faults');

subtest 'money on its way home' => sub {
    my @home = grep { $_->{call} =~ /^refund/ } @cells;
    for my $cell (@home) {
        my ($number, $track) = @{ $cell->{bought} }{qw(number track)};
        $cell->{bought}{fault} = fault($cell->{call}, $cell->{kind}, times => $cell->{times}, %{ $cell->{o} }, track_id => $track);
        fault('refund', 'reset_after', track_id => $track) if $cell->{call} eq 'refund_inquiry';
        my $r = $staff->post("/admin/orders/$number/transition", json => { event => 'cancel', reason => 'آزمون' });
        is($r->{status}, 200, "$cell->{name}: canceled") or diag $r->{body};
    }
    ok(settle_down(60), 'every refund has an end');
    my %still = map { $_->{id} => $_->{left} } @{ $bank->get('/faults')->{json}{items} };
    is_deeply([map { $_->{name} } grep { $still{ $_->{bought}{fault} } } @home], [], 'every fault was met');
    $bank->delete('/faults');
};

sub endings { # of the orders: their state, their payments', their refunds'
    return { map { my ($number, @parts) = @$_; ($number => join ' · ', grep { length } @parts) } $shop->db_query("SELECT o.number, o.status,
        (SELECT string_agg(p.status || coalesce(' (' || p.reason || ')', ''), ', ' ORDER BY p.id) FROM payments p WHERE p.order_id = o.id),
        coalesce((SELECT 'refund ' || string_agg(r.status, ', ' ORDER BY r.id) FROM refunds r WHERE r.order_id = o.id), '') FROM orders o") };
}
subtest 'every cell has a defined end' => sub {
    my $of = endings();
    for my $cell (@cells) {
        my $end = $of->{ $cell->{bought}{number} };
        my $want = $cell->{call} =~ /^refund/ ? qr/^canceled · .*captured.* · refund (?:done|awaiting_transfer)\z/
            : $cell->{kind} =~ /^wrong_(?:amount|order)$/ && $cell->{call} =~ /^(?:request|start)$/ ? qr/suspense.* · refund done\z/
            : qr/^paid · (?:.*, )?captured\b[^,·]*\z/;
        like($end, $want, "$cell->{name}: $end");
    }
};

# ---- the table of deaths ----

# point, the way that leads there, a fault of the bank's at the same time (call, kind)
my @KILLS = (
    (map { ["$_.intent" => 'pay'], ["$_.store_answer" => 'pay'], ["$_.store_event" => 'webhook'], ["$_.decide" => 'pay'],
           ["$_.ORDER_CANCEL" => 'cancel'], ["$_.ADMIN_REFUND" => 'refund'], ["$_.mark_sent" => 'cancel'], ["$_.move" => 'cancel'],
           ["$_.ADMIN_PAYMENT_APPROVE" => 'transfer'], ["$_.expire" => 'expire'] } qw(before_commit after_commit)),
    [payment_intent_stored => 'pay'], [payment_gateway_answered => 'pay'], [settle_verified => 'pay'], [settle_verified => 'webhook'],
    [refund_marked_sent => 'cancel'], [refund_answered => 'cancel'],
    ['before_commit.store_answer' => 'pay', request => 'reset_after'], ['before_commit.decide' => 'webhook', verify => 'reset_after'],
    ['before_commit.decide' => 'pay', inquiry => 'delay'], ['before_commit.move' => 'cancel', refund => 'reset_after'],
    ['before_commit.move' => 'refund', refund => 'delay_before'], ['after_commit.decide' => 'webhook', callback => 'duplicate'],
);
my $picture = do { # one grey pixel as PNG
    require Compress::Zlib;
    my $chunk = sub { my ($type, $data) = @_; return pack('N', length $data) . $type . $data . pack('N', Compress::Zlib::crc32($type . $data)) };
    "\x89PNG\r\n\x1a\n" . $chunk->('IHDR', pack 'NNCCCCC', 1, 1, 8, 0, 0, 0, 0) . $chunk->('IDAT', Compress::Zlib::compress("\0\x80")) . $chunk->('IEND', '');
};
my $turn = 0;
# The ways: armed by `arm` at the last moment before the point; each returns the order's number.
my %ways = (
    pay => sub {
        my ($buyer, $arm, $bend) = @_;
        my $order = ordered($buyer);
        $bend->(order_id => $order->{number});
        $arm->();
        my ($track) = to_bank($buyer, $order->{number});
        come_back($buyer->{client}, pay_there($track));
        return $order->{number};
    },
    webhook => sub {
        my ($buyer, $arm, $bend) = @_;
        my $number = ordered($buyer)->{number};
        my ($track) = to_bank($buyer, $number);
        $bend->(track_id => $track);
        $arm->();
        pay_there($track, webhook => 1);
        return $number;
    },
    cancel => sub {
        my ($buyer, $arm, $bend) = @_;
        my ($number, $track) = paid($buyer);
        $bend->(track_id => $track);
        $arm->();
        Tarazu::Test::Buyer::patiently(sub { $buyer->{client}->post("/orders/$number/cancel", json => {}, key => "cancel-$number") });
        return $number;
    },
    refund => sub {
        my ($buyer, $arm, $bend) = @_;
        my ($number, $track) = paid($buyer);
        $bend->(track_id => $track);
        $arm->();
        Tarazu::Test::Buyer::patiently(sub { $staff->post("/admin/orders/$number/refunds", json => { amount => 30_000, to => 'gateway', reason => 'آزمون' }, key => "refund-$number") });
        return $number;
    },
    transfer => sub {
        my ($buyer, $arm) = @_;
        my $order = ordered($buyer, payment_method => 'card_to_card');
        my $uuid = $order->{payments}[0]{id};
        $buyer->must($buyer->{client}->post("/payments/$uuid/receipt", multipart => [last_four => '1234', reference => sprintf('T-%04d', ++$turn),
            image => { filename => 'r.png', type => 'image/png', data => $picture }]), 200, 201);
        $arm->();
        Tarazu::Test::Buyer::patiently(sub { $staff->post("/admin/payments/$uuid/approve", json => {}, key => "approve-$uuid") });
        return $order->{number};
    },
    expire => sub {
        my ($buyer, $arm) = @_;
        my $number = ordered($buyer)->{number};
        my ($track) = to_bank($buyer, $number);
        pay_there($track); # and the tab is closed: nobody tells the shop
        $shop->db_query("UPDATE orders SET expires_at = shop_now() - interval '1 second', expiry_extended = true WHERE number = '$number'", admin => 1);
        # The bank does not answer either, so the order expires.
        fault($_, 'status', track_id => $track, times => 3) for qw(verify);
        $arm->();
        later($shop, '16 seconds');
        return $number;
    },
);
sub paid {
    my ($buyer) = @_;
    my $number = ordered($buyer)->{number};
    my ($track) = to_bank($buyer, $number);
    come_back($buyer->{client}, pay_there($track));
    return ($number, $track);
}

subtest 'killed before and after every commit' => sub {
    my @killed = crowd($shop, scalar @KILLS);
    my @ends;
    for my $row (@KILLS) {
        my ($point, $way, $call, $kind) = @$row;
        my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, shift @killed));
        my $bend = sub { return if !$call; fault($call, $kind, %{ $parameter{$kind} // {} }, @_) };
        my $number = $ways{$way}->($buyer, sub { $points->kill($point) }, $bend);
        my $met = wait_for(sub { !$points->armed($point) }, 10);
        $points->disarm($point);
        ok($met, "somebody died at $point");
        push @ends, [$number, "killed $point on the way $way" . ($call ? " with $kind at $call" : '')];
    }
    $bank->delete('/faults');
    later($shop, '3 minutes'); # work that died with its worker is taken up again
    ok(settle_down(60), 'all of it is settled');
    cmp_ok(scalar(log_lines($shop, qr/"msg":"worker died"/)), '>=', scalar @KILLS, 'they died');
    my $of = endings();
    for (@ends) {
        my ($number, $name) = @$_;
        my $end = $of->{$number};
        like($end, $name =~ /way cancel/ ? qr/^canceled · .*captured.* · refund done\z/ : $name =~ /way refund/ ? qr/^paid · .*captured · refund done\z/
            : qr/^paid · (?:.*, )?captured\b[^,·]*\z/, "$name: $end");
    }
};

# ---- both books ----

# The bank's last word on every refund that it accepted.
ok(wait_for(sub {
    $shop->db_query("UPDATE refunds SET ask_at = shop_now() WHERE ask_at IS NOT NULL", admin => 1);
    $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'refund_follow'", admin => 1);
    quiet($shop, 20);
    return $shop->db_value('SELECT count(*) FROM refunds WHERE ask_at IS NOT NULL') == 0;
}, 120), 'every refund was paid out or has failed');
is($shop->db_value('SELECT count(*) FROM refunds WHERE bounced_at IS NOT NULL'), 1, 'one has failed after all');
is($shop->db_value("SELECT count(*) FROM refunds WHERE status = 'done' AND event = 'complete' AND settled_at IS NULL"), 0, 'the others have arrived');

sub ledger_of { # what the books say came of and went home to a track id, in Rial
    return { map { ($_->[0] => [$_->[1], $_->[2]]) } $shop->db_query("SELECT p.gateway_ref,
        coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.amount > 0), 0),
        -coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.amount < 0), 0)
        FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id JOIN payments p ON p.id = t.payment_id
        WHERE e.account = 'gateway_clearing' GROUP BY 1") };
}
sub journal_of { # and what the bank itself remembers
    my %of;
    for my $entry (@{ $bank->get('/bank/journal?limit=100000')->{json}{items} }) {
        my ($track, $effect) = ($entry->{track_id}, $entry->{effect});
        $of{$track}[0] += $effect->{amount} if $effect->{kind} eq 'captured' || $effect->{kind} eq 'refund_failed';
        $of{$track}[1] += $effect->{amount} if $effect->{kind} eq 'refunded' || $effect->{kind} eq 'reversed';
    }
    return { map { ($_ => [map { $_ // 0 } @{ $of{$_} }[0, 1]]) } keys %of };
}
my ($books, $journal) = (ledger_of(), journal_of());
my @differ = grep { "@{ $books->{$_} // [0, 0] }" ne "@{ $journal->{$_} // [0, 0] }" } sort keys %{ { %$books, %$journal } };
is_deeply([map { "$_: books @{ $books->{$_} // [0, 0] }, bank @{ $journal->{$_} // [0, 0] }" } @differ], [], 'books and journal are equal to the Rial');
cmp_ok(scalar keys %$journal, '>', 100, 'of all ' . keys(%$journal) . ' payments');

adds_up($shop);
$shop->stop;
done_testing;
