package Tarazu::Test::Harness;

# prove's harness in two rounds: what can share the machine runs side by side, then the tests that load
# or disturb it on purpose (70: concurrency, crashes; 90: the browser) run one at a time.

use strict;
use warnings;

use parent 'TAP::Harness';

sub aggregate_tests {
    my ($self, $aggregate, @tests) = @_;
    my $alone = qr{(?:^|/)(?:70|9\d)-[^/]*\z};
    my @rounds = ([$self->jobs, grep { !/$alone/ } @tests], [1, grep { /$alone/ } @tests]);
    for my $round (@rounds) {
        my ($jobs, @files) = @$round;
        next unless @files;
        $self->jobs($jobs);
        $self->SUPER::aggregate_tests($aggregate, @files);
    }
    return $aggregate;
}

1;
