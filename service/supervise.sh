# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # supervisor and dir, of quickstart
# The end of a tree of processes under runsvdir, for quickstart: TERM to
# runsvdir would leave its services, and HUP doesn't wait for them.

# descendants PID - and PID itself
# shellcheck disable=SC2013 # words are what children holds
descendants() {
	echo "$1"
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		descendants "$child"
	done
}

# alive PID... - those that are still there
alive() {
	for pid; do
		{ read -r stat <"/proc/$pid/stat"; } 2>/dev/null || continue
		case ${stat##*) } in
		[ZX]*) ;;
		*) echo "$pid" ;;
		esac
	done
}

# stop STATUS - runsvdir asks its runsv to end, and they their daemons, but
# waits for nobody
# shellcheck disable=SC2086 # lists of numbers
stop() {
	trap '' INT TERM HUP
	pids=$(descendants "$supervisor")
	kill -HUP "$supervisor" 2>/dev/null || :
	tenths=0
	while pids=$(alive $pids) && [ -n "$pids" ]; do
		if [ "$tenths" -eq 42 ]; then
			pids=$(for pid in $pids; do descendants "$pid"; done)
			kill -KILL $pids 2>/dev/null || :
		fi
		[ "$tenths" -lt 60 ] || fail 111 "still there: $pids"
		tenths=$((tenths + 1))
		sleep 0.1
	done
	rm -f "$dir/pid"
	say 'stopped'
	exit "$1"
}
