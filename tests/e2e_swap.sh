#!/bin/sh
# SPDX-License-Identifier: ISC
# Whoever owns a mailbox swaps it, its parts, the directory above it, an mbox or
# its lock for a symbolic link, all the time, while mail comes in: nothing ever
# lands where the link leads to. LONG=1 delivers 10,000 messages to each.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/tools/local.sh
. "$tools/local.sh"

users_of_our_own || skip_all 'no mount namespace is to be had'
install -d -m 1777 "$T/var-mail"
cp "$tools/swap.py" "$T"	# our directories may be closed to others
jobs=${LONG:+10000}
: "${jobs:=300}"
cat >"$T/routes" <<'END'
@maildir.test	maildir box/${local}/
@mbox.test	mbox file/${local}
@sys.test	system
END

# where links lead: what a Maildir or an mbox would look like, open to all
victim=$T/victim
mkdir -m 777 "$victim" "$victim/new" "$victim/cur" "$victim/tmp"
echo untouched >"$victim/file"
chmod 666 "$victim/file"
chmod 777 "$victim" "$victim"/*/
untouched() {
	[ "$(find "$victim" -type f)" = "$victim/file" ] &&
		[ "$(cat "$victim/file")" = untouched ] &&
		[ "$(find "$victim" | wc -l)" -eq 5 ]
}

# the messages that lie below there, swapped or not; in Maildirs
kept() { find "$1" -type f -path '*/new/*' -o -type f -path '*/aside.*' | wc -l; }

# swapped WHAT RECIPIENT UID DIR TARGET NAME... - while mail comes
swapped() {
	what=$1 rcpt=$2 uid=$3
	shift 3
	deliver "$rcpt" >"$T/first"
	background "$T/swap" setpriv --reuid="$uid" --regid="$uid" \
		--clear-groups env PATH=/usr/bin:/bin "$T/swap.py" "$@"
	swapper=$pid
	ok "$what: is swapped" within 60 has "$T/swap" ready
	with --jobs "$jobs" "$T/local.ctrl" "$rcpt" >"$T/said"
	ok "$what: swapped to the end" kill "$swapper"
	wait "$swapper" 2>/dev/null
	ok "$what: nothing is where the link leads" untouched
	is "$what: each message has a result" "$(wc -l <"$T/said")" "$jobs"
	delivered=$(cat "$T/first" "$T/said" | grep -c ' ok ')
	echo "$what: $delivered of $jobs were delivered" | note
}
are_there() { # are_there DIR - those that were delivered to Maildirs
	ok "$what: what was delivered is there" \
		test "$(kept "$1")" -ge "$delivered"
}

# --- virtual users: whoever else writes there, say an IMAP server ---------

start "$T/log" --lock-time 0
local=$pid
us=$(id -u mailgrave-local)
swapped 'parts of a Maildir' a@maildir.test "$us" "$T/mail/box/a" \
	"$victim" new tmp cur
are_there "$T/mail/box/a"
deliver b@maildir.test >/dev/null
swapped 'a Maildir' b@maildir.test "$us" "$T/mail/box" "$victim" b
are_there "$T/mail/box"
rm -rf "$T/mail/box"
deliver c@maildir.test >/dev/null
swapped 'what is above a Maildir' c@maildir.test "$us" "$T/mail" \
	"$victim" box
are_there "$T/mail"
deliver file@mbox.test >/dev/null
swapped 'an mbox' file@mbox.test "$us" "$T/mail/file" "$victim/file" \
	file file.lock
swapped 'what is above an mbox' file@mbox.test "$us" "$T/mail" \
	"$victim" file
end "$local"

# --- users of the machine -------------------------------------------------

start "$T/log2"
local=$pid
deliver tester@sys.test >/dev/null
swapped "parts of a user's Maildir" tester@sys.test 4242 \
	"$T/home/tester/Maildir" "$victim" new tmp cur
are_there "$T/home/tester/Maildir"
rm -rf "$T/home/tester/Maildir"
swapped "a user's Maildir" tester@sys.test 4242 "$T/home/tester" \
	"$victim" Maildir
are_there "$T/home/tester"
rm -rf "$T/home/tester/Maildir" "$T"/home/tester/aside.*
chown 4242 "$T/home"
swapped "a user's home" tester@sys.test 4242 "$T/home" "$victim" tester
are_there "$T/home"
end "$local"
start "$T/log3" --system mbox --lock-time 0
local=$pid
deliver tester@sys.test >/dev/null
swapped "a user's mbox" tester@sys.test 4242 "$T/var-mail" "$victim/file" \
	tester tester.lock
end "$local"
finish
