#!/usr/bin/env perl
# A refund that the bank accepted is followed until it was paid out or has failed: what failed is owed
# again, told, and transferred by a person; what the bank never speaks about stands on the list.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter clean_doctor adds_up quiet later points);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $points = points();
my $shop = Tarazu::Test::Shop->start(env => { TARAZU_TEST_POINTS => $points->dir }, conf => { 'worker.job' => 3 });
$shop->expect_errors(qr/"msg":"worker died"/); # one is killed below
shelf($shop);
my ($variant) = goods($shop, on_hand => 1000, price => 100_000);
my ($staff, $bank) = ($shop->staff, $shop->sandbox);
my $FALSE = JSON::PP::false;
my $IBAN = 'IR062960000000100324200001';

# ---- words ----

# Who has paid: {client, phone, number, due, track}.
sub paid {
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $buyer->put($variant);
    my $order = $buyer->must($buyer->place, 201);
    my $r;
    wait_for(sub { $r = $buyer->pay($order->{number}); return $r->{status} == 201 }, 40); # a breaker may be open
    my ($track) = $r->{json}{redirect_url} =~ m{/(\d+)\z} or die "no way to the bank: $r->{body}";
    my $v = { client => $buyer->{client}, phone => $person->{phone}, number => $order->{number}, due => $order->{due}, track => $track };
    return $v;
}
sub comes_back { my ($v) = @_; $v->{client}->get($bank->post("/bank/$v->{track}/pay", json => { webhook => $FALSE })->{json}{callback_url}); return $v }
sub fault { my ($v, $call, $kind, %o) = @_;
    my $r = $bank->post('/faults', json => { call => $call, kind => $kind, track_id => $v->{track} + 0, %o });
    $r->{status} == 201 or die "$kind at $call: $r->{body}";
    return }
