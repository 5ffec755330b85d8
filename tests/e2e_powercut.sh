#!/bin/sh
# SPDX-License-Identifier: ISC
# The power is cut, again and again, while mail comes in, stays, goes on and
# comes back: the file systems lose what wasn't synced, every process dies. What
# was acknowledged is there in the end, no Maildir has anything twice or half.
# LONG=1 cuts 50 times.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"
# shellcheck source=tests/storm/disk.sh
. "$top/tests/storm/disk.sh"
# shellcheck source=service/supervise.sh
. "$top/service/supervise.sh"

# cut DIR... - the power, and with it every process; then it is back
# shellcheck disable=SC2046 # words
cut() {
	"$storm/cut.py" "$@" || return
	kill -KILL $(descendants "$pipeline")
	wait "$pipeline" 2>/dev/null
	for at in "$@"; do
		within 60 umount "$at" && mount_disk "$at" || return
	done
}

other_host
quickstart_disk one/spool 2000 100000
quickstart_disk one/mail 8000 2000000

# The mail is on the same disk, or on one that stays: then local has delivered
# what the spool doesn't know to be delivered.
short_or_long 5 50
cuts=$n
for n in $(seq "$cuts"); do
	pipeline one --routes "$T/routes"
	# shellcheck disable=SC2031 # that of lib.sh
	pipeline=$pid
	mail_comes $((n * 1000000)) 8
	sleep "$(awk -v n="$n" 'BEGIN { srand(n); print 0.3 + rand() * 1.7 }')"
	if [ $((n % 3)) -eq 0 ]; then
		ok "cut $n, of the spool" cut "$dir/spool"
	else
		ok "cut $n, of spool and mail" cut "$dir/spool" "$dir/mail"
	fi
	mail_ends
done

pipeline one --routes "$T/routes"
all_is_well
finish
