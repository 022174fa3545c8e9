#!/usr/bin/perl
# Rules of the sources: SQL only in sql/, no functions that overflow or leak, one allocator, sizes that
# a reader can hold, every file says what it is, and everything is built.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../scripts/build/lib";
use Tables;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my %text = map { $_ => Tables::slurp($_) } Tables::files('src', qr/\.(?:c|h|def)$/);
my %code = map { $_ => Tables::without_comments($text{$_}) } keys %text;

sub lines_with { # "file: line"
    my ($regex, @files) = @_;
    my @found;
    for my $file (sort @files) {
        for my $line (split /\n/, $code{$file}) {
            push @found, "$file: " . $line =~ s/^\s+//r if $line =~ $regex;
        }
    }
    return \@found;
}
my @all = keys %code;
my @shop = grep { !m{^src/sandbox/} } @all;

my $sql = qr/"\s*(?:BEGIN|START\s+TRANSACTION|SET\s+LOCAL)\b|"[^"]*(?<![<\w-])(?:SELECT\s+[\w*(]|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(?:TABLE|INDEX|ROLE)\s|DROP\s+TABLE\s|ALTER\s+TABLE\s|TRUNCATE\s+\w)/i;
is_deeply(lines_with($sql, @all), [], 'no SQL text in src/');
is_deeply(lines_with(qr/\bPQ(?:exec|execParams|sendQuery|sendQueryParams|prepare)\s*\(/, grep { $_ ne 'src/db/migrate.c' } @all), [],
    'only prepared statements reach the server (migrations apart)');

my $unbounded = qr/(?<![\w.>])(?:strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|stpcpy|alloca)\s*\(/;
is_deeply(lines_with($unbounded, @all), [], 'no banned functions');
my $allocator = qr/(?<![\w.>])(?:malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf)\s*\(/;
is_deeply(lines_with($allocator, grep { !m{^src/core/(?:arena|str)\.c$} } @shop), [], 'the arena is the one allocator');
is_deeply(lines_with(qr/(?<![\w.>])(?:system|popen|mktemp|tmpnam)\s*\(/, @all), [], 'no shell and no guessable temporary files');
is_deeply(lines_with(qr/(?<![\w.>])(?:rand|srand|random|drand48)\s*\(/, @shop), [], 'chance comes from core/crypto');
is_deeply(lines_with(qr/(?<![\w.>])(?:time|gettimeofday)\s*\(\s*(?:NULL|0|&)/, grep { $_ ne 'src/core/clock.c' } @shop), [],
    'the clock is read in core/clock');

my $source = sub { grep { /\.(?:c|h)$/ } @_ };
my %length = map { $_ => ($text{$_} =~ tr/\n//) } $source->(@all);
is_deeply([map { "$_: $length{$_} lines" } grep { $length{$_} > 450 } sort keys %length], [], 'no file is longer than 450 lines');
my $median = sub { my @n = sort { $a <=> $b } @_; return $n[@n / 2] };
cmp_ok($median->(map { $length{$_} } grep { /\.c$/ } keys %length), '<=', 250, 'half of the sources have at most 250 lines');
cmp_ok($median->(map { $length{$_} } grep { /\.h$/ } keys %length), '<=', 50, 'half of the headers have at most 50 lines');
is_deeply([grep { $text{$_} !~ m{\A/\* } } sort @all], [], 'every file begins with a comment that says what it is');
is_deeply([grep { $text{$_} =~ /\t/ || $text{$_} =~ /[ \t]+$/m || $text{$_} !~ /\n\z/ || $text{$_} =~ /\r/ } sort $source->(@all)], [],
    'spaces, none at line ends, and a last newline');
is_deeply([grep { m{/(?:utils?|common|misc|helpers?)\.[ch]$} } sort @all], [], 'no drawer for odds and ends');
my @later;
for my $file (sort @all) {
    push @later, "$file: $1" while $text{$file} =~ m{\b(TODO|FIXME|XXX|HACK)\b}g;
}
is_deeply(\@later, [], 'nothing is left for later');

# Everything is built and dist'ed: each file stands in the fragment of its folder.
my @forgotten;
my $fragments = join "\n", map { Tables::slurp($_) } 'Makefile.am', glob "$Tables::ROOT/src/*/files.am";
my %listed = map { $_ => 1 } $fragments =~ m{(src/[\w./-]+\.(?:c|h|def))}g;
push @forgotten, grep { !$listed{$_} } sort @all;
is_deeply(\@forgotten, [], 'every file is in the makefile');
my %made = map { $_ => 1 } $fragments =~ m{^(src/[\w./-]+\.[ch]):}gm;
is_deeply([grep { !exists $text{$_} && !$made{$_} } sort keys %listed], [], 'the makefile names no file that is gone');
my @units = Tables::files('t/unit', qr/-t\.c$/);
is_deeply([grep { $fragments !~ /\b\Q$_\E\b/ } @units], [], 'every unit test is in the makefile');
done_testing;
