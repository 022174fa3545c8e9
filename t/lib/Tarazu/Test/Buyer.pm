package Tarazu::Test::Buyer;

# A customer who buys through the API, one step a method. Steps that must succeed die when they do not;
# place() and pay() give the answer, whatever it is.
#
#   my $buyer = Tarazu::Test::Buyer->new($shop, $shop->login('09121234567'));
#   $buyer->put($variant, 2);
#   my $order = $buyer->place(key => 'k1')->{json};
#   my $visit = $buyer->go_to_bank($order->{number});      # {payment_id, redirect_url, track}
#   my $way = $buyer->at_bank($visit, 'pay');              # {callback_url, …}
#   $buyer->{client}->get($way->{callback_url});

use strict;
use warnings;
use utf8;

use JSON::PP ();
use Time::HiRes qw(sleep);

sub new {
    my ($class, $shop, $client, %o) = @_;
    my $self = {
        shop => $shop, client => $client, shipping => 'parcel', %o,
        address => {
            recipient => 'خریدار آزمون', phone => '09121112233', province => 'IR-23', city => 'تهران',
            line => 'خیابان نمونه، کوچه آزمون', plaque => '۱۲', postal_code => '1316743917', %{ $o{address} // {} },
        },
    };
    return bless $self, $class;
}

sub must {
    my ($self, $r, @good) = @_;
    return $r->{json} if grep { $_ == $r->{status} } @good ? @good : (200, 201);
    die "answered $r->{status}: $r->{body}\n";
}

sub put {
    my ($self, $variant, $quantity) = @_;
    return $self->must($self->{client}->post('/cart/items', json => { variant_id => $variant + 0, quantity => ($quantity // 1) + 0 }));
}

sub apply { my ($self, $code) = @_; return $self->{client}->post('/coupons/apply-coupon', json => { code => $code }) }

sub choices {
    my ($self, %o) = @_;
    my %c = (address => $self->{address}, shipping_method => $self->{shipping});
    $c{$_} = $o{$_} for grep { exists $o{$_} } qw(address shipping_method payment_method use_wallet);
    return %c;
}

sub quote { my ($self, %o) = @_; return $self->must($self->{client}->post('/checkout/quote', json => { $self->choices(%o) })) }

# The body of POST /orders for the cart as it is now.
sub wish {
    my ($self, %o) = @_;
    my %extra = map { $_ => $o{$_} } grep { exists $o{$_} } qw(expected_total expected_due cart_version note);
    $extra{expected_total} //= $self->quote(%o)->{total};
    return { $self->choices(%o), %extra };
}

# Options: key (Idempotency-Key), wish (else the cart as it is now), and what wish() takes.
sub place {
    my ($self, %o) = @_;
    my $key = delete $o{key};
    my $wish = delete $o{wish} // $self->wish(%o);
    return $self->{client}->post('/orders', json => $wish, defined $key ? (key => $key) : ());
}

sub pay { my ($self, $number, %o) = @_; return $self->{client}->post('/payment/process', json => { order => $number }, %o) }

sub go_to_bank {
    my ($self, $number, %o) = @_;
    my $visit = $self->must($self->pay($number, %o));
    ($visit->{track}) = $visit->{redirect_url} =~ m{/(\d+)(?:/direct)?/?(?:\?.*)?\z} or die "no track id in $visit->{redirect_url}";
    return $visit;
}

# deed: pay, cancel, fail. The bank's own webhook is sent only with webhook => 1.
sub at_bank {
    my ($self, $visit, $deed, %o) = @_;
    my $webhook = delete $o{webhook} ? JSON::PP::true() : JSON::PP::false();
    return $self->must($self->{shop}->sandbox->post("/bank/$visit->{track}/$deed", json => { webhook => $webhook, %o }));
}

# Pays an order and comes back: the page that the browser is led to.
sub pay_and_return {
    my ($self, $number, %o) = @_;
    my $way = $self->at_bank($self->go_to_bank($number), 'pay', %o);
    my $r = $self->{client}->get($way->{callback_url});
    $r->{status} == 303 or die "the callback answered $r->{status}: $r->{body}\n";
    return $r->{headers}{location};
}

sub order { my ($self, $number) = @_; return $self->must($self->{client}->get("/orders/$number")) }

# Repeats a request while the answer is "later" (429, 503, or "the same is still running"), waiting as
# long as it says, and while the connection or the worker was lost on the way (502, 599).
# -> (last answer, statuses of all tries)
sub patiently {
    my ($request, $tries) = @_;
    my @seen;
    for (1 .. $tries // 60) {
        my $r = $request->();
        push @seen, $r->{status};
        my $later = grep { $r->{status} == $_ } 429, 502, 503, 504, 599;
        $later ||= $r->{status} == 409 && ($r->{json}{code} // '') eq 'idempotency_in_progress';
        return ($r, @seen) if !$later;
        sleep($r->{headers}{'retry-after'} ? 0.8 * $r->{headers}{'retry-after'} + rand 0.4 : 0.05 + rand 0.1);
    }
    return ({ status => 0, body => 'still refused' }, @seen);
}

1;
