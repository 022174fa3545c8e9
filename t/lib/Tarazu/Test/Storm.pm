package Tarazu::Test::Storm;

# Crowds of buyers and what must hold after any storm.
#
#   shelf($shop);                                    # once: a category and two ways of sending
#   my ($variant) = goods($shop, on_hand => 1);
#   my @people = crowd($shop, 200);                  # customers with sessions
#   my $client = enter($shop, $people[0]);           # a real access token, through /auth/refresh
#   adds_up($shop);                                  # no conservation law is broken, the doctor finds nothing

use strict;
use warnings;
use utf8;

use Exporter 'import';
use IO::Socket::SSL (); # here, not anew in each of two hundred children
use Test::More ();

use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);

our @EXPORT_OK = qw(shelf goods coupon crowd enter faults oversold points quiet later clean_doctor adds_up tally log_lines refuses);

sub shelf {
    my ($shop) = @_;
    $shop->db_query(<<'SQL', admin => 1);
INSERT INTO categories (slug, title_fa, title_en) VALUES ('آزمون', 'آزمون', 'Test');
INSERT INTO shipping_methods (id, title_fa, title_en, needs_address, position)
VALUES ('parcel', 'پست', 'Post', true, 1), ('pickup', 'حضوری', 'Pickup', false, 2);
WITH z AS (INSERT INTO shipping_zones (method_id, position) VALUES ('parcel', 1), ('pickup', 1) RETURNING id, method_id)
INSERT INTO shipping_steps (zone_id, up_to_g, price) SELECT id, 100000, CASE method_id WHEN 'parcel' THEN 30000 ELSE 0 END FROM z;
SQL
    return;
}

my $GOODS = 0;

