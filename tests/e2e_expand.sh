#!/bin/sh
# SPDX-License-Identifier: ISC
# Aliases and lines with several actions: everybody gets his own, once, and the
# sender hears what he asked for.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

refuse=$(free_port)
background "$T/refuse.log" "$tools/refuse.py" "$refuse" '550 5.1.1 no such user'
cat >"$T/routes" <<END
one@example.test      alias two@example.test
all@example.test      alias one@example.test three@example.test four@example.test
both@example.test     maildir both/, maildir archive/, alias three@example.test
some@example.test     alias three@example.test bad@bad.test
self@example.test     alias loop@example.test
loop@example.test     alias self@example.test
hole@example.test     discard
gone@example.test     reject 550 5.1.6 "moved to another place"
@example.test         maildir \${local}/
bad.test              relay 127.0.0.1:$refuse
END
pipeline one --domain example.test --routes "$T/routes"
mail=$dir/mail

send() { # send FROM TO SUBJECT, each TO may have NOTIFY behind a blank
	perl -MIO::Socket::IP -e '
	    my ($port, $from, $to, $subject) = @ARGV;
	    my $s = IO::Socket::IP->new("127.0.0.1:$port") or die;
	    my $say = sub {
		print $s "$_[0]\r\n" if @_;
		my $line;
		do { $line = <$s> // die "closed" } while $line =~ /^\d+-/;
		$line =~ /^[23]/ or die "$_[0]: $line";
	    };
	    $say->();
	    $say->("EHLO client.test");
	    $say->("MAIL FROM:<$from> ENVID=e+2Bid");
	    for (split /,/, $to) {
		my ($rcpt, $notify) = split / /;
		$say->("RCPT TO:<$rcpt>" .
		    ($notify ? " NOTIFY=" . $notify =~ s/\+/,/gr : ""));
	    }
	    $say->("DATA");
	    $say->("Subject: $subject\r\n\r\nbody\r\n.");
	    $say->("QUIT")' "$port" "$@"
}
fact() { like "$1" "$facts" "$2"; }	# fact NAME PATTERN
facts_of() { facts=$("$tools/report.py" "$mail/$1"/new/* 2>&1); }
finished() { # finished N - so many mails have left the queue
	[ "$(grep -c ev=finished "$dir/log/queue/current")" -eq "$1" ]
}

ok 'a message for an alias of aliases' send me@example.test all@example.test all
ok 'two has it' within 60 files 1 "$mail/two/new"
ok 'three has it' within 60 files 1 "$mail/three/new"
ok 'four has it' within 60 files 1 "$mail/four/new"
ok 'and it is done' within 60 finished 1
ok 'the alias itself has no mailbox' test ! -e "$mail/all" -a ! -e "$mail/one"

ok 'a message for several actions' send me@example.test both@example.test both
ok 'the first' within 60 files 1 "$mail/both/new"
ok 'the second' within 60 files 1 "$mail/archive/new"
ok 'the third' within 60 files 2 "$mail/three/new"
ok 'and it is done, too' within 60 finished 2

ok 'success is asked for' send served@example.test \
	'five@example.test SUCCESS,six@example.test NEVER' served
ok 'and told' within 60 files 1 "$mail/served/new"
facts_of served
fact 'as delivered' '^action delivered$'
fact 'with the envelope id' '^original-envelope-id e\+id$'
fact 'to whom it was asked for' '^final-recipient rfc822; five@example\.test$'
is 'and nobody else' \
	"$(printf '%s\n' "$facts" | grep -c '^final-recipient')" 1

ok 'success is asked of an alias' send listed@example.test \
	'all@example.test SUCCESS+FAILURE' listed
ok 'and told once' within 60 files 1 "$mail/listed/new"
facts_of listed
fact 'as expanded' '^action expanded$'
fact 'of the address that he knows' '^final-recipient rfc822; all@example\.test$'
is 'and of no other' \
	"$(printf '%s\n' "$facts" | grep -c '^final-recipient')" 1

ok 'one of an alias fails' send me@example.test some@example.test some
ok 'its sender is told' within 60 files 1 "$mail/me/new"
facts_of me
fact 'of that one' '^final-recipient rfc822; bad@bad\.test$'
fact 'as failed' '^action failed$'
ok 'the other one has it' within 60 files 4 "$mail/three/new"

ok 'what fails silently' send silent@example.test 'bad@bad.test NEVER' silent
ok 'is marked' within 60 has "$dir/log/send/current" ev=nobody-to-tell

ok 'discarded' send me@example.test hole@example.test hole
ok 'all have left the queue' within 60 finished 10
ok 'a silent sender has heard nothing' test ! -e "$mail/silent"

explain() { "$B/mailgrave-send" --explain --routes "$T/routes" "$@"; }
ok 'a loop is explained' sh -c '"$@" | grep -q "fails: 5.4.6"' - \
	"$B/mailgrave-send" --explain --routes "$T/routes" \
	rcpt=self@example.test
words=$(explain rcpt=some@example.test rcpt=gone@example.test)
like 'an alias, too' "$words" '^  line 4 of the routes takes it$'
like 'with what it stands for' "$words" "127\\.0\\.0\\.1 port $refuse\$"
like 'and a refusal' "$words" '^  fails: 5\.1\.6 moved to another place$'
explain rcpt=nobody >/dev/null 2>&1
is 'what is no address is a mistake' $? 100
end "$pid"
finish
