#!/bin/sh
# SPDX-License-Identifier: ISC
# The wall clock of all programs jumps by ten years, forth and back, while mail
# waits and while the programs start anew: nothing is given up, nothing waits
# longer than the schedule says, new mail goes through at once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

YEARS=$((10 * 365 * 86400))
case $(ldd "$B/mailgrave-queue") in
*libasan*) skip_all 'what is loaded in front must be the sanitizer' ;;
esac

clock_is_off() { # clock_is_off SECONDS
	perl -e 'open F, "+<", $ARGV[0] or die; syswrite F, pack "q", $ARGV[1]' \
		"$T/shift" "$1"
}
: >"$T/shift"
chmod 644 "$T/shift"
clock_is_off 0

far=$(free_port)	# nobody listens there yet
printf '%s\t%s\n' @example.test 'maildir ${local}/' \
	far.test "relay 127.0.0.1:$far" >"$T/routes"
export LD_PRELOAD="$B/tests/proof/shift.so" CLOCK_SHIFT="$T/shift"
pipeline one --routes "$T/routes"
unset LD_PRELOAD

queue() { "$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" "$@"; }
send_to() { # send_to ADDRESS - sets id
	id=$(printf 'Subject: to %s\n\nhello\n' "$1" |
		"$dir/bin/mailgrave-inject" --out "$dir/spool/submit.ctrl" \
		--verbose --from me@example.test "$1")
}
listed() { # listed ID FIELD
	queue --list --json "$1" | python3 -c '
import json, sys
print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$2"
}
tried() { # tried ID N - so often at least
	[ "$(listed "$1" tries)" -ge "$2" ]
}
pushed() { # pushed ID N - try it; so often at least
	kill -ALRM "$(daemon send)"
	sleep 0.5
	tried "$@"
}
is_tried() { # is_tried ID - once more than before
	within 60 pushed "$1" $(($(listed "$1" tries) + 1))
}
# soon ID - the list shows in how many seconds, minutes or hours it goes on
soon() {
	queue --list "$1" | grep -Eq "^$1 deferred .* [0-9]+[smh] "
}
new_mail() { # new_mail NAME
	send_to "$1@example.test"
	within 60 files 1 "$dir/mail/$1/new"
}
start_anew() {
	for stage in queue send; do
		old=$(daemon "$stage")
		kill -9 "$old"
		within 60 is_gone "$old"
	done
	within 60 queue --list
}

send_to one@far.test
waits=$id
ok 'mail for a host that is away waits' within 60 tried "$waits" 1
when=0
for jump in "$YEARS" 0 "-$YEARS" "$YEARS"; do
	when=$((when + 1))
	clock_is_off "$jump"
	send_to "at$when@far.test"
	ok "clock off by $jump s: new mail goes through" new_mail "new$when"
	ok 'new mail that must wait waits' within 60 tried "$id" 1
	ok 'what waits is tried' is_tried "$waits"
	ok 'and again soon' soon "$waits"
	ok 'queue and send start anew' start_anew
	ok 'what waits is tried then' is_tried "$waits"
	ok 'and again soon' soon "$waits"
done
mkdir "$T/taken"
background "$T/far" "$tools/sink.py" "$far" "$T/taken"
empty() { [ "$(queue --list)" = '0 messages, 0 octets' ]; }
again_and_again() {
	kill -ALRM "$(daemon send)"
	sleep 1
	empty
}
ok 'all goes through' within 60 again_and_again
is 'each once' "$(find "$T/taken" -name '*.envelope' | wc -l)" 5
# after so many tries and so long a time, delays may be told
is 'and nothing came back' \
	"$(grep -rl '^Action: failed' "$dir/mail" 2>/dev/null)" ''
finish
