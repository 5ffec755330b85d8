#!/bin/sh
# SPDX-License-Identifier: ISC
# Mail without a queue: mailgrave-smtpd --sink with a mailgrave-local of its own,
# and mailgrave-local by hand.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

user=$(id -un) as_user=''
if is_root; then
	user=nobody
	as_user='setpriv --reuid=nobody --regid=nogroup --clear-groups'
fi
install -d -m 777 "$T/m"
mkdir "$T/bin"	# whom we become may not see the tree
cp "$B"/mailgrave-* "$T/bin/"
B=$T/bin
cd "$T/m" || exit 1
cat >"$T/routes" <<END
a@x.test	maildir a/
b@x.test	mbox b
c@x.test	command /bin/sh -c "cat >$T/m/c"
later@x.test	command /bin/sh -c "echo later; exit 111"
never@x.test	command /bin/sh -c "echo never; exit 100"
list@x.test	alias a@x.test c@x.test
both@x.test	maildir both/, command /bin/sh -c "cat >$T/m/both.c"
gone@x.test	reject 550 5.1.6 "moved away"
bin@x.test	discard
large@x.test	maildir large/
dies@x.test	command /bin/sh -c "while kill -0 \$\$PPID; do sleep 0.1; done"
full@x.test	maildir full/box/
END

sink() { # shellcheck disable=SC2086 # words
	$as_user "$B/mailgrave-smtpd" --hostname mx.test --access "$T/none" "$@"
}
say() { printf '%s\r\n' "$@"; }
talk() { # talk HELLO RCPT... - one message
	say "$1 me.test" 'MAIL FROM:<me@client.test>'
	shift
	for rcpt; do say "RCPT TO:<$rcpt>"; done
	say DATA 'Subject: sunk' '' 'hello' . QUIT
}
ends() { # ends RCPT... - what the end of DATA is answered with
	talk EHLO "$@" | sink --sink --routes "$T/routes" 2>"$T/log" |
		sed -n '/^354/{n;p;}'
}

# one session on standard input
like 'a Maildir: accepted' "$(ends a@x.test)" '^250 2\.0\.0 accepted id='
ok 'a Maildir: has it' files 1 a/new
like 'a Maildir: with a trace line' "$(cat a/new/*)" \
	'^Received: by mx.test with ESMTP'
like 'an mbox' "$(ends b@x.test)" '^250 '
ok 'an mbox: has it' has b '^hello$'
like 'a command' "$(ends c@x.test)" '^250 '
ok 'a command: has it' has c '^hello$'
rm c
like 'an alias' "$(ends list@x.test)" '^250 '
ok 'an alias: the first has it' files 2 a/new
ok 'an alias: the second has it' has c '^hello$'
like 'several actions' "$(ends both@x.test)" '^250 '
ok 'several actions: the first' files 1 both/new
ok 'several actions: the second' has both.c '^hello$'
like 'discarded' "$(ends bin@x.test)" '^250 '
like 'a refusal comes in the words of the command' "$(ends never@x.test)" \
	'^554 5\.3\.0 never'
like 'so does a deferral' "$(ends later@x.test)" '^45. 4\.[0-9.]* later'
like 'one of two fails: so does the message' "$(ends a@x.test never@x.test)" \
	'^554 '
like 'one of three later: all of it later' \
	"$(ends never@x.test later@x.test a@x.test)" '^45. '
like 'a line that rejects is heard at RCPT' \
	"$(talk EHLO gone@x.test | sink --sink --routes "$T/routes" \
		2>"$T/log")" '^550 5\.1\.6 moved away'
is 'LMTP: a reply for each recipient' "$(talk LHLO a@x.test b@x.test |
	sink --sink --lmtp --routes "$T/routes" 2>"$T/log" |
	sed '1,/^354/d' | cut -c 1-4 | paste -sd ,)" '250 ,250 ,221 '
