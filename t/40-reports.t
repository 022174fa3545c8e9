#!/usr/bin/env perl
# Reports out of the books: the trial balance is zero, sales by day and province are what was sold, and
# what banks and couriers hold is told.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter clean_doctor quiet);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my ($variant) = goods($shop, on_hand => 30, price => 100_000);
coupon($shop, 'TEN', kind => 'percent', value => 1000);
my $staff = $shop->staff;
my @people = map { enter($shop, $_) } crowd($shop, 4);
sub buyer { return Tarazu::Test::Buyer->new($shop, shift @people, @_) }
sub report { my ($path) = @_; my $r = $staff->get("/admin/reports/$path"); $r->{status} == 200 or diag "$path: $r->{status} $r->{body}"; return $r->{json} }

my @orders;
for my $o ({ n => 2, province => 'IR-23' }, { n => 1, province => 'IR-10', code => 'TEN' }, { n => 3, province => 'IR-10' }) {
    my $b = buyer(address => { province => $o->{province}, city => 'شهر' });
    $b->put($variant, $o->{n});
    $b->apply($o->{code}) if $o->{code};
    my $order = $b->must($b->place, 201);
    $b->pay_and_return($order->{number});
    push @orders, $order;
}
# Part of the third order is given back.
my $refund = $staff->post("/admin/orders/$orders[2]{number}/refunds", json => { amount => 15_000, to => 'manual', reason => 'خراش' });
is($refund->{status}, 201, 'three orders and a refund') or diag $refund->{body};

subtest 'trial balance' => sub {
    my $r = report('ledger');
    my %of = map { ("$_->{account} $_->{currency}" => $_) } @{ $r->{items} };
    is_deeply([map { $_->{balance} } @{ $r->{totals} }], [0, 0], 'zero in each currency');
    is_deeply([map { $_->{debit} - $_->{credit} } @{ $r->{totals} }], [0, 0], 'as are the movements');
    is($of{'gateway_clearing IRT'}{balance}, 230_000 + 120_000 + 330_000, 'what the bank owes');
    is($of{'sales IRT'}{balance}, -600_000, 'what was sold');
    is($of{'discounts IRT'}{balance}, 10_000, 'less the discount');
    is($of{'refunds_payable IRT'}{balance}, -15_000, 'what is owed to a buyer');
    is($of{'receivable IRT'}{balance}, 0, 'nobody owes anything');
    my $before = report('ledger?to=2020-01-01');
    is_deeply($before->{items}, [], 'before the shop there is nothing');
    my $after = report('ledger?from=2099-01-01&to=2099-01-02');
    is_deeply([map { [@$_{qw(opening debit credit balance)}] } grep { $_->{account} eq 'sales' } @{ $after->{items} }], [[-600_000, 0, 0, -600_000]],
        'later it is the opening balance');
    is($staff->get('/admin/reports/ledger?from=nonsense')->{status}, 422, 'a day is wanted');
    is($staff->get('/admin/reports/ledger?from=2026-11-22&to=2026-11-21')->{status}, 422, 'and the last not before the first');
    my $jalali = report('ledger?from=%DB%B1%DB%B4%DB%B0%DB%B5%2F%DB%B0%DB%B1%2F%DB%B0%DB%B1&to=1499/12/01'); # ۱۴۰۵/۰۱/۰۱
    my ($sales) = grep { $_->{account} eq 'sales' } @{ $jalali->{items} };
    is_deeply([@$sales{qw(opening credit)}], [0, 600_000], 'days of the Iranian calendar, in Persian digits');
};

subtest 'sales by day and by province' => sub {
    my $days = report('sales')->{items};
    is(scalar @$days, 1, 'one day of Tehran');
    is($days->[0]{key}, $shop->db_value("SELECT to_char(shop_now() AT TIME ZONE 'Asia/Tehran', 'YYYY-MM-DD')"), 'today');
    is_deeply([@{ $days->[0] }{qw(orders sales discounts returns revenue shipping tax)}], [3, 600_000, 10_000, 15_000, 575_000, 90_000, 0], 'with its figures');
    my %by = map { ($_->{key} => [@$_{qw(orders sales discounts returns revenue shipping)}]) } @{ report('sales?by=province')->{items} };
    is_deeply(\%by, { 'IR-23' => [1, 200_000, 0, 0, 200_000, 30_000], 'IR-10' => [2, 400_000, 10_000, 15_000, 375_000, 60_000] }, 'by province') or diag explain \%by;
};

subtest 'what others hold' => sub {
    is_deeply(report('receivables')->{items}, [{ account => 'gateway_clearing', party => 'zibal', currency => 'IRT', balance => 680_000 }], 'the bank');
};

subtest 'pages' => sub {
    my $b = $shop->client(html => 1, headers => { 'accept-language' => 'fa' });
    $b->{cookies}{'__Host-access'} = $staff->{bearer};
    my $text = sub { return decode('UTF-8', $b->get("/admin/reports/$_[0]")->{body}) };
    my $page = $text->('ledger');
    like($page, qr/طلب از درگاه پرداخت.*تومان.*۶۸۰٬۰۰۰/s, 'accounts by their Persian names, sums in Persian digits');
    my ($y, $m, $d) = split /-/, $shop->db_value("SELECT to_char(shop_now() AT TIME ZONE 'Asia/Tehran', 'YYYY-MM-DD')");
    my $sales = $text->('sales');
    like($sales, qr{۱۴\d\d/\d\d/\d\d|۱۴[۰-۹]{2}/[۰-۹]{2}/[۰-۹]{2}}, 'days of the Iranian calendar');
    unlike($sales, qr/>$y-$m-$d</, 'alone');
    like($text->('receivables'), qr/زیبال/, 'the gateway by its name');
};

subtest 'for spreadsheets' => sub {
    my $r = $staff->get('/admin/reports/sales?format=csv&by=province', headers => { 'accept-language' => 'fa' });
    is($r->{headers}{'content-type'}, 'text/csv; charset=utf-8', 'a file');
    like($r->{body}, qr/^(?:\x{feff}|\xef\xbb\xbf)"/, 'marked as UTF-8');
    my @lines = split /\r\n/, $r->{body};
    is(scalar @lines, 3, 'a line a province');
    like($lines[1], qr/^"IR-10","[^"]+",2,400000,10000,15000,375000,60000,0$/, 'with plain numbers');
    is($shop->client->get('/admin/reports/ledger')->{status}, 401, 'for staff');
    is(buyer()->{client}->get('/admin/reports/ledger')->{status}, 403, 'alone');
};

ok(quiet($shop), 'all work is done');
my ($clean, $said) = clean_doctor($shop);
ok($clean, 'the doctor finds nothing') or diag $said;
$shop->stop;
done_testing;
