#!/bin/sh
# SPDX-License-Identifier: ISC
# Clients that come by the thousand at once, and clients that want much kept for
# them: nobody is left without an answer, and no process outgrows 32 MiB.
# LONG=1 has more of them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'only root sees what a daemon costs'
[ "$(awk '/^Max open files/ { print $5 }' /proc/self/limits)" -ge 6000 ] ||
	skip_all 'it needs 6,000 descriptors'

pipeline one
if "$tools/flood.py" "$port" 5000 10 >"$T/flood" 2>&1; then
	point 0 "5,000 connections in ten seconds: $(cat "$T/flood")"
else
	point 1 '5,000 connections in ten seconds'
	note <"$T/flood"
fi

# peak STAGE - the most KiB it ever had, its helpers not counted
peak() { awk '$1 == "VmHWM:" { print $2 }' "/proc/$(daemon "$1")/status"; }
pids() { for stage in $stages; do daemon "$stage"; done; }
before=$(pids)
greedy() { # greedy KIND N
	rm -f "$T/hold"
	mkfifo "$T/hold"
	"$tools/greedy.py" "$1" "$port" "$2" <"$T/hold" >"$T/$1" 2>&1 &
	greedy=$!
	started="$started $greedy"
	exec 8>"$T/hold"
	ok "$1: $2 clients" within 120 has "$T/$1" '^holding'
	ok "$1: meanwhile mail is taken" swaks --server 127.0.0.1 \
		--port "$port" --local-interface 127.0.0.2 --helo c.test \
		--from a@c.test --to "$1@example.test"
	exec 8>&-
	wait "$greedy"
	ok "$1: and delivered" within 60 files 1 "$dir/mail/$1/new"
	for stage in $stages; do
		octets=$(peak "$stage")
		[ "$octets" -lt 32768 ]
		point $? "$1: $stage had $octets KiB at most"
	done
}
many=300
[ -z "${LONG-}" ] || many=1000
greedy unread "$many"
greedy halves "$many"
greedy tails "$many"
greedy chunks "$many"
greedy rcpts "$((many / 5))"
greedy ends 30
greedy lines 20
greedy large 10
is 'no process has ended' "$(pids)" "$before"
finish
