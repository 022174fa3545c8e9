#!/usr/bin/perl
# What the program's tables say is what the migrated database says: state machines, postings, schedules,
# constraints of errors, roles of staff. And migrating again, or twice at once, changes nothing.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../scripts/build/lib";
use File::Copy qw(copy);
use File::Path qw(make_path);
use JSON::PP ();
use Tables;
use Test::More;

use Tarazu::Test::Database;

my $db = Tarazu::Test::Database->start(migrate => 0);

# ---- Migrations
my $empty = sub { $db->psql("CREATE DATABASE $_[0] OWNER tarazu_owner", db => 'postgres'); return $_[0] };
{
    my $twin = $empty->('twins');
    my @both = map {
        my $pid = open(my $out, '-|') // die "fork: $!";
        if (!$pid) {
            my ($status, undef, $err) = $db->tarazu('migrate', { db => $twin });
            print "$status $err";
            require POSIX;
            close STDOUT;
            POSIX::_exit(0);
        }
        $out;
    } 1 .. 2;
    my @answers = map { local $/; my $text = readline $_; close $_; $text } @both;
    is_deeply([map { /^0 / ? 'done' : $_ } @answers], ['done', 'done'], 'two hosts may migrate at once');
    is($db->value('SELECT count(*) FROM schema_migrations WHERE name NOT LIKE \'functions/%\'', db => $twin),
        scalar(() = glob "$Tables::ROOT/sql/migrations/*.sql"), 'and every migration has run once');
}
is(($db->tarazu('migrate'))[0], 0, 'a fresh database is migrated');
my $state = sub { $db->psql("SELECT name, sha256, applied_at FROM schema_migrations ORDER BY name") };
my $before = $state->();
is(($db->tarazu('migrate'))[0], 0, 'migrating again');
is($state->(), $before, 'changes nothing');
{
    my $sql = "$db->{dir}/sql";
    make_path("$sql/migrations", "$sql/functions");
    copy($_, $sql . substr $_, length "$Tables::ROOT/sql") or die $! for glob "$Tables::ROOT/sql/{migrations,functions}/*.sql";
    my ($first) = glob "$sql/migrations/0001_*.sql";
    open my $out, '>>', $first or die $!;
    print {$out} "-- one more thing\n";
    close $out;
    my ($status, undef, $err) = $db->tarazu('migrate', { conf => { 'sql.dir' => $sql } });
    isnt($status, 0, 'a migration that was changed after it ran is refused');
    like($err, qr/0001_/, 'and named');
}

# ---- State machines
my (%machines, %states, %events_of);
for my $machine (Tables::machines()) {
    my ($name, $file) = @$machine;
    for (Tables::def($file, 'TRANSITION')) {
        my ($from, $event, $to) = map { lc } @$_;
        $from = '' if $from eq 'none';
        push @{ $machines{table} }, "$name: $from --$event--> $to";
        $states{$name}{$to} = $events_of{$name}{$event} = 1;
    }
}
my $rows = sub { [sort map { "$_->[0]: $_->[1] --$_->[2]--> $_->[3]" } $db->rows('SELECT machine, from_state, event, to_state FROM transitions')] };
is_deeply($rows->(), [sort @{ $machines{table} }], 'the state machines in the database are those of the tables');
my (undef, $fsm) = $db->tarazu('fsm', '--json');
is_deeply([sort map { my $t = JSON::PP::decode_json($_); "$t->{machine}: $t->{from} --$t->{event}--> $t->{to}" } split /\n/, $fsm],
    [sort @{ $machines{table} }], 'and those of the program');
$db->psql("INSERT INTO transitions VALUES ('order', 'delivered', 'cancel', 'canceled')");
is(($db->tarazu('doctor'))[0], 1, 'a transition slipped into the database is found');
$db->tarazu('migrate');
is_deeply($rows->(), [sort @{ $machines{table} }], 'and migrating takes it out');

# Each step is refused or taken by the trigger exactly as the table says, from every state by every event.
my %legal = map { $_ => 1 } @{ $machines{table} };
for my $name (sort keys %states) {
    my $script = "CREATE TEMP TABLE probe (status text, event text, version int);\n"
        . "CREATE TRIGGER probe BEFORE UPDATE ON probe FOR EACH ROW EXECUTE FUNCTION check_transition('$name');\n";
    for my $from (sort keys %{ $states{$name} }) {
        for my $event (sort keys %{ $events_of{$name} }) {
            for my $to (sort keys %{ $states{$name} }) {
                $script .= "DELETE FROM probe; INSERT INTO probe VALUES ('$from', 'x', 1);\n"
                    . "UPDATE probe SET status = '$to', event = '$event', version = 2;\n\\echo $name: $from --$event--> $to :ERROR\n";
            }
        }
    }
    my @wrong;
    for my $line (grep { / (?:true|false)$/ } split /\n/, $db->psql($script, go_on => 1)) {
        my ($step, $refused) = $line =~ /^(.*) (true|false)$/;
        push @wrong, $line if ($refused eq 'true') == !!$legal{$step};
    }
    is_deeply(\@wrong, [], "$name: the trigger takes what the table has and refuses everything else");
}

