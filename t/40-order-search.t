#!/usr/bin/env perl
# Finding orders: every filter of the staff's list alone and together, in every spelling, with cursors that stay
# true to their filters while new orders come in.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode encode);
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Shop;
use Tarazu::Test::Storm qw(shelf goods crowd enter);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
my ($cup, $rug) = goods($shop, on_hand => 90, price => 100_000, count => 2);
my @people = crowd($shop, 2);
$shop->db_query("UPDATE customers SET name = 'مینا ۱۰۰٪ کریمی' WHERE phone = '+989350000002'", admin => 1);
my @buyers = map { Tarazu::Test::Buyer->new($shop, enter($shop, $people[$_]), address => { province => $_ ? 'IR-07' : 'IR-23', city => 'شهر', phone => $_ ? '02188776655' : '09121112233' }) } 0, 1;
my @n;
for my $i (0 .. 3) {
    my $b = $buyers[$i % 2];
    $b->put($i == 3 ? $rug : $cup);
    push @n, $b->must($b->place(key => "o$i"), 201)->{number};
}
$buyers[1]->pay_and_return($n[1]);
$staff->post("/admin/orders/$n[1]/transition", json => $_) for { event => 'process' }, { event => 'ship', tracking_number => '۲۱۹ ab ۸۷' };
$shop->db_query("UPDATE orders SET placed_at = '2026-03-21T12:00:00+03:30' WHERE number = '$n[0]'", admin => 1);

sub query { my (%q) = @_; return join '&', map { my $v = encode('UTF-8', $q{$_}); $v =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge; "$_=$v" } sort keys %q }
sub found { my (%q) = @_; my $r = $staff->get('/admin/orders?' . query(%q)); $r->{status} == 200 or diag $r->{body}; return [map { $_->{number} } @{ $r->{json}{items} }] }
my $fa = sub { $_[0] =~ tr/0-9/۰-۹/r };

is_deeply(found(), [reverse @n], 'all, the newest first');
is_deeply(found(q => $_), [$n[2]], "by number: $_") for $n[2], $fa->($n[2]);
is_deeply(found(q => $_), [@n[3, 1]], "by phone: $_") for '09350000002', '+98 935 000 0002', '00989350000002', '۰۹۳۵-۰۰۰-۰۰۰۲', '٠٩٣٥٠٠٠٠٠٠٢', '0000002';
is_deeply(found(q => '021-8877'), [@n[3, 1]], "by the recipient's phone");
is_deeply(found(q => 'كريمي'), [@n[3, 1]], 'by name, with Arabic letters');
is_deeply(found(q => '۱۰۰٪'), [@n[3, 1]], 'by what looks like a pattern');
is_deeply(found(q => '%'), [], 'which is none');
is_deeply(found(status => 'shipped'), [$n[1]], 'by status');
is_deeply(found(payment_status => 'unpaid'), [@n[3, 2, 0]], 'by what was paid');
is_deeply(found(payment_method => 'cod'), [], 'by method');
is_deeply(found(province => 'IR-07'), [@n[3, 1]], 'by province');
is_deeply(found(item => $shop->db_value("SELECT sku FROM variants WHERE id = $rug")), [$n[3]], 'by SKU');
is_deeply(found(tracking_number => $_), [$n[1]], "by tracking number: $_") for '219AB87', '۲۱۹ab۸۷';
is_deeply(found(placed_from => '۱۴۰۵/۰۱/۰۱', placed_to => '۱۴۰۵/۰۱/۰۱'), [$n[0]], 'by a day of the Persian calendar, to its end');
is_deeply(found(placed_to => '2026-03-20'), [], 'not the day before');
is_deeply(found(province => 'IR-07', payment_status => 'unpaid', q => '0935'), [$n[3]], 'together');
is($staff->get('/admin/orders?placed_from=yesterday')->{status}, 422, 'a day that is none is refused');

my $page = $staff->get('/admin/orders?limit=2&q=0935')->{json};
is_deeply([map { $_->{number} } @{ $page->{items} }], [@n[3, 2]], 'a page');
$buyers[0]->put($cup);
$buyers[0]->must($buyers[0]->place(key => 'later'), 201);
is_deeply([map { $_->{number} } @{ $staff->get("/admin/orders?limit=2&q=0935&cursor=$page->{next}")->{json}{items} }], [@n[1, 0]], 'and the next, though one more came');
is($staff->get("/admin/orders?limit=2&q=0936&cursor=$page->{next}")->{json}{code}, 'cursor_invalid', 'a cursor belongs to its filters');
my $browser = $shop->client(html => 1);
$browser->{cookies}{'__Host-access'} = $staff->{bearer};
my $html = decode('UTF-8', $browser->get('/admin/orders?limit=2&q=0935&province=IR-07%22%3E')->{body});
unlike($html, qr/IR-07">/, 'a query stays text on the page');
like(decode('UTF-8', $browser->get('/admin/orders?limit=1&q=0935')->{body}), qr/href="\?limit=1&amp;q=0935&amp;cursor=/, 'the next page keeps the filters');
$shop->stop;
done_testing;
