#!/usr/bin/env perl
# What customers say of products and what staff make of it: one review each, read before it is shown, read
# again when it changes; the stars are those of the approved ones. And who asked to be told is told once.
use strict;
use warnings;
use utf8;
use lib 't/lib';

use Encode qw(encode_utf8);
use Test::More;

use Tarazu::Test::Buyer;
use Tarazu::Test::Client qw(at_once);
use Tarazu::Test::Shop qw(wait_for);
use Tarazu::Test::Storm qw(shelf goods crowd enter clean_doctor);

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $shop = Tarazu::Test::Shop->start;
shelf($shop);
my $staff = $shop->staff;
sub esc { return join '', map { /[\w.~-]/a ? $_ : sprintf '%%%02X', ord } split //, encode_utf8($_[0]) }
sub refused { my ($r, $status, $code, $what) = @_; is("$r->{status} " . ($r->{json}{code} // ''), "$status $code", $what) or diag $r->{body}; return }
sub value { my $v = $shop->db_value($_[0]); utf8::decode($v); return $v }
sub slug_of { return value("SELECT slug FROM products p JOIN variants v ON v.product_id = p.id WHERE v.id = $_[0]") }
sub text { my ($r) = @_; utf8::decode(my $t = $r->{body}); return $t }
# The same person in a browser.
sub browser { my ($c) = @_; my $b = $shop->client(html => 1); $b->{cookies}{'__Host-access'} = $c->{bearer}; return $b }
sub page { return text(browser($_[0])->get($_[1])) }
sub stars { my ($r) = $shop->db_query("SELECT rating_sum, review_count FROM products WHERE slug = '$_[0]'"); return "@$r" }

my ($variant, $other, $gone) = goods($shop, count => 3, on_hand => 20);
my $slug = slug_of($variant);
my $path = '/products/' . esc($slug);
my @people = crowd($shop, 2);
my ($ann, $ben) = map { enter($shop, $_) } @people;
my $visitor = $shop->client(headers => { cookie => '__Host-cart=none' });
sub shown { return $visitor->get("$path/reviews")->{json} }
sub decide { my ($id, $step, $json) = @_; return $staff->post("/admin/reviews/$id/$step", json => $json // {}) }

my $first;
subtest 'writing' => sub {
    refused($shop->client->post("$path/reviews", json => { rating => 5 }), 401, 'unauthenticated', 'strangers log in first');
    refused($ann->post("$path/reviews", json => { rating => $_ }), 422, 'invalid_field', "not $_ stars") for 0, 6;
    refused($ann->post("$path/reviews", json => { title => 'x' }), 422, 'invalid_field', 'not without stars');
    refused($ann->post("$path/reviews", json => { rating => 5, status => 'approved' }), 422, 'invalid_field', 'nobody approves their own');
    refused($ann->post('/products/nothing/reviews', json => { rating => 5 }), 404, 'not_found', 'no such product');
    my $r = $ann->post("$path/reviews", json => { rating => '۵', title => 'خوب', body => "سبک است\nو زیبا" });
    is($r->{status}, 201, 'a review') or diag $r->{body};
    $first = $r->{json};
    is_deeply([@$first{qw(rating title body status)}, $first->{bought} ? 1 : 0], [5, 'خوب', "سبک است\nو زیبا", 'pending', 0], 'waits to be read');
    is_deeply(shown()->{items}, [], 'nobody sees it');
    is(stars($slug), '0 0', 'nor its stars');
    my $form = browser($ben)->post("$path/reviews", form => { rating => 2, title => '', body => '' });
    is($form->{status}, 303, 'a form does it too') or diag $form->{body};
    is($form->{headers}{location}, $path, 'and comes back to the product');
    is($shop->db_value("SELECT count(*) FROM reviews WHERE status = 'pending'"), 2, 'two wait');
    my @r = at_once(8, before => sub { return $shop->client(bearer => $ann->{bearer}, from => '127.9.0.' . (1 + $_[0])) },
        do => sub { return $_[1]->post("$path/reviews", json => { rating => 1 + $_[0] % 5 }) });
    is_deeply([grep { $_->{status} != 201 } @r], [], 'eight at once');
    is($shop->db_value("SELECT count(*) FROM reviews r JOIN products p ON p.id = r.product_id WHERE p.slug = '$slug'"), 2, 'one a customer and product, also at once');
    $first = $ann->post("$path/reviews", json => { rating => 5, title => 'خوب', body => 'سبک' })->{json};
};

subtest 'staff' => sub {
    refused($ann->get('/admin/reviews'), 403, 'forbidden', 'customers do not read them');
    my $list = $staff->get('/admin/reviews?status=pending&limit=1')->{json};
    is(scalar @{ $list->{items} }, 1, 'a page of them');
    ok($list->{next}, 'and more');
    is(scalar @{ $staff->get("/admin/reviews?status=pending&limit=1&cursor=$list->{next}")->{json}{items} }, 1, 'on the next');
    refused($staff->get("/admin/reviews?status=refused&cursor=$list->{next}"), 400, 'cursor_invalid', 'a cursor of another list');
    my ($mine) = grep { $_->{id} == $first->{id} } @{ $staff->get('/admin/reviews?status=pending')->{json}{items} };
    is($mine->{product}{slug}, $slug, 'with the product');
    refused(decide($first->{id}, 'approve', { version => $mine->{version} + 1 }), 409, 'conflict', 'only what was read is approved');
    my $r = decide($first->{id}, 'approve', { version => $mine->{version} });
    is($r->{json}{status}, 'approved', 'approved') or diag $r->{body};
    decide($first->{id}, 'approve');
    is(stars($slug), '5 1', 'counts once');
    is($shop->db_value("SELECT count(*) FROM audit_log WHERE target = 'review:$first->{id}'"), 1, 'and is once in the audit log');
    my ($his) = @{ $staff->get('/admin/reviews?status=pending')->{json}{items} };
    decide($his->{id}, 'refuse');
    is(stars($slug), '5 1', 'a refused one does not count');
    is_deeply([map { $_->{id} } @{ shown()->{items} }], [$first->{id}], 'nor is it shown');
    refused(decide(999_999, 'approve'), 404, 'not_found', 'no such review');
    decide($his->{id}, 'approve');
    is(stars($slug), '7 2', 'staff may think again');
    is(shown()->{rating}, 3.5, 'the average');
    my $p = $visitor->get($path)->{json};
    is_deeply([$p->{rating}, $p->{review_count}, scalar @{ $p->{reviews} }], [3.5, 2, 2], 'on the product too');
    ok(!grep({ exists $_->{customer_id} || exists $_->{status} } @{ $p->{reviews} }), 'which tells no more of the people than their name');
    my $all = $visitor->get("$path/reviews?limit=1")->{json};
    is($all->{items}[0]{id}, $his->{id}, 'the newest first');
    is($visitor->get("$path/reviews?limit=1&cursor=$all->{next}")->{json}{items}[0]{id}, $first->{id}, 'then the other');
    is($visitor->get('/products?sort=rating')->{json}{items}[0]{slug}, $slug, 'the list by rating knows');
};

subtest 'changing it' => sub {
    is($ann->post("$path/reviews", json => { rating => 5, title => 'خوب', body => 'سبک' })->{json}{status}, 'approved', 'the same words again change nothing');
    my $r = $ann->post("$path/reviews", json => { rating => 1, title => 'شکست' })->{json};
    is_deeply([@$r{qw(id status rating)}], [$first->{id}, 'pending', 1], 'others are read again');
    is(stars($slug), '2 1', 'and count no more until then');
    decide($first->{id}, 'approve');
    is(stars($slug), '3 2', 'then with the new stars');
};

subtest 'bought it' => sub {
    my ($person) = crowd($shop, 1);
    my $buyer = Tarazu::Test::Buyer->new($shop, enter($shop, $person));
    my $other_path = '/products/' . esc(slug_of($other));
    $buyer->put($other, 1);
    my $order = $buyer->must($buyer->place(key => 'k'));
    my $say = sub { return $buyer->{client}->post("$other_path/reviews", json => { rating => 4, title => $_[0] })->{json}{bought} ? 1 : 0 };
    is($say->('a'), 0, 'an order alone is not enough');
    $buyer->pay_and_return($order->{number});
    is($say->('b'), 1, 'a paid one is');
    $buyer->{client}->post("$path/reviews", json => { rating => 4 });
    is($shop->db_value("SELECT count(*) FROM reviews r JOIN products p ON p.id = r.product_id WHERE r.bought AND p.slug = '$slug'"), 0,
        'of this product only');
};

subtest 'pages' => sub {
    my $stranger = text($shop->client(html => 1)->get($path));
    unlike($stranger, qr{action="[^"]*/reviews"}, 'a stranger sees no form');
    like($stranger, qr/شکست/, 'but the reviews');
    my $own = page($ann, $path);
    like($own, qr{action="[^"]*/reviews"}, 'a customer has one');
    like($own, qr/value="شکست"/, 'with what they wrote');
    like(text($shop->client(html => 1)->get("$path/reviews")), qr/شکست/, 'all reviews have a page');
    my $admin = page($staff, '/admin/reviews?status=approved');
    like($admin, qr{/admin/reviews/\d+/refuse}, 'staff have buttons');
};

subtest 'back in stock' => sub {
    my $gone_path = '/products/' . esc(slug_of($gone));
    my $count = sub { my $r = $staff->post("/admin/variants/$gone/stock", json => { on_hand => $_[0], reason => 'x' }); is($r->{status}, 200, "counted: $_[0]") or diag $r->{body} };
    my $waiting = sub { return $shop->db_value('SELECT count(*) FROM stock_requests WHERE told_at IS NULL') };
    my $told = sub { return $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'stock_message'") };
    my $ask = sub { return $_[0]->post("$gone_path/notify", json => { variant_id => $gone }) };
    refused($ask->($ann), 422, 'invalid_field', 'what can be bought is not waited for');
    $count->(0);
    refused($ask->($shop->client), 401, 'unauthenticated', 'strangers cannot ask');
    refused($ann->post("$path/notify", json => { variant_id => $gone }), 422, 'invalid_field', 'nor for another product\'s');
    is($ask->($_)->{status}, 201, 'asked') for $ann, $ann, $ben;
    is($waiting->(), 2, 'once a customer');
    like(page($ann, $gone_path), qr/پیامک/, 'the page says so');
    $count->(3);
    is($waiting->(), 0, 'all are told');
    is($told->(), 2, 'by a message each');
    $count->(0);
    $count->(2);
    is($told->(), 2, 'once a request');
    ok(wait_for(sub { $shop->db_value("SELECT count(*) FROM jobs WHERE kind = 'stock_message' AND state = 'done'") == 2 }), 'they are sent');
    my $title = value("SELECT title_fa FROM products WHERE slug = '" . slug_of($gone) . "'");
    my @sms = grep { $_->{text} =~ /«\Q$title\E» دوباره موجود شد/ } map { @{ $shop->sandbox->get('/inbox/sms?phone=' . esc($_))->{json}{items} // [] } } map { $_->{phone} } @people;
    is(scalar @sms, 2, 'as SMS');
};

my ($well, $report) = clean_doctor($shop);
ok($well, 'the doctor finds nothing') or diag $report;
done_testing;
