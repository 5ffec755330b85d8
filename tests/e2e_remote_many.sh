#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-remote in service: one dead destination among 100 live ones delays
# none of them, connections serve several messages, HUP rereads resolv.conf, and
# a smart host gets a login whose secret is nowhere to be seen.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

relay=$(free_port)
background "$T/relays.log" "$tools/relays.py" "$relay" "$T/taken"

{
	echo '@example.test maildir ${local}/'
	echo "dead.test relay 127.0.9.1:$relay"
	for n in $(seq 100); do
		echo "d$n.test relay 127.0.1.$n:$relay"
	done
} >"$T/routes"
printf 'group us 127.0.0.1\nrelay us\naccept *\n' >"$T/access"
pipeline one --routes "$T/routes" --access "$T/access"

send() { # send RECIPIENT,...
	swaks --server 127.0.0.1 --port "$port" --helo client.test \
		--from a@example.test --to "$1" --silent 2 \
		--data 'Subject: many\n\nhi\n'
}
lines() { [ "$(sort -u "$T/taken" 2>/dev/null | wc -l)" -eq "$1" ]; }
all=dead@dead.test
for n in $(seq 100); do
	all=$all,u@d$n.test
done
ok 'one message for 101 hosts' send "$all"
ok '100 have it while one is silent' within 60 lines 100
is 'each once' "$(awk '{ print $1 }' "$T/taken" | sort | uniq -d)" ''
ok 'which is still waited for' sh -c \
	'! grep -q "dead@dead.test" "$1"' - "$dir/log/remote/current"
ok 'a message to a live host goes past it' send u@d1.test
ok 'at once' within 60 lines 101

is_idle() { # every connection has been closed
	! ss -Htn state established "( dport = :$relay )" 2>/dev/null |
		grep -qv 127.0.9.1
}
# one_by_one N - so many for one host, each as soon as it has the one before
one_by_one() {
	timeout 120 /usr/bin/python3 -c '
import sys, time
sys.path.insert(0, sys.argv[1])
from smtp import Client
def taken():
    return sum("<u@d7.test>" in line for line in open(sys.argv[3]))
c = Client(int(sys.argv[2]), timeout=120)
c.hello()
for _ in range(int(sys.argv[4])):
    before = taken()
    c.begin("a@example.test", "u@d7.test")
    c.say("Subject: many\r\n\r\nhi\r\n.")
    while taken() == before:
        time.sleep(0.01)' "$tools" "$port" "$T/taken" "$1"
}
ok 'five more, one after the other' one_by_one 5
ok 'have arrived' within 60 lines 106
ok 'go over one connection' sh -c \
	'[ "$(awk "\$1 == \"127.0.1.7\" { print \$2 }" "$1" | sort -u | wc -l)" \
		-le 3 ] && grep -q " 2 <u@d7.test> " "$1"' - "$T/taken"
ok 'which ends when it is idle' within 60 is_idle

if is_root; then
	ok 'HUP' kill -HUP "$(daemon remote)"
	ok 'a message after it' send u@d9.test
	ok 'arrives' within 60 lines 107
	is 'by the same process' "$(tr '\0' ' ' \
		<"/proc/$(daemon remote)/cmdline" | cut -d ' ' -f 1 | sed 's/.*-//')" \
		remote
fi
end "$pid"

# --- a login --------------------------------------------------------------

secret=hunter2-is-secret
relay=$(free_port)
: >"$T/taken"
background "$T/relays.log" "$tools/relays.py" "$relay" "$T/taken" login
printf '@example.test maildir ${local}/\n* relay 127.0.0.1:%s\n' "$relay" \
	>"$T/routes"
pipeline two --routes "$T/routes" --access "$T/access"
run=$dir/service/remote/run
cp "$run" "$T/run"
sed "s/ \"\$@\"\$/ --relay 127.0.0.1:$relay --login joe/
    1a export SMTP_AUTH_PASSWORD=$secret" "$T/run" >"$T/run.new"
cat "$T/run.new" >"$run"
old=$(daemon remote)
kill "$old"
anew() { [ "$(daemon remote)" != "$old" ] && [ -n "$(daemon remote)" ]; }
ok 'remote starts anew' within 60 anew
ok 'a message for the smart host' send far@other.test
ok 'which wants a login, and takes it' within 60 lines 1
like 'with name and password' "$(cat "$T/taken")" " /joe/$secret\$"
shown() { # shown FILE... - the secret is in it
	grep -aq -e "$secret" -e "$(printf '\0joe\0%s' "$secret" | base64)" "$@"
}
mkdir "$T/seen"
# shellcheck disable=SC2013 # words are what children holds
for one in $(daemon remote) $(cat "/proc/$(daemon remote)/task/"*/children); do
	for what in cmdline environ; do
		cat "/proc/$one/$what" >>"$T/seen/$what" 2>/dev/null
	done
done
ok 'its processes were looked at' grep -aq joe "$T/seen/cmdline"
ok 'their environment is shown' test -s "$T/seen/environ"
ok 'and holds no secret, nor do their arguments' \
	sh -c '! grep -raq "$1" "$2"' - "$secret" "$T/seen"
if shown "$dir"/log/*/current "$dir.out"; then
	point 1 'nor do the logs'
else
	point 0 'nor do the logs'
fi
finish
