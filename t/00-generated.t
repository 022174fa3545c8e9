#!/usr/bin/perl
# Generated files are not committed: what make and the tools write is not among the files of the project.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../scripts/build/lib";
use Tables;
use Test::More;

# In a git checkout: the files git knows. In an unpacked tree: the files that are there, where the
# build system's own files are part of the delivery.
my $git = -e "$Tables::ROOT/.git";
my @files = $git ? split(/\0/, `git -c safe.directory='*' -C '$Tables::ROOT' ls-files -z`)
    : map { Tables::files($_, qr/./) } qw(src sql web nginx scripts t docs);
ok(@files > 200, 'the files of the project are known');

my @patterns = (qr{^src/db/queries\.[ch]$}, qr{\.(?:o|a|so|lo|la|gcno|gcda|log|trs|orig|rej|pyc|core)$}, qr{(?:^|/)\.deps/}, qr{(?:^|/)\.dirstamp$},
    qr{~$}, qr{^var/}, qr{^t/unit/.*-t$});
push @patterns, qr{^(?:configure|aclocal\.m4|config\.h(?:\.in)?|config\.status|Makefile(?:\.in)?|build-aux/.*|autom4te\.cache/.*)$} if $git;
my @generated;
for my $file (@files) { push @generated, $file if grep { $file =~ $_ } @patterns }
is_deeply(\@generated, [], 'no generated file is committed');
is_deeply([grep { -e "$Tables::ROOT/$_" && -s _ && (-s _) > 2_000_000 } @files], [], 'no file is larger than two megabytes');

# What the sources of a program cannot be: binaries.
my @binary;
for my $file (grep { m{^(?:src|sql/[^d]|scripts|t/|docs|nginx)} && -f "$Tables::ROOT/$_" } @files) {
    open my $in, '<:raw', "$Tables::ROOT/$file" or die "$file: $!";
    read $in, my $head, 4096;
    push @binary, $file if $head =~ /\0/ && $file !~ m{\.(?:webp|png|jpe?g|gif|woff2|ico|bin)$|^t/fuzz/};
}
is_deeply(\@binary, [], 'sources are text');
done_testing;
