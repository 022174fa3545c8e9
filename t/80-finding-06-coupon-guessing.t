#!/usr/bin/env perl
# Finding 6: coupon codes could be guessed without limit. After ten failed codes in a minute from one
# address or one cart every code is refused until the minute is over or a captcha is solved; right
# codes alone never count; strangers cannot tell unknown, inactive and expired codes apart.
use strict;
use warnings;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Altcha qw(solve);
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop;

my $shop = Tarazu::Test::Shop->start(replicas => 2);
sub later { $shop->db_query("UPDATE clock SET shift = shift + make_interval(secs => $_[0]) RETURNING 1", admin => 1) }
sub apply { my ($c, $code, @more) = @_; return $c->post('/coupons/apply-coupon', json => { code => $code, @more }) }
my $turn = 0;
sub somebody { $turn++; return $shop->client(from => sprintf('127.2.%d.%d', $turn / 200, 1 + $turn % 200)) }

my $staff = $shop->staff;
for my $coupon ([RIGHT => ()], [EXPIRED => ends_at => '2020-01-01T00:00:00Z'], [SOON => starts_at => '2099-01-01T00:00:00Z']) {
    my ($code, %more) = @$coupon;
    my $r = $staff->post('/admin/coupons', json => { code => $code, kind => 'percent', value => 1000, %more });
    is($r->{status}, 201, "a coupon: $code") or diag $r->{body};
}

subtest 'guessing from one address' => sub {
    my $c = somebody();
    my @first = map { apply($c, "GUESS$_") } 1 .. 10;
    is(scalar(grep { $_->{status} == 422 && $_->{json}{code} eq 'coupon_invalid' } @first), 10, 'ten are told that they are wrong');
    my $r = apply($c, 'GUESS11');
    is($r->{status}, 429, 'the next is not heard');
    cmp_ok($r->{headers}{'retry-after'}, '<=', 60, 'for the rest of the minute');
    cmp_ok($r->{headers}{'retry-after'}, '>=', 30, 'which is still long');
    ok($r->{json}{params}{captcha}, 'or until a captcha is solved');
    is(apply($c, 'RIGHT')->{status}, 429, 'a right one is not heard either, so guessing does not pay');
    is(apply($c, 'RIGHT', altcha => 'nonsense')->{status}, 422, 'a captcha that is none does not help');
    is(apply($c, 'RIGHT', altcha => solve($c->get('/auth/challenge')->{json}))->{status}, 200, 'a solved one does');
    is(apply($c, 'GUESS12')->{status}, 422, 'and the count begins again');
    apply($c, "AGAIN$_") for 1 .. 9;
    my $wait = apply($c, 'RIGHT')->{headers}{'retry-after'};
    later($wait - 10); # real seconds pass besides
    is(apply($c, 'RIGHT')->{status}, 429, 'too early');
    later(10);
    is(apply($c, 'RIGHT')->{status}, 200, 'Retry-After was true');
};

subtest 'one cart from many addresses' => sub {
    my $c = somebody();
    is(apply($c, 'RIGHT')->{status}, 200, 'a cart');
    my %cookies = %{ $c->{cookies} };
    ok($cookies{'__Host-cart'}, 'with its cookie') or return;
    my @answers = map { my $n = somebody(); $n->{cookies} = {%cookies}; apply($n, "MANY$_") } 1 .. 11;
    is(scalar(grep { $_->{status} == 422 } @answers), 10, 'ten guesses for it');
    is($answers[10]{status}, 429, 'whatever the address');
};

subtest 'cart and address together, and a cart cookie changed each time' => sub {
    my $c = somebody();
    is(apply($c, 'RIGHT')->{status}, 200, 'a cart with its cookie');
    apply($c, "BOTH$_") for 1 .. 10;
    is(apply($c, 'RIGHT')->{status}, 429, 'both have guessed too often');
    is(apply($c, 'RIGHT', altcha => solve($c->get('/auth/challenge')->{json}))->{status}, 200, 'one captcha is enough for both');
    is(apply($c, 'RIGHT')->{status}, 200, 'and they are forgiven');
    my $from = somebody()->{from};
    my @answers = map { my $n = $shop->client(from => $from); $n->{cookies}{'__Host-cart'} = ('A' .. 'Z')[$_] x 43; apply($n, "COOKIE$_") } 1 .. 11;
    is(scalar(grep { $_->{status} == 422 } @answers), 10, 'ten guesses with invented carts');
    is($answers[10]{status}, 429, 'not eleven');
};

subtest 'forms' => sub {
    my $b = $shop->client(html => 1, from => somebody()->{from});
    my @answers = map { $b->post('/coupons/apply-coupon', form => { code => "FORM$_" }) } 1 .. 10;
    is(scalar(grep { $_->{status} == 422 } @answers), 10, 'ten by a form');
    my $r = $b->post('/coupons/apply-coupon', form => { code => 'RIGHT' });
    is($r->{status}, 429, 'the next is not heard');
    cmp_ok($r->{headers}{'retry-after'}, '>=', 1, 'with the time to wait');
    like($r->{headers}{'content-type'}, qr{^text/html}, 'on a page');
    is($b->post('/coupons/apply-coupon', form => { code => 'RIGHT', altcha => solve($b->get('/auth/challenge.json')->{json}) })->{status}, 303, 'a captcha helps');
};

subtest 'right codes never count' => sub {
    my $c = somebody();
    is(scalar(grep { apply($c, 'right')->{status} == 200 } 1 .. 25), 25, '25 right ones in a row');
};

subtest 'what strangers are told' => sub {
    my @answers = map { my $j = apply(somebody(), $_)->{json}; delete $j->{request_id}; $j } qw(UNKNOWN EXPIRED SOON);
    is_deeply($answers[1], $answers[0], 'an expired code looks like an unknown one');
    is_deeply($answers[2], $answers[0], 'and so does one that is not valid yet');
};

subtest 'guesses side by side through two replicas' => sub {
    my $from = '127.2.200.7';
    my @answers = at_once(30, do => sub {
        my ($i) = @_;
        my $r = apply($shop->client(from => $from), "RACE$i");
        return { status => $r->{status} };
    });
    is(scalar(grep { ($_->{status} // 0) == 422 } @answers), 10, 'ten are answered');
    is(scalar(grep { ($_->{status} // 0) == 429 } @answers), 20, 'twenty are not');
};

$shop->stop;
done_testing;
