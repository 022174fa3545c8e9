package Tarazu::Test::Client;

# One visitor of the shop: a keep-alive HTTPS client with a cookie jar, its own source address
# (127.x.y.z) and JSON or form bodies. It follows no redirects and repeats nothing by itself.
#
#   my $c = Tarazu::Test::Client->new(base => $url, ca_file => $pem, from => '127.0.7.9');
#   my $r = $c->post('/cart/items', json => { variant_id => 1, quantity => 2 });
#   $r->{status}, $r->{headers}{'retry-after'}, $r->{body}, $r->{json}
#
# A client with html => 1 is a browser without JavaScript: it asks for pages and sends forms.

use strict;
use warnings;

use Cpanel::JSON::XS ();
use Exporter 'import';
use HTTP::Tiny;
use IO::Handle;
use IO::Socket::SSL ();
use JSON::PP ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Storable ();

our @EXPORT_OK = qw(at_once);

my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;
my $ANSWER = Cpanel::JSON::XS->new->utf8->allow_nonref; # reads a hundred times as fast

# Reading the authority's certificate costs more than a request: once for all clients of a shop, which
# also take up each other's sessions.
my %CONTEXT;
sub _context {
    my ($ca) = @_;
    return $CONTEXT{$ca} //= IO::Socket::SSL::SSL_Context->new(SSL_ca_file => $ca, SSL_verify_mode => IO::Socket::SSL::SSL_VERIFY_PEER(),
        SSL_session_cache_size => 4) // die "TLS with $ca: $IO::Socket::SSL::SSL_ERROR";
}

# HTTP::Tiny writes head and body apart: without this every POST would wait for a delayed ACK (40 ms).
{
    my $connect = \&HTTP::Tiny::Handle::connect;
    no warnings 'redefine';
    *HTTP::Tiny::Handle::connect = sub {
        my $handle = $connect->(@_);
        setsockopt $handle->{fh}, IPPROTO_TCP, TCP_NODELAY, 1;
        return $handle;
    };
}

sub new {
    my ($class, %o) = @_;
    my $self = bless { cookies => {}, headers => {}, %o }, $class;
    $self->{http} = HTTP::Tiny->new(
        agent => 'tarazu-test',
        keep_alive => 1,
        max_redirect => 0,
        timeout => $o{timeout} // 60,
        verify_SSL => 1,
        SSL_options => { SSL_reuse_ctx => _context($o{ca_file}) },
        ($o{from} ? (local_address => $o{from}) : ()),
    );
    return $self;
}

# As a program does whose access token has run out (time of the shop may pass quickly): renews it once
# by its refresh token and asks again.
sub renewing {
    my ($self, $method, @call) = @_;
    my $r = $self->$method(@call);
    return $r if $r->{status} != 401 || !$self->{refresh_token};
    my $new = $self->post('/auth/refresh', json => { refresh_token => $self->{refresh_token} }, bearer => undef);
    $new->{status} == 200 or return $r;
    @$self{qw(bearer refresh_token)} = @{ $new->{json} }{qw(access_token refresh_token)};
    return $self->$method(@call);
}

sub get { my ($self, $path, %o) = @_; return $self->request('GET', $path, %o) }
sub post { my ($self, $path, %o) = @_; return $self->request('POST', $path, %o) }
sub patch { my ($self, $path, %o) = @_; return $self->request('PATCH', $path, %o) }
sub delete { my ($self, $path, %o) = @_; return $self->request('DELETE', $path, %o) }

