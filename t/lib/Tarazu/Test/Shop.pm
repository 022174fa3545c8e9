package Tarazu::Test::Shop;

# A throw-away shop for a test: started by scripts/run itself (in the test build, on a free port, with
# its own state folder) and stopped at the end of the script. A failed test keeps the state folder and
# says where it is.
#
#   my $shop = Tarazu::Test::Shop->start(replicas => 2);
#   my $buyer = $shop->login('09121234567', from => '127.0.3.1');
#   is($buyer->get('/cart')->{status}, 200);
#   $shop->stop;
#
# The shop is empty unless demo => 1. It is a copy of a shop that was made and stopped once a build
# (fresh => 1: made from nothing). An unexpected `error` line in the servers' logs fails the script;
# expected ones are declared with expect_errors(qr/…/).

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(hmac_sha1 sha256_hex);
use Exporter 'import';
use Fcntl qw(LOCK_EX);
use File::Basename qw(basename dirname);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP ();
use Test::More ();
use Time::HiRes qw(sleep time);

use Tarazu::Test::Client;
use Tarazu::Test::Psql;

our @EXPORT_OK = qw(wait_for);

my $ROOT = abs_path(dirname(__FILE__) . '/../../../..');
my $JSON = JSON::PP->new->utf8;
my @RUNNING;

