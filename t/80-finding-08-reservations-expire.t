#!/usr/bin/env perl
# Finding 8: what was put aside for an unpaid order never came back. Here it comes back by the shop's clock,
# once, though both replicas look for it at the same time.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter oversold quiet later tally adds_up);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(replicas => 2, conf => { 'worker.job' => 4 });
shelf($shop);
my ($variant) = goods($shop, on_hand => 8);
coupon($shop, 'BACK', usage_limit => 8);
my @people = crowd($shop, 8);
my @numbers = at_once(8, do => sub {
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $people[$_[0]]));
    $buyer->put($variant);
    $buyer->must($buyer->apply('BACK'));
    my ($r) = Tarazu::Test::Buyer::patiently(sub { $buyer->place(key => 'x') });
    return \$r->{json}{number};
});
is($shop->db_value("SELECT reserved FROM stock WHERE variant_id = $variant"), 8, 'all eight are put aside');
later($shop, '19 minutes');
$shop->db_query("INSERT INTO jobs (kind, run_at) SELECT 'order_expire', shop_now() FROM generate_series(1, 8)", admin => 1);
ok(quiet($shop, 30), 'looked through');
is($shop->db_value("SELECT reserved FROM stock WHERE variant_id = $variant"), 8, 'before their time nothing happens');
# One order that cannot be changed just now holds up no other.
$shop->db_query("CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'stuck'; END \$\$", admin => 1);
my $first = $shop->db_value('SELECT min(id) FROM orders', admin => 1);
$shop->db_query("CREATE TRIGGER stuck BEFORE UPDATE OF status ON orders FOR EACH ROW WHEN (OLD.id = $first) EXECUTE FUNCTION stuck()", admin => 1);
later($shop, '2 minutes');
$shop->db_query("INSERT INTO jobs (kind, run_at) SELECT 'order_expire', shop_now() FROM generate_series(1, 2)", admin => 1);
ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM orders WHERE status = 'canceled'") == 7 }, 30), 'their time is over, but for one that is stuck');
$shop->db_query('DROP TRIGGER stuck ON orders', admin => 1);
$shop->db_query("INSERT INTO jobs (kind, run_at) SELECT 'order_expire', shop_now() FROM generate_series(1, 16)", admin => 1);
ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM orders WHERE status = 'canceled'") == 8 }, 30), 'and for that one too');
ok(quiet($shop, 30), 'all work is done');
is($shop->db_value("SELECT on_hand || ' ' || reserved FROM stock WHERE variant_id = $variant"), '8 0', 'everything is back on the shelf');
is($shop->db_value("SELECT count(*) FROM stock_movements WHERE variant_id = $variant AND kind = 'release'"), 8, 'once each');
is($shop->db_value("SELECT used FROM coupons WHERE code = 'BACK'"), 0, 'and the coupon too');
adds_up($shop);
$shop->stop;
done_testing;