# Products with one variant each: the ids of the variants. Options: count (1), on_hand, price.
sub goods {
    my ($shop, %o) = @_;
    my ($count, $price, $on_hand, $first) = ($o{count} // 1, $o{price} // 250_000, $o{on_hand} // 0, $GOODS + 1);
    $GOODS += $count;
    my @ids = map { $_->[0] } $shop->db_query(<<"SQL", admin => 1);
WITH p AS (
    INSERT INTO products (slug, title_fa, title_en, category_id, search_key)
    SELECT 'کالا-' || n, 'کالای ' || n, 'Goods ' || n, (SELECT min(id) FROM categories), 'کالا ' || n
      FROM generate_series($first, $GOODS) n RETURNING id, slug)
INSERT INTO variants (product_id, sku, price, weight_g) SELECT id, 'T-' || id, $price, 300 FROM p ORDER BY id RETURNING id;
SQL
    $shop->db_query("INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reason) SELECT unnest(ARRAY["
        . join(',', @ids) . "]::bigint[]), 'count', $on_hand, 'opening' ", admin => 1) if $on_hand;
    return @ids;
}

sub coupon {
    my ($shop, $code, %o) = @_;
    my %c = (kind => 'fixed', value => 10_000, %o);
    my $text = sub { defined $_[0] ? $_[0] : 'NULL' };
    $shop->db_query("INSERT INTO coupons (code, kind, value, usage_limit, per_customer_limit) VALUES ('$code', '$c{kind}', $c{value}, "
        . join(', ', map { $text->($c{$_}) } qw(usage_limit per_customer_limit)) . ')', admin => 1);
    return;
}

my $PEOPLE = 0;

# Customers with an open session each, written as a log-in writes them; everybody has an own address.
sub crowd {
    my ($shop, $count) = @_;
    my $first = $PEOPLE + 1;
    $PEOPLE += $count;
    $shop->db_query(<<"SQL", admin => 1);
WITH c AS (
    INSERT INTO customers (phone, name) SELECT '+98935' || lpad(n::text, 7, '0'), 'خریدار ' || n
      FROM generate_series($first, $PEOPLE) n RETURNING id, phone),
s AS (INSERT INTO sessions (customer_id, expires_at) SELECT id, shop_now() + interval '1 day' FROM c RETURNING id, customer_id)
INSERT INTO refresh_tokens (hash, session_id, expires_at)
SELECT encode(sha256(('crowd-' || c.phone)::bytea), 'hex'), s.id, shop_now() + interval '1 day' FROM s JOIN c ON c.id = s.customer_id;
SQL
    return map { {
        phone => sprintf('+98935%07d', $_), token => sprintf('crowd-+98935%07d', $_),
        from => sprintf('127.%d.%d.%d', 40 + int($_ / 60_000), int($_ / 240) % 250 + 1, $_ % 240 + 1),
    } } $first .. $PEOPLE;
}

# The person's browser, logged in.
sub enter {
    my ($shop, $person) = @_;
    my $client = $shop->client(from => $person->{from});
    my $r;
    for (1 .. 20) { # a worker that is killed meanwhile costs a try
        $r = $client->post('/auth/refresh', json => { refresh_token => $person->{token} });
        last if $r->{status} == 200;
        select undef, undef, undef, 0.1;
    }
    $r->{status} == 200 or die "refresh: $r->{status} $r->{body}";
    @$client{qw(bearer refresh_token)} = @{ $r->{json} }{qw(access_token refresh_token)};
    return $client;
}

# ---- what must hold ----

# Each row of an answer is a fault. They use nothing of the shop's own reports.
my %LAWS = (
    'more is promised than there is' =>
        "SELECT variant_id, on_hand, reserved FROM stock WHERE reserved > on_hand OR reserved < 0",
    'orders hold what the shelf does not count' =>
        "SELECT s.variant_id, s.reserved, coalesce(sum(i.reserved), 0) FROM stock s LEFT JOIN order_items i USING (variant_id)
          GROUP BY s.variant_id, s.reserved HAVING s.reserved <> coalesce(sum(i.reserved), 0)",
    'the movements are not the stock' =>
        "SELECT s.variant_id FROM stock s LEFT JOIN stock_movements m USING (variant_id) GROUP BY s.variant_id, s.on_hand, s.reserved
         HAVING s.on_hand <> coalesce(sum(m.on_hand_delta), 0) OR s.reserved <> coalesce(sum(m.reserved_delta), 0)",
    'a coupon is used more often than it may' =>
        "SELECT code FROM coupons k WHERE usage_limit < used OR usage_limit IS NOT NULL
            AND used <> (SELECT count(*) FROM coupon_uses u WHERE u.coupon_id = k.id)",
    'lines and total differ' =>
        "SELECT o.number FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id
         HAVING o.total <> sum(i.line_total) + o.shipping OR o.discount <> sum(i.discount) OR o.subtotal <> sum(i.line_subtotal)",
    'an order holds the wrong units for its state' =>
        "SELECT DISTINCT o.number FROM orders o JOIN order_items i ON i.order_id = o.id
          WHERE (o.status IN ('pending', 'paid', 'processing') AND i.reserved + i.canceled + i.shipped <> i.quantity)
             OR (o.status = 'canceled' AND i.canceled <> i.quantity)",
    'a cart was placed twice' => "SELECT cart_id, cart_version FROM orders GROUP BY 1, 2 HAVING count(*) > 1",
    'the trail does not lead to the state' =>
        "SELECT o.number FROM orders o WHERE o.status <> (SELECT to_state FROM order_events e WHERE e.order_id = o.id ORDER BY id DESC LIMIT 1)
             OR o.version <> (SELECT count(*) FROM order_events e WHERE e.order_id = o.id)",
    'a booking does not balance' =>
        "SELECT transaction_id FROM ledger_entries GROUP BY transaction_id, currency HAVING sum(amount) <> 0",
    'a payment was booked more or less than once' =>
        "SELECT p.uuid FROM payments p WHERE p.method = 'gateway' AND p.status IN ('captured', 'suspense')
            AND (SELECT count(*) FROM ledger_transactions t WHERE t.payment_id = p.id AND t.event IN ('capture', 'suspense_in', 'topup')) <> 1",
    'an order counts two payments' =>
        "SELECT order_id FROM payments WHERE method <> 'wallet' AND status = 'captured' AND order_id IS NOT NULL GROUP BY order_id HAVING count(*) > 1",
    'a paid order has no money' =>
        "SELECT o.number FROM orders o WHERE o.status IN ('paid', 'processing', 'shipped', 'delivered') AND o.payment_method <> 'cod'
            AND o.total <> (SELECT coalesce(sum(captured), 0) FROM payments p WHERE p.order_id = o.id)",
    'money stays with a canceled order' =>
        "SELECT o.number FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.status = 'canceled' AND p.captured <> p.refund_committed",
    'more was refunded than captured' => "SELECT uuid FROM payments WHERE refund_committed > captured AND status <> 'suspense'",
    'a wallet is not the sum of its movements' =>
        "SELECT w.customer_id FROM wallets w LEFT JOIN wallet_movements m USING (customer_id) GROUP BY w.customer_id, w.balance, w.held
         HAVING w.balance <> coalesce(sum(m.balance_delta), 0) OR w.held <> coalesce(sum(m.held_delta), 0) OR w.held > w.balance OR w.held < 0",
    'a customer was told twice' =>
        "SELECT payload FROM jobs WHERE kind = 'order_message' GROUP BY payload HAVING count(*) > 1",
);

sub faults {
    my ($shop) = @_;
    my $sql = join ' UNION ALL ', map {
        (my $q = $LAWS{$_}) =~ s/\s+/ /g;
        "SELECT '$_' || ': ' || (SELECT string_agg(x::text, ' ') FROM ($q LIMIT 5) x) WHERE EXISTS ($q)";
    } sort keys %LAWS;
    return map { $_->[0] } $shop->db_query($sql, admin => 1);
}

# How many units of a variant have been sold beyond what there ever was: 0 unless oversold.
sub oversold {
    my ($shop, $variant) = @_;
    return $shop->db_value("SELECT greatest(0, (SELECT coalesce(sum(i.quantity - i.canceled), 0) FROM order_items i JOIN orders o ON o.id = i.order_id
        WHERE i.variant_id = $variant AND o.status <> 'canceled')
        - (SELECT coalesce(sum(on_hand_delta), 0) FROM stock_movements WHERE variant_id = $variant AND kind IN ('count', 'restock')))", admin => 1);
}

