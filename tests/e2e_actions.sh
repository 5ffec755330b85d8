#!/bin/sh
# SPDX-License-Identifier: ISC
# The whole pipeline with lines that have several actions, aliases and commands:
# what local does with them comes back as it should.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'without root there is no user for commands'

mkdir -m 777 "$T/open"
cat >"$T/routes" <<END
all@example.test	maildir a/, mbox b, command /bin/sh -c "cat >$T/open/mail; echo >>$T/open/ran"
fail@example.test	command /bin/sh -c "echo '5.7.1 not wanted'; exit 1"
alias@example.test	alias all@example.test
gone@example.test	discard
@example.test	maildir \${local}/
END
pipeline one --routes "$T/routes"
printf 'Subject: several\n\nhello\n' >"$T/mail"
ok 'inject submits' sh -c '"$1/mailgrave-inject" --out "$2" \
	-f me@example.test alias@example.test fail@example.test \
	gone@example.test <"$3"' - "$B" "$dir/spool/submit.ctrl" "$T/mail"
ok 'the Maildir has it' within 60 files 1 "$dir/mail/a/new"
ok 'the mbox has it' within 60 has "$dir/mail/b" '^hello$'
ok 'the command has it' within 60 has "$T/open/mail" '^hello$'
ok 'the sender hears of the failure' within 60 files 1 "$dir/mail/me/new"
like 'in the words of the command' "$(cat "$dir"/mail/me/new/*)" \
	'5\.7\.1 not wanted'
like 'as what they are' "$(cat "$dir"/mail/me/new/*)" \
	'^Diagnostic-Code: x-mailgrave; 5\.7\.1 not wanted'
is 'naming no host' "$(grep -c '^Remote-MTA' "$dir"/mail/me/new/*)" 0
like 'for that recipient alone' \
	"$(grep -c '^Final-Recipient:' "$dir"/mail/me/new/*)" '^1$'
is 'the command ran once' "$(wc -l <"$T/open/ran")" 1
nothing_waits() {
	"$B/mailgrave-queue" --list --submit "$dir/spool/submit.ctrl" |
		grep -q '^0 messages'
}
ok 'nothing waits any more' within 60 nothing_waits
finish
