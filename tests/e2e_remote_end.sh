#!/bin/sh
# SPDX-License-Identifier: ISC
# How mailgrave-remote ends: what is in flight at TERM is finished, what cannot
# be is given back, and idle connections are left with a word.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

relay=$(free_port)
background "$T/relays.log" "$tools/relays.py" "$relay" "$T/taken"
set --
if is_root; then
	mkdir "$T/empty"
	set -- --user mailgrave-remote --chroot "$T/empty"
fi
printf 'Subject: x\r\n\r\nhi\r\n' >"$T/message"

remote() { # remote NAME [OPTION...] - sets daemon
	log=$T/$1.log
	in=$T/$1.ctrl
	shift
	background "$log" "$B/mailgrave-remote" --in "$in" --hostname me.test "$@"
	daemon=$pid
	ok 'a daemon' within 60 test -S "$in"
}
job() { # job NAME ADDRESS - given, not waited for
	background "$T/$1.out" sh -c '"$@" <"$0"' "$T/message" \
		"$tools/deliver.py" --host "$2" --port "$relay" "$in" u@x.test
}
calls() { # calls ADDRESS - somebody is connected to it
	ss -Htn state established "( dport = :$relay )" | grep -q "$1"
}
ended() { is_gone "$daemon"; }
exits() { # exits NAME
	ok "$1" within 60 ended
	wait "$daemon"
	is 'with exit 0' "$?" 0
}

remote slow "$@"
job slow 127.0.8.1	# takes its time for the last reply
ok 'a message is under way' within 60 has "$T/relays.log" 'text'
kill "$daemon"
exits 'it ends'
ok 'when that is done' within 60 has "$T/slow.out" '^u@x.test ok 2\.0\.0'
is 'once' "$(grep -c '^127\.0\.8\.1' "$T/taken")" 1

remote mute "$@"
job mute 127.0.9.1	# never says a word
ok 'a host is waited for' within 60 calls 127.0.9.1
kill "$daemon"
exits 'it ends all the same'
ok 'the message was given back' within 60 has "$T/mute.out" \
	'the connection ended'
ok 'nothing of it was logged as an outcome' sh -c \
	'! grep -q "ev=delivered\|ev=failed" "$1"' - "$T/mute.log"

remote idle "$@"
before=$(centiseconds)
job idle 127.0.0.1
ok 'a message' within 60 has "$T/idle.out" '^u@x.test ok'
name='whose connection is kept for three seconds'
kept=0
calls 127.0.0.1 || kept=$?
if [ "$kept" -ne 0 ] && [ $(($(centiseconds) - before)) -ge 300 ]; then
	skip "$name" 'it took as long to look'
else
	point "$kept" "$name"
fi
kill "$daemon"
exits 'it ends'
ok 'with QUIT' within 60 has "$T/relays.log" '127\.0\.0\.1 QUIT'
finish
