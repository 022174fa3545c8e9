#!/usr/bin/env perl
# Every fuzz target for a moment, starting from its corpus; scripts/fuzz is the long run.
use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

my @targets = map { m{fuzz_(\w+)\.c$} } sort glob 't/fuzz/fuzz_*.c';
cmp_ok(scalar @targets, '>=', 9, 'there are targets');
for my $target (@targets) { my @corpus = glob "t/fuzz/corpus/$target/*"; ok(@corpus > 0, "$target has a corpus") }

local $ENV{TARAZU_FUZZ_OUT} = tempdir(CLEANUP => 1, $ENV{TARAZU_TEST_STATE} ? (DIR => $ENV{TARAZU_TEST_STATE}) : ());
open my $out, '-|', 'scripts/fuzz 2 2>&1' or die "scripts/fuzz: $!";
my @lines = <$out>;
close $out;
is($?, 0, 'all of them are clean') or diag(@lines);
my %clean = map { /^clean (\w+) (\d+) inputs/ ? ($1 => $2) : () } @lines;
for my $target (@targets) { cmp_ok($clean{$target} // 0, '>', 50, "$target was really run") }

done_testing;
