package Tarazu::Test::Harness;

# prove's harness in two rounds: what can share the machine runs side by side, the longest first, so that
# none of them is left over at the end; then one at a time what compares speeds.

use strict;
use warnings;

use parent 'TAP::Harness';

my $MEASURED = qr{(?:^|/)(?:70-bulkhead|70-hot-variant|80-finding-18-order-path)\.t\z};
my @LONGEST = map { "t/$_.t" } qw(70-last-unit 15-fuzz 60-fault-matrix 80-finding-15-every-route 10-units 70-crash 61-money-oddities
    20-doctor 75-model 90-browser 71-interleavings 40-identity-staff);

sub aggregate_tests {
    my ($self, $aggregate, @tests) = @_;
    -e $_ or die "$_ is listed here and not there" for @LONGEST;
    my ($i, %first) = (0);
    $first{$_} = $i++ for @LONGEST;
    my @together = sort { ($first{$a} // $i) <=> ($first{$b} // $i) } grep { !/$MEASURED/ } @tests; # else as they came
    for my $round ([$self->jobs, @together], [1, grep { /$MEASURED/ } @tests]) {
        my ($jobs, @files) = @$round;
        next unless @files;
        $self->jobs($jobs);
        $self->SUPER::aggregate_tests($aggregate, @files);
    }
    return $aggregate;
}

1;