lmtp() { # lmtp RCPT... - what each is answered at the end of DATA
	talk LHLO "$@" | sink --sink --lmtp --routes "$T/routes" 2>"$T/log" |
		sed '1,/^354/d; /^221/d' | cut -c 1-9 | paste -sd ,
}
count=$(find a/new -type f | wc -l)
is 'LMTP: each fares by itself' \
	"$(lmtp never@x.test a@x.test later@x.test b@x.test list@x.test)" \
	'554 5.3.0,250 2.0.0,451 4.3.0,250 2.0.0,250 2.0.0'
ok 'LMTP: and has it once' files $((count + 2)) a/new
like 'LMTP: the log says how many' "$(cat "$T/log")" \
	'^ev=accepted .*rcpts=3 '
is 'LMTP: none has it' "$(lmtp never@x.test later@x.test)" \
	'554 5.3.0,451 4.3.0'
is 'LMTP: and then none is logged' "$(grep -c ev=accepted "$T/log")" 0
# shellcheck disable=SC2046 # words
is 'LMTP: 300 of them' "$(lmtp $(yes 'bin@x.test never@x.test' |
	head -n 150) | tr , '\n' | sort | uniq -c |
	sed 's/^ *//' | paste -sd ,)" '150 250 2.0.0,150 554 5.3.0'
count=$(find a/new -type f | wc -l)
say 'EHLO me' 'MAIL FROM:<>' 'RCPT TO:<a@x.test>' DATA 'half of i' |
	sink --sink --routes "$T/routes" >"$T/out" 2>"$T/log"
ok 'half a message leaves nothing' files "$count" a/new

# shortly
talk EHLO any@one.test | sink --maildir "$T/m/short dir" >"$T/out" 2>"$T/log"
is '--maildir: ends with 0' $? 0
ok '--maildir: takes all' files 1 "$T/m/short dir/new"
talk EHLO any@one.test | sink --maildir "$T/m/short dir" >"$T/out" 2>"$T/log"
ok '--maildir: one that is there' files 2 "$T/m/short dir/new"
# shellcheck disable=SC2016 # for the rule
talk EHLO any@one.test | sink --command /bin/sh -- -c \
	'cat >"$$1"; echo "$$2" >>"$$1"' - "$T/m/c2" '${local}' \
	>"$T/out" 2>"$T/log"
ok '--command: gets the message' has c2 '^hello$'
ok '--command: and its arguments' has c2 '^any$'

# misuse
misused() { # misused NAME PATTERN OPTION... - exit 100
	name=$1 pattern=$2
	shift 2
	said=$(sink "$@" </dev/null 2>&1)
	is "$name: exit 100" $? 100
	like "$name: says why" "$said" "$pattern"
}
misused 'an operand' 'no operand' --maildir x y
misused 'both' 'exclude' --maildir x --command /bin/true
misused '--explain' 'goes without' --explain --maildir x
misused '--out' 'goes without' --maildir x --out y
misused 'a program by name' 'named from' --command true
echo 'a@x.test relay mx.test' >"$T/relay"
misused 'other hosts' 'relay:1.*without a queue' --sink --routes "$T/relay"
is_root && {
	said=$("$B/mailgrave-smtpd" --maildir "$T/m/no" 2>&1 </dev/null)
	is 'root: exit 100' $? 100
	like 'root: says why' "$said" 'not for root'
}

# a listener
port=$(free_port)
# shellcheck disable=SC2086 # words
background "$T/listener" $as_user "$B/mailgrave-smtpd" --sink \
	--bind "127.0.0.1:$port" --routes "$T/routes" --access "$T/none" \
	--notify-fd 3 3>"$T/ready"
listener=$pid
within 60 test -s "$T/ready"
point $? 'listens'
head -c 3000000 /dev/zero | tr '\0' x | fold -w 70 >"$T/text"
send() { # send RCPT OPTION... - swaks
	rcpt=$1
	shift
	swaks --server 127.0.0.1 --port "$port" --helo client.test \
		--from me@client.test --to "$rcpt" --hide-all "$@"
}
ok 'takes a large message' send large@x.test --body "@$T/text"
is 'all of it' "$(cat large/new/* | grep -c '^xxxxxxxxxx')" \
	"$(grep -c '' "$T/text")"
