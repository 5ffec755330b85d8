#!/bin/sh
# SPDX-License-Identifier: ISC
# How long it takes to hear that a password is wrong: as long for who is unknown,
# so that nobody learns who there is. With LONG=1, 2,000 logins each for hashes of
# crypt(3) and for verifiers, whose medians are less than 1 ms apart; a busy
# machine may tell otherwise.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

n=200
[ -z "${LONG-}" ] || n=2000
user=''
! is_root || user='--user mailgrave-smtpd'
printf '@example.test maildir ${local}/\n' >"$T/routes"
: >"$T/access"
least() { # least NAME MS - each answer took as long
	sed -n "s/^$1 .*min=\([0-9]*\).*/\1/p" "$T/times" |
		{ read -r min && [ "$min" -ge "$2" ]; }
}
for kind in '' --scram; do
	# shellcheck disable=SC2086 # empty or a word
	for name in bob ann eve; do
		echo "$name:$(echo "a password of $name" |
			"$B/mailgrave-smtpd" --hash $kind)"
	done >"$T/users"
	chmod 644 "$T/users"
	port=$(free_port)
	# shellcheck disable=SC2086 # words
	background "$T/smtpd" "$B/mailgrave-smtpd" --bind "127.0.0.1:$port" \
		$user --routes "$T/routes" --access "$T/access" --auth-clear \
		--users "$T/users" --out "$T/none" --max-failures 1000000
	ok "smtpd with $kind: serves" within 60 perl -MIO::Socket::IP -e '
		exit !IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0])' "$port"
	"$tools/logins.py" "$port" "$n" eve nobody >"$T/times" 2>&1
	is 'all hear the same' $? 0
	note <"$T/times"
	for name in eve nobody; do
		ok "$name: not before 2 seconds" least "$name" 1990
	done
	[ -z "${LONG-}" ] || ok 'medians are less than 1 ms apart' has \
		"$T/times" '^apart=0\.'
	end "$pid"
done
finish
