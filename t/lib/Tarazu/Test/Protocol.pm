package Tarazu::Test::Protocol;

# The order protocol as a table: the states an order can be in, what may be done to it, and a model that
# says what must come of it. A row of OPERATIONS: how to fire it, where it can be stopped, what it does to
# the model and what it answers ('ok' or the slug of the refusal).

use strict;
use warnings;
use utf8;

use Digest::SHA qw(hmac_sha256_hex);
use Exporter 'import';
use JSON::PP ();
use List::Util qw(min max sum0);

use Tarazu::Test::Shop qw(wait_for);

our @EXPORT_OK = qw(%OPERATIONS %MEETINGS prepare begun expect observed place_ask receipt_ask);

my $W = \%Tarazu::Test::Interleave::WORLD;
my ($TOTAL, $DUE) = (270_000, 200_000);  # 2 x 100,000 + 50,000 - 10,000 + 30,000; 70,000 from the wallet
my @SHARE = (96_000, 48_000);            # what a unit of each line cost the buyer
my %ADDRESS = (recipient => 'خریدار آزمون', phone => '09121112233', province => 'IR-23', city => 'تهران',
    line => 'خیابان نمونه', plaque => '۱۲', postal_code => '1316743917');
my $PICTURE = do { # one grey pixel as PNG
    require Compress::Zlib;
    my $chunk = sub { my ($type, $data) = @_; return pack('N', length $data) . $type . $data . pack('N', Compress::Zlib::crc32($type . $data)) };
    "\x89PNG\r\n\x1a\n" . $chunk->('IHDR', pack 'NNCCCCC', 1, 1, 8, 0, 0, 0, 0) . $chunk->('IDAT', Compress::Zlib::compress("\0\x80")) . $chunk->('IEND', '');
};
sub true { return JSON::PP::true() }

# ---- bringing an order into a state ----

sub place_ask {
    my ($f, %o) = @_;
    return as($f, POST => '/orders', { address => \%ADDRESS, shipping_method => 'parcel', %o });
}

sub placed {
    my ($s, $f, %o) = @_;
    my $order = $s->must(place_ask($f, expected_total => $TOTAL, expected_due => $DUE, use_wallet => true(), %o));
    $f->{number} = $order->{number};
    $f->{items} = [map { $_->{id} } @{ $order->{items} }];
    $f->{order} = $s->sql("SELECT id FROM orders WHERE number = '$f->{number}'");
    return;
}

