# A headless Chromium for tests, driven by the DevTools protocol over its pipe (file descriptors 3 and
# 4): no driver program and no socket. Dies with the reason when the browser cannot be started.
package Tarazu::Test::Browser;
use strict;
use warnings;
use Fcntl qw(F_SETFD);
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use POSIX ();

my $json = JSON::PP->new->utf8->allow_nonref;

# Options: width, height, scripts (0: JavaScript off), lang ("fa", "en").
sub new {
    my ($class, %option) = @_;
    my ($program) = grep { -x } map { ("/usr/bin/$_", "/usr/local/bin/$_") }
        qw(chromium chromium-browser google-chrome);
    die "no Chromium: install the package chromium\n" unless $program;
    my $self = bless { id => 0, home => File::Temp->newdir, buffer => '', events => [] }, $class;
    pipe my $their_in, my $our_out or die "pipe: $!";
    pipe my $our_in, my $their_out or die "pipe: $!";
    $self->{pid} = fork // die "fork: $!";
    if (!$self->{pid}) {
        # 3 and 4 may be in use by the pipes themselves: move both out of the way first.
        my $in  = POSIX::dup2(fileno $their_in,  20);
        my $out = POSIX::dup2(fileno $their_out, 21);
        POSIX::dup2($in, 3);
        POSIX::dup2($out, 4);
        POSIX::close($_) for 20, 21;
        CORE::open STDOUT, '>', '/dev/null';
        CORE::open STDERR, '>', "$self->{home}/log";
        exec $program, qw(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run
            --disable-background-networking --disable-component-update --ignore-certificate-errors
            --hide-scrollbars --remote-debugging-pipe), "--user-data-dir=$self->{home}/profile",
            '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1', 'about:blank'
            or POSIX::_exit(127);
    }
    close $their_in;
    close $their_out;
    @$self{qw(out in)} = ($our_out, $our_in);
    $our_out->autoflush(1);
    my $target = $self->call('Target.createTarget', url => 'about:blank')->{targetId};
    $self->{session} = $self->call('Target.attachToTarget', targetId => $target,
        flatten => JSON::PP::true)->{sessionId};
    $self->call("$_.enable") for qw(Page Runtime Network Log);
    $self->size($option{width} // 360, $option{height} // 740);
    $self->call('Emulation.setScriptExecutionDisabled', value => JSON::PP::true)
        if defined $option{scripts} && !$option{scripts};
    $self->call('Network.setExtraHTTPHeaders', headers => { 'Accept-Language' => $option{lang} })
        if $option{lang};
    return $self;
}

sub read_message {
    my ($self, $seconds) = @_;
    my $end = time + $seconds;
    my $at;
    while (($at = index $self->{buffer}, "\0") < 0) {
        my $set = '';
        vec($set, fileno $self->{in}, 1) = 1;
        my $left = $end - time;
        return undef if $left < 0 || !select my $ready = $set, undef, undef, $left + .1;
        sysread $self->{in}, $self->{buffer}, 65536, length $self->{buffer}
            or die "the browser has gone: " . $self->log_text;
    }
    my $message = substr $self->{buffer}, 0, $at + 1, '';
    chop $message;
    return $json->decode($message);
}

sub log_text {
    my ($self) = @_;
    CORE::open my $f, "<", "$self->{home}/log" or return '';
    local $/;
    return scalar <$f>;
}

sub call {
    my ($self, $method, %params) = @_;
    my $id = ++$self->{id};
    my %message = (id => $id, method => $method, params => \%params);
    $message{sessionId} = $self->{session} if $self->{session};
    syswrite $self->{out}, $json->encode(\%message) . "\0";
    while (my $answer = $self->read_message(30)) {
        if (!defined $answer->{id}) { push @{ $self->{events} }, $answer; next }
        next if $answer->{id} != $id;
        die "$method: $answer->{error}{message}\n" if $answer->{error};
        return $answer->{result};
    }
    die "$method: no answer in 30 s\n";
}

sub size {
    my ($self, $width, $height) = @_;
    $self->{size} = [$width, $height];
    $self->call('Emulation.setDeviceMetricsOverride', width => $width + 0, height => $height + 0,
        deviceScaleFactor => 1, mobile => $width < 600 ? JSON::PP::true : JSON::PP::false);
}

# Waits until an event of that name has come (also one that came while another call waited).
sub wait_event {
    my ($self, $name, $seconds) = @_;
    my $end = time + $seconds;
    while (1) {
        for my $i (0 .. $#{ $self->{events} }) {
            return splice @{ $self->{events} }, $i, 1 if $self->{events}[$i]{method} eq $name;
        }
        my $message = $self->read_message($end - time) or die "no $name within $seconds s\n";
        push @{ $self->{events} }, $message;
    }
}

sub open {
    my ($self, $url) = @_;
    $self->{events} = [];
    my $went = $self->call('Page.navigate', url => $url);
    die "$url: $went->{errorText}\n" if $went->{errorText};
    $self->wait_event('Page.loadEventFired', 30);
    return $self;
}

# What a script of the page would get; promises are awaited.
sub evaluate {
    my ($self, $source) = @_;
    my $got = $self->call('Runtime.evaluate', expression => $source, returnByValue => JSON::PP::true,
        awaitPromise => JSON::PP::true);
    die "$source: $got->{exceptionDetails}{exception}{description}\n" if $got->{exceptionDetails};
    return $got->{result}{value};
}

# Runs a script that leaves the page (a click, a submit) and waits for the next one.
sub leave {
    my ($self, $source) = @_;
    $self->{events} = [];
    $self->evaluate("{ $source }; true"); # without timers: they do not run when scripts are off
    $self->wait_event('Page.loadEventFired', 30);
    return $self;
}

# Chooses a file in a file field.
sub choose_file {
    my ($self, $selector, $file) = @_;
    my $root = $self->call('DOM.getDocument')->{root}{nodeId};
    my $node = $self->call('DOM.querySelector', nodeId => $root, selector => $selector)->{nodeId}
        or die "no $selector\n";
    $self->call('DOM.setFileInputFiles', nodeId => $node, files => [$file]);
}

# Complaints of the browser since the last open(): console errors, refused styles and scripts, failed
# requests.
sub complaints {
    my ($self) = @_;
    $self->evaluate('1');
    my @out;
    for my $event (@{ $self->{events} }) {
        my $p = $event->{params};
        push @out, "$p->{entry}{level}: $p->{entry}{text} $p->{entry}{url}"
            if $event->{method} eq 'Log.entryAdded' && $p->{entry}{level} =~ /error|warning/;
        push @out, "exception: $p->{exceptionDetails}{text}" if $event->{method} eq 'Runtime.exceptionThrown';
        push @out, "$p->{response}{status} $p->{response}{url}"
            if $event->{method} eq 'Network.responseReceived' && $p->{response}{status} >= 400;
    }
    return grep { !/favicon/ } map { s/\s+$//r } map { $_ // '' } @out;
}

# The whole page as PNG.
sub screenshot {
    my ($self, $path) = @_;
    my ($width, $height) = @{ $self->{size} };
    my $box = $self->call('Page.getLayoutMetrics')->{cssContentSize};
    $self->size($width, $box->{height}) if $box->{height} > $height;
    my $png = $self->call('Page.captureScreenshot')->{data};
    $self->size($width, $height);
    CORE::open my $f, '>', $path or die "$path: $!";
    binmode $f;
    print {$f} decode_base64($png);
    close $f;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    return unless $self->{pid};
    delete $self->{session};
    eval { $self->call('Browser.close'); 1 } or kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
