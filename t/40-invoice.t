#!/usr/bin/env perl
# What the papers of an order say of its parties and its lines: in whose name the invoice is made out, the goods'
# ids, what canceled units leave on the packing slip and the invoice, and who picks up what is not sent.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(decode);
use JSON::PP ();
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Pdf qw(read_pdf);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods coupon crowd enter faults clean_doctor refuses later);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
my ($one, $two) = goods($shop, count => 2, on_hand => 100, price => 100_001);
my @people = map { enter($shop, $_) } crowd($shop, 10);
sub buyer { return Tarazu::Test::Buyer->new($shop, shift @people) }
sub at { my ($number, $what, $body) = @_; return $staff->post("/admin/orders/$number/$what", json => $body) }
sub slip { my ($number) = @_; return $staff->get("/admin/orders/$number/packing-slip")->{json} }
sub invoice { my ($b, $number) = @_; return $b->{client}->get("/orders/$number/invoice")->{json} }
sub nudge { return $shop->db_query("UPDATE schedules SET next_run_at = shop_now() WHERE kind = 'invoice_seal'", admin => 1) }
sub sealed { my ($b, $number) = @_; return wait_for(sub { invoice($b, $number)->{invoice_number} }, 60) }

coupon($shop, 'THIRD', kind => 'percent', value => 3333);

subtest 'paid, and then units are canceled' => sub {
    my $b = buyer();
    $b->put($one, 3);
    $b->put($two);
    $b->must($b->apply('THIRD'));
    my $o = $b->must($b->place, 201);
    my $n = $o->{number};
    $b->pay_and_return($n);
    ok(sealed($b, $n), 'an invoice with a number');
    is(slip($n)->{total}, $o->{total}, 'the slip of a whole order says what it cost');
    my ($first, $other) = @{ $o->{items} };
    my $r = at($n, 'cancel-lines', { lines => [{ item_id => $first->{id}, quantity => 1 }, { item_id => $other->{id}, quantity => 1 }], reason => 'نداریم' });
    is($r->{status}, 200, 'one of three is canceled, and the other line') or diag $r->{body};
    my $left = $o->{total} - $r->{json}{refunded};
    my $slip = slip($n);
    is_deeply([map { @$_{qw(quantity line_total)} } @{ $slip->{items} }], [2, $left - 30_000], 'the slip counts what goes into the parcel');
    is($slip->{total}, $left, 'and costs what was not given back');
    my $credit;
    ok(wait_for(sub { ($credit) = @{ invoice($b, $n)->{credit_notes} } }, 60), 'a credit note for the canceled units');
    my $paper = invoice($b, $n);
    is($paper->{total}, $o->{total}, 'beside the invoice, which stays as it was issued');
    is($paper->{total} - $credit->{amount}, $left, 'the two of them are what was sold');
    is($b->order($n)->{refunded}, $credit->{amount}, 'and what was given back');
};

subtest 'canceled before the invoice has a number' => sub {
    my $b = buyer();
    $b->put($one, 2);
    my $o = $b->must($b->place, 201);
    $b->pay_and_return($o->{number});
    at($o->{number}, 'cancel-lines', { lines => [{ item_id => $o->{items}[0]{id}, quantity => 1 }], reason => 'نداریم' });
    ok(wait_for(sub { my $i = invoice($b, $o->{number}); $i->{invoice_number} && @{ $i->{credit_notes} } }, 60), 'both papers get their numbers');
    my $i = invoice($b, $o->{number});
    is($i->{total} - $i->{credit_notes}[0]{amount}, $o->{total} - 100_001, 'and are right together');
    cmp_ok($i->{invoice_number}, '<', $i->{credit_notes}[0]{number}, 'the invoice comes first');
};

subtest 'an allowance, and then all of it' => sub {
    my $b = buyer();
    $b->put($one, 2);
    my $n = $b->must($b->place, 201)->{number};
    $b->pay_and_return($n);
    is(at($n, 'refunds', { amount => 50_000, to => 'gateway', reason => 'دلجویی' })->{status}, 201, 'an allowance');
    is($b->{client}->post("/orders/$n/cancel", json => {})->{status}, 200, 'and then the whole order');
    my @notes;
    ok(wait_for(sub { @notes = @{ invoice($b, $n)->{credit_notes} }; @notes == 2 }, 60), 'a note for each');
    my ($allowance, $rest) = @notes;
    is_deeply([@$allowance{qw(amount without_lines given_apart)}, scalar @{ $allowance->{lines} }], [50_000, 50_000, 0, 0], 'the first has no lines');
    my $lines = 0;
    $lines += $_->{amount} for @{ $rest->{lines} };
    is($rest->{amount}, $b->order($n)->{total} - 50_000, 'the second gives the rest');
    is($lines + $rest->{without_lines} - $rest->{given_apart}, $rest->{amount}, 'and its figures add up');
    my $page = $b->{client}->get("/orders/$n/credit-notes/$rest->{number}", headers => { accept => 'text/html' })->{body};
    utf8::decode($page);
    ($rest->{given_apart} > 0 ? \&like : \&unlike)->($page, qr/پیش‌تر، یا با سند دیگر، بازگردانده شده/, 'the page says what was given before');
};

