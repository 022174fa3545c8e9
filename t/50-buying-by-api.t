#!/usr/bin/env perl
# The whole way by JSON, and what happens off the straight path: changed and sold-out carts, repeated
# requests, cancelling with refunds, expiry by the shop's clock, money that comes late.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon clean_doctor quiet later adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(replicas => 2);
shelf($shop);
my $staff = $shop->staff(from => '127.0.6.250');
my $phones = 0;
sub code_of { my ($r) = @_; return $r->{json}{code} // '' }
sub somebody { # a customer with an address of the network of their own
    my (%o) = @_;
    $phones++;
    return Tarazu::Test::Buyer->new($shop, $shop->login(sprintf('0912777%04d', $phones), from => "127.0.6.$phones"), %o);
}
sub stock_of { my ($variant) = @_; return join ' ', @{ ($shop->db_query("SELECT on_hand, reserved FROM stock WHERE variant_id = $variant"))[0] } }
sub status_of { my ($number) = @_; return $shop->db_value("SELECT status FROM orders WHERE number = '$number'") }
sub transition { my ($number, %body) = @_; return $staff->post("/admin/orders/$number/transition", json => \%body) }
sub ordered { my ($buyer, $variant, %o) = @_; $buyer->put($variant, $o{quantity} // 1); my $r = $buyer->place(%o); $buyer->must($r, 201); return $r->{json} }
sub paid { my ($buyer, $variant, %o) = @_; my $order = ordered($buyer, $variant, %o); $buyer->pay_and_return($order->{number}); return $buyer->order($order->{number}) }

my ($product, $variant);
subtest 'staff put something on the shelf' => sub {
    my $r = $staff->post('/admin/products', key => 'new-1', json => {
        title => { fa => 'کاسه سفالی', en => 'Pottery bowl' }, category => 'آزمون', description => { fa => 'لعاب فیروزه‌ای', en => 'Turquoise' },
        variants => [{ sku => 'BOWL-S', options => [{ name => { fa => 'اندازه', en => 'Size' }, value => { fa => 'کوچک', en => 'Small' } }],
            price => 300_000, weight_g => 400, on_hand => 10 }] });
    is($r->{status}, 201, 'a product with its stock') or diag $r->{body};
    my $slug = $r->{json}{slug} // '';
    $r = $shop->client->get('/products');
    ($product) = grep { $_->{slug} eq $slug } @{ $r->{json}{items} };
    ok($product, 'it is on the shelf') or diag $r->{body};
    $variant = $product->{default_variant_id};
    is($product->{price}, 300_000, 'at its price');
    is($staff->post("/admin/variants/$variant/stock", key => 'count-1', json => { on_hand => 12, expected_on_hand => 10, reason => 'شمارش' })->{json}{available},
        12, 'counted again: two more');
    is($staff->post('/admin/coupons', json => { code => 'بهار۱۰', kind => 'percent', value => 1000, usage_limit => 5 })->{status}, 201, 'a coupon');
};

my ($buyer, $first);
subtest 'from the shelf to the delivered order' => sub {
    my $guest = $shop->client(from => '127.0.6.1');
    my $r = $guest->get('/products/' . HTTP::Tiny->new->_uri_escape($product->{slug}));
    is($r->{json}{variants}[0]{available}, 12, 'a product with what is there');
    $buyer = Tarazu::Test::Buyer->new($shop, $guest);
    is($buyer->put($variant, 2)->{item_count}, 2, 'a guest fills a cart');
    is($buyer->must($buyer->apply('بهار10'))->{discount}, 60_000, 'the coupon, its digits typed otherwise');
    $r = $guest->post('/orders', json => { $buyer->choices, expected_total => 570_000 });
    is($r->{status}, 401, 'a guest cannot order');
    $phones++;
    my $phone = sprintf '0912777%04d', $phones;
    my $challenge = $guest->post('/auth/request-otp', json => { phone => $phone })->{json}{challenge_id};
    $r = $guest->post('/auth/verify-otp', json => { challenge_id => $challenge, phone => $phone, code => $shop->sms_code($phone) });
    is($r->{status}, 200, 'logged in');
    $guest->{bearer} = $r->{json}{access_token};
    my $cart = $guest->get('/cart')->{json};
    is($cart->{item_count}, 2, 'the cart came along');
    is($cart->{coupon}{code} // '', 'بهار10', 'with its coupon') or diag explain $cart->{coupon};
    my $quote = $buyer->quote;
    is_deeply([@$quote{qw(subtotal discount shipping total due currency)}], [600_000, 60_000, 30_000, 570_000, 570_000, 'IRT'], 'the quote');
    $r = $buyer->place(key => 'flow-1', expected_total => 570_000, expected_due => 570_000, cart_version => $cart->{version}, note => 'عصرها خانه‌ام');
    is($r->{status}, 201, 'placed');
    $first = $r->{json};
    is($r->{headers}{location}, "/orders/$first->{number}", 'with its address');
    is_deeply([@$first{qw(status payment_status total due)}], ['pending', 'unpaid', 570_000, 570_000], 'waiting for its money');
    is($guest->get('/cart')->{json}{item_count}, 0, 'the cart is empty');
    is(stock_of($variant), '12 2', 'the goods are put aside');
    my $again = $buyer->place(key => 'flow-1', wish => { $buyer->choices, expected_total => 570_000, expected_due => 570_000,
        cart_version => $cart->{version}, note => 'عصرها خانه‌ام' });
    is($again->{status}, 201, 'the same request again');
    is($again->{headers}{'idempotent-replayed'}, 'true', 'is a replay');
    is($again->{body}, $r->{body}, 'to the byte');
    is(code_of($buyer->place(key => 'flow-1', wish => { $buyer->choices, expected_total => 570_001 })), 'idempotency_mismatch', 'another body is refused');
    my $location = $buyer->pay_and_return($first->{number});
    like($location, qr{^/payment/result/[\w-]{20,}$}, 'paid, and led to the result');
    my $result = $shop->client->get("$location")->{json};
    is_deeply([@$result{qw(number status amount)}], [$first->{number}, 'captured', 570_000], 'which is there without a session') or diag explain $result;
    ok(!exists $result->{address}, 'without the address');
    my $order = $buyer->order($first->{number});
    is_deeply([@$order{qw(status payment_status paid)}], ['paid', 'paid', 570_000], 'the order is paid');
    is($shop->client->get("/orders/$first->{number}")->{status}, 401, 'and only for its customer');
    is(somebody()->{client}->get("/orders/$first->{number}")->{status}, 404, 'to another customer it does not exist');
    is(code_of($buyer->pay($first->{number})), 'nothing_to_pay', 'it cannot be paid again');
    is(transition($first->{number}, event => 'ship')->{status}, 409, 'not shipped before it is processed');
    for (['process', 'processing'], ['ship', 'shipped', tracking_number => '1234'], ['deliver', 'delivered']) {
        my ($event, $to, %with) = @$_;
        $r = transition($first->{number}, event => $event, %with);
        is($r->{json}{status}, $to, "$event: $to") or diag $r->{body};
    }
    is(stock_of($variant), '10 0', 'two have left the house');
    is_deeply([map { $_->{event} } @{ $r->{json}{events} }], [qw(place capture process ship deliver)], 'the trail');
    is(code_of(transition($first->{number}, event => 'cancel')), 'illegal_transition', 'what was delivered is not canceled');
};

subtest 'a changed cart and a sold-out one' => sub {
    my ($one, $two) = goods($shop, count => 2, on_hand => 3, price => 100_000);
    my $b = somebody();
    $b->put($_, 2) for $one, $two;
    my $wish = $b->wish;
    $shop->db_query("UPDATE variants SET price = 120000 WHERE id = $one", admin => 1);
    my $r = $b->place(wish => $wish);
    is(code_of($r), 'cart_changed', 'a price that changed meanwhile');
    is($r->{json}{quote}{total}, 470_000, 'is answered with the new quote') or diag $r->{body};
    is(stock_of($one), '3 0', 'and takes nothing');
    my $other = somebody();
    ordered($other, $one, quantity => 2);
    $r = $b->place(wish => { %$wish, expected_total => 470_000 });
    is($r->{status} . code_of($r), '409out_of_stock', 'sold out meanwhile');
    is_deeply([map { [@$_{qw(variant_id code)}, $_->{params}{available}] } @{ $r->{json}{errors} }], [[$one, 'out_of_stock', 1]], 'told line by line')
        or diag $r->{body};
    is(stock_of($two), '3 0', 'and the other line is not taken either');
    my ($line) = grep { $_->{variant_id} == $one } @{ $b->{client}->get('/cart')->{json}{items} };
    is($line->{notice}{code}, 'out_of_stock', 'the cart shows it');
    is($b->{client}->patch("/cart/items/$one", json => { quantity => 1 })->{status}, 200, 'one less');
    is($b->place->{status}, 201, 'and it is placed');
};

subtest 'an answer that was lost, without a key' => sub {
    my ($v) = goods($shop, on_hand => 1);
    my $b = somebody();
    $b->put($v);
    my $wish = $b->wish(cart_version => $b->{client}->get('/cart')->{json}{version});
    my $r = $b->place(wish => $wish);
    my $again = $b->place(wish => $wish);
    is($again->{status}, 201, 'the same cart version again');
    is($again->{json}{number}, $r->{json}{number}, 'gives the order, though the shelf is empty now');
    is($shop->db_value("SELECT count(DISTINCT order_id) FROM order_items WHERE variant_id = $v"), 1, 'there is one');
};

subtest 'canceling a paid order: to the wallet, with consent' => sub {
    my ($v) = goods($shop, on_hand => 5, price => 90_000);
    my $b = somebody();
    my $order = paid($b, $v);
    is(code_of(transition($order->{number}, event => 'cancel', refund_to => 'wallet', reason => 'x')), 'wallet_consent_required', 'not without consent');
    is(status_of($order->{number}), 'paid', 'which leaves it as it was');
    my $r = transition($order->{number}, event => 'cancel', refund_to => 'wallet', wallet_consent => JSON::PP::true, reason => 'خریدار خواست');
    is_deeply([@{ $r->{json} }{qw(status payment_status refunded)}], ['canceled', 'refunded', 120_000], 'canceled and refunded') or diag $r->{body};
    ok(wait_for(sub { $b->{client}->get('/account/wallet')->{json}{balance} == 120_000 }, 15), 'into the wallet');
    is(stock_of($v), '5 0', 'the goods are back');
    my $next = ordered($b, $v, use_wallet => JSON::PP::true, payment_method => 'gateway');
    is_deeply([@$next{qw(status total wallet due payment_method)}], ['paid', 120_000, 120_000, 0, 'wallet'], 'the wallet pays the next order at once');
    is($b->{client}->get('/account/wallet')->{json}{balance}, 0, 'and is empty');
};

subtest 'canceling a paid order: by transfer' => sub {
    my ($v) = goods($shop, on_hand => 5, price => 90_000);
    my $b = somebody();
    my $order = paid($b, $v);
    transition($order->{number}, event => 'process');
    my $r = transition($order->{number}, event => 'cancel', refund_to => 'manual', reason => 'شکسته بود');
    is($r->{json}{status}, 'canceled', 'canceled before it is shipped') or diag $r->{body};
    my ($refund) = @{ $r->{json}{refunds} };
    is_deeply([@$refund{qw(to status amount)}], ['manual', 'awaiting_transfer', 120_000], 'the money waits for a transfer');
    my $list = sub { $staff->get('/admin/payments?unresolved=true')->{json}{items} };
    my ($found) = grep { JSON::PP->new->utf8->encode($_) =~ /$order->{number}/ } @{ $list->() };
    ok($found, 'and stands on the list of unresolved money');
    $r = $staff->post("/admin/refunds/$refund->{id}/transferred", json => { reference => 'پایا ۱۲۳' });
    is($r->{json}{status}, 'done', 'staff transferred it') or diag $r->{body};
    ($found) = grep { JSON::PP->new->utf8->encode($_) =~ /$order->{number}/ } @{ $list->() };
    ok(!$found, 'which clears the list');
};

subtest 'refunds by line and by sum, transferred already' => sub {
    my ($v) = goods($shop, on_hand => 5, price => 90_000);
    my $b = somebody();
    my $order = paid($b, $v, quantity => 3);
    my $refunds = "/admin/orders/$order->{number}/refunds";
    my $item = $order->{items}[0];
    my $r = $staff->post($refunds, json => { lines => [{ item_id => $item->{id}, quantity => 1 }], to => 'manual', reference => 'پایا ۹۹', reason => 'لب‌پر بود' });
    is_deeply([$r->{status}, @{ $r->{json} }{qw(amount status reference)}], [201, 90_000, 'done', 'پایا ۹۹'], 'a line, and the transfer is told with it') or diag $r->{body};
    is($r->{json}{lines}[0]{amount}, 90_000, 'with what the line gave back');
    $r = $staff->post($refunds, json => { amount => 50_000, to => 'manual', reason => 'دلجویی' });
    is_deeply([@{ $r->{json} }{qw(amount status)}], [50_000, 'awaiting_transfer'], 'a sum without lines waits for its transfer');
    is(code_of($staff->post($refunds, json => { amount => 200_000, to => 'manual', reason => 'x' })), 'refund_exceeds', 'never more than is left');
    is($b->order($order->{number})->{payment_status}, 'partially_refunded', 'the order tells');
    my ($clean, $said) = clean_doctor($shop);
    ok($clean, 'the books add up after partial refunds') or diag $said;
};

subtest 'the customer cancels: back to the card by itself' => sub {
    my ($v) = goods($shop, on_hand => 5, price => 90_000);
    my $b = somebody();
    my $order = paid($b, $v);
    my $r = $b->{client}->post("/orders/$order->{number}/cancel", json => { reason => 'پشیمان شدم' });
    is($r->{json}{status}, 'canceled', 'canceled') or diag $r->{body};
    ok(wait_for(sub { ($b->order($order->{number})->{refunds}[0]{status} // '') eq 'done' }, 20), 'the bank has given it back')
        or diag explain $b->order($order->{number})->{refunds};
    my $rial = 0;
    for my $e (@{ $shop->sandbox->get('/bank/journal')->{json}{items} }) {
        $rial += $e->{request}{amount} // 0 if $e->{call} eq 'refund' && ($e->{result}{result} // 0) == 1;
    }
    is($rial, 1_200_000, 'ten Rial a Toman') or diag explain [grep { $_->{call} eq 'refund' } @{ $shop->sandbox->get('/bank/journal')->{json}{items} }];
    is($b->{client}->post("/orders/$order->{number}/reorder", json => {})->{json}{item_count}, 1, 'one press puts it into the cart again');
};

subtest 'an unpaid order expires by the shop\'s clock' => sub {
    my ($v) = goods($shop, on_hand => 2, price => 90_000);
    coupon($shop, 'LATE', usage_limit => 1);
    my $b = somebody();
    $b->put($v, 2);
    $b->must($b->apply('LATE'));
    my $order = $b->must($b->place, 201);
    is(stock_of($v), '2 2', 'put aside');
    later($shop, '21 minutes');
    ok(wait_for(sub { status_of($order->{number}) eq 'canceled' }, 30), 'expired');
    is(stock_of($v), '2 0', 'the goods are back on the shelf');
    is($shop->db_value("SELECT used FROM coupons WHERE code = 'LATE'"), 0, 'and so is the coupon');
    is($shop->db_value("SELECT cancel_reason FROM orders WHERE number = '$order->{number}'"), 'expired', 'the reason is kept');
    later($shop, '-21 minutes');
};

# The payer sits at the bank while the order expires, and pays then.
sub expires_at_bank {
    my ($b, $v) = @_;
    my $order = ordered($b, $v);
    my $visit = $b->go_to_bank($order->{number});
    later($shop, '40 minutes');
    wait_for(sub { status_of($order->{number}) eq 'canceled' }, 60) or die 'it did not expire';
    later($shop, '-40 minutes');
    return ($order, $visit);
}

subtest 'late money revives an expired order' => sub {
    my ($v) = goods($shop, on_hand => 1, price => 90_000);
    my $b = somebody();
    my ($order, $visit) = expires_at_bank($b, $v);
    my $way = $b->at_bank($visit, 'pay');
    is($b->{client}->get($way->{callback_url})->{status}, 303, 'paid late');
    is(status_of($order->{number}), 'paid', 'the order lives again');
    is(stock_of($v), '1 1', 'with its goods');
};

subtest 'late money for what is sold goes home' => sub {
    my ($v) = goods($shop, on_hand => 1, price => 90_000);
    my $b = somebody();
    my ($order, $visit) = expires_at_bank($b, $v);
    my $lucky = paid(somebody(), $v);
    my $way = $b->at_bank($visit, 'pay', webhook => 1);
    is($b->{client}->get($way->{callback_url})->{status}, 303, 'paid late');
    is(status_of($order->{number}), 'canceled', 'the order stays canceled');
    is(status_of($lucky->{number}), 'paid', 'the other buyer keeps the goods');
    is(stock_of($v), '1 1', 'once');
    ok(wait_for(sub { $shop->db_value("SELECT r.status FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.number = '$order->{number}'") eq 'done' }, 20),
        'and the money went home');
    is($shop->db_value("SELECT r.amount || r.currency FROM refunds r JOIN orders o ON o.id = r.order_id WHERE o.number = '$order->{number}'"),
        '1200000IRR', 'to the Rial');
};

subtest 'two attempts paid for one order' => sub {
    my ($v) = goods($shop, on_hand => 3, price => 90_000);
    my $b = somebody();
    my $order = ordered($b, $v);
    my $one = $b->go_to_bank($order->{number});
    $shop->db_query("UPDATE payments SET created_at = created_at - interval '16 minutes' WHERE uuid = '$one->{payment_id}'", admin => 1);
    my $two = $b->go_to_bank($order->{number});
    isnt($two->{track}, $one->{track}, 'an old attempt is not used again');
    $b->{client}->get($b->at_bank($_, 'pay')->{callback_url}) for $two, $one;
    my $now = $b->order($order->{number});
    is_deeply([sort map { $_->{status} } @{ $now->{payments} }], ['captured', 'suspense'], 'one counts, the other is held apart');
    ok(wait_for(sub { ($b->order($order->{number})->{refunds}[0]{status} // '') eq 'done' }, 20), 'and is given back');
    is(status_of($order->{number}), 'paid', 'the order is paid');
};

ok(quiet($shop), 'all work is done');
adds_up($shop);
$shop->stop;
done_testing;
