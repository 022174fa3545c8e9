package Person;
# What customers and staff of the demo do, step by step, each as a person would do it.
use strict;
use warnings;
use utf8;
use Digest::SHA qw(hmac_sha1);
use Client;

# customer: {phone, address} with the address as the API takes it
sub new {
    my ($class, $client, %about) = @_;
    return bless { client => $client, staff => undef, doing => 'nothing', %about }, $class;
}

# Names the step for the sentence of a failure.
sub doing {
    my ($self, $what) = @_;
    $self->{doing} = $what;
    return $self->{client};
}

sub newest_text {
    my ($self) = @_;
    my $list = $self->{client}->sandbox->call('GET', '/inbox/sms?phone=' . Client::escape($self->{phone}));
    return $list->{items}[0];
}

sub log_in {
    my ($self) = @_;
    my $c = $self->doing('asking for a one-time code');
    my $before = $self->newest_text;
    my $challenge = $c->call('POST', '/auth/request-otp', body => { phone => $self->{phone} },
        expect => [202]);
    $self->doing('waiting for the code by SMS');
    my $code = Client::until_true("the SMS to $self->{phone}", sub {
        my $text = $self->newest_text;
        return $text && (!$before || $text->{id} != $before->{id}) ? $text->{code} : undef;
    });
    $self->doing('logging in with the code');
    my $tokens = $c->call('POST', '/auth/verify-otp',
        body => { challenge_id => $challenge->{challenge_id}, phone => $self->{phone}, code => $code });
    $c->{token} = $tokens->{access_token};
    return;
}

# Puts [slug, sku, quantity] lines into the cart, looking each product up as a visitor does.
sub fill_cart {
    my ($self, @lines) = @_;
    for my $line (@lines) {
        my ($slug, $sku, $quantity) = @$line;
        my $c = $self->doing("looking at «$slug»");
        my $product = $c->call('GET', '/products/' . Client::escape($slug));
        my ($variant) = grep { $_->{sku} eq $sku } @{ $product->{variants} };
        die "«$slug» has no variant $sku\n" unless $variant;
        $self->doing("putting $sku into the cart");
        $c->call('POST', '/cart/items', once => 1,
            body => { variant_id => $variant->{id}, quantity => $quantity });
    }
    return;
}

