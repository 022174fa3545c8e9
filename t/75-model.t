#!/usr/bin/perl
# The model of docs/model, walked exhaustively by spin; and that it fails without any one of its guards.
use strict;
use warnings;
use Test::More;
use File::Temp 'tempdir';
use FindBin;

my $model = "$FindBin::Bin/../docs/model/order.pml";
my @guards = qw(STATE_GUARD STOCK_CHECK REASON_CHECK STALE_GUARD SETTLED_GUARD SUSPENSE_REFUND EXPIRE_GUARD CANCEL_REFUND
    NOTHING_SHIPPED COD_GUARD SHIP_GUARD CAME_BACK CLOSE_REFUND SINGLE_FLIGHT INQUIRY FOLLOW FOLLOW_GUARD);

# The whole walk takes long enough for the compiler to be worth it; an error is found soon.
sub walk {
    my @flags = @_;
    my $compile = @flags ? 'clang -O0' : 'clang -O1'; # starts and ends sooner than gcc
    my $dir = tempdir(CLEANUP => 1);
    my $built = system("cd $dir && spin @flags -a '$model' >spin.log 2>&1 && $compile -w -DSAFETY -DNOREDUCE -o pan pan.c >cc.log 2>&1");
    return (undef, 'the model does not build: ' . `cat $dir/*.log`) if $built;
    my $report = `cd $dir && ./pan -m100000 2>&1`;
    my ($errors) = $report =~ /errors:\s*(\d+)/;
    return ($errors, $report);
}

my ($errors, $report) = walk();
is($errors, 0, 'no interleaving keeps money, loses stock or lets goods leave unpaid') or diag $report;
unlike($report, qr/max search depth too small/, 'the walk was complete');
my ($states) = $report =~ /(\d+) states, stored/;
cmp_ok($states // 0, '>', 1000, 'it was a walk worth the name');
for my $guard (@guards) {
    my ($found, $said) = walk("-DNO_$guard");
    ok($found, "without $guard the model fails") or diag $said;
}
done_testing;
