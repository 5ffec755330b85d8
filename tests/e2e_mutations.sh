#!/bin/sh
# SPDX-License-Identifier: ISC
# A spool at rest is changed: octets flipped, zeroed, replaced, files cut,
# exchanged, renamed, alien ones put in. The rest is delivered, nothing crashes,
# nothing half is delivered, and the damage is told. LONG=1 does it 1000 times;
# SEED=N repeats a choice.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"
# shellcheck source=tests/storm/disk.sh
. "$top/tests/storm/disk.sh"

quickstart_disk one/spool 200 20000	# small: small segments
pipeline one

messages=0
more() { # more WHAT - 48 messages, in a segment of their own
	ok "$1" "$tools/load.py" send --port "$port" --clients 2 \
		--first "$messages" --messages 48 --record "$T/record"
	messages=$((messages + 48))
	sv -w 60 restart "$dir/service/queue" >/dev/null
	within 60 "$tools/load.py" send --port "$port" --clients 1 \
		--first "$messages" --messages 1 --record "$T/record"
	messages=$((messages + 1))
}

more 'some are delivered'
ok 'and there' "$tools/load.py" check --mail "$dir/mail" --record "$T/record"
ok 'the others wait' sv -w 60 down "$dir/service/local"
more 'in one segment'
more 'in another'
end "$pid"
is 'quickstart ends with 0' $? 0

mkdir "$T/seed"
cp -a "$dir/spool/queue" "$T/seed"
short_or_long 100 1000
ok_says "$n times it is changed" "$storm/mutations.py" "$dir" "$T/seed" \
	"$T/record" "$n" ${SEED:+"$SEED"}
finish
