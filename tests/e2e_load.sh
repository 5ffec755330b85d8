#!/bin/sh
# SPDX-License-Identifier: ISC
# 1000 messages by 20 clients at once: dots, 8-bit octets, long lines, empty
# bodies, no header. All arrive, octet for octet but for line ends, none twice.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
ok '1000 messages are taken' "$tools/load.py" send --port "$port" \
	--messages 1000 --clients 20 --record "$T/record"
ok 'all are there, once, as they were sent' "$tools/load.py" check \
	--mail "$dir/mail" --record "$T/record"
ok 'no message file is left' within 60 files 0 "$dir/spool/queue/mess"
end "$pid"
is 'quickstart ends with 0' $? 0
finish