# ---- Postings
my @postings = Tables::def('src/shop/postings.def', 'POSTING');
my %accounts = map { $_->[0] => 1 } $db->rows('SELECT unnest(enum_range(NULL::ledger_account))');
is_deeply([grep { !$accounts{$_} } map { lc $_->[1], lc $_->[2] } @postings], [], 'postings name accounts of the database');
is_deeply([sort map { $_->[1] } Tables::def('src/shop/accounts.def', 'ACCOUNT')], [sort keys %accounts], 'the accounts of C are those of the database');
my ($events) = Tables::slurp('src/shop/ledger.h') =~ /enum ledger_event \{(.*?)\}/s;
my %posted = map { $_->[0] => 1 } @postings;
is_deeply([sort keys %posted], [sort grep { $_ ne 'EVENT_COUNT' } $events =~ /LEDGER_(\w+)/g], 'every event has its postings');
is_deeply([map { "@$_" } grep { $_->[1] eq $_->[2] || $_->[4] !~ /^IR[TR]$/ } @postings], [], 'no posting moves money nowhere');
like($db->psql("WITH t AS (INSERT INTO ledger_transactions (event) VALUES ('capture') RETURNING id)
    INSERT INTO ledger_entries (transaction_id, account, currency, amount)
    SELECT t.id, e.account::ledger_account, 'IRT', e.amount FROM t, (VALUES ('bank', 100), ('sales', -99)) e(account, amount)", fail => 1),
    qr/is off by 1 IRT/, 'a transaction that is off is refused');
like($db->psql("WITH t AS (INSERT INTO ledger_transactions (event) VALUES ('capture') RETURNING id)
    INSERT INTO ledger_entries (transaction_id, account, currency, amount)
    SELECT t.id, e.account::ledger_account, e.currency, e.amount
      FROM t, (VALUES ('bank', 'IRT', 100), ('sales', 'IRR', -100)) e(account, currency, amount)", fail => 1), qr/is off by/, 'also between currencies');

# ---- Schedules
is_deeply([sort map { "$_->[0] $_->[1]" } $db->rows('SELECT kind, extract(epoch FROM period)::bigint FROM schedules')],
    [sort map { "$_->[0] $_->[4]" } grep { $_->[4] } Tables::def('src/jobs/jobs.def', 'JOB')], 'the schedules are those of jobs.def');

# ---- Errors
my %constraints = map { $_->[0] => 1 } $db->rows(q{SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace});
my %raised = map { $_ => 1 } join("\n", map { $_->[0] } $db->rows(q{SELECT replace(prosrc, E'\n', ' ') FROM pg_proc WHERE pronamespace = 'public'::regnamespace}))
    =~ /ERRCODE = '(\w+)'/g;
my @states = map { $_->[4] } grep { $_->[4] ne 'NULL' } Tables::def('src/core/errors.def', 'ERROR');
my %standard = map { $_ => 1 } qw(55P03 57014 40001 40P01);
is_deeply([grep { !$constraints{$_} && !$raised{$_} && !$standard{$_} } @states], [], 'what raises an error in errors.def exists in the database');
my %seen;
is_deeply([grep { $seen{$_}++ } @states], [], 'and raises one error only');

# ---- Staff
my ($check) = $db->value(q{SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'staff'::regclass AND pg_get_constraintdef(oid) LIKE '%role%'});
is_deeply([sort $check =~ /'(\w+)'::text/g], [sort map { $_->[0] } Tables::def('src/auth/policy.def', 'ROLE')], 'the roles of staff are those of policy.def');

# ---- Privileges: the heart is not to be rewritten by the processes that serve it.
my %may = map { $_->[0] => 1 } $db->rows(q{SELECT r.rolname || ' ' || p.privilege || ' ' || c.relname
    FROM pg_class c, pg_roles r, (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND r.rolname LIKE 'tarazu\\_%' AND r.rolname <> 'tarazu_owner'
      AND has_table_privilege(r.oid, c.oid, p.privilege)});
is_deeply([grep { /^tarazu_readonly/ } sort keys %may], [], 'the reading role writes nothing');
is_deeply([grep { /(?:UPDATE|DELETE) (?:ledger_\w+|order_events|payment_events|stock_movements|wallet_movements|invoices|audit_\w+)$/ } sort keys %may], [],
    'history is append-only for every process');
is_deeply([grep { /DELETE (?:orders|order_items|payments|refunds|customers|products|variants|coupons|addresses)$/ } sort keys %may], [],
    'what was sold is deleted by none');
is_deeply([grep { /TRUNCATE/ } sort keys %may], [], 'nobody truncates');
is_deeply([grep { / (?:INSERT|UPDATE|DELETE) (?:order_events|payment_events|transitions|schema_migrations|clock|provinces)$/ } sort keys %may], [],
    'audit trails, states, migrations and the clock are written by triggers and the owner alone');
my @readable = $db->rows(q{SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    AND has_any_column_privilege('tarazu_readonly', c.oid, 'SELECT') AND c.relname IN ('staff', 'refresh_tokens', 'api_keys', 'otp_codes')
    AND (has_column_privilege('tarazu_readonly', c.oid, (SELECT attname FROM pg_attribute WHERE attrelid = c.oid
         AND attname IN ('password_hash', 'hash') LIMIT 1), 'SELECT'))});
is_deeply(\@readable, [], 'no secret can be read by the reading role');
done_testing;