# Options: json => data | form => {…} or […] | multipart => [name => value or {filename, type, data}]
# | body => bytes; headers => {…}; key => Idempotency-Key; bearer => token (undef: none).
sub request {
    my ($self, $method, $path, %o) = @_;
    my %headers = (
        accept => $self->{html} ? 'text/html,*/*;q=0.8' : 'application/json',
        %{ $self->{headers} },
        %{ $o{headers} // {} },
    );
    my $bearer = exists $o{bearer} ? $o{bearer} : $self->{bearer};
    $headers{authorization} = "Bearer $bearer" if defined $bearer;
    $headers{'idempotency-key'} = $o{key} if defined $o{key};
    my $content = _content(\%o, \%headers);
    my @jar = map { "$_=$self->{cookies}{$_}" } sort keys %{ $self->{cookies} };
    $headers{cookie} = join '; ', @jar if @jar;
    # A browser names where a form comes from; so does this one.
    $headers{origin} //= $self->{base} if $self->{html} && $method ne 'GET';

    my $url = $path =~ m{^https?://} ? $path : $self->{base} . $path;
    my $r = $self->{http}->request($method, $url,
        { headers => \%headers, defined $content ? (content => $content) : () });
    $self->_take_cookies($r->{headers}{'set-cookie'});
    my $json;
    if (($r->{headers}{'content-type'} // '') =~ m{^application/(?:problem\+)?json}) {
        $json = eval { $ANSWER->decode($r->{content}) };
    }
    return {
        status => $r->{status},
        headers => $r->{headers},
        body => $r->{content},
        json => $json,
        # HTTP::Tiny's own failures (refused, cut, timed out) come as 599.
        lost => $r->{status} == 599 ? 1 : 0,
    };
}

sub _content {
    my ($o, $headers) = @_;
    if (exists $o->{json}) {
        $headers->{'content-type'} //= 'application/json';
        return $JSON->encode($o->{json});
    }
    if ($o->{form}) {
        $headers->{'content-type'} //= 'application/x-www-form-urlencoded';
        return HTTP::Tiny->new->www_form_urlencode($o->{form});
    }
    return _multipart($o->{multipart}, $headers) if $o->{multipart};
    return $o->{body};
}

sub _multipart {
    my ($parts, $headers) = @_;
    my $boundary = sprintf 'tarazu%08x%08x', rand 2**32, rand 2**32;
    $headers->{'content-type'} = "multipart/form-data; boundary=$boundary";
    my @parts = @$parts;
    my $out = '';
    while (my ($name, $value) = splice @parts, 0, 2) {
        $out .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"";
        if (ref $value) {
            $out .= "; filename=\"$value->{filename}\"\r\nContent-Type: $value->{type}";
            $value = $value->{data};
        }
        $out .= "\r\n\r\n$value\r\n";
    }
    return "$out--$boundary--\r\n";
}

sub _take_cookies {
    my ($self, $set) = @_;
    for my $line (!defined $set ? () : ref $set ? @$set : $set) {
        my ($pair, @attributes) = split /\s*;\s*/, $line;
        my ($name, $value) = split /=/, $pair, 2;
        if (grep { /^max-age=(?:0|-\d+)$/i } @attributes) { delete $self->{cookies}{$name} }
        else { $self->{cookies}{$name} = $value }
    }
    return;
}

# Runs `do` in so many processes at the same moment and gives their results in order. `before` is run
# first in each (log in, connect); nobody starts `do` until all have done it. What either returns must
# be plain data. A process that dies gives { died => reason }.
#   my @answers = at_once(200, before => sub { my $i = shift; … return $client },
#                              do => sub { my ($i, $client) = @_; return $client->post(…) });
sub at_once {
    my ($count, %o) = @_;
    my (@children, @results);
    pipe my $gate_read, my $gate_write or die "pipe: $!";
    for my $i (0 .. $count - 1) {
        pipe my $read, my $write or die "pipe: $!";
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            close $gate_write;
            close $read;
            my $result = _in_child($i, \%o, $gate_read, $write);
            print {$write} Storable::freeze($result);
            close $write;
            require POSIX;
            POSIX::_exit(0);
        }
        close $write;
        push @children, [$pid, $read];
    }
    close $gate_read;
    for my $child (@children) { sysread $child->[1], my $ready, 1 }
    close $gate_write;    # the gate opens for all at once
    for my $child (@children) {
        my ($pid, $read) = @$child;
        my $frozen = do { local $/; <$read> };
        waitpid $pid, 0;
        my $result = eval { Storable::thaw($frozen) };
        push @results, $result ? $$result : { died => "process ended with status $?" };
    }
    return @results;
}

sub _in_child {
    my ($i, $o, $gate, $write) = @_;
    $write->autoflush(1);
    srand($$ ^ time);
    my @prepared = eval { $o->{before} ? $o->{before}->($i) : () };
    my $died = $@;
    syswrite $write, '.';
    sysread $gate, my $open, 1;
    my $result = $died ? undef : eval { $o->{do}->($i, @prepared) };
    $died ||= $@;
    $result = { died => "$died" } if $died;
    return \$result;
}

1;