ok 'and several at a time' sh -c 'for i in 1 2 3 4 5; do
	swaks --server 127.0.0.1 --port "$1" --helo c.test --hide-all \
		--from me@client.test --to "a@x.test,b@x.test" & pids="$pids $!"
	done; for pid in $pids; do wait $pid || exit; done' - "$port"
ok 'each is there' files $((count + 5)) a/new
trap 'umount -l "$T/m/full" 2>/dev/null; clean_up' EXIT
if is_root && install -d -m 777 full &&
	mount -t tmpfs -o size=64k,mode=777 none full 2>/dev/null; then
	send full@x.test --body "@$T/text" >"$T/out" 2>&1
	is 'a full disk: refused after DATA' $? 26
	swaks --server 127.0.0.1 --port "$port" --helo c.test \
		--from me@client.test --to full@x.test --body "@$T/text" \
		>"$T/out" 2>&1
	like 'a full disk: to be tried again' \
		"$(sed -n 's/^<\*\* *//p' "$T/out")" '^45[12] 4\.3\.1'
	ok 'a full disk: nothing half' files 0 full/box/new
	umount -l full
else
	skip 'a full disk' 'nothing can be mounted here'
fi
# local dies with a message in hand
local=$(pgrep -P "$listener" -x mailgrave-local)
background "$T/dies" swaks --server 127.0.0.1 --port "$port" --helo c.test \
	--from me@client.test --to dies@x.test
client=$pid
ok 'a message waits for its command' within 60 has "$T/dies" '^ -> \.$'
kill -9 "$local"
wait "$client"
like 'local dies: the client is told to try again' \
	"$(sed -n 's/^<\*\* *//p' "$T/dies")" '^451 4\.3\.0'
wait "$listener"
is 'local dies: smtpd ends, to be started again' $? 111

# inetd
if inetd=$("$tools/unpack" openbsd-inetd openbsd-inetd); then
	port=$(free_port)
	echo "127.0.0.1:$port stream tcp nowait $user $B/mailgrave-smtpd" \
		"mailgrave-smtpd --maildir $T/m/inetd" >"$T/inetd.conf"
	background "$T/inetd" env "$(libraries "$inetd")" \
		"$inetd/usr/sbin/inetd" -d "$T/inetd.conf"
	ok 'one line of inetd.conf' within 60 send any@one.test
	ok 'one line of inetd.conf: it is there' sh -c \
		'[ "$(ls "$1" | wc -l)" -ge 1 ]' - inetd/new
else
	skip inetd 'the package openbsd-inetd is not to be had'
fi

# local by hand
printf 'Subject: by hand\n\nhello\n' >"$T/message"
by_hand() { # shellcheck disable=SC2086 # words
	$as_user "$B/mailgrave-local" "$@" <"$T/message" 2>"$T/log"
}
by_hand --rcpt a@x.test --rcpt both@x.test --sender s@c.test \
	--routes "$T/routes"
is 'by hand: 0' $? 0
is 'by hand: shows what it did' "$(grep -c '^ev=delivered' "$T/log")" 3
like 'by hand: the sender' "$(cat a/new/*)" '^Return-Path: <s@c.test>'
by_hand --rcpt never@x.test --routes "$T/routes"
is 'by hand: 100' $? 100
by_hand --rcpt gone@x.test --routes "$T/routes"
is 'by hand: 100 when a line rejects' $? 100
by_hand --rcpt later@x.test --routes "$T/routes"
is 'by hand: 111' $? 111
by_hand --rcpt any@one.test --maildir "$T/m/hand"
is 'by hand: --maildir' $? 0
ok 'by hand: --maildir has it' files 1 hand/new
by_hand --rcpt 'no address' --routes "$T/routes"
is 'by hand: no address' $? 100
by_hand --rcpt a@x.test --routes "$T/routes" --in "$T/socket"
is 'by hand: not as a daemon' $? 100
finish
