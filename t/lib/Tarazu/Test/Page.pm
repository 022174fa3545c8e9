package Tarazu::Test::Page;

# A browser without JavaScript and the person in front of it: looks at pages, follows redirects, fills
# the forms that are really there, with their hidden fields, and presses their buttons. Cookies stay
# with the host they came from.
#
#   my $page = Tarazu::Test::Page->new($shop, from => '127.0.3.4');
#   $page->visit('/products/…');
#   $page->press(qr{^/cart/items$}, quantity => '۲');       # the form with this action
#   $page->press(qr{^/checkout$}, -button => 'expected_total');   # a named button of it
#   $page->{status}, $page->{path}, $page->{text} (characters), $page->{trail} ([method, status, url])

use strict;
use warnings;
use utf8;

use Encode qw(decode);

sub new {
    my ($class, $shop, %o) = @_;
    my $self = bless { shop => $shop, trail => [], clients => {}, options => \%o }, $class;
    my $e = $shop->endpoints;
    $self->{home} = $e->{shop};
    for my $name (qw(shop sandbox)) {
        $self->{clients}{ $e->{$name} } = Tarazu::Test::Client->new(base => $e->{$name}, ca_file => $e->{ca_file}, html => 1, %o);
    }
    return $self;
}

sub client { my ($self) = @_; return $self->{clients}{ $self->{home} } }
sub cookies { my ($self) = @_; return $self->client->{cookies} }

# -> (host, path) of an address as it stands in a page or a Location.
sub _where {
    my ($self, $url) = @_;
    return ($1, $2 || '/') if $url =~ m{^(https://[^/]+)(/[^#]*)?};
    $url =~ m{^/} or die "what is «$url»?\n";
    $url =~ s/#.*//;
    return ($self->{host} // $self->{home}, $url);
}

sub visit {
    my ($self, $url) = @_;
    return $self->_go('GET', $url);
}

sub _go {
    my ($self, $method, $url, %o) = @_;
    for (1 .. 10) {
        my ($host, $path) = $self->_where($url);
        my $client = $self->{clients}{$host} or die "the way leads to $host\n";
        my $r = $client->request($method, $path, %o);
        push @{ $self->{trail} }, [$method, $r->{status}, $host eq $self->{home} ? $path : "$host$path"];
        @$self{qw(host path status headers body)} = ($host, $path, @$r{qw(status headers body)});
        if ($r->{status} =~ /^30[1238]$/) {
            ($method, $url, %o) = ('GET', $r->{headers}{location});
            next;
        }
        $self->{text} = decode('UTF-8', $r->{body});
        return $self;
    }
    die "the redirects have no end\n";
}

# The last POST's own status, before its redirects.
sub posted { my ($self) = @_; my ($p) = grep { $_->[0] eq 'POST' } reverse @{ $self->{trail} }; return $p->[1] }

my %ENTITY = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'", '#x2F' => '/', '#x27' => "'", '#x60' => '`', '#x3D' => '=');
sub _plain { my ($text) = @_; $text =~ s/&(#?\w+);/$ENTITY{$1} \/\/ "&$1;"/ge; return $text }
sub _attributes {
    my ($tag) = @_;
    my %a;
    while ($tag =~ /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g) { $a{ lc $1 } = _plain($2 // $3 // '') }
    return \%a;
}

# The forms of the page: {action, method, fields => [[name, value]…], buttons => [{name, value, formaction, disabled}]}.
# noscript counts: there are no scripts here.
sub forms {
    my ($self) = @_;
    my @forms;
    while ($self->{text} =~ m{<form\b([^>]*)>(.*?)</form>}gs) {
        my ($a, $inside) = (_attributes($1), $2);
        my $form = { action => $a->{action} // $self->{path}, method => uc($a->{method} // 'GET'), fields => [], buttons => [] };
        while ($inside =~ m{<(input|select|textarea|button)\b([^>]*)>(?:(.*?)</\g1>)?}gs) {
            my ($kind, $f, $body) = ($1, _attributes($2), $3);
            pos($inside) = $-[2] + length $2 if $kind eq 'input'; # an input has no end
            if ($kind eq 'button') { push @{ $form->{buttons} }, $f; next }
            next if !defined $f->{name} || exists $f->{disabled};
            my $type = $f->{type} // 'text';
            my $value = $kind eq 'textarea' ? _plain($body) : $f->{value} // '';
            if ($kind eq 'select') {
                my @options = map { _attributes($_) } $body =~ /<option\b([^>]*)>/g;
                my ($chosen) = (grep({ exists $_->{selected} } @options), @options);
                $value = $chosen->{value};
                push @{ $form->{options}{ $f->{name} } }, map { $_->{value} } @options;
            }
            elsif ($type eq 'radio') {
                push @{ $form->{options}{ $f->{name} } }, $value;
                next if !exists $f->{checked};
            }
            elsif ($type eq 'checkbox') {
                push @{ $form->{options}{ $f->{name} } }, $value;
                next if !exists $f->{checked};
            }
            push @{ $form->{fields} }, [$f->{name}, $value];
        }
        push @forms, $form;
    }
    return @forms;
}

sub form {
    my ($self, $action, %want) = @_;
    for my $form ($self->forms) {
        next if $form->{action} !~ $action;
        my %has = map { $_->[0] => $_->[1] } @{ $form->{fields} };
        return $form if !grep { ($has{$_} // '') ne $want{$_} } keys %want;
    }
    die "no form for $action on $self->{path} ($self->{status}): " . join(' ', map { $_->{action} } $self->forms) . "\n";
}

# Fills and sends a form. A radio button or a choice must be one that the page offers. -button: the name
# of the pressed button, or [name, value]; -where: {field => value} that the form must have.
sub press {
    my ($self, $action, %set) = @_;
    my $button = delete $set{-button};
    my $form = $self->form($action, %{ delete $set{-where} // {} });
    for my $name (keys %set) {
        my $offered = $form->{options}{$name} or next;
        grep { $_ eq $set{$name} } @$offered or die "$name offers no «$set{$name}»: @$offered\n";
    }
    my @fields = grep { !exists $set{ $_->[0] } } @{ $form->{fields} };
    push @fields, map { [$_, $set{$_}] } sort keys %set;
    my $target = $form->{action};
    if ($button) {
        my ($name, $value) = ref $button ? @$button : ($button);
        my ($pressed) = grep { ($_->{name} // '') eq $name && (!defined $value || $_->{value} eq $value) } @{ $form->{buttons} };
        $pressed && !exists $pressed->{disabled} or die "no button $name to press on $self->{path}\n";
        push @fields, [$name, $pressed->{value}];
        $target = $pressed->{formaction} // $target;
    }
    my @pairs = map { @$_ } @fields;
    return $self->_go('POST', $target, form => \@pairs) if $form->{method} eq 'POST';
    my $query = HTTP::Tiny->new->www_form_urlencode(\@pairs);
    return $self->_go('GET', "$target?$query");
}

# The address of the first link that matches; dies when the page has none.
sub link {
    my ($self, $pattern) = @_;
    for my $href ($self->{text} =~ /<a\b[^>]*\bhref="([^"]*)"/g) {
        my $url = _plain($href);
        return $url if $url =~ $pattern;
    }
    die "no link $pattern on $self->{path} ($self->{status})\n";
}

1;
