package Tarazu::Test::Summary;

# prove's own console output and, after it, one last line to read by machine: "N passed, N failed".
# A test file that failed without a failed assertion (it died, or its plan was wrong) counts as one.

use strict;
use warnings;

use TAP::Formatter::Console;
use TAP::Formatter::File;

# As prove chooses: a moving display for people, plain lines for files.
our @ISA = (-t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File');

# The harness prepares each round of tests; the columns are those of all of them.
sub prepare {
    my ($self, @tests) = @_;
    push @{ $self->{tarazu_tests} }, @tests;
    return $self->SUPER::prepare(@{ $self->{tarazu_tests} });
}

sub summary {
    my ($self, $aggregate, $interrupted) = @_;
    $self->SUPER::summary($aggregate, $interrupted);
    my $failed = $aggregate->failed;
    for my $parser ($aggregate->parsers) {
        $failed++ if !$parser->failed && ($parser->exit || $parser->wait || $parser->parse_errors);
    }
    $self->_output(sprintf "%d passed, %d failed\n", scalar $aggregate->passed, $failed);
    return;
}

1;
