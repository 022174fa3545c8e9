#!/usr/bin/perl
# Every statement of sql/queries fits the migrated schema: the server takes it with the types it
# declares, the C code passes as many parameters of these types, and every column that C reads by name
# is there with a type that the reader understands.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../scripts/build/lib";
use Tables;
use Test::More;

use Tarazu::Test::Database;

my $db = Tarazu::Test::Database->start;
my @queries = Tables::queries();
ok(@queries > 100, 'there are statements');
my %query = map { $_->{name} => $_ } @queries;

# ---- The server's view: PREPARE, then the types it has taken, then the columns that come back.
# Statements that plan nothing (transaction control, migrations' own tables) cannot be prepared by
# name in SQL; they run in a transaction that is rolled back.
my $utility = qr/^(?:BEGIN|COMMIT|ROLLBACK|SET LOCAL|CREATE|GRANT)\b/;
my @plain = grep { $_->{text} =~ $utility } @queries;
my @planned = grep { $_->{text} !~ $utility } @queries;
is_deeply([grep { @{ $_->{params} } } @plain], [], 'what cannot be prepared has no parameters');

my $script = '';
for my $q (@planned) {
    my @types = map { $_->[0] } @{ $q->{params} };
    my $list = @types ? '(' . join(', ', @types) . ')' : '';
    my $call = @types ? '(' . join(', ', ('NULL') x @types) . ')' : '';
    $script .= "PREPARE $q->{name}$list AS\n$q->{text};\n\\echo #$q->{name} :ERROR :LAST_ERROR_MESSAGE\nEXECUTE $q->{name}$call \\gdesc\n";
}
for my $q (@plain) {
    my $text = $q->{text} =~ /^(?:BEGIN|COMMIT|ROLLBACK)/ ? "ROLLBACK; $q->{text}" : $q->{text};
    $script .= "BEGIN;\n$text;\n\\echo #$q->{name} :ERROR :LAST_ERROR_MESSAGE\nROLLBACK;\n";
}
my (%columns, %error, $name);
for my $line (split /\n/, $db->psql("SET client_min_messages = error;\n$script", go_on => 1)) {
    if ($line =~ /^#(\w+) (\w+) ?(.*)/) { $name = $1; $columns{$name} = {}; $error{$name} = $2 eq 'true' ? $3 : '' }
    elsif ($line =~ /^(.+)\x1f(.+)$/) { $columns{$name}{$1} = $2 }
}
is($error{ $_->{name} }, '', "$_->{name} fits the schema") for @queries;

# ---- Roles. resource_json is one statement over the tables of every kind: who answers requests must be
# allowed to read all of them, whatever is asked for.
my @kinds = Tables::slurp('sql/functions/views.sql') =~ /FUNCTION resource_json\(.*?\$\$(.*?)\$\$/s ? $1 =~ /WHEN '(\w+)' THEN/g : ();
ok(@kinds > 5, 'resources are known');
my @denied;
for my $role (qw(tarazu_web tarazu_order tarazu_pay)) {
    my $said = $db->psql(join('', "SET client_min_messages = error;\nSET ROLE $role;\n",
        map { "SELECT resource_json('$_', 0, 'fa');\n\\echo #$_ :ERROR :LAST_ERROR_MESSAGE\n" } @kinds), go_on => 1);
    push @denied, map { /^#(\w+) true (.*)/ ? "$role, $1: $2" : () } split /\n/, $said;
}
is_deeply(\@denied, [], 'every role that answers requests may read every resource');

# ---- C's view.
my %code = map { $_ => Tables::without_comments(Tables::slurp($_)) } grep { !m{^src/sandbox/} } Tables::files('src', qr/\.(?:c|def)$/);
my $everything = join "\n", values %code;
is_deeply([grep { $everything !~ /\b\U$_\E\b/ } sort keys %query], [], 'every statement is used');

my %takes = (P_TEXT => qr/^text$/, P_INT => qr/^bigint$/, P_OPT_INT => qr/^bigint$/, P_BOOL => qr/^bool$/, P_INTS => qr/^bigint\[\]$/,
    P_TEXTS => qr/^text\[\]$/, P_BYTES => qr/^bytea$/, P_NULL => qr/./);
my %readers = (
    row_int => qr/^(?:bigint|integer|smallint|numeric)$/, row_int_or => qr/^(?:bigint|integer|smallint|numeric)$/,
    row_bool => qr/^boolean$/, row_bytes => qr/^bytea$/, row_text => qr/./, row_null => qr/./,
);
my (@calls, @reads);
my ($checked_calls, $checked_reads) = (0, 0);
for my $file (sort keys %code) {
    for my $function (split /^}/m, $code{$file}) {
        my %from; # variable => statement whose rows it holds, at this point of the text
        while ($function =~ /\b(?:(\w+)\s*=\s*)?db_(queue|query|exec|look)\s*(\()|\b(row_\w+)\s*(\()|->(rows)\b/g) {
            my ($assigned, $how, $call, $reader) = ($1, $2, $3, $4);
            if ($how) {
                my @args = Tables::cells(Tables::inside($function, $-[3]));
                my $at = $how eq 'query' || $how eq 'look' ? 2 : 1;
                my ($constant) = ($args[$at] // '') =~ /^(Q_\w+)$/ or next;
                my $q = $query{ lc $constant };
                if (!$q) { push @calls, "$file: $constant is not in sql/queries"; next }
                my @given = @args[$at + 1 .. $#args];
                my @wanted = map { $_->[0] } @{ $q->{params} };
                push @calls, "$file: $constant takes " . @wanted . ' parameters and gets ' . @given if @given != @wanted;
                for my $i (0 .. ($#given < $#wanted ? $#given : $#wanted)) {
                    for my $macro ($given[$i] =~ /\b(P_[A-Z_]+)\b/g) {
                        push @calls, "$file: parameter " . ($i + 1) . " of $constant is $wanted[$i], not $macro"
                            if $takes{$macro} && $wanted[$i] !~ $takes{$macro};
                    }
                }
                $checked_calls++;
                if ($how eq 'query' || $how eq 'look') { (my $into = $args[1]) =~ s/^&//; $from{$into} = lc $constant }
                elsif ($assigned) { $from{"$assigned->rows"} = lc $constant }
            }
            elsif ($reader && $readers{$reader}) {
                my @args = Tables::cells(Tables::inside($function, $-[5]));
                shift @args if $reader eq 'row_bytes';
                (my $of = $args[0]) =~ s/^&//;
                my ($column) = ($args[2] // '') =~ /^"(\w+)"$/;
                next unless defined $column && $from{$of};
                my $type = $columns{ $from{$of} }{$column};
                if (!defined $type) { push @reads, "$file: $from{$of} has no column $column" }
                elsif ($type !~ $readers{$reader}) { push @reads, "$file: $from{$of}.$column is $type, read by $reader" }
                $checked_reads++;
            }
        }
    }
}
is_deeply(\@calls, [], 'C passes what the statements take');
is_deeply(\@reads, [], 'C reads columns that are there, with readers that understand them');
cmp_ok($checked_calls, '>', 100, "calls that were compared: $checked_calls");
cmp_ok($checked_reads, '>', 100, "column reads that were compared: $checked_reads");
done_testing;
