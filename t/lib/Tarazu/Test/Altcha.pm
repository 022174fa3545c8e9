package Tarazu::Test::Altcha;

# A client of the public ALTCHA v1 protocol: takes a challenge, counts until the hash fits, and packs
# the answer the way the widget does.
#
#   my $answer = solve($client->get('/auth/challenge')->{json});
#   $client->post('/auth/request-otp', json => { phone => …, altcha => $answer });

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Exporter 'import';
use JSON::PP ();
use MIME::Base64 qw(encode_base64);

our @EXPORT_OK = qw(solve pack_answer);

my $JSON = JSON::PP->new->utf8->canonical;

sub solve {
    my ($challenge, %change) = @_;
    my $number;
    for my $n (0 .. $challenge->{maxnumber}) {
        next if sha256_hex("$challenge->{salt}$n") ne $challenge->{challenge};
        $number = $n;
        last;
    }
    defined $number or die 'the challenge has no solution';
    return pack_answer({ (map { $_ => $challenge->{$_} } qw(algorithm challenge salt signature)),
        number => $number, took => 1, %change });
}

sub pack_answer { my ($answer) = @_; return encode_base64($JSON->encode($answer), '') }

1;
