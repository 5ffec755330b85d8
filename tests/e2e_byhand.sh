#!/bin/sh
# SPDX-License-Identifier: ISC
# With no daemon running, inject and send by hand, in an empty directory, move a
# message to a server on loopback.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

[ ! -e /var/spool/mailgrave ] ||
	skip_all 'a spool of the system is here: /var/spool/mailgrave'

# As anybody but root: by hand there is no user to become.
mkdir "$T/bin" "$T/hand" "$T/kept"
cp "$B"/mailgrave-* "$T/bin/"
as_user=''
if is_root; then
	as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chown 65534:65534 "$T/hand"
fi
by_hand() { # by_hand INPUT COMMAND... - in the empty directory
	input=$1
	shift
	# shellcheck disable=SC2086 # words
	(cd "$T/hand" && PATH=$T/bin:$PATH $as_user "$@" <"$input")
}

printf '%s\n' 'From: me@here.test' 'To: you@there.test, she@there.test' \
	'Subject: by hand' '' '.' 'hello' '..' >"$T/message"

ok 'mailgrave-inject < message' by_hand "$T/message" mailgrave-inject
ok 'which lies in a spool here' test -d "$T/hand/journal"

port=$(free_port)
background "$T/sink" "$tools/sink.py" "$port" "$T/kept"
within 60 has /proc/net/tcp ":$(printf %04X "$port") 00000000:0000 0A"
ok 'mailgrave-send --relay 127.0.0.1 --port N' \
	by_hand /dev/null timeout 60 mailgrave-send --relay 127.0.0.1 \
	--port "$port"
ok 'the message is there' test -e "$T/kept/1"
ok 'once' files 2 "$T/kept"
is 'its body' "$(tr -d '\r' <"$T/kept/1" | sed '1,/^$/d')" "$(printf '.\nhello\n..')"
like 'its header' "$(cat "$T/kept/1")" '^Subject: by hand'
like 'its sender' "$(cat "$T/kept/1.envelope")" '^MAIL FROM:<[^@>]+@[^@>]+>'
is 'its recipients' "$(grep -c '^RCPT' "$T/kept/1.envelope")" 2
ok 'mailgrave-send again: nothing to do' \
	by_hand /dev/null timeout 60 mailgrave-send --relay 127.0.0.1 \
	--port "$port"
ok 'still once' files 2 "$T/kept"

# a queue that ends at once
mkdir "$T/locked"
(cd "$T/locked" && "$B/mailgrave-inject" --spool . you@example.test <<-EOF
	Subject: x

	x
EOF
)
status=0
python3 -c '
import fcntl, subprocess, sys
with open(sys.argv[1] + "/journal/lock", "r+") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    sys.exit(subprocess.call(["timeout", "60"] + sys.argv[2:]))' "$T/locked" \
	"$B/mailgrave-send" --spool "$T/locked" --port 9 2>"$T/locked.err" ||
	status=$?
is 'a spool that is in use: 100, soon' "$status" 100
finish