# wish: {lines, shipping?, coupon?, wallet?, note?}; the order as it was placed
sub order {
    my ($self, %wish) = @_;
    $self->fill_cart(@{ $wish{lines} });
    my $c = $self->doing('applying the coupon');
    $c->call('POST', '/coupons/apply-coupon', body => { code => $wish{coupon} }, once => 1) if $wish{coupon};
    $self->doing('reading the cart');
    my $cart = $c->call('GET', '/cart');
    my %how = (shipping_method => $wish{shipping} // 'post', payment_method => 'gateway');
    $how{use_wallet} = JSON::PP::true() if $wish{wallet};
    $how{address} = $self->{address} if $how{shipping_method} ne 'pickup';
    $self->doing('asking for a quote');
    my $quote = $c->call('POST', '/checkout/quote', body => {%how});
    $self->doing('placing the order');
    return $self->{order} = $c->call('POST', '/orders', once => 1, expect => [201], body => {
        %how,
        expected_total => $quote->{total},
        expected_due   => $quote->{due},
        cart_version   => $cart->{version},
        $wish{note} ? (note => $wish{note}) : (),
    });
}

# Goes to the bank; the track id of the visit.
sub go_to_bank {
    my ($self) = @_;
    my $c = $self->doing('starting the payment');
    my $start = $c->call('POST', '/payment/process', once => 1, expect => [201],
        body => { order => $self->{order}{number} });
    my ($track) = $start->{redirect_url} =~ m{/([0-9]+)(?:/direct)?(?:\?.*)?\z}
        or die "no track id in $start->{redirect_url}\n";
    return $track;
}

# deed: pay or cancel. Comes back to the shop as the browser does.
sub at_bank {
    my ($self, $deed) = @_;
    my $track = $self->go_to_bank;
    my $c = $self->doing("what the payer does at the bank ($deed)");
    my $way = $c->sandbox->call('POST', "/bank/$track/$deed", body => {});
    die "the bank knows no way back to the shop\n" unless $way->{callback_url};
    $self->doing('coming back from the bank');
    $c->call('GET', $way->{callback_url}, expect => [200, 303]);
    return;
}

sub see {
    my ($self) = @_;
    return $self->{order} = $self->{client}->call('GET', "/orders/$self->{order}{number}");
}

sub sees_status {
    my ($self, $status) = @_;
    $self->doing("waiting until the order is $status");
    Client::until_true("order $self->{order}{number} becoming $status",
        sub { $self->see->{status} eq $status });
    return;
}

sub buy {
    my ($self, %wish) = @_;
    $self->order(%wish);
    $self->at_bank('pay') if $self->{order}{status} eq 'pending';
    $self->sees_status('paid');
    return;
}

sub cancel {
    my ($self, $reason) = @_;
    $self->doing('canceling the order')
        ->call('POST', "/orders/$self->{order}{number}/cancel", body => { reason => $reason }, once => 1);
    $self->sees_status('canceled');
    return;
}

# Unpaid orders expire after some minutes, which no demo waits for: the clock of this order is put
# back in the database, and the shop's own schedule finds it expired.
sub lets_expire {
    my ($self) = @_;
    $self->doing('putting back the clock of the order');
    my $owner = $self->{database} =~ s/\buser=\S+/user=tarazu_owner/r;
    my $sql = 'UPDATE orders SET placed_at = placed_at - (expires_at - shop_now()), expires_at = shop_now()'
        . " WHERE number = '$self->{order}{number}' AND status = 'pending'";
    system('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $owner, '-c', $sql) == 0
        or die "psql failed\n";
    return;
}

# A member of staff moves the order on; staff holds the token of the log-in they all share.
sub staff_does {
    my ($self, $event, %with) = @_;
    my $c = $self->doing("staff: $event");
    return $self->{order} = $c->call('POST', "/admin/orders/$self->{order}{number}/transition",
        token => $self->{staff}, body => { event => $event, %with }, once => 1);
}

# Staff work on the parcels of the order: its page is what comes back.
sub staff_calls {
    my ($self, $what, $method, $path, $body) = @_;
    my $c = $self->doing("staff: $what");
    return $self->{order} = $c->call($method, "/admin/orders/$self->{order}{number}/$path",
        token => $self->{staff}, body => $body, once => 1);
}

# Sends so many units of each line, in the order of the lines.
sub staff_sends {
    my ($self, $carrier, $tracking_number, @units) = @_;
    my @items = @{ $self->{order}{items} };
    return $self->staff_calls('sending a part', 'POST', 'shipments', {
        carrier => $carrier, tracking_number => $tracking_number,
        items   => [map { { item_id => $items[$_]{id}, quantity => $units[$_] } } 0 .. $#units],
    });
}

# The newest parcel was refused at the door; all of it is whole and on the shelf again.
sub parcel_comes_back {
    my ($self) = @_;
    my $parcel = $self->{order}{shipments}[-1];
    $self->staff_calls('a parcel comes back', 'PATCH', "shipments/$parcel->{id}", { status => 'returned_to_sender' });
    return $self->staff_calls('unpacking it', 'POST', "shipments/$parcel->{id}/receive", {
        lines => [map { { item_id => $_->{item_id}, restocked => $_->{quantity}, written_off => 0 } } @{ $parcel->{items} }],
    });
}

# Asks to give a unit of the first line back.
sub asks_to_return {
    my ($self, $reason) = @_;
    return $self->doing('asking to return')->call('POST', "/orders/$self->{order}{number}/returns", once => 1, expect => [201],
        body => { lines => [{ item_id => $self->{order}{items}[0]{id}, quantity => 1, reason => $reason }] });
}

# RFC 6238: SHA-1, six digits, 30 seconds.
sub totp {
    my ($secret, $step) = @_;
    my ($bits, %value) = ('');
    @value{ 'A' .. 'Z', 2 .. 7 } = 0 .. 31;
    $bits .= sprintf '%05b', $value{$_} for split //, uc $secret =~ s/[=\s-]//gr;
    my $key = pack 'B*', substr $bits, 0, 8 * int(length($bits) / 8);
    my $mac = hmac_sha1(pack('Q>', $step), $key);
    my $at = ord(substr $mac, -1) & 15;
    return sprintf '%06d', (unpack('N', substr $mac, $at, 4) & 0x7fffffff) % 1_000_000;
}

# -> access token. A code is good one step early or late, each for one log-in: taking the oldest that
# is not spent leaves the present one to the person at the screen.
sub staff_log_in {
    my ($client, $staff) = @_;
    for my $step (map { int(time / 30) + $_ } -1, 0, 1) {
        my ($tokens, $status) = $client->call('POST', '/auth/staff-login', expect => [200, 401], body => {
            username => $staff->{username},
            password => $staff->{password},
            otp      => totp($staff->{totp_secret}, $step),
        });
        return $tokens->{access_token} if $status == 200;
    }
    die "the shop does not let $staff->{username} in\n";
}

1;
