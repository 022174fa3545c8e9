#!/usr/bin/perl
# Every header compiles alone, with every warning, and guards itself by its own name.
use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../scripts/build/lib";
use Tables;
use Test::More;

my $dir = tempdir(CLEANUP => 1);
make_path("$dir/db");
my @queries = glob "$Tables::ROOT/sql/queries/*.sql";
system("$^X $Tables::ROOT/scripts/build/gen-queries header @queries > $dir/db/queries.h") == 0 or BAIL_OUT('gen-queries failed');
my @headers = Tables::files('src', qr/\.h$/);
ok(@headers > 50, 'there are headers');

my @flags = (qw(-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wswitch-enum -Werror -fsyntax-only),
    "-I$Tables::ROOT/src", "-I$dir", split ' ', `pkg-config --cflags libpq json-c libmemcached openssl libcurl gdlib pangocairo libmicrohttpd`);

sub compile { # at most two at a time: (name, status, output)
    my (@work) = @_;
    my (@running, @results);
    while (@work || @running) {
        while (@work && @running < 2) {
            my $header = shift @work;
            (my $name = $header) =~ tr{/.}{__};
            open my $c, '>', "$dir/$name.c" or die $!;
            (my $as = $header) =~ s{^src/}{};
            print {$c} "#include \"$as\"\n#include \"$as\"\nextern int nothing;\n";
            close $c;
            open my $out, '-|', "gcc @flags '$dir/$name.c' 2>&1" or die "gcc: $!";
            push @running, [$header, $out];
        }
        my ($header, $out) = @{ shift @running };
        my $text = do { local $/; <$out> };
        close $out;
        push @results, [$header, $?, $text];
    }
    return @results;
}
for (compile(@headers)) {
    my ($header, $status, $text) = @$_;
    is($status, 0, "$header compiles alone") or diag($text);
}

my (@guards, @words);
for my $header (@headers) {
    my $text = Tables::slurp($header);
    (my $guard = uc $header =~ s{^src/}{}r =~ s{\.}{_}r) =~ tr{/}{_};
    push @guards, "$header: $guard" unless $text =~ /^#ifndef $guard\n#define $guard\n/m;
    push @words, $header unless Tables::head($header) =~ /\w+.*\./s;
}
is_deeply(\@guards, [], 'guards are named for their files');
is_deeply(\@words, [], 'every header begins by saying what it is');
done_testing;
