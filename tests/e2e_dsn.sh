#!/bin/sh
# SPDX-License-Identifier: ISC
# Delivery status notifications (RFC 3461) through the whole pipeline: what a
# client asks for is what its sender is told, also of addresses that others
# stand for.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

refuse=$(free_port)
background "$T/refuse.log" "$tools/refuse.py" "$refuse" '550 5.1.1 nobody'
sink=$(free_port)
mkdir "$T/sink"
background "$T/sink.log" "$tools/sink.py" "$sink" "$T/sink"
cat >"$T/routes" <<EOF
boss@example.test alias chief@example.test
list@example.test alias one@example.test two@example.test
sales@example.test maildir sales/, alias clerk@example.test
mixed@example.test alias ok@example.test no@bad.test
@example.test maildir \${local}/
bad.test relay 127.0.0.1:$refuse
far.test relay 127.0.0.1:$sink
EOF
pipeline one --domain example.test --routes "$T/routes"
cat >"$T/send.py" <<'EOF'
import smtplib, sys
port, sender, rcpt, mail, options = sys.argv[1:6]
with smtplib.SMTP("127.0.0.1", int(port)) as s:
    s.ehlo("client.test")
    assert s.has_extn("dsn")
    code, words = s.docmd("MAIL", "FROM:<%s> %s" % (sender, mail))
    assert code == 250, words
    code, words = s.docmd("RCPT", "TO:<%s> %s" % (rcpt, options))
    assert code == 250, words
    code, words = s.data("Subject: dsn\r\nMessage-ID: <m@x.test>\r\n\r\nbody\r\n")
    assert code == 250, words
EOF

# send SENDER RCPT MAIL-PARAMETERS RCPT-PARAMETERS
send() { /usr/bin/python3 "$T/send.py" "$port" "$@"; }
fact() { like "$1" "$facts" "$2"; }	# fact NAME PATTERN
# report NAME SENDER - one has come to this sender; its facts
report() {
	ok "$1: there is one report" within 60 files 1 "$dir/mail/$2/new"
	facts=$("$tools/report.py" "$dir/mail/$2"/new/* 2>&1)
}
# over N - so many messages are finished, reports among them
over() {
	within 60 sh -c '[ "$(grep -c ev=finished "$0")" -ge "$1" ]' \
		"$dir/log/queue/current" "$1"
}

ok 'success is asked for' send a@example.test in@example.test \
	'RET=FULL ENVID=QQ+2B1' 'NOTIFY=SUCCESS ORCPT=rfc822;In+2Bx@example.test'
report 'delivered' a
fact 'it says so' '^action delivered$'
fact 'with a status of success' '^status 2\.'
fact 'what the sender called it' '^original-envelope-id QQ\+1$'
fact 'whom he wrote to' '^original-recipient rfc822; In\+x@example\.test$'
fact 'who has it' '^final-recipient rfc822; in@example\.test$'
fact 'the header comes back' '^parts .* text/rfc822-headers$'
ok 'and the mail is there' files 1 "$dir/mail/in/new"

ok 'to one for whom another stands' send b@example.test boss@example.test \
	'' 'NOTIFY=SUCCESS'
report 'delivered to the other' b
fact 'it says so' '^action delivered$'
fact 'whom he wrote to' '^original-recipient rfc822; boss@example\.test$'
fact 'who has it' '^final-recipient rfc822; chief@example\.test$'

ok 'to one for whom several stand' send c@example.test list@example.test \
	'ENVID=L' 'NOTIFY=SUCCESS,FAILURE'
report 'expanded' c
fact 'it says so' '^action expanded$'
fact 'by the address that was asked for' \
	'^final-recipient rfc822; list@example\.test$'
is 'and names nobody else' \
	"$(printf '%s\n' "$facts" | grep -c '^final-recipient')" 1
ok 'the first has it' within 60 files 1 "$dir/mail/one/new"
ok 'the second has it' within 60 files 1 "$dir/mail/two/new"

ok 'to a host that makes no reports' send r@example.test x@far.test '' \
	'NOTIFY=SUCCESS'
report 'relayed' r
fact 'it says so' '^action relayed$'

ok 'to a line with two actions, nothing asked' send d@example.test \
	sales@example.test '' ''
ok 'its mailbox has it' within 60 files 1 "$dir/mail/sales/new"
ok 'the alias has it' within 60 files 1 "$dir/mail/clerk/new"

ok 'never' send e@example.test no@bad.test '' 'NOTIFY=NEVER'
ok 'success alone, of one that fails' send f@example.test no@bad.test '' \
	'NOTIFY=SUCCESS'
ok 'success alone, of a list where one fails' send g@example.test \
	mixed@example.test '' 'NOTIFY=SUCCESS'
report 'expanded, and no failure' g
fact 'it says so' '^action expanded$'
ok 'the header alone of one that fails' send h@example.test no@bad.test \
	'RET=HDRS ENVID=H' 'NOTIFY=FAILURE'
report 'failed' h
fact 'it says so' '^action failed$'
fact 'what the sender called it' '^original-envelope-id H$'
fact 'the header comes back' '^parts .* text/rfc822-headers$'

ok 'all is finished' over 15
for nobody in d e f; do
	ok "nobody told $nobody" files 0 "$dir/mail/$nobody/new"
done
is 'and nothing waits' "$("$B/mailgrave-queue" --submit \
	"$dir/spool/submit.ctrl" --list | tail -1)" '0 messages, 0 octets'
finish
