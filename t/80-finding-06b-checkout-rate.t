#!/usr/bin/env perl
# Finding 6b: quotes, orders and payments could be asked for without limit. Each has a limit per
# customer, at which a captcha is asked for; zones of nginx per address lie beyond it, so nobody is
# refused without one; the provider's messages have a zone of their own.
use strict;
use warnings;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Altcha qw(solve);
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop;

my $shop = Tarazu::Test::Shop->start(replicas => 2);
my $NONE = '00000000-0000-4000-8000-000000000000';
sub later { $shop->db_query("UPDATE clock SET shift = shift + make_interval(secs => $_[0]) RETURNING 1", admin => 1) }
my ($from, $turn) = ('127.6.2.1', 0); # one address for everybody
sub somebody { return $shop->login(sprintf('0912888%04d', 100 + $turn++), from => $from) }
my ($one, $other) = (somebody(), somebody());
sub again { my ($c) = @_; my $n = $shop->client(from => $from); @$n{qw(bearer cookies)} = ($c->{bearer}, { %{ $c->{cookies} } }); return $n }

# What is asked for, how many a minute, and what each hears below the limit: nothing here changes anything.
my @classes = (
    ['a quote' => 300, '/checkout/quote', {}],
    ['an order' => 120, '/orders', { expected_total => 1, address => { recipient => 'someone', phone => '09121112233', province => 'IR-23',
        city => 'somewhere', line => 'first street' }, shipping_method => 'none', payment_method => 'gateway' }],
    ['a payment' => 60, '/payment/process', { order => '1' }],
);
for my $class (@classes) {
    my ($what, $limit, $path, $body) = @$class;
    subtest $what => sub {
        my $first = $one->post($path, json => $body);
        isnt($first->{status}, 429, 'is heard') or return;
        unlike($first->{body}, qr/unknown_field/, 'and read') or diag $first->{body};
        my ($name) = $path =~ m{(\w+)(?:/process)?$};
        # All but twenty have been heard in this minute: so many more could take a busy computer longer than that.
        my $n = $shop->db_value("UPDATE rate_counters SET hits = $limit - 20, started_at = shop_now() WHERE who LIKE 'customer:%' AND class = '"
            . ($name eq 'orders' ? 'order' : $name) . "' RETURNING hits", admin => 1);
        is($n, $limit - 20, 'and counted') or return;
        my @answers = map { @$_ } at_once(4, do => sub {
            my $c = again($one);
            return [map { my $r = $c->post($path, json => $body);
                { status => $r->{status}, captcha => $r->{json}{params}{captcha} ? 1 : 0, wait => $r->{headers}{'retry-after'},
                    type => $r->{headers}{'content-type'} } } 1 .. 8];
        });
        my @refused = grep { $_->{status} == 429 } @answers;
        is(@answers - @refused, 20, "$limit a minute of one customer are heard, through two replicas");
        is(scalar(grep { $_->{captcha} && $_->{type} =~ m{^application/problem\+json} && $_->{wait} >= 1 && $_->{wait} <= 60 } @refused),
            scalar @refused, 'whoever is refused hears that a captcha helps, and how long to wait');
        is($other->post($path, json => $body)->{status}, $first->{status}, 'another customer of the same address is not concerned');
        my $r = $one->post($path, json => { %$body, altcha => solve($one->get('/auth/challenge')->{json}) });
        is($r->{status}, $first->{status}, 'a solved captcha opens the way') or diag $r->{body};
        my $wait = $one->post($path, json => $body)->{headers}{'retry-after'};
        later($wait);
        is($one->post($path, json => $body)->{status}, $first->{status}, 'and so does waiting');
    };
}

subtest 'the provider\'s messages' => sub {
    my @answers = map { @$_ } at_once(4, do => sub {
        my $c = $shop->client(from => $from);
        return [map { $c->post('/payment/webhook', json => { payment_id => $NONE })->{status} } 1 .. 70];
    });
    is(scalar(grep { $_ == 429 } @answers), 0, '280 at once are heard');
};

$shop->stop;
done_testing;
