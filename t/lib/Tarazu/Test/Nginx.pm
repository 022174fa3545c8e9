package Tarazu::Test::Nginx;

# Our nginx configuration in front of a small FastCGI program that tells what it was asked: proves what
# nginx does by itself, without the shop.
#
#   my $n = Tarazu::Test::Nginx->start(replicas => 2);   # or backend => 0: nobody behind it
#   my $r = $n->client->get('/products');                # $r->{json}: { params => {…}, body => length, … }
#
# The program answers by the path it was asked for: …/die kills the process, …/sleep waits 0.3 s,
# …/cached may be kept for a second, …/app429 is a 429 of its own.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::SSL;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Socket qw(SOMAXCONN);
use Test::More ();
use Time::HiRes qw(sleep);

use Tarazu::Test::Client;
use Tarazu::Test::Shop qw(wait_for);

my $ROOT = abs_path(dirname(__FILE__) . '/../../../..');
my $JSON = JSON::PP->new->utf8->canonical;

sub start {
    my ($class, %o) = @_;
    my $dir = tempdir('nginx-XXXXXX', DIR => $ENV{TARAZU_TEST_STATE} // '/tmp', CLEANUP => 1);
    my $self = bless { dir => $dir, port => Tarazu::Test::Shop::_free_port(), pids => [], owner => $$ }, $class;
    my @replicas = map { "$dir/r$_" } 1 .. $o{replicas} // 1;
    mkdir $_ for map { "$dir/$_" } qw(run log cache temp static media);
    mkdir $_ for @replicas;
    _certificate($dir);
    for my $file ([static => 'app.css'], [media => 'a.png'], [media => 'a.html']) {
        open my $fh, '>', "$dir/$file->[0]/$file->[1]" or die $!;
        print {$fh} 'x' x 10;
    }
    $self->render($o{limits});
    _give("$dir") if $> == 0;
    if ($o{backend} // 1) {
        for my $replica (@replicas) {
            $self->{serving}{$replica} = [map { $self->_serve("$replica/$_.sock", $_) } qw(web order pay)];
        }
    }
    $self->{nginx} = $self->_spawn('nginx', '-e', "$dir/log/nginx-error.log", '-c', "$dir/conf/nginx.conf");
    wait_for(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) }, 10)
        or Test::More::BAIL_OUT("nginx did not start: " . Tarazu::Test::Shop::_slurp("$dir/log/nginx-error.log"));
    return $self;
}

sub render {
    my ($self, $limits) = @_;
    my $dir = $self->{dir};
    my @replicas = glob "$dir/r[0-9]";
    system("$ROOT/scripts/nginx-render", '--out', "$dir/conf", '--address', '127.0.0.1', '--port', $self->{port},
        '--names', 'localhost 127.0.0.1', '--cert', "$dir/cert.pem", '--key', "$dir/key.pem", '--replicas', "@replicas",
        '--static', "$dir/static", '--media', "$dir/media", '--run', "$dir/run", '--logs', "$dir/log",
        '--cache', "$dir/cache", '--temp', "$dir/temp", '--gateways', 'https://bank.example',
        $limits ? ('--limits', $limits) : ()) == 0
        or die 'nginx-render failed';
    return;
}

sub check { # the output of nginx -t, and whether it is content
    my ($self) = @_;
    my $out = `nginx -t -e stderr -c $self->{dir}/conf/nginx.conf 2>&1`;
    return ($? == 0, $out);
}

sub client {
    my ($self, %o) = @_;
    return Tarazu::Test::Client->new(base => "https://localhost:$self->{port}", ca_file => "$self->{dir}/cert.pem", %o);
}

# The answer to bytes that no client would send.
sub raw {
    my ($self, $bytes) = @_;
    my $tls = IO::Socket::SSL->new(PeerAddr => 'localhost', PeerPort => $self->{port}, SSL_ca_file => "$self->{dir}/cert.pem")
        or die "TLS: $IO::Socket::SSL::SSL_ERROR";
    print {$tls} $bytes;
    my ($answer, $more) = ('');
    $answer .= $more while $answer !~ /\r\n\r\n/ && sysread $tls, $more, 65_536;
    return $answer;
}

