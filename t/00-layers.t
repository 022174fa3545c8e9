#!/usr/bin/perl
# The layers: a folder of src/ includes only what t/layers.txt allows, every foreign library is used in
# one place, and headers do not include each other in circles.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../scripts/build/lib";
use Tables;
use Test::More;

my (%allowed, %foreign);
for (split /\n/, Tables::slurp('t/layers.txt')) {
    next if /^#|^\s*$/;
    if (/^(\S+):\s*(.*)$/) { $allowed{$1} = { map { $_ => 1 } split ' ', $2 } }
    else { my ($header, @places) = split; $foreign{$header} = \@places }
}

my @files = Tables::files('src', qr/\.(?:c|h|def)$/);
ok(@files > 100, 'the sources are there');
my (%folders, %includes, @upward, @strange, @astray);
for my $file (@files) {
    my ($folder) = $file =~ m{^src/(?:([^/]+)/)?[^/]+$};
    $folder //= '.';
    $folders{$folder} = 1;
    for my $line (split /\n/, Tables::without_comments(Tables::slurp($file))) {
        if ($line =~ /^\s*#\s*include\s+"([^"]+)"/) {
            my $header = $1;
            next if $header eq 'config.h';
            push @{ $includes{$file} }, "src/$header";
            my ($of) = $header =~ m{^([^/]+)/};
            $of //= '.';
            push @strange, "$file: \"$header\" is written without its folder" if $of eq '.' && $folder ne '.';
            push @upward, "$file includes $header"
                unless $of eq $folder || $allowed{$folder}{$of} || $allowed{$folder}{$header};
        }
        elsif ($line =~ /^\s*#\s*include\s+<([^>]+)>/) {
            my $header = $1;
            for my $pattern (keys %foreign) {
                (my $regex = quotemeta $pattern) =~ s/\\\*/.*/;
                next unless $header =~ /^$regex$/;
                push @astray, "$file includes <$header>" unless grep { $file =~ m{^\Q$_\E(?:/|$)} } @{ $foreign{$pattern} };
            }
        }
    }
}
is_deeply([sort keys %folders], [sort keys %allowed], 'every folder is in t/layers.txt');
is_deeply(\@upward, [], 'nothing includes what is above it');
is_deeply(\@strange, [], 'headers are written with their folder');
is_deeply(\@astray, [], 'foreign headers are included in their one place');

my (%done, @circles);
sub walk {
    my ($file, @path) = @_;
    if (grep { $_ eq $file } @path) { push @circles, join ' > ', @path, $file; return }
    return if $done{$file};
    walk($_, @path, $file) for grep { /\.h$/ } @{ $includes{$file} // [] };
    $done{$file} = 1;
    return;
}
walk($_) for sort grep { /\.h$/ } keys %includes;
is_deeply(\@circles, [], 'no header includes itself by a detour');

# The allow-list itself goes one way only.
my (%below, @loops);
sub below {
    my ($folder, @path) = @_;
    if (grep { $_ eq $folder } @path) { push @loops, join ' > ', @path, $folder; return }
    below($_, @path, $folder) for grep { !m{/} } sort keys %{ $allowed{$folder} // {} };
    return;
}
below($_) for sort keys %allowed;
is_deeply(\@loops, [], 'the layers have no circle');
done_testing;
