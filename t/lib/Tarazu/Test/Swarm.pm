package Tarazu::Test::Swarm;

# Hundreds of API clients in one process, each with a connection, an address and a token of its own, who all ask
# at once: a crowd that leaves the processors to the shop. One that is told to come back (503) does so.
#
#   my $swarm = Tarazu::Test::Swarm->new($shop, crowd($shop, 500));   # logged in
#   my @answers = $swarm->ask(sub { my $i = shift; return { path => '/orders', key => "k$i", json => {…} } });
#   $answers[0]{first}, {last}: {status, headers, json, body}; {at}: when the last came

use strict;
use warnings;

use IO::Socket::SSL ();
use Cpanel::JSON::XS ();
use JSON::PP ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

my $JSON = JSON::PP->new->utf8->canonical;
my $ANSWER = Cpanel::JSON::XS->new->utf8->allow_nonref;

sub new {
    my ($class, $shop, @people) = @_;
    my ($host, $port) = $shop->url =~ m{^https://([^:/]+):(\d+)} or die 'no address in ' . $shop->url;
    my $self = bless { host => $host, port => $port, ca => $shop->endpoints->{ca_file}, one => [map { { from => $_->{from} } } @people],
        sessions => IO::Socket::SSL::Session_Cache->new(4) }, $class;
    my @answers = $self->ask(sub { return { path => '/auth/refresh', json => { refresh_token => $people[$_[0]]{token} } } });
    for my $i (0 .. $#people) {
        $answers[$i]{last}{status} == 200 or die "refresh: $answers[$i]{last}{status} $answers[$i]{last}{body}";
        $self->{one}[$i]{bearer} = $answers[$i]{last}{json}{access_token};
    }
    return $self;
}

# One POST of each of the first so many (all): what it is to be is asked for each. Seconds is the end of patience.
sub ask {
    my ($self, $make, %o) = @_;
    my @who = @{ $self->{one} }[0 .. ($o{count} // @{ $self->{one} }) - 1];
    my $end = time + ($o{seconds} // 300);
    for my $i (0 .. $#who) {
        @{ $who[$i] }{qw(text first last)} = ($self->_text($who[$i], $make->($i)), undef, undef);
        $self->_connect($who[$i]) if !$who[$i]{socket};
    }
    $_->{due} = 0 for @who;
    while (time < $end) {
        my @open = grep { !$_->{last} } @who or last;
        my ($now, $in, $next) = (time, '', time + 1);
        for my $c (@open) {
            if (defined $c->{due} && $c->{due} <= $now) { $self->_send($c) }
            if (defined $c->{due}) { $next = $c->{due} if $c->{due} < $next }
            else { vec($in, fileno $c->{socket}, 1) = 1 }
        }
        my $wait = $next - time;
        select my $ready = $in, undef, undef, $wait > 0 ? $wait : 0;
        for my $c (grep { !defined $_->{due} && vec $ready, fileno $_->{socket}, 1 } @open) { $self->_read($c) }
    }
    return map { { first => $_->{first} // { status => 0 }, last => $_->{last} // { status => 0, body => 'no end' }, at => $_->{at} } } @who;
}

sub _text {
    my ($self, $c, $r) = @_;
    my $body = $JSON->encode($r->{json});
    return join "\r\n", "POST $r->{path} HTTP/1.1", "Host: $self->{host}:$self->{port}", 'Accept: application/json', 'Content-Type: application/json',
        'Content-Length: ' . length $body, ($c->{bearer} ? "Authorization: Bearer $c->{bearer}" : ()), ($r->{key} ? "Idempotency-Key: $r->{key}" : ()), '', $body;
}

sub _connect {
    my ($self, $c) = @_;
    $c->{socket} = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, LocalAddr => $c->{from}, SSL_hostname => $self->{host},
        SSL_verifycn_name => $self->{host}, SSL_ca_file => $self->{ca}, SSL_session_cache => $self->{sessions}, Timeout => 60)
        or die "connecting from $c->{from}: $! $IO::Socket::SSL::SSL_ERROR";
    setsockopt $c->{socket}, IPPROTO_TCP, TCP_NODELAY, 1;
    $c->{socket}->blocking(0);
    return;
}

# The connection was lost, and perhaps the answer with it: the same again, over another one.
sub _again { my ($self, $c, $pause) = @_; close $c->{socket}; delete $c->{socket}; $c->{due} = time + $pause; return }

sub _send {
    my ($self, $c) = @_;
    $self->_connect($c) if !$c->{socket};
    ($c->{due}, $c->{in}) = (undef, '');
    $self->_again($c, 0.1) if (syswrite($c->{socket}, $c->{text}) // 0) != length $c->{text};
    return;
}

sub _read {
    my ($self, $c) = @_;
    do {
        my $n = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};
        return if !defined $n && $IO::Socket::SSL::SSL_ERROR == IO::Socket::SSL::SSL_WANT_READ();
        return $self->_again($c, 0.1) if !$n;
    } while $c->{socket}->pending;
    my $answer = _answer($c->{in}) or return;
    $c->{first} //= $answer;
    if ($answer->{status} == 503) { # as told, and not earlier
        $c->{due} = time + ($answer->{headers}{'retry-after'} // 0.2) + rand 0.2;
        return;
    }
    @$c{qw(last at)} = ($answer, time);
    return;
}

# A whole answer, or nothing yet.
sub _answer {
    my ($text) = @_;
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    defined $body or return;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)} or die "no answer: $head";
    my %headers = map { /^([\w-]+):\s*(.*?)\s*\z/ ? (lc $1 => $2) : () } split /\r\n/, $head;
    if (($headers{'transfer-encoding'} // '') eq 'chunked') {
        $body =~ /(?:^|\r\n)0\r\n\r\n\z/ or return;
        my $whole = '';
        while ($body =~ /\G(?:\r\n)?([0-9a-fA-F]+)\r\n/gc) { my $n = hex $1 or last; $whole .= substr $body, pos $body, $n; pos($body) += $n }
        $body = $whole;
    }
    else { length $body >= ($headers{'content-length'} // 0) or return }
    my $json = ($headers{'content-type'} // '') =~ /json/ ? eval { $ANSWER->decode($body) } : undef;
    return { status => $status, headers => \%headers, body => $body, json => $json };
}

1;
