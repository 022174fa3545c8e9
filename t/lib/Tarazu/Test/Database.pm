package Tarazu::Test::Database;

# A throw-away PostgreSQL cluster with a migrated database and nothing else: for tests of the schema and
# of commands. A copy of a database takes a moment, so each test can have its own.
#
#   my $db = Tarazu::Test::Database->start;
#   $db->copy('scratch');
#   $db->psql("UPDATE …", db => 'scratch');                # as the superuser; dies when it fails
#   my @rows = $db->rows("SELECT …", user => 'tarazu_web');
#   my ($status, $out, $err) = $db->tarazu('doctor', '--json', { db => 'scratch' });

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IPC::Open3 qw(open3);
use POSIX ();
use Symbol qw(gensym);
use Test::More ();

use Tarazu::Test::Psql;

my $ROOT = abs_path(dirname(__FILE__) . '/../../../..');
my @RUNNING;
my $BIN = '/usr/lib/postgresql/15/bin';

sub start {
    my ($class, %o) = @_;
    my $app = $ENV{TARAZU_TEST_APP} or die "run it through scripts/test, which builds what it needs: scripts/test $0\n";
    my $dir = tempdir('db-XXXXXX', DIR => $ENV{TARAZU_TEST_STATE} // '/tmp', CLEANUP => 1);
    my $self = bless { dir => $dir, app => $app, owner => $$ }, $class;
    if ($> == 0) { chown +(getpwnam 'tarazu')[2, 3], $dir or die "chown $dir: $!" }
    $self->_servant("$BIN/initdb", '-D', "$dir/data", '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
    $self->_servant("$BIN/pg_ctl", '-D', "$dir/data", '-l', "$dir/log", '-w', '-o',
        "-k $dir -c listen_addresses= -c fsync=off -c shared_buffers=16MB -c timezone=UTC", 'start');
    $self->{running} = 1;
    push @RUNNING, $self;
    $self->psql_file("$ROOT/sql/roles.sql", db => 'postgres');
    $self->psql('CREATE DATABASE tarazu OWNER tarazu_owner', db => 'postgres');
    if ($o{migrate} // 1) {
        my ($status, undef, $err) = $self->tarazu('migrate');
        $status == 0 or die "migrate failed: $err";
    }
    return $self;
}

sub dsn { my ($self, $name) = @_; return "host=$self->{dir} dbname=" . ($name // 'tarazu') }

sub copy {
    my ($self, $name, $from) = @_;
    $from //= 'tarazu';
    Tarazu::Test::Psql::close_all(sub { $_[0] =~ /^host=\Q$self->{dir}\E dbname=(?:\Q$name\E|\Q$from\E) / });
    $self->psql("DROP DATABASE IF EXISTS $name", db => 'postgres');
    $self->psql("CREATE DATABASE $name TEMPLATE $from OWNER tarazu_owner", db => 'postgres');
    return $name;
}

sub psql { my ($self, $sql, %o) = @_; return $self->_psql($sql, %o) }

sub psql_file {
    my ($self, $file, %o) = @_;
    open my $in, '<', $file or die "$file: $!";
    local $/;
    return $self->_psql(scalar <$in>, %o);
}

# Rows as arrays of text; null is ''.
sub rows {
    my ($self, $sql, %o) = @_;
    return map { [split /\x1f/, $_, -1] } $self->_psql($sql, %o) =~ /^(.*)\n/mg;
}

sub value { my ($self, @q) = @_; my ($row) = $self->rows(@q); return $row ? $row->[0] : undef }

# Runs the script; dies with the server's message unless fail => 1, which returns it. go_on => 1 runs it
# to its end in any case. Text in and out is bytes.
sub _psql {
    my ($self, $sql, %o) = @_;
    my $dsn = $self->dsn($o{db}) . ' user=' . ($o{user} // 'postgres');
    if (!$o{go_on}) {
        my $out = eval { Tarazu::Test::Psql::ask($dsn, $sql) };
        return $@ if $o{fail};
        return $out // die "psql: $@";
    }
    utf8::encode($sql) if utf8::is_utf8($sql);
    my ($status, $out, $err) = _command($sql, 'psql', '-XAtq', '-F', "\x1f", '-f', '-', '-d', $dsn);
    return $err if $o{fail};
    $status == 0 or die "psql: $err";
    return $out;
}

# A command of the program: (exit status, standard output, standard error). Options in a last hash: db,
# conf => { key => value }.
sub tarazu {
    my ($self, @command) = @_;
    my %o = ref $command[-1] ? %{ pop @command } : ();
    my $conf = "$self->{dir}/tarazu.conf";
    my %keys = ('db.dsn' => $self->dsn($o{db}), 'secret.key' => 'k' x 40, %{ $o{conf} // {} });
    open my $out, '>', $conf or die "$conf: $!";
    print {$out} "$_ = $keys{$_}\n" for sort keys %keys;
    close $out or die "$conf: $!";
    return _command('', "$self->{app}/bin/tarazu", '--config', $conf, @command);
}

sub _command {
    my ($input, @command) = @_;
    my ($errors, $to, $from) = (gensym);
    my $file = File::Temp->new;
    print {$file} $input;
    close $file or die "a temporary file: $!";
    open my $stdin, '<', $file->filename or die "a temporary file: $!";
    my $log = File::Temp->new;
    my $pid = open3('<&' . fileno $stdin, $from, '>&' . fileno $log, @command);
    my $out = do { local $/; <$from> };
    waitpid $pid, 0;
    my $status = $? >> 8 || $? & 127;
    open my $read, '<', $log->filename or die "a temporary file: $!";
    my $err = do { local $/; <$read> };
    return ($status, $out // '', $err // '');
}

# The server does not run as root.
sub _servant {
    my ($self, @command) = @_;
    unshift @command, qw(setpriv --reuid tarazu --regid tarazu --clear-groups --) if $> == 0;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/setup.log";
        open STDERR, '>&', \*STDOUT;
        chdir $self->{dir};
        { exec @command }
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    $? == 0 or die "$command[-1] failed: see $self->{dir}/setup.log";
    return;
}

sub stop {
    my ($self) = @_;
    return if !delete $self->{running};
    $self->_servant("$BIN/pg_ctl", '-D', "$self->{dir}/data", '-m', 'immediate', 'stop');
    return;
}

# Before the folder goes.
END {
    my $status = $?;
    for my $db (grep { $_->{owner} == $$ } @RUNNING) {
        eval { $db->stop; 1 } or warn $@;
    }
    $? = $status;
}

1;
