#!/usr/bin/env perl
# Finding 13: only the webhook could be repeated safely. Here every change can: the same key gives the same
# answer and one effect, another body is refused, a refusal leaves the key free, and keys of two customers
# have nothing to do with each other.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter later quiet adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 100, price => 100_000);
my $staff = $shop->staff;
my $buyer = Tarazu::Test::Buyer->new($shop, $shop->login('09124440004'));
my $c = $buyer->{client};
my $turn = 0;

# Twice the same: the second is a replay to the byte. `changed`: the same key with this is refused.
sub twice {
    my ($what, $client, $method, $path, $body, $status, %changed) = @_;
    my $key = 'twice-' . ++$turn;
    my ($one, $two) = map { $client->request($method, $path, json => $body, key => $key) } 1, 2;
    is($one->{status}, $status, $what) or diag $one->{body};
    is($two->{status} . ($two->{headers}{'idempotent-replayed'} // ''), "${status}true", "$what: the second is a replay");
    is($two->{body}, $one->{body}, "$what: the same bytes");
    my $other = $client->request($method, $path, json => { %$body, %changed }, key => $key);
    is($other->{json}{code} // '', 'idempotency_mismatch', "$what: another body under the key is refused") or diag $other->{body};
    return $one->{json};
}

is(twice('adding to the cart', $c, 'POST', '/cart/items', { variant_id => $variant + 0, quantity => 2 }, 200, quantity => 3)->{item_count}, 2, 'two, not four');
is(twice('changing a line', $c, 'PATCH', "/cart/items/$variant", { quantity => 3 }, 200, quantity => 4)->{item_count}, 3, 'three');
my $order = twice('ordering', $c, 'POST', '/orders', $buyer->wish, 201, note => 'x');
is($shop->db_value('SELECT count(*) FROM orders'), 1, 'one order');
$buyer->pay_and_return($order->{number});
twice('counting stock', $staff, 'POST', "/admin/variants/$variant/stock", { delta => 5, reason => 'شمارش' }, 200, delta => 6);
is($shop->db_value("SELECT on_hand FROM stock WHERE variant_id = $variant"), 105, 'five more, not ten');
twice('a refund', $staff, 'POST', "/admin/orders/$order->{number}/refunds", { amount => 1000, to => 'manual', reason => 'جبران' }, 201, amount => 1001);
is($shop->db_value('SELECT count(*) FROM refunds'), 1, 'one refund');
twice('a step of the order', $staff, 'POST', "/admin/orders/$order->{number}/transition", { event => 'process' }, 200, reason => 'x');
twice('a coupon', $staff, 'POST', '/admin/coupons', { code => 'TWICE', kind => 'fixed', value => 500 }, 201, value => 501);

# A refusal is not kept: the same key works when the reason is gone.
my ($scarce) = goods($shop, on_hand => 1);
$buyer->put($scarce);
my $wish = $buyer->wish;
my $other = Tarazu::Test::Buyer->new($shop, enter($shop, (crowd($shop, 1))[0]));
$other->put($scarce);
my $taken = $other->must($other->place(key => 'mine'), 201);
my $r = $buyer->place(wish => $wish, key => 'mine');
is($r->{json}{code}, 'out_of_stock', 'refused, under a key that another customer used too');
$other->must($other->{client}->post("/orders/$taken->{number}/cancel", json => {}));
is($buyer->place(wish => $wish, key => 'mine')->{status}, 201, 'the same request goes through later');
# How long a key may be, and how long it is remembered.
my $add = sub { my ($client, $key, $q) = @_; return $client->post('/cart/items', json => { variant_id => $variant + 0, quantity => $q // 1 }, key => $key) };
is($add->($c, 'k' x 255)->{status}, 200, '255 characters are a key');
my $long = $add->($c, 'k' x 256);
is("$long->{status} $long->{json}{code} $long->{json}{errors}[0]{field}", '422 invalid_field /_idempotency_key', 'one more is none') or diag $long->{body};
is($add->($c, 'k' x 255)->{headers}{'idempotent-replayed'}, 'true', 'the long one is remembered');
is($add->($other->{client}, 'k' x 255)->{headers}{'idempotent-replayed'}, undef, 'by its own customer alone');
my $kept = sub { $shop->db_value("SELECT count(*) FROM idempotency_keys WHERE key = '" . 'k' x 255 . "'", admin => 1) };
my $purge = sub { later($shop, $_[0]); $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'purge'", admin => 1); quiet($shop) };
$purge->('23 hours');
is($kept->(), 2, 'for 24 hours');
$purge->('2 hours');
ok(wait_for(sub { $kept->() == 0 }, 60), 'and no longer'); # the purge may not have begun when all was quiet
is($add->($shop->login('09124440099'), 'k' x 255, 2)->{headers}{'idempotent-replayed'}, undef, 'the key is free again');
adds_up($shop);
$shop->stop;
done_testing;
