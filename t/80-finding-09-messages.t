#!/usr/bin/env perl
# Finding 9: an order failed when its message could not be sent. Here the provider is down: the order is
# placed and paid, and the customer gets every message once, when the provider is back.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter oversold quiet later tally adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 5);
my $buyer = Tarazu::Test::Buyer->new($shop, $shop->login('09124440003'));
is($shop->sandbox->post('/faults', json => { call => 'sms', kind => 'reset_before' })->{status}, 201, 'the SMS provider is down');
$buyer->put($variant);
my $r = $buyer->place;
is($r->{status}, 201, 'the order is placed');
like($buyer->pay_and_return($r->{json}{number}), qr{^/payment/result/}, 'and paid');
is($buyer->order($r->{json}{number})->{status}, 'paid', 'as if nothing were');
ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'order_message' AND state = 'ready' AND attempt > 0") == 2 }, 40), 'both messages wait for another try');
$shop->sandbox->delete('/faults');
# The breaker opens again and the pauses end by themselves; the shop's clock makes it soon.
ok(wait_for(sub { later($shop, '10 seconds'); $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'order_message' AND state = 'done'") == 2 }, 60), 'they are sent when it is back');
my @texts = grep { $_->{text} =~ /$r->{json}{number}/ } @{ $shop->sandbox->get('/inbox/sms?phone=%2B989124440003')->{json}{items} };
is(scalar @texts, 2, 'each once');
adds_up($shop);
$shop->stop;
done_testing;
