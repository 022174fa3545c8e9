package Tarazu::Test::Psql;

# psql kept open: starting it costs more than most of the questions it is asked.
#
#   my ($out) = Tarazu::Test::Psql::ask($dsn, 'SELECT 1; SELECT 2');      # "1\n2\n", as bytes
#   Tarazu::Test::Psql::close_all(sub { $_[0] =~ /dbname=scratch\b/ });   # before that database goes
#
# A script runs as psql runs its standard input: each statement by itself, up to the first that fails,
# which dies with the server's words. The session is as a fresh one every time.
# Each process has sessions of its own. Columns are parted by \x1f.

use strict;
use warnings;

use File::Temp ();
use POSIX ();

my $END = "\x1e";
my %OPEN; # process → data source → session

sub _start {
    my ($dsn) = @_;
    my $errors = File::Temp->new;
    pipe my $in, my $to or die "pipe: $!";
    pipe my $from, my $out or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<&', $in;
        open STDOUT, '>&', $out;
        open STDERR, '>&', $errors;
        POSIX::close($_) for map { fileno $_ } $to, $from;
        { exec 'psql', '-XAtq', '-F', "\x1f", '-v', 'ON_ERROR_STOP=1', '-d', $dsn, '-f', '-' }
        POSIX::_exit(127);
    }
    close $_ for $in, $out;
    $to->autoflush;
    return { pid => $pid, to => $to, from => $from, errors => $errors };
}

sub _end {
    my ($session) = @_;
    close $session->{$_} for qw(to from);
    waitpid $session->{pid}, 0;
    return $? >> 8 || $? & 127;
}

# One script: (what it printed, undef), or (…, why it failed).
sub _run {
    my ($session, $sql) = @_;
    local $SIG{PIPE} = 'IGNORE';
    print { $session->{to} } "$sql\n;\nDISCARD ALL;\n\\echo $END\n";
    my $out = '';
    while (sysread $session->{from}, $out, 65_536, length $out) {
        return ($out) if $out =~ s/^$END\n\z//m;
    }
    my $status = _end($session);
    open my $said, '<', $session->{errors}->filename or die "a temporary file: $!";
    my $why = do { local $/; <$said> };
    return ($out, $why ne '' ? $why : "psql ended with status $status");
}

sub ask {
    my ($dsn, $sql) = @_;
    utf8::encode($sql) if utf8::is_utf8($sql);
    my $mine = $OPEN{$$} //= {};
    my $kept = $mine->{$dsn};
    my ($out, $why) = _run($mine->{$dsn} //= _start($dsn), $sql);
    # Whoever was asked before may have lost the server meanwhile.
    if (defined $why && $kept && $out eq '' && $why =~ /connection to server|terminating connection/) {
        ($out, $why) = _run($mine->{$dsn} = _start($dsn), $sql);
    }
    return $out if !defined $why;
    delete $mine->{$dsn};
    die $why;
}

sub close_all {
    my ($which) = @_;
    my $mine = $OPEN{$$} or return;
    _end(delete $mine->{$_}) for grep { $which->($_) } keys %$mine;
    return;
}

END { my $status = $?; close_all(sub { 1 }); $? = $status }

1;
