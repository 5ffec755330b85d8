#!/bin/sh
# SPDX-License-Identifier: ISC
# One message from each of several clients is in its Maildir, as it was sent,
# and every stage has logged it under one trace id.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one

sent() { # sent CLIENT - its message has arrived and says hello
	box=$dir/mail/$1/new
	ok "$1: delivered" within 60 files 1 "$box"
	ok "$1: nothing is left in tmp" files 0 "$dir/mail/$1/tmp"
	file=$(find "$box" -type f)
	like "$1: the body" "$(cat "$file")" "^hello from $1$"
	like "$1: Return-Path" "$(cat "$file")" \
		'^Return-Path: <sender@client\.test>$'
	like "$1: Delivered-To" "$(cat "$file")" \
		"^Delivered-To: $1@example\.test$"
	ok "$1: no CR is left" sh -c '! grep -q "$(printf "\r")" "$1"' - "$file"
}

ok 'swaks sends' swaks --server 127.0.0.1 --port "$port" --helo client.test \
	--from sender@client.test --to swaks@example.test \
	--body 'hello from swaks'
sent swaks

ok 'Python sends' /usr/bin/python3 -c '
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("sender@client.test", ["python@example.test"],
	       "Subject: hi\n\nhello from python\n")
' "$port"
sent python

ok 'Perl sends' perl -MNet::SMTP -e '
$s = Net::SMTP->new("127.0.0.1", Port => $ARGV[0]) or die;
$s->mail("sender\@client.test") && $s->to("perl\@example.test") &&
    $s->data("Subject: hi\n\nhello from perl\n") && $s->quit
    or die $s->message' "$port"
sent perl

if postfix=$("$tools/unpack" postfix postfix); then
	ok 'smtp-source sends 10' env "$(libraries "$postfix")" \
		"$postfix/usr/sbin/smtp-source" -s 2 -m 10 -l 2000 \
		-f sender@client.test -t source@example.test "127.0.0.1:$port"
	ok 'smtp-source: all 10 delivered' \
		within 60 files 10 "$dir/mail/source/new"
else
	skip 'smtp-source' 'the package postfix is not to be had'
fi

printf 'To: inject@example.test\nSubject: hi\n\nhello from inject\n' >"$T/mail"
ok 'inject submits' sh -c '"$1/mailgrave-inject" --out "$2" \
	-f sender@client.test inject@example.test <"$3"' \
	- "$B" "$dir/spool/submit.ctrl" "$T/mail"
sent inject

# one trace id from the reply to the mailbox
reply=$(/usr/bin/python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
from smtp import Client
c = Client(int(sys.argv[2]))
c.hello()
c.begin("sender@client.test", "trace@example.test")
c.send(b"Subject: hi\r\n\r\nhello from trace\r\n.\r\n")
print(c.reply("2").decode().strip())' "$tools" "$port")
sent trace
file=$(find "$dir/mail/trace/new" -type f)
id=$(sed -n 's/^.*[[:space:]]id \([^ ;]*\).*/\1/p' "$file" | head -n 1)
like 'the Received field holds an id' "$id" '^[^ ]{8,}$'
like 'the reply tells the same' "$reply" "id=$id$"
for stage in smtpd queue send local; do
	ok "$stage logs it" \
		within 60 has "$dir/log/$stage/current" " id=$id( |$)"
done

ok 'an address elsewhere is refused' sh -c '! swaks --server 127.0.0.1 \
	--port "$1" --to someone@other.test >"$2"' - "$port" "$T/refused"
like 'with 550 5.7.1' "$(cat "$T/refused")" '550 5\.7\.1'

end "$pid"
is 'quickstart ends with 0' $? 0
finish
