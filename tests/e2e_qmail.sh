#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-queue as qmail-queue: each of its exit codes, the reason on
# descriptor 6, and the message as it arrives.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
submit=$dir/spool/submit.ctrl
mkdir "$T/bin"
cp "$B/mailgrave-queue" "$T/bin/"
ln -s mailgrave-queue "$T/bin/qmail-queue"
qq=$T/bin/qmail-queue
printf 'Subject: x\n\nbody\n.\nno end' >"$T/message"

envelope() { # envelope SENDER RECIPIENT... - into $T/envelope
	printf 'F%s\0' "$1"
	shift
	[ $# -eq 0 ] || printf 'T%s\0' "$@"
	printf '\0'
}
code() { # code NAME WANTED MESSAGE ENVELOPE [SOCKET]
	name=$1 wanted=$2
	shift 2
	status=0
	"$qq" --submit "${3:-$submit}" <"$1" 1<"$2" 6>&- || status=$?
	is "$name: $wanted" "$status" "$wanted"
}
reason() { # reason NAME PATTERN MESSAGE ENVELOPE [SOCKET]
	name=$1 pattern=$2
	shift 2
	said=$({
		status=0
		"$qq" --submit "${3:-$submit}" <"$1" 1<"$2" 6>&7 || status=$?
		echo " exit $status" >&7
	} 7>&1 | cat)
	like "$name: a reason on 6" "$said" "$pattern exit 82\$"
}

# --- queued ---------------------------------------------------------------

envelope me@client.test you@example.test 'a b@example.test' >"$T/envelope"
code 'two recipients' 0 "$T/message" "$T/envelope"
ok 'it arrives' within 60 files 1 "$dir/mail/you/new"
is 'as it was' "$(sed '1,/^$/d' "$dir/mail/you/new/"*)" \
	"$(printf 'body\n.\nno end')"
is 'with one Received line' "$(grep -c ^Received: "$dir/mail/you/new/"*)" 1
ok 'from its sender' grep -qx 'Return-Path: <me@client.test>' \
	"$dir/mail/you/new/"*
ok 'and nothing added' sh -c '! grep -Eq "^(Date|From|Message-ID):" "$1"' - \
	"$dir/mail/you/new/"*
envelope '' null@example.test >"$T/null"
code 'no sender' 0 "$T/message" "$T/null"
ok 'it arrives' within 60 files 1 "$dir/mail/null/new"
ok 'without one' grep -qx 'Return-Path: <>' "$dir/mail/null/new/"*
printf 'Subject: x\r\n\r\nj\303\266\r\n' >"$T/crlf"
envelope me@client.test crlf@example.test >"$T/envelope-crlf"
code 'CRLF, 8 bits' 0 "$T/crlf" "$T/envelope-crlf"
ok 'it arrives' within 60 files 1 "$dir/mail/crlf/new"
head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 70 >"$T/large"
envelope me@client.test large@example.test >"$T/envelope-large"
code '3 MB' 0 "$T/large" "$T/envelope-large"
ok 'it arrives' within 60 files 1 "$dir/mail/large/new"
is 'whole' "$(sed '1,/^Received:/d; /^[	 ]/d' "$dir/mail/large/new/"* |
	grep -c '^x*$')" "$(wc -l <"$T/large" | awk '{ print $1 + 1 }')"
ok 'through pipes, the message before the envelope' perl -e '
	pipe(my $mr, my $mw); pipe(my $er, my $ew);
	unless (fork) {
		open STDIN, "<&", $mr; open STDOUT, "<&", $er;
		close $_ for $mw, $ew;
		exec @ARGV;
	}
	print $mw "Subject: pipes\n\nbody\n"; close $mw;
	print $ew "Fme\@client.test\0Tpipe\@example.test\0\0"; close $ew;
	wait; exit($? >> 8)' "$qq" --submit "$submit"
ok 'it arrives' within 60 files 1 "$dir/mail/pipe/new"

# --- refused --------------------------------------------------------------

envelope me@client.test "$(printf '%065d' 1)@example.test" >"$T/e"
code 'a long address' 11 "$T/message" "$T/e"
printf 'Subject: x\n\na\rb\n' >"$T/bare"
code 'a bare CR' 31 "$T/bare" "$T/envelope"
reason 'a bare CR' '^Dthe message has .*\(#5\.6\.0\)' "$T/bare" "$T/envelope"
envelope me@client.test 'you@example..test' >"$T/e"
code 'no address' 31 "$T/message" "$T/e"
reason 'no address' '^D.*\(#5\.1\.3\)' "$T/message" "$T/e"
envelope list-@example.test-@[] you@example.test >"$T/e"
code 'a sender for each recipient' 31 "$T/message" "$T/e"
reason 'a sender for each recipient' '^D.*\(#5\.1\.7\)' "$T/message" "$T/e"
is '6 is a file: it stays as it is' "$(
	: >"$T/six"
	"$qq" --submit "$submit" <"$T/message" 1<"$T/e" 6>"$T/six" || echo $?
	cat "$T/six")" 31
