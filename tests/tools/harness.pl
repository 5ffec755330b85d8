#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# harness.pl JOBS TEST... - run test programs by prove's own engine, and count
# their points: the last line is "N passed, N failed, N skipped", what was
# skipped is named above it, and what a failed point has to say is shown. A
# program that ends wrongly without a failed point counts as one, as does one
# that takes longer than half an hour. With AGAIN=1 in the environment those that
# failed run a second time, alone, and that counts; their names are said. Exit 1
# when anything failed, or nothing passed.
use strict;
use warnings;
use TAP::Harness;

# One test in a process group of its own: what it leaves behind ends with it,
# and can't keep us waiting for more output. It has no standard input, as in CI.
sub run_alone {
	my $test = shift;
	my $pid = fork // die "fork: $!\n";

	if (!$pid) {
		setpgrp 0, 0;
		open STDIN, '<', '/dev/null' or die "/dev/null: $!\n";
		exec $test or die "$test: $!\n";
	}
	my $end = sub { kill TERM => -$pid };
	my $late = sub {
		print "# too slow, ended\n";
		$end->();
		$SIG{ALRM} = sub { kill KILL => -$pid };
		alarm 20;
	};
	@SIG{qw(INT TERM HUP ALRM)} = ($end, $end, $end, $late);
	alarm 1800;
	waitpid $pid, 0;
	my $status = $?;
	kill KILL => -$pid;
	exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
}

run_alone($ARGV[1]) if $ARGV[0] eq '--alone';

my ($jobs, @tests) = @ARGV;
my @skipped;

# run - how they ended, one after the other or several at a time
sub run {
	my ($at_a_time, @programs) = @_;
	my $harness = TAP::Harness->new({
		jobs => $at_a_time, timer => 1, failures => 1,
		exec => [$^X, $0, '--alone'],
	});
	$harness->callback(made_parser => sub {
		my ($parser, $session) = @_;
		my $file = $session->[0] // '';
		my $failing = 0;

		$parser->callback(comment => sub {
			print shift->as_string, "\n" if $failing;
		});
		$parser->callback(test => sub {
			my $point = shift;

			$failing = !$point->is_ok;
			push @skipped, join ' ', $file, $point->description =~
			    s/^- //r . ':', $point->explanation
			    if $point->has_skip;
		});
		$parser->callback(plan => sub {
			my $plan = shift;
			push @skipped, join ' ', $file, 'all of it:',
			    $plan->explanation if $plan->has_skip;
		});
	});
	my $all = $harness->runtests(@programs);
	return map { $_ => ($all->parsers($_))[0] } @programs;
}

sub failures {
	my $parser = shift;

	return scalar $parser->failed ||
	    ($parser->exit || $parser->parse_errors ? 1 : 0);
}

my %ended = run($jobs, @tests);
my @again = $ENV{AGAIN} ? grep { failures($ended{$_}) } @tests : ();
if (@again) {
	my $names = join '|', map { quotemeta } @again;
	@skipped = grep { !/^(?:$names) / } @skipped;
	%ended = (%ended, run(1, @again));
}

my ($passed, $failed, $skipped) = (0, 0, 0);
for my $parser (values %ended) {
	$failed += failures($parser);
	$passed += $parser->passed - $parser->skipped;
	$skipped += $parser->skipped + ($parser->skip_all ? 1 : 0);
}

print "failed at first: $_\n" for @again;
print "skipped: $_\n" for sort @skipped;
print "$passed passed, $failed failed, $skipped skipped\n";
exit($failed || !$passed ? 1 : 0);
