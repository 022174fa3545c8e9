package Tarazu::Test::Pdf;

# What a PDF says.
#
#   my $pdf = read_pdf($bytes);
#   $pdf->{text}          # digits made Latin, marks of direction and of thousands removed
#   $pdf->{info}, {fonts} # as pdfinfo and pdffonts print them

use strict;
use warnings;
use utf8;

use Encode qw(decode);
use Exporter 'import';
use File::Temp ();

our @EXPORT_OK = qw(read_pdf);

sub read_pdf {
    my ($bytes) = @_;
    my $file = File::Temp->new(SUFFIX => '.pdf');
    binmode $file;
    print {$file} $bytes;
    close $file;
    my $text = decode('UTF-8', qx(pdftotext -layout '$file' -));
    $text =~ tr/۰-۹/0-9/;
    $text =~ s/[٬,\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]//g;
    return { text => $text, info => scalar qx(pdfinfo '$file'), fonts => scalar qx(pdffonts '$file') };
}

1;
