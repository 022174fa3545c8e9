#!/usr/bin/env perl
# Every kind of fault of the sandbox, at every call where it exists.
use strict;
use warnings;
use utf8;

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

use lib 't/lib';
use Tarazu::Test::Client;
use Tarazu::Test::Sandbox;

binmode $_, ':utf8' for *STDOUT, *STDERR, map { Test::More->builder->$_ } qw(output failure_output);

start_sandbox();

# How each call is made and how one sees whether the bank acted on it. `make` returns what the later
# ones need; `acted` is 0 or how often it acted.
my ($next_phone, $next_order) = (2_000_000, 0);
my %calls = (
    request => {
        make => sub { return { order => 'F-' . ++$next_order } },
        run => sub { my ($s) = @_; return request(orderId => $s->{order}) },
        acted => sub { my ($s) = @_; return scalar grep { ($_->{request}{orderId} // '') eq $s->{order} && $_->{effect}{kind} eq 'created' } @{ $c->get('/bank/journal?limit=20')->{json}{items} } },
        refusal => 103,
    },
    start => {
        make => sub { return { track => new_payment() } },
        run => sub { my ($s) = @_; return $browser->get("/start/$s->{track}") },
        acted => sub { return },
    },
    verify => {
        make => sub { return { track => paid_payment() } },
        run => sub { my ($s) = @_; return $c->post('/v1/verify', json => { merchant => 'zibal', trackId => $s->{track} }) },
        acted => sub { my ($s) = @_; return inquiry($s->{track})->{status} == 1 ? 1 : 0 },
        refusal => 202,
    },
    inquiry => {
        make => sub { return { track => captured_payment() } },
        run => sub { my ($s) = @_; return $c->post('/v1/inquiry', json => { merchant => 'zibal', trackId => $s->{track} }) },
        acted => sub { return },
        refusal => 203,
    },
    refund => {
        make => sub { return { track => captured_payment() } },
        run => sub { my ($s) = @_; return refund(trackId => $s->{track}, amount => 20_000) },
        acted => sub { my ($s) = @_; no_faults(); return scalar refunds_of($s->{track}) },
        refusal => 26,
    },
    refund_inquiry => {
        make => sub { my $t = captured_payment(); refund(trackId => $t, amount => 20_000); return { track => $t } },
        run => sub { my ($s) = @_; return platform('/v1/account/refund/inquiry', { transactionTrackId => $s->{track} }) },
        acted => sub { return },
        refusal => 26,
    },
    sms => {
        make => sub { return { phone => '0912' . ++$next_phone } },
        run => sub { my ($s) = @_; return $c->post('/v1/K/verify/lookup.json', form => { receptor => $s->{phone}, template => 'tarazu-otp', token => '1234' }) },
        acted => sub { my ($s) = @_; return scalar @{ $c->get("/inbox/sms?phone=$s->{phone}")->{json}{items} } },
        refusal => 409,
    },
    mail => {
        make => sub { return { to => 'm' . ++$next_phone . '@example.ir' } },
        run => sub {
            my ($s) = @_;
            my @replies = mail($s->{to}, "Subject: s\n\nt");
            my ($code) = ($replies[5] // '') =~ /^(\d+)/;
            return { status => $code, lost => defined $code ? 0 : 1, body => '' };
        },
        acted => sub { my ($s) = @_; return scalar @{ $c->get("/inbox/mail?to=$s->{to}")->{json}{items} } },
    },
);

sub sent_back {
    my ($s) = @_;
    return grep { $_->{method} eq 'GET' } received($s->{track});
}
sub webhooks { my ($s) = @_; return grep { $_->{method} eq 'POST' } received($s->{track}) }

my %deliveries = (
    callback => { got => \&sent_back, body => { callback => JSON::PP::true, webhook => JSON::PP::true } },
    webhook => { got => \&webhooks, body => { callback => JSON::PP::true, webhook => JSON::PP::true } },
);

# Reading calls have nothing that could be acted upon.
sub acted_is {
    my ($call, $s, $want, $name) = @_;
    my $did = $calls{$call}{acted}->($s);
    return defined $did ? is($did, $want, $name) : 1;
}

# The number that an answer tells, whatever the call.
sub told {
    my ($call, $r, $what) = @_;
    my $j = $r->{json} // {};
    return $call eq 'refund' ? $j->{data}{split}[0]{$what} : $call eq 'refund_inquiry' ? ($j->{data}[0] // {})->{$what} : $j->{$what};
}

# What one kind of fault does to calls that are answered.
my %answer_faults = (
    delay => { o => { ms => 300 }, check => sub {
        my ($call, $s, $r, $took) = @_;
        cmp_ok($took, '>=', 0.3, "$call: answered later");
        acted_is($call, $s, 1, "$call: acted");
    } },
    delay_before => { o => { ms => 300 }, check => sub {
        my ($call, $s, $r, $took) = @_;
        cmp_ok($took, '>=', 0.3, "$call: answered later");
        acted_is($call, $s, 1, "$call: acted");
    } },
    status => { o => { status => 503 }, check => sub { my ($call, $s, $r) = @_; is($r->{status}, 503, "$call: 503"); acted_is($call, $s, 0, "$call: did not act") } },
    refuse => { o => {}, check => sub {
        my ($call, $s, $r) = @_;
        is($call eq 'sms' ? $r->{json}{return}{status} : $r->{json}{result}, $calls{$call}{refusal}, "$call: said no");
        acted_is($call, $s, 0, "$call: did not act");
    } },
    reset_before => { o => {}, check => sub { my ($call, $s, $r) = @_; ok($r->{lost}, "$call: cut"); acted_is($call, $s, 0, "$call: did not act") } },
    reset_after => { o => { times => 1 }, check => sub {
        my ($call, $s, $r) = @_;
        ok($r->{lost}, "$call: cut") if $call ne 'start';    # the client repeats a GET
        acted_is($call, $s, 1, "$call: acted all the same");
    } },
    garbage => { o => {}, check => sub { my ($call, $s, $r) = @_; is($r->{status}, 200, "$call: 200"); ok(!$r->{json}, "$call: not JSON"); acted_is($call, $s, 1, "$call: acted") } },
    bounce => { o => { ms => 200 }, check => sub {
        my ($call, $s, $r) = @_;
        is($r->{json}{result}, 1, "$call: accepted");
        my $state = sub { return join ' ', map { $_->{status} } refunds_of($s->{track}) };
        ok(wait_until('it has failed', sub { return $state->() eq '3' }), "$call: and failed later");
        is_deeply([map { "$_->{effect}{kind}:$_->{effect}{amount}" } grep { $_->{effect}{kind} =~ /^refund/ } journal($s->{track})],
            ['refunded:20000', 'refund_failed:20000'], "$call: the journal has both ways of the money");
        is(refund(trackId => $s->{track})->{json}{data}{split}[0]{amount}, 150_000, "$call: all of it can be refunded again");
        is($state->(), '3 1', "$call: beside the one that failed");
    } },
    wrong_amount => { o => { delta => 7_000 }, check => sub {
        my ($call, $s, $r) = @_;
        my $want = $call =~ /refund/ ? 27_000 : 157_000;
        my $track = $s->{track} // $r->{json}{trackId};
        if ($call eq 'request' || $call eq 'start') { no_faults(); is(inquiry($track)->{amount}, $want, "$call: the bank asks another sum") }
        else { is(told($call, $r, 'amount'), $want, "$call: says another sum"); no_faults(); is(inquiry($track)->{amount}, 150_000, "$call: … that is not true") }
    } },
    wrong_order => { o => {}, check => sub {
        my ($call, $s, $r) = @_;
        no_faults();
        my $said = $call eq 'request' ? inquiry($r->{json}{trackId})->{orderId}
            : $call eq 'refund_inquiry' ? $r->{json}{data}[0]{transactionDetail}{orderId} : $r->{json}{orderId};
        is($said, '999999999', "$call: another order id");
    } },
    unknown_status => { o => {}, check => sub {
        my ($call, $s, $r) = @_;
        is(told($call, $r, 'status') // $r->{json}{result}, 99, "$call: an unknown status") if $call !~ /^(?:request|refund)$/;
        is($r->{json}{result}, 99, "$call: an unknown result") if $call =~ /^(?:request|refund)$/;
        acted_is($call, $s, 1, "$call: acted");
    } },
    wrong_merchant => { o => {}, check => sub { my ($call, $s, $r) = @_; is($r->{json}{merchant}, 'another', "$call: another merchant's") } },
    strings => { o => {}, check => sub { my ($call, $s, $r) = @_; like($r->{body}, qr/"result":"\d+"/, "$call: digits in strings"); acted_is($call, $s, 1, "$call: acted") } },
    nulls => { o => {}, check => sub { my ($call, $s, $r) = @_; is_deeply([@{ $r->{json} }{qw(refNumber cardNumber paidAt)}], [undef, undef, undef], "$call: without the details") } },
    duplicate => { o => { n => 3 }, check => sub { my ($call, $s) = @_; acted_is($call, $s, 3, "$call: three times") } },
    drop => { o => {}, check => sub { my ($call, $s, $r) = @_; is(substr($r->{status}, 0, 1), 2, "$call: said yes"); acted_is($call, $s, 0, "$call: but nothing arrived") } },
);

# What one kind does to callbacks and webhooks. One payment is paid; the fault is on `call`.
my %delivery_faults = (
    delay => { o => { ms => 200 }, check => sub { my ($call, $s) = @_; is(@{ $s->{got} }, 1, "$call: came") } },
    drop => { o => {}, check => sub { my ($call, $s) = @_; is(@{ $s->{got} }, 0, "$call: never came"); is(@{ $s->{others} }, 1, '… the other way did') } },
    duplicate => { o => { n => 3 }, check => sub { my ($call, $s) = @_; is(@{ $s->{got} }, 3, "$call: three times") } },
    reorder => { o => { ms => 300 }, check => sub {
        my ($call, $s) = @_;
        my $method = $call eq 'callback' ? 'GET' : 'POST';
        is((received($s->{track}))[-1]{method}, $method, "$call: came last");
        is(received($s->{track}), 2, '… and both came');
    } },
    forged => { o => {}, check => sub {
        my ($call, $s) = @_;
        if ($call eq 'webhook') {
            my $w = $s->{got}[0];
            isnt($w->{headers}{'x-tarazu-signature'}, 'v1=' . hmac_sha256_hex("$w->{headers}{'x-tarazu-timestamp'}.$w->{body}", $SECRET), 'a bad signature');
        }
        else { like($s->{way}{callback_url}, qr/success=1&trackId=(?!$s->{track}&)/, "another session's number") }
    } },
    stale => { o => {}, check => sub {
        my ($call, $s) = @_;
        my $w = $s->{got}[0];
        my $stamp = $w->{headers}{'x-tarazu-timestamp'};
        cmp_ok(time - $stamp, '>', 300, 'an old timestamp');
        is($w->{headers}{'x-tarazu-signature'}, 'v1=' . hmac_sha256_hex("$stamp.$w->{body}", $SECRET), '… well signed');
    } },
    garbage => { o => {}, check => sub { my ($call, $s) = @_; my @all = grep { !$_->{json} } received('trackId":'); ok(@all, 'a body that is not JSON') } },
    wrong_amount => { o => { delta => 7_000 }, check => sub { my ($call, $s) = @_; is($s->{got}[0]{json}{amount}, 157_000, 'another sum') } },
    wrong_order => { o => {}, check => sub {
        my ($call, $s) = @_;
        is($call eq 'webhook' ? $s->{got}[0]{json}{orderId} : $s->{got}[0]{query}{orderId}, '999999999', "$call: another order");
    } },
    unknown_status => { o => { code => 14 }, check => sub {
        my ($call, $s) = @_;
        is($call eq 'webhook' ? $s->{got}[0]{json}{status} : $s->{got}[0]{query}{status}, 14, "$call: an unknown status");
    } },
    strings => { o => {}, check => sub { my ($call, $s) = @_; like($s->{got}[0]{body}, qr/"trackId":"\d+"/, 'digits in strings') } },
    nulls => { o => {}, check => sub { my ($call, $s) = @_; is($s->{got}[0]{json}{refNumber}, undef, 'without the reference') } },
    status => { o => { status => 502 }, check => sub {
        my ($call, $s) = @_;
        is_deeply([@{ $s->{way} }{qw(http_status callback_url)}], [502, undef], 'the bank page fails instead of going back');
        is(@{ $s->{got} }, 0, '… nobody comes');
    } },
    reset_before => { o => {}, check => sub {
        my ($call, $s) = @_;
        my ($cut) = grep { $_->{call} eq $call } journal($s->{track});
        is($cut->{result}{cut}, 'before', "$call: the connection was cut before anything was said");
        is(@{ $s->{got} }, $call eq 'webhook' ? 1 : 0, '… a webhook comes again, a browser does not');
    } },
    reset_after => { o => {}, check => sub {
        my ($call, $s) = @_;
        my ($cut) = grep { $_->{call} eq $call } journal($s->{track});
        is($cut->{result}{cut}, 'after', "$call: cut without waiting for the answer");
        is(@{ $s->{got} }, $call eq 'webhook' ? 2 : 1, '… the shop has seen it');
    } },
);

sub run_answer_fault {
    my ($kind, $call) = @_;
    my $test = $answer_faults{$kind};
    my $s = $calls{$call}{make}->();
    is(fault($call, $kind, %{ $test->{o} }, $s->{track} && $call ne 'request' ? (track_id => $s->{track}) : ())->{status}, 201, "$kind at $call is taken");
    my $begun = time;
    my $r = $calls{$call}{run}->($s);
    my $took = time - $begun;
    no_faults() if $kind ne 'duplicate';
    $test->{check}->($call, $s, $r, $took);
    no_faults();
    my ($entry) = grep { ($_->{faults} // '') eq $kind && $_->{call} eq $call } reverse @{ $c->get('/bank/journal?limit=30')->{json}{items} };
    # A mail that was refused or cut before it was taken leaves no entry.
    ok($entry, "$call: the journal names the fault") if $call ne 'mail' || $kind !~ /^(?:status|reset_before)$/;
    return;
}

sub run_delivery_fault {
    my ($kind, $call) = @_;
    my $test = $delivery_faults{$kind};
    my $t = new_payment();
    is(fault($call, $kind, %{ $test->{o} }, track_id => $t)->{status}, 201, "$kind at $call is taken");
    my $r = $c->post("/bank/$t/pay", json => $deliveries{$call}{body});
    quiet();
    no_faults();
    my $s = { track => $t, way => $r->{json} };
    $s->{got} = [$deliveries{$call}{got}->($s)];
    $s->{others} = [$deliveries{ $call eq 'webhook' ? 'callback' : 'webhook' }{got}->($s)];
    $test->{check}->($call, $s);
    is(inquiry($t)->{status}, 2, '… and the money is there');
    return;
}

my $kinds = $c->get('/faults')->{json}{kinds};
my %seen;
for my $kind (@$kinds) {
    subtest "fault $kind->{kind}" => sub {
        for my $call (@{ $kind->{calls} }) {
            $seen{ $deliveries{$call} ? 'delivery' : 'answer' }{ $kind->{kind} } = 1;
            $deliveries{$call} ? run_delivery_fault($kind->{kind}, $call) : run_answer_fault($kind->{kind}, $call);
        }
    };
}
is_deeply([sort keys %{ $seen{answer} }], [sort keys %answer_faults], 'every fault of answers was seen');
is_deeply([sort keys %{ $seen{delivery} }], [sort keys %delivery_faults], 'every fault of deliveries was seen');

subtest 'faults: which, how often, on which payment' => sub {
    is(fault('verify', 'nonsense')->{status}, 422, 'unknown kind');
    is(fault('nonsense', 'delay')->{status}, 422, 'unknown call');
    is(fault('verify', 'stale')->{status}, 422, 'not at this call');
    is(fault('verify', 'status', times => 0)->{status}, 422, 'never');
    my ($one, $other) = (paid_payment(), paid_payment());
    fault('verify', 'status', times => 2, track_id => $one);
    my $code = sub { my ($t) = @_; return $c->post('/v1/verify', json => { merchant => 'zibal', trackId => $t })->{status} };
    is_deeply([map { $code->($_) } $other, $one, $one, $one], [200, 503, 503, 200], 'two times, one payment');
    fault('inquiry', 'status', order_id => 'ONLY-1');
    is($c->post('/v1/inquiry', json => { merchant => 'zibal', trackId => $one })->{status}, 200, 'another order');
    my $mine = new_payment(orderId => 'ONLY-1');
    is($c->post('/v1/inquiry', json => { merchant => 'zibal', trackId => $mine })->{status}, 503, 'that order');
    is(@{ $c->get('/faults')->{json}{items} }, 2, 'listed');
    no_faults();
    is_deeply($c->get('/faults')->{json}{items}, [], 'deleted');
    fault('any', 'status', status => 500);
    is($code->($one), 500, 'any: verify');
    is(request()->{status}, 500, 'any: request');
    is($c->get('/healthz')->{status}, 200, 'but not the desk');
    my $id = $c->get('/faults')->{json}{items}[0]{id};
    $c->delete("/faults/$id");
    is($code->($one), 200, 'one fault deleted');
    my $z = $c->post('/pg/v4/payment/request.json', json => { merchant_id => '1' x 36, amount => 10_000, description => 'd', callback_url => "$shop_url/zp" })->{json}{data}{authority};
    payer($z, 'pay');
    fault('verify', 'reset_after', track_id => $z =~ s/^A0*//r);
    my %body = (merchant_id => '1' x 36, amount => 10_000, authority => $z);
    ok($c->post('/pg/v4/payment/verify.json', json => \%body)->{lost}, 'faults reach Zarinpal too');
    no_faults();
    is($c->post('/pg/v4/payment/verify.json', json => \%body)->{json}{data}{code}, 101, '… after it acted');
};

subtest 'a delayed call holds up nobody' => sub {
    my $t = paid_payment();
    fault('verify', 'delay', ms => 60_000, track_id => $t);
    my $child = fork // die "fork: $!";
    if (!$child) {
        Tarazu::Test::Client->new(base => "https://localhost:$port", ca_file => "$dir/cert.pem")
            ->post('/v1/verify', json => { merchant => 'zibal', trackId => $t });
        POSIX::_exit(0);
    }
    wait_until('the call has been taken', sub { $c->get('/healthz'); grep { $_->{call} eq 'verify' } journal($t) });
    is(verify(paid_payment())->{result}, 100, 'another payment is verified meanwhile');
    is(waitpid($child, POSIX::WNOHANG()), 0, 'while the first one still waits');
    is(stop_sandbox(), 0, 'and TERM does not wait for it');
    waitpid $child, 0;
};

unlike(slurp("$dir/log"), qr/Sanitizer|runtime error/, 'no memory errors on the way');

done_testing;
