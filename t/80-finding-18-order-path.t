#!/usr/bin/env perl
# Finding 18: the hot order path was never measured. Here a placement's time in the worker is compared with
# the database's own limit in the same run: the very statements of one placement, taken from the server's
# log, given to it again in two trips by psql with prepared statements, in turns with placements through
# the shop. scripts/bench runs it longer and prints the table of docs/performance.md.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter log_lines adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $ROUNDS = $ENV{TARAZU_ROUNDS} // 4;
my ($EACH, $LEAST, $PRICE, $TOTAL) = (12, 1 / 3, 250_000, 530_000); # orders a round, share of the limit, two lines

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
# Numbers that stand for one thing only, so that a recorded placement can be made another's.
$shop->db_query("ALTER TABLE customers ALTER id RESTART 10000001; ALTER TABLE carts ALTER id RESTART 20000001; ALTER TABLE orders ALTER id RESTART 30000001;
    ALTER TABLE idempotency_keys ALTER id RESTART 40000001", admin => 1);
$shop->db_query("INSERT INTO settings (key, value) VALUES ('max_pending_orders', '100')", admin => 1);
my ($one, $two) = goods($shop, count => 2, on_hand => 1_000_000);
my ($recorded, @people) = crowd($shop, 1 + 2 * $EACH * $ROUNDS);
my %customer = map { $_->[0] => { id => $_->[1], cart => $_->[2] } } $shop->db_query(
    "WITH c AS (INSERT INTO carts (customer_id) SELECT id FROM customers ORDER BY id RETURNING id, customer_id),
     i AS (INSERT INTO cart_items (cart_id, variant_id, quantity, price_seen) SELECT c.id, v, 1, $PRICE FROM c, (VALUES ($one), ($two)) x(v))
     SELECT p.phone, p.id, c.id FROM c JOIN customers p ON p.id = c.customer_id", admin => 1);

sub place { my ($buyer, $key) = @_; return $buyer->must($buyer->place(wish => { $buyer->choices, expected_total => $TOTAL }, key => $key), 201) }
sub buyer { return Tarazu::Test::Buyer->new($shop, enter($shop, $_[0])) }

# ---- One placement as the database sees it: its statements from BEGIN to COMMIT.
my $postgres = $shop->state . '/log/postgresql.log';
sub logging { my ($ms) = @_; # ALTER SYSTEM stands alone
    $shop->db_query("ALTER SYSTEM SET log_min_duration_statement = $ms", admin => 1); $shop->db_query('SELECT pg_reload_conf()', admin => 1); return }
my $first = buyer($recorded);
logging(0);
wait_for(sub { $shop->db_value('SHOW log_min_duration_statement', admin => 1) eq '0' }, 10);
my $order = place($first, 'recorded-key');
logging(-1);
my $oid = $shop->db_value("SELECT id FROM orders WHERE number = '$order->{number}'");
my $claim = $shop->db_value("SELECT id FROM idempotency_keys WHERE key = 'recorded-key'", admin => 1);

sub transactions { # of the log: lists of [name, statement, values]
    open my $in, '<:encoding(UTF-8)', $postgres or die "$postgres: $!";
    my $text = do { local $/; <$in> };
    my (%open, @done, %last);
    for my $entry (split /^(?=\d{4}-\d\d-\d\d \d\d:)/m, $text) {
        my ($pid, $user, $what, $body) = $entry =~ /\A\S+ \S+ \S+ \[(\d+)\] (\S+) .*?(LOG|DETAIL):\s+(.*)\z/s or next;
        next if $user ne 'tarazu_order';
        if ($what eq 'DETAIL') {
            $last{$pid}[2] = [$body =~ /\$\d+ = (NULL|'(?:[^']|'')*')/g] if $last{$pid} && $body =~ /^parameters:/;
            next;
        }
        $last{$pid} = undef; # a bind tells its parameters, too
        my ($name, $sql) = $body =~ /^duration: [\d.]+ ms\s+execute ([^:]+): (.*)\z/s or next;
        $sql =~ s/\s+\z//;
        $open{$pid} = [] if $sql =~ /^BEGIN\b/;
        push @{ $open{$pid} }, $last{$pid} = [$name, $sql, []] if $open{$pid};
        push @done, delete $open{$pid} if $sql =~ /^COMMIT\b/ && $open{$pid};
    }
    return @done;
}
my @trace;
wait_for(sub { (@trace) = map { @$_ } (grep { grep { $_->[1] =~ /INSERT INTO orders\b/ } @$_ } transactions())[0] // (); return scalar @trace }, 20)
    or BAIL_OUT('the placement is not in the log of the database');
note scalar(@trace), ' statements: ', join ' ', map { $_->[0] } @trace;

# Their parameters' types, as the program declares them.
my %types;
for my $file (glob 'sql/queries/*.sql') {
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
    while (<$in>) { $types{$1} = join ', ', map { /^(\S+)/ } split /,\s*/, $2 if /^-- name: (\w+) :\w+ \((.*)\)/ }
}
my ($prepare, %prepared) = '';
for my $s (@trace) {
    my ($name, $sql) = @$s;
    next if $sql !~ /^\s*(?:--[^\n]*\n\s*)*(?:SELECT|INSERT|UPDATE|DELETE|WITH|VALUES)\b/i || $prepared{$name}++;
    my $types = $types{$name} // $types{"q_$name"} // '';
    $prepare .= "PREPARE \"$name\"" . ($types ? " ($types)" : '') . " AS $sql;\n";
}
my ($cut) = grep { $trace[$_][1] =~ /nextval\(pg_get_serial_sequence\('orders'/ } 0 .. $#trace;
ok(defined $cut && $cut < $#trace, 'its facts come by one trip, its writes by another') or BAIL_OUT('no second trip');

# The same for another customer: every number of the recorded one is replaced.
sub again {
    my ($person, $id, $number, $claimed) = @_;
    my ($old, $new) = ($customer{ $recorded->{phone} }, $customer{ $person->{phone} });
    my %to = ($old->{id} => $new->{id}, $old->{cart} => $new->{cart}, $oid => $id, $order->{number} => $number, 'recorded-key' => "raw-$id", $claim => $claimed);
    my $pattern = join '|', map { quotemeta } keys %to;
    my @lines = map {
        my ($name, $sql, $values) = @$_;
        my $text = $prepared{$name} ? qq{EXECUTE "$name"} . (@$values ? '(' . join(', ', @$values) . ')' : '') : $sql;
        $text =~ s/(?<!\w)($pattern)(?!\w)/$to{$1}/gr;
    } @trace;
    return join('\\; ', @lines[0 .. $cut]) . ";\n" . join('\\; ', @lines[$cut + 1 .. $#lines]) . ";\n";
}
my $dsn = $shop->endpoints->{database} =~ s/user=\S+/user=tarazu_order/r;
sub raw { # -> milliseconds of each placement
    my @who = @_;
    my @ids = $shop->db_query("SELECT n.id, order_number(n.id) FROM (SELECT nextval(pg_get_serial_sequence('orders', 'id')) AS id FROM generate_series(1, @{[scalar @who]})) n", admin => 1);
    my $claims = $shop->db_value("SELECT last_value FROM idempotency_keys_id_seq", admin => 1); # nobody else places now
    my $file = $shop->state . '.sql';
    open my $out, '>:encoding(UTF-8)', $file or die "$file: $!";
    print {$out} "\\set ON_ERROR_STOP 1\nSET client_min_messages = error;\n$prepare\\timing on\n", map { again($who[$_], @{ $ids[$_] }, $claims + 1 + $_) } 0 .. $#who;
    close $out or die "$file: $!";
    my @ms = `psql -X -q -At -d '$dsn' -f '$file'` =~ /^Time: ([\d.]+) ms/mg;
    $? == 0 or die "psql failed on $file";
    unlink $file;
    return map { $ms[2 * $_] + $ms[2 * $_ + 1] } 0 .. $#who;
}
sub median { my @s = sort { $a <=> $b } @_; return $s[@s / 2] }

# ---- In turns: the rest of the way to an order, orders through the shop, orders by the database alone.
my $page = $shop->client->get('/products')->{json}{items}[0]{slug};
utf8::encode($page);
$page =~ s/([^\x21-\x7e])/sprintf '%%%02X', ord $1/ge;
my (@raw, %mine);
for my $round (1 .. $ROUNDS) {
    my @by_shop = map { buyer($_) } splice @people, 0, $EACH;
    my $visitor = $shop->client(from => "127.31.0.$round");
    for my $buyer (@by_shop) {
        $mine{ $buyer->{client}{http}{local_address} } = 1;
        $mine{"127.31.0.$round"} = 1;
        $visitor->get($_, headers => { cookie => '__Host-cart=nobody' }) for "/products/$page", '/products';
        $buyer->quote;
        place($buyer, "shop-$round");
    }
    push @raw, raw(splice @people, 0, $EACH);
}
my %took;
for my $line (log_lines($shop, qr/"route":"(?:PRODUCT|PRODUCT_LIST|QUOTE|ORDER_PLACE)"/)) {
    my $l = JSON::PP::decode_json($line);
    push @{ $took{ $l->{route} } }, $l if $mine{ $l->{client} } && $l->{status} < 300;
}
is(scalar @{ $took{ORDER_PLACE} // [] }, $EACH * $ROUNDS, 'the workers tell of every order');
my $limit = 1000 * median(@raw);
my %us = map { $_ => median(map { $_->{us} } @{ $took{$_} }) } keys %took;
my %cpu = map { $_ => median(map { $_->{cpu_us} } @{ $took{$_} }) } keys %took;
my $say = $ENV{TARAZU_ROUNDS} ? \&diag : \&note;
$say->(sprintf '%-14s %10s %12s %10s', 'route', 'worker us', 'worker CPU', 'x page');
$say->(sprintf '%-14s %10d %12d %10.2f', $_, $us{$_}, $cpu{$_}, $us{$_} / $us{PRODUCT}) for sort { $us{$a} <=> $us{$b} } keys %us;
$say->(sprintf '%-14s %10d: the statements of a placement by themselves, in two trips', 'database', $limit);
my $share = $limit / $us{ORDER_PLACE};
$say->(sprintf 'a worker places orders at %.2f of the rate that the database alone would allow it', $share);
cmp_ok($share, '>=', $LEAST, sprintf 'placing runs at %.2f of what the database alone allows', $share);
cmp_ok($cpu{ORDER_PLACE}, '<', $limit, 'a worker computes less for an order than the database does');
is($shop->db_value("SELECT count(*) FROM orders"), 1 + 2 * $EACH * $ROUNDS, 'both ways made whole orders');
my ($raw_lines) = $shop->db_value('SELECT count(*) FROM order_items', admin => 1);
is($raw_lines, 2 * (1 + 2 * $EACH * $ROUNDS), 'of two lines each');
adds_up($shop);
$shop->stop;
done_testing;
