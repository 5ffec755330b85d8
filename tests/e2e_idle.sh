#!/bin/sh
# SPDX-License-Identifier: ISC
# 5,000 clients at rest, and 1,000 that send an octet now and then: what they
# cost, and that mail goes on meanwhile. LONG=1 sends 100,000 messages as well;
# MESSAGES= another number.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'only root sees what a daemon costs'
[ "$(awk '/^Max open files/ { print $5 }' /proc/self/limits)" -ge 6000 ] ||
	skip_all 'it needs 6,000 descriptors'
messages=2000
[ -z "${LONG-}" ] || messages=100000
messages=${MESSAGES-$messages}

pipeline one
# private - octets of memory that smtpd has for itself
private() {
	awk '/^Private_(Clean|Dirty):/ { n += $2 } END { print n * 1024 }' \
		"/proc/$(daemon smtpd)/smaps"
}
worked() { awk '{ print $14 + $15 }' "/proc/$(daemon smtpd)/stat"; }
# crowd HOW N - N clients are held, in $crowd, until gone
crowd() {
	rm -f "$T/hold"
	mkfifo "$T/hold"
	"$tools/crowd.py" "$1" "$port" "$2" <"$T/hold" >"$T/$1" 2>&1 &
	crowd=$!
	started="$started $crowd"
	exec 8>"$T/hold"
	ok "$2 $1 clients are connected" within 120 has "$T/$1" '^holding'
}
gone() {
	exec 8>&-
	wait "$crowd"
	is "$1: $(tail -n 1 "$T/$1")" $? 0
}
send() { # send FIRST MESSAGES CLIENTS
	"$tools/load.py" send --port "$port" --source 127.0.0.2 --clients "$3" \
		--messages "$2" --first "$1" --record "$T/record.$1"
}

ok 'some mail, for what is allocated once' send 1 100 4
before=$(private)
crowd idle 4900
each=$((($(private) - before) / 4900))
ok "an idle session costs $each octets, less than 4096" test "$each" -lt 4096
then=$(worked)
sleep 2
# a hundredth may have been nearly full before
ok 'and no time of the processor' test \
	"$(worked)" -le $((then + 1))
ok 'mail goes on' send 1000 50 2
gone idle

crowd slow 1000
ok 'mail goes on among slow ones' send 2000 50 2
ok 'and arrives' "$tools/load.py" check --mail "$dir/mail" \
	--record "$T/record.2000"
gone slow

before=$(private)
# no client sends 3,000, after which a session has an end
ok "$messages messages" send 10000 "$messages" 60
grown=$(($(private) - before))
ok "cost $grown octets, less than 1 MiB" test "$grown" -lt 1048576
finish
