#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-queue --status: what has happened since the start, by stage and rule,
# for people, programs and monitors.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$T/routes" <<'EOF'
moved@example.test   reject 550 5.1.6 "moved"
late@example.test    relay 127.0.0.1:1
@example.test        maildir ${local}/
*                    mx
EOF
cat >"$T/access" <<'EOF'
refuse 127.0.0.9 554 5.7.1 "go away"
accept *
EOF
pipeline one --routes "$T/routes" --access "$T/access"

status() { # status [OPTION...]
	"$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" \
		--status "$@"
}
mail() { # mail TO [OPTION...]
	to=$1
	shift
	swaks --server 127.0.0.1 --port "$port" --helo client.test \
		--from me@client.test --to "$to" \
		--data 'Subject: hello\n\nbody\n' "$@" >"$T/swaks" 2>&1
}
# counts NUMBER WORDS - a row of it; a minute may go by while we look
counts() { status | grep -Eqx " +$1 +[0-9]+ +$1 $2"; }

like 'at first: since now' "$(status)" '^ +ALL +MINUTE +HOUR SINCE [0-9]+[sm] AGO$'
ok 'and nothing' counts 0 'tried: delivered'
mail you@example.test
mail me@example.test
mail moved@example.test
mail moved@example.test
mail a@other.test
mail you@example.test --local-interface 127.0.0.9
mail late@example.test
"$dir/bin/mailgrave-inject" --out "$dir/spool/submit.ctrl" \
	-f me@client.test you@example.test <<'EOF' || point 1 'submitted'
Subject: of a user

EOF
ok 'from the network' within 60 counts 3 'accepted from network'
ok 'from users' counts 1 'accepted from users'
ok 'delivered' within 60 counts 3 'tried: delivered'
like 'deferred' "$(status)" ' tried: deferred$'
ok 'refused by a line of routes' within 60 counts 2 'refused: routes:1'
ok 'refused by a line of access' within 60 counts 1 'refused: access:1'
ok 'refused by ourselves' within 60 counts 1 \
	'refused: 550 5.7.1 relaying denied'

status --json >"$T/json"
ok 'the same as JSON' python3 -c '
import json, sys
s = json.load(open(sys.argv[1]))
network = s["accepted"]["network"]
assert network["minute"] <= 3 and network["all"] == network["hour"] == 3, s
assert s["accepted"]["users"]["all"] == 1
assert s["accepted"]["reports"]["all"] == 0
assert s["tried"]["delivered"]["all"] == 3
assert s["tried"]["deferred"]["all"] >= 1 and s["tried"]["failed"]["all"] == 0
assert s["refused"]["routes:1"]["all"] == 2
assert s["since"] > 1e9' "$T/json"

status --openmetrics >"$T/metrics"
like 'for a monitor' "$(cat "$T/metrics")" \
	'^mailgrave_refusals_total[{]rule="access:1"[}] 1$'
if there=$("$tools/unpack" prometheus-client python3-prometheus-client); then
	ok 'the reference parser of OpenMetrics takes it' \
		env PYTHONPATH="$there/usr/lib/python3/dist-packages" \
		python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
found = {f.name: f for f in text_string_to_metric_families(
    open(sys.argv[1]).read())}
value = {(s.name, *s.labels.values()): s.value
         for f in found.values() for s in f.samples}
assert found["mailgrave_refusals"].type == "counter", found
assert found["mailgrave_waiting_bytes"].unit == "bytes"
assert value["mailgrave_accepted_messages_total", "network"] == 3
assert value["mailgrave_waiting_messages", "deferred"] == 1
assert value["mailgrave_start_time_seconds",] > 1e9' "$T/metrics"
else
	skip 'the reference parser of OpenMetrics takes it' 'it is not to be had'
fi

refused() { # refused NAME WORDS OPTION...
	name=$1 words=$2
	shift 2
	code=0
	said=$("$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" \
		"$@" 2>&1) || code=$?
	is "$name: 100" "$code" 100
	like "$name: and why" "$said" "$words"
}
refused '--openmetrics without --status' 'is for --status' --list --openmetrics
refused '--openmetrics and --json' 'without --json' --status --openmetrics \
	--json
refused '--openmetrics of some mail' 'all mail' --status --openmetrics \
	state=held
refused '--openmetrics alone' 'for commands' --openmetrics

is 'of some mail: no counts' "$(status domain=example.test | grep -c refused)" 0
if is_root; then
	is 'another user: his own mail alone' "$(setpriv --reuid=65533 \
		--regid=65533 --clear-groups "$dir/bin/mailgrave-queue" \
		--submit "$dir/spool/submit.ctrl" --status |
		grep -Ec 'SINCE|network')" 0
else
	skip 'another user' 'needs root'
fi

# smtpd and send may come and go; files read again change nothing
kill -HUP "$(daemon smtpd)" "$(daemon send)" "$(daemon local)"
old=$(daemon smtpd)
kill "$old"
again() { [ "$(daemon smtpd)" != "$old" ] && mail you@example.test; }
ok 'smtpd is started again' within 60 again
ok 'what was counted stays' counts 2 'refused: routes:1'
ok 'and goes on' within 60 counts 4 'accepted from network'

# what an ending smtpd has not told yet is told first
mail moved@example.test
kill "$(daemon smtpd)"
ok 'an ending smtpd tells the rest' within 60 counts 3 'refused: routes:1'

# a start of the queue begins anew; its files are counted, its past isn't
sv -w 60 down "$dir/service/queue" >/dev/null
like 'of files at rest: what waits' "$("$dir/bin/mailgrave-queue" --status \
	--spool "$dir/spool/queue")" '^all +1 '
is 'and no counts' "$("$dir/bin/mailgrave-queue" --status --json \
	--spool "$dir/spool/queue" | grep -c since)" 0
sv -w 60 up "$dir/service/queue" >/dev/null
ok 'the queue starts at nothing' within 60 counts 0 'accepted from network'
finish
