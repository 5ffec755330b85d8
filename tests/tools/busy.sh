# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154 # names of and for lib.sh's users
# A command and another host that take their time, to catch a pipeline with
# something under way. Sourced after lib.sh; it has port.

# busy - $T/slow-command for routes, and a host on 127.0.0.1, port $host
busy() {
	mkdir -m 777 "$T/ran" "$T/host"
	cat >"$T/slow-command" <<-EOF
	#!/bin/sh
	message=\$(cat)
	field() { echo "\$message" | sed -n "s/^X-\$1: *//p" | tr -d '\\r'; }
	: >$T/ran/begun
	sleep "\$(field Seconds)"
	field Number >>$T/ran/taken
	EOF
	chmod 755 "$T/slow-command"
	host=$(free_port)
	background "$T/host.log" "$tools/slowhost.py" "$host" "$T/host"
	within 60 has /proc/net/tcp ":$(printf %04X "$host") 00000000:0000 0A"
	number=0
}

give() { # give TO NUMBER SECONDS - one message
	swaks --server 127.0.0.1 --port "$port" --from me@client.test --to "$1" \
		--data "X-Number: $2\\nX-Seconds: $3\\n\\nbody\\n"
}

# begin NAME TO-COMMAND TO-HOST - two messages are under way; without a command,
# the one to the host
begin() {
	rm -f "$T/ran/begun" "$T/host/begun"
	number=$((number + 2))
	[ -z "$2" ] || ok "$1: mail for a command" within 60 give "$2" \
		$((number - 1)) 2
	ok "$1: mail for a host" within 60 give "$3" "$number" 2
	[ -z "$2" ] ||
		ok "$1: the command is at it" within 60 test -e "$T/ran/begun"
	ok "$1: the host is at it" within 60 test -e "$T/host/begun"
}

# finished NAME - they went to their end
finished() {
	[ ! -e "$T/ran/begun" ] ||
		ok "$1: the command was run" within 60 \
			has "$T/ran/taken" "^$((number - 1))\$"
	ok "$1: the host has it" within 60 has "$T/host/taken" "^$number\$"
}

once_each() { # once_each NAME
	is "$1: once each" "$(cat "$T/ran/taken" "$T/host/taken" 2>/dev/null |
		sort | uniq -d)" ''
}