subtest 'cash on delivery: nobody paid for what was canceled' => sub {
    my $b = buyer();
    is($staff->patch('/admin/settings', json => { cod_enabled => JSON::PP::true(), cod_maximum => 10_000_000 })->{status}, 200, 'switched on');
    $b->put($one, 3);
    $b->put($two);
    my $o = $b->must($b->place(payment_method => 'cod'), 201);
    my $n = $o->{number};
    is(at($n, 'transition', { event => 'confirm_cod' })->{status}, 200, 'confirmed');
    nudge();
    ok(sealed($b, $n), 'an invoice before anything is paid');
    my ($first, $other) = @{ $o->{items} };
    at($n, 'cancel-lines', { lines => [{ item_id => $first->{id}, quantity => 1 }, { item_id => $other->{id}, quantity => 1 }], reason => 'نداریم' });
    is(slip($n)->{total}, 230_002, 'the courier asks for what is in the parcel');
    my $i = invoice($b, $n);
    is_deeply([map { @$_{qw(row quantity line_subtotal line_total)} } @{ $i->{items} }], [1, 2, 200_002, 200_002], 'the invoice has what is sold, for no credit note will follow');
    is_deeply([@$i{qw(subtotal total credit_notes)}], [200_002, 230_002, []], 'and its sum');
    at($n, 'transition', { event => $_ }) for qw(ship deliver);
    is($b->order($n)->{paid}, 230_002, 'which is what was paid at the door');
    is(invoice($b, $n)->{total}, 230_002, 'and stays so');
    my $r = at($n, 'refunds', { lines => [{ item_id => $first->{id}, quantity => 1 }], to => 'manual', reason => 'خراش' });
    is(invoice($b, $n)->{total}, 230_002, 'a refund is a credit note, not another invoice');
};

subtest 'cash on delivery: what never arrived was not sold' => sub {
    my $b = buyer();
    $b->put($one, 2);
    my $o = $b->must($b->place(payment_method => 'cod'), 201);
    my ($n, $item) = ($o->{number}, $o->{items}[0]{id});
    at($n, 'transition', { event => 'confirm_cod' });
    for (1, 2) { is(at($n, 'shipments', { items => [{ item_id => $item, quantity => 1 }] })->{status}, 201, "parcel $_") }
    my @parcels = map { $_->{id} } @{ $b->order($n)->{shipments} };
    is($staff->patch("/admin/orders/$n/shipments/$parcels[1]", json => { status => 'lost' })->{status}, 200, 'one is lost');
    at($n, 'transition', { event => 'deliver' });
    is($b->order($n)->{paid}, 130_001, 'one unit is paid');
    is(invoice($b, $n)->{total}, 130_001, 'and one is on the invoice');
    $b->put($one);
    my $none = $b->must($b->place(payment_method => 'cod'), 201)->{number};
    at($none, 'transition', { event => 'confirm_cod' });
    nudge();
    ok(sealed($b, $none), 'another one has its invoice');
    at($none, 'transition', { event => 'cancel', reason => 'نخواست' });
    is_deeply([@{ invoice($b, $none) }{qw(items subtotal shipping total)}], [[], 0, 0, 0], 'canceled as a whole: nothing is on it');
    is_deeply([@{ slip($none) }{qw(items units shipping total)}], [[], 0, 0, 0], 'nor on the slip');
};