sub refunds { my ($v) = @_; return @{ $staff->renewing(get => "/admin/orders/$v->{number}")->{json}{refunds} } }
sub refund_of { my ($v) = @_; return (refunds($v))[0] }
sub status { my ($v) = @_; return (refund_of($v) // {})->{status} // 'none' }
my $fresh = time; # the bank deposits two seconds after it has accepted
sub cancel { my ($v) = @_; my $r = $v->{client}->renewing(post => "/orders/$v->{number}/cancel", json => {}); $r->{status} == 200 or die "cancel: $r->{body}"; quiet($shop); $fresh = time; return $v }
sub open_money { return { map { map { ($_->{id} => $_) } @{ $_->{refunds} } } @{ $staff->renewing(get => '/admin/payments?unresolved=true&limit=100')->{json}{items} } } }
sub texts { my ($v) = @_; (my $to = $v->{phone}) =~ s/\+/%2B/; return map { $_->{text} } @{ $bank->get("/inbox/sms?phone=$to")->{json}{items} } }
sub told { my ($v, $like, $name) = @_; quiet($shop); is(scalar(grep { /$like/ } texts($v)), 1, $name) or diag explain [texts($v)]; return }
sub journal { my ($v) = @_; return @{ $bank->get("/bank/journal?limit=100000&track_id=$v->{track}")->{json}{items} } }
sub asked { my ($v) = @_; return scalar grep { $_->{call} eq 'refund_inquiry' } journal($v) }
sub effects { my ($v) = @_; return join ' ', map { "$_->{effect}{kind}:$_->{effect}{amount}" } grep { $_->{effect}{kind} =~ /^(?:captured|refund)/ } journal($v) }
sub book { my ($v, $account, $currency) = @_; return $shop->db_value("SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id
    JOIN payments p ON p.id = t.payment_id WHERE p.gateway_ref = '$v->{track}' AND e.account = '$account' AND e.currency = '@{[ $currency // 'IRT' ]}'") }
# The refunds' clock moves on (sessions would not outlive it); then every one that is due has been asked about.
sub ages { my ($interval) = @_;
    $shop->db_query("UPDATE refunds SET done_at = done_at - interval '$interval', ask_at = ask_at - interval '$interval' WHERE ask_at IS NOT NULL", admin => 1);
    $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'refund_follow'", admin => 1);
    return }
sub time_passes { my ($interval) = @_;
    sleep 0.1 while time - $fresh < 2.2;
    ages($interval);
    return wait_for(sub { $shop->db_value('SELECT count(*) FROM refunds WHERE ask_at <= shop_now()') == 0 && quiet($shop, 5) }, 30) }

subtest 'paid out' => sub {
    my $v = cancel(comes_back(paid()));
    is(status($v), 'done', 'done when the bank accepts it, as ever');
    is(refund_of($v)->{settled_at}, undef, 'but nobody says that it arrived');
    is(asked($v), 0, 'and nobody asks before an hour has passed');
    ok(time_passes('61 minutes'), 'which passes');
    like(refund_of($v)->{settled_at}, qr/^\d{4}-/, 'then the bank says so');
    is(status($v), 'done', 'and it stays done');
    is($v->{client}->renewing(get => "/orders/$v->{number}")->{json}{refunds}[0]{settled_at}, refund_of($v)->{settled_at}, 'the buyer sees it too');
    time_passes('2 hours');
    is(asked($v), 1, 'and it is not asked again');
    is(effects($v), "captured:${\($v->{due} * 10)} refunded:${\($v->{due} * 10)}", 'money moved once');
    my $page = $shop->client(html => 1);
    $page->{cookies}{'__Host-access'} = $staff->{bearer};
    like(decode('UTF-8', $page->get("/admin/orders/$v->{number}")->{body}), qr/واریز شد ·/, 'the staff page says so');
};

subtest 'failed after all' => sub {
    my $v = comes_back(paid());
    fault($v, 'refund', 'bounce', ms => 100, times => 1);
    cancel($v);
    is(status($v), 'done', 'accepted');
    told($v, qr/به کارت بانکی شما بازگردانده شد/, 'and told so');
    is(book($v, 'refunds_payable'), 0, 'nothing is owed');
    time_passes('61 minutes');
    my $r = refund_of($v);
    is($r->{status}, 'awaiting_transfer', 'it failed: a person must transfer it');
    like($r->{bounced_at}, qr/^\d{4}-/, 'and when is recorded');
    is_deeply([@$r{qw(done_at settled_at reference iban)}], [undef, undef, undef, undef], 'nothing else is claimed');
    is(book($v, 'refunds_payable'), -$v->{due}, 'it is owed again');
    is(book($v, 'gateway_clearing'), $v->{due}, 'and the gateway has the money');
    is(effects($v), join(' ', map { "$_:${\($v->{due} * 10)}" } qw(captured refunded refund_failed)), 'as the bank says');
    told($v, qr/بانک نتوانست.*شبا/s, 'the buyer is told, and asked for an IBAN');
    ok(open_money()->{ $r->{id} }, 'it is unresolved money');
    my $o = $v->{client}->renewing(get => "/orders/$v->{number}")->{json};
    is_deeply([$o->{payment_status}, $o->{refunded}, $o->{refunds}[0]{status}], ['refunded', $v->{due}, 'awaiting_transfer'], 'it is still promised');
    is_deeply($o->{refunds}[0]{actions}, ['iban'], 'the buyer may give an IBAN');

    my $own = $shop->client(html => 1);
    $own->{cookies}{'__Host-access'} = $v->{client}{bearer};
    like($own->get("/orders/$v->{number}")->{body}, qr{action="/orders/$v->{number}/refunds/$r->{id}/iban".*name="iban"}s, 'on the order\'s page');

    my $give = sub { my ($who, $iban) = @_; return $who->renewing(post => "/orders/$v->{number}/refunds/$r->{id}/iban", json => { iban => $iban }) };
    is($give->($v->{client}, 'IR060000000000000000000001')->{status}, 422, 'one with its checksum');
    is($give->(cancel(comes_back(paid()))->{client}, $IBAN)->{status}, 404, 'of the own order');
    is($give->($v->{client}, 'ir06 2960 0000 0010 0324 2000 01')->{json}{refunds}[0]{iban}, $IBAN, 'taken');
    is($give->($v->{client}, 'IR820540102680020817909002')->{status}, 409, 'once: what staff see is not changed behind their backs');
    is(refund_of($v)->{iban}, $IBAN, 'staff see it');

    is($staff->renewing(post => "/admin/refunds/$r->{id}/transferred", json => { reference => 'PAYA-9' })->{json}{status}, 'done', 'transferred');
    told($v, qr/به حساب بانکی شما واریز شد.*PAYA-9/, 'told');
    is_deeply([book($v, 'refunds_payable'), book($v, 'bank')], [0, -$v->{due}], 'paid from the bank account');
    ok(!open_money()->{ $r->{id} }, 'off the list');
    my $asked = asked($v);
    time_passes('25 hours');
    is(asked($v), $asked, 'the bank is not asked any more');
};

subtest 'two equal parts, one of which fails' => sub {
    my $v = comes_back(paid());
    my $part = sub { my $r = $staff->renewing(post => "/admin/orders/$v->{number}/refunds", json => { amount => 20_000, to => 'gateway', reason => 'نیمی' });
        is($r->{status}, 201, 'a part'); quiet($shop); $fresh = time; return $r->{json}{id} };
    my $first = $part->();
    fault($v, 'refund', 'bounce', ms => 100, times => 1);
    my $second = $part->();
    time_passes('61 minutes');
    my %is = map { ($_->{id} => $_) } refunds($v);
    is_deeply([$is{$first}{status}, $is{$second}{status}], ['done', 'awaiting_transfer'], 'each has its own end');
    ok($is{$first}{settled_at} && !$is{$second}{settled_at}, 'one arrived');
    is(book($v, 'refunds_payable'), -20_000, 'one is owed');
    is($staff->renewing(post => "/admin/refunds/$second/transferred", json => { reference => 'PAYA-10' })->{json}{status}, 'done', 'and transferred');
};

subtest 'beside the settlement file' => sub {
    my @v = map { my $v = comes_back(paid()); fault($v, 'refund', 'bounce', ms => 8000, times => 1); cancel($v) } 1 .. 2;
    my $upload = sub { my ($name, @of) = @_;
        my $file = join "\n", "$name,track_id,reference,amount,type", map { my $v = $_;
            (",$v->{track},,${\($v->{due} * 10)},payment", ",$v->{track},$v->{bank_id},${\($v->{due} * 10)},refund") } @of;
        my $r = $staff->renewing(post => '/admin/settlements', multipart => [gateway => 'zibal', file => { filename => "$name.csv", type => 'text/csv', data => $file }]);
        is($r->{status}, 201, $name) or diag $r->{body};
        return $r->{json} };
    $_->{bank_id} = refund_of($_)->{reference} for @v;
    my $s = $upload->('before', $v[0]);
    is($s->{counts}{matched}, 2, 'the payment and its refund agree');
    is($staff->renewing(post => "/admin/settlements/$s->{id}/post", json => {})->{status}, 200, 'and are posted');
    is(book($v[0], 'gateway_clearing'), 0, 'nothing is due');
    ok(wait_for(sub { (grep { effects($_) =~ /refund_failed/ } @v) == 2 }, 20), 'both refunds fail');
    time_passes('61 minutes');
    is_deeply([map { status($_) } @v], ['awaiting_transfer', 'awaiting_transfer'], 'which is heard');
    is(book($v[0], 'gateway_clearing'), $v[0]{due}, 'what was settled is due again');
    my ($clean, $said) = clean_doctor($shop);
    ok($clean, 'the doctor agrees') or diag $said;
    $s = $upload->('after', @v);
    is_deeply([@{ $s->{counts} }{qw(settled_before matched missing_in_books)}], [2, 1, 1], 'what was settled stays, what failed before is none of the books');
    $staff->renewing(post => "/admin/refunds/${\ refund_of($_)->{id}}/transferred", json => { reference => "S-$_->{number}" }) for @v;
    $s = $upload->('transferred', @v);
    is_deeply([@{ $s->{counts} }{qw(settled_before matched missing_in_books)}], [2, 1, 1], 'a transfer is none of the gateway\'s either');
    ok((clean_doctor($shop))[0], 'the doctor agrees');
};

subtest 'money that fitted nothing' => sub {
    my $v = paid();
    fault($v, $_, 'wrong_order') for qw(verify inquiry);
    fault($v, 'refund', 'bounce', ms => 100, times => 1);
    comes_back($v);
    quiet($shop);
    is(status($v), 'done', 'sent home');
    time_passes('61 minutes');
    is(status($v), 'awaiting_transfer', 'and back again');
    is(book($v, 'refunds_payable', 'IRR'), -10 * $v->{due}, 'owed in the bank\'s currency');
    is($staff->renewing(post => "/admin/refunds/${\ refund_of($v)->{id}}/transferred", json => { reference => 'PAYA-11' })->{json}{status}, 'done', 'transferred');
    is(book($v, 'refunds_payable', 'IRR'), 0, 'nothing is owed');
};

subtest 'answers that say nothing' => sub {
    my %lies = (garbage => {}, status => {}, unknown_status => { code => 99 }, refuse => { code => 6 }, wrong_amount => { delta => 10 }, reset_before => {});
    my %at = map { my $v = cancel(comes_back(paid())); fault($v, 'refund_inquiry', $_, times => 20, %{ $lies{$_} }); ($_ => $v) } sort keys %lies;
    time_passes('61 minutes');
    is_deeply({ map { $_ => status($at{$_}) } keys %at }, { map { $_ => 'done' } keys %at }, 'change nothing');
    is_deeply([grep { refund_of($at{$_})->{settled_at} } sort keys %at], [], 'and settle nothing');
    $bank->delete('/faults');
    # A breaker that has opened lets through only after a while.
    ok(wait_for(sub { time_passes('61 minutes'); return !grep { !refund_of($at{$_})->{settled_at} } keys %at }, 60), 'they are asked about again');
    my $v = cancel(comes_back(paid()));
    fault($v, 'refund_inquiry', 'strings');
    time_passes('61 minutes');
    ok(refund_of($v)->{settled_at}, 'numbers may come as strings');
    $bank->delete('/faults');
};

subtest 'a bank that keeps silent' => sub {
    my $v = cancel(comes_back(paid()));
    fault($v, 'refund_inquiry', 'unknown_status', code => 1);
    time_passes('61 minutes') for 1 .. 5;
    is(asked($v), 5, 'asked every hour');
    time_passes('20 hours');
    my $before = asked($v);
    time_passes('61 minutes') for 1 .. 3;
    is(asked($v), $before, 'after a day not any more');
    time_passes('1 day') for 1 .. 5;
    is(asked($v), $before + 5, 'but every day');
    ok(!open_money()->{ refund_of($v)->{id} }, 'which needs nobody yet');
    time_passes('1 day') for 1 .. 9;
    my $r = refund_of($v);
    is_deeply([@$r{qw(status settled_at)}], ['done', undef], 'after two weeks nobody knows');
    is_deeply(open_money()->{ $r->{id} }{actions}, ['settled', 'failed'], 'it stands on the list: a person asks the bank');
    like((clean_doctor($shop))[1], qr/refund $r->{id}: .*no word/, 'and the doctor names it');
    $before = asked($v);
    time_passes('3 days');
    is(asked($v), $before, 'the shop does not ask any more');
    is($v->{client}->renewing(post => "/admin/refunds/$r->{id}/settled", json => { paid_out => JSON::PP::true })->{status}, 403, 'not the buyer\'s to say');
    like($staff->renewing(post => "/admin/refunds/$r->{id}/settled", json => { paid_out => JSON::PP::true })->{json}{settled_at}, qr/^\d/, 'it had arrived, a person says');
    is($staff->renewing(post => "/admin/refunds/$r->{id}/settled", json => { paid_out => $FALSE })->{status}, 409, 'once');
    ok(!open_money()->{ $r->{id} }, 'off the list');
    $bank->delete('/faults');
    my $other = cancel(comes_back(paid()));
    is($staff->renewing(post => "/admin/refunds/${\ refund_of($other)->{id}}/settled", json => { paid_out => $FALSE })->{status}, 409, 'while the bank may still speak nobody speaks for it');
};

subtest 'a worker that dies in between' => sub {
    my @v = map { my $v = comes_back(paid()); fault($v, 'refund', 'bounce', ms => 100, times => 1); cancel($v) } 1 .. 2;
    $points->kill('refund_follow_answered');
    ages('61 minutes');
    ok(wait_for(sub { !$points->armed('refund_follow_answered') }, 30), 'somebody died with the answer');
    $points->disarm('refund_follow_answered');
    ok(wait_for(sub { later($shop, '130 seconds'); ages('0 seconds'); quiet($shop, 5); return !grep { status($_) ne 'awaiting_transfer' } @v }, 60), 'the next one asks again');
    told($_, qr/بانک نتوانست/, 'told once') for @v;
    is(book($_, 'refunds_payable'), -$_->{due}, 'booked once') for @v;
    $staff->renewing(post => "/admin/refunds/${\ refund_of($_)->{id}}/transferred", json => { reference => "X-$_->{number}" }) for @v;
};

# ---- both books ----

time_passes('61 minutes');
my %books = map { ($_->[0] => "$_->[1] $_->[2]") } $shop->db_query("SELECT p.gateway_ref,
    coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.amount > 0), 0),
    -coalesce(sum(e.amount * CASE e.currency WHEN 'IRT' THEN 10 ELSE 1 END) FILTER (WHERE e.amount < 0), 0)
    FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id JOIN payments p ON p.id = t.payment_id
    WHERE e.account = 'gateway_clearing' AND t.event NOT LIKE 'settlement%' GROUP BY 1");
my %journal;
for my $e (@{ $bank->get('/bank/journal?limit=100000')->{json}{items} }) {
    my ($kind, $amount) = @{ $e->{effect} }{qw(kind amount)};
    $journal{ $e->{track_id} }[$kind eq 'refunded' ? 1 : 0] += $amount if $kind =~ /^(?:captured|refunded|refund_failed)\z/;
}
is_deeply({ map { $_ => join ' ', map { $_ // 0 } @{ $journal{$_} }[0, 1] } keys %journal }, \%books, 'books and journal are equal to the Rial, both ways');

ok(quiet($shop), 'all work is done');
adds_up($shop);
$shop->stop;
done_testing;
