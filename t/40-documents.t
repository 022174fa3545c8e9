#!/usr/bin/env perl
# Papers of an order: invoice, credit note and packing slip, each as page, JSON and PDF: real text in the
# project's own font, several pages for a long order, nothing for who must not see it, and titles that try
# to be markup stay text.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode encode);
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Pdf qw(read_pdf);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
$staff->patch('/admin/settings', json => { seller_name => 'بازرگانی آزمون', seller_economic_code => '411122223333', seller_city => 'شیراز' });
my ($variant, $second) = goods($shop, on_hand => 500, price => 123_000, count => 2);
$shop->db_query("UPDATE products SET title_fa = '</cell><script>alert(1)</script>&amp; فرش', title_en = '</cell><b>Rug</b>' WHERE id = (SELECT product_id FROM variants WHERE id = $variant)", admin => 1);
my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, (crowd($shop, 1))[0]));
my $stranger = enter($shop, (crowd($shop, 1))[0]);

# What a PDF says, and its pages.
sub pdf {
    my ($r, $what, $name) = @_;
    is("$r->{status} $r->{headers}{'content-type'}", '200 application/pdf', "$what is a PDF") or return ('', 0);
    is($r->{headers}{'content-disposition'}, "attachment; filename=\"$name\"", "$what has a name");
    is($r->{headers}{'cache-control'}, 'no-store', "$what is kept by no cache");
    my $pdf = read_pdf($r->{body});
    my ($pages) = $pdf->{info} =~ /^Pages:\s+(\d+)/m;
    like($pdf->{info}, qr/\(A4\)/, "$what is A4");
    my @fonts = grep { /\byes\b|\bno\b/ } split /\n/, $pdf->{fonts};
    ok(@fonts && !grep({ !/yes yes yes/ } @fonts), "$what carries its font, and its text can be copied") or diag @fonts;
    return ($pdf->{text}, $pages);
}

$buyer->put($variant, 3);
$buyer->put($second, 1);
my $order = $buyer->must($buyer->place(key => 'one'), 201);
my $n = $order->{number};
my $unpaid = $buyer->{client}->get("/orders/$n/invoice");
is("$unpaid->{status} $unpaid->{json}{code}", '409 not_invoiced', 'what is not paid has no invoice');
is($buyer->{client}->get("/orders/$n/invoice?format=pdf")->{status}, 409, 'nor a PDF of one');
$buyer->pay_and_return($n);
is($buyer->{client}->get("/orders/$n/invoice")->{status}, 200, 'paid: it is there at once');
ok(wait_for(sub { $buyer->{client}->get("/orders/$n/invoice")->{json}{invoice_number} }, 60), 'and its number a moment later');

my $view = $buyer->{client}->get("/orders/$n/invoice")->{json};
is_deeply([map { $_->{row} } @{ $view->{items} }], [1, 2], 'the lines are numbered');
is($view->{items}[0]{after_discount}, 369_000, 'with what is left after the discount');
my ($text, $pages) = pdf($buyer->{client}->get("/orders/$n/invoice?format=pdf"), 'the invoice', "invoice-$n.pdf");
is($pages, 1, 'on one page');
like($text, qr/(?<!\d)$n(?!\d)/, 'names the order');
like($text, qr/(?<!\d)$_(?!\d)/, "shows $_") for $order->{total}, $order->{total} * 10, 369000, 123000, '411122223333', '1316743917';
like($text, qr/alert/, 'a title that would be markup is text');
like($text, qr/بازرگانی/, 'in Persian letters that can be searched');
is($buyer->{client}->get("/orders/$n/invoice?format=doc")->{status}, 422, 'another format is refused');
my ($english) = pdf($buyer->{client}->get("/orders/$n/invoice?format=pdf", headers => { 'accept-language' => 'en' }), 'the English one', "invoice-$n.pdf");
like($english, qr/Sales invoice/, 'in English');
like($english, qr/four hundred|thousand Toman/, 'with the amount in words');