subtest 'picked up' => sub {
    my $b = buyer();
    $b->put($one);
    my $o = $b->must($b->place(shipping_method => 'pickup'), 201);
    is_deeply([@{ $o->{address} }{qw(recipient phone)}], ['خریدار آزمون', '+989121112233'], 'who comes for it is kept');
    is_deeply([grep { defined } @{ $o->{address} }{qw(province city line postal_code plaque)}], [], 'where they live is nobody\'s business');
    $b->pay_and_return($o->{number});
    is(slip($o->{number})->{address}{phone}, '+989121112233', 'the slip names them');
    ok(!grep({ $_ eq 'address' } @{ $staff->get("/admin/orders/$o->{number}")->{json}{actions} }), 'there is no address to correct');
    is($staff->patch("/admin/orders/$o->{number}/address", json => { city => 'شیراز' })->{status}, 409, 'nor can one be given');
    $b->put($one);
    my $none = $b->must($b->place(wish => { %{ $b->wish(shipping_method => 'pickup') }, address => { city => 'تهران', province => 'IR-23' } }), 201);
    is($none->{address}, undef, 'nobody named, nobody kept');
    my %order = (phone => '09127770002', items => [{ variant_id => $one + 0, quantity => 1 }]);
    my $phone = $staff->post('/admin/orders', json => { %order, shipping_method => 'pickup', address => { recipient => 'پیک شرکت', phone => '09121112244' } });
    is($phone->{json}{address}{recipient}, 'پیک شرکت', 'an order by phone names them alone') or diag $phone->{body};
    is_deeply([map { $_->{field} } @{ $staff->post('/admin/orders', json => { %order, shipping_method => 'parcel', address => { recipient => 'پیک شرکت' } })->{json}{errors} }],
        [map { "/address/$_" } qw(phone province city line)], 'what is sent needs all of it');
};

my $company = { name => 'شرکت آزمون سهامی خاص', national_id => '۱۰۳۸۰۲۸۴۷۹۰', economic_code => '۴۱۱۱۱۱۱۱۱۱۱۱', registration => '12345', province => 'IR-07',
    city => 'شیراز', address => 'بلوار آزمون', postal_code => '۷۱۳۴۵-۶۷۸۹۰', phone => '07132345678' };
my $frozen = { kind => 'company', %$company, national_id => '10380284790', economic_code => '411111111111', postal_code => '7134567890', phone => '+987132345678' };
sub placed { my ($b, %more) = @_; $b->put($one); return $b->place(wish => { %{ $b->wish }, %more }) }

sub pdf {
    my ($r) = @_;
    is("$r->{status} $r->{headers}{'content-type'}", '200 application/pdf', 'a PDF') or return '';
    return read_pdf($r->{body})->{text};
}
sub page { my ($c, $path) = @_; my $b = $shop->client(html => 1); $b->{cookies}{'__Host-access'} = $c->{bearer}; return decode('UTF-8', $b->get($path)->{body}) =~ tr/۰-۹/0-9/r }

# The constraint that refuses a copy of an order with this party.
sub invoice_fault {
    my ($id, $json) = @_;
    return $shop->db_value(<<"SQL", admin => 1);
CREATE OR REPLACE FUNCTION invoice_fault() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE fault text;
BEGIN
    INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', 1, 'number', 'x', 'cart_id', 0, 'status', 'pending',
        'event', 'place', 'version', 1, 'invoice_to', '$json'::jsonb))).* FROM orders o WHERE id = $id;
    RETURN 'nothing';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS fault = CONSTRAINT_NAME;
    RETURN fault;
END \$\$;
SELECT invoice_fault();
SQL
}

