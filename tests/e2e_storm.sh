#!/bin/sh
# SPDX-License-Identifier: ISC
# Daemons and helpers are killed at random while mail comes in, stays, goes on
# and comes back: nothing acknowledged is lost, no Maildir has anything twice,
# and in the end nothing is left over. LONG=1 kills 1000 of them; SEED=N repeats
# a choice.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"

own_mounts || note <<'END'
no user of the machine gets mail here
END
other_host
pipeline one --routes "$T/routes"
mail_comes 0 4
ok 'mail flows' within 60 has "$T/record" acknowledged
short_or_long 40 1000
ok_says "$n processes are killed" \
	"$storm/kills.py" "$dir" "$n" ${SEED:+"$SEED"}
mail_ends
all_is_well
finish