# An attempt at the bank; one that is open already is too old to be used again.
sub sent {
    my ($s, $f) = @_;
    $s->sql("UPDATE payments SET created_at = created_at - interval '16 minutes' WHERE order_id = $f->{order} AND method = 'gateway'");
    my $go = $s->must(as($f, POST => '/payment/process', { order => $f->{number} }));
    my ($track) = $go->{redirect_url} =~ m{/(\d+)} or die "no track id in $go->{redirect_url}";
    push @{ $f->{attempts} }, { id => $go->{payment_id}, track => $track };
    return;
}
sub at_bank {
    my ($s, $f, $i) = @_;
    my $a = $f->{attempts}[$i];
    my $r = $s->shop->sandbox->post("/bank/$a->{track}/pay", json => { webhook => JSON::PP::false() });
    $r->{status} == 200 or die "the bank answered $r->{status}: $r->{body}\n";
    ($a->{callback}) = $r->{json}{callback_url} =~ m{^https://[^/]+(/.*)};
    return;
}
# What a customer (the fixture) or staff (the stage) ask for.
sub as { my ($who, $method, $path, $json) = @_; return { method => $method, path => $path, bearer => $who->{bearer} // $who->{staff}, json => $json } }
sub as_guest { my ($f, $path, $json) = @_; return { method => 'POST', path => $path, json => $json, headers => { cookie => "__Host-cart=$f->{guest}" } } }
sub settle_ask { my ($f, $i) = @_; return { method => 'GET', path => $f->{attempts}[$i]{callback} } }
sub staff_ask { my ($s, $f, $rest, $json) = @_; return as($s, POST => "/admin/orders/$f->{number}/$rest", $json) }
sub move_ask { my ($s, $f, $event) = @_; return staff_ask($s, $f, 'transition', { event => $event }) }
sub lapse { my ($s, $f) = @_; $s->sql("UPDATE orders SET expires_at = shop_now() - interval '1 second' WHERE id = $f->{order}"); return }
sub run_job {
    my ($s, $id) = @_;
    my $r = $s->ask({ job => $id });
    die "job $id: $r->{body}" if $r->{status} != 200;
    return;
}
sub receipt_ask {
    my ($f) = @_;
    return { method => 'POST', path => "/payments/$f->{transfer}/receipt", bearer => $f->{bearer},
        multipart => [last_four => '1234', reference => "R-$f->{number}", image => { filename => 'r.png', type => 'image/png', data => $PICTURE }] };
}
sub return_ask {
    my ($f, $units) = @_;
    return as($f, POST => "/orders/$f->{number}/returns", { lines => [{ item_id => $f->{items}[0], quantity => $units, reason => 'x' }] });
}
sub return_step { my ($s, $f, $step, $json) = @_; return as($s, POST => "/admin/returns/$f->{return}/$step", $json // {}) }
sub back { my ($f) = @_; return { lines => [{ item_id => $f->{items}[0], restocked => 2, written_off => 0 }] } }

# Each is a step further than the one it names.
my %STATES = (
    cart => [undef, sub { }],
    cart_bare => ['cart', sub { my ($s, $f) = @_; $s->sql("UPDATE carts SET coupon_code = NULL WHERE id = $f->{cart}") }], # the price that was seen has the coupon
    pending => ['cart', sub { placed(@_) }],
    sent => ['pending', sub { sent(@_) }],
    paying => ['sent', sub { at_bank(@_, 0) }],
    twice => ['paying', sub { sent(@_); at_bank(@_, 1) }],
    paid => ['paying', sub { my ($s, $f) = @_; $s->must(settle_ask($f, 0)) }],
    paid_twice => ['twice', sub { my ($s, $f) = @_; $s->must(settle_ask($f, 0)) }],
    processing => ['paid', sub { my ($s, $f) = @_; $s->must(move_ask($s, $f, 'process')) }],
    shipped => ['processing', sub { my ($s, $f) = @_; $s->must(move_ask($s, $f, 'ship')); $f->{parcel} = $s->sql("SELECT id FROM shipments WHERE order_id = $f->{order}") }],
    came_back => ['shipped', sub {
        my ($s, $f) = @_;
        $s->must(as($s, PATCH => "/admin/orders/$f->{number}/shipments/$f->{parcel}", { status => 'returned_to_sender' }));
        $s->must(staff_ask($s, $f, "shipments/$f->{parcel}/receive",
            { lines => [{ item_id => $f->{items}[0], restocked => 2, written_off => 0 }, { item_id => $f->{items}[1], restocked => 1, written_off => 0 }] }));
    }],
    delivered => ['shipped', sub { my ($s, $f) = @_; $s->must(move_ask($s, $f, 'deliver')) }],
    return_asked => ['delivered', sub { my ($s, $f) = @_; $f->{return} = $s->must(return_ask($f, 2))->{id} }],
    return_approved => ['return_asked', sub { my ($s, $f) = @_; $s->must(return_step($s, $f, 'approve')) }],
    return_received => ['return_approved', sub { my ($s, $f) = @_; $s->must(return_step($s, $f, 'receive', back($f))) }],
    expired => ['sent', sub {
        my ($s, $f) = @_;
        lapse($s, $f);
        $s->sql("UPDATE orders SET expiry_extended = true WHERE id = $f->{order}");
        run_job($s, $s->job('order_expire'));
        at_bank($s, $f, 0);
    }],
    no_cart => ['expired', sub { my ($s, $f) = @_; $s->sql("DELETE FROM carts WHERE customer_id = $f->{customer}") }], # ordered by phone
    by_transfer => ['cart', sub {
        my ($s, $f) = @_;
        placed($s, $f, payment_method => 'card_to_card');
        $f->{transfer} = $s->sql("SELECT uuid FROM payments WHERE order_id = $f->{order} AND method = 'card_to_card'");
    }],
    review => ['by_transfer', sub { my ($s, $f) = @_; $s->must(receipt_ask($f)) }],
    review_late => ['by_transfer', sub { my ($s, $f) = @_; lapse($s, $f); run_job($s, $s->job('order_expire')); $s->must(receipt_ask($f)) }],
    cod => ['cart', sub { placed(@_, payment_method => 'cod') }],
    refunding => ['paid', sub { my ($s, $f) = @_; $s->must(staff_ask($s, $f, 'refunds', { amount => 5_000, reason => 'x' })) }],
);

sub prepare {
    my ($s, $f, $state) = @_;
    my ($before, $step) = @{ $STATES{$state} };
    prepare($s, $f, $before) if $before;
    $step->($s, $f);
    return;
}

# ---- the model ----

# What the database says now: what the model begins with and is compared to.
my $LOOK = <<'SQL';
SELECT coalesce(o.status, 'none'), coalesce(o.cancel_reason, ''), coalesce(o.returned_to_cart, false),
       (SELECT string_agg(concat_ws('/', i.reserved, i.shipped, i.canceled, i.returned, i.refunded_quantity), ' ' ORDER BY i.line) FROM order_items i WHERE i.order_id = o.id),
       (SELECT string_agg(s.on_hand || '/' || s.reserved, ' ' ORDER BY s.variant_id) FROM stock s WHERE s.variant_id IN (%1$s)),
       (SELECT balance || '/' || held FROM wallets WHERE customer_id = %3$s),
       (SELECT used || '/' || coalesce(usage_limit::text, '') FROM coupons WHERE id = %4$s),
       (SELECT coalesce(sum(captured), 0) || '/' || coalesce(sum(refund_committed), 0) || '/' || count(*) FILTER (WHERE status = 'suspense') FROM payments p WHERE p.order_id = o.id),
       (SELECT coalesce(string_agg(variant_id - %5$s || 'x' || quantity, ' ' ORDER BY variant_id), '') FROM cart_items i JOIN carts c ON c.id = i.cart_id WHERE c.customer_id = %3$s),
       (SELECT count(*) FROM orders x WHERE x.customer_id = %3$s),
       (SELECT coalesce(string_agg(status, ' ' ORDER BY id), '') FROM shipments WHERE order_id = o.id),
       (SELECT coalesce(string_agg(status, ' ' ORDER BY id), '') FROM returns WHERE order_id = o.id)
  FROM (VALUES (1)) one LEFT JOIN orders o ON o.id = %2$s
SQL
my @PARTS = qw(status why put_back units stock wallet coupon money cart orders parcels returns);

sub observed {
    my ($s, $f) = @_;
    my %now;
    @now{@PARTS} = map { $_ // '' } @{ ($s->rows(sprintf $LOOK, join(',', @{ $f->{variants} }), $f->{order} // 0, $f->{customer}, $f->{coupon_id}, $f->{variants}[0]))[0] };
    return \%now;
}

# The model as it stands before both.
sub begun {
    my ($s, $f) = @_;
    my $now = observed($s, $f);
    my $m = { status => $now->{status}, why => $now->{why}, put_back => $now->{put_back} eq 't', orders => $now->{orders} };
    $m->{lines} = [map { my %l; @l{qw(reserved shipped canceled returned refunded)} = split m{/}; \%l } split / /, $now->{units} // ''];
    $m->{stock} = [map { my %l; @l{qw(on_hand reserved)} = split m{/}; \%l } split / /, $now->{stock}];
    @$m{qw(balance held)} = split m{/}, $now->{wallet};
    @$m{qw(used limit)} = split m{/}, $now->{coupon}, -1;
    @$m{qw(captured committed suspense)} = split m{/}, $now->{money};
    $m->{cart} = { map { split /x/ } split / /, $now->{cart} };
    $m->{cart_coupon} = ($s->sql("SELECT coupon_code IS NOT NULL FROM carts WHERE customer_id = $f->{customer}") // 'f') eq 't';
    $m->{parcels} = $now->{parcels};
    $m->{returns} = $now->{returns};
    $m->{method} = ($s->sql('SELECT payment_method FROM orders WHERE id = ' . ($f->{order} // 0))) // '';
    $m->{lapsed} = ($s->sql('SELECT expires_at <= shop_now() FROM orders WHERE id = ' . ($f->{order} // 0)) // 'f') eq 't';
    $m->{young} = 1 if $f->{order} && $s->sql("SELECT count(*) FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.id = $f->{order} AND NOT o.expiry_extended
        AND p.method = 'gateway' AND p.status = 'redirected' AND p.created_at > shop_now() - interval '15 minutes'");
    $m->{review} = 1 if $f->{transfer};
    $m->{asks} = { paying => 0, twice => 1 }->{ $f->{state} }; # the attempt about which expiry asks the bank
    $m->{guest} = $f->{guest_units} if $f->{guest};
    return $m;
}

sub expect { # as observed() tells it
    my ($m) = @_;
    return {
        status => $m->{status}, why => $m->{why}, put_back => $m->{put_back} ? 't' : 'f',
        units => join(' ', map { join '/', @$_{qw(reserved shipped canceled returned refunded)} } @{ $m->{lines} }),
        stock => join(' ', map { "$_->{on_hand}/$_->{reserved}" } @{ $m->{stock} }),
        wallet => "$m->{balance}/$m->{held}", coupon => "$m->{used}/$m->{limit}",
        money => "$m->{captured}/$m->{committed}/$m->{suspense}",
        cart => join(' ', map { $m->{cart}{$_} ? "${_}x$m->{cart}{$_}" : () } 0, 1),
        orders => $m->{orders}, parcels => $m->{parcels}, returns => $m->{returns},
    };
}

sub available { my ($m, $i) = @_; return $m->{stock}[$i]{on_hand} - $m->{stock}[$i]{reserved} }
sub reserved { my ($m) = @_; return sum0 map { $_->{reserved} } @{ $m->{lines} } }
sub shipped { my ($m) = @_; return sum0 map { $_->{shipped} } @{ $m->{lines} } }

# The gateway's (or the transfer's) part of a refund goes first, then what the wallet paid.
sub commit {
    my ($m, $amount) = @_;
    my $before = max(0, $m->{committed} - $DUE);
    $m->{committed} += $amount;
    $m->{balance} += max(0, $m->{committed} - $DUE) - $before;
    return 'ok';
}
sub give_units { # units of a line, as far as they are owed
    my ($m, $i, $units) = @_;
    my $line = $m->{lines}[$i];
    my $n = max(0, min($units, $line->{canceled} + $line->{returned} - $line->{refunded}));
    my $amount = min($n * $SHARE[$i], $m->{captured} - $m->{committed});
    $line->{refunded} += $n if $m->{captured} > $m->{committed};
    commit($m, $amount) if $amount > 0;
    return $amount;
}
sub whole_back {
    my ($m) = @_;
    return if $m->{captured} == $m->{committed};
    $_->{refunded} = $_->{reserved} + $_->{shipped} + $_->{canceled} for @{ $m->{lines} };
    commit($m, $m->{captured} - $m->{committed});
    return;
}
sub count_use { my ($m, $n) = @_; $m->{used} += $n if $m->{limit} ne ''; return } # counted only while there is a limit
sub release {
    my ($m, $why) = @_;
    for my $i (0, 1) {
        my $l = $m->{lines}[$i];
        $m->{stock}[$i]{reserved} -= $l->{reserved};
        $l->{canceled} += $l->{reserved};
        $l->{reserved} = 0;
    }
    count_use($m, -1);
    if ($m->{captured}) { whole_back($m) }
    else { $m->{held} -= $W->{wallet} }
    @$m{qw(status why)} = ('canceled', $why);
    return 'ok';
}
sub cancel {
    my ($m, $who) = @_;
    my %may = (customer => { pending => 1, paid => 1 }, staff => { pending => 1, paid => 1, processing => shipped($m) == 0 });
    return $may{$who}{ $m->{status} } ? release($m, $who) : 'illegal_transition';
}
sub capture {
    my ($m) = @_;
    $m->{captured} = $TOTAL;
    $m->{balance} -= $W->{wallet};
    $m->{held} -= $W->{wallet};
    @$m{qw(status why)} = ('paid', '');
    return 'ok';
}
sub money_comes {
    my ($m, $attempt) = @_;
    return 'ok' if $m->{settled}{$attempt}++;
    return capture($m) if $m->{status} eq 'pending';
    my $again = $m->{status} eq 'canceled' && $m->{why} eq 'expired' && !$m->{put_back} && !$m->{captured}
        && ($m->{limit} eq '' || $m->{used} < $m->{limit}) && $m->{balance} - $m->{held} >= $W->{wallet}
        && !grep { available($m, $_) < $m->{lines}[$_]{canceled} } 0, 1;
    if (!$again) { $m->{suspense}++; return 'ok' }
    for my $i (0, 1) {
        my $l = $m->{lines}[$i];
        $m->{stock}[$i]{reserved} += $l->{canceled};
        @$l{qw(reserved canceled)} = ($l->{canceled}, 0);
    }
    count_use($m, 1);
    $m->{held} += $W->{wallet};
    return capture($m);
}
sub transition {
    my ($m, $from, $to) = @_;
    return 'illegal_transition' if $m->{status} ne $from;
    $m->{status} = $to;
    return 'ok';
}
sub ship {
    my ($m, @lines) = @_;
    for my $i (@lines) {
        my $l = $m->{lines}[$i];
        $_ -= $l->{reserved} for @{ $m->{stock}[$i] }{qw(on_hand reserved)};
        $l->{shipped} += $l->{reserved};
        $l->{reserved} = 0;
    }
    $m->{parcels} = join ' ', grep { $_ } $m->{parcels}, 'shipped';
    $m->{status} = 'shipped' if reserved($m) == 0;
    return 'ok';
}
sub place { # what is asked for of the two variants with what was seen of the cart before
    my ($m, $cart, $seen, $total, $wallet, $coupon) = @_;
    my @want = map { $cart->{$_} // 0 } 0, 1;
    return 'out_of_stock' if grep { $want[$_] > available($m, $_) } 0, 1;
    return 'coupon_exhausted' if $coupon && $m->{limit} ne '' && $m->{used} >= $m->{limit};
    my $costs = sum0(map { $want[$_] * $W->{price}[$_] } 0, 1) + $W->{shipping} - ($coupon ? $W->{coupon} : 0);
    return 'cart_changed' if $costs != $total || $seen ne cart_text($cart, $coupon);
    $m->{stock}[$_]{reserved} += $want[$_] for 0, 1;
    count_use($m, 1) if $coupon;
    $m->{held} += min($total, max(0, $m->{balance} - $m->{held})) if $wallet;
    return 'ok';
}
sub cart_text { my ($cart, $coupon) = @_; return join ' ', (map { $cart->{$_} ? $_ : () } 0, 1), $coupon ? 'coupon' : () }
sub put {
    my ($m, $i, $units) = @_;
    my $sum = ($m->{cart}{$i} // 0) + $units;
    return 'out_of_stock' if $sum > available($m, $i);
    $m->{cart}{$i} = $sum;
    return 'ok';
}

# ---- the operations ----

# at: route or kind of job, whose points are before_locks (after its lock-free look) and before_commit.
# look: another point that stands before the decision. order: takes the order's lock. first: prepares before
# both are fired. free: may answer one of several. fire(stage, fixture) -> what a hand does.
our %OPERATIONS = (
    cancel => { at => 'ORDER_CANCEL', order => 1, model => sub { cancel($_[0], 'customer') },
        fire => sub { my ($s, $f) = @_; return as($f, POST => "/orders/$f->{number}/cancel", {}) } },
    staff_cancel => { at => 'ADMIN_TRANSITION', order => 1, model => sub { cancel($_[0], 'staff') }, fire => sub { move_ask(@_, 'cancel') } },
    process => { at => 'ADMIN_TRANSITION', order => 1, model => sub { transition($_[0], 'paid', 'processing') }, fire => sub { move_ask(@_, 'process') } },
    ship => { at => 'ADMIN_TRANSITION', order => 1, fire => sub { move_ask(@_, 'ship') },
        model => sub { my ($m) = @_; return $m->{status} eq 'processing' ? ship($m, 0, 1) : 'illegal_transition' } },
    ship_part => { at => 'ADMIN_SHIPMENT_ADD', order => 1,
        fire => sub { my ($s, $f) = @_; return staff_ask($s, $f, 'shipments', { items => [{ item_id => $f->{items}[1], quantity => 1 }], carrier => 'پست' }) },
        model => sub { my ($m) = @_; return $m->{status} ne 'processing' ? 'illegal_transition' : $m->{lines}[1]{reserved} < 1 ? 'invalid_field' : ship($m, 1) } },
    deliver => { at => 'ADMIN_TRANSITION', order => 1, fire => sub { move_ask(@_, 'deliver') }, model => sub {
        my ($m) = @_;
        return 'illegal_transition' if $m->{status} ne 'shipped' || $m->{parcels} !~ /shipped|delivered/ || $m->{parcels} =~ /failed/;
        $m->{parcels} =~ s/\bshipped\b/delivered/g;
        return transition($m, 'shipped', 'delivered');
    } },
    close => { at => 'ADMIN_TRANSITION', order => 1, fire => sub { move_ask(@_, 'close') }, model => sub {
        my ($m) = @_;
        return 'illegal_transition' if $m->{status} ne 'shipped' || $m->{parcels} =~ /delivered/ || grep { $_->{returned} != $_->{shipped} } @{ $m->{lines} };
        whole_back($m);
        return transition($m, 'shipped', 'returned');
    } },
    parcel_back => { at => 'ADMIN_SHIPMENT_CHANGE', order => 1,
        fire => sub { my ($s, $f) = @_; return as($s, PATCH => "/admin/orders/$f->{number}/shipments/$f->{parcel}", { status => 'returned_to_sender' }) },
        model => sub { my ($m) = @_; return $m->{parcels} =~ s/^shipped$/returned_to_sender/ ? 'ok' : 'illegal_transition' } },
    cancel_line => { at => 'ADMIN_CANCEL_LINES', order => 1,
        fire => sub { my ($s, $f) = @_; return staff_ask($s, $f, 'cancel-lines', { lines => [{ item_id => $f->{items}[0], quantity => 1 }], reason => 'x' }) },
        model => sub {
            my ($m) = @_;
            my $l = $m->{lines}[0];
            return 'illegal_transition' if $m->{status} !~ /^(?:paid|processing)$/;
            return 'invalid_field' if $l->{reserved} < 1;
            return cancel($m, 'staff') if reserved($m) == 1 && !shipped($m);
            $l->{reserved}--;
            $l->{canceled}++;
            $m->{stock}[0]{reserved}--;
            give_units($m, 0, 1);
            $m->{status} = 'shipped' if $m->{status} eq 'processing' && !reserved($m);
            return 'ok';
        } },
    refund_line => { at => 'ADMIN_REFUND', order => 1,
        fire => sub { my ($s, $f) = @_; return staff_ask($s, $f, 'refunds', { lines => [{ item_id => $f->{items}[0], quantity => 1 }], reason => 'x' }) },
        model => sub {
            my ($m) = @_;
            my $l = $m->{lines}[0];
            return 'refund_exceeds' if $l->{refunded} >= 2 || $SHARE[0] > $m->{captured} - $m->{committed};
            $l->{refunded}++;
            return commit($m, $SHARE[0]);
        } },
    refund_wallet => { at => 'ADMIN_REFUND', order => 1,
        fire => sub { my ($s, $f) = @_; return staff_ask($s, $f, 'refunds', { amount => 7_000, to => 'wallet', wallet_consent => true(), reason => 'x' }) },
        model => sub {
            my ($m) = @_;
            return 'refund_exceeds' if 7_000 > $m->{captured} - $m->{committed};
            my $of_gateway = min(7_000, max(0, $DUE - $m->{committed}));
            $m->{balance} += $of_gateway;
            return commit($m, 7_000);
        } },
    refund_manual => { at => 'ADMIN_REFUND', order => 1,
        fire => sub { my ($s, $f) = @_; return staff_ask($s, $f, 'refunds', { amount => 5_000, to => 'manual', iban => 'IR062960000000100324200001', reason => 'x' }) },
        model => sub { my ($m) = @_; return 5_000 > $m->{captured} - $m->{committed} ? 'refund_exceeds' : commit($m, 5_000) } },
    refund_send => { at => 'refund_send', look => 'refund_marked_sent.refund_send', order => 1, model => sub { 'ok' }, fire => sub {
        my ($s, $f) = @_;
        return { job => $s->sql("SELECT j.id FROM jobs j JOIN refunds r ON r.id = (j.payload ->> 'refund_id')::bigint
            WHERE j.kind = 'refund_send' AND r.order_id = $f->{order} ORDER BY j.id LIMIT 1") };
    } },
    address => { at => 'ADMIN_ORDER_ADDRESS', order => 1,
        fire => sub { my ($s, $f) = @_; return as($s, PATCH => "/admin/orders/$f->{number}/address", { plaque => '77' }) },
        model => sub { my ($m) = @_; return $m->{status} =~ /^(?:pending|paid|processing)$/ && !shipped($m) ? 'ok' : 'illegal_transition' } },
    settle => { at => 'PAYMENT_CALLBACK', look => 'settle_verified.PAYMENT_CALLBACK', order => 1, model => sub { money_comes($_[0], 0) }, fire => sub { settle_ask($_[1], 0) } },
    settle_second => { at => 'PAYMENT_CALLBACK', look => 'settle_verified.PAYMENT_CALLBACK', order => 1, model => sub { money_comes($_[0], 1) }, fire => sub { settle_ask($_[1], 1) } },
    settle_job => { at => 'payment_settle', look => 'settle_verified.payment_settle', order => 1, model => sub { money_comes($_[0], 0) },
        first => sub {
            my ($s, $f) = @_;
            my $body = JSON::PP->new->utf8->canonical->encode({ trackId => $f->{attempts}[0]{track} + 0, success => 1, status => 2, orderId => $f->{number} });
            my $at = time;
            $s->must({ method => 'POST', path => '/payment/webhook', body => $body, headers => { 'content-type' => 'application/json',
                'x-tarazu-timestamp' => $at, 'x-tarazu-signature' => 'v1=' . hmac_sha256_hex("$at.$body", $s->shop->endpoints->{webhook_secret}) } });
            $f->{settle_job} = $s->sql("SELECT id FROM jobs WHERE kind = 'payment_settle' AND state = 'ready' ORDER BY id DESC LIMIT 1");
        }, fire => sub { return { job => $_[1]{settle_job} } } },
    check => { at => 'ADMIN_PAYMENT_CHECK', look => 'settle_verified.ADMIN_PAYMENT_CHECK', order => 1, model => sub { money_comes($_[0], 0) },
        fire => sub { my ($s, $f) = @_; return as($s, POST => "/admin/payments/$f->{attempts}[0]{id}/check", {}) } },
    expire => { at => 'order_expire', order => 1, first => sub { lapse(@_) }, fire => sub { my ($s) = @_; return { job => $s->job('order_expire') } },
        seen => sub { my ($m) = @_; return $m->{status} eq 'pending' ? $m->{asks} // '' : '' }, model => sub {
        my ($m, $seen) = @_;
        money_comes($m, $seen) if $seen ne '';
        return 'ok' if $m->{status} ne 'pending';
        return 'ok' if $m->{review};
        if ($m->{young}) { $m->{young} = 0; return 'ok' }
        return release($m, 'expired');
    } },
    pay => { at => 'PAYMENT_PROCESS', look => 'payment_gateway_answered.PAYMENT_PROCESS', order => 1, free => 'ok|nothing_to_pay|payment_in_progress',
        fire => sub { my ($s, $f) = @_; return as($f, POST => '/payment/process', { order => $f->{number} }) },
        model => sub {
            my ($m) = @_;
            return 'nothing_to_pay' if $m->{status} ne 'pending';
            return 'gone' if $m->{lapsed};
            return $m->{method} eq 'cod' ? 'payment_method_unavailable' : 'ok';
        } },
    approve => { at => 'ADMIN_PAYMENT_APPROVE', order => 1, fire => sub { my ($s, $f) = @_; return as($s, POST => "/admin/payments/$f->{transfer}/approve", {}) },
        model => sub { my ($m) = @_; return delete $m->{review} ? money_comes($m, 'transfer') : 'illegal_transition' } },
    reject => { at => 'ADMIN_PAYMENT_REJECT', order => 1, fire => sub { my ($s, $f) = @_; return as($s, POST => "/admin/payments/$f->{transfer}/reject", { reason => 'x' }) },
        model => sub { my ($m) = @_; return delete $m->{review} ? 'ok' : 'illegal_transition' } },
    confirm_cod => { at => 'ADMIN_TRANSITION', order => 1, fire => sub { move_ask(@_, 'confirm_cod') }, model => sub {
        my ($m) = @_;
        return $m->{method} eq 'cod' ? transition($m, 'pending', 'processing') : 'illegal_transition';
    } },
    reorder => { at => 'ORDER_REORDER', order => 1, fire => sub { my ($s, $f) = @_; return as($f, POST => "/orders/$f->{number}/reorder", {}) },
        model => sub {
            my ($m) = @_;
            release($m, 'customer') if $m->{status} eq 'pending';
            return 'illegal_transition' if $m->{status} ne 'canceled' || $m->{put_back};
            @$m{qw(put_back cart_coupon)} = (1, 1);
            $m->{cart}{$_} = max($m->{cart}{$_} // 0, (2, 1)[$_]) for 0, 1;
            return 'ok';
        } },
    return_ask => { at => 'ORDER_RETURN', order => 1, fire => sub { return_ask($_[1], 2) }, model => sub {
        my ($m) = @_;
        return 'illegal_transition' if $m->{status} ne 'delivered';
        return 'invalid_field' if $m->{returns};
        $m->{returns} = 'requested';
        return 'ok';
    } },
    return_approve => { at => 'ADMIN_RETURN_APPROVE', order => 1, fire => sub { return_step(@_, 'approve') }, model => sub { step_return($_[0], 'requested', 'approved') } },
    return_refuse => { at => 'ADMIN_RETURN_REFUSE', order => 1, fire => sub { return_step(@_, 'refuse', { reason => 'x' }) }, model => sub { step_return($_[0], 'requested', 'refused') } },
    return_close => { at => 'ADMIN_RETURN_CLOSE', order => 1, fire => sub { return_step(@_, 'close', { reason => 'x' }) },
        model => sub { my ($m) = @_; return $m->{returns} eq 'received' ? step_return($m, 'received', 'closed') : step_return($m, 'approved', 'closed') } },
    return_receive => { at => 'ADMIN_RETURN_RECEIVE', order => 1, fire => sub { return_step(@_, 'receive', back($_[1])) }, model => sub {
        my ($m) = @_;
        my $r = step_return($m, 'approved', 'received');
        return $r if $r ne 'ok';
        $m->{lines}[0]{returned} += 2;
        $m->{stock}[0]{on_hand} += 2;
        return 'ok';
    } },
    return_refund => { at => 'ADMIN_RETURN_REFUND', order => 1, fire => sub { return_step(@_, 'refund') }, model => sub {
        my ($m) = @_;
        return 'illegal_transition' if $m->{returns} ne 'received';
        return step_return($m, 'received', give_units($m, 0, 2) > 0 ? 'refunded' : 'closed');
    } },
    stock => { at => 'ADMIN_STOCK', fire => sub { my ($s, $f) = @_; return as($s, POST => "/admin/variants/$f->{variants}[0]/stock", { on_hand => 3, reason => 'x' }) },
        model => sub { count_stock($_[0], 3) } },
    stock_below => { at => 'ADMIN_STOCK', fire => sub { my ($s, $f) = @_; return as($s, POST => "/admin/variants/$f->{variants}[0]/stock", { on_hand => 1, reason => 'x' }) },
        model => sub { count_stock($_[0], 1) } },
    coupon_lower => { at => 'ADMIN_COUPON_CHANGE', fire => sub { my ($s, $f) = @_; return as($s, PATCH => "/admin/coupons/$f->{coupon}", { usage_limit => 1 }) },
        model => sub { my ($m) = @_; return 'coupon_limit_below_used' if $m->{used} > 1; $m->{limit} = 1; return 'ok' } },
    coupon_open => { at => 'ADMIN_COUPON_CHANGE', fire => sub { my ($s, $f) = @_; return as($s, PATCH => "/admin/coupons/$f->{coupon}", { usage_limit => undef }) },
        model => sub { my ($m) = @_; $m->{limit} = ''; return 'ok' } },
    # Another order of the same customer, with what is free in the wallet.
    place => { at => 'ORDER_PLACE', look => 'before_locks.ORDER_PLACE', first => sub { my ($s, $f) = @_; $s->fill_cart($f, [1, 1]) if $f->{order} },
        fire => sub { my ($s, $f) = @_; return place_ask($f, expected_total => $f->{order} ? 180_000 : $TOTAL, use_wallet => true()) },
        seen => sub { my ($m) = @_; return cart_text($m->{cart}, $m->{cart_coupon}) },
        model => sub {
            my ($m, $seen) = @_;
            return 'ok' if !%{ $m->{cart} } && $m->{twin}; # the same request came before: its order is the answer
            return 'cart_empty' if !%{ $m->{cart} };
            my $r = place($m, $m->{cart}, $seen, $m->{lines} && @{ $m->{lines} } ? 180_000 : $TOTAL, 1, $m->{cart_coupon});
            return $r if $r ne 'ok';
            $m->{cart} = {};
            $m->{cart_coupon} = 0;
            $m->{twin} = 1;
            $m->{orders}++;
            return 'ok';
        } },
    # Somebody else after the same goods, their lines the other way round, with the same coupon.
    rival => { at => 'ORDER_PLACE', first => sub {
            my ($s, $f) = @_;
            my $r = $f->{rival} = $s->{spare}->();
            $f->{rival_units} = $f->{state} =~ /^(?:expired|review_late)$/ ? 4 : 1;
            $s->fill_cart($r, [$f->{rival_units}, 1], variants => $f->{variants}, opposite => 1, coupon => $f->{coupon});
        },
        fire => sub { my ($s, $f) = @_; return place_ask($f->{rival}, expected_total => $f->{rival_units} * 100_000 + 70_000) },
        model => sub { my ($m, $seen, $f) = @_; my $c = { 0 => $f->{rival_units}, 1 => 1 }; return place($m, $c, cart_text($c, 1), $f->{rival_units} * 100_000 + 70_000, 0, 1) } },
    cart_add => { at => 'CART_ADD', fire => sub { my ($s, $f) = @_; return as($f, POST => '/cart/items', { variant_id => $f->{variants}[1] + 0, quantity => 1 }) },
        model => sub { put($_[0], 1, 1) } },
    apply => { at => 'COUPON_APPLY', fire => sub { my ($s, $f) = @_; return as($f, POST => '/coupons/apply-coupon', { code => $f->{coupon} }) },
        seen => sub { my ($m) = @_; return $m->{limit} ne '' && $m->{used} >= $m->{limit} ? 'exhausted' : '' },
        model => sub { my ($m, $seen) = @_; return 'coupon_exhausted' if $seen; $m->{cart_coupon} = 1; return 'ok' } },
    # A guest logs in: the cart of the cookie goes into the customer's.
    merge => { at => 'OTP_VERIFY', first => sub { my ($s, $f) = @_; guest(@_); $f->{code} = $s->code_for($f->{phone}) },
        fire => sub { my ($s, $f) = @_; return as_guest($f, '/auth/verify-otp', $f->{code}) },
        model => sub {
            my ($m) = @_;
            return 'code_invalid' if $m->{came_in}++;
            my $units = delete $m->{guest} // 0;
            my $sum = min(($m->{cart}{0} // 0) + $units, available($m, 0));
            $m->{cart}{0} = $sum if $units && $sum > 0;
            return 'ok';
        } },
    guest_add => { at => 'CART_ADD', first => sub { guest(@_) },
        fire => sub { my ($s, $f) = @_; return as_guest($f, '/cart/items', { variant_id => $f->{variants}[0] + 0, quantity => 1 }) },
        seen => sub { return defined $_[0]{guest} ? 'guest' : 'nobody' },
        model => sub {
            my ($m, $seen) = @_;
            return $seen eq 'guest' ? 'conflict' : 'ok' if !defined $m->{guest}; # its cart is gone: into one of its own, if it looks anew
            $m->{guest}++;
            return 'ok';
        } },
    topup => { at => 'PAYMENT_CALLBACK', look => 'settle_verified.PAYMENT_CALLBACK', first => sub {
            my ($s, $f) = @_;
            my $go = $s->must(as($f, POST => '/account/wallet/topup', { amount => 50_000 }));
            my ($track) = $go->{redirect_url} =~ m{/(\d+)};
            my $paid = $s->shop->sandbox->post("/bank/$track/pay", json => { webhook => JSON::PP::false() })->{json};
            ($f->{topup}) = $paid->{callback_url} =~ m{^https://[^/]+(/.*)};
        },
        fire => sub { return { method => 'GET', path => $_[1]{topup} } },
        model => sub { my ($m) = @_; $m->{balance} += 50_000 if !$m->{topped}++; return 'ok' } },
);

sub guest { my ($s, $f) = @_; $f->{guest} //= $s->guest_cart($f->{variants}[0]); $f->{guest_units} = 1; return }
sub step_return { my ($m, $from, $to) = @_; return 'illegal_transition' if $m->{returns} ne $from; $m->{returns} = $to; return 'ok' }
sub count_stock {
    my ($m, $units) = @_;
    return 'below_reserved' if $units < $m->{stock}[0]{reserved};
    $m->{stock}[0]{on_hand} = $units;
    return 'ok';
}

# Who can meet on an order (customer, variant, coupon) in which state. Everybody meets everybody of the row,
# and their own kind; `with` meets only those named by the row.
our %MEETINGS = (
    cart => { all => [qw(place rival cart_add apply merge guest_add topup stock coupon_lower)] },
    cart_bare => { all => [qw(apply)], with => [qw(place)] },
    no_cart => { all => [qw(cart_add merge reorder apply)] },
    pending => { all => [qw(cancel staff_cancel expire pay address place rival reorder merge)], with => [qw(cart_add topup stock stock_below coupon_lower coupon_open)] },
    paying => { all => [qw(settle settle_job check cancel staff_cancel expire pay)], with => [qw(address place rival topup stock coupon_lower merge)] },
    twice => { all => [qw(settle settle_second cancel expire)] },
    paid => { all => [qw(cancel staff_cancel process cancel_line refund_line refund_wallet refund_manual address)], with => [qw(place rival topup stock_below coupon_lower merge)] },
    paid_twice => { all => [qw(settle_second cancel)], with => [qw(process refund_line)] },
    processing => { all => [qw(staff_cancel ship ship_part cancel_line refund_line address)], with => [qw(cancel place rival topup stock_below coupon_lower)] },
    shipped => { all => [qw(deliver parcel_back refund_line close)], with => [qw(staff_cancel stock topup place)] },
    came_back => { all => [qw(close refund_line)], with => [qw(deliver place)] },
    delivered => { all => [qw(return_ask refund_line refund_wallet)], with => [qw(place)] },
    return_asked => { all => [qw(return_approve return_refuse)] },
    return_approved => { all => [qw(return_receive return_close)], with => [qw(refund_line stock)] },
    return_received => { all => [qw(return_refund return_close refund_line)] },
    expired => { all => [qw(settle reorder place rival)], with => [qw(check stock stock_below coupon_lower topup merge apply cart_add address)] },
    review => { all => [qw(approve reject cancel expire)], with => [qw(staff_cancel place rival pay address)] },
    review_late => { all => [qw(approve reject reorder)], with => [qw(rival place)] },
    cod => { all => [qw(confirm_cod cancel expire staff_cancel)], with => [qw(pay place rival address)] },
    refunding => { all => [qw(refund_send cancel refund_line)], with => [qw(cancel_line process)] },
);

1;
