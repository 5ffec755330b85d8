#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# events.pl code DIR|FILE... - the log events that C files write
# events.pl page FILE SECTION - those that a section of the manual page tells of
# A line each, sorted: the event and its fields, sorted. What can't be read is
# an error, never left out.
use strict;
use warnings;

my %fields;	# event => { key => 1 }
sub note_event {
	my ($event, @keys) = @_;
	$fields{$event}{$_} = 1 for '', @keys;
}

sub literals { my @found = $_[0] =~ /"((?:[^"\\]|\\.)*)"/g; return @found }

# the keys of LOG_*(...) in a piece of code; where a variable has the key, the
# programs' main parts say it
sub keys_of {
	my ($text, $file, $where) = @_;
	my @keys;
	push @keys, 'id' if $text =~ /\bLOG_ID\(/;
	push @keys, 'error' if $text =~ /\bLOG_SYS\(/;
	while ($text =~ /\bLOG_(?:SLICE|TEXT|NUMBER)\(\s*([^,]+),/g) {
		my $key = $1;
		if ($key =~ /->where$/) { push @keys, @$where }
		elsif (my @all = literals($key)) { push @keys, @all }
		else { die "$file: what key is $key?\n" }
	}
	return @keys;
}

# what the first argument of log_event or log_fields may be
sub names_of {
	my ($name, $function, $all, $file) = @_;
	if (my @names = literals($name)) { return @names }
	my ($word) = $name =~ /^(\w+)/ or die "$file: what event is $name?\n";
	if ($function =~ /\b$word\[\]\s*=\s*\{(.*?)\}/s) { return literals($1) }
	my ($called) = $function =~ /^(\w+)\(char const \*$word\b/m
	    or die "$file: what event is $name?\n";
	my @names = map { literals($_) } $all =~ /\b$called\(("[^"]*")/g;
	@names or die "$file: nobody calls $called\n";
	return @names;
}

sub slurp {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	return scalar <$in>;
}

sub read_code {
	my @files = map { -d $_ ? glob("$_/*.c") : $_ } @_;
	my @where = map { slurp($_) =~ /upstreams\.where = "(\w+)"/g }
	    glob('*/*.c');
	for my $file (@files) {
		next if $file =~ m{common/log\.c$};	# it defines them
		my $all = slurp($file);
		$all =~ s{/\*.*?\*/}{}sg;
		for my $function (split /^\}\n/m, $all) {
			my $calls = () = $function =~ /\blog_(?:event|fields)\(/g;
			while ($function =~ /\blog_event\(((?:[^;"]|"(?:[^"\\]|\\.)*")*?)\);/sg) {
				my $call = $1;
				my ($name) = $call =~ /^\s*(.*?),\s*LOG_/s
				    or die "$file: no fields in $call\n";
				note_event($_, keys_of($call, $file, \@where))
				    for names_of($name, $function, $all, $file);
				$calls--;
			}
			while ($function =~ /\blog_fields\(([^,]+),/g) {
				note_event($_, keys_of($function, $file, \@where))
				    for names_of($1, $function, $all, $file);
				$calls--;
			}
			die "$file: a log_event that can't be read\n" if $calls;
		}
	}
}

sub read_page {
	my ($file, $section) = @_;
	my ($text) = slurp($file) =~ /^\.Sh \Q$section\E\n(.*?)^\.Sh /ms
	    or die "$file: no section $section\n";
	while ($text =~ /^\.It Li (.+?) : Cm (.+)$/mg) {
		my @keys = split ' ', $2;
		note_event($_, @keys) for split /[ ,]+/, $1;
	}
}

my $from = shift // '';
if ($from eq 'code') { read_code(@ARGV) }
elsif ($from eq 'page') { read_page(@ARGV) }
else { die "usage: events.pl code DIR... | page FILE SECTION\n" }
for my $event (sort keys %fields) {
	print join(' ', $event, grep { length } sort keys %{$fields{$event}}),
	    "\n";
}
