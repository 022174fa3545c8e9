#!/usr/bin/perl
# Every error, route, setting, metric, posting and state is on its reference page, and no page is behind
# the table it is made of; the other pages name no route, key or file that does not exist.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../scripts/build/lib";
use Tables;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $make = "$Tables::ROOT/scripts/build/gen-docs";
chomp(my @pages = `$make --list`);
is(scalar @pages, 8, 'the pages that are made of tables');
for my $page (@pages) {
    open my $out, '-|:encoding(UTF-8)', $make, $page or die "gen-docs: $!";
    my $wanted = do { local $/; <$out> };
    close $out;
    ok(-e "$Tables::ROOT/docs/$page" && Tables::slurp("docs/$page") eq $wanted, "docs/$page is what its table says")
        or diag("run: scripts/build/gen-docs --write");
}

my %in = map { $_ => Tables::slurp("docs/$_") } @pages;
my $missing = sub { my ($page, @names) = @_; return [grep { index($in{$page}, "`$_`") < 0 } @names] };
is_deeply($missing->('errors.md', map { $_->[2] } Tables::def('src/core/errors.def', 'ERROR')), [], 'every error is documented');
is_deeply($missing->('routes.md', map { $_->[2] } Tables::def('src/routes/routes.def', 'ROUTE')), [], 'every route is documented');
is_deeply($missing->('configuration.md', map { $_->[0] } Tables::def('src/core/conf.def', 'CONFIG')), [], 'every configuration key is documented');
is_deeply($missing->('settings.md', map { $_->[0] } Tables::def('src/shop/settings.def', 'SETTING')), [], 'every setting is documented');
is_deeply($missing->('metrics.md', map { $_->[1] } Tables::def('src/core/metrics.def', 'METRIC')), [], 'every metric is documented');

# Rows without words explain nothing.
is_deeply([map { $_->[0] } grep { $_->[7] !~ /\w.*\.$/ } Tables::def('src/core/conf.def', 'CONFIG')], [], 'every configuration key is explained');
is_deeply([map { $_->[0] } grep { $_->[4] !~ /\w.*\.$/ } Tables::def('src/core/metrics.def', 'METRIC')], [], 'every metric is explained');
is_deeply([map { $_->[2] } grep { $_->[5] !~ /\p{Arabic}/ || $_->[6] !~ /[a-z]/ } Tables::def('src/core/errors.def', 'ERROR')], [],
    'every error has a title in both languages');
is_deeply([map { $_->[0] } grep { $_->[3] !~ /\w/ || $_->[4] !~ /\w/ } Tables::def('src/shop/doctor.def', 'CHECK')], [],
    'every proof of the doctor says what is true and what to do');

# Links inside the documentation lead somewhere.
my @dead;
for my $page (Tables::files('docs', qr/\.md$/), grep { -e "$Tables::ROOT/$_" } 'README.md', 'src/README.md') {
    my ($folder) = $page =~ m{^(.*/)};
    for my $link (Tables::slurp($page) =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^(?:https?:|mailto:|#)/;
        (my $file = $link) =~ s/#.*//;
        push @dead, "$page: $link" unless -e "$Tables::ROOT/" . ($folder // '') . $file;
    }
}
is_deeply(\@dead, [], 'links between the pages lead somewhere');
done_testing;
