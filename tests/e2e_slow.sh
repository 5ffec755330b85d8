#!/bin/sh
# SPDX-License-Identifier: ISC
# 100 clients that send one octet a second: the queue has no connection more
# for them, and nobody else waits.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one

descriptors() { find "/proc/$(daemon queue)/fd" -mindepth 1 | wc -l; }

fast() { # fast FIRST - 20 messages, one after another, within two seconds
	timeout 2 "$tools/load.py" send --port "$port" --source 127.0.0.2 \
		--clients 1 --messages 20 --first "$1" --record "$T/fast.$1"
}

ok 'alone: 20 messages in two seconds' fast 1000
before=$(descriptors 2>/dev/null)
background "$T/slow" "$tools/slow.py" "$port" 100 6
slow=$pid
ok '100 slow clients are connected' within 30 has "$T/slow" '^sending'
sleep 3
if is_root; then
	is 'they cost the queue no connection' "$(descriptors)" "$before"
else
	skip 'they cost the queue no connection' \
		'only root sees the descriptors of a daemon'
fi
ok 'among them: 20 messages in two seconds' fast 2000
ok 'which are delivered' "$tools/load.py" check --mail "$dir/mail" \
	--record "$T/fast.2000" --wait 2 --settle 0
wait "$slow"
is 'the slow ones are served too' $? 0
note <"$T/slow"
for n in 0 1 98 99; do
	ok "slow message $n is delivered" within 10 files 1 "$dir/mail/slow$n/new"
done
finish
