#!/usr/bin/env perl
# Background work: taken once among many workers, taken up again when a worker vanishes, given up after
# its last attempt and shown to staff; schedules fire once however many replicas look.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter faults quiet later points log_lines);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $points = points();
my $shop = Tarazu::Test::Shop->start(replicas => 2, conf => { 'worker.job' => 3 }, env => { TARAZU_TEST_POINTS => $points->dir });
$shop->expect_errors(qr/"msg":"worker died"/, qr/"msg":"job is dead"/);
shelf($shop);
my ($variant) = goods($shop, on_hand => 1000);
my $staff = $shop->staff;
sub job { my ($id) = @_; return $shop->db_value("SELECT state || ' ' || attempt FROM jobs WHERE id = $id", admin => 1) }
sub add { my ($kind, $payload) = @_;
    return $shop->db_value("INSERT INTO jobs (kind, payload) VALUES ('$kind', '@{[$payload // '{}']}') RETURNING id", admin => 1) }

subtest 'each is worked on once' => sub {
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, (crowd($shop, 1))[0]));
    $buyer->put($variant);
    my $order = $buyer->must($buyer->place, 201);
    my $id = $shop->db_value("SELECT id FROM orders WHERE number = '$order->{number}'");
    ok(quiet($shop), 'its own message is sent');
    my $sms = sub { $shop->sandbox->get('/healthz')->{json}{sms} };
    my $before = $sms->();
    $shop->db_query("INSERT INTO jobs (kind, payload) SELECT 'order_message', jsonb_build_object('order_id', $id, 'message', 'order_paid')
        FROM generate_series(1, 40)", admin => 1);
    ok(quiet($shop), 'six workers do forty jobs');
    is($sms->() - $before, 40, 'forty messages');
    is($shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'order_message' AND (state <> 'done' OR attempt <> 1)", admin => 1), 0, 'one attempt each');
};

subtest 'the provider stumbles' => sub {
    my $id = $shop->db_value('SELECT max(id) FROM orders');
    $shop->sandbox->post('/faults', json => { call => 'sms', kind => 'status', status => 500 });
    my $job = add('order_message', qq({"order_id": $id, "message": "order_paid"}));
    ok(wait_for(sub { job($job) eq 'ready 1' }, 30), 'a failed attempt waits for the next') or diag job($job);
    ok($shop->db_value("SELECT run_at > shop_now() FROM jobs WHERE id = $job", admin => 1) eq 't', 'not at once');
    like($shop->db_value("SELECT last_error FROM jobs WHERE id = $job", admin => 1), qr/\w/, 'with the reason');
    ok(wait_for(sub { later($shop, '10 minutes'); job($job) =~ /^dead/ }, 60), 'after its last attempt it is dead');
    is(job($job), 'dead 8', 'which was the eighth');
    $shop->db_query("UPDATE clock SET shift = '0'", admin => 1); # tokens are good by the clock, too
    my ($shown) = grep { $_->{id} == $job } @{ $staff->get('/admin/jobs')->{json}{items} };
    is($shown->{attempts}, 8, "it stands on the staff's page");
    $shop->sandbox->delete('/faults');
    is($staff->post("/admin/jobs/$job/retry", json => {})->{status}, 200, 'staff try again');
    ok(wait_for(sub { later($shop, '30 seconds'); job($job) =~ /^done/ }, 60), 'and it is done');
};

subtest 'a worker vanishes' => sub {
    my $id = $shop->db_value('SELECT max(id) FROM orders');
    ok(quiet($shop), 'nothing to do');
    my $job;
    for (1 .. 5) { # another job may come to the point first
        $points->kill('job_worked');
        $job = add('order_message', qq({"order_id": $id, "message": "order_shipped"}));
        wait_for(sub { !$points->armed('job_worked') }, 20) or last;
        last if !wait_for(sub { job($job) =~ /^done/ }, 2);
    }
    is(job($job), 'running 1', 'the job is still in its hands');
    later($shop, '3 minutes');
    # More attempts are right only where the breaker of that replica is still open from the stumble above.
    my $why = sub { $shop->db_value("SELECT coalesce(last_error, '') FROM jobs WHERE id = $job", admin => 1) };
    wait_for(sub { later($shop, '30 seconds') if job($job) =~ /^ready/; job($job) =~ /^done/ }, 60);
    like(job($job), ($why->() // '') eq 'circuit breaker is open' ? qr/^done \d+\z/ : qr/^done 2\z/, 'another takes it up when the time is over') or diag $why->();
    cmp_ok(scalar(log_lines($shop, qr/"msg":"worker died".*"route":"order_message"/)), '>=', 1, 'the log names the kind');
};

subtest 'work that kills every worker' => sub {
    my $job = add('order_message', '{"order_id": 0, "message": "order_paid"}');
    ok(quiet($shop), 'nothing to do');
    $shop->db_query("UPDATE jobs SET state = 'running', attempt = 8, locked_until = shop_now() - interval '1 second', finished_at = NULL WHERE id = $job", admin => 1);
    ok(wait_for(sub { job($job) =~ /^dead/ }, 20), 'is given up after its last attempt') or diag job($job);
};

subtest 'schedules' => sub {
    ok(quiet($shop), 'nothing to do');
    my $count = sub { $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'order_expire' AND dedupe = 'schedule'", admin => 1) };
    my $before = $count->();
    $shop->db_query("UPDATE schedules SET next_run_at = shop_now() - interval '5 hours' WHERE kind = 'order_expire'", admin => 1);
    ok(wait_for(sub { $count->() > $before }, 20), 'a schedule that is due fires');
    ok(quiet($shop), 'its job is done');
    is($count->() - $before, 1, 'once for all that was missed, though six workers look');
};

subtest 'who hangs holds up his own' => sub {
    ok(quiet($shop), 'nothing to do');
    my $id = $shop->db_value('SELECT max(id) FROM orders');
    my %lane = (
        bank => sub { $shop->db_query('INSERT INTO jobs (kind) SELECT \'payment_reconcile\' FROM generate_series(1, 8)', admin => 1) },
        sms => sub { $shop->db_query("INSERT INTO jobs (kind, payload) SELECT 'order_message', jsonb_build_object('order_id', $id, 'message', 'order_paid')
            FROM generate_series(1, 8)", admin => 1) },
    );
    my %other = (
        bank => sub { ok($shop->login('0912111000' . int rand 10), 'a code goes out and is good') },
        sms => sub { my $job = add('payment_reconcile'); ok(wait_for(sub { job($job) =~ /^done/ }, 20), 'the bank is asked') or diag job($job) },
    );
    for my $lane (sort keys %lane) {
        $points->hold("job_$lane");
        $lane{$lane}->();
        ok(wait_for(sub { $points->held("job_$lane") == 4 }, 20), "two workers of each replica hang in $lane") or diag $points->held("job_$lane");
        my $own = add('audit_seal');
        ok(wait_for(sub { job($own) =~ /^done/ }, 20), 'work that waits for nobody goes on') or diag job($own);
        $other{$lane}->();
        is($points->held("job_$lane"), 4, 'while they hang');
        $points->go("job_$lane");
        ok(quiet($shop), 'all of it is done in the end');
    }
};

subtest 'a code before ten thousand messages' => sub {
    $shop->db_query("INSERT INTO jobs (kind, payload, run_at) SELECT 'stock_message', '{\"request_id\": 0}', shop_now() - interval '1 hour'
        FROM generate_series(1, 10000)", admin => 1);
    $shop->login('09121110099');
    cmp_ok($shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'stock_message' AND state = 'ready'", admin => 1), '>', 0, 'comes first');
    $shop->db_query("DELETE FROM jobs WHERE kind = 'stock_message' AND state = 'ready'", admin => 1);
    ok(quiet($shop), 'nothing else to do');
};

# The messages asked for above are the only doubles.
is_deeply([grep { !/^a customer was told twice/ } faults($shop)], [], 'everything else adds up');
$shop->stop;
done_testing;
