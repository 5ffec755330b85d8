#!/bin/sh
# SPDX-License-Identifier: ISC
# Each stage is told to end, alone and with the others, while a command and
# another host are busy with a message: what is under way goes to its end, and
# comes to pass once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root: commands run as a user of their own'

# shellcheck source=tests/tools/busy.sh
. "$tools/busy.sh"
busy
cat >"$T/routes" <<EOF
slow@example.test    command $T/slow-command
@example.test        maildir \${local}/
slow.test            relay 127.0.0.1:$host
EOF
pipeline one --routes "$T/routes"
pipeline=$pid

# once NAME - each message came to pass, and nothing is left that could again
once() {
	finished "$1"
	ok "$1: nothing waits" within 60 empty
	once_each "$1"
}
empty() {
	! "$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" --list |
		grep -q '^01'
}

for stage in smtpd queue send local remote; do
	begin "$stage" slow@example.test someone@slow.test
	ok "$stage: ends in time" sv -w 60 restart "$dir/service/$stage"
	once "$stage"
done

begin all slow@example.test someone@slow.test
kill "$pipeline"
wait "$pipeline"
is 'all: they end' $? 0
finished all
background "$dir.out" "$top/service/quickstart" --no-install --dir "$dir" \
	--port "$port" --routes "$T/routes"
ok 'all: they start again' within 60 has "$dir.out" '^Ctrl-C ends it'
once all
finish
