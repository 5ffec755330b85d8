#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-log(5) tells of each event that the code can write, with each of its
# fields, and of no other.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$top" || exit 1
told() { # told SECTION DIR|FILE...
	section=$1
	shift
	code=$("$tools/events.pl" code "$@") || code='not to be read'
	is "$section" "$("$tools/events.pl" page common/mailgrave-log.5 \
		"$section")" "$code"
}
told 'EVENTS OF MAILGRAVE-SMTPD' smtpd
told 'EVENTS OF MAILGRAVE-QUEUE' queue
told 'EVENTS OF MAILGRAVE-SEND' send
told 'EVENTS OF MAILGRAVE-LOCAL AND MAILGRAVE-REMOTE' local remote \
	common/upstream.c common/attempt.c
# shellcheck disable=SC2046 # words
told 'EVENTS OF SEVERAL PROGRAMS' \
	$(find common -name '*.c' ! -name upstream.c ! -name attempt.c)
is 'mailgrave-inject has none' "$("$tools/events.pl" code inject)" ''

# the page's own examples
"$tools/events.pl" page common/mailgrave-log.5 \
	'EVENTS OF MAILGRAVE-[A-Z]' >"$T/none" 2>&1 ||
	ok 'a section that is not there is an error' has "$T/none" 'no section'
for section in SMTPD QUEUE SEND 'LOCAL AND MAILGRAVE-REMOTE'; do
	"$tools/events.pl" page common/mailgrave-log.5 \
		"EVENTS OF MAILGRAVE-$section"
done >"$T/told"
grep '^ev=' common/mailgrave-log.5 | sed 's/=[^ ]*"[^"]*"//g' |
	awk -v told="$T/told" '
	BEGIN {
		while ((getline line <told) > 0) {
			n = split(line, word, " ")
			for (i = 1; i <= n; i++) known[word[1], word[i]] = 1
		}
	}
	{
		event = substr($1, 4)
		if (!((event, event) in known)) print "event", event
		for (i = 2; i <= NF; i++) {
			sub(/=.*/, "", $i)
			if (!((event, $i) in known)) print event, $i
		}
	}' >"$T/unknown"
ok 'there are examples' has common/mailgrave-log.5 '^ev=accepted '
is 'examples show what is told of' "$(cat "$T/unknown")" ''

# the reader itself: what it can't read is no silence
printf 'void\nf(void)\n{\n\tlog_event("a", LOG_TEXT("k", x), LOG_SYS(e));\n}\n' \
	>"$T/good.c"
is 'an event is read' "$("$tools/events.pl" code "$T/good.c")" 'a error k'
printf 'void\nf(void)\n{\n\tlog_event(odd(), LOG_TEXT("k", x));\n}\n' \
	>"$T/bad.c"
ok 'one that it does not understand is an error' \
	sh -c "! '$tools/events.pl' code '$T/bad.c'"
finish
