package Client;
# One person's browser: JSON over HTTPS from an address of its own, so that limits per address see
# as many people as there are. Dies with one sentence when an answer is not the expected one.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP ();

my $json = JSON::PP->new->utf8->canonical;

# where: {shop, sandbox, ca_file?} of endpoints.json; address: 127.x.y.z
sub new {
    my ($class, $where, $address) = @_;
    my $http = HTTP::Tiny->new(
        agent         => 'tarazu-demo',
        local_address => $address,
        keep_alive    => 1,
        max_redirect  => 0,
        timeout       => 20,
        verify_SSL    => $where->{ca_file} ? 1 : 0,
        SSL_options   => $where->{ca_file} ? { SSL_ca_file => $where->{ca_file} } : {},
    );
    return bless { where => $where, http => $http, bank => undef, token => undef, keys => 0 }, $class;
}

# The sandbox is another host: a second connection that stays open too.
sub sandbox {
    my ($self) = @_;
    return $self->{bank} //= do {
        my $other = Client->new($self->{where}, $self->{http}->local_address);
        $other->{base} = $self->{where}{sandbox};
        $other;
    };
}

sub escape {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

sub problem {
    my ($res) = @_;
    return $res->{content} =~ s/\s+\z//r if $res->{status} == 599;
    my $p = eval { $json->decode($res->{content}) };
    return substr($res->{content} // '', 0, 200) unless ref $p eq 'HASH';
    my @fields = map { "$_->{field} $_->{code}" } grep { ref } @{ $p->{errors} || [] };
    return join ' ', grep { defined && length } $p->{code}, $p->{detail} // $p->{title}, @fields,
        $p->{request_id} ? "(request $p->{request_id})" : ();
}

# A shop that is busy says when to come back, and nothing has been done: on a slow computer that is part
# of the way. Not for waits that are meant for people.
sub patiently {
    my ($self, $good, @request) = @_;
    my $res;
    for my $try (1 .. 10) {
        $res = $self->{http}->request(@request);
        last if grep({ $_ == $res->{status} } @$good) || $res->{status} !~ /^(?:429|503)$/;
        my $wait = $res->{headers}{'retry-after'} || 1;
        last if $wait > 10;
        sleep $wait;
    }
    return $res;
}

# -> (decoded body or undef, status, headers). expect: list of good statuses, default 200 and 201.
sub call {
    my ($self, $method, $path, %o) = @_;
    my $url = $path =~ /^https:/ ? $path : ($self->{base} // $self->{where}{shop}) . $path;
    my %headers = (Accept => 'application/json', 'Accept-Language' => 'fa');
    $headers{Authorization} = 'Bearer ' . ($o{token} // $self->{token}) if $o{token} // $self->{token};
    $headers{'Idempotency-Key'} = join '-', 'demo', $$, ++$self->{keys}, time if $o{once};
    my %request = (headers => \%headers);
    if ($o{body}) {
        $headers{'Content-Type'} = 'application/json';
        $request{content} = $json->encode($o{body});
    }
    my @good = $o{expect} ? @{ $o{expect} } : (200, 201);
    my $res = $self->patiently(\@good, $method, $url, \%request);
    utf8::decode(my $shown = $path =~ s/%([0-9A-F]{2})/chr hex $1/ger);
    die "$method $shown answered $res->{status}: " . problem($res) . "\n"
        unless grep { $_ == $res->{status} } @good;
    my $body = ($res->{headers}{'content-type'} // '') =~ /json/ ? $json->decode($res->{content}) : undef;
    return wantarray ? ($body, $res->{status}, $res->{headers}) : $body;
}

# Asks again until the block finds what it looks for; never longer than 15 seconds.
sub until_true {
    my ($what, $block) = @_;
    my $end = time + 15;
    while (time <= $end) {
        my $found = $block->();
        return $found if $found;
        select undef, undef, undef, 0.04;
    }
    die "$what did not happen within 15 seconds\n";
}

1;