# No job is waiting for its turn or under way, and nothing is on its way from the bank.
sub quiet {
    my ($shop, $seconds) = @_;
    return wait_for(sub {
        $shop->db_value("SELECT count(*) FROM jobs WHERE state = 'running' OR (state = 'ready' AND run_at <= shop_now())", admin => 1) == 0
            && $shop->sandbox->get('/healthz')->{json}{deliveries} == 0;
    }, $seconds // 60);
}

# The shop's own clock moves on.
sub later {
    my ($shop, $interval) = @_;
    $shop->db_query("UPDATE clock SET shift = shift + interval '$interval'", admin => 1);
    return;
}

# The database itself refuses a statement, even from its superuser.
sub refuses {
    my ($shop, $sql) = @_;
    my $done = eval { $shop->db_query($sql, admin => 1); 1 };
    return !$done;
}

# `tarazu doctor` finds nothing: (true, what it said).
sub clean_doctor {
    my ($shop) = @_;
    my $e = $shop->endpoints;
    my $out = qx('$e->{tarazu}' --config '$e->{config}' doctor 2>&1);
    return ($? == 0, $out);
}

# The end of a test: no law is broken, and the shop's own doctor agrees.
sub adds_up {
    my ($shop, $what) = @_;
    my $of = defined $what ? "$what: " : '';
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @faults = faults($shop);
    Test::More::is_deeply(\@faults, [], "${of}everything adds up") or Test::More::diag(Test::More::explain(\@faults));
    my ($clean, $said) = clean_doctor($shop);
    Test::More::ok($clean, "${of}the doctor finds nothing") or Test::More::diag($said);
    return;
}

# {status => how many}, of answers or numbers.
sub tally { my %n; $n{ ref $_ ? $_->{status} // "died: $_->{died}" : $_ }++ for @_; return \%n }

# Log lines of the replicas that match, oldest first.
sub log_lines {
    my ($shop, $pattern) = @_;
    my @found;
    for my $file (glob $shop->state . '/log/tarazu-r*.log') {
        open my $fh, '<', $file or next;
        push @found, grep { $_ =~ $pattern } <$fh>;
    }
    @found = sort @found; # each begins with its time
    return @found;
}

# ---- stop points of the test build ----

# A folder for TARAZU_TEST_POINTS: hold(name), held(name), go(name), kill(name).
sub points {
    require File::Temp;
    my $dir = File::Temp::tempdir('points-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0777, $dir;
    return bless { dir => $dir }, 'Tarazu::Test::Storm::Points';
}

package Tarazu::Test::Storm::Points;

sub dir { return $_[0]{dir} }
sub _touch { my ($self, $file) = @_; open my $fh, '>', "$self->{dir}/$file" or die "$file: $!"; close $fh; chmod 0666, "$self->{dir}/$file"; return }
sub hold { my ($self, $name) = @_; $self->_touch("$name.hold"); return }
sub go { my ($self, $name) = @_; unlink "$self->{dir}/$name.hold"; return }
sub kill { my ($self, $name) = @_; $self->_touch("$name.kill"); return }
sub armed { my ($self, $name) = @_; return -e "$self->{dir}/$name.kill" }
sub disarm { my ($self, $name) = @_; unlink "$self->{dir}/$name.kill"; return }
# How many processes stand there.
sub held { my ($self, $name) = @_; return scalar(my @at = glob "$self->{dir}/$name.*.at") }

1;