subtest 'an official invoice for a company' => sub {
    my $b = buyer();
    my $plain = $b->must(placed($b), 201);
    is($plain->{invoice_to}, undef, 'nobody asked for one');
    $b->put($one);
    my $r = $b->place(wish => { %{ $b->wish }, invoice_last => JSON::PP::true() });
    is_deeply([$r->{status}, map { @$_{qw(field code)} } @{ $r->{json}{errors} }], [422, '/invoice_last', 'not_found'], 'there is no last one yet');
    my $o = $b->must($b->place(wish => { %{ $b->wish }, invoice_to => $company }), 201);
    my $n = $o->{number};
    is_deeply($o->{invoice_to}, $frozen, 'the order has the company, digits and all');
    $b->pay_and_return($n);
    ok(sealed($b, $n), 'an invoice');
    is_deeply(invoice($b, $n)->{invoice_to}, $frozen, 'for the company');
    is(invoice($b, $n)->{buyer}{phone}, $b->{client}->get('/account')->{json}{phone}, 'the buyer is still known');
    at($n, 'refunds', { lines => [{ item_id => $o->{items}[0]{id}, quantity => 1 }], to => 'manual', reason => 'خراش' });
    my $note;
    ok(wait_for(sub { ($note) = @{ invoice($b, $n)->{credit_notes} } }, 60), 'a credit note');
    is_deeply($b->{client}->get("/orders/$n/credit-notes/$note->{number}")->{json}{invoice_to}, $frozen, 'for the company, too');
    is_deeply($staff->get("/admin/orders/$n")->{json}{invoice_to}, $frozen, 'staff see it');
    for my $path ("/orders/$n", "/orders/$n/invoice", "/orders/$n/credit-notes/$note->{number}") {
        like(page($b->{client}, $path), qr/10380284790/, "it is on the page $path");
    }
    like(page($staff, "/admin/orders/$n"), qr/شرکت آزمون.*10380284790/s, "and on the staff's page");
    for my $path ("/orders/$n/invoice?format=pdf", "/orders/$n/credit-notes/$note->{number}?format=pdf") {
        my $text = pdf($b->{client}->get($path));
        like($text, qr/(?<!\d)$_(?!\d)/, "$path shows $_") for qw(10380284790 411111111111 12345 7134567890);
    }
    like(page($b->{client}, '/checkout'), qr/name="invoice_last" value="true".*10380284790/s, 'the next checkout offers it');
    is_deeply($b->must(placed($b, invoice_last => JSON::PP::true()), 201)->{invoice_to}, $frozen, 'one word is enough');
    is_deeply([map { $_->{invoice_to}{name} } grep { $_->{invoice_to} } @{ $b->{client}->get('/account/export')->{json}{orders} }], [($company->{name}) x 2], 'what is kept may be taken along');
    my $id = $shop->db_value("SELECT id FROM orders WHERE number = '$n'");
    for my $change (q(invoice_to = NULL), q(invoice_to = jsonb_set(invoice_to, '{name}', '"x"')), q(buyer = '{}'), q(seller = '{}')) {
        ok(refuses($shop, "UPDATE orders SET $change WHERE id = $id"), "not even the database's owner can say $change");
    }
    for my $wrong ('[]', '"x"', '{}', '{"name": "x", "kind": "person", "national_id": "10380284790"}', '{"name": "x", "kind": "company", "national_id": "1038028479x"}',
        '{"name": "", "kind": "person", "national_id": "0084575948"}', '{"kind": "person", "national_id": "0084575948"}') {
        is(invoice_fault($id, $wrong), 'orders_invoice_to', "the database takes no $wrong");
    }
};

subtest 'for a person, and what is refused' => sub {
    my $b = buyer();
    is_deeply([@{ $b->must(placed($b, invoice_to => { name => 'سارا آزمون', national_id => '۰۰۸۴۵۷۵۹۴۸' }), 201)->{invoice_to} }{qw(kind national_id city)}], ['person', '0084575948', undef], 'by national code');
    is($b->must(placed($b, invoice_to => { map { $_ => '' } keys %$company }), 201)->{invoice_to}, undef, 'empty fields of a form ask for nothing');
    $b->put($one);
    my @wrong = (
        [{ city => 'شیراز' }, ['/invoice_to/name', 'required'], ['/invoice_to/national_id', 'required']],
        [{ name => 'x' x 3, national_id => '0084575949' }, ['/invoice_to/national_id', 'bad_national_code']],
        [{ name => 'x' x 3, national_id => '10380284791' }, ['/invoice_to/national_id', 'bad_legal_id']],
        [{ name => 'x' x 3, national_id => '123456789' }, ['/invoice_to/national_id', 'bad_national_id']],
        [{ %$company, economic_code => '123', postal_code => '123' }, ['/invoice_to/economic_code', 'bad_economic_code'], ['/invoice_to/postal_code', 'bad_postal_code']],
        [{ %$company, province => 'IR-99' }, ['/invoice_to/province', 'not_one_of']],
        [{ %$company, phone => '12' }, ['/invoice_to/phone', 'bad_phone']],
        [{ %$company, vat => 1 }, ['/invoice_to/vat', 'unknown_field']],
    );
    for my $case (@wrong) {
        my ($typed, @errors) = @$case;
        my $r = $b->place(wish => { %{ $b->wish }, invoice_to => $typed });
        is_deeply([$r->{status}, map { [@$_{qw(field code)}] } @{ $r->{json}{errors} }], [422, @errors], join(', ', map { @$_ } @errors)) or diag $r->{body};
    }
    my $english = $b->{client}->post('/orders', json => { %{ $b->wish }, invoice_to => { name => 'abc', national_id => '10380284791' } }, headers => { 'accept-language' => 'en' });
    like($english->{json}{errors}[0]{message}, qr/company/, 'in English, too');
    is($b->{client}->post('/checkout/quote', json => { $b->choices, invoice_to => { name => 'نیمه' } })->{status}, 200, 'a quote does not mind what is half typed');
};

