#!/usr/bin/env perl
# Runs the C unit programs of the sanitizer build; each of their assertions is one here.
use strict;
use warnings;

use File::Find;
use Test::More;

my $build = $ENV{TARAZU_TEST_UNITS}
    or BAIL_OUT("run it through scripts/test, which builds the units: scripts/test $0");
my @programs;
find({ no_chdir => 1, wanted => sub { push @programs, $_ if /-t\z/ && -f && -x } }, "$build/t/unit");
ok(@programs > 0, 'there are unit programs');

# The units of the sources are exactly the programs: none was left out of the build.
my @sources;
find({ no_chdir => 1, wanted => sub { push @sources, $_ =~ s/\.c\z//r if /-t\.c\z/ } }, 't/unit');
my %built = map { s{^\Q$build\E/}{}r => 1 } @programs;
is_deeply([grep { !$built{$_} } sort @sources], [], 'every unit source is built');

local $ENV{UBSAN_OPTIONS} = 'print_stacktrace=1';
local $ENV{LC_ALL} = 'C.UTF-8';
for my $program (sort @programs) {
    my $name = $program =~ s{^.*/t/unit/}{}r;
    open my $out, '-|', "cd t/.. && exec '$program' 2>&1" or die "$program: $!";
    my ($count, $plan, @notes) = (0);
    while (my $line = <$out>) {
        chomp $line;
        if ($line =~ /^(not )?ok\b\s*\d*\s*-?\s*(.*)/) {
            $count++;
            ok(!$1, "$name: $2") or diag(splice @notes);
            @notes = ();
        }
        elsif ($line =~ /^1\.\.(\d+)/) { $plan = $1 }
        else { push @notes, "$line\n" }
    }
    close $out;
    is($?, 0, "$name ends well") or diag(@notes > 60 ? @notes[0 .. 59] : @notes);
    is($count, $plan, "$name keeps its plan");
}
done_testing;
