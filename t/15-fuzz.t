#!/usr/bin/perl
# Every parser of strangers' input survives a short run of the fuzzer from its corpus, under ASan and
# UBSan. scripts/fuzz runs longer.
use strict;
use warnings;
use Test::More;
use FindBin;

my $root = "$FindBin::Bin/..";
my @targets = map { m{fuzz_(\w+)\.c$} } glob "$root/t/fuzz/fuzz_*.c";
ok(@targets >= 10, 'there are targets for cookie, form, multipart, JWT, ALTCHA, phone, JSON, schema, router, template');
$ENV{TARAZU_TEST_UNITS} or BAIL_OUT("run it through scripts/test, which builds the libraries: scripts/test $0");
$ENV{TARAZU_FUZZ_OUT} //= "$ENV{TARAZU_TEST_UNITS}/fuzz";
my %line = map { /^(?:clean|FOUND) (\w+)/ ? ($1 => $_) : () } `"$root/scripts/fuzz" 1 2>&1`;
for my $name (sort @targets) {
    like($line{$name} // 'no answer', qr/^clean $name [1-9]/, "$name: nothing found");
    my @corpus = glob "$root/t/fuzz/corpus/$name/*";
    ok(scalar @corpus, "$name has a corpus");
}
done_testing;
