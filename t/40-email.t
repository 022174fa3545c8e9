#!/usr/bin/env perl
# An e-mail address is verified by a link sent to it.
use strict;
use warnings;
use utf8;
use lib 't/lib';
use open qw(:std :encoding(UTF-8));

use Encode qw(decode_utf8);
use Test::More;

use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);

my $shop = Tarazu::Test::Shop->start;
sub later { $shop->db_query("UPDATE clock SET shift = shift + make_interval(secs => $_[0]) RETURNING 1", admin => 1) }
sub mails { my ($to) = @_; (my $t = $to) =~ s/\@/%40/; return @{ $shop->sandbox->get("/inbox/mail?to=$t")->{json}{items} // [] } }
sub jobs_done { wait_for(sub { $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'email_verify' AND state IN ('ready', 'running')") == 0 }, 20) }
sub link_in { my ($mail) = @_; return $mail->{text} =~ m{^\Q@{[$shop->url]}\E(/account/verify-email/[A-Za-z0-9_-]{43})$}m ? $1 : undef }
sub change { my ($c, $email) = @_; return $c->patch('/account', json => { email => $email }) }
sub newest { # the newest mail to an address, once there are so many
    my ($to, $count) = @_;
    wait_for(sub { mails($to) >= $count }, 20) or die "no mail $count for $to";
    return (mails($to))[0];
}
sub verified { my ($c) = @_; return $c->get('/account')->{json}{email_verified} ? 1 : 0 }

my $c = $shop->login('09121230001');
my $link;

subtest 'the letter' => sub {
    my $r = change($c, 'first@example.com');
    is($r->{status}, 200, 'an address is given') or diag $r->{body};
    ok(!$r->{json}{email_verified}, 'and not believed');
    my $mail = newest('first@example.com', 1);
    $link = link_in($mail);
    ok($link, 'a letter with a link comes') or diag $mail->{text};
    like($mail->{subject}, qr/تأیید ایمیل/, 'in the customer\'s language');
    my ($token) = $link =~ m{([^/]+)$};
    is($shop->db_value("SELECT count(*) FROM jobs WHERE payload::text LIKE '%$token%'"), 0, 'the outbox does not show the token');
    is($shop->db_value("SELECT count(*) FROM email_links WHERE hash = '$token'", admin => 1), 0, 'nor does its table');
    $c->patch('/account', json => { name => 'Somebody' });
    change($c, 'first@example.com');
    jobs_done();
    is(scalar mails('first@example.com'), 1, 'the same address again within ten minutes: one letter');
};

subtest 'following it' => sub {
    my $r = $shop->client->get('/account/verify-email/' . 'A' x 43);
    is($r->{status}, 404, 'a guessed link');
    ok(!verified($c), 'changes nothing');
    my @tabs = at_once(4, do => sub { $shop->client->get($link)->{status} });
    is_deeply(\@tabs, [200, 200, 200, 200], 'without a session, also several times at once');
    ok(verified($c), 'the address is verified');
    is($shop->client->get($link)->{status}, 200, 'and again');
    my $page = $shop->client(html => 1)->get($link);
    is($page->{status}, 200, 'a browser sees a page');
    like(decode_utf8($page->{body}), qr/ایمیل شما تأیید شد/, 'that says so');
    my $log = do { local $/; open my $f, '<', $shop->state . '/log/nginx-access.log'; $f ? scalar <$f> : '' };
    my ($token) = $link =~ m{([^/]+)$};
    unlike($log, qr/\Q$token\E/, 'the log of nginx does not know the token');
};

subtest 'only for the address it was sent to' => sub {
    change($c, 'second@example.com');
    ok(!verified($c), 'another address is unverified');
    my $second = link_in(newest('second@example.com', 1));
    is($shop->client->get($link)->{status}, 404, 'the first one\'s link is not for it');
    change($c, 'third@example.com');
    is($shop->client->get($second)->{status}, 404, 'a link for an address that was changed since');
    ok(!verified($c), 'verifies nothing');
    change($c, 'first@example.com');
    is($shop->client->get($link)->{status}, 404, 'a used link is used up, even when the address comes back');
    ok(!verified($c), 'and is to be verified anew');
};

subtest 'time and number' => sub {
    later(90000);
    $c = $shop->login('09121230001');
    change($c, 'late@example.com');
    my $late = link_in(newest('late@example.com', 1));
    later(86401);
    is($shop->client->get($late)->{status}, 404, 'after a day it is too late');
    $c = $shop->login('09121230001');
    change($c, 'late@example.com');
    my $again = link_in(newest('late@example.com', 2));
    is($shop->client->get($again)->{status}, 200, 'saving the address again sends another');
    my @answers = map { change($c, "n$_\@example.com")->{status} } 1 .. 10;
    is_deeply(\@answers, [(200) x 9, 429], 'ten letters a day');
    is($c->get('/account')->{json}{email}, 'n9@example.com', 'what was refused was not kept');
};

subtest 'English, and erasing' => sub {
    my $e = $shop->login('09121230002');
    $e->patch('/account', json => { lang => 'en', email => 'english@example.com' });
    my $mail = newest('english@example.com', 1);
    like($mail->{subject}, qr/^Confirm your e-mail address/, 'an English letter');
    is($e->post('/account/erase')->{status}, 200, 'the account is erased');
    is($shop->client->get(link_in($mail))->{status}, 404, 'its link is gone');
    is($shop->db_value("SELECT count(*) FROM email_links WHERE email = 'english\@example.com'", admin => 1), 0, 'with the address in it');
};
$shop->stop;

subtest 'without a mail server' => sub {
    my $mute = Tarazu::Test::Shop->start(conf => { 'smtp.url' => '' });
    my $m = $mute->login('09121230003');
    is($m->patch('/account', json => { email => 'mute@example.com' })->{status}, 200, 'the address is kept');
    ok(wait_for(sub { $mute->db_value("SELECT count(*) FROM jobs WHERE kind = 'email_verify' AND state = 'done'") == 1 }, 20), 'and nobody tries to write');
    $mute->stop;
};

done_testing;
