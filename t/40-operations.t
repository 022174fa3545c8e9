#!/usr/bin/perl
# What operators and developers use: health, figures, the API's description, the owner's settings, dead
# jobs, the language, and the doctor on a running shop.
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../scripts/build/lib";
use JSON::PP ();
use Tables;
use Test::More;

use Tarazu::Test::Shop qw(wait_for);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $shop = Tarazu::Test::Shop->start;
my $c = $shop->client(from => '127.0.40.1');
my $page = $shop->client(from => '127.0.40.2', html => 1);

# ---- Health
is_deeply($c->get('/healthz')->{json}, { status => 'ok' }, 'healthy');
is_deeply($c->get('/readyz')->{json}, { status => 'ok' }, 'ready');

# ---- Figures
my $r = $c->get('/metrics');
is($r->{status}, 200, 'figures for the monitoring host');
like($r->{headers}{'content-type'}, qr{^text/plain; version=0\.0\.4}, 'in Prometheus text');
my %value = map { /^(\w+)(?:\{[^}]*\})? (\S+)$/ ? ($1 => $2) : () } split /\n/, $r->{body};
for my $gauge ('tarazu_database_up', map { $_->[1] } Tables::def('src/routes/gauges.def', 'GAUGE')) {
    ok(defined $value{$gauge}, "$gauge is among them");
}
is($value{tarazu_database_up}, 1, 'the database answers');
my @names = $r->{body} =~ /^# TYPE (\w+) /mg;
my %seen;
is_deeply([grep { $seen{$_}++ } @names], [], 'no name is described twice');
is_deeply([grep { !$seen{$_} } map { $_->[1] } Tables::def('src/core/metrics.def', 'METRIC')], [], 'all of metrics.def is there');
like($r->{body}, qr/\n\z/, 'and the last line ends');
is($c->get('/metrics/')->{status}, 200, 'a slash at the end is the same');
is($c->get($_)->{status}, 404, "$_ does not lead around the allow-list") for '/metrics.json', '/metrics.json/', '/%6detrics.json';

