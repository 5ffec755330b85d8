#!/bin/sh
# SPDX-License-Identifier: ISC
# service/aliases: what a sendmail's file of aliases says becomes routes that say
# the same; what can't be had is named by its line, and nothing is printed then.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

aliases() { "$top/service/aliases" --domain example.org "$@"; }

cat >"$T/aliases" <<'EOT'
# See man 5 aliases
  # and this
mailer-daemon: postmaster
Postmaster:root
root: me@example.net,
	you , "quoted"
nobody: /dev/null
"quoted" : x@y.test, /dev/null
ticket: "|/bin/ticket --new \"a, b\" c\\d $HOME", boss
old: |/bin/old
virtual@other.test: you
EOT
cat >"$T/wanted" <<'EOT'
mailer-daemon@example.org	alias postmaster@example.org
Postmaster@example.org	alias root@example.org
root@example.org	alias me@example.net you@example.org quoted@example.org
nobody@example.org	discard
quoted@example.org	alias x@y.test
ticket@example.org	alias boss@example.org, command /bin/sh -c "/bin/ticket --new \"a, b\" c\\d $$HOME"
old@example.org	command /bin/sh -c "/bin/old"
virtual@other.test	alias you@example.org
EOT
is 'as routes' "$(aliases "$T/aliases")" "$(cat "$T/wanted")"
is 'with CRLF, too' "$(sed 's/$/\r/' "$T/aliases" >"$T/crlf"
	aliases "$T/crlf")" "$(cat "$T/wanted")"
{
	cat "$T/wanted"
	echo '@example.org maildir ${local}/'
} >"$T/routes"
user='' as=''
! is_root || user='--user nobody' \
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
# shellcheck disable=SC2086 # two words
is 'which are routes' "$("$B/mailgrave-smtpd" --check --port 2525 $user \
	--routes "$T/routes" --access "$T/none" 2>&1 | tail -n 1)" \
	'mailgrave-smtpd: ok'
# a command as the shell sees it
cat >"$T/aliases" <<EOT
say: "|printf '%s.' \\"a, b\\" 'c\\\\d' '\$0' >$T/said"
EOT
aliases "$T/aliases" >"$T/routes"
ok 'a command is what it was' sh -c 'cd "$1" && chmod 777 . &&
	echo hello | $2 "$3/mailgrave-local" --rcpt say@example.org \
	    --routes "$1/routes"' - "$T" "$as" "$B"
is 'to the letter' "$(cat "$T/said")" 'a, b.c\d.$0.'
is 'an empty file' "$(: >"$T/empty"; aliases "$T/empty" 2>&1)" ''

# refused LINE WHY - the second of two lines
refused() {
	printf 'fine: you\n%s\n' "$1" >"$T/bad"
	status=0
	said=$(aliases "$T/bad" 2>&1) || status=$?
	is "$1: 100" "$status" 100
	is "$1: and why" "$said" "aliases: $T/bad: line 2: $2"
}
refused 'a: :include:/list' \
	'there is no :include:, its addresses have to stand here'
refused 'a: /var/mail/a' 'mail goes into files below the mailbox root only, by mbox'
refused 'a: you, A@Example.org' \
	'a leads to itself: write maildir or another action'
refused 'a: \a' 'a leads to itself: write maildir or another action'
refused 'a:' 'a leads nowhere'
refused 'a' 'no "name:"'
refused '*: you' 'no "name:"'
refused 'a: "you' 'a quote has no end'
refused 'a: b c' 'no address: b c'
status=0
aliases "$T/none" 2>/dev/null || status=$?
is 'no file: 111' "$status" 111
for wrong in --domain --domain= --no-such '--domain a_b' '--domain .a'; do
	status=0
	# shellcheck disable=SC2086 # words
	said=$("$top/service/aliases" $wrong 2>&1) || status=$?
	is "$wrong: 100" "$status" 100
	is "$wrong: in one line" "$(printf '%s\n' "$said" | wc -l)" 1
done
finish
