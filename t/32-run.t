#!/usr/bin/env perl
# scripts/run as somebody else's programs use it: what it leaves in endpoints.json, who the servers run
# as, two copies side by side, clear words when something is in the way, and a stop that leaves nothing.
use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Client;
use Tarazu::Test::Shop qw(wait_for);

$ENV{TARAZU_APP} = $ENV{TARAZU_TEST_APP} or BAIL_OUT("run it through scripts/test: scripts/test $0");
my $folder = tempdir('run-XXXXXX', DIR => $ENV{TARAZU_TEST_STATE}, CLEANUP => 1);
chmod 0755, $folder;

sub run {
    my @arguments = @_;
    my $out = `./scripts/run @arguments 2>&1 </dev/null`;
    return ($? >> 8, $out);
}
sub slurp { open my $fh, '<', $_[0] or return; local $/; return scalar <$fh> }
sub processes { # of a state folder
    my ($state) = @_;
    return grep { my $c = slurp("$_/cmdline"); defined $c && $c =~ /\Q$state\E\// } grep { !/self/ } glob '/proc/[0-9]*';
}

my $state = "$folder/one";
my $port = Tarazu::Test::Shop::_free_port();
my ($rc, $out) = run('--state', $state, '--port', $port, '--replicas', 2, '--empty', '--detach');
is($rc, 0, 'started') or diag($out);
like($out, qr{https://localhost:$port/}, 'it says where the shop is');
my $e = JSON::PP->new->utf8->decode(slurp("$state/run/endpoints.json"));
is($e->{shop}, "https://localhost:$port", 'endpoints: shop');
is($e->{sandbox}, 'https://localhost:' . ($port + 1), 'endpoints: sandbox');
ok($e->{staff}{$_}, "endpoints: staff $_") for qw(username password totp_secret);
ok($e->{webhook_secret}, 'endpoints: webhook_secret');
is($e->{replicas}, 2, 'endpoints: replicas');
is(scalar(grep { kill 0, $_ } @{ $e->{master_pids} }), 2, 'endpoints: two living masters');
is(`psql -XAtq -d '$e->{database}' -c 'SELECT current_user' 2>&1`, "tarazu_readonly\n", 'endpoints: database');
like(`psql -XAtq -d '$e->{database}' -c 'CREATE TABLE x ()' 2>&1`, qr/read-only|permission denied/, 'which only reads');
is(`psql -XAtq -d '$e->{database}' -c 'SHOW fsync' 2>&1`, "on\n", 'and outlives a power cut');
is((stat "$state/run")[2] & 007, 0, 'nobody else may look into run/');

my @processes = processes($state);
cmp_ok(scalar @processes, '>', 10, 'the servers run');
if ($> == 0) {
    my @root = grep { (stat $_)[4] == 0 } @processes;
    is(scalar @root, 0, 'none of them as root');
}
my $one = Tarazu::Test::Client->new(base => $e->{shop}, ca_file => $e->{ca_file});
is($one->get('/readyz')->{status}, 200, 'the shop answers');
is($one->get('/categories')->{json}{items}[0]{slug}, 'general', 'a new owner has a category to put products into');
cmp_ok(scalar @{ $one->post('/checkout/quote', json => {})->{json}{shipping_methods} }, '>', 1, 'and ways to ship them');

($rc, $out) = run('--state', $state, '--port', $port, '--detach');
isnt($rc, 0, 'a second start of the same copy is refused');
like($out, qr/runs already.*--stop/, 'and says what to do');
($rc, $out) = run('--state', "$folder/two", '--port', $port, '--empty', '--detach');
isnt($rc, 0, 'a busy port is refused');
like($out, qr/^run: port $port is taken.*--port$/m, 'in one sentence');
is($one->get('/readyz')->{status}, 200, 'neither disturbs the running copy');

# A path too long for a unix socket, and a second copy beside the first.
my $long = "$folder/" . 'l' x 90;
my $second = Tarazu::Test::Shop::_free_port();
($rc, $out) = run('--state', $long, '--port', $second, '--empty', '--detach');
is($rc, 0, 'a second copy starts, under a very long path') or diag($out);
is($one->get('/readyz')->{status}, 200, 'beside the first');
($rc) = run('--state', $long, '--stop');
is($rc, 0, 'and stops');
is($one->get('/readyz')->{status}, 200, 'alone');

($rc, $out) = run('--state', $state, '--stop');
is($rc, 0, 'stopped');
is(scalar processes($state), 0, 'no process is left') or diag(map { slurp("$_/cmdline") . "\n" } processes($state));
ok(!-e "$state/run/endpoints.json", 'nor endpoints.json');
($rc) = run('--state', $state, '--stop');
is($rc, 0, 'stopping twice is fine');

# In the foreground: a signal stops everything, in order.
my $pid = fork // die $!;
if (!$pid) {
    open STDOUT, '>', "$folder/foreground.log";
    open STDERR, '>&', \*STDOUT;
    exec './scripts/run', '--state', $state, '--port', $port, '--empty';
}
ok(wait_for(sub { -e "$state/run/endpoints.json" }, 60), 'started again, in the foreground') or diag(slurp("$folder/foreground.log"));
my $again = JSON::PP->new->utf8->decode(slurp("$state/run/endpoints.json"));
is($again->{staff}{password}, $e->{staff}{password}, 'with the same staff password');
kill TERM => $pid;
waitpid $pid, 0;
is(scalar processes($state), 0, 'a signal stops all of it');
like(slurp("$state/log/postgresql.log"), qr/database system is shut down\s*\z/, 'the database was shut down properly');

for my $bad (['--port', 80], ['--port', 'x'], ['--replicas', 0], ['--nonsense']) {
    my ($status, $said) = run(@$bad);
    isnt($status, 0, "@$bad is refused");
    unlike($said, qr/line \d+:|unbound/, 'without a trace');
}
done_testing;
