#!/bin/sh
# SPDX-License-Identifier: ISC
# What fails for good is reported to its sender, once, in a form that others
# read; what can't be reported ends.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

refuse=$(free_port)
background "$T/refuse.log" "$tools/refuse.py" "$refuse" \
	'550 5.1.1 no \x1b[31m such \xfcser'
printf '@example.test maildir ${local}/\nbad.test relay 127.0.0.1:%s\n' \
	"$refuse" >"$T/routes"
pipeline one --domain example.test --routes "$T/routes"

send() { # send FROM TO DATA
	swaks --server 127.0.0.1 --port "$port" --from "$1" --to "$2" \
		--data "$3"
}
fact() { like "$1" "$facts" "$2"; }	# fact NAME PATTERN

ok 'a message for two that fail and one that does not' send me@example.test \
	one@bad.test,two@bad.test,three@example.test 'Subject: small\n\nbody\n'
ok 'its sender gets one report' within 60 files 1 "$dir/mail/me/new"
ok 'the third recipient has it' within 60 files 1 "$dir/mail/three/new"
facts=$("$tools/report.py" "$dir"/mail/me/new/* 2>&1)
fact 'a multipart/report' '^type multipart/report delivery-status$'
fact 'without a defect' '^defects 0$'
fact 'from the null sender' '^return-path <>$'
fact 'that asks for no reply' '^auto auto-replied$'
fact 'of three parts' \
	'^parts text/plain message/delivery-status message/rfc822$'
fact 'the first recipient' '^final-recipient rfc822; one@bad\.test$'
fact 'the second recipient' '^final-recipient rfc822; two@bad\.test$'
is 'and no third' \
	"$(printf '%s\n' "$facts" | grep -c '^final-recipient')" 2
fact 'failed' '^action failed$'
fact 'with the status of the other side' '^status 5\.1\.1$'
fact 'and its words, printable' \
	'^diagnostic-code smtp; 550 5\.1\.1 no \?\[31m such \?ser$'
fact 'the whole message comes back' '^returned small '

big=$(head -c 60000 /dev/zero | tr '\0' x | fold -w 70 |
	sed 's/$/\\n/' | tr -d '\n')
ok 'a large message that fails' send big@example.test one@bad.test \
	"Subject: large\\n\\n$big"
ok 'is reported' within 60 files 1 "$dir/mail/big/new"
facts=$("$tools/report.py" "$dir"/mail/big/new/* 2>&1)
fact 'with its header only' 'text/rfc822-headers$'
fact 'and nothing of its body' '^returned large 0$'

ok 'a message with the null sender that fails' send '<>' one@bad.test \
	'Subject: null\n\nbody\n'
ok 'ends' within 60 has "$dir/log/send/current" 'ev=nobody-to-tell'
ok 'a report that fails, too' send me@bad.test one@bad.test \
	'Subject: no way\n\nbody\n'
ok 'ends as well' within 60 sh -c \
	'[ "$(grep -c ev=nobody-to-tell "$0")" -eq 2 ]' "$dir/log/send/current"
ok 'nothing is left in the queue' within 60 sh -c \
	'[ "$(grep -c ev=finished "$0")" -eq 7 ]' "$dir/log/queue/current"
ok 'still one report' files 1 "$dir/mail/me/new"
end "$pid"
finish
