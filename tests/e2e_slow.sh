#!/bin/sh
# SPDX-License-Identifier: ISC
# 100 clients that send one octet a second: the queue has no connection more
# for them, and nobody else waits.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one

descriptors() { find "/proc/$(daemon queue)/fd" -mindepth 1 | wc -l; }

fast() { # fast FIRST - 20 messages, one after another, are taken and delivered
	timeout 120 "$tools/load.py" send --port "$port" --source 127.0.0.2 \
		--clients 1 --messages 20 --first "$1" --record "$T/fast.$1" &&
	"$tools/load.py" check --mail "$dir/mail" --record "$T/fast.$1" \
		--settle 0
}

ok 'alone: 20 messages' fast 1000
before=$(descriptors 2>/dev/null)
mkfifo "$T/hold"
"$tools/slow.py" "$port" 100 <"$T/hold" >"$T/slow" 2>&1 &
slow=$!
started="$started $slow"
exec 8>"$T/hold"
ok '100 slow clients are connected' within 60 has "$T/slow" '^sending'
sleep 3
if is_root; then
	is 'they cost the queue no connection' "$(descriptors)" "$before"
else
	skip 'they cost the queue no connection' \
		'only root sees the descriptors of a daemon'
fi
ok 'among them: 20 messages' fast 2000
is 'while not one of the slow ones has finished' "$(cat "$T/slow")" sending
exec 8>&-
wait "$slow"
is 'the slow ones are served too' $? 0
note <"$T/slow"
for n in 0 1 98 99; do
	ok "slow message $n is delivered" within 60 files 1 "$dir/mail/slow$n/new"
done
finish
