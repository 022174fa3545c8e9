package Tarazu::Test::Interleave;

# Two requests or jobs in every order, without luck: one is caught at a stop point of the test build
# while the other is fired and seen to wait for a lock, or to finish.
#
#   my $stage = Tarazu::Test::Interleave->start;        # a shop with two replicas whose jobs wait for a word,
#                                                       # unless awake => 1
#   my ($f) = $stage->fresh(1);                         # customer, variants, coupon, filled cart, store credit
#   $stage->catch('before_commit.ORDER_CANCEL');        # the first process that comes there stays
#   $stage->fire(0, { method => 'POST', path => …, bearer => $f->{bearer} });
#   $stage->caught or die;                              # it stands there, with all its locks
#   $stage->fire(1, …);
#   my $how = $stage->waits(1);                         # 'waits' for a lock, or has 'finished'
#   $stage->free;
#   my $r = $stage->answer(0);
#
# Fired things: {method, path, json …} as of Tarazu::Test::Client, or {job => id}.

use strict;
use warnings;
use utf8;

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex sha256 sha256_hex);
use File::Temp ();
use IO::Handle;
use IO::Select;
use IPC::Open2;
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Storable ();
use Time::HiRes qw(time);

use Tarazu::Test::Client;
use Tarazu::Test::Shop;
use Tarazu::Test::Storm qw(shelf points);

my $JSON = JSON::PP->new->utf8;
my $PATIENCE = 15; # seconds; nothing here takes one

# Looks often: what is waited for comes in milliseconds, some thousand times.
sub soon {
    my ($condition) = @_;
    my $end = time + $PATIENCE;
    while (1) {
        my $found = $condition->();
        return $found if $found || time > $end;
        select undef, undef, undef, 0.002;
    }
}

# What every fixture begins with, in Toman and units.
our %WORLD = (price => [100_000, 50_000], on_hand => [5, 4], shipping => 30_000, coupon => 10_000, coupon_limit => 2, wallet => 70_000);

sub start {
    my ($class, %o) = @_;
    my $awake = delete $o{awake};
    my $limits = File::Temp->new; # all requests come from one address
    open my $own, '<', 'nginx/limits.conf' or die "limits.conf: $!";
    print {$limits} map { s{rate=\S+r/[sm]}{rate=1000000r/s}r =~ s{burst=\d+}{burst=100000}r } <$own>;
    close $limits;
    chmod 0644, "$limits";
    my $points = points();
    my $shop = Tarazu::Test::Shop->start(replicas => 2, limits => "$limits", env => { TARAZU_TEST_POINTS => $points->dir },
        conf => { 'worker.web' => 2, 'worker.order' => 2, 'worker.pay' => 2, 'worker.job' => 2 }, %o);
    my $self = bless { shop => $shop, limits => $limits, dir => $points->dir, points => $points, serial => 0, pid => $$ }, $class;
    $self->_open_database;
    $self->_open_hands;
    shelf($shop);
    $shop->staff;
    $self->_keys;
    $self->{staff} = $self->_bearer(staff => @{ ($self->rows("UPDATE sessions SET expires_at = shop_now() + interval '1 day' WHERE staff_id IS NOT NULL RETURNING staff_id, id"))[0] });
    $self->_permit;
    $self->sleep if !$awake;
    return $self;
}

sub shop { return $_[0]{shop} }

# Every way of paying is open.
sub _permit {
    my ($self) = @_;
    $self->sql(q{INSERT INTO settings (key, value) VALUES ('cod_enabled', 'true'), ('card_to_card_enabled', 'true'),
        ('card_to_card_number', '"6037991234567890"'), ('topup_enabled', 'true'), ('topup_minimum', '1000'),
        ('max_pending_orders', '100')});
    return;
}

# Background work begins only when it is told to: new jobs and due schedules lie still.
sub sleep {
    my ($self) = @_;
    $self->sql(q{UPDATE schedules SET next_run_at = 'infinity'});
    $self->sql(q{CREATE OR REPLACE FUNCTION lie_still() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW.run_at := 'infinity'; RETURN NEW; END $f$});
    $self->sql(q{CREATE TRIGGER lie_still BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION lie_still()});
    return;
}

# Everything that lay still may run again.
sub wake {
    my ($self) = @_;
    $self->sql('DROP TRIGGER lie_still ON jobs');
    $self->sql(q{UPDATE jobs SET run_at = shop_now() WHERE run_at = 'infinity'});
    $self->sql(q{UPDATE schedules SET next_run_at = shop_now()});
    return;
}

