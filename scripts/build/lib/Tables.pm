package Tables;

# Reads the .def tables under src/ (macro calls, one row each) and the headers of sql/queries, for the
# reference pages and for the tests that compare a table with what it describes.
#
#   my @rows = Tables::def('src/core/errors.def', 'ERROR');   # each row: a list of cells
#   cells: C strings come without quotes, everything else as it is written

use strict;
use warnings;
use utf8;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

our $ROOT = abs_path(dirname(__FILE__) . '/../../..');

sub slurp {
    my ($path) = @_;
    open my $in, '<:encoding(UTF-8)', $path =~ m{^/} ? $path : "$ROOT/$path" or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# C source without comments; strings stay whole.
sub without_comments {
    my ($text) = @_;
    $text =~ s{("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)*')|/\*.*?\*/|//[^\n]*}{defined $1 ? $1 : defined $2 ? $2 : ' '}gse;
    return $text;
}

# Splits at commas outside of brackets and strings.
sub cells {
    my ($text) = @_;
    my ($depth, @cells) = (0, '');
    while ($text =~ /\G("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|.)/gs) {
        my $token = $1;
        $depth++ if $token =~ /^[({\[]$/;
        $depth-- if $token =~ /^[)}\]]$/;
        if ($token eq ',' && !$depth) { push @cells, '' }
        else { $cells[-1] .= $token }
    }
    s/^\s+|\s+$//g for @cells;
    return @cells;
}

# The text between the bracket at pos() and its partner.
sub inside {
    my ($text, $at) = @_;
    my $depth = 0;
    pos($text) = $at;
    while ($text =~ /\G("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|.)/gs) {
        my $token = $1;
        $depth++ if $token eq '(';
        $depth-- if $token eq ')';
        return substr $text, $at + 1, pos($text) - $at - 2 if !$depth;
    }
    die "a bracket is not closed\n";
}

sub unquote {
    my ($cell) = @_;
    my @parts = $cell =~ /"((?:[^"\\]|\\.)*)"/g or return $cell;
    my $name = $cell =~ /^(\w+)\s*"/ ? "$1" : '';
    my $text = join '', @parts;
    $text =~ s/\\(.)/$1/gs;
    return ($name ? "<$name>" : '') . $text;
}

sub def {
    my ($path, $macro) = @_;
    my $text = without_comments(slurp($path));
    my $folder = 'src';
    $text =~ s{^\s*#include\s+"([^"]+)"}{without_comments(slurp("$folder/$1"))}gme;
    $text =~ s/^\s*#.*$//gm;
    my @rows;
    while ($text =~ /\b\Q$macro\E\(/g) {
        my $at = pos($text) - 1;
        push @rows, [map { unquote($_) } cells(inside($text, $at))];
    }
    @rows or die "$path has no $macro rows\n";
    return @rows;
}

# The state machines of src/shop/fsm.c in its order: [name, table].
sub machines {
    my $text = without_comments(slurp('src/shop/fsm.c'));
    my %file = $text =~ /(\w+_rows)\[\]\s*=\s*\{\s*#include "([^"]+)"/g;
    my @machines = map { [$_->[0], "src/$file{$_->[1]}"] } pairs($text =~ /\{\s*"(\w+)",\s*ROWS\((\w+)\)\s*\}/g);
    @machines or die "no state machines in src/shop/fsm.c\n";
    return @machines;
}
sub pairs { my @flat = @_; my @pairs; push @pairs, [splice @flat, 0, 2] while @flat; return @pairs }

# The comment that begins a file.
sub head {
    my ($path) = @_;
    my ($comment) = slurp($path) =~ m{^/\*(.*?)\*/}s or return '';
    $comment =~ s/^\s*\*?\s?//gm;
    $comment =~ s/\s+\z//;
    return $comment;
}

# Statements of sql/queries: { name, kind, params => [[type, name] …], text, file }.
sub queries {
    my @all;
    for my $path (files('sql/queries', qr/\.sql$/)) {
        my $query;
        for my $line (split /^/, slurp($path)) {
            if (my ($name, $kind, $params) = $line =~ /^-- name: (q_\w+) :(exec|one|opt|many) \(([^)]*)\)/) {
                push @all, $query = { name => $name, kind => $kind, text => '', file => $path,
                    params => [map { [split] } split /\s*,\s*/, $params] };
            }
            elsif ($query && $line !~ /^\s*--/) { $query->{text} .= $line }
        }
    }
    s/^\s+|[\s;]+$//g for map { $_->{text} } @all;
    return @all;
}

sub files {
    my ($folder, $pattern) = @_;
    my @found;
    require File::Find;
    File::Find::find({ no_chdir => 1, wanted => sub { push @found, s{^\Q$ROOT\E/}{}r if -f && /$pattern/ } }, "$ROOT/$folder");
    return sort @found;
}

1;
