#!/usr/bin/env perl
# Late, double, lost and wrong money, over the public contract: each case ends in a defined state, tells
# the customer, and stands on the list of unresolved money until it is home.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter quiet later adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(conf => { 'worker.pay' => 3, 'worker.job' => 3 });
# Refunds that the bank keeps refusing to talk about, and jobs of an hour without a bank.
$shop->expect_errors(qr/"msg":"job is dead"/);
shelf($shop);
my ($variant, $last) = goods($shop, count => 2, on_hand => 1000, price => 100_000);
my $staff = $shop->staff;
my $bank = $shop->sandbox;
my ($TRUE, $FALSE) = (JSON::PP::true, JSON::PP::false);

# A customer with a paid-for visit at the bank; {client, phone, number, due, uuid, track}.
sub visitor {
    my (%o) = @_;
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $o{prepare}->($buyer, $person) if $o{prepare};
    $buyer->put($o{variant} // $variant);
    $buyer->must($buyer->apply($o{coupon})) if $o{coupon};
    my $order = $buyer->must($buyer->place($o{use_wallet} ? (use_wallet => $TRUE) : ()), 201);
    my $v = { buyer => $buyer, client => $buyer->{client}, phone => $person->{phone}, number => $order->{number}, due => $order->{due} };
    go_there($v);
    return $v;
}
# Store credit given or taken by hand, booked as such.
sub credit {
    my ($phone, $amount) = @_;
    $shop->db_query("WITH m AS (INSERT INTO wallet_movements (customer_id, kind, balance_delta) SELECT id, 'adjust', $amount FROM customers WHERE phone = '$phone'),
        t AS (INSERT INTO ledger_transactions (event) VALUES ('wallet_adjustment') RETURNING id)
        INSERT INTO ledger_entries (transaction_id, account, currency, amount) SELECT t.id, x.account::ledger_account, 'IRT', x.amount
          FROM t, (VALUES ('adjustments', $amount), ('wallet', 0 - ($amount))) x(account, amount)", admin => 1);
    return;
}
sub go_there {
    my ($v) = @_;
    my $r;
    wait_for(sub { $r = $v->{buyer}->pay($v->{number}); return $r->{status} == 201 }, 30) or die "no way to the bank: $r->{body}";
    @$v{qw(uuid track)} = ($r->{json}{payment_id}, $r->{json}{redirect_url} =~ m{/(\d+)\z});
    return $v;
}
sub pay { my ($v, %o) = @_; return $bank->post("/bank/$v->{track}/pay", json => { webhook => $FALSE, %o })->{json}{callback_url} }
sub back { my ($v, $url) = @_; return $v->{client}->renewing(get => $url) }
sub lie { my ($v, $kind, %o) = @_; for my $call (@{ delete $o{at} // [qw(verify inquiry)] }) {
    my $r = $bank->post('/faults', json => { call => $call, kind => $kind, track_id => $v->{track} + 0, %o });
    $r->{status} == 201 or die "$kind at $call: $r->{body}" } return }
sub payment { my ($v) = @_; return $v->{client}->renewing(get => "/payments/$v->{uuid}")->{json} }
sub order { my ($v) = @_; return $v->{client}->renewing(get => "/orders/$v->{number}")->{json} }
sub unresolved_all { my $r = $staff->renewing(get => '/admin/payments?unresolved=true&limit=100'); $r->{status} == 200 or die "unresolved: $r->{body}"; return { map { $_->{id} => $_ } @{ $r->{json}{items} } } }
sub unresolved { my ($v) = @_; return unresolved_all()->{ $v->{uuid} } }
sub texts { my ($v) = @_; (my $to = $v->{phone}) =~ s/\+/%2B/; return map { $_->{text} } @{ $bank->get("/inbox/sms?phone=$to")->{json}{items} } }
sub told { my ($v, $like, $name) = @_; ok((grep { /$like/ } texts($v)), $name) or diag explain [texts($v)]; return }
sub expire { my (@v) = @_;
    my $list = join ',', map { "'$_->{number}'" } @v;
    $shop->db_query("UPDATE orders SET expires_at = shop_now() - interval '1 second', expiry_extended = true WHERE number IN ($list)", admin => 1);
    ok(wait_for(sub { later($shop, '16 seconds'); $shop->db_value("SELECT count(*) FROM orders WHERE number IN ($list) AND status = 'pending'") == 0 }, 40), 'the time to pay is over');
    return }
# The shop's time passes until a condition holds.
sub until_so { my ($so, $seconds, $step) = @_; return wait_for(sub { return 1 if $so->(); later($shop, $step // '40 seconds'); quiet($shop, 10); return }, $seconds // 40) }
sub home { my (@v) = @_; return until_so(sub { my $open = unresolved_all(); return !grep { $open->{ $_->{uuid} } } @v }, 60, '5 minutes') }

subtest 'a bank that names another sum, order or merchant, twice' => sub {
    my %cases = (more => [wrong_amount => delta => 10_000], less => [wrong_amount => delta => -10_000], order => [wrong_order =>],
        huge => [wrong_amount => delta => 9_000_000_000_000_000]);
    my %at = map { my $v = visitor(); my ($kind, @o) = @{ $cases{$_} }; lie($v, $kind, @o); back($v, pay($v)); ($_ => $v) } sort keys %cases;
    quiet($shop);
    for (sort keys %at) {
        my $v = $at{$_};
        is(payment($v)->{status}, 'suspense', "$_: held apart");
        is(payment($v)->{reason}, $_ eq 'order' ? 'order_mismatch' : 'amount_mismatch', "$_: and why");
        is(order($v)->{status}, 'pending', "$_: the order is not paid");
        told($v, qr/هم‌خوان نبود.*محفوظ/, "$_: the customer is told");
    }
    # What the bank gave can be given back; what it never had, and more than it has, a person must look at.
    until_so(sub { !grep { $_->{status} !~ /^(?:done|awaiting_transfer)$/ } map { @{ order($_)->{refunds} } } values %at });
    is_deeply({ map { $_ => order($at{$_})->{refunds}[0]{status} } keys %at },
        { more => 'awaiting_transfer', huge => 'awaiting_transfer', less => 'done', order => 'done' }, 'on its way home');
    ok(unresolved($at{$_}), "$_: on the list until a person has sent it") for qw(more huge);
    told($at{more}, qr/به‌زودی به حساب بانکی/, 'who must wait for a transfer is told');
    told($at{less}, qr/به کارت بانکی شما بازگردانده شد/, 'who has it back is told');
    my $refund = unresolved($at{more})->{refunds}[0];
    is($staff->renewing(post => "/admin/refunds/$refund->{id}/transferred", json => { reference => 'PAYA-1' })->{json}{status}, 'done', 'transferred');
    quiet($shop);
    told($at{more}, qr/به حساب بانکی شما واریز شد.*PAYA-1/, 'and told so');
    ok(!unresolved($at{more}), 'and off the list');
};

subtest 'answers that say nothing: asked again, visible, told' => sub {
    my %cases = (
        'a sum of nothing' => [wrong_amount => delta => -1_300_000], 'a negative sum' => [wrong_amount => delta => -2_000_000],
        "another merchant's" => [wrong_merchant =>], 'not JSON' => [garbage =>],
        (map { ("result $_" => [refuse => code => $_]) } 102, 103, 104, 99),
        (map { ("status $_" => [unknown_status => code => $_]) } 13, 14, 17, 19, 20, -2),
        'verified before, it says, but is not' => [refuse => code => 201, at => ['verify']],
    );
    my %at;
    for (sort keys %cases) {
        my ($kind, %o) = (shift @{ $cases{$_} }, @{ $cases{$_} });
        my $v = $at{$_} = visitor();
        lie($v, $kind, %o);
        like(back($v, pay($v))->{headers}{location}, qr{^/payment/result/}, "$_: the buyer is led to the result");
    }
    is_deeply({ map { $_ => payment($at{$_})->{status} } keys %at }, { map { $_ => 'unknown' } keys %at }, 'none counts, none is lost');
    my $open = unresolved_all();
    is_deeply([grep { !$open->{ $at{$_}{uuid} } } sort keys %at], [], 'all on the list');
    until_so(sub { 0 == grep { !grep { /روشن نکرده است/ } texts($_) } values %at }, 20, '100 seconds');
    told($at{$_}, qr/روشن نکرده است/, "$_: told that it is not clear yet") for sort keys %at;
    $bank->delete('/faults');
    ok(home(values %at), 'when the bank is well, nothing is open');
    is_deeply({ map { $_ => order($at{$_})->{status} } keys %at }, { map { $_ => 'paid' } keys %at }, 'and everybody has paid');
    told($at{'result 102'}, qr/انجام شد/, 'and knows it');
};

subtest 'the bank answers in other ways' => sub {
    my %cases = ('digits in strings' => 'strings', 'details are null' => 'nulls');
    for (sort keys %cases) {
        my $v = visitor();
        lie($v, $cases{$_}, at => [qw(verify)]);
        back($v, pay($v));
        is(order($v)->{status}, 'paid', "$_: paid");
    }
    my $v = visitor();
    lie($v, 'strings');
    lie($v, 'reset_after', at => ['verify'], times => 1);
    back($v, pay($v));
    is(order($v)->{status}, 'paid', 'digits in strings, by inquiry');
    $v = visitor();
    lie($v, 'refuse', code => 203, times => 1, at => ['verify']);
    back($v, pay($v));
    is(payment($v)->{status}, 'failed', '203: the bank does not know it');
    $bank->delete('/faults');
    ok(until_so(sub { order($v)->{status} eq 'paid' }), 'late news counts');
    $v = visitor();
    lie($v, 'refuse', code => 202, times => 1, at => ['verify']);
    back($v, pay($v));
    isnt(payment($v)->{status}, 'failed', '202 although paid: not the end');
    $bank->delete('/faults');
    ok(until_so(sub { order($v)->{status} eq 'paid' }), 'asked again');
};

subtest 'a card that fails is tried again' => sub {
    my @v = map { my $v = visitor(); $bank->post("/bank/$v->{track}/fail", json => { webhook => $FALSE, status => $_ }); $v } 4 .. 12;
    for my $i (0 .. $#v) {
        my ($path) = $shop->db_value("SELECT '/payment/callback/' || callback_token FROM payments WHERE uuid = '$v[$i]{uuid}'", admin => 1);
        back($v[$i], "$path?success=0&trackId=$v[$i]{track}&status=" . ($i + 4));
    }
    is_deeply([map { payment($_)->{status} } @v], [('redirected') x 9], 'status 4 to 12: still open');
    is((go_there($_))->{track}, $_->{track}, 'the same visit again') for $v[0];
    pay($_) for @v;
    ok(until_so(sub { !grep { order($_)->{status} ne 'paid' } @v }), 'paid with another card, without a callback') or diag explain [map { payment($_) } @v];
    my $v = visitor();
    $bank->post("/bank/$v->{track}/cancel", json => { webhook => $TRUE });
    ok(wait_for(sub { payment($v)->{status} eq 'canceled' }, 20), 'given up at the bank');
    is(order($v)->{status}, 'pending', 'the order can still be paid');
    back($v, pay($v));
    is(order($v)->{status}, 'paid', 'even there, after all');
};

subtest 'late money' => sub {
    coupon($shop, 'LATE', usage_limit => 1);
    my %rich = (use_wallet => 1, prepare => sub { my ($b, $p) = @_; credit($p->{phone}, 50_000) });
    my %v = (plain => visitor(), sold_out => visitor(variant => $last), coupon => visitor(coupon => 'LATE'), wallet => visitor(%rich), cart => visitor(), person => visitor());
    is($v{person}{client}->renewing(post => "/orders/$v{person}{number}/cancel", json => {})->{json}{status}, 'canceled', 'one is canceled by the buyer');
    expire(@v{qw(plain sold_out coupon wallet cart)});
    $staff->renewing(post => "/admin/variants/$last/stock", json => { on_hand => 0, reason => 'شمارش' });
    my $other = visitor(coupon => 'LATE');
    credit($v{wallet}{phone}, -50_000);
    like($v{cart}{client}->renewing(post => "/orders/$v{cart}{number}/reorder", json => {})->{status}, qr/^20/, 'one is put back into the cart');
    back($v{$_}, pay($v{$_})) for sort keys %v;
    quiet($shop);
    is(order($v{plain})->{status}, 'paid', 'expired, and all is still there: paid');
    told($v{plain}, qr/انجام شد/, 'and told');
    for (grep { $_ ne 'plain' } sort keys %v) {
        is_deeply([order($v{$_})->{status}, payment($v{$_})->{status}], ['canceled', 'suspense'], "$_: stays canceled");
        told($v{$_}, qr/هم‌خوان نبود/, "$_: told");
    }
    ok(home(values %v), 'and the money goes home');
    quiet($shop);
    told($v{$_}, qr/به کارت بانکی شما بازگردانده شد/, "$_: and that is told") for grep { $_ ne 'plain' } sort keys %v;
};

subtest 'paid twice' => sub {
    my $v = visitor();
    my %first = %$v;
    $shop->db_query("UPDATE payments SET created_at = created_at - interval '16 minutes' WHERE uuid = '$v->{uuid}'", admin => 1);
    isnt((go_there($v))->{track}, $first{track}, 'an old visit is not used again');
    my ($one, $two) = (pay(\%first), pay($v));
    back($v, $_) for $one, $two, $one, $two =~ s/trackId=\d+/trackId=$first{track}/r, $one =~ s/trackId=\d+/trackId=9007199254740993123/r;
    is(order($v)->{status}, 'paid', 'one counts');
    is_deeply([map { payment($_)->{status} } \%first, $v], [qw(captured suspense)], 'one does not');
    ok(home($v, \%first), 'it goes home');
    is(order($v)->{status}, 'paid', 'the order stays paid');
    quiet($shop);
    told($v, qr/هم‌خوان نبود/, 'told');
    told($v, qr/بازگردانده شد/, 'and told when it is back');
};

subtest 'callbacks that are lost, forged or come in another dress' => sub {
    my ($lost, $form, $json) = (visitor(), visitor(), visitor());
    pay($lost);
    ok(until_so(sub { order($lost)->{status} eq 'paid' }), 'lost: the reconciler finds it');
    my $path = sub { my ($v) = @_; return pay($v) };
    my $url = $path->($form);
    is($form->{client}->renewing(post => $url =~ s/\?.*//r, form => { trackId => $form->{track}, success => 1 })->{status}, 303, 'as a form');
    is(order($form)->{status}, 'paid', '… paid');
    my ($token) = $path->($json) =~ m{callback/([^?]+)};
    is($shop->client->post("/payment/webhook/zibal/$token", form => { trackId => $json->{track}, success => '1', status => '' })->{status}, 200, 'the bank itself, as a form');
    quiet($shop);
    is(order($json)->{status}, 'paid', '… paid');
    my $v = visitor();
    is($shop->client->get("/payment/callback/$_?success=1&trackId=$v->{track}&status=1&orderId=$v->{number}")->{status}, 404, 'a token that is none') for 'x', 'A' x 32, $v->{uuid};
    ($token) = $shop->db_value("SELECT callback_token FROM payments WHERE uuid = '$v->{uuid}'", admin => 1);
    is(back($v, "/payment/callback/$token?success=1&trackId=$v->{track}&status=1&orderId=$v->{number}")->{status}, 303, 'success claimed for what was not paid');
    is_deeply([payment($v)->{status}, order($v)->{status}], [qw(redirected pending)], '… changes nothing');
    for my $bad ('https://evil.example/', '//evil.example', '/\\evil.example', "$shop->{endpoints}{shop}.evil.example/", "$shop->{endpoints}{shop}\@evil.example/", "/\t/evil.example", 'javascript:alert(1)') {
        my $r = $v->{client}->renewing(post => '/payment/process', json => { order => $v->{number}, return_url => $bad });
        is($r->{status}, 422, "return_url $bad") or diag $r->{body};
    }
};

subtest 'one that cannot be worked on holds up no other' => sub {
    my ($stuck, $free) = (visitor(), visitor());
    my $poison = sub { my ($table, $state, $key) = @_; $shop->db_query("ALTER TABLE $table ADD CONSTRAINT poison CHECK (NOT ($key AND status = '$state')) NOT VALID", admin => 1) };
    my $cure = sub { $shop->db_query("ALTER TABLE $_[0] DROP CONSTRAINT poison", admin => 1) };
    $poison->('payments', 'captured', "uuid = '$stuck->{uuid}'");
    pay($_) for $stuck, $free;
    ok(until_so(sub { order($free)->{status} eq 'paid' }), 'the reconciler passes over it');
    is(order($stuck)->{status}, 'pending', 'which stays as it was');
    $cure->('payments');
    ok(until_so(sub { order($stuck)->{status} eq 'paid' }), 'until it can be');
    ($stuck, $free) = (visitor(), visitor());
    $poison->('orders', 'canceled', "number = '$stuck->{number}'");
    $shop->db_query("UPDATE orders SET expires_at = shop_now() - interval '1 second', expiry_extended = true WHERE number IN ('$stuck->{number}', '$free->{number}')", admin => 1);
    ok(until_so(sub { order($free)->{status} eq 'canceled' }), 'so does expiry');
    $cure->('orders');
    ok(until_so(sub { order($stuck)->{status} eq 'canceled' }), 'which comes back to it');
};

subtest 'an hour without an answer' => sub {
    my ($kept, $gone) = (visitor(), visitor(variant => $variant));
    for my $v ($kept, $gone) {
        lie($v, 'status', status => 503);
        back($v, pay($v));
    }
    my $open = sub { return $shop->client->get('/metrics')->{body} =~ /^tarazu_breaker_open\{host="localhost:\d+"\} 1$/m };
    ok(until_so($open, 20, '6 minutes'), 'its breaker opens, and the metrics tell');
    for (1 .. 12) { later($shop, '6 minutes'); quiet($shop, 20) }
    is_deeply([map { payment($_)->{status} } $kept, $gone], [qw(unknown unknown)], 'still unknown');
    ok(until_so(sub { !grep { order($_)->{status} ne 'canceled' } $kept, $gone }, 40, '6 minutes'), 'no answer does not stop expiry');
    ok(unresolved($_), 'on the list') for $kept, $gone;
    ok(until_so(sub { grep { /روشن نکرده است/ } texts($kept) }, 40, '6 minutes'), 'told'); # by way of the same host, whose breaker opens and closes
    is($gone->{client}->renewing(post => "/orders/$gone->{number}/reorder", json => {})->{status} =~ /^20/ ? 1 : 0, 1, 'one buyer starts anew');
    $bank->delete('/faults');
    ok(until_so(sub { !grep { payment($_)->{status} eq 'unknown' } $kept, $gone }, 60, '6 minutes'), 'the bank is back');
    ok(wait_for(sub { !$open->() }), 'and the breaker is closed');
    is_deeply([map { order($_)->{status} } $kept, $gone], [qw(paid canceled)], 'late capture, or not');
    ok(home($gone), 'and what cannot count goes home');
};

subtest 'refunds' => sub {
    my %codes = (refused => [2 .. 18, 20 .. 26, 29, 44, 45], unclear => [0, 19, 27, 28, 30, 43, 46, 99]);
    my (%at, %want);
    for my $kind (sort keys %codes) {
        for my $code (@{ $codes{$kind} }) {
            my $v = $at{$code} = visitor();
            $want{$code} = $kind eq 'refused' ? 'awaiting_transfer' : 'done';
            back($v, pay($v));
            lie($v, $code ? 'refuse' : 'unknown_status', code => $code, times => 1, at => ['refund']) if $code;
            $bank->post('/faults', json => { call => 'refund', kind => 'garbage', times => 1, track_id => $v->{track} + 0 }) if !$code;
            is($v->{client}->renewing(post => "/orders/$v->{number}/cancel", json => {})->{status}, 200, "result $code");
        }
    }
    until_so(sub { !grep { order($_)->{refunds}[0]{status} !~ /^(?:done|awaiting_transfer)$/ } values %at });
    is_deeply({ map { $_ => order($at{$_})->{refunds}[0]{status} } keys %at }, \%want, 'refused: by transfer; unclear: asked for, and sent once');
    quiet($shop);
    ok(unresolved($at{26}), 'what waits for a transfer is on the list');
    told($at{26}, qr{به‌زودی به حساب بانکی.*شبای خود را اینجا بنویسید: https://\S+/orders/\d+}, 'and told, and asked where to');
    # Two equal parts; the second is lost on its way, and the first must not pass for it.
    my $v = visitor();
    back($v, pay($v));
    my $part = sub { return $staff->renewing(post => "/admin/orders/$v->{number}/refunds", json => { amount => 20_000, to => 'gateway', reason => 'نیمی' })->{status} };
    is($part->(), 201, 'one part');
    quiet($shop);
    lie($v, 'reset_before', times => 1, at => ['refund']);
    is($part->(), 201, 'an equal one');
    ok(until_so(sub { !grep { $_->{status} ne 'done' } @{ order($v)->{refunds} } }, 90), 'both are done');
    my $sent = sub { return scalar grep { ($_->{track_id} // 0) == $v->{track} && $_->{effect}{kind} eq 'refunded' } @{ $bank->get('/bank/journal?limit=100000')->{json}{items} } };
    is($sent->(), 2, 'two, not one');
    # The bank acts when the shop has given up waiting: the inquiry comes before the deed.
    lie($v, 'delay_before', ms => 12_000, times => 1, at => ['refund']);
    is($part->(), 201, 'a third');
    my $asked = sub { my ($times) = @_; return wait_for(sub { $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'refund_send' AND attempt >= $times AND state = 'ready'") }, 20) };
    ok($asked->(1), 'not answered');
    later($shop, '30 seconds'); # no minute yet: the request may still be on its way
    ok($asked->(2), 'asked about');
    is($sent->(), 2, 'before the bank acted');
    ok(wait_for(sub { $sent->() == 3 }, 20), 'which it then does');
    ok(until_so(sub { order($v)->{refunds}[2]{status} eq 'done' }), 'found');
    is($sent->(), 3, 'and not sent twice');
};

# ---- the owner changes the configuration ----

my $e = $shop->endpoints;
sub configure {
    my (%o) = @_;
    open my $old, '<', $e->{config} or die "$e->{config}: $!";
    my @kept = grep { !(/^([\w.]+)\s*=/ && exists $o{$1}) } <$old>;
    open my $conf, '>', $e->{config} or die "$e->{config}: $!"; # a key may be there only once
    print {$conf} @kept, map { "$_ = $o{$_}\n" } sort keys %o;
    close $conf or die $!;
    kill HUP => @{ $e->{master_pids} };
    return;
}

subtest 'Zibal calls the shop itself, and shares' => sub {
    configure('zibal.lazy' => 'true', 'zibal.fee_mode' => 2, 'zibal.shares' => '[{"id":"self"},{"bankAccount":"IR062960000000100324200001","amount":50000}]');
    my $v;
    ok(wait_for(sub { $v = visitor(); return !defined pay($v, webhook => $TRUE) }, 40), 'no browser is sent back');
    ok(wait_for(sub { order($v)->{status} eq 'paid' }, 20), 'paid by the call of the bank');
    my $said = $bank->post('/v1/inquiry', json => { merchant => 'zibal', trackId => $v->{track} + 0 })->{json};
    is_deeply($said->{multiplexingInfos}, [{ id => 'self', amount => $v->{due} * 10 - 50_000 }, { bankAccount => 'IR062960000000100324200001', amount => 50_000 }], 'everybody gets a share');
    is($said->{wage}, 2, 'and the payer pays the fee');
};

subtest 'without a refund service' => sub {
    configure('zibal.lazy' => 'false', 'zibal.shares' => '', 'zibal.refund_token' => '');
    my ($v, $refund);
    ok(wait_for(sub {
        $v = visitor();
        back($v, pay($v) // return);
        $v->{client}->renewing(post => "/orders/$v->{number}/cancel", json => {});
        $refund = order($v)->{refunds}[0] // return;
        return $refund->{to} eq 'manual';
    }, 40), 'money goes home by hand');
    is($refund->{status}, 'awaiting_transfer', 'it waits for a person');
    quiet($shop);
    told($v, qr/به‌زودی به حساب بانکی/, 'told');
    ok(unresolved($v), 'on the list');
    is($staff->renewing(post => "/admin/refunds/$refund->{id}/transferred", json => { reference => 'SATNA-7' })->{status}, 200, 'sent');
    quiet($shop);
    told($v, qr/واریز شد.*SATNA-7/, 'told');
    ok(!unresolved($v), 'off the list');
};

subtest 'sums the bank does not take' => sub {
    $staff->renewing(patch => '/admin/settings', json => { gateway_minimum => 200_000 });
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $buyer->put($variant);
    my $ids = sub { return [map { $_->{id} } @{ $buyer->quote->{payment_methods} }] };
    is_deeply($ids->(), [], 'too little: not offered');
    $staff->renewing(patch => '/admin/settings', json => { gateway_minimum => 1000, gateway_maximum => 120_000 });
    is_deeply($ids->(), [], 'too much: not offered');
    $staff->renewing(patch => '/admin/settings', json => { gateway_maximum => 1_000_000 });
    is_deeply($ids->(), ['gateway'], 'in between it is');
};

subtest 'the check by hand' => sub {
    my $check = sub { my $out = qx('$e->{tarazu}' --config '$e->{config}' gateway-check @_ 2>&1); return ($? >> 8, $out) };
    my ($status, $said) = $check->();
    is($status, 0, 'asks the configured bank for a payment') or diag $said;
    my ($page) = $said =~ m{(https://\S+/start/\d+)};
    my ($track) = $said =~ /--ref (\d+)/;
    ok($page && $track, 'and tells where to pay') or diag $said;
    ($status, $said) = $check->("--ref $track");
    like($said, qr/verify: waiting for the payer/, 'not paid yet');
    $bank->post("/bank/$track/pay", json => { webhook => $FALSE });
    ($status, $said) = $check->("--ref $track");
    is($status, 0, 'paid') or diag $said;
    like($said, qr/(verify: paid, 10000 Rial.*\n){2}/, 'and the second verify says the same');
    is(($check->('--ref 1'))[0], 0, 'a number the bank does not know is failed, twice');
    is(($check->('--amount x'))[0], 2, 'usage');
};

ok(quiet($shop), 'all work is done');
adds_up($shop);
$shop->stop;
done_testing;
