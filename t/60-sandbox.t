#!/usr/bin/env perl
# The sandbox: the protocols it speaks, its payment page, its inboxes, its books and its restart.
use strict;
use warnings;
use utf8;

use Digest::SHA qw(hmac_sha256_hex);
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(time);
use Time::Local qw(timegm);

use lib 't/lib';
use Tarazu::Test::Sandbox;

binmode $_, ':utf8' for *STDOUT, *STDERR, map { Test::More->builder->$_ } qw(output failure_output);

start_sandbox();

# ---- Zibal ----

subtest 'request: result codes' => sub {
    my @shares = ({ id => 'self', amount => 100_000 }, { bankAccount => 'IR' . '0' x 24, amount => 50_000 });
    my @table = (
        [100, {}], [100, { merchant => '0123456789abcdef01234567' }], [100, { amount => 1000 }],
        [100, { amount => '150000' }], [100, { multiplexingInfos => \@shares }], [100, { nationalCode => '0499370899' }],
        [100, { percentMode => 1, multiplexingInfos => [{ id => 'self', amount => 60 }, { walletID => 'w', amount => 40 }] }],
        [100, { mobile => '09121234567', allowedCards => ['6274129005473742'], checkMobileWithCard => JSON::PP::true, feeMode => 2, ledgerId => 'l', sms => JSON::PP::false }],
        [102, { merchant => undef }], [102, { merchant => 'nobody' }], [103, { merchant => 'inactive' }],
        [104, { merchant => 'invalid' }], [105, { amount => 999 }], [105, { amount => undef }], [105, { amount => 'much' }],
        [106, { callbackUrl => 'ftp://x/' }], [106, { callbackUrl => undef }], [107, { percentMode => 2 }],
        [108, { multiplexingInfos => [{ id => 'other', amount => 150_000 }] }],
        [108, { multiplexingInfos => [$shares[0], { bankAccount => 'IR12', amount => 50_000 }] }],
        [108, { multiplexingInfos => [{ amount => 150_000 }] }],
        [109, { multiplexingInfos => [$shares[0], { subMerchantId => 'inactive', amount => 50_000 }] }],
        [110, { multiplexingInfos => [{ subMerchantId => 's', amount => 150_000 }] }],
        [111, { multiplexingInfos => [$shares[0]] }], [112, { merchant => 'nofee', feeMode => 1 }],
        [113, { amount => 10_000_000_001 }], [114, { nationalCode => '0499370898' }], [115, { merchant => 'stranger' }],
        [116, { feeMode => 3 }],
    );
    for (@table) {
        my ($code, $change) = @$_;
        my $r = request(%$change);
        is($r->{json}{result}, $code, "$code: " . $JSON->encode($change));
        is(exists $r->{json}{trackId} ? 1 : 0, $code == 100 ? 1 : 0, '… track id only on success');
    }
    my $t = new_payment(linkToPay => JSON::PP::true);
    cmp_ok($t, '>', 2**32, 'track ids do not fit 32 bits');
    cmp_ok($t, '<', 2**53, 'but a double');
    is(request(linkToPay => JSON::PP::true)->{json}{payLink}, "https://localhost:$port/start/" . ($t + 1), 'payLink');
    is($c->post('/v1/request', body => 'no json', headers => { 'content-type' => 'application/json' })->{json}{result}, 102,
        'a body that is not JSON has no merchant');
};

