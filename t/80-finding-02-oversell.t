#!/usr/bin/env perl
# Finding 2: two replicas sold the last units to more buyers than there were. Here: three units, sixty buyers
# with carts of one and two; the great crowds and the locks taken out are in 70-last-unit and 70-locks-removed.
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
my ($variant) = goods($shop, on_hand => 3);
my @people = crowd($shop, 60);
my @answers = at_once(60,
    before => sub {
        my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $people[$_[0]]));
        $buyer->put($variant, 1 + $_[0] % 2);
        return ($buyer, $buyer->wish);
    },
    do => sub {
        my ($i, $buyer, $wish) = @_;
        my ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->place(wish => $wish, key => "few-$i") });
        return { status => $r->{status}, code => $r->{json}{code}, units => $r->{status} == 201 ? 1 + $i % 2 : 0 };
    });
my $sold = 0;
$sold += $_->{units} // 0 for @answers;
is(scalar(grep { ($_->{status} // 0) != 201 && ($_->{code} // '') ne 'out_of_stock' } @answers), 0, 'everybody got it or was told that it is sold out')
    or diag explain tally(@answers);
cmp_ok($sold, '<=', 3, 'no more units were promised than there are');
cmp_ok($sold, '>=', 2, 'and hardly one is left over');
is($shop->db_value("SELECT reserved FROM stock WHERE variant_id = $variant"), $sold, 'the shelf knows them');
is(oversold($shop, $variant), 0, 'nothing is oversold');
adds_up($shop);
$shop->stop;
done_testing;
