#!/usr/bin/env perl
# Finding 5: canceling an order that had been shipped put its goods back on the shelf. Here what is shipped
# cannot be canceled, refunding it moves no goods, and the database refuses the shortcut too.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter oversold quiet later tally refuses adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 5, price => 200_000);
my $staff = $shop->staff;
my $buyer = Tarazu::Test::Buyer->new($shop, $shop->login('09124440002'));
$buyer->put($variant, 2);
my $number = $buyer->must($buyer->place, 201)->{number};
$buyer->pay_and_return($number);
sub transition { my (%b) = @_; return $staff->post("/admin/orders/$number/transition", json => \%b) }
sub shelf_says { return join ' ', @{ ($shop->db_query("SELECT on_hand, reserved FROM stock WHERE variant_id = $variant"))[0] } }
is(transition(event => $_)->{status}, 200, $_) for qw(process ship);
is(shelf_says(), '3 0', 'two units have left');
for my $status (qw(shipped delivered)) {
    is(transition(event => 'cancel', reason => 'x')->{json}{code}, 'illegal_transition', "a $status order is not canceled by staff");
    is($buyer->{client}->post("/orders/$number/cancel", json => {})->{json}{code}, 'illegal_transition', 'nor by its customer');
    is(shelf_says(), '3 0', 'and nothing comes back');
    transition(event => 'deliver') if $status eq 'shipped';
}
is($shop->db_value("SELECT status FROM orders WHERE number = '$number'"), 'delivered', 'it is delivered');
my ($item) = @{ $buyer->order($number)->{items} };
my $r = $staff->post("/admin/orders/$number/refunds", json => { lines => [{ item_id => $item->{id}, quantity => 1 }], to => 'gateway', reason => 'خراب بود' });
is($r->{status}, 201, 'the money of one goes back') or diag $r->{body};
is(shelf_says(), '3 0', 'its goods do not');
ok(refuses($shop, "UPDATE orders SET status = 'canceled', event = 'cancel', version = version + 1 WHERE number = '$number'"),
    'the database knows no way from delivered to canceled');
ok(refuses($shop, "UPDATE stock SET on_hand = 5 WHERE variant_id = $variant"), 'nor a change of stock without a movement');
adds_up($shop);
$shop->stop;
done_testing;
