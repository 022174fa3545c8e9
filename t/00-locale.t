#!/usr/bin/perl
# Texts and templates fit each other: both languages have the same keys, every key that a template
# uses exists and every existing one is used, partials and static files that are named exist.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Cpanel::JSON::XS ();
use Digest::SHA;
use File::Basename qw(dirname);
use File::Find ();
use Test::More;

my $top = dirname(dirname(__FILE__));

sub slurp {
    my ($path, $layer) = @_;
    open my $f, '<' . ($layer // ':encoding(UTF-8)'), $path or die "$path: $!";
    local $/;
    return scalar <$f>;
}

sub keys_of {
    my ($node, $prefix, $out) = @_;
    for my $key (sort keys %$node) {
        if (ref $node->{$key}) { keys_of($node->{$key}, "$prefix$key.", $out) }
        else                   { $out->{"$prefix$key"} = $node->{$key} }
    }
    return $out;
}

# This reader, unlike others, refuses a key that is there twice.
my %text = map { $_ => keys_of(Cpanel::JSON::XS->new->decode(slurp("$top/web/locale/$_.json")), '', {}) } qw(fa en);
is_deeply([sort keys %{ $text{fa} }], [sort keys %{ $text{en} }], 'both languages have the same keys');

for my $lang (qw(fa en)) {
    is_deeply([grep { $text{$lang}{$_} !~ /\S/ } sort keys %{ $text{$lang} }], [], "$lang: no text is empty");
}
my @digits = grep { (my $t = $text{fa}{$_}) =~ s/\{[^}]*\}//g; $t =~ /[0-9]/ && $t !~ /[A-Za-z]/ } keys %{ $text{fa} };
is_deeply(\@digits, [], 'Persian texts have Persian digits');
is_deeply([grep { $text{fa}{$_} =~ /[يكة]|\bمی [^\s]|ها ی /u } keys %{ $text{fa} }], [],
    'Persian texts have Persian letters and half-spaces');
my $holes = sub { join ' ', sort map { s/\|.*//r } $_[0] =~ /\{([^}]*)\}/g };
is_deeply([grep { $holes->($text{fa}{$_}) ne $holes->($text{en}{$_}) } sort keys %{ $text{fa} }], [],
    'the same placeholders in both languages');

my (%file, %used, @missing, @prefixes, @partials, @static);
File::Find::find({ no_chdir => 1, wanted => sub {
    $file{ substr($File::Find::name, length "$top/web/templates/") } = slurp($_) if /\.mustache$/;
} }, "$top/web/templates");
ok(%file > 20, 'templates are there');
for my $name (sort keys %file) {
    my $source = $file{$name};
    for my $key ($source =~ /\{\{\{?[#^&]?\s*t\.([\w.\/-]+)/g) {
        $used{$key} = 1;
        push @missing, "$name: $key" unless exists $text{fa}{$key};
    }
    push @prefixes, $source =~ /\|\s*t:([\w.]+)/g;
    push @partials, map { "$name: $_" } grep { !exists $file{"$_.mustache"} } $source =~ /\{\{>\s*([\w.\/-]+)\s*\}\}/g;
    push @static, map { "$name: $_" } grep { !-e "$top/web/static/$_" } $source =~ /\{\{'([^']+)'\|asset\}\}/g;
}
is_deeply(\@missing, [], 'every text that a template uses exists');
is_deeply([grep { my $p = $_; !grep { index($_, "$p.") == 0 } keys %{ $text{fa} } } @prefixes], [],
    'every group of texts that a filter uses exists');
my @unused = grep { my $k = $_; !$used{$k} && !grep { index($k, "$_.") == 0 } @prefixes } sort keys %{ $text{fa} };
is_deeply(\@unused, [], 'no text is unused');
is_deeply(\@partials, [], 'every partial exists');
is_deeply(\@static, [], 'every static file exists');

my @visible;
for my $name (grep { !m{^messages/} } sort keys %file) {
    (my $source = $file{$name}) =~ s/\{\{.*?\}\}+//gs;
    push @visible, $name if $source =~ /\p{Arabic}/ || $source =~ /\b(?:style|on\w+)\s*=/ || $source =~ /<style|<script(?![^>]*src=)/;
}
is_deeply(\@visible, [], 'no words of a language, inline styles or scripts in templates');

my @stale;
for my $css (glob "$top/web/static/*.css") {
    my $source = slurp($css);
    while ($source =~ /url\("([^"]+)\.([0-9a-f]{12})\.(\w+)"\)/g) {
        my $hash = substr Digest::SHA->new(256)->addfile("$top/web/static/$1.$3", 'b')->hexdigest, 0, 12;
        push @stale, "$1.$3 is $hash" if $hash ne $2;
    }
}
is_deeply(\@stale, [], 'hashes written in style sheets are true');
done_testing;