subtest 'verify and inquiry' => sub {
    my $t = new_payment(orderId => 'VI-1', description => 'یک سفارش', feeMode => 1);
    is(verify($t)->{result}, 202, 'not paid yet');
    my $i = inquiry($t);
    is_deeply([@$i{qw(result status amount orderId wage)}, $i->{paidAt}, $i->{refNumber}, $i->{cardNumber}],
        [100, -1, 150_000, 'VI-1', 1, undef, undef, undef], 'inquiry of a waiting session');
    my $way = payer($t, 'pay');
    is($way->{status}, 2, 'paid');
    is($way->{callback_url}, "$shop_url/cb?token=t1&success=1&trackId=$t&orderId=VI-1&status=2", 'the way back');
    is(inquiry($t)->{status}, 2, 'paid, not verified');
    my $v = verify($t);
    is_deeply([@$v{qw(result status amount orderId description message)}], [100, 1, 150_000, 'VI-1', 'یک سفارش', 'success'], 'verify');
    like($v->{cardNumber}, qr/^\d{5}\*{4}\d{2}$/, 'the card is masked');
    like($v->{refNumber}, qr/^\d+$/, 'reference number');
    my @at = $v->{paidAt} =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}$/;
    ok(@at == 6, 'paidAt has no zone');
    my $utc = timegm(@at[5, 4, 3, 2], $at[1] - 1, $at[0]) - 12_600;
    cmp_ok(abs(time - $utc), '<', 600, 'and is Tehran time');
    my $again = verify($t);
    is_deeply([@$again{qw(result message)}, exists $again->{amount} ? 1 : 0], [201, 'previously verified', 0], 'verified before');
    my $after = inquiry($t);
    is($after->{status}, 1, 'inquiry of a verified payment');
    ok($after->{verifiedAt}, 'with its time');
    is(verify($t + 1_000_000)->{result}, 203, 'unknown track id');
    is($c->post('/v1/verify', json => { merchant => '0' x 24, trackId => $t })->{json}{result}, 203, 'of another merchant');
    is($c->post('/v1/verify', json => { merchant => 'zibal', trackId => "$t" })->{json}{result}, 201, 'track id as text');
    is($c->post('/v1/inquiry/', json => { merchant => 'zibal', trackId => $t })->{json}{result}, 100, 'a trailing slash');
    is(payer($t, 'pay')->{error}, 'already paid', 'nobody pays twice');
    is_deeply([map { "$_->{call}:$_->{effect}{kind}:$_->{effect}{amount}" } grep { $_->{effect}{kind} ne 'none' } journal($t)],
        ['request:created:150000', 'bank:paid:150000', 'verify:captured:150000'], 'the journal');
};

subtest 'a session that is not paid' => sub {
    for (['cancel', 3], ['fail', 5]) {
        my ($deed, $status) = @$_;
        my $t = new_payment();
        my $way = payer($t, $deed);
        like($way->{callback_url}, qr/success=0&trackId=$t&orderId=T-\d+&status=$status$/, "$deed: the way back");
        is(verify($t)->{result}, 202, "$deed: verify");
        is(inquiry($t)->{status}, $status, "$deed: inquiry");
        is(payer($t, 'pay')->{status}, 2, "$deed: and paid late");
        is(verify($t)->{result}, 100, "$deed: late money is captured");
    }
    my $t = new_payment();
    is(payer($t, 'fail', status => 6)->{status}, 6, 'another failure');
    is($c->post("/bank/$t/steal", json => {})->{status}, 404, 'the payer has three deeds');
    is($c->post('/bank/1/pay', json => {})->{status}, 404, 'unknown payment');
};

subtest 'webhook' => sub {
    my $t = new_payment(orderId => 'W-1');
    payer($t, 'pay', webhook => JSON::PP::true);
    my ($w) = @{ wait_until('the webhook came', sub { my @r = received($t); @r ? \@r : 0 }) };
    is("$w->{method} $w->{path}", 'POST /payment/webhook', 'where');
    my $stamp = $w->{headers}{'x-tarazu-timestamp'};
    is($w->{headers}{'x-tarazu-signature'}, 'v1=' . hmac_sha256_hex("$stamp.$w->{body}", $SECRET), 'signature');
    cmp_ok(abs(time - $stamp), '<', 300, 'fresh timestamp');
    is_deeply([@{ $w->{json} }{qw(trackId success status orderId amount)}], [$t, 1, 2, 'W-1', 150_000], 'what it says');
    quiet();
    my ($entry) = grep { $_->{call} eq 'webhook' } journal($t);
    is_deeply([$entry->{effect}{kind}, $entry->{result}{http_status}], ['delivered', 200], 'journalled');
    ok(!received($t + 1), 'nothing for another payment');

    spew("$dir/answer", 503);
    $t = new_payment();
    payer($t, 'cancel', webhook => JSON::PP::true);
    wait_until('two attempts', sub { received($t) >= 2 });
    spew("$dir/answer", 200);
    quiet();
    my @attempts = map { "$_->{request}{attempt}:$_->{effect}{kind}" } grep { $_->{call} eq 'webhook' } journal($t);
    is_deeply([@attempts[0, 1], $attempts[-1]], ['1:refused', '2:refused', @attempts . ':delivered'], 'repeated until taken');
    is_deeply([@{ (received($t))[0]{json} }{qw(success status)}], [0, 3], 'a cancelled session says so');
};