# ---- a session of the database's superuser ----

sub _open_database {
    my ($self) = @_;
    my $dsn = $self->{shop}->endpoints->{database} =~ s/user=\S+/user=postgres/r;
    $self->{psql} = open2($self->{db_out}, $self->{db_in}, "exec psql -XAtq -F '\x1f' -d '$dsn' 2>&1");
    binmode $self->{$_}, ':encoding(UTF-8)' for qw(db_out db_in);
    return;
}

# Rows as arrays of text.
sub rows {
    my ($self, $text) = @_;
    my (@rows, $error);
    print { $self->{db_in} } "$text;\n\\echo \x1e\n";
    $self->{db_in}->flush;
    my $out = $self->{db_out};
    while (defined(my $line = <$out>)) {
        chomp $line;
        if ($line eq "\x1e") { die "$error\nfor: $text\n" if $error; return @rows }
        $error //= $line if $line =~ /^ERROR:/;
        push @rows, [split /\x1f/, $line, -1];
    }
    die "psql ended at: $text\n";
}

# The first value, or nothing to care about.
sub sql { my ($self, $text) = @_; my ($row) = $self->rows($text); return $row ? $row->[0] : undef }

# ---- hands: processes that make one request at a time ----

sub _open_hands {
    my ($self) = @_;
    for my $i (0, 1) {
        pipe(my $task_read, my $task_write) or die "pipe: $!";
        pipe(my $done_read, my $done_write) or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            close $task_write;
            my $client = $self->{shop}->client;
            while (my $task = _receive($task_read)) {
                my ($method, $path) = delete @$task{qw(method path)};
                my $r = eval { $client->request($method, $path, %$task) } // { status => 0, body => $@ };
                _send($done_write, { map { $_ => $r->{$_} } qw(status body json headers) });
            }
            POSIX::_exit(0);
        }
        close $task_read;
        close $done_write;
        $self->{hands}[$i] = { pid => $pid, to => $task_write, from => $done_read };
    }
    return;
}

sub _send {
    my ($fh, $data) = @_;
    my $bytes = Storable::freeze($data);
    syswrite $fh, pack('N', length $bytes) . $bytes;
    return;
}

