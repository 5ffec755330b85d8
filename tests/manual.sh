#!/bin/sh
# SPDX-License-Identifier: ISC
# The examples of the manual pages of both rule files, and of README, are taken
# as they stand, without a warning.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# examples PAGE - what it shows as a file
examples() {
	awk '/^\.Bd -literal/ { shown = 1; next } /^\.Ed/ { shown = 0 } shown' \
		"$top/common/$1" | sed 's/\\e/\\/g; s/^\\&//'
}

user=''
! is_root || user='--user nobody'
check() { # check WHAT ROUTES ACCESS - says "ok" and nothing else
	# shellcheck disable=SC2086 # two words
	is "$1" "$("$B/mailgrave-smtpd" --check --port 2525 $user \
		--routes "$2" --access "$3" 2>&1)" 'mailgrave-smtpd: ok'
}

examples mailgrave-routes.5 >"$T/routes"
examples mailgrave-access.5 >"$T/access"
ok 'mailgrave-routes(5) has an example' has "$T/routes" '^\*  *mx'
ok 'mailgrave-access(5) has an example' has "$T/access" '^relay '
check 'the examples of both' "$T/routes" "$T/access"

sed -n '/^ROUTES/,/^LOOK AT/s/^    //p' "$top/README" >"$T/readme"
grep -v '^relay' "$T/readme" >"$T/routes"
grep '^relay' "$T/readme" >"$T/access"
ok 'README has routes' has "$T/routes" '@example'
ok 'README has access' has "$T/access" 192
check 'the examples of README' "$T/routes" "$T/access"
finish
