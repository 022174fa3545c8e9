package Tarazu::Test::Mixed;

# A client of the mixed storm: one process that does what comes to its mind with any order it finds, as any
# customer or as staff, and writes down what it was told.
#
#   my $client = Tarazu::Test::Mixed->new($stage, $world, $seed);  # in its own process
#   $client->act for 1 .. 30;
#   $client->{journal}                                             # [{what, key, status, …}]

use strict;
use warnings;
use utf8;

use JSON::PP ();

use Tarazu::Test::Buyer;
use Tarazu::Test::Protocol qw(%OPERATIONS place_ask receipt_ask);

# Of a status: what one would do, with its weight. Everything is also tried where it cannot be.
my %SENSE = (
    pending => { pay => 6, cancel => 1, staff_cancel => 1, lapse => 2, receipt => 3, address => 1, confirm_cod => 2, reorder => 1 },
    paid => { process => 6, cancel => 1, cancel_line => 2, refund_line => 1, refund_wallet => 1, refund_manual => 1, address => 1, staff_cancel => 1 },
    processing => { ship => 3, ship_part => 2, staff_cancel => 1, cancel_line => 2, refund_line => 1, address => 1 },
    shipped => { deliver => 4, parcel_back => 1, parcel_received => 2, close => 2, refund_line => 1 },
    delivered => { return_ask => 4, return_approve => 3, return_received => 3, return_refund => 3, return_refuse => 1, refund_line => 1, refund_manual => 1 },
    canceled => { reorder => 2, pay_late => 4, receipt => 1 },
    returned => { refund_line => 1 },
);
my %ALWAYS = (place => 14, put => 8, apply => 3, topup => 2, merge => 2, count => 3, coupon => 2, review => 3, transferred => 2, expire => 2, reconcile => 1, check => 1);
my @EVERY = sort keys %{ { map { %$_ } values %SENSE } };

sub new {
    my ($class, $stage, $world, $seed) = @_;
    $stage->_open_database; # a session of one's own
    srand($seed);
    my $from = '127.50.' . ($seed % 250 + 1) . '.' . (int($seed / 250) % 250 + 1);
    return bless { stage => $stage, world => $world, client => $stage->shop->client(from => $from), seed => $seed, turn => 0, journal => [] }, $class;
}

sub pick { my (@from) = @_; return $from[rand @from] }
sub weighted {
    my (%w) = @_;
    my $at = rand eval { my $sum = 0; $sum += $_ for values %w; $sum };
    for (sort keys %w) { return $_ if ($at -= $w{$_}) < 0 }
    return (sort keys %w)[0];
}

# One request, with a key and patience; what was answered is written down.
sub send {
    my ($self, $what, $task, %more) = @_;
    my ($method, $path, %o) = (@$task{qw(method path)}, map { $_ => $task->{$_} } grep { !/^(?:method|path)$/ } keys %$task);
    my $key = "m-$self->{seed}-" . ++$self->{turn};
    $o{key} = $key if $path !~ m{^/(?:auth|payment/callback)};
    my ($r, @tries) = Tarazu::Test::Buyer::patiently(sub { $self->{client}->request($method, $path, %o) }, 100);
    push @{ $self->{journal} }, { what => $what, path => $path, key => $key, status => $r->{status}, code => $r->{json}{code}, tries => "@tries",
        request => $r->{headers}{'x-request-id'}, replayed => $r->{headers}{'idempotent-replayed'}, number => $r->{json}{number}, id => $r->{json}{id}, %more };
    return $r;
}