many() { # many N - an envelope of so many recipients
	perl -e 'print "Fme\@client.test\0", "Ta\@b.test\0" x $ARGV[0], "\0"' "$1"
}
many 65536 >"$T/e"
code 'too many recipients' 31 "$T/message" "$T/e"
# --- malformed or cut -----------------------------------------------------

printf 'Fme@client.test\0Tyou@example.test\0' >"$T/e"
code 'no last NUL' 54 "$T/message" "$T/e"
: >"$T/e"
code 'an empty envelope' 54 "$T/message" "$T/e"
printf 'Xme@client.test\0Tyou@example.test\0\0' >"$T/e"
code 'another letter' 91 "$T/message" "$T/e"
printf 'Fme@client.test\0\0' >"$T/e"
code 'nobody' 91 "$T/message" "$T/e"
code 'a directory for a message' 54 "$T" "$T/envelope"
code 'a directory for an envelope' 54 "$T/message" "$T"
status=0
"$qq" --submit "$submit" <&- 1<"$T/envelope" || status=$?
is 'no descriptor 0: 54' "$status" 54
status=0
"$qq" --submit "$submit" <"$T/message" >&- || status=$?
is 'no descriptor 1: 54' "$status" 54
status=0
(ulimit -f 1; exec "$qq" --submit "$submit" <"$T/large" 1<"$T/envelope") ||
	status=$?
is 'no room for the message: 53' "$status" 53
mkfifo "$T/fifo"
exec 8<>"$T/fifo"
"$qq" --submit "$submit" 0<&8 1<"$T/envelope" &
slow=$!
started="$started $slow"
caught() { # caught PID SIGNAL-NUMBER - it has a handler for it
	mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status")
	[ $(((0x$mask >> ($2 - 1)) & 1)) -eq 1 ]
}
within 60 caught "$slow" 14
kill -ALRM "$slow"
status=0
wait "$slow" || status=$?
exec 8<&-
is 'a day has gone by: 52' "$status" 52

# --- no queue, or one that says no ----------------------------------------

code 'no queue' 73 "$T/message" "$T/envelope" "$T/nowhere"
verdict() { # verdict HOW - a queue that answers so; its socket is $T/HOW
	background "$T/$1.log" "$tools/verdict.py" "$T/$1" "$1"
	within 60 test -S "$T/$1"
}
verdict perm
code 'it refuses' 31 "$T/message" "$T/envelope" "$T/perm"
reason 'it refuses' '^Dno such luck \(#5\.7\.1\)' "$T/message" "$T/envelope" \
	"$T/perm"
verdict temp
code 'not now' 71 "$T/message" "$T/envelope" "$T/temp"
reason 'not now' '^Zno such luck \(#4\.3\.0\)' "$T/message" "$T/envelope" \
	"$T/temp"
verdict full
code 'its disk is full' 53 "$T/message" "$T/envelope" "$T/full"
verdict ok
many 65535 >"$T/e"
code 'as many recipients as can be' 0 "$T/message" "$T/e" "$T/ok"
octets() { # octets N - an envelope of 16 MiB if N is 253, else more or less
	perl -e 'sub address { my $n = shift; "l" x 64 . "@" .
	    join ".", map { "d" x $_ } 63, 63, $n - 64 - 1 - 63 - 63 - 2 }
	    print "F", address($ARGV[0]), "\0",
		("T" . address(254) . "\0") x 65535, "\0"' "$1"
}
octets 253 >"$T/e"
is 'an envelope of 16 MiB' "$(wc -c <"$T/e")" $((16 << 20))
code 'is not too large' 0 "$T/message" "$T/e" "$T/ok"
octets 254 >"$T/e"
code 'one of an octet more is' 31 "$T/message" "$T/e" "$T/ok"
reason 'one of an octet more' '^Dtoo many recipients \(#5\.5\.3\)' \
	"$T/message" "$T/e" "$T/ok"
verdict gone
code 'it goes away' 74 "$T/message" "$T/envelope" "$T/gone"
verdict garbage
code 'it talks nonsense' 74 "$T/message" "$T/envelope" "$T/garbage"

# --- the same without a name ----------------------------------------------

if [ -e /var/spool/mailgrave ]; then
	skip 'mailgrave-queue without options' 'a queue of the system is here'
else
	status=0
	"$T/bin/mailgrave-queue" <"$T/message" 1<"$T/envelope" || status=$?
	is 'mailgrave-queue without options: the queue of the system' \
		"$status" 73
fi
status=0
words=$("$qq" --nonsense 2>&1) || status=$?
is 'an unknown option: 100' "$status" 100
like 'which is named' "$words" '^qmail-queue: .*--nonsense'
ok 'the other one got it, too' within 60 files 1 "$dir/mail/a b/new"
is 'nothing of what failed is there' "$("$T/bin/mailgrave-queue" --list --json \
	--submit "$submit")" ''
finish