# Entries of the access log, after everything asked so far has been written.
sub access_log {
    my ($self) = @_;
    kill USR1 => $self->{nginx};    # flushes the buffers by reopening
    my ($size, $before) = (0, -1);
    wait_for(sub { ($before, $size) = ($size, -s "$self->{dir}/log/nginx-access.log" // 0); sleep 0.15; $size == $before && $size }, 5);
    return map { $JSON->decode($_) } split /\n/, Tarazu::Test::Shop::_slurp("$self->{dir}/log/nginx-access.log");
}

# What the program behind nginx was asked: lines of "replica pool METHOD uri".
sub asked { my ($self) = @_; return split /\n/, Tarazu::Test::Shop::_slurp("$self->{dir}/run/asked") }

sub kill_replica {
    my ($self, $number) = @_;
    my $dir = "$self->{dir}/r$number";
    kill KILL => map { -$_ } @{ $self->{serving}{$dir} };
    # Killed is not yet gone: wait until nobody listens.
    wait_for(sub { !grep { IO::Socket::UNIX->new(Peer => $_) } glob "$dir/*.sock" }, 10) or die "$dir lives on";
    return;
}

sub DESTROY {
    my ($self) = @_;
    return if $self->{owner} != $$;
    local $?;
    kill KILL => map { -$_ } @{ $self->{pids} };
    waitpid $_, 0 for @{ $self->{pids} };
    return;
}

sub _certificate {
    my ($dir) = @_;
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
        . "-addext subjectAltName=DNS:localhost -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null") == 0
        or die 'openssl failed';
    return;
}

sub _give {
    my ($dir) = @_;
    system('chown', '-R', 'tarazu:', $dir) == 0 or die 'chown failed';
    return;
}

# In a session of its own, as the user the servers run as.
sub _spawn {
    my ($self, @command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        POSIX::setsid();
        open STDOUT, '>>', "$self->{dir}/log/spawn.log";
        open STDERR, '>&', \*STDOUT;
        unshift @command, qw(setpriv --reuid tarazu --regid tarazu --clear-groups --) if $> == 0;
        { exec @command }
        POSIX::_exit(127);
    }
    push @{ $self->{pids} }, $pid;
    return $pid;
}

sub _serve { # two processes on one socket
    my ($self, $path, $pool) = @_;
    my $pid = $self->_spawn($^X, "-I$ROOT/t/lib", '-MTarazu::Test::Nginx', '-e',
        'Tarazu::Test::Nginx::echo_main(@ARGV)', $path, $pool, "$self->{dir}/run/asked");
    wait_for(sub { -S $path }, 10) or die "the FastCGI program did not start on $path";
    return $pid;
}

sub echo_main {
    my ($path, $pool, $asked) = @_;
    my $listener = IO::Socket::UNIX->new(Local => $path, Listen => SOMAXCONN) or die "$path: $!";
    for (1 .. 2) {
        next if fork;
        while (my $c = $listener->accept) { _echo($c, $path, $pool, $asked) }
        POSIX::_exit(0);
    }
    # A process that died is replaced, as the shop's master does.
    while (wait > 0) {
        next if fork;
        while (my $c = $listener->accept) { _echo($c, $path, $pool, $asked) }
        POSIX::_exit(0);
    }
    return;
}

sub _echo {
    my ($c, $path, $pool, $asked) = @_;
    my $params = '';
    my $body = 0;
    while (1) {
        my (undef, $type, $id, $length, $padding) = unpack 'CCnnC', (_bytes($c, 8) // return);
        my $data = $length ? _bytes($c, $length) : '';
        _bytes($c, $padding) if $padding;
        $params .= $data if $type == 4;
        $body += length $data if $type == 5;
        last if $type == 5 && !$length;
    }
    my %p = _params($params);
    open my $fh, '>>', $asked or die $!;
    my ($replica) = $path =~ m{/(r\d)/};
    syswrite $fh, "$replica $pool $p{REQUEST_METHOD} $p{REQUEST_URI}\n";
    close $fh;
    kill KILL => $$ if $p{REQUEST_URI} =~ /die/;
    sleep 0.3 if $p{REQUEST_URI} =~ /sleep/;
    my $head = "Content-Type: application/json\r\nX-Request-Id: of-the-program\r\n";
    $head .= $p{REQUEST_URI} =~ /(?<!un)cached/ ? "Cache-Control: public, max-age=1\r\nVary: Accept\r\n" : "Cache-Control: no-store\r\n";
    $head .= "Set-Cookie: a=b\r\n" if $p{REQUEST_URI} =~ /cookie/;
    $head = "Status: 429 Too Many Requests\r\nRetry-After: 77\r\n$head" if $p{REQUEST_URI} =~ /app429/;
    my $out = "$head\r\n" . $JSON->encode({ params => \%p, body => $body, pid => $$, replica => $replica, pool => $pool });
    print {$c} pack('CCnnCx', 1, 6, 1, length $out, 0), $out, pack('CCnnCx', 1, 6, 1, 0, 0), pack('CCnnCx', 1, 3, 1, 8, 0), pack('NCx3', 0, 0);
    close $c;
    return;
}

sub _bytes { my ($c, $n) = @_; my $got = read($c, my $data, $n); return defined $got && $got == $n ? $data : undef }

sub _params {
    my ($data) = @_;
    my %p;
    while (length $data) {
        my @lengths;
        for (1, 2) {
            my $n = unpack 'C', $data;
            if ($n < 128) { substr $data, 0, 1, '' }
            else { $n = unpack('N', substr $data, 0, 4, '') & 0x7fffffff }
            push @lengths, $n;
        }
        my $name = substr $data, 0, $lengths[0], '';
        $p{$name} = substr $data, 0, $lengths[1], '';
    }
    return %p;
}

1;