# An order as the table of operations wants it.
sub order {
    my ($self, $of) = @_;
    my $where = $of ? "WHERE customer_id = $of->{customer}" : rand() < 0.4 ? "WHERE status IN ('shipped', 'delivered', 'returned')" : '';
    my @ids = map { $_->[0] } $self->{stage}->rows("SELECT id FROM orders $where ORDER BY id DESC LIMIT 40");
    return if !@ids;
    my $id = pick(@ids);
    my ($row) = $self->{stage}->rows("SELECT o.number, o.status, o.customer_id,
        (SELECT string_agg(id::text, ' ' ORDER BY line) FROM order_items i WHERE i.order_id = o.id),
        (SELECT uuid FROM payments p WHERE p.order_id = o.id AND method = 'card_to_card' ORDER BY id DESC LIMIT 1),
        (SELECT id FROM shipments s WHERE s.order_id = o.id ORDER BY id DESC LIMIT 1),
        (SELECT uuid FROM returns r WHERE r.order_id = o.id ORDER BY id DESC LIMIT 1),
        (SELECT string_agg(gateway_ref, ' ' ORDER BY id) FROM payments p WHERE p.order_id = o.id AND gateway_ref IS NOT NULL),
        (SELECT uuid FROM payments p WHERE p.order_id = o.id AND gateway_ref IS NOT NULL ORDER BY id DESC LIMIT 1) FROM orders o WHERE o.id = $id");
    my ($who) = grep { $_->{customer} == $row->[2] } @{ $self->{world}{people} };
    my @items = split / /, $row->[3];
    return { order => $id, number => $row->[0], status => $row->[1], customer => $row->[2], bearer => $who->{bearer}, items => [@items, $items[0]],
        transfer => $row->[4] || undef, parcel => $row->[5] || undef, return => $row->[6] || undef, tracks => [split / /, $row->[7]],
        attempts => [$row->[8] ? { id => $row->[8] } : ()] };
}

sub act {
    my ($self) = @_;
    my $f = $self->order;
    my %may = (%ALWAYS, $f ? (rand() < 0.9 ? %{ $SENSE{ $f->{status} } } : map { $_ => 1 } @EVERY) : ());
    $may{$_} *= 6 for $f ? grep { !$ALWAYS{$_} } keys %may : ();
    my $what = weighted(%may);
    my $own = $self->can("do_$what");
    return $self->$own($f) if $own;
    return if !$f || $what =~ /^return_/ && $what ne 'return_ask' && !$f->{return} || $what =~ /^parcel_/ && !$f->{parcel};
    my $task = $OPERATIONS{$what}{fire}->($self->{stage}, $f);
    $self->send($what, $task, order => $f->{number});
    return;
}

# ---- what the table of operations does otherwise ----

sub person { my ($self) = @_; return pick(@{ $self->{world}{people} }) }
sub as { my ($self, $who, $method, $path, $json) = @_; return { method => $method, path => $path, bearer => $who->{bearer}, json => $json } }
sub staffs { my ($self, $method, $path, $json) = @_; return { method => $method, path => $path, bearer => $self->{stage}{staff}, json => $json // {} } }

sub do_put { # some lines, in any order
    my ($self) = @_;
    my $who = $self->person;
    for my $v (map { pick(@{ $self->{world}{variants} }) } 0 .. rand 3) { $self->send(put => $self->as($who, POST => '/cart/items', { variant_id => $v + 0, quantity => 1 + int rand 2 })) }
    return;
}
sub do_apply { my ($self) = @_; $self->send(apply => $self->as($self->person, POST => '/coupons/apply-coupon', { code => pick(@{ $self->{world}{coupons} }) })); return }

sub do_place {
    my ($self) = @_;
    my $who = $self->person;
    my %choice = (use_wallet => pick(JSON::PP::true(), JSON::PP::false()), payment_method => pick(qw(gateway gateway gateway card_to_card cod)));
    my $task = place_ask($who, %choice);
    my $quote = $self->{client}->post('/checkout/quote', json => { %{ $task->{json} } }, bearer => $who->{bearer});
    if (!$quote->{json}{lines} || !@{ $quote->{json}{lines} }) { $self->do_put; return }
    $task->{json}{expected_total} = $quote->{json}{total};
    my $r = $self->send(place => $task, customer => $who->{customer});
    $self->do_pay({ %$who, number => $r->{json}{number} }) if $r->{status} == 201 && $r->{json}{due} && rand() < 0.6;
    return;
}

# To the bank, where some pay, some do not, and some are forgotten; the news comes by one way or both.
sub do_pay {
    my ($self, $f) = @_;
    my $r = $self->send(pay => $self->as($f, POST => '/payment/process', { order => $f->{number} }), order => $f->{number});
    return if $r->{status} != 201;
    my ($track) = $r->{json}{redirect_url} =~ m{/(\d+)};
    $self->at_bank($track, pick(qw(pay pay pay pay cancel later)), $f);
    return;
}
sub do_pay_late { my ($self, $f) = @_; $self->at_bank(pick(@{ $f->{tracks} }), 'pay', $f) if @{ $f->{tracks} }; return }
sub at_bank {
    my ($self, $track, $deed, $f) = @_;
    return if $deed eq 'later';
    my $webhook = pick(JSON::PP::true(), JSON::PP::false());
    my $paid = $self->{stage}->shop->sandbox->post("/bank/$track/$deed", json => { webhook => $webhook });
    return if $paid->{status} != 200 || rand() < 0.2 && $webhook;
    my ($path) = $paid->{json}{callback_url} =~ m{^https://[^/]+(/.*)};
    $self->send(callback => { method => 'GET', path => $path }, $f ? (order => $f->{number}) : ());
    return;
}
sub do_topup {
    my ($self) = @_;
    my $who = $self->person;
    my $r = $self->send(topup => $self->as($who, POST => '/account/wallet/topup', { amount => 10_000 * (1 + int rand 9) }));
    return if $r->{status} != 201;
    my ($track) = $r->{json}{redirect_url} =~ m{/(\d+)};
    $self->at_bank($track, 'pay');
    return;
}
sub do_receipt { my ($self, $f) = @_; $self->send(receipt => receipt_ask($f), order => $f->{number}) if $f->{transfer}; return }
sub do_review {
    my ($self) = @_;
    my $id = $self->{stage}->sql("SELECT uuid FROM payments WHERE status = 'in_review' ORDER BY id LIMIT 1");
    my $how = pick(qw(approve approve reject));
    $self->send(review => $self->staffs(POST => "/admin/payments/$id/$how", { $how eq 'reject' ? (reason => 'x') : () })) if $id;
    return;
}
sub do_check { my ($self, $f) = @_; $self->send(check => $self->staffs(POST => "/admin/payments/$f->{attempts}[0]{id}/check")) if $f && @{ $f->{attempts} }; return }
sub do_transferred {
    my ($self) = @_;
    my $id = $self->{stage}->sql("SELECT uuid FROM refunds WHERE status = 'awaiting_transfer' ORDER BY id LIMIT 1");
    $self->send(transferred => $self->staffs(POST => "/admin/refunds/$id/transferred", { reference => 'T-1' })) if $id;
    return;
}
sub do_return_received {
    my ($self, $f) = @_;
    return if !$f->{return};
    my @lines = map { { item_id => $_->[0] + 0, restocked => $_->[1] - 1, written_off => 1 } }
        $self->{stage}->rows("SELECT item_id, quantity FROM return_lines l JOIN returns r ON r.id = l.return_id WHERE r.uuid = '$f->{return}'");
    $self->send(return_received => $self->staffs(POST => "/admin/returns/$f->{return}/receive", { lines => \@lines }));
    return;
}
sub do_parcel_received {
    my ($self, $f) = @_;
    return if !$f->{parcel};
    my @lines = map { { item_id => $_->[0] + 0, restocked => $_->[1] + 0, written_off => 0 } }
        $self->{stage}->rows("SELECT item_id, quantity FROM shipment_items WHERE shipment_id = $f->{parcel}");
    $self->send(parcel_received => $self->staffs(POST => "/admin/orders/$f->{number}/shipments/$f->{parcel}/receive", { lines => \@lines }), order => $f->{number});
    return;
}
sub do_count {
    my ($self) = @_;
    my $v = pick(@{ $self->{world}{variants} });
    $self->send(count => $self->staffs(POST => "/admin/variants/$v/stock", pick({ on_hand => int rand 12, reason => 'x' }, { delta => int(rand 9) - 2, reason => 'x' })));
    return;
}
sub do_coupon {
    my ($self) = @_;
    $self->send(coupon => $self->staffs(PATCH => '/admin/coupons/' . pick(@{ $self->{world}{coupons} }), { usage_limit => pick(undef, 1 + int rand 6, 4 + int rand 20) }));
    return;
}
sub do_merge {
    my ($self) = @_;
    my ($s, $who) = ($self->{stage}, $self->person);
    my $token = $s->guest_cart(pick(@{ $self->{world}{variants} }), $self->{seed});
    my $code = $s->code_for($who->{phone});
    $self->send(merge => { method => 'POST', path => '/auth/verify-otp', json => $code, headers => { cookie => "__Host-cart=$token" } });
    delete $self->{client}{cookies}{'__Host-cart'};
    return;
}

# Time passes: an order's time is over, and the background work looks for that.
sub do_lapse {
    my ($self, $f) = @_;
    $self->{stage}->sql("UPDATE orders SET expires_at = shop_now() - interval '1 second', expiry_extended = true WHERE id = $f->{order} AND status = 'pending'");
    return $self->do_expire;
}
sub do_expire { my ($self) = @_; $self->{stage}->job('order_expire'); return }
sub do_reconcile {
    my ($self) = @_;
    $self->{stage}->sql("UPDATE payments SET created_at = created_at - interval '2 minutes' WHERE method = 'gateway' AND status IN ('redirected', 'unknown')");
    $self->{stage}->job('payment_reconcile');
    return;
}

1;
