#!/bin/sh
# SPDX-License-Identifier: ISC
# What must leave no trace, harm nobody, or be refused in one line.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one

arrives() { # arrives N - a message goes through
	"$tools/load.py" send --port "$port" --clients 1 --messages 1 \
		--first "$1" --record "$T/sent.$1" &&
		"$tools/load.py" check --mail "$dir/mail" --settle 0 \
			--record "$T/sent.$1"
}

# a client that goes away
vanish() { # vanish OCTETS - after so many octets of a message
	/usr/bin/python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
from smtp import Client
c = Client(int(sys.argv[2]))
c.hello()
c.begin("sender@client.test", "gone@example.test")
c.send(b"Subject: gone\r\n\r\n" + b"0123456789\r\n" * (int(sys.argv[3]) // 12))
c.close()' "$tools" "$port" "$1"
}
for octets in 0 1000 60000 1000000; do
	ok "a client vanishes after $octets octets" vanish "$octets"
done
sleep 1
ok 'no mailbox was made for it' test ! -e "$dir/mail/gone"
ok 'no message file is left' files 0 "$dir/spool/queue/mess"
ok 'mail goes on' arrives 1

# a second start
for stage in queue send local remote; do
	old=$(daemon "$stage")
	out=$("$dir/service/$stage/run" 2>&1)
	is "$stage: a second start exits 100" $? 100
	like "$stage: it says so" "$out" 'already running$'
	is "$stage: in one line" "$(printf '%s\n' "$out" | wc -l)" 1
	is "$stage: the first goes on" "$(daemon "$stage")" "$old"
done
out=$("$dir/service/smtpd/run" 2>&1)
like 'smtpd: a second start fails' "$?" '^1(00|11)$'
like 'smtpd: and names the address' "$out" "127\.0\.0\.1.*$port"
out=$("$top/service/quickstart" --no-install --dir "$dir" --port 1 2>&1)
is 'quickstart: a second start in one directory exits 100' $? 100
like 'quickstart: it says so' "$out" "another quickstart runs here"
out=$("$top/service/quickstart" --no-install --dir "$T/other" \
	--port "$port" 2>&1)
is 'quickstart: a taken port exits 100' $? 100
like 'quickstart: and is named' "$out" "can't listen on 127\.0\.0\.1 port $port"
ok 'mail still goes through' arrives 2

# a socket whose owner was killed
first=$pid
started_before=$(daemon queue)
kill -KILL "$started_before"
within 60 sh -c '[ "$(cat "$1")" != "$2" ] && [ -n "$(cat "$1")" ]' - \
	"$dir/service/queue/supervise/pid" "$started_before"
ok 'a stale socket is taken over' arrives 3

# words for misuse
for stage in $stages inject; do
	program=$B/mailgrave-$stage
	ok "$stage --help" sh -c '"$1" --help | grep -q "^usage: "' - "$program"
	ok "$stage --version" sh -c \
		'"$1" --version | grep -q "mailgrave"' - "$program"
	out=$("$program" --no-such-option 2>&1 >/dev/null </dev/null)
	is "$stage: a bad option exits 100" $? 100
	like "$stage: and is named" "$out" 'no-such-option'
	is "$stage: in one line" "$(printf '%s\n' "$out" | wc -l)" 1
done
for stage in $stages; do
	ok "$stage --check" "$dir/service/$stage/run" --check
done
printf '@example.test\tmaildir ${local}/\n@other.test carrier pigeon\n' \
	>"$T/routes"
for stage in smtpd send local; do
	out=$("$dir/service/$stage/run" --check --routes "$T/routes" 2>&1)
	is "$stage --check: a bad routes file exits 100" $? 100
	like "$stage --check: file and line are named" "$out" "$T/routes.*\<2\>"
done
out=$("$top/service/quickstart" --no-install --dir "$T/third" \
	--port "$(free_port)" --routes "$T/routes" 2>&1)
is 'quickstart: a bad routes file exits 100' $? 100
like 'quickstart: file and line are named' "$out" "$T/routes.*\<2\>"
for bad in --port=0 --port=65536 --port=x --domain=a_b --no-such --dir= \
    --routes=/nonexistent "--dir=/$(printf %0120d 0)" --dir=/etc; do
	out=$("$top/service/quickstart" --no-install "$bad" 2>&1)
	is "quickstart $bad exits 100" $? 100
	is "quickstart $bad: in one line" "$(printf '%s\n' "$out" | wc -l)" 1
done

end "$first"
is 'quickstart ends with 0' $? 0
finish
