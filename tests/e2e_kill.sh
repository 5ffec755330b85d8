#!/bin/sh
# SPDX-License-Identifier: ISC
# Each daemon in turn is killed while mail comes in: its supervisor starts it
# again, mail goes on, nothing acknowledged is lost, nothing is there twice.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one

# probe N - a message is taken, at the latest the 200th from N on, and delivered
probe() {
	k=$1
	until "$tools/load.py" send --port "$port" --clients 1 --messages 1 \
		--first "$k" --record "$T/probe.$k"; do
		k=$((k + 1))
		[ "$k" -lt $(($1 + 200)) ] || return 1
		sleep 0.4
	done
	"$tools/load.py" check --mail "$dir/mail" --settle 0 \
		--record "$T/probe.$k"
}

is_new() { # is_new STAGE PID - another process has the stage
	now=$(daemon "$1") && [ -n "$now" ] && [ "$now" != "$2" ]
}

background "$T/load" "$tools/load.py" send --port "$port" --clients 10 \
	--seconds 600 --record "$T/record" --faults
load=$pid
ok 'mail flows' within 60 has "$T/record" acknowledged
n=2000000
for stage in $stages queue; do
	sleep 1
	old=$(daemon "$stage")
	kill -KILL "$old"
	ok "$stage: killed, and started again" within 60 is_new "$stage" "$old"
	n=$((n + 1000))
	ok "$stage: mail goes on" probe "$n"
done

# a daemon that loses a helper ends, and comes back whole
for stage in queue local; do
	old=$(daemon "$stage")
	# shellcheck disable=SC2013 # words are what it holds
	for helper in $(cat "/proc/$old/task/$old/children"); do
		case $(cat "/proc/$helper/comm") in
		*-flush) kill -KILL "$helper"; break ;;
		esac
	done
	ok "$stage: without a helper it is started again" \
		within 60 is_new "$stage" "$old"
	n=$((n + 1000))
	ok "$stage: mail goes on" probe "$n"
done

kill "$load"
wait "$load" 2>/dev/null
ok 'nothing is lost, altered or there twice' "$tools/load.py" check --faults \
	--mail "$dir/mail" --record "$T/record"
like 'and that was more than one each time' \
	"$(grep -c acknowledged "$T/record")" '^[0-9]{2,}$'
awk '{ print $2 }' "$T/record" | sort | uniq -c | note
finish
