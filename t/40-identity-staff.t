#!/usr/bin/env perl
# Staff: password and second factor, roles, keys, the audit log and its seals.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use Test::More;
use Time::HiRes ();

use Tarazu::Test::Altcha qw(solve);
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);

my $shop = Tarazu::Test::Shop->start;
my $e = $shop->endpoints->{staff};
sub later { $shop->db_query("UPDATE clock SET shift = shift + make_interval(secs => $_[0]) RETURNING 1", admin => 1) }
sub clock { return time + $shop->db_value('SELECT extract(epoch FROM shift)::bigint FROM clock') }
sub log_in {
    my (%o) = @_;
    my $c = delete $o{client} // $shop->client;
    my $secret = delete $o{secret} // $e->{totp_secret};
    later(30) if delete $o{next_step}; # every step of the second factor is good once
    return $c->post('/auth/staff-login', json => { username => $e->{username}, password => $e->{password},
        otp => Tarazu::Test::Shop::totp($secret, clock()), %o });
}

my $owner = $shop->client;
subtest 'logging in' => sub {
    my $r = log_in(password => 'wrong password');
    is($r->{status}, 401, 'a wrong password');
    is($r->{json}{code}, 'login_invalid', 'is told without detail');
    my $unknown = log_in(username => 'nobody');
    delete $_->{json}{request_id} for $r, $unknown;
    is_deeply($unknown->{json}, $r->{json}, 'an unknown name looks the same');
    my $factor = log_in(otp => '000000');
    delete $factor->{json}{request_id};
    is_deeply($factor->{json}, $r->{json}, 'and so does a wrong second factor');
    later(30);
    my $code = Tarazu::Test::Shop::totp($e->{totp_secret}, clock());
    $r = log_in(otp => $code);
    is($r->{status}, 200, 'everything right');
    $owner->{bearer} = $r->{json}{access_token};
    is(log_in(otp => $code)->{status}, 401, 'the same second factor a second time');
    is($owner->get('/admin/staff')->{status}, 200, 'an owner sees the staff');
    is($owner->get('/account')->{status}, 403, 'staff are not customers');
};

subtest 'guessing asks for a captcha and locks nobody out' => sub {
    log_in(password => 'guess') for 1 .. 10;
    my $r = log_in(next_step => 1);
    is($r->{status}, 429, 'after ten failures');
    ok($r->{json}{params}{captcha}, 'a captcha helps');
    cmp_ok($r->{headers}{'retry-after'}, '>', 0, 'and so does waiting');
    my $answer = solve($shop->client->get('/auth/challenge')->{json});
    $r = log_in(next_step => 1, altcha => $answer);
    is($r->{status}, 200, 'with a captcha the right person gets in') or diag $r->{body};
};

my %made;
subtest 'accounts' => sub {
    for my $role (qw(support catalogue finance)) {
        my $r = $owner->post('/admin/staff', json => { username => "test-$role", role => $role, password => 'long enough 123' });
        is($r->{status}, 201, "made: $role") or diag $r->{body};
        my $l = log_in(username => "test-$role", password => 'long enough 123', secret => $r->{json}{totp_secret});
        is($l->{status}, 200, 'who can log in');
        my $c = $shop->client;
        $c->{bearer} = $l->{json}{access_token};
        $made{$role} = $c;
    }
    is($owner->post('/admin/staff', json => { username => 'test-support', role => 'support', password => 'long enough 123' })->{status}, 409, 'a name twice');
    my $weak = $owner->post('/admin/staff', json => { username => 'test-weak', role => 'support', password => 'P@ssw0rd2026!' });
    is($weak->{status}, 422, 'a password that anybody would try');
    is_deeply([@{ $weak->{json}{errors}[0] }{qw(field code)}], ['/password', 'too_common'], 'is refused by name');
    is($owner->patch('/admin/staff/test-support', json => { password => 'qwertyuiop123' })->{status}, 422, 'also as a new one');
    is($owner->post('/admin/staff', json => { username => 'x y', role => 'support', password => 'long enough 123' })->{status}, 422, 'a bad name');
    is($owner->post('/admin/staff', json => { username => 'king', role => 'king', password => 'long enough 123' })->{status}, 422, 'an unknown role');
    is($owner->post('/admin/staff', json => { username => 'short', role => 'support', password => 'short' })->{status}, 422, 'a short password');
    is($made{support}->get('/admin/staff')->{status}, 403, 'support does not see staff');
    is($made{support}->get('/admin/customers')->{status}, 200, 'but customers');
    is($made{catalogue}->get('/admin/customers')->{status}, 403, 'the catalogue does not');
    my $r = $owner->patch("/admin/staff/$e->{username}", json => { disabled => JSON::PP::true });
    is($r->{status}, 409, 'the last owner cannot be disabled');
    is($r->{json}{code}, 'last_owner', 'and is told so');
    is($owner->patch("/admin/staff/$e->{username}", json => { role => 'support' })->{status}, 409, 'nor demoted');
    is($owner->patch('/admin/staff/test-catalogue', json => { disabled => JSON::PP::true })->{status}, 200, 'others can');
    is($made{catalogue}->get('/admin/products')->{status}, 401, 'and are out at once');
    is($owner->patch('/admin/staff/test-finance', json => { role => 'support' })->{status}, 200, 'another role');
    is($made{finance}->get('/admin/payments')->{status}, 403, 'counts at once too');
};

