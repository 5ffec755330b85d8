#!/bin/sh
# SPDX-License-Identifier: ISC
# From nothing to a mail host: the first section of mailgrave(7), word for word,
# in a bare Debian that has neither compiler nor supervisor, from a tree without
# .git. Packages come from apt's archive there; all else is the real thing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
cd "$top" || exit 1
root=$("$tools/root" manual -d "$(sed 's/#.*//' service/packages |
	tr '\n' ' ')" 2>"$T/why") ||
	skip_all "no bare root is to be had: $(tail -n 1 "$T/why")"
"$tools/enter" "$root" "$T/try" true 2>/dev/null ||
	skip_all 'no namespaces or overlays are to be had'

mkdir -p "$T/bare/given/src"
tar -cf - --exclude=./build --exclude=./.git . |
	tar -xf - -C "$T/bare/given/src"
ok 'A MAIL HOST' "$tools/enter" "$root" "$T/bare" sh -euc '
	! command -v cc runsvdir || exit 1
	hostname host.example.org
	cd /mnt/src
	exec tests/e2e_manual.sh "A MAIL HOST"'
ok 'the message is there' files 1 \
	"$T/bare/changed/var/lib/mailgrave/mail/you/new"
finish
