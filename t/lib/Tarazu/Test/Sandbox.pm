package Tarazu::Test::Sandbox;

# A sandbox for a test script, with a small HTTP receiver that plays the shop: both are started when
# start_sandbox() is called and ended with the script. Uses the program named in TARAZU_SANDBOX, else the
# one of the build folder TARAZU_BUILD, else the sanitizer build, else the installed one.

use strict;
use warnings;
use utf8;

use Exporter 'import';
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use Tarazu::Test::Client;

our @EXPORT = qw(
    $program $dir $SECRET $JSON $shop_url $port $pid $c $browser
    wait_until slurp spew received start_sandbox stop_sandbox request new_payment verify inquiry payer
    paid_payment captured_payment journal fault no_faults quiet platform refund refunds_of smtp mail
);

our ($program) = grep { defined && -x } $ENV{TARAZU_SANDBOX},
    map({ defined $ENV{$_} ? "$ENV{$_}/tarazu-sandbox" : () } qw(TARAZU_BUILD TARAZU_TEST_UNITS)),
    map { defined ? "$_/bin/tarazu-sandbox" : () } $ENV{TARAZU_TEST_APP};
BAIL_OUT('no tarazu-sandbox: name it in TARAZU_SANDBOX or run scripts/test') if !$program;

our $dir = tempdir('sandbox-XXXXXX', TMPDIR => 1, CLEANUP => 1);
our $SECRET = 'test-secret-0123456789';
our $JSON = JSON::PP->new->utf8->canonical;

sub wait_until {
    my ($what, $check) = @_;
    my $end = time + 20;
    while (time < $end) {
        my $result = $check->();
        return $result if $result;
        sleep 0.02;
    }
    fail("waited in vain until $what");
    return;
}

sub slurp { my ($path) = @_; open my $f, '<:raw', $path or return ''; local $/; return scalar <$f> }
sub spew { my ($path, $text) = @_; open my $f, '>:raw', $path or die "$path: $!"; print {$f} $text; close $f or die; return }

sub free_port {
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 0) or die "no port: $!";
    return $s->sockport;
}

# ---- the shop: keeps what comes in numbered files, answers what $dir/answer says ----

my $shop_listener = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1', LocalPort => 0, ReuseAddr => 1)
    or die "no port: $!";
our $shop_url = 'http://127.0.0.1:' . $shop_listener->sockport;
mkdir "$dir/in" or die $!;

sub receive {
    my ($client) = @_;
    my ($text, $chunk) = ('');
    while (sysread $client, $chunk, 65_536) {
        $text .= $chunk;
        next if $text !~ /\r\n\r\n/;
        my $length = $text =~ /^content-length:\s*(\d+)/mi ? $1 : 0;
        return $text if length($text) - index($text, "\r\n\r\n") - 4 >= $length;
    }
    return '';    # cut before the request was whole
}

my $shop_pid = fork // die "fork: $!";
if (!$shop_pid) {
    my $count = 0;
    local $SIG{PIPE} = 'IGNORE';
    while (my $client = $shop_listener->accept) {
        my $text = receive($client);
        next if $text eq '';
        my $name = sprintf '%s/in/%06d', $dir, ++$count;
        spew("$name.part", $text);
        rename "$name.part", $name;
        my $code = slurp("$dir/answer") || 200;
        print {$client} "HTTP/1.1 $code Answer\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
        close $client;
    }
    POSIX::_exit(0);
}
close $shop_listener;

# What the shop received for this track id, in order: {method, query, headers, body, json}.
sub received {
    my ($track) = @_;
    my @all;
    for my $file (sort grep { !/\.part/ } glob "$dir/in/*") {
        my ($head, $body) = split /\r\n\r\n/, slurp($file), 2;
        my ($line, @headers) = split /\r\n/, $head;
        my ($method, $path) = split / /, $line;
        my %query = map { split /=/, $_, 2 } split /&/, $path =~ s/^[^?]*\??//r;
        my %headers = map { lc($_->[0]) => $_->[1] } map { [split /:\s*/, $_, 2] } @headers;
        my $json = eval { $JSON->decode($body) };
        next if index("$path $body", $track) < 0;
        push @all, { method => $method, path => $path, query => \%query, headers => \%headers, body => $body, json => $json };
    }
    return @all;
}

# ---- the sandbox ----

system("openssl req -x509 -newkey rsa:2048 -nodes -keyout $dir/key.pem -out $dir/cert.pem -days 2 -subj /CN=localhost "
    . '-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null') == 0 or BAIL_OUT('openssl makes no certificate');