for my $path ("/orders/$n/invoice?format=pdf", "/orders/$n/credit-notes/1?format=pdf") {
    is($stranger->get($path)->{status}, 404, "$path is not for others");
    is($shop->client->get($path)->{status}, 401, "$path is not for strangers");
}
is($buyer->{client}->get("/admin/orders/$n/packing-slip?format=pdf")->{status}, 403, 'the slip is for staff');
pdf($staff->get("/admin/orders/$n/invoice?format=pdf"), "staff's invoice", "invoice-$n.pdf");

# A refund makes a credit note, in the same gapless row of numbers.
my $item = $view->{items}[0]{id};
$buyer->must($staff->post("/admin/orders/$n/refunds", json => { lines => [{ item_id => $item, quantity => 1 }], to => 'manual', reason => 'کالا شکسته بود' }), 201);
my $note;
ok(wait_for(sub { ($note) = @{ $buyer->{client}->get("/orders/$n/invoice")->{json}{credit_notes} } }, 60), 'a refund makes a credit note');
is_deeply([@$note{qw(amount order)}], [123_000, $n], 'of its amount');
is($note->{number}, $view->{invoice_number} + 1, 'its number is the next');
my ($credit) = pdf($buyer->{client}->get("/orders/$n/credit-notes/$note->{number}?format=pdf"), 'the credit note', "credit-note-$n-$note->{number}.pdf");
like($credit, qr/(?<!\d)123000(?!\d)/, 'shows what was credited');
is($staff->get("/admin/orders/$n/credit-notes/$note->{number}")->{json}{invoice_number}, $view->{invoice_number}, 'names its invoice');
is($buyer->{client}->get("/orders/$n/credit-notes/$view->{invoice_number}")->{status}, 404, 'an invoice is no credit note');
is($buyer->{client}->get("/orders/$n/credit-notes/99999999999999999999")->{status}, 404, 'nor is a number without end');

# The slip: what is to be packed; a gift shows no money at all.
my ($slip) = pdf($staff->get("/admin/orders/$n/packing-slip?format=pdf"), 'the packing slip', "packing-slip-$n.pdf");
like($slip, qr/(?<!\d)123000(?!\d)/, 'shows prices');
$shop->db_query("UPDATE orders SET gift = true WHERE number = '$n'", admin => 1);
my ($gift) = pdf($staff->get("/admin/orders/$n/packing-slip?format=pdf"), 'the slip of a gift', "packing-slip-$n.pdf");
unlike($gift, qr/(?<!\d)(?:123000|369000|$order->{total})(?!\d)/, 'shows none');
like($gift, qr/T-/, 'but what to pack');

# A hundred lines: several pages, the head on each, every line there.
$shop->db_query("INSERT INTO order_items (order_id, line, variant_id, product_id, product_slug, sku, title_fa, title_en, options, returnable, unit_price, quantity,
    line_subtotal, discount, tax_rate_bp, tax, line_total, reserved) SELECT order_id, g, variant_id, product_id, product_slug, 'LONG-' || g, repeat('نام دراز کالا ', 8), title_en,
    '[]', true, unit_price, 1, unit_price, 0, 0, 0, unit_price, 1 FROM order_items, generate_series(3, 100) g WHERE id = $item", admin => 1);
my ($long, $many) = pdf($buyer->{client}->get("/orders/$n/invoice?format=pdf"), 'an invoice of a hundred lines', "invoice-$n.pdf");
cmp_ok($many, '>', 3, 'has several pages');
is(() = $long =~ /LONG-\d+/g, 98, 'with every line');
is(() = $long =~ /(?<!\d)$n(?!\d)/g, $many, 'the order named on each');
like($long, qr/(?<!\d)$many(?!\d).*\z/s, 'the last one says how many');
my $page = $shop->client(html => 1);
$page->{cookies}{'__Host-access'} = $buyer->{client}{bearer};
my $html = decode('UTF-8', $page->get("/orders/$n/invoice")->{body});
like($html, qr{href="/orders/$n/invoice\?format=pdf"}, 'the page leads to the PDF');
unlike($html, qr/<script>alert/, 'and shows the title as text');
$shop->stop;
done_testing;