subtest 'API keys' => sub {
    my $r = $owner->post('/admin/api-keys', json => { name => 'warehouse', permissions => 'stock orders' });
    is($r->{status}, 201, 'made') or diag $r->{body};
    my $key = $shop->client;
    $key->{bearer} = $r->{json}{secret};
    is($key->get('/admin/orders')->{status}, 200, 'does what it may');
    is($key->get('/admin/staff')->{status}, 403, 'and no more');
    is($owner->post('/admin/api-keys', json => { name => 'x', permissions => 'everything' })->{status}, 422, 'an unknown permission');
    is($shop->db_value("SELECT count(*) FROM api_keys WHERE hash = '$r->{json}{secret}'", admin => 1), 0, 'its secret is not kept');
    is($owner->delete("/admin/api-keys/$r->{json}{id}")->{status}, 200, 'revoked');
    is($key->get('/admin/orders')->{status}, 401, 'and out at once');
    $key->{bearer} = 'tzk_' . 'A' x 43;
    is($key->get('/admin/orders')->{status}, 401, 'an invented key');
};

subtest 'customers, as support sees them' => sub {
    my $phone = '09125550042';
    my $buyer = $shop->login($phone);
    my $items = $made{support}->get('/admin/customers?q=' . $phone)->{json}{items};
    is(scalar @$items, 1, 'found by any spelling of the phone');
    my $id = $items->[0]{id};
    my $r = $made{support}->get("/admin/customers/$id");
    is($r->{json}{waits}{day_sent}, 1, 'the waits are seen');
    is(scalar @{ $r->{json}{sessions} }, 1, 'and the sessions');
    is($buyer->post('/auth/request-otp', json => { phone => $phone }, bearer => undef)->{status}, 429, 'a wait');
    is($made{support}->post("/admin/customers/$id/lift-waits", json => {})->{status}, 200, 'is lifted');
    is($buyer->post('/auth/request-otp', json => { phone => $phone }, bearer => undef)->{status}, 202, 'and gone');
    is($made{support}->post("/admin/customers/$id/end-sessions", json => {})->{status}, 200, 'sessions are ended');
    is($buyer->get('/account')->{status}, 401, 'at once');
    is($made{support}->get('/admin/sms?phone=' . $phone)->{json}{items}[0]{outcome}, 'sent', 'the SMS log');
};

