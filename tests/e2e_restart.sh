#!/bin/sh
# SPDX-License-Identifier: ISC
# A queue that starts on many messages: mail is taken while it still reads, no
# kill -9 in the middle of that loses any, and commands wait for the end of it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

MANY=150000
mkdir "$T/bin" "$T/spool"
cp "$B"/mailgrave-* "$T/bin/"
PATH=$T/bin:$PATH
ok 'a spool of many' "$B/tests/bench/spool" --spool "$T/spool" \
	--messages "$MANY" --size 1500
as_user=''
if is_root; then
	as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chown -R 65534:65534 "$T"
fi
start() { # start LOG - a queue; sets pid
	# shellcheck disable=SC2086 # words
	background "$1" $as_user mailgrave-queue --in "$T/in.ctrl" \
		--submit "$T/submit.ctrl" --spool "$T/spool" \
		--out "$T/send.ctrl"
}
put_in() {
	printf 'From: me@here.test\nTo: you@there.test\n\nhello\n' |
		mailgrave-inject --out "$T/submit.ctrl"
}
# Sent in as soon as it serves; killed a little later each time. Only what was
# accepted must be there.
taken=0 sent=0
for n in 0 1 2 3 4 5 6 7; do
	log=$T/log.$n
	start "$log"
	within 60 has "$log" 'ev=(reading|recovered)'
	(put_in 2>/dev/null && echo taken >>"$T/taken") &
	sender=$!
	sent=$((sent + 1))
	sleep "0.$n"
	{ kill -9 "$pid" && wait "$pid"; } 2>/dev/null
	wait "$sender"
done
[ ! -e "$T/taken" ] || taken=$(grep -c . "$T/taken")

log=$T/log
start "$log"
within 60 has "$log" 'ev=(reading|recovered)'
mailgrave-queue --submit "$T/submit.ctrl" --hold sender='<>' 2>/dev/null
like 'a command is answered when all is read' "$(cat "$log")" 'ev=recovered'
messages=$(grep -Eo 'messages=[0-9]+' "$log" | tail -1 | cut -d = -f 2)
like 'nothing is damaged' "$(grep ev=recovered "$log")" 'damaged=0'
ok "nothing is lost: $taken of $sent taken, $((messages - MANY)) there" test \
	"$messages" -ge $((MANY + taken)) -a "$messages" -le $((MANY + sent))
ok 'and it takes mail now' put_in
mailgrave-queue --submit "$T/submit.ctrl" --list 'sender=sender@example.org' |
	tail -1 >"$T/sum"
like 'all the old ones are there' "$(cat "$T/sum")" "^$MANY messages"
mailgrave-queue --submit "$T/submit.ctrl" --list domain=there.test |
	tail -1 >"$T/sum"
like 'and the new ones' "$(cat "$T/sum")" "^$((messages - MANY + 1)) messages?,"
kill "$pid"
wait "$pid"
is 'it ends as it should' $? 0
is 'and is sound' "$(mailgrave-queue --fsck --spool "$T/spool" >"$T/fsck"; echo $?)" 0
like 'says --fsck' "$(cat "$T/fsck")" "^$((messages + 1)) messages"
finish
