#!/usr/bin/env perl
# The gateway's settlement file beside the books: read as accountants get it, compared without a change,
# posted once however often it comes, and every Rial of it in the ledger.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode encode);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter quiet clean_doctor tally);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start(conf => { 'worker.order' => 3 });
shelf($shop);
my $staff = $shop->staff;
my ($variant) = goods($shop, on_hand => 100, price => 100_000);

sub ok_ { my ($r, $what) = @_; ok($r->{status} == 200 || $r->{status} == 201, $what) or diag $r->{body}; return $r->{json} }
sub send_file { my ($text, %o) = @_; my $who = delete $o{by} // $staff;
    return $who->post('/admin/settlements', multipart => [%o, file => { filename => 'settlement.csv', type => 'text/csv', data => ref $text ? $$text : encode('UTF-8', $text) }]) }
sub post_it { my ($id) = @_; return $staff->post("/admin/settlements/$id/post", json => {}) }
sub lines { my ($id, $state) = @_; return $staff->get("/admin/settlements/$id" . ($state ? "?state=$state" : ''))->{json}{items} }
sub balance { my ($account, $currency) = @_;
    return $shop->db_value("SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = '$account' AND currency = '" . ($currency // 'IRT') . "'") }
sub fa { return $_[0] =~ tr/0-9/۰-۹/r }

# Paid orders of 130000 Toman each: [number, track, uuid].
sub paid {
    my ($units) = @_;
    my ($person) = crowd($shop, 1);
    my $b = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    $b->put($variant, $units // 1);
    my $order = $b->must($b->place);
    my $visit = $b->go_to_bank($order->{number});
    $b->{client}->get($b->at_bank($visit, 'pay')->{callback_url});
    return [$order->{number}, $visit->{track}, $visit->{payment_id}];
}
my @paid = map { paid() } 1 .. 5;
my @track = map { $_->[1] } @paid;
# One is given back in part, by the bank.
ok_($staff->post("/admin/orders/$paid[4][0]/refunds", json => { amount => 20_000, to => 'gateway', reason => 'x' }), 'a refund');
ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM refunds WHERE status = 'done'") == 1 }, 30), 'is home');
my $reference = $shop->db_value('SELECT reference FROM refunds');

my $file = join "\r\n", 'شماره پیگیری;مبلغ (ریال);کارمزد (ريال);نوع;توضیح',
    join(';', fa($track[0]), '"۱٬۳۰۰٬۰۰۰"', fa(6505), 'پرداخت', 'نخستین'),
    join(';', $track[1], '1,300,000', '6500', 'پرداخت', ''),
    join(';', $track[2], 1_200_000, 6500, 'پرداخت', 'مبلغ دیگر'),
    join(';', '999999999', 500_000, 0, 'پرداخت', 'ناشناس'),
    join(';', $track[0], 1_300_000, 6505, 'پرداخت', 'دوباره'),
    join(';', $track[4], 1_300_000, 0, 'خرید', ''),
    join(';', "=\"$track[4]\"", '-200,000', 0, '', 'بازگشت'),
    'چیزی;x;y;;', ';;;;', '';
my $id;

subtest 'a preview' => sub {
    my $before = balance('gateway_clearing');
    my $s = ok_(send_file("\x{feff}$file"), 'with a mark, semicolons, CRLF and Persian digits');
    $id = $s->{id};
    is($s->{status}, 'preview', 'is looked at');
    is_deeply($s->{counts}, { matched => 4, amount_differs => 1, missing_in_books => 1, duplicate => 1, unreadable => 1, posted => 0, settled_before => 0 },
        'each row in its state') or diag explain $s->{counts};
    is_deeply($s->{sums}, { paid => 3_900_000, refunded => 200_000, fee => 13_005, net => 3_900_000 - 200_000 - 13_005 }, 'and the sums of what agrees');
    is($s->{missing_in_file}, 1, 'one payment is not in the file');
    is(lines($id, 'missing_in_file')->[0]{track_id}, $track[3], 'which is named');
    my ($differs) = @{ lines($id, 'amount_differs') };
    is_deeply([@$differs{qw(line amount expected number)}], [4, 1_200_000, 1_300_000, $paid[2][0]], 'what differs, with both sums');
    my ($bad) = @{ lines($id, 'unreadable') };
    is_deeply([@$bad{qw(line problem)}], [9, 'bad_code'], 'what cannot be read, with the reason');
    is(balance('gateway_clearing'), $before, 'the books have not changed');
    is(ok_(send_file("\x{feff}$file"), 'the same file')->{id}, $id, 'is the same settlement');
};

subtest 'posted' => sub {
    my ($clearing, $bank) = (balance('gateway_clearing'), balance('bank'));
    my $s = ok_(post_it($id), 'posted');
    is_deeply([@{ $s->{counts} }{qw(posted matched)}], [4, 0], 'what agreed');
    is(balance('gateway_clearing'), $clearing - 390_000 + 20_000, 'the gateway owes less');
    is(balance('bank'), $bank + 390_000 - 20_000 - 1_300, 'the bank has it, without the fee');
    is(balance('fees'), 1_300, 'which is a cost');
    is_deeply([balance('fees', 'IRR'), balance('bank', 'IRR')], [5, -5], 'to the Rial');
    my @before = $shop->db_query('SELECT count(*), sum(abs(amount)) FROM ledger_entries');
    ok_(post_it($id), 'again');
    is_deeply([$shop->db_query('SELECT count(*), sum(abs(amount)) FROM ledger_entries')], \@before, 'changes nothing');
    my $other = ok_(send_file("trackId,amount,wage\n$track[0],1300000,6505\n$track[3],1300000,100\n"), 'another file that tells of one again');
    is_deeply([@{ $other->{counts} }{qw(settled_before matched)}], [1, 1], 'knows which');
    is_deeply(tally(at_once(4, do => sub { my ($i) = @_;
        my ($r) = Tarazu::Test::Buyer::patiently(sub { return $staff->post("/admin/settlements/$other->{id}/post", json => {}, key => "post-$i") });
        return $r->{status} })), { 200 => 4 }, 'four post at once');
    is($shop->db_value("SELECT count(*) FROM ledger_transactions WHERE event = 'settlement'"), 4, 'and each payment is settled once');
    is($staff->delete("/admin/settlements/$id")->{status}, 409, 'what was posted stays');
    my $refund = ok_(send_file("نوع,شماره مرجع,مبلغ\nاسترداد,$reference,200000\n"), 'the refund by its reference');
    is($refund->{counts}{settled_before}, 1, 'is known');
    is($staff->delete("/admin/settlements/$refund->{id}")->{status}, 200, 'a preview can be discarded');
    is($staff->get("/admin/settlements/$refund->{id}")->{status}, 404, 'and is gone');
};

subtest 'what is no settlement file' => sub {
    my $field = sub { my ($r) = @_; return "$r->{status} " . join ' ', map { "$_->{field} $_->{code}" } @{ $r->{json}{errors} // [] } };
    is($field->(send_file(\"\xff\xfet\0r\0")), '422 /file bad_text', 'UTF-16');
    is($field->(send_file("a,b\n1,2\n")), '422 /file required', 'no known heading');
    is($field->(send_file("track_id,amount\n")), '422 /file required', 'no rows');
    is($field->(send_file('')), '422 /file required', 'nothing');
    is($field->(send_file("track_id,amount\n\"1,2\n")), '422 /file invalid', 'a quote that never ends');
    is($field->(send_file("track_id,amount\n" . "1,10\n" x 5001)), '422 /file too_many', 'too many rows');
    is($field->(send_file("track_id,amount\n1,10\n", gateway => 'nobank')), '422 /gateway not_one_of', 'an unknown gateway');
    is($field->($staff->post('/admin/settlements', json => {})), '422 /file required', 'no file');
    my $s = ok_(send_file("track_id,amount,fee,type\n1,۱۰ تومان,,\n1e5.0,10,,\n,10,,\n1,0,,\n1,10,11,\n1,10,,loan\n1,-10,,payment\n1,99999999999999999,,\n"), 'rows that cannot be');
    is_deeply([map { $_->{problem} } @{ lines($s->{id}) }], [qw(bad_number bad_code required too_small too_large not_one_of too_small too_large)], 'each with its reason')
        or diag explain lines($s->{id});
    is(ok_(post_it($s->{id}), 'posted')->{counts}{posted}, 0, 'none of them is');
};

subtest 'pages' => sub {
    my $b = $shop->client(html => 1);
    $b->{cookies}{'__Host-access'} = $staff->{bearer};
    my $page = $b->get("/admin/settlements/$id");
    is($page->{status}, 200, 'a page');
    like(decode('UTF-8', $page->{body}), qr/badge-amount_differs.*۱٬۲۰۰٬۰۰۰.*۱٬۳۰۰٬۰۰۰/s, 'with both sums in Persian digits');
    is($b->get('/admin/settlements')->{status}, 200, 'and the list');
    my $r = $staff->get("/admin/settlements/$id?format=csv&state=posted", headers => { 'accept-language' => 'en' });
    my @csv = split /\r\n/, $r->{body};
    is(scalar @csv, 5, 'a file for spreadsheets');
    like($csv[1], qr/^2,"posted","payment","$track[0]","",1300000,1300000,6505,"$paid[0][0]","","/, 'with plain numbers');
    my ($person) = crowd($shop, 1);
    my $customer = enter($shop, $person);
    is($customer->get("/admin/settlements/$id")->{status}, 403, 'for money alone');
    is(send_file($file, by => $customer)->{status}, 403, 'also sending');
    is($staff->get('/admin/settlements/00000000-0000-4000-8000-000000000000')->{status}, 404, 'no such file');
};

ok(quiet($shop), 'all jobs are done');
my ($clean, $report) = clean_doctor($shop);
ok($clean, 'the doctor agrees') or diag $report;
is_deeply([map { $_->{balance} } @{ $staff->get('/admin/reports/ledger')->{json}{totals} }], [0, 0], 'the trial balance is zero');
$shop->stop;
done_testing;
