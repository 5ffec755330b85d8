#!/bin/sh
# SPDX-License-Identifier: ISC
# Each stage is told to end, alone and with the others, while a command and
# another host are busy with a message: what is under way goes to its end, and
# comes to pass once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root: commands run as a user of their own'

install -d -m 777 "$T/ran" "$T/host"
cat >"$T/slow-command" <<EOF
#!/bin/sh
number=\$(sed -n 's/^X-Number: *//p' | tr -d '\\r')
: >$T/ran/begun
sleep 2
echo "\$number" >>$T/ran/taken
EOF
chmod 755 "$T/slow-command"
host=$(free_port)
cat >"$T/routes" <<EOF
slow@example.test    command $T/slow-command
@example.test        maildir \${local}/
slow.test            relay 127.0.0.1:$host
EOF
background "$T/host.log" "$tools/slowhost.py" "$host" 2 "$T/host"
within 20 has /proc/net/tcp ":$(printf %04X "$host") 00000000:0000 0A"
pipeline one --routes "$T/routes"
pipeline=$pid

mail() { # mail TO NUMBER
	swaks --server 127.0.0.1 --port "$port" --from me@client.test --to "$1" \
		--data "Subject: hello\\nX-Number: $2\\n\\nbody\\n"
}
n=0
# begin NAME - two messages are under way
begin() {
	rm -f "$T/ran/begun" "$T/host/begun"
	n=$((n + 2))
	ok "$1: mail for a command" within 20 mail slow@example.test "$n"
	ok "$1: mail for a host" mail someone@slow.test $((n + 1))
	ok "$1: both are at it" within 20 test -e "$T/ran/begun" -a \
		-e "$T/host/begun"
}
# once NAME - each message came to pass, and a later one too: so what would come
# again would have come
once() {
	ok "$1: the command was run" within 30 has "$T/ran/taken" "^$n\$"
	ok "$1: the host has it" within 30 has "$T/host/taken" "^$((n + 1))\$"
	ok "$1: nothing waits" within 30 empty
	is "$1: once each" "$(sort "$T/ran/taken" "$T/host/taken" | uniq -d)" ''
}
empty() {
	[ -z "$("$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" \
		--list | grep '^01')" ]
}

for stage in smtpd queue send local remote; do
	begin "$stage"
	ok "$stage: ends in time" sv -w 7 restart "$dir/service/$stage"
	once "$stage"
done

begin all
kill "$pipeline"
wait "$pipeline"
is 'all: they end' $? 0
ok 'all: the command was at its end' has "$T/ran/taken" "^$n\$"
ok 'all: so was the host' has "$T/host/taken" "^$((n + 1))\$"
background "$dir.out" "$top/service/quickstart" --no-install --dir "$dir" \
	--port "$port" --routes "$T/routes"
ok 'all: they start again' within 60 has "$dir.out" '^Ctrl-C ends it'
once all
finish