subtest 'callback by the sandbox, over verified TLS' => sub {
    my $t = new_payment();
    payer($t, 'pay', callback => JSON::PP::true);
    my $r = wait_until('the callback came', sub { (received($t))[0] });
    is_deeply([$r->{method}, @{ $r->{query} }{qw(token success trackId status)}], ['GET', 't1', 1, $t, 2], 'GET with the query');
    $t = new_payment(callbackUrl => "https://localhost:$port/healthz");
    payer($t, 'pay', callback => JSON::PP::true);
    quiet();
    is((journal($t))[-1]{effect}{kind}, 'delivered', 'a certificate of our authority is trusted');
};

subtest 'lazy mode' => sub {
    my $t = new_payment(path => '/request/lazy', callbackUrl => "$shop_url/lazy/abc", orderId => 'L-1');
    my $way = payer($t, 'pay', webhook => JSON::PP::true);
    is($way->{callback_url}, undef, 'the browser is not sent back');
    my $r = wait_until('the lazy callback came', sub { (received($t))[0] });
    is("$r->{method} $r->{path}", 'POST /lazy/abc', 'JSON to the callback URL');
    is_deeply([@{ $r->{json} }{qw(success trackId orderId status)}], ['1', $t, 'L-1', ''], 'its fields');
    is($r->{headers}{'x-tarazu-signature'}, undef, 'unsigned');
    is($c->post('/verify', json => { merchant => 'zibal', trackId => $t })->{json}{result}, 100, 'verified at the lazy path');
};