# Options: replicas (1), demo (0), fresh (0), conf => { 'worker.web' => 2, … }, env => { TARAZU_TEST_OMIT => … },
# limits => file that replaces nginx/limits.conf.
sub start {
    my ($class, %o) = @_;
    my $app = $ENV{TARAZU_TEST_APP}
        or die "run it through scripts/test, which builds what it needs: scripts/test $0\n";
    my $folder = $ENV{TARAZU_TEST_STATE} // '/tmp';
    my $template = $o{fresh} ? undef : _template($folder, $app, $o{demo});
    my $state = tempdir(basename($0, '.t') . '-XXXXXX', DIR => $folder);
    _copy($template, $state) if $template;
    my $self = bless { state => $state, expected => [], pid => $$, %o }, $class;
    $self->{port} = _free_port();
    my %env = (%{ $o{env} // {} }, TARAZU_APP => $app, TARAZU_THROWAWAY => 1, TARAZU_BARE => 1);
    $env{TARAZU_EXTRA_CONF} = $self->_write_conf($o{conf}) if $o{conf};
    $env{TARAZU_LIMITS} = $o{limits} if $o{limits};
    local @ENV{ keys %env } = values %env;
    my $log = $self->{run_log} = "$state.run.log";
    my @command = ("$ROOT/scripts/run", '--state', $state, '--port', $self->{port},
        '--replicas', $o{replicas} // 1, '--detach', $o{demo} ? () : '--empty');
    if (_run_logged($log, @command) != 0) {
        Test::More::diag(_slurp($log));
        Test::More::BAIL_OUT("the shop did not start; its state is in $state");
    }
    $self->{endpoints} = $JSON->decode(_slurp("$state/run/endpoints.json"));
    push @RUNNING, $self;
    return $self;
}

# What of a stopped shop belongs to it rather than to its place or port. An archive is unpacked in a
# fraction of the time that copying the many small files takes.
my @KEPT = qw(pg media sandbox secrets tls setup);
sub _copy {
    my ($from, $to) = @_;
    system('tar', '-C', $to, '-xpf', $from) == 0 or die "the template $from could not be unpacked";
    return;
}

# The archive of a stopped shop of this build; whoever needs it first makes it.
sub _template {
    my ($folder, $app, $demo) = @_;
    my ($kind, $built) = ($demo ? 'demo' : 'bare', (stat "$app/.built")[9] // 0);
    my @makers = ("$ROOT/scripts/run", "$ROOT/scripts/demo", "$ROOT/sql/roles.sql", glob "$ROOT/scripts/lib/*.sh $ROOT/scripts/lib/demo/*");
    my $key = substr sha256_hex(join "\0", $built, map { _slurp($_) } @makers), 0, 12;
    my ($dir, $archive) = ("$folder/template-$kind.new", "$folder/template-$kind-$key.tar");
    open my $lock, '>', "$folder/template-$kind.lock" or die "$folder/template-$kind.lock: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    return $archive if -e $archive;
    remove_tree($dir, glob "$folder/template-$kind-*");
    local @ENV{qw(TARAZU_APP TARAZU_THROWAWAY TARAZU_BARE)} = ($app, 1, 1);
    my @run = ("$ROOT/scripts/run", '--state', $dir);
    for my $arguments (['--port', _free_port(), '--detach', $demo ? () : '--empty'], ['--stop']) {
        next if _run_logged("$dir.log", @run, @$arguments) == 0;
        Test::More::diag(_slurp("$dir.log"));
        Test::More::BAIL_OUT("the shop that others are copied from could not be made; its state is in $dir");
    }
    system('tar', '-C', $dir, '-cf', "$archive.new", @KEPT) == 0 or die "the template $dir could not be packed";
    rename "$archive.new", $archive or die "$archive: $!";
    unlink "$dir.log";
    remove_tree($dir);
    return $archive;
}

sub endpoints { return $_[0]{endpoints} }
sub url { return $_[0]{endpoints}{shop} }
sub state { return $_[0]{state} }

# A visitor; options as of Tarazu::Test::Client (from, html, headers …).
sub client {
    my ($self, %o) = @_;
    my $e = $self->{endpoints};
    return Tarazu::Test::Client->new(base => $e->{shop}, ca_file => $e->{ca_file}, %o);
}

# The outside world: bank, SMS and mail.
sub sandbox {
    my ($self) = @_;
    my $e = $self->{endpoints};
    return $self->{sandbox} //=
        Tarazu::Test::Client->new(base => $e->{sandbox}, ca_file => $e->{ca_file});
}

# A customer logged in with the code from the SMS inbox; options as of client().
sub login {
    my ($self, $phone, %o) = @_;
    my $client = $self->client(%o, html => 0);
    my $before = $self->_texts($phone);
    my $r = $client->post('/auth/request-otp', json => { phone => $phone });
    $r->{status} == 202 or die "request-otp for $phone: $r->{status} $r->{body}";
    my $challenge = $r->{json}{challenge_id};
    my $code = $self->sms_code($phone, $before); # an older one may lie in the inbox
    $r = $client->post('/auth/verify-otp',
        json => { challenge_id => $challenge, phone => $phone, code => $code });
    $r->{status} == 200 or die "verify-otp for $phone: $r->{status} $r->{body}";
    $client->{bearer} = $r->{json}{access_token};
    $client->{refresh_token} = $r->{json}{refresh_token};
    return $client;
}

sub _texts {
    my ($self, $phone) = @_;
    (my $to = $phone) =~ s/^0/+98/;
    $to =~ s/\+/%2B/;
    return @{ $self->sandbox->get("/inbox/sms?phone=$to")->{json}{items} // [] };
}

# The newest one-time code sent to a phone, waited for; with a number: once there are more messages.
sub sms_code {
    my ($self, $phone, $more_than) = @_;
    my $code;
    wait_for(sub {
        my @items = $self->_texts($phone);
        return if @items <= ($more_than // 0);
        my $item = $items[0];
        my $text = join ' ', map { $item->{$_} // () } qw(code token text);
        $text =~ tr/\x{6f0}-\x{6f9}\x{660}-\x{669}/0-90-9/;
        ($code) = $text =~ /(?<!\d)(\d{5,6})(?!\d)/;
        return defined $code;
    }, 15) or die "no SMS code came for $phone";
    return $code;
}

sub staff {
    my ($self, %o) = @_;
    my $client = $self->client(%o, html => 0);
    my $s = $self->{endpoints}{staff};
    my $r = $client->post('/auth/staff-login',
        json => { username => $s->{username}, password => $s->{password}, otp => totp($s->{totp_secret}) });
    $r->{status} == 200 or die "staff-login: $r->{status} $r->{body}";
    @$client{qw(bearer refresh_token)} = @{ $r->{json} }{qw(access_token refresh_token)};
    return $client;
}

sub totp {
    my ($secret, $at) = @_;
    my $bits = join '', map { sprintf '%05b', index 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', $_ }
        split //, uc $secret =~ s/[=\s]//gr;
    my $key = pack 'B*', substr $bits, 0, 8 * int(length($bits) / 8);
    my $hash = hmac_sha1(pack('Q>', int(($at // CORE::time()) / 30)), $key);
    my $offset = ord(substr $hash, -1) & 15;
    return sprintf '%06d', (unpack('N', substr $hash, $offset, 4) & 0x7fffffff) % 1_000_000;
}

sub _dsn {
    my ($self, %o) = @_;
    my $dsn = $self->{endpoints}{database};
    return $o{admin} ? $dsn =~ s/user=\S+/user=postgres/r : $dsn;
}

# Rows of a query as arrays of text; as the read-only role, or as the superuser with admin => 1.
sub db_query {
    my ($self, $sql, %o) = @_;
    my $dsn = $self->_dsn(%o);
    # Several statements are one transaction here.
    $sql = "BEGIN;\n$sql\n;COMMIT" if $sql =~ /;\s*\S/;
    my $out = eval { Tarazu::Test::Psql::ask($dsn, $sql) };
    defined $out or die "psql failed for: $sql\n$@";
    return map { [split /\x1f/, $_, -1] } $out =~ /^(.*)\n/mg;
}
sub db_value { my ($self, @q) = @_; my ($row) = $self->db_query(@q); return $row ? $row->[0] : undef }

# What `tarazu doctor` finds in the running shop, a line each: "proof: what: detail"; nothing when all adds
# up. Warnings (what takes long) only with warnings => 1.
sub doctor {
    my ($self, %o) = @_;
    my $conf = "$self->{state}/conf/tarazu-r1.conf";
    open my $out, '-|', "$ENV{TARAZU_TEST_APP}/bin/tarazu", '--config', $conf, 'doctor', '--json' or die "tarazu doctor: $!";
    my $text = do { local $/; <$out> };
    close $out;
    my $report = eval { $JSON->decode($text) } or return "tarazu doctor could not check (status $?)";
    return map { my $check = $_; map { "$check->{id}: $_->{what}: $_->{detail}" } @{ $check->{rows} } }
        grep { $o{warnings} || $_->{weight} eq 'fault' } @{ $report->{checks} };
}

sub expect_errors { my ($self, @patterns) = @_; push @{ $self->{expected} }, @patterns; return }

# Lines of the servers' logs that no test should cause, without the expected ones.
sub unexpected_errors {
    my ($self) = @_;
    my @bad;
    for my $file (glob "$self->{state}/log/{tarazu-r*,nginx-error}.log") {
        open my $fh, '<', $file or next;
        my $nginx = $file =~ /nginx/;
        while (my $line = <$fh>) {
            next unless $nginx ? $line =~ /\[(?:emerg|alert|crit)\]/
                : $line =~ /"level":\s*"error"|AddressSanitizer|runtime error:/;
            next if grep { $line =~ $_ } @{ $self->{expected} };
            push @bad, basename($file) . ": $line";
        }
    }
    return @bad;
}

sub stop {
    my ($self) = @_;
    return if $self->{stopped}++;
    @RUNNING = grep { $_ != $self } @RUNNING;
    Tarazu::Test::Psql::close_all(sub { $_[0] eq $self->_dsn || $_[0] eq $self->_dsn(admin => 1) });
    _run_logged($self->{run_log}, "$ROOT/scripts/run", '--state', $self->{state}, '--stop');
    my @bad = $self->unexpected_errors;
    Test::More::ok(!@bad, 'no unexpected errors in the logs of the servers')
        or Test::More::diag(@bad > 10 ? (@bad[0 .. 9], "…\n") : @bad);
    if (Test::More->builder->is_passing) {
        remove_tree($self->{state});
        unlink $self->{run_log};
    }
    else { Test::More::diag("the shop's state is kept in $self->{state}") }
    return;
}

END {
    my $status = $?;
    for my $shop (grep { $_->{pid} == $$ } @RUNNING) {
        Test::More::diag("the shop's state is kept in $shop->{state}") if $status;
        _run_logged($shop->{run_log}, "$ROOT/scripts/run", '--state', $shop->{state}, '--stop');
    }
    $? = $status;
}

# Waits until the condition holds; false when it did not within so many seconds.
sub wait_for {
    my ($condition, $seconds) = @_;
    my $end = time + ($seconds // 10);
    my $pause = 0.01;
    while (1) {
        my $found = $condition->();
        return $found if $found;
        return if time > $end;
        sleep $pause;
        $pause *= 1.5 if $pause < 0.2;
    }
}

sub _write_conf {
    my ($self, $conf) = @_;
    my $file = "$self->{state}.conf";
    open my $fh, '>', $file or die "$file: $!";
    print {$fh} "$_ = $conf->{$_}\n" for sort keys %$conf;
    close $fh or die "$file: $!";
    return $file;
}

sub _free_port {
    my $base = 20000 + ($$ % 900) * 10;
    for my $port (map { $base + 10 * $_ } 0 .. 500) {
        my @busy = grep { !IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $_, Listen => 1) }
            $port .. $port + 2;
        return $port unless @busy;
    }
    die 'no free port';
}

sub _run_logged {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>&', \*STDOUT;
        { exec @command }
        require POSIX;
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return $?;
}

sub _slurp {
    my ($file) = @_;
    open my $fh, '<', $file or return '';
    local $/;
    return <$fh> // '';
}

1;
