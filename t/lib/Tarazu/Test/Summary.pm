package Tarazu::Test::Summary;

# prove's own console output and, after it, one last line to read by machine: "N passed, N failed".
# A test file that failed without a failed assertion (it died, or its plan was wrong) counts as one.

use strict;
use warnings;

use parent 'TAP::Formatter::Console';

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