subtest 'the audit log' => sub {
    my $items = $owner->get('/admin/audit')->{json}{items};
    my %seen = map { $_->{action} => $_ } @$items;
    for my $action (qw(staff.add staff.disable staff.role apikey.add apikey.revoke otp.lift customer.end_sessions)) {
        ok($seen{$action}, $action) or next;
        ok($seen{$action}{request_id} && $seen{$action}{actor}, '  with who and which request');
    }
    is($seen{'staff.role'}{before}{role}, 'finance', 'before');
    is($seen{'staff.role'}{after}{role}, 'support', 'after');
    unlike(join('', map { $_->{before} // '', $_->{after} // '' } @$items), qr/long enough/, 'no secret in it');
    is_deeply([map { $_->{action} } @{ $owner->get('/admin/audit?action=apikey')->{json}{items} }], [qw(apikey.revoke apikey.add)], 'searched by action');
    is($made{support}->get('/admin/audit')->{status}, 403, 'for owners only');
    my $refused = sub { my ($role, $sql) = @_; (my $dsn = $shop->endpoints->{database}) =~ s/user=\S+/user=$role/;
        return system("psql -Xqt -v ON_ERROR_STOP=1 -d '$dsn' -c \"$sql\" >/dev/null 2>&1") != 0 };
    for my $role (qw(tarazu_web tarazu_order tarazu_pay tarazu_job tarazu_readonly)) {
        ok($refused->($role, 'UPDATE audit_log SET action = action'), "$role cannot change it");
        ok($refused->($role, 'DELETE FROM audit_log'), "$role cannot delete from it");
    }
    ok($refused->('tarazu_owner', 'UPDATE audit_log SET action = action'), 'not even its owner, without taking the trigger off');
    my $waiting = sub { $shop->db_value('SELECT count(*) FROM audit_log a WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)') };
    later(61);
    ok(wait_for(sub { $waiting->() == 0 }, 20), 'the job seals every row');
    my $doctor = sub { my $out = `$ENV{TARAZU_TEST_APP}/bin/tarazu --config @{[$shop->state]}/conf/tarazu-r1.conf doctor 2>&1`; return ($?, $out) };
    my ($status, $out) = $doctor->();
    is($status, 0, 'the chain holds') or diag $out;
    my $row = $seen{'staff.role'}{id};
    my $tamper = sub { $shop->db_query("ALTER TABLE audit_log DISABLE TRIGGER ALL; $_[0]; ALTER TABLE audit_log ENABLE TRIGGER ALL", admin => 1) };
    $tamper->("UPDATE audit_log SET actor_name = 'somebody else' WHERE id = $row");
    ($status, $out) = $doctor->();
    isnt($status, 0, 'somebody with the whole database changes a row');
    like($out, qr/audit log row $row\b/, 'and the doctor names it');
    $tamper->("UPDATE audit_log SET actor_name = '$seen{'staff.role'}{actor}' WHERE id = $row");
    is(($doctor->())[0], 0, 'put right again');
    $tamper->("DELETE FROM audit_log WHERE id = $row");
    ($status, $out) = $doctor->();
    like($out, qr/audit log row $row\b/, 'a missing row is named too');
};

subtest 'a row put in later, and the newest seal' => sub {
    my $doctor = sub { return `$ENV{TARAZU_TEST_APP}/bin/tarazu --config @{[$shop->state]}/conf/tarazu-r1.conf doctor 2>&1` };
    like($doctor->(), qr/\d+ rows sealed, \d+ wait; the newest seal is \d+ seconds old/, 'the doctor tells its age');
    my $late = $shop->db_value("INSERT INTO audit_log (action, target, actor_kind, actor_name, at) VALUES ('staff.role', 'staff:1', 'staff', 'x', shop_now() - interval '3 hours') RETURNING id", admin => 1);
    later(61);
    ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM audit_seals WHERE audit_id = $late") }, 20), 'it is sealed as any other');
    like($doctor->(), qr/audit log row $late: bears a time/, 'and named');
};

subtest 'days of the audit log' => sub {
    my @all = @{ $owner->get('/admin/audit?action=staff.add')->{json}{items} };
    cmp_ok(scalar @all, '>=', 1, 'something was done');
    my $day = $shop->db_value("SELECT (shop_now() AT TIME ZONE 'Asia/Tehran')::date");
    my $count = sub { return scalar @{ $owner->get("/admin/audit?action=staff.add&$_[0]")->{json}{items} } };
    is($count->("from=$day&to=$day"), scalar @all, 'found by the day');
    is($count->('to=2020-01-01'), 0, 'and by no other');
    is($count->('from=1399/01/01&to=%DB%B1%DB%B3%DB%B9%DB%B9/%DB%B1%DB%B2/%DB%B2%DB%B9'), 0, 'Jalali days in any digits');
    is($count->('from=1399/01/01'), scalar @all, 'open to one side');
    is($owner->get('/admin/audit?from=1399/13/01')->{status}, 422, 'no such month');
};

subtest 'one\'s own password' => sub {
    my $c = $made{support};
    is($c->post('/admin/password', json => { password => 'not this one 1', new_password => 'another 123 456' })->{status}, 422, 'the present one is wanted');
    is($c->post('/admin/password', json => { password => 'long enough 123', new_password => 'password1234' })->{status}, 422, 'a common one is refused');
    is($c->post('/admin/password', json => { password => 'long enough 123', new_password => 'another 123 456' })->{status}, 200, 'changed');
    is($c->get('/admin/customers')->{status}, 200, 'this session goes on');
};

subtest 'two owners demote each other' => sub {
    my $r = $owner->post('/admin/staff', json => { username => 'second-owner', role => 'owner', password => 'long enough 123' });
    my $second = $shop->client;
    $second->{bearer} = $second->post('/auth/staff-login', json => { username => 'second-owner', password => 'long enough 123',
        otp => Tarazu::Test::Shop::totp($r->{json}{totp_secret}, clock()) })->{json}{access_token};
    my @pair = ([$owner, 'second-owner'], [$second, $e->{username}]);
    my @answers = at_once(2, do => sub {
        my ($who, $whom) = @{ $pair[$_[0]] };
        return $who->patch("/admin/staff/$whom", json => { role => 'support' })->{status};
    });
    is($shop->db_value("SELECT count(*) FROM staff WHERE role = 'owner' AND disabled_at IS NULL"), 1, 'one is left') or diag "@answers";
    my $left = $shop->db_value("SELECT username FROM staff WHERE role = 'owner' AND disabled_at IS NULL");
    $shop->db_query("UPDATE staff SET role = 'owner' WHERE username = '$e->{username}' RETURNING 1", admin => 1) if $left ne $e->{username};
};

subtest 'log-ins do not take the workers of the pages' => sub {
    my @answers = at_once(13, do => sub {
        my ($i) = @_;
        my $c = $shop->client(from => '127.0.77.' . ($i + 1), timeout => 30);
        my $begun = Time::HiRes::time();
        my $r = $i < 12 ? $c->post('/auth/staff-login', json => { username => "nobody$i", password => 'x', otp => '000000' }) : $c->get('/cart');
        return { status => $r->{status}, retry => $r->{headers}{'retry-after'}, took => Time::HiRes::time() - $begun };
    });
    my @busy = grep { $_->{status} == 503 } @answers;
    cmp_ok(scalar @busy, '>=', 1, 'when too many come at once, some are told to come back');
    is(scalar(grep { $_->{retry} } @busy), scalar @busy, '  and when');
    is(scalar(grep { $_->{status} == 401 } @answers), 12 - @busy, 'the others are answered');
    is($answers[12]{status}, 200, 'pages go on meanwhile');
};

subtest 'one\'s own sessions' => sub {
    my $r = log_in(next_step => 1);
    is($r->{status}, 200, 'a second log-in') or diag $r->{body};
    my $here = $shop->client;
    $here->{bearer} = $r->{json}{access_token};
    my @items = @{ $here->get('/admin/sessions')->{json}{items} };
    cmp_ok(scalar @items, '>=', 2, 'both are listed');
    is(scalar(grep { $_->{current} } @items), 1, 'one is this one');
    my ($other) = grep { !$_->{current} } @items;
    is($made{support}->delete("/admin/sessions/$other->{id}")->{status}, 404, 'another person cannot end it');
    is(scalar(grep { my $id = $_->{id}; grep { $_->{id} == $id } @items } @{ $made{support}->get('/admin/sessions')->{json}{items} }), 0, 'nor see it');
    my $key = $here->post('/admin/api-keys', json => { name => 'lister', permissions => 'owner' });
    my $machine = $shop->client;
    $machine->{bearer} = $key->{json}{secret};
    is($machine->get('/admin/staff')->{status}, 200, 'a machine\'s key works') or diag $key->{body};
    is($machine->get('/admin/sessions')->{status}, 403, 'and sees no sessions of its maker');
    is($here->delete("/admin/sessions/$_->{id}")->{status}, 200, 'ended') for grep { !$_->{current} } @items;
    is($owner->get('/admin/staff')->{status}, 401, 'the first log-in is over');
    is($here->get('/admin/staff')->{status}, 200, 'this one is not');
    cmp_ok(scalar @{ $here->get('/admin/audit?action=staff.end_session')->{json}{items} }, '>=', 1, 'and it is in the audit log');
    my $page = $shop->client(html => 1);
    $page->{cookies}{'__Host-access'} = $here->{bearer};
    my $html = $page->get('/admin/sessions');
    is($html->{status}, 200, 'a page shows them');
    like($html->{body}, qr/tarazu-test/, 'with their device');
    $owner = $here;
};

subtest 'what became of messages' => sub {
    $shop->login('09129990001');
    $shop->db_query("INSERT INTO sms_log (phone, kind, outcome, message_id) VALUES ('+989129990002', 'code', 'sent', '999') RETURNING 1", admin => 1);
    later(61);
    my $of = sub { $shop->db_value("SELECT delivery FROM sms_log WHERE phone = '$_[0]' AND outcome = 'sent' ORDER BY id DESC LIMIT 1") // '' };
    ok(wait_for(sub { $of->('+989129990001') eq 'delivered' }, 30), 'the provider says that it arrived');
    ok(wait_for(sub { $of->('+989129990002') eq 'undelivered' }, 30), 'or that there is no such message');
    my ($row) = @{ $owner->get('/admin/sms?phone=09129990001')->{json}{items} };
    is($row->{delivery}, 'delivered', 'staff see it');
};

$shop->stop;
done_testing;