# ---- The API's description
my $api = $c->get('/openapi.json')->{json};
is($api->{openapi}, '3.1.0', 'OpenAPI 3.1');
my (%described, @dangling);
for my $path (sort keys %{ $api->{paths} }) {
    $described{ uc($_) . " $path" } = 1 for keys %{ $api->{paths}{$path} };
}
my @routes = map { "$_->[1] " . $_->[2] =~ s/\{(\w+):\w+\}/{$1}/gr } Tables::def('src/routes/routes.def', 'ROUTE');
is_deeply([sort keys %described], [sort @routes], 'every route is described, and nothing else');
my $walk;
$walk = sub {
    my ($node) = @_;
    if (ref $node eq 'ARRAY') { $walk->($_) for @$node }
    elsif (ref $node eq 'HASH') {
        if (defined $node->{'$ref'} && !ref $node->{'$ref'}) {
            my $at = $api;
            $at = $at->{ s/~1/\//gr } // push(@dangling, $node->{'$ref'}) for split m{/}, $node->{'$ref'} =~ s{^#/}{}r;
        }
        $walk->($_) for values %$node;
    }
};
$walk->($api);
is_deeply(\@dangling, [], 'every reference leads somewhere');
my %ids;
is_deeply([grep { $ids{$_}++ } map { map { $_->{operationId} } values %$_ } values %{ $api->{paths} }], [], 'operation ids are unique');
my $order = $api->{components}{schemas}{order_place_in};
is_deeply([grep { !$order->{properties}{$_} } qw(address address_id shipping_method payment_method use_wallet expected_total expected_due cart_version note)], [],
    'the order has the fields of the contract');
is_deeply($order->{required}, ['expected_total'], 'and the one that is needed');
is($order->{additionalProperties}, JSON::PP::false, 'and takes no others');
ok((grep { $_->{in} eq 'header' && $_->{name} eq 'Idempotency-Key' } @{ $api->{paths}{'/orders'}{post}{parameters} }), 'it may be sent again');
is_deeply($api->{paths}{'/products'}{get}{security}, [], 'the shelf is open to everybody');
is_deeply([sort map { keys %$_ } @{ $api->{paths}{'/orders'}{get}{security} }], ['bearer', 'session'], 'the orders are not');

# ---- The developers' page
$r = $page->get('/docs');
is($r->{status}, 200, 'the page for developers');
like($r->{body}, qr{/openapi\.json}, 'leads to the description');
like($r->{body}, qr{<code class="ltr">/cart/items/\{variant:int\}</code>}, 'and names the routes');

# ---- Language
$r = $page->post('/language', form => { lang => 'en', next => '/cart?x=1' });
is($r->{status}, 303, 'a language is chosen');
is($r->{headers}{location}, '/cart?x=1', 'and one goes on');
like($r->{headers}{'set-cookie'}, qr/^lang=en; .*Max-Age=31536000.*Secure.*SameSite=Lax/, 'for a year');
unlike($r->{headers}{'set-cookie'}, qr/HttpOnly/i, 'readable, since it says nothing');
like($page->get('/cart')->{body}, qr/<html[^>]*lang="en"/, 'the next page speaks it');
for my $elsewhere ('https://evil.example/', '//evil.example', '/\\evil.example', 'evil') {
    is($page->post('/language', form => { lang => 'fa', next => $elsewhere })->{headers}{location}, '/', "not to $elsewhere");
}
is($c->post('/language', json => { lang => 'de' })->{status}, 422, 'a language there is not');
is_deeply($c->post('/language', json => { lang => 'fa' })->{json}, { lang => 'fa' }, 'programs get JSON');

# ---- Settings
my $staff = $shop->staff(from => '127.0.40.3');
is($c->get('/admin/settings')->{status}, 401, 'settings are not for strangers');
my $settings = $staff->get('/admin/settings')->{json};
is_deeply([sort keys %$settings], [sort map { $_->[0] } Tables::def('src/shop/settings.def', 'SETTING')], 'the settings of the table');
$r = $staff->patch('/admin/settings', json => { shop_name_en => 'Scales', low_stock => 7, prices_include_tax => JSON::PP::false });
is($r->{status}, 200, 'some are changed') or diag($r->{body});
is_deeply([@{ $r->{json} }{qw(shop_name_en low_stock prices_include_tax max_cart_lines)}], ['Scales', 7, JSON::PP::false, $settings->{max_cart_lines}],
    'and the others stay');
is($staff->get('/admin/settings')->{json}{low_stock}, 7, 'for good');
for my $bad ({ low_stock => -1 }, { low_stock => 'seven' }, { shop_name_fa => '' }, { nonsense => 1 }, { prices_include_tax => 'yes' }) {
    my ($key) = keys %$bad;
    $r = $staff->patch('/admin/settings', json => { %$bad, max_cart_lines => 9 });
    is($r->{status}, 422, "refused: $key");
    is($r->{json}{errors}[0]{field}, "/$key", 'and named');
}
is($staff->get('/admin/settings')->{json}{max_cart_lines}, $settings->{max_cart_lines}, 'a refusal changes nothing');
is($staff->patch('/admin/settings', body => '[1]', headers => { 'content-type' => 'application/json' })->{status}, 422, 'a list is no change');
my ($audit) = $shop->db_query("SELECT before ->> 'low_stock', after ->> 'low_stock' FROM audit_log WHERE action = 'settings.change' ORDER BY id LIMIT 1", admin => 1);
is_deeply($audit, [$settings->{low_stock}, '7'], 'the audit log has both');

# ---- Dead jobs
my $job = $shop->db_value("INSERT INTO jobs (kind, dedupe, state, attempt, last_error, finished_at) VALUES ('purge', 'schedule', 'dead', 3, 'out of ink', shop_now()) RETURNING id", admin => 1);
my ($dead) = grep { $_->{id} == $job } @{ $staff->get('/admin/jobs')->{json}{items} };
is_deeply([@{$dead}{qw(kind attempts last_error)}], ['purge', 3, 'out of ink'], 'a dead job is shown');
is($c->post("/admin/jobs/$job/retry")->{status}, 401, 'not to be revived by strangers');
$r = $staff->post("/admin/jobs/$job/retry");
is($r->{status}, 200, 'the owner tries again') or diag($r->{body});
ok(wait_for(sub { $shop->db_value("SELECT state FROM jobs WHERE id = $job") eq 'done' }, 15), 'and it is done');
is($staff->post("/admin/jobs/$job/retry")->{status}, 404, 'what is not dead cannot be revived');
is($shop->db_value("SELECT count(*) FROM audit_log WHERE action = 'job.retry' AND target = 'job:$job'", admin => 1), 1, 'the audit log has it');

# ---- The doctor, as the role that may only read
is_deeply([$shop->doctor(warnings => 1)], [], 'the running shop adds up');
$shop->stop;
done_testing;
