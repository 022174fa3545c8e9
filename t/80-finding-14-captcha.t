#!/usr/bin/env perl
# Finding 14: no captcha, no lockout. Wrong codes burn the challenge they are given to and nothing else;
# a solved captcha opens every limit, once; nobody learns whether an account exists.
use strict;
use warnings;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Altcha qw(solve pack_answer);
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);

my $shop = Tarazu::Test::Shop->start(replicas => 2);
sub later { $shop->db_query("UPDATE clock SET shift = shift + make_interval(secs => $_[0]) RETURNING 1", admin => 1) }
sub ask { my ($c, $phone, @more) = @_; return $c->post('/auth/request-otp', json => { phone => $phone, @more }) }
sub verify { my ($c, $phone, $challenge, $code) = @_; return $c->post('/auth/verify-otp', json => { challenge_id => $challenge, phone => $phone, code => $code }) }
sub captcha { my ($c, %o) = @_; return solve($c->get('/auth/challenge')->{json}, %o) }

subtest 'a stranger burns only the stranger\'s challenge' => sub {
    my $phone = '09128880001';
    my ($stranger, $owner) = ($shop->client(from => '127.0.50.1'), $shop->client(from => '127.0.50.2'));
    my $challenge = ask($stranger, $phone)->{json}{challenge_id};
    my $code = $shop->sms_code($phone);
    my @wrong = map { sprintf '%06d', ($code + $_) % 1_000_000 } 1 .. 20;
    my @answers = at_once(20, do => sub {
        my ($i) = @_;
        my $r = verify($shop->client(from => '127.0.51.' . ($i + 1)), $phone, $challenge, $wrong[$i]);
        return { status => $r->{status}, code => $r->{json}{code}, left => $r->{json}{params}{attempts_left} };
    });
    is(scalar(grep { ($_->{status} // 0) == 422 && $_->{code} eq 'code_invalid' } @answers), 20, '20 wrong codes at once');
    is(scalar(grep { defined $_->{left} } @answers), 5, 'five of them were looked at');
    is(verify($stranger, $phone, $challenge, $code)->{status}, 422, 'now even the right code is refused there');
    my $r = ask($owner, $phone);
    is($r->{status}, 429, 'the owner is inside the two minutes');
    ok($r->{json}{params}{captcha}, 'but a captcha helps');
    $r = ask($owner, $phone, altcha => captcha($owner));
    is($r->{status}, 202, 'and gives a challenge of their own') or diag $r->{body};
    isnt($r->{json}{challenge_id}, $challenge, 'another one');
    is(verify($owner, $phone, $r->{json}{challenge_id}, $code)->{status}, 200, 'for the code that was already sent');
};

subtest 'what a captcha must be' => sub {
    my $c = $shop->client(from => '127.0.52.1');
    my $phone = '09128880002';
    ask($c, $phone);
    my $good = $c->get('/auth/challenge')->{json};
    is($good->{algorithm}, 'SHA-256', 'ALTCHA v1');
    like($good->{salt}, qr/\?expires=\d+&$/, 'with its expiry');
    my $refused = sub { my ($altcha, $name) = @_; my $r = ask($c, $phone, altcha => $altcha); is("$r->{status} $r->{json}{code}", '422 captcha_invalid', $name) };
    $refused->('nonsense', 'nonsense');
    $refused->(solve($good, number => 0), 'a wrong number');
    $refused->(solve($good, algorithm => 'SHA-1'), 'another algorithm');
    $refused->(solve($good, salt => $good->{salt} =~ s/expires=\d+/expires=9999999999/r), 'a stretched expiry');
    $refused->(solve($good, salt => $good->{salt} =~ s/\?.*//r), 'no expiry');
    $refused->(solve($good, signature => 'ab' x 32), 'a signature of one\'s own');
    my $solution = solve($good);
    is(ask($c, $phone, altcha => $solution)->{status}, 202, 'a solved one passes');
    $refused->($solution, 'once');
    my $old = captcha($c);
    later(601);
    my $r = ask($c, $phone, altcha => $old);
    is($r->{json}{code}, 'captcha_invalid', 'not after its time');
};

subtest 'one solution brought by 20 at once' => sub {
    my $c = $shop->client(from => '127.0.53.1');
    my $phone = '09128880003';
    ask($c, $phone);
    my $solution = captcha($c);
    my @answers = at_once(20, do => sub {
        my ($i) = @_;
        return { status => ask($shop->client(from => '127.0.54.' . ($i + 1)), $phone, altcha => $solution)->{status} };
    });
    is(scalar(grep { ($_->{status} // 0) == 202 } @answers), 1, 'is good for one');
    is(scalar(grep { ($_->{status} // 0) == 422 } @answers), 19, 'and for no other');
};

subtest 'nobody learns whether an account exists' => sub {
    my ($known, $unknown) = ('09128880004', '09128880005');
    $shop->login($known);
    later(121);
    my %answer;
    for my $phone ($known, $unknown) {
        my $c = $shop->client(from => '127.0.55.1');
        my $r = ask($c, $phone);
        my $wrong = verify($c, $phone, $r->{json}{challenge_id}, '000000');
        my $again = ask($c, $phone);
        $answer{$phone} = { status => $r->{status}, resend => $r->{json}{resend_after}, expires => $r->{json}{expires_in},
            keys => [sort keys %{ $r->{json} }], wrong => [$wrong->{status}, $wrong->{json}{code}, $wrong->{json}{title}],
            again => [$again->{status}, $again->{json}{code}, $again->{json}{params}] };
    }
    is_deeply($answer{$known}, $answer{$unknown}, 'the same answers');
};

subtest 'waits grow when nobody answers, never for whoever solves a captcha' => sub {
    my $phone = '09128880006';
    my $c = $shop->client(from => '127.0.56.1');
    for (1 .. 5) {
        my $r = ask($c, $phone, altcha => captcha($c));
        is($r->{status}, 202, 'sent');
        later(121);
    }
    my $r = ask($c, $phone);
    is($r->{status}, 429, 'the sixth waits longer than two minutes');
    is(ask($c, $phone, altcha => captcha($c))->{status}, 202, 'unless a captcha is solved');
};

subtest 'a browser without JavaScript waits instead' => sub {
    my $phone = '09128880007';
    ask($shop->client(from => '127.0.57.1'), $phone);
    my $b = $shop->client(html => 1, from => '127.0.57.2');
    my $r = $b->post('/auth/request-otp', form => { phone => $phone });
    is($r->{status}, 429, 'inside the two minutes');
    my ($ticket) = $r->{body} =~ m{<noscript><input type="hidden" name="altcha" value="(wait\.[^"]+)"};
    ok($ticket, 'the form carries a ticket') or return;
    is($b->post('/auth/request-otp', form => { phone => $phone, altcha => $ticket })->{status}, 422, 'not good at once');
    later(31);
    is(ask($shop->client(from => '127.0.57.3'), $phone, altcha => $ticket)->{status}, 422, 'nor from another address');
    is($b->post('/auth/request-otp', form => { phone => $phone, altcha => $ticket })->{status}, 303, 'after half a minute it leads on');
    is($b->post('/auth/request-otp', form => { phone => $phone, altcha => $ticket })->{status}, 422, 'once');
};

$shop->stop;
done_testing;