subtest 'payment page' => sub {
    my $t = new_payment(amount => 12_500_000, orderId => '<b>&"');
    my $page = $browser->get("/start/$t");
    is($page->{status}, 200, 'page');
    my $text = $page->{body};
    utf8::decode($text);
    like($text, qr/dir="rtl"/, 'right to left');
    like($text, qr/۱٬۲۵۰٬۰۰۰/, 'the sum in Toman');
    like($text, qr/۱۲٬۵۰۰٬۰۰۰ ریال/, 'and in Rial');
    unlike($text, qr/<b>&"/, 'what the merchant says is escaped');
    is($browser->get("/start/$t/direct")->{status}, 200, 'direct');
    is($browser->get('/start/123')->{status}, 404, 'unknown payment');
    is($browser->get('/style.css')->{headers}{'content-type'}, 'text/css; charset=utf-8', 'style sheet');

    my $press = sub { my ($track, $action, %o) = @_; return $browser->post("/start/$track", form => { action => $action, %o }) };
    is($press->($t, 'pay', card => '1234 5678 9012 3456')->{status}, 422, 'a card number with a typing error');
    is(inquiry($t)->{status}, -1, 'changes nothing');
    my $r = $press->($t, 'pay', card => '۶۲۷۴۱۲۹۰۰۵۴۷۳۷۴۲');
    is($r->{status}, 303, 'pay: back to the shop');
    is($r->{headers}{location}, "$shop_url/cb?token=t1&success=1&trackId=$t&orderId=%3Cb%3E%26%22&status=2", '… with the query');
    is($press->($t, 'pay')->{status}, 409, 'once is enough');
    is($press->(new_payment(), 'dance')->{status}, 422, 'an unknown button');

    my %ends = (cancel => 3, wrong_card => 4, no_funds => 5);
    for my $action (sort keys %ends) {
        my $track = new_payment();
        like($press->($track, $action)->{headers}{location}, qr/success=0&trackId=$track.*status=$ends{$action}$/, $action);
    }
    my $only = new_payment(allowedCards => ['6219861034529007']);
    is($press->($only, 'pay', card => '6274129005473742')->{status}, 422, 'a card the merchant does not allow');
    is($press->($only, 'pay', card => '6219861034529007')->{status}, 303, 'one that it allows');

    my $twice = new_payment();
    is($press->($twice, 'twice')->{status}, 303, 'pay twice');
    quiet();
    is_deeply([sort map { $_->{method} } received($twice)], ['GET', 'POST', 'POST'], '… the sandbox calls back too, and two webhooks');
    is((grep { $_->{effect}{kind} eq 'paid' } journal($twice)), 1, '… but money moves once');

    my $close = new_payment();
    is($press->($close, 'close')->{status}, 200, 'close the tab: no way back');
    is(inquiry($close)->{status}, 2, '… but paid');

    my $late = new_payment();
    like($press->($late, 'late', delay => 1)->{body}, qr/http-equiv="refresh"/, 'pay late: the page waits');
    is(inquiry($late)->{status}, -1, '… not paid yet');
    wait_until('the late payer paid', sub { inquiry($late)->{status} == 2 });
    is($browser->get("/start/$late?wait=1")->{status}, 303, '… and the page goes on');
    quiet();
    is((received($late))[0]{json}{success}, 1, '… with a webhook');
};

# ---- platform ----

subtest 'refunds' => sub {
    my $t = captured_payment(amount => 100_000);
    is(platform('/v1/account/refund', { trackId => $t, accountId => 'a' }, '')->{json}{result}, 2, 'no key');
    is(platform('/v1/account/refund', { trackId => $t, accountId => 'a' }, 'x')->{json}{result}, 3, 'a wrong key');
    is(refund(trackId => $t, accountId => '')->{json}{result}, 6, 'no account');
    is(refund(trackId => 1)->{json}{result}, 6, 'unknown payment');
    is(refund(trackId => paid_payment())->{json}{result}, 26, 'not verified');
    is(refund(trackId => $t, amount => 500)->{json}{result}, 9, 'too little');
    is(refund(trackId => $t, amount => 100_001)->{json}{result}, 11, 'too much');
    my $r = refund(trackId => $t, amount => 30_000)->{json};
    is_deeply([$r->{result}, $r->{data}{remaining}, $r->{data}{split}[0]{amount}, $r->{data}{reversed} ? 1 : 0], [1, 70_000, 30_000, 0], 'in part');
    is(inquiry($t)->{status}, 1, 'a payment refunded in part stays verified');
    is(refund(trackId => $t, amount => 70_001)->{json}{result}, 11, 'more than what is left');
    is(refund(trackId => $t)->{json}{data}{remaining}, 0, 'the rest');
    is(refund(trackId => $t)->{json}{result}, 26, 'nothing is left');
    like(inquiry($t)->{status}, qr/^1[56]$/, 'on its way back');
    wait_until('the deposit', sub { inquiry($t)->{status} == 15 });
    is_deeply([map { "$_->{amount}:$_->{status}" } refunds_of($t)], ['30000:2', '70000:2'], 'inquiry by payment');
    my $id = $r->{data}{split}[0]{refundId};
    my $one = platform('/v1/account/refund/inquiry', { refundId => $id })->{json}{data};
    is_deeply([$one->{refundId}, $one->{transactionDetail}{trackId}], [$id, $t], 'inquiry by refund');
    is(platform('/v1/account/refund/inquiry', { refundId => $id + 5 })->{json}{result}, 6, 'unknown refund');
    is_deeply([refunds_of(captured_payment())], [], 'a payment without refunds');
    my $back = captured_payment();
    is(refund(trackId => $back, tryReverse => JSON::PP::true)->{json}{data}{reversed} ? 1 : 0, 1, 'reversed');
    is(inquiry($back)->{status}, 18, '… status 18');
    is_deeply([map { $_->{amount} } grep { $_->{transactionDetail}{trackId} == $t }
            @{ platform('/v1/account/refund/list', { status => [2], size => 1000 })->{json}{data} }], [70_000, 30_000], 'list');
    my $report = platform('/v1/gateway/report/transaction', { trackId => $t })->{json};
    is_deeply([$report->{total}, $report->{data}[0]{amount}], [1, 100_000], 'transaction report');
    my $page = platform('/v1/gateway/report/transaction', { merchantId => 'zibal', page => 2, size => 3 })->{json};
    is(@{ $page->{data} }, 3, 'pages of a report');
    my @money = map { $_->{effect} } grep { $_->{effect}{kind} eq 'refunded' } journal($t);
    is($money[0]{amount} + $money[1]{amount}, 100_000, 'the journal knows what went back');
};

# ---- Zarinpal ----

subtest 'Zarinpal v4' => sub {
    my %who = (merchant_id => '1' x 36);
    my $z = sub { my ($op, %o) = @_; return $c->post("/pg/v4/payment/$op.json", json => { %who, %o }) };
    my %ask = (amount => 150_000, callback_url => "$shop_url/zp", description => 'order', metadata => { order_id => 'Z-1' });
    my $r = $z->('request', %ask);
    is_deeply([$r->{json}{data}{code}, $r->{json}{errors}], [100, []], 'request');
    my $a = $r->{json}{data}{authority};
    like($a, qr/^[AS][0-9a-zA-Z]{35}$/, 'authority');
    is($browser->get("/pg/StartPay/$a")->{status}, 200, 'StartPay');
    is($browser->get('/pg/StartPay/' . 'A' x 36)->{status}, 404, 'unknown authority');
    is($z->('verify', authority => $a, amount => 150_000)->{json}{errors}{code}, -51, 'not paid');
    is($z->('inquiry', authority => $a)->{json}{data}{status}, 'IN_BANK', 'in the bank');
    like(payer($a, 'pay', webhook => JSON::PP::true)->{callback_url}, qr{/zp\?Authority=$a&Status=OK$}, 'the way back');
    is($z->('inquiry', authority => $a)->{json}{data}{status}, 'PAID', 'paid');
    is($z->('verify', authority => $a, amount => 150_001)->{json}{errors}{code}, -50, 'another amount');
    my $v = $z->('verify', authority => $a, amount => 150_000)->{json}{data};
    is($v->{code}, 100, 'verify');
    ok($v->{ref_id} && $v->{card_pan}, 'reference and card');
    my $again = $z->('verify', authority => $a, amount => 150_000)->{json}{data};
    is_deeply([$again->{code}, $again->{ref_id}], [101, $v->{ref_id}], 'verified before');
    is($z->('inquiry', authority => $a)->{json}{data}{status}, 'VERIFIED', 'verified');
    is($z->('verify', authority => $a, amount => 150_000, merchant_id => '2' x 36)->{json}{errors}{code}, -53, "another merchant's");
    is($z->('verify', authority => 'A' x 36, amount => 1)->{json}{errors}{code}, -54, 'bad authority');
    my $toman = $z->('request', %ask, amount => 15_000, currency => 'IRT')->{json}{data}{authority};
    is(payer($toman, 'cancel')->{amount}, 150_000, 'Toman are converted');
    is($z->('inquiry', authority => $toman)->{json}{data}{status}, 'FAILED', 'cancelled');
    payer($toman, 'pay');
    is($z->('verify', authority => $toman, amount => 15_000)->{json}{data}{code}, 100, 'verified in its own unit');
    is($z->('request', %ask, amount => 999)->{json}{errors}{code}, -9, 'too little');
    is($z->('request', %ask, amount => 1_000_000_001)->{json}{errors}{code}, -41, 'too much');
    is($z->('request', %ask, description => undef)->{json}{errors}{validations}[0]{description} ? 1 : 0, 1, 'a field is missing');
    is($z->('request', %ask, merchant_id => 'short')->{status}, 422, 'bad merchant');
    is(verify($a =~ s/^A0*//r)->{result}, 203, 'it is no payment of the other gateway');
};

# ---- messages ----

subtest 'SMS' => sub {
    my $lookup = sub { my (%o) = @_; return $c->post('/v1/API-KEY/verify/lookup.json', form => { template => 'tarazu-otp', token => '482913', receptor => '09121110001', %o }) };
    my $r = $lookup->()->{json};
    is_deeply([$r->{return}{status}, $r->{entries}[0]{status}, $r->{entries}[0]{receptor}], [200, 5, '09121110001'], 'Kavenegar lookup');
    for my $spelling ('%2B989121110001', '+989121110001', '09121110001', '9121110001', '00989121110001', '%DB%B0%DB%B9%DB%B1%DB%B2%DB%B1%DB%B1%DB%B1%DB%B0%DB%B0%DB%B0%DB%B1') {
        my $items = $c->get("/inbox/sms?phone=$spelling")->{json}{items};
        is(@$items, 1, "inbox of $spelling");
        is_deeply([@{ $items->[0] }{qw(to code)}], ['+989121110001', '482913'], '… phone and code');
    }
    my $text = $c->get('/inbox/sms?phone=09121110001')->{json}{items}[0]{text};
    like($text, qr/\n\@127\.0\.0\.1 #482913\z/, 'the last line is for WebOTP');
    is($c->get('/v1/K/verify/lookup.json?receptor=09121110001&template=tarazu-otp&token=777123')->{status}, 200, 'by GET');
    my $items = $c->get('/inbox/sms?phone=09121110001&limit=1')->{json}{items};
    is_deeply([map { $_->{code} } @$items], ['777123'], 'newest first, limited');
    my %bad = (400 => { token => '' }, 411 => { receptor => '02188776655' }, 424 => { template => 'none' }, 431 => { token => 'a b' });
    for my $code (sort keys %bad) {
        my $answer = $lookup->(%{ $bad{$code} });
        is_deeply([$answer->{status}, $answer->{json}{return}{status}], [$code, $code], "lookup: $code");
    }
    my $send = sub { my (%o) = @_; return $c->post('/v1/K/sms/send.json', form => { receptor => '09121110002', message => 'سفارش شما رسید', localid => 77, %o })->{json} };
    my $first = $send->()->{entries}[0]{messageid};
    is($send->()->{entries}[0]{messageid}, $first, 'the same localid is not sent again');
    is(@{ $c->get('/inbox/sms?phone=09121110002')->{json}{items} }, 1, 'one text');
    is(@{ $send->(receptor => '09121110003,09121110004', localid => 78)->{entries} }, 2, 'two receptors');
    is($send->(message => 'x' x 901, localid => 79)->{return}{status}, 413, 'too long');
    is($c->get("/v1/K/sms/status.json?messageid=$first")->{json}{entries}[0]{status}, 10, 'delivered');
    my $ir = sub { my (%o) = @_; return $c->post('/v1/send/verify', json => { mobile => '09121110005', templateId => 100000, parameters => [{ name => 'CODE', value => '556677' }], %o }, headers => { 'x-api-key' => 'k' }) };
    my $answer = $ir->();
    is_deeply([$answer->{status}, $answer->{json}{status}], [200, 1], 'SMS.ir verify');
    is($c->get('/inbox/sms?phone=09121110005')->{json}{items}[0]{code}, '556677', '… arrives');
    my $bulk = $c->post('/v1/send/bulk', json => { lineNumber => 3000, messageText => 'سفارش شما رسید', mobiles => ['09121110006', '9121110007'] }, headers => { 'x-api-key' => 'k' })->{json};
    is(@{ $bulk->{data}{messageIds} }, 2, 'SMS.ir bulk');
    is($c->get('/inbox/sms?phone=09121110007')->{json}{items}[0]{text}, 'سفارش شما رسید', '… arrives');
    is($ir->(mobile => '1')->{json}{status}, 104, 'SMS.ir: bad number');
    is($ir->(templateId => 5)->{json}{status}, 113, 'SMS.ir: no such template');
    is($ir->(parameters => [{ name => 'CODE', value => 'x' x 26 }])->{json}{status}, 114, 'SMS.ir: value too long');
    my ($entry) = grep { $_->{call} eq 'sms' } reverse @{ $c->get('/bank/journal')->{json}{items} };
    unlike($JSON->encode([grep { $_->{call} eq 'sms' } @{ $c->get('/bank/journal')->{json}{items} }]->[0]{request}), qr/482913|API-KEY/, 'codes and keys are not journalled');
};

subtest 'mail' => sub {
    my $subject = encode_base64('سفارش شما' =~ s/(.)/my $x = $1; utf8::encode($x); $x/ger, '');
    my $text = "Subject: =?utf-8?B?$subject?=\nFrom: shop\@example.com\nContent-Type: text/plain; charset=utf-8\n"
        . "Content-Transfer-Encoding: quoted-printable\n\n=D8=B3=D9=84=D8=A7=D9=85 =3D ok\n..dot\nlong=\nline";
    my @replies = mail('Ali@Example.ir', $text);
    is(join(' ', map { substr $_, 0, 3 } @replies), '220 250 250 250 354 250 221', 'the conversation');
    my $items = $c->get('/inbox/mail?to=ali@example.ir')->{json}{items};
    is(@$items, 1, 'kept');
    is_deeply([@{ $items->[0] }{qw(to from subject text raw)}],
        ['Ali@Example.ir', 'shop@example.com', 'سفارش شما', "سلام = ok\n.dot\nlongline\n", undef], 'decoded');
    like($c->get('/inbox/mail?to=ali@example.ir&raw=1')->{json}{items}[0]{raw}, qr/\r\n\r\n=D8=B3/, 'raw on request');
    is((smtp('HELO me', 'DATA'))[-1], '503 5.5.1 RCPT first', 'order of commands');
    is((smtp('NOOP'))[-1], '250 2.0.0 ok', 'NOOP');
    is((smtp('MAIL FROM:<a@b>', 'RSET', 'RCPT TO:<a@b>'))[-1], '503 5.5.1 MAIL first', 'RSET');
    like((smtp('VRFY x'))[-1], qr/^502/, 'unknown command');
    my @big = mail('big@example.ir', join("\n", ('x' x 900) x 2500));
    like($big[5], qr/^552/, 'a mail above the cap is refused');
    is(@{ $c->get('/inbox/mail?to=big@example.ir')->{json}{items} }, 0, '… and not kept');
};

subtest 'pages and traces' => sub {
    for my $path ('/', '/inbox', '/bank') {
        my $r = $browser->get($path);
        is($r->{status}, 200, "$path");
        like($r->{body}, qr{<html lang="fa" dir="rtl">.*</html>}s, '… a whole page');
    }
    like($browser->get('/inbox')->{body}, qr/482913/, 'the inbox shows the code');
    my $t = new_payment();
    is($browser->post("/bank/$t/pay", form => { callback => 1 })->{headers}{location}, '/bank', 'the button on the bank page');
    is(inquiry($t)->{status}, 2, '… pays');
    my $span = { traceId => 'a' x 32, spanId => 'b' x 16, name => 'GET /products', startTimeUnixNano => '1', endTimeUnixNano => '2' };
    my %export = (resourceSpans => [{ resource => { attributes => [{ key => 'service.name', value => { stringValue => 'tarazu' } }] },
        scopeSpans => [{ spans => [$span, { %$span, traceId => 'c' x 32, name => 'later' }] }] }]);
    is($c->post('/v1/traces', json => \%export)->{status}, 200, 'a trace export');
    is_deeply([map { "$_->{service}:$_->{name}" } @{ $c->get('/traces')->{json}{items} }], ['tarazu:later', 'tarazu:GET /products'], 'newest first');
    is(@{ $c->get('/traces?trace_id=' . 'a' x 32)->{json}{items} }, 1, 'one trace');
    is($c->post('/v1/traces', json => {})->{status}, 400, 'anything else is refused');
    is($c->get('/none')->{status}, 404, 'unknown path');
    is($c->delete('/healthz')->{status}, 405, 'unknown method');
    is($c->post('/v1/verify', body => 'x' x 5_000_000)->{status}, 413, 'too large');
};

subtest 'a restart finds everything again' => sub {
    my $t = captured_payment(amount => 80_000);
    refund(trackId => $t, amount => 30_000);
    my $waiting = new_payment(orderId => 'R-1');
    my $late = new_payment();
    payer($late, 'pay', delay_ms => 1500);
    my $sms = $c->get('/inbox/sms')->{json}{items};
    my $mail = $c->get('/inbox/mail')->{json}{items};
    cmp_ok(@$sms, '>', 5, 'there are texts');
    my $journal = $c->get('/bank/journal')->{json}{items};
    is(stop_sandbox(), 0, 'stopped');
    spew("$dir/state/journal.jsonl", slurp("$dir/state/journal.jsonl") . '{"seq":999999999,"cut');
    start_sandbox();
    my @now = @{ $c->get('/bank/journal')->{json}{items} };
    is_deeply([grep { $_->{track_id} // 0 != $late } @now[0 .. $#$journal]], [grep { $_->{track_id} // 0 != $late } @$journal], 'the journal');
    is_deeply($c->get('/inbox/sms')->{json}{items}, $sms, 'the texts');
    is_deeply($c->get('/inbox/mail')->{json}{items}, $mail, 'the mails');
    is(verify($t)->{result}, 201, 'a verified payment');
    is(refund(trackId => $t, amount => 50_001)->{json}{result}, 11, 'what is left of it');
    is(inquiry($waiting)->{orderId}, 'R-1', 'a waiting session');
    is(payer($waiting, 'pay')->{status}, 2, '… can be paid');
    wait_until('the late payer paid', sub { inquiry($late)->{status} == 2 });
    cmp_ok(new_payment(), '>', $late, 'new ids are new');

    my (%paid, %sum);
    for my $e (@{ $c->get('/bank/journal')->{json}{items} }) {
        my $kind = $e->{effect}{kind};
        $paid{ $e->{track_id} }++ if $kind eq 'paid';
        $sum{$kind} += $e->{effect}{amount};
    }
    is_deeply([grep { $paid{$_} > 1 } keys %paid], [], 'nobody was ever charged twice');
    my ($captured, $back) = (0, 0);
    for my $p (@{ platform('/v1/gateway/report/transaction', { size => 1000 })->{json}{data} }) {
        $captured += $p->{amount} if $p->{verifiedAt};
        $back += $_->{amount} for grep { $_->{status} != 3 } refunds_of($p->{trackId});
    }
    is($sum{refunded} + $sum{reversed} - ($sum{refund_failed} // 0), $back, 'refunds: the journal is the bank, to the Rial');
    my $zarinpal = 0;
    $zarinpal += $_->{effect}{amount} for grep { $_->{call} eq 'verify' && ($_->{result}{data} // 0) && ref $_->{result}{data} eq 'HASH' } @{ $c->get('/bank/journal')->{json}{items} };
    is($sum{captured} - $zarinpal, $captured, 'captures: the same');
};

subtest 'the command line' => sub {
    my $out = `timeout 20 '$program' --listen 127.0.0.1:1 2>&1`;
    is($? >> 8, 2, 'missing options');
    like($out, qr/is missing/, '… are named');
    my @args = ('--tls-cert', "$dir/cert.pem", '--tls-key', "$dir/key.pem", '--state', "$dir/other", '--shop-url', $shop_url, '--webhook-secret-file', "$dir/secret");
    $out = `timeout 20 '$program' --listen 127.0.0.1:$port @args 2>&1`;
    is($? >> 8, 1, 'a port that is taken');
    like($out, qr/port/, '… is named');
    is(stop_sandbox(), 0, 'TERM stops it');
    unlike(slurp("$dir/log"), qr/Sanitizer|runtime error/, 'no memory errors on the way');
};

done_testing;