spew("$dir/secret", "$SECRET\n");
our $port = free_port();
my $smtp_port = free_port();
our ($pid, $c, $browser);

sub start_sandbox {
    $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>>', "$dir/log" or die;
        open STDERR, '>&', \*STDOUT or die;
        exec $program, '--listen', "127.0.0.1:$port", '--tls-cert', "$dir/cert.pem", '--tls-key', "$dir/key.pem",
            '--state', "$dir/state", '--shop-url', $shop_url, '--smtp-port', $smtp_port,
            '--webhook-secret-file', "$dir/secret", '--ca-file', "$dir/cert.pem", '--refund-token', 'refund-token'
            or die "$program: $!";
    }
    my %where = (base => "https://localhost:$port", ca_file => "$dir/cert.pem");
    $c = Tarazu::Test::Client->new(%where);
    $browser = Tarazu::Test::Client->new(%where, html => 1);
    wait_until('the sandbox answers', sub {
        BAIL_OUT('the sandbox ended: ' . slurp("$dir/log")) if waitpid($pid, POSIX::WNOHANG()) == $pid;
        return $c->get('/healthz')->{status} == 200;
    }) or BAIL_OUT('the sandbox does not answer: ' . slurp("$dir/log"));
    return;
}

sub stop_sandbox {
    kill TERM => $pid;
    waitpid $pid, 0;
    my $status = $?;
    undef $pid;
    return $status;
}

END {
    my $status = $?;
    if (defined $shop_pid && $shop_pid) { kill KILL => $shop_pid; waitpid $shop_pid, 0 }
    if ($pid) { kill KILL => $pid; waitpid $pid, 0 }
    diag(slurp("$dir/log")) if $status;
    $? = $status;
}

# ---- words for the tests ----

my $ORDER = 0;

sub request {
    my (%o) = @_;
    my $path = delete $o{path} // '/v1/request';
    my %body = (merchant => 'zibal', amount => 150_000, callbackUrl => "$shop_url/cb?token=t1", orderId => 'T-' . ++$ORDER, %o);
    return $c->post($path, json => \%body);
}
sub new_payment { my $r = request(@_); return $r->{json}{trackId} // die "no track id: $r->{body}" }
sub verify { my ($t) = @_; return $c->post('/v1/verify', json => { merchant => 'zibal', trackId => $t })->{json} }
sub inquiry { my ($t) = @_; return $c->post('/v1/inquiry', json => { merchant => 'zibal', trackId => $t })->{json} }
sub payer { my ($t, $deed, %body) = @_; return $c->post("/bank/$t/$deed", json => { webhook => JSON::PP::false, %body })->{json} }
sub paid_payment { my $t = new_payment(@_); payer($t, 'pay'); return $t }
sub captured_payment { my $t = paid_payment(@_); verify($t); return $t }
sub journal { my ($t) = @_; return @{ $c->get("/bank/journal?track_id=$t")->{json}{items} } }
sub fault { my ($call, $kind, %o) = @_; return $c->post('/faults', json => { call => $call, kind => $kind, %o }) }
sub no_faults { return $c->delete('/faults') }
sub quiet { return wait_until('nothing is on its way', sub { $c->get('/healthz')->{json}{deliveries} == 0 }) }

sub platform {
    my ($path, $body, $token) = @_;
    $token //= 'refund-token';
    return $c->post($path, json => $body, bearer => $token eq '' ? undef : $token);
}
sub refund { my (%body) = @_; return platform('/v1/account/refund', { accountId => 'a1', %body }) }
sub refunds_of { my ($t) = @_; return @{ platform('/v1/account/refund/inquiry', { transactionTrackId => $t })->{json}{data} } }

# Sends one mail; returns the replies to the whole conversation.
sub smtp {
    my (@lines) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $smtp_port) or return;
    my @replies;
    my $reply = sub {
        while (my $line = <$s>) {
            next if $line =~ /^\d{3}-/;
            push @replies, $line =~ s/\r?\n//r;
            return 1;
        }
        return;
    };
    $reply->() or return;
    for my $line (@lines) {
        print {$s} $line =~ s/(?<!\r)\n/\r\n/gr . "\r\n";
        $reply->() or last;
    }
    return @replies;
}

sub mail {
    my ($to, $text) = @_;
    return smtp('EHLO me', 'MAIL FROM:<shop@example.com> SIZE=100', "RCPT TO:<$to>", 'DATA', $text . "\n.", 'QUIT');
}

1;