subtest 'by form and by phone' => sub {
    my $b = buyer();
    $b->put($one);
    my $browser = $shop->client(html => 1);
    $browser->{cookies}{'__Host-access'} = $b->{client}{bearer};
    my %form = (expected_total => $b->quote->{total}, shipping_method => 'parcel', payment_method => 'gateway',
        (map { ("address.$_" => $b->{address}{$_}) } keys %{ $b->{address} }), (map { ("invoice_to.$_" => $company->{$_}) } keys %$company));
    my $r = $browser->post('/orders', form => { %form, 'invoice_to.national_id' => '10380284791' });
    my $again = decode('UTF-8', $r->{body});
    is($r->{status}, 422, 'a wrong id comes back');
    like($again, qr/<details class="card" open>.*value="شرکت آزمون سهامی خاص".*value="10380284791"/s, 'unfolded, with what was typed');
    like($again, qr/شناسهٔ ملی شرکت درست نیست/, 'and what is wrong with it');
    $r = $browser->post('/orders', form => \%form);
    is($r->{status}, 303, 'put right') or diag decode('UTF-8', $r->{body});
    my ($n) = $r->{headers}{location} =~ m{(\d+)\z};
    is_deeply($b->order($n)->{invoice_to}, $frozen, 'it is an order');
    my $phone = $staff->post('/admin/orders', json => { phone => '09127770001', items => [{ variant_id => $one + 0, quantity => 1 }], shipping_method => 'parcel',
        address => $b->{address}, invoice_to => $company });
    is_deeply($phone->{json}{invoice_to}, $frozen, 'by phone as well') or diag $phone->{body};
    is($staff->post('/admin/orders', json => { phone => '09127770001', items => [{ variant_id => $one + 0, quantity => 1 }], shipping_method => 'parcel',
        address => $b->{address}, invoice_to => { name => 'نیمه' } })->{json}{errors}[0]{field}, '/invoice_to/national_id', 'and as strictly');
    unlike($shop->client->get($phone->{json}{payment_path})->{body}, qr/10380284790/, 'who has the link sees nothing of it');
};

subtest 'an account that is erased' => sub {
    my $b = Tarazu::Test::Buyer->new($shop, $shop->login('09124440031'));
    my $n = $b->must(placed($b, invoice_to => $company), 201)->{number};
    is($b->{client}->post('/account/erase', json => {})->{status}, 200, 'erased');
    is_deeply($staff->get("/admin/orders/$n")->{json}{invoice_to}, $frozen, 'the order still says whom its invoice is for');
    later($shop, 130); # until the number may have another code
    my $again = Tarazu::Test::Buyer->new($shop, $shop->login('09124440031'));
    $again->put($one);
    unlike(page($again->{client}, '/checkout'), qr/name="invoice_last"/, 'another account of that number is offered nothing');
};

subtest 'goods ids' => sub {
    my $b = buyer();
    my ($slug) = map { $_->[0] } $shop->db_query("SELECT p.slug FROM products p JOIN variants v ON v.product_id = p.id WHERE v.id = $two");
    my $set = sub { return $staff->patch("/admin/products/$slug", json => { variants => [{ id => $two + 0, goods_id => $_[0] }] }) };
    for ('271000013864', '27100001386450', 'abc') {
        my $r = $set->($_);
        is_deeply([$r->{status}, $r->{json}{errors}[0]{field}], [422, '/variants/0/goods_id'], "$_ is none");
    }
    is($set->('271')->{json}{errors}[0]{code}, 'bad_goods_id', 'it has thirteen digits');
    is($set->('۲۷۱۰۰۰۰۱۳۸۶۴۵')->{json}{variants}[0]{goods_id}, '2710000138645', 'of any script');
    like(page($staff, "/admin/products/$slug"), qr/name="variants.0.goods_id"[^>]*value="2710000138645"/, 'the form has it');
    $b->put($one);
    $b->put($two);
    my $o = $b->must($b->place, 201);
    is_deeply([map { $_->{goods_id} } @{ $o->{items} }], [undef, '2710000138645'], 'the order keeps it');
    is($set->(undef)->{json}{variants}[0]{goods_id}, undef, 'it can be taken away again');
    $b->pay_and_return($o->{number});
    is(invoice($b, $o->{number})->{items}[1]{goods_id}, '2710000138645', 'the invoice says what it was');
    like(page($b->{client}, "/orders/$o->{number}/invoice"), qr/>2710000138645</, 'on the page');
    like(pdf($b->{client}->get("/orders/$o->{number}/invoice?format=pdf")), qr/2710000138645/, 'and in the PDF');
    ok(refuses($shop, "UPDATE variants SET goods_id = '123' WHERE id = $two"), 'the database takes no other');
};

is_deeply([faults($shop)], [], 'everything adds up');
my ($clean, $said) = clean_doctor($shop);
ok($clean, 'the doctor finds nothing') or diag $said;
$shop->stop;
done_testing;