sub _receive {
    my ($fh) = @_;
    my $read = sub {
        my ($n) = @_;
        my $bytes = '';
        while (length $bytes < $n) { sysread($fh, $bytes, $n - length $bytes, length $bytes) or return }
        return $bytes;
    };
    my $head = $read->(4) // return;
    return Storable::thaw($read->(unpack 'N', $head) // return);
}

sub fire {
    my ($self, $i, $what) = @_;
    my $hand = $self->{hands}[$i];
    $hand->{job} = $what->{job};
    if ($what->{job}) { $self->sql("UPDATE jobs SET run_at = shop_now() WHERE id = $what->{job}") }
    else { _send($hand->{to}, { %$what }) }
    return;
}

sub _finished {
    my ($self, $i) = @_;
    my $hand = $self->{hands}[$i];
    return IO::Select->new($hand->{from})->can_read(0) if !$hand->{job};
    return $self->sql("SELECT state IN ('done', 'dead') OR attempt > 0 AND state = 'ready' FROM jobs WHERE id = $hand->{job}") eq 't';
}

# The answer of what a hand fired; of a job: {status => 200 when done}.
sub answer {
    my ($self, $i) = @_;
    my $hand = $self->{hands}[$i];
    soon(sub { $self->_finished($i) }) or return { status => 0, body => 'no answer' };
    return _receive($hand->{from}) if !$hand->{job};
    my ($state, $error) = @{ ($self->rows("SELECT state, last_error FROM jobs WHERE id = $hand->{job}"))[0] };
    return { status => $state eq 'done' ? 200 : 500, body => $error };
}

# Fires and waits.
sub ask { my ($self, $what) = @_; $self->fire(0, $what); return $self->answer(0) }
sub must {
    my ($self, $what) = @_;
    my $r = $self->ask($what);
    die "$what->{method} $what->{path} answered $r->{status}: $r->{body}\n" if $r->{status} < 200 || $r->{status} >= 400;
    return $r->{json};
}

# ---- stop points ----

sub catch { my ($self, $point) = @_; $self->{point} = $point; $self->{points}->_touch("$point.catch"); return }

# Somebody stands at the point. False when hand 0 has finished without coming there.
sub caught {
    my ($self) = @_;
    my $there = sub { return scalar(my @at = glob "$self->{dir}/$self->{point}.*.at") };
    soon(sub { $there->() || $self->_finished(0) });
    return $there->();
}

sub free { my ($self) = @_; unlink "$self->{dir}/$self->{point}.catch", glob "$self->{dir}/$self->{point}.*.at"; return }
sub omit { my ($self, $guard) = @_; $self->{points}->_touch("$guard.omit"); return }
sub omit_no_more { my ($self) = @_; unlink glob "$self->{dir}/*.omit"; return }

# What the hand's request does while somebody is caught: 'waits' for a lock or has 'finished'.
sub waits {
    my ($self, $i) = @_;
    my ($how, $seen) = (undef, 0);
    soon(sub {
        return $how = 'finished' if $self->_finished($i);
        $seen = $self->sql('SELECT count(*) FROM pg_locks WHERE NOT granted') ? $seen + 1 : 0;
        return $how = 'waits' if $seen == 2; # not in passing
        return;
    });
    return $how // 'is lost';
}

# ---- fixtures ----

sub _keys {
    my ($self) = @_;
    open my $conf, '<', $self->{shop}->state . '/conf/tarazu-r1.conf' or die "conf: $!";
    my ($master) = map { /^secret\.key\s*=\s*(\S+)/ } <$conf>;
    for my $use (qw(jwt otp)) { # HKDF without a salt, one block
        $self->{keys}{$use} = hmac_sha256("auth/$use\x01", hmac_sha256($master, "\0" x 32));
    }
    return;
}

# An access token that lasts as long as a storm may.
sub _bearer {
    my ($self, $kind, $id, $session) = @_;
    my $key = $self->{keys}{jwt};
    my ($url, $now) = ($self->{shop}->url, time);
    my $part = join '.', map { encode_base64url($JSON->canonical->encode($_)) }
        { alg => 'HS256', typ => 'at+jwt', kid => unpack('H8', sha256($key)) },
        { iss => $url, aud => $url, sub => "$kind:$id", sid => $session + 0, iat => int $now, nbf => int $now, exp => int $now + 86_400 };
    return "$part." . encode_base64url(hmac_sha256($part, $key));
}

# Each has a customer with a session, store credit and a cart of 2 and 1 units of two variants of its own
# with a coupon of its own: {customer, phone, bearer, cart, variants, coupon => code, coupon_id}.
sub fresh {
    my ($self, $count) = @_;
    my $first = $self->{serial} + 1;
    my $last = $self->{serial} += $count;
    my $w = \%WORLD;
    my $series = "generate_series($first, $last) n";
    $self->sql("INSERT INTO products (slug, title_fa, title_en, category_id, search_key)
        SELECT 'fresh-' || n || '-' || i, 'کالا', 'Goods', (SELECT min(id) FROM categories), 'x' FROM $series, generate_series(0, 1) i ORDER BY n, i");
    $self->sql("INSERT INTO variants (product_id, sku, price, weight_g)
        SELECT p.id, 'F-' || n || '-' || i, CASE i WHEN 0 THEN $w->{price}[0] ELSE $w->{price}[1] END, 300
          FROM $series, generate_series(0, 1) i, products p WHERE p.slug = 'fresh-' || n || '-' || i ORDER BY n, i");
    $self->sql("INSERT INTO stock_movements (variant_id, kind, on_hand_delta, reason)
        SELECT v.id, 'count', CASE i WHEN 0 THEN $w->{on_hand}[0] ELSE $w->{on_hand}[1] END, 'opening'
          FROM $series, generate_series(0, 1) i, variants v WHERE v.sku = 'F-' || n || '-' || i");
    $self->sql("INSERT INTO customers (phone, name) SELECT '+98936' || lpad(n::text, 7, '0'), 'کسی' FROM $series");
    $self->sql("INSERT INTO coupons (code, kind, value, usage_limit) SELECT 'F' || n, 'fixed', $w->{coupon}, $w->{coupon_limit} FROM $series");
    my $these = "customers c, $series WHERE c.phone = '+98936' || lpad(n::text, 7, '0')";
    $self->sql("INSERT INTO sessions (customer_id, expires_at) SELECT c.id, shop_now() + interval '1 day' FROM $these");
    $self->sql("WITH m AS (INSERT INTO wallet_movements (customer_id, kind, balance_delta) SELECT c.id, 'adjust', $w->{wallet} FROM $these RETURNING id),
        t AS (INSERT INTO ledger_transactions (event) SELECT 'wallet_adjustment' FROM m RETURNING id)
        INSERT INTO ledger_entries (transaction_id, account, currency, amount)
        SELECT t.id, e.account::ledger_account, 'IRT', e.amount FROM t, (VALUES ('adjustments', $w->{wallet}), ('wallet', -$w->{wallet})) e(account, amount)");
    $self->sql("INSERT INTO carts (customer_id, coupon_code) SELECT c.id, 'F' || n FROM $these");
    $self->sql("INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen, added_at)
        SELECT k.id, v.id, 2 - i, v.price, shop_now() + i * interval '1 ms' FROM customers c, $series, generate_series(0, 1) i, variants v, carts k
         WHERE c.phone = '+98936' || lpad(n::text, 7, '0') AND v.sku = 'F-' || n || '-' || i AND k.customer_id = c.id");
    return map { {
        customer => $_->[0], phone => $_->[1], bearer => $self->_bearer(customer => $_->[0], $_->[2]), cart => $_->[3], variants => [@$_[4, 5]],
        coupon => $_->[6], coupon_id => $_->[7],
    } } $self->rows("SELECT c.id, c.phone, s.id, k.id, va.id, vb.id, u.code, u.id
        FROM $series JOIN customers c ON c.phone = '+98936' || lpad(n::text, 7, '0') JOIN sessions s ON s.customer_id = c.id
        JOIN carts k ON k.customer_id = c.id JOIN variants va ON va.sku = 'F-' || n || '-0' JOIN variants vb ON vb.sku = 'F-' || n || '-1'
        JOIN coupons u ON u.code = 'F' || n ORDER BY n");
}

# The customer's cart anew: units of the two variants, the second variant put in first when told.
sub fill_cart {
    my ($self, $f, $units, %o) = @_;
    my ($v, @order) = ($o{variants} // $f->{variants}, $o{opposite} ? (1, 0) : (0, 1));
    my $code = $o{coupon} ? "'$o{coupon}'" : 'NULL';
    $self->sql("WITH d AS (DELETE FROM cart_items WHERE cart_id = $f->{cart}) UPDATE carts SET version = version + 1, coupon_code = $code WHERE id = $f->{cart}");
    $self->sql("INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen, added_at) SELECT $f->{cart}, x.v, x.q, (SELECT price FROM variants WHERE id = x.v), shop_now() + x.n * interval '1 ms'
        FROM (VALUES " . join(', ', map { "($v->[$order[$_]], $units->[$order[$_]], $_)" } 0, 1) . ') x(v, q, n)');
    return;
}

# A guest's cart with one unit: the token of its cookie.
sub guest_cart {
    my ($self, $variant, $mine) = @_;
    my $token = join '-', 'guest', $mine // (), ++$self->{guests};
    $self->sql("WITH c AS (INSERT INTO carts (token_hash) VALUES ('" . sha256_hex($token) . "') RETURNING id)
        INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen) SELECT id, $variant, 1, 1 FROM c");
    return $token;
}

# A code that was sent to the phone: what POST /auth/verify-otp takes.
sub code_for {
    my ($self, $phone) = @_;
    my $id = $self->sql('SELECT gen_random_uuid()');
    my $hash = hmac_sha256_hex("$id|$phone|123456", $self->{keys}{otp});
    $self->sql("INSERT INTO otp_phones (phone) VALUES ('$phone') ON CONFLICT DO NOTHING");
    $self->sql("INSERT INTO otp_codes (id, phone, hash, expires_at, challenges) VALUES ('$id', '$phone', '$hash', shop_now() + interval '5 minutes', 1)");
    my $challenge = $self->sql("INSERT INTO otp_challenges (id, code_id, purpose, attempts_left) VALUES (gen_random_uuid(), '$id', 'login', 5) RETURNING id");
    return { challenge_id => $challenge, phone => $phone, code => '123456' };
}

# A job of a kind that lies still until it is fired.
sub job {
    my ($self, $kind, $payload) = @_;
    return $self->sql("INSERT INTO jobs (kind, payload) VALUES ('$kind', '" . ($payload // '{}') . "') RETURNING id");
}

sub stop {
    my ($self) = @_;
    close $_->{to} for @{ $self->{hands} };
    waitpid $_->{pid}, 0 for @{ $self->{hands} };
    close $self->{db_in};
    waitpid $self->{psql}, 0;
    $self->{shop}->stop;
    return;
}

1;
