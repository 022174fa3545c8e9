#!/usr/bin/env perl
# Finding 10: a coupon that was good in the cart was taken at placement without another look. Here it is read
# again under its lock: used up, expired, archived or changed meanwhile, it does not count.
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

my $shop = Tarazu::Test::Shop->start(replicas => 2);
shelf($shop);
my ($variant) = goods($shop, on_hand => 100, price => 200_000);
my @meanwhile = (
    ['used up', undef, 'coupon_exhausted'], # by somebody else
    ['expired', "UPDATE coupons SET ends_at = shop_now() - interval '1 second' WHERE code = 'C1'", 'cart_changed'],
    ['archived', "UPDATE coupons SET archived_at = shop_now() WHERE code = 'C2'", 'cart_changed'],
    ['smaller', "UPDATE coupons SET value = 5000 WHERE code = 'C3'", 'cart_changed'],
    ['for larger carts', "UPDATE coupons SET min_subtotal = 1000000 WHERE code = 'C4'", 'cart_changed'],
);
my @people = crowd($shop, 1 + @meanwhile);
for my $i (0 .. $#meanwhile) {
    my ($what, $sql, $code) = @{ $meanwhile[$i] };
    coupon($shop, "C$i", $sql ? () : (usage_limit => 1));
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $people[$i]));
    $buyer->put($variant);
    $buyer->must($buyer->apply("C$i"));
    my $wish = $buyer->wish;
    if ($sql) { $shop->db_query($sql, admin => 1) }
    else {
        my $other = Tarazu::Test::Buyer->new($shop, enter($shop, $people[-1]));
        $other->put($variant);
        $other->must($other->apply("C$i"));
        $other->must($other->place, 201);
    }
    my $r = $buyer->place(wish => $wish);
    is($r->{json}{code}, $code, "a coupon that is $what meanwhile") or diag $r->{body};
    is($shop->db_value("SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.phone = '$people[$i]{phone}'"), 0, 'makes no order by itself');
}
# One customer, a coupon good once each, two windows open.
coupon($shop, 'PERSONAL', per_customer_limit => 1);
my ($person) = crowd($shop, 1);
my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
$buyer->put($variant);
$buyer->must($buyer->apply('PERSONAL'));
is($buyer->place->{status}, 201, 'used once');
$buyer->put($variant);
my $r = $buyer->apply('PERSONAL');
is($r->{json}{code}, 'coupon_exhausted', 'the second time it is refused');
adds_up($shop);
$shop->stop;
done_testing;
