#!/usr/bin/env perl
# `tarazu render` as whoever edits pages and messages uses it: without a configuration, with filters,
# partials, both languages, standard input; with clear words and an exit status when something is wrong.
use strict;
use warnings;
use utf8;

use Encode qw(decode_utf8 encode_utf8);
use File::Temp qw(tempdir);
use JSON::PP ();
use Test::More;

my $app = $ENV{TARAZU_TEST_APP} or BAIL_OUT("run it through scripts/test: scripts/test $0");
my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/partials";
$ENV{TARAZU_CONFIG} = "$dir/none.conf";

sub put {
    my ($name, $content) = @_;
    open my $f, '>', "$dir/$name" or die "$name: $!";
    print {$f} encode_utf8($content);
    close $f;
    return "$dir/$name";
}
sub render {
    my @arguments = @_;
    my $out = `$app/bin/tarazu render @arguments 2>$dir/err`;
    my $status = $? >> 8;
    open my $f, '<', "$dir/err";
    local $/;
    return (decode_utf8($out), $status, decode_utf8(<$f> // ''));
}

my $data = put('data.json', '{"total": 250000, "name": "<سارا>", "items": [{"n": 1}, {"n": 2}]}');
my ($out, $status, $err) = render(put('page.mustache', "{{name}}: {{total|toman}}\n{{#items}}\n  {{> row}}\n{{/items}}\n"),
    $data, do { put('partials/row.mustache', "- {{n|digits}}\n"); "$dir/partials" });
is($out, "&lt;سارا&gt;: ۲۵۰٬۰۰۰ تومان\n  - ۱\n  - ۲\n", 'filters and partials');
is($status, 0, 'exit status');
is($err, '', 'nothing to complain about');

my $total = put('total.mustache', '{{total|toman}} = {{total|rial}}');
is((render('--lang', 'en', $total, $data))[0], '250,000 Toman = 2,500,000 Rial', 'English by option');
is((render($total, put('en.json', '{"total": 250000, "page": {"lang": "en"}}')))[0], '250,000 Toman = 2,500,000 Rial',
    'English by the data');
is((render($total, '-', "<$data"))[0], '۲۵۰٬۰۰۰ تومان = ۲٬۵۰۰٬۰۰۰ ریال', 'data from standard input, no newline added');
is((render(put('dot.mustache', 'Hello, {{.}}!'), put('text.json', '"world"')))[0], 'Hello, world!', 'data that is no object');
is((render(put('gone.mustache', '[{{> nobody}}]'), $data, "$dir/partials"))[0], '[]', 'a missing partial shows nothing');

for my $case (
    ['a tag that is not closed', [put('bad1.mustache', "a\n{{b"), $data], 1, qr/bad1\.mustache:2: a tag is not closed/],
    ['a section that is not closed', [put('bad2.mustache', '{{#a}}'), $data], 1, qr/bad2\.mustache:1: "a" is never closed/],
    ['an unknown filter', [put('bad3.mustache', '{{a|nofilter}}'), $data], 1, qr/no filter is called "nofilter"/],
    ['data that is no JSON', [$total, put('bad.json', '{"a": ')], 1, qr/bad\.json: /],
    ['no template', ["$dir/absent.mustache", $data], 1, qr/absent\.mustache: No such file/],
    ['no partials folder', [$total, $data, "$dir/absent"], 1, qr/absent: No such file/],
    ['a bad partial', [$total, $data, do { mkdir "$dir/bad"; put('bad/p.mustache', '{{/x}}'); "$dir/bad" }], 1, qr/p\.mustache:1: /],
    ['too few arguments', [$total], 2, qr/^usage: tarazu render/],
    ['too many arguments', [$total, $data, $dir, $dir], 2, qr/^usage: tarazu render/],
) {
    my ($name, $arguments, $want, $words) = @$case;
    my ($text, $code, $complaint) = render(@$arguments);
    is($code, $want, "$name: exit status");
    like($complaint, $words, "$name: says why");
    is($text, '', "$name: prints nothing");
}
put('partials/self.mustache', 'x{{> self}}');
($out, $status, $err) = render(put('self.mustache', '{{> self}}'), $data, "$dir/partials");
is($status, 1, 'a partial that contains itself ends');
like($err, qr/64 deep/, 'and says so');

# Every case of the specification through the command itself.
my $failed = 0;
for my $module (qw(comments delimiters interpolation inverted partials sections newer)) {
    open my $f, '<', "t/mustache/$module.json" or die "$module: $!";
    my $spec = do { local $/; JSON::PP->new->utf8->allow_nonref->decode(scalar <$f>) };
    my $number = 0;
    for my $case (@{ $spec->{tests} }) {
        my $here = "$dir/$module-" . $number++;
        mkdir $here;
        put("$module-" . ($number - 1) . "/$_.mustache", $case->{partials}{$_}) for keys %{ $case->{partials} // {} };
        my $json = put("case.json", decode_utf8(JSON::PP->new->utf8->allow_nonref->encode($case->{data})));
        my ($got) = render(put('case.mustache', $case->{template}), $json, $here);
        next if $got eq $case->{expected};
        $failed++;
        diag("$module: $case->{name}\n got: $got\nwant: $case->{expected}");
    }
}
is($failed, 0, 'the specification passes through the command');
done_testing;
