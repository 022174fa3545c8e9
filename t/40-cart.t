#!/usr/bin/env perl
# The cart: kept for later and taken back, changed prices shown until they were seen, a guest's cart that joins
# the customer's and says what it had to change, two tabs at once, an order put back, and what is thrown away.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter later tally adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($one, $two, $scarce, $gone) = goods($shop, on_hand => 50, price => 100_000, count => 4);
$shop->db_query("INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reason) VALUES ($scarce, 'count', -47, 'few')", admin => 1);
is($shop->staff->patch('/admin/settings', json => { guest_cart_days => 10, customer_cart_days => 20 })->{status}, 200, 'the owner says how long carts wait');
my @people = crowd($shop, 4);
sub buyer { my ($i) = @_; return Tarazu::Test::Buyer->new($shop, enter($shop, $people[$i])) }
sub lines { my ($cart) = @_; return { map { $_->{variant_id} => $_->{quantity} } @{ $cart->{items} } } }
sub saved { my ($cart) = @_; return { map { $_->{variant_id} => $_->{quantity} } @{ $cart->{saved} } } }
sub cart { my ($c) = @_; return $c->get('/cart')->{json} }
sub page { my ($c, $path) = @_; my $b = $shop->client(html => 1); $b->{cookies}{'__Host-access'} = $c->{bearer}; return decode('UTF-8', $b->get($path // '/cart')->{body}) }
sub do_ { my ($r) = @_; $r->{status} == 200 or diag "$r->{status} $r->{body}"; return $r->{json} }

my $b = buyer(0);
my $c = $b->{client};

subtest 'for later' => sub {
    $b->put($one, 2);
    $b->put($two, 1);
    my $cart = do_($c->post("/cart/items/$one/save", json => {}));
    is_deeply([lines($cart), saved($cart), $cart->{item_count}], [{ $two => 1 }, { $one => 2 }, 1], 'a line is kept for later');
    is($c->post("/cart/items/$one/save", json => {})->{status}, 404, 'once');
    is($c->post("/cart/saved/$two/restore", json => {})->{status}, 404, 'what is not kept cannot be taken back');
    my $order = $b->must($b->place(key => 'a'), 201);
    is(scalar @{ $order->{items} }, 1, 'it is no part of an order');
    is_deeply(saved(cart($c)), { $one => 2 }, 'and outlives it');
    like(page($c), qr{action="/cart/saved/$one/restore"}, 'the page shows it');
    is_deeply([map { $_->($cart = do_($c->post("/cart/saved/$one/restore", json => {}))) } \&lines], [{ $one => 2 }], 'taken back');
    is_deeply(saved($cart), {}, 'and gone from there');
    $b->put($scarce, 3);
    do_($c->post("/cart/items/$scarce/save", json => {}));
    $shop->db_query("INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reason) VALUES ($scarce, 'count', -1, 'fewer')", admin => 1);
    is(lines(do_($c->post("/cart/saved/$scarce/restore", json => {})))->{$scarce}, 2, 'as many as can be had');
    do_($c->post("/cart/items/$scarce/save", json => {}));
    is_deeply(saved(do_($c->delete("/cart/saved/$scarce", json => {}))), {}, 'or forgotten');
    $c->delete("/cart/items/$one", json => {});
};

subtest 'prices that change' => sub {
    $b->put($one, 1);
    my $price = sub { $shop->db_query("UPDATE variants SET price = $_[0] WHERE id = $one", admin => 1) };
    $price->(130_000);
    my ($line) = @{ cart($c)->{items} };
    is_deeply([@{ $line->{notice} }{qw(code old new)}], ['price_changed', 100_000, 130_000], 'the change is told');
    is(cart($c)->{items}[0]{notice}{code}, 'price_changed', 'looking is not accepting');
    like(page($c), qr{۱۰۰٬۰۰۰.*۱۳۰٬۰۰۰.*action="/cart/seen"}s, 'on the page with a button');
    is(do_($c->post('/cart/seen', json => {}))->{items}[0]{notice}, undef, 'seen: told no more');
    $price->(120_000);
    is(cart($c)->{items}[0]{notice}{old}, 130_000, 'the next change counts from there');
    is(do_($c->patch("/cart/items/$one", json => { quantity => 2 }))->{items}[0]{notice}, undef, 'who changes a line has seen it');
    $shop->db_query("UPDATE variants SET archived_at = shop_now() WHERE id = $gone", admin => 1) if $b->put($gone);
    my ($dead) = grep { $_->{variant_id} == $gone } @{ cart($c)->{items} };
    is($dead->{notice}{code}, 'not_available', 'what is sold no more is told');
    $c->delete("/cart/items/$_", json => {}) for $one, $gone;
};

subtest 'a guest becomes a customer' => sub {
    my $guest = $shop->client(from => '127.8.1.1');
    $guest->post('/cart/items', json => { variant_id => $_->[0] + 0, quantity => $_->[1] }) for [$one, 2], [$scarce, 2], [$two, 1];
    $guest->post("/cart/items/$two/save", json => {});
    my $phone = '09124447701';
    my $first = $shop->login($phone, from => '127.8.1.2');
    $first->post('/cart/items', json => { variant_id => $scarce + 0, quantity => 1 });
    my $challenge = do { later($shop, '3 minutes'); $guest->post('/auth/request-otp', json => { phone => $phone })->{json} };
    my $code = $shop->sms_code($phone, 1);
    my $r = $guest->post('/auth/verify-otp', json => { challenge_id => $challenge->{challenge_id}, phone => $phone, code => $code });
    is($r->{status}, 200, 'logged in') or diag $r->{body};
    $guest->{bearer} = $r->{json}{access_token};
    delete $guest->{cookies}{'__Host-cart'};
    my $cart = cart($guest);
    is_deeply([lines($cart), saved($cart)], [{ $one => 2, $scarce => 2 }, { $two => 1 }], 'quantities add, as far as there is stock; what was kept is kept');
    is_deeply([map { [@$_{qw(code variant_id quantity)}] } @{ $cart->{notices} }], [['quantity_capped', $scarce, 2]], 'what had to change is told');
    like(page($guest), qr/یکی شد.*کم شد/s, 'on the page');
    like(page($guest, '/checkout'), qr/یکی شد.*کم شد/s, 'and to whom a log-in led straight to the checkout');
    is_deeply(do_($guest->post('/cart/seen', json => {}))->{notices}, [], 'until it was seen');
    unlike(page($guest, '/checkout'), qr/یکی شد/, 'there too');
};

subtest 'two tabs at once' => sub {
    my $t = buyer(1);
    $t->put($one, 1);
    my @added = at_once(8,
        before => sub { my $x = $shop->client(from => "127.8.2.$_[0]"); $x->{bearer} = $t->{client}{bearer}; $x->get('/cart'); return $x },
        do => sub { my ($i, $x) = @_; my ($r) = Tarazu::Test::Buyer::patiently(sub { $x->post('/cart/items', json => { variant_id => ($i % 2 ? $one : $two) + 0, quantity => 1 }, key => "tab-$i") }); return { status => $r->{status} } });
    is_deeply(tally(@added), { 200 => 8 }, 'eight additions');
    is_deeply(lines(cart($t->{client})), { $one => 5, $two => 4 }, 'none is lost, none counts twice');
    my @mixed = at_once(4,
        before => sub { my $x = $shop->client(from => "127.8.3.$_[0]"); $x->{bearer} = $t->{client}{bearer}; $x->get('/cart'); return $x },
        do => sub { my ($i, $x) = @_; my ($r) = Tarazu::Test::Buyer::patiently(sub {
            $i == 0 ? $x->post("/cart/items/$one/save", json => {}) : $i == 1 ? $x->patch("/cart/items/$one", json => { quantity => 5 })
                : $x->post('/cart/items', json => { variant_id => $two + 0, quantity => 1 }) }); return { status => $r->{status} } });
    my $cart = cart($t->{client});
    is((lines($cart)->{$one} // 0) + (saved($cart)->{$one} // 0), 5, 'a line that is kept and changed at once is there once') or diag explain $cart;
    is(lines($cart)->{$two}, 6, 'and the others grow');
};

subtest 'an order goes back into the cart' => sub {
    my $t = buyer(2);
    $t->put($one, 2);
    my $n = $t->must($t->place(key => 'p'), 201)->{number};
    ok(grep({ $_ eq 'edit' } @{ $t->order($n)->{actions} }), 'an unpaid order may be edited');
    my $visit = $t->go_to_bank($n);
    my $way = $t->at_bank($visit, 'cancel');
    $t->{client}->get($way->{callback_url});
    is($t->go_to_bank($n)->{track} != $visit->{track}, 1, 'back from the bank, paying again begins anew');
    is_deeply(lines(do_($t->{client}->post("/orders/$n/reorder", json => {}))), { $one => 2 }, 'its lines are in the cart');
    is_deeply([@{ $t->order($n) }{qw(status cancel_reason)}], ['canceled', 'customer'], 'it is canceled');
    is($shop->db_value("SELECT reserved FROM stock WHERE variant_id = $one"), 0, 'nothing is held');
    is($t->{client}->post("/orders/$n/reorder", json => {})->{json}{code}, 'illegal_transition', 'once');
    my $paid = $t->must($t->place(key => 'q'), 201)->{number};
    $t->pay_and_return($paid);
    is($t->{client}->post("/orders/$paid/reorder", json => {})->{json}{code}, 'illegal_transition', 'a paid one stays');
};

subtest 'what is left alone' => sub {
    my $guest = $shop->client(from => '127.8.4.1');
    $guest->post('/cart/items', json => { variant_id => $one + 0, quantity => 1 });
    $b->put($one, 1);
    $b->put($two, 1);
    do_($c->post("/cart/items/$two/save", json => {}));
    my $id = $shop->db_value('SELECT max(id) FROM carts WHERE customer_id IS NULL');
    my $mine = $shop->db_value("SELECT id FROM carts WHERE customer_id = (SELECT id FROM customers WHERE phone = '+989350000001')");
    my $purge = sub { later($shop, $_[0]); $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'purge'", admin => 1) };
    $purge->('11 days');
    ok(wait_for(sub { !$shop->db_value("SELECT count(*) FROM carts WHERE id = $id") }, 60), "a guest's is thrown away");
    is($shop->db_value("SELECT count(*) FROM cart_items WHERE cart_id = $mine"), 1, "a customer's waits longer");
    $purge->('10 days');
    ok(wait_for(sub { !$shop->db_value("SELECT count(*) FROM cart_items WHERE cart_id = $mine") }, 60), 'and is emptied then');
    is($shop->db_value("SELECT count(*) FROM cart_saved WHERE cart_id = $mine"), 1, 'but for what was kept');
};
adds_up($shop);
$shop->stop;
done_testing;
