#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-local by itself, as root starts it: every kind of mailbox and those
# who read them, commands that hang, users of the system, databases.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/tools/local.sh
. "$tools/local.sh"

install -m 755 "$top/service/examples/store-sqlite" "$T/store-sqlite"
cat >"$T/show" <<END
#!/bin/sh
# what a command is given; its name says where
out=$T/open/\$1
shift
for word; do printf '%s\\0' "\$word"; done >"\$out.argv"
env -0 >"\$out.env"
cat >"\$out.mail"
id -un >"\$out.user"
ls -l /proc/self/fd | sed -n 's/.* \\([0-9]*\\) -> .*/\\1/p' >"\$out.fds"
END
cat >"$T/hang" <<END
#!/bin/sh
# never ends, nor do those it starts
sleep 987654.$$ &
setsid sleep 987653.$$ &
trap '' TERM
echo \$\$ >$T/open/hang.pid
while :; do sleep 987652.$$; done
END
cat >"$T/slow" <<END
#!/bin/sh
echo >>$T/open/slow
while [ ! -e $T/open/go ]; do sleep 0.2; done
END
chmod 755 "$T/show" "$T/hang" "$T/slow"
cat >"$T/routes" <<END
@maildir.test	maildir box/\${local}/
@small.test	maildir small/\${local}/ quota=300
@mbox.test	mbox file/\${local}
@both.test	maildir both/, command as daemon $T/show both, mbox both.mbox
@show.test	command $T/show show \${local} \${ext} --x=\${domain}
@as.test	command as daemon $T/show as
@hang.test	command $T/hang
@slow.test	command $T/slow
@sql.test	command $T/store-sqlite $T/open/mail.db
@exit.test	command /bin/sh -c "echo says \$\$1; exit \$\$1" - \${local}
@status.test	command /bin/sh -c "echo '5.1.6 gone'; exit 75"
@none.test	command $T/nothing-here
@old.test	reject 550 5.1.6 "moved away"
@bin.test	discard
@sys.test	system
fixed.test	system daemon
@mx.test	mx
*	maildir dead/
END

variable() { # variable FILE NAME
	tr '\n\0' '\1\n' <"$1" | sed -n "s/^$2=//p" | tr '\1' '\n'
}

start "$T/log"
local=$pid

children() { cat "/proc/$1/task/$1/children"; }
for child in $(children "$local"); do
	[ "$(cat "/proc/$child/comm")" != local-parent ] || parent=$child
done
is 'the parent can become others, and no more' \
	"$(sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$parent/status")" \
	00000000000000c0

# --- the kinds ------------------------------------------------------------

verdict 'a Maildir' you@maildir.test 'ok 2.0.0'
like 'it has the message' "$(message_of "$T/mail/box/you")" '^the end$'
verdict 'an mbox' you@mbox.test 'ok 2.0.0'
verdict 'a second message there' you@mbox.test 'ok 2.0.0'
is 'is the second one' "$(grep -c '^From me@here.example ' \
	"$T/mail/file/you")" 2
is 'what looks like a beginning is quoted' \
	"$(grep -c '^>From me$\|^>>From you$' "$T/mail/file/you")" 4
is 'the mbox is its owner'"'"'s alone' \
	"$(stat -c '%U %a' "$T/mail/file/you")" 'mailgrave-local 600'
ok 'no lock stays' test ! -e "$T/mail/file/you.lock"
verdict 'discard' you@bin.test 'ok 2.0.0'
verdict 'reject' you@old.test 'perm 5.1.6 .*moved away'
verdict 'no kind of ours' you@mx.test 'temp 4.3.5'
verdict 'dead letters' you@whoever.test 'ok 2.0.0'
like 'lie there' "$(message_of "$T/mail/dead")" '^Delivered-To: you@whoever.test$'
verdict 'several actions and none named' you@both.test 'temp 4.3.5'
verdict 'one that is not there' you@both.test#4 'temp 4.3.5'
for n in 1 2 3; do
	verdict "action $n of several" "you@both.test#$n" 'ok 2.0.0'
done
like 'the Maildir of several' "$(message_of "$T/mail/both")" '^the end$'
like 'the mbox of several' "$(cat "$T/mail/both.mbox")" '^the end$'
is 'the command of several' "$(cat "$T/open/both.user")" daemon
verdict 'a mailbox within its quota' you@small.test 'ok 2.0.0'
for _ in 1 2 3 4 5 6; do deliver you@small.test >>"$T/small"; done
like 'and when it is full' "$(cat "$T/small")" 'temp 4.2.2 .*full'
ok 'holds no more than that' test \
	"$(cat "$T"/mail/small/you/new/* | wc -c)" -le 900

# --- those who read them --------------------------------------------------

if reader=$("$tools/unpack" s-nail s-nail); then
	like 's-nail reads the mbox' "$(env "$(libraries "$reader")" \
		"$reader/usr/bin/s-nail" -n -H -f "$T/mail/file/you")" \
		'2 me@here.example .*a test'
else
	skip 's-nail reads the mbox' 's-nail is not to be had'
fi
is 'so does Python, message for message' "$(python3 -c 'import mailbox, sys
print(*[m["subject"] for m in mailbox.mbox(sys.argv[1])], sep=",")' \
	"$T/mail/file/you")" 'a test,a test'
if reader=$("$tools/unpack" dovecot dovecot-imapd); then
	cat >"$T/dovecot.conf" <<-END
	log_path = /dev/null
	mail_location = maildir:$T/mail/box/you
	ssl = no
	base_dir = $T/run
	first_valid_uid = 1
	mail_uid = mailgrave-local
	mail_gid = mailgrave-local
	stats_writer_socket_path =
	END
	printf '1 select inbox\r\n2 fetch 1 body[]\r\n3 logout\r\n' | (
		# shellcheck disable=SC2030
		LD_LIBRARY_PATH=$reader/usr/lib/dovecot:$(echo \
			"$reader"/usr/lib/*-linux-*)
		export LD_LIBRARY_PATH
		cd "$T/mail" && USER=mailgrave-local HOME=$T/mail \
			timeout 120 setpriv --reuid=mailgrave-local \
			--regid=mailgrave-local --clear-groups \
			"$reader/usr/bin/doveconf" -f service=imap \
			-c "$T/dovecot.conf" -m imap \
			-e "$reader/usr/lib/dovecot/imap"
	) >"$T/imap" 2>&1
	like 'Dovecot reads the Maildir by IMAP' "$(cat "$T/imap")" \
		'^2 OK Fetch completed'
	like 'and finds the message' "$(cat "$T/imap")" '^the end'
else
	skip 'Dovecot reads the Maildir by IMAP' 'dovecot is not to be had'
fi

# --- commands -------------------------------------------------------------

with --helo client.test --login me --name mx.client.test --envid QQ314 \
	--protocol ESMTPSA --orcpt 'rfc822;Old+2Bname@x.test' \
	--id 0123456789abcdef0123456789abcdef "$T/local.ctrl" \
	7:Box+list-a-b@Show.Test >"$T/said"
like 'a command' "$(cat "$T/said")" 'ok 2.0.0'
is 'runs as mailgrave-command' "$(cat "$T/open/show.user")" mailgrave-command
is 'has the words of its rule' "$(tr '\0' '|' <"$T/open/show.argv")" \
	'box|list-a-b|--x=show.test|'
ok 'reads the message alone' cmp "$T/message" "$T/open/show.mail"
is 'has three descriptors, and that of ls' \
	"$(sort -n "$T/open/show.fds" | paste -sd ' ')" '0 1 2 3'
is 'its variables' "$(tr '\n\0' '\1\n' <"$T/open/show.env" | sed 's/=.*//' |
	sort | paste -sd ' ')" "CLIENT_ADDRESS CLIENT_HELO CLIENT_HOSTNAME \
CLIENT_PROTOCOL DEFAULT DOMAIN DTLINE ENVID EXT EXT2 EXT3 EXT4 EXTENSION HOME \
HOST HOST2 HOST3 HOST4 LOCAL LOGNAME MAILGRAVE_ID MAILGRAVE_QUEUE_ID \
MAILGRAVE_RCPT NEWSENDER ORIGINAL_RECIPIENT PATH PWD RECIPIENT RPLINE \
SASL_METHOD SASL_SENDER SASL_USERNAME SENDER SHELL UFLINE USER"
while read -r name value; do
	is "$name" "$(variable "$T/open/show.env" "$name")" "$value"
done <<END
SENDER me@here.example
RECIPIENT Box+list-a-b@Show.Test
ORIGINAL_RECIPIENT Old+name@x.test
LOCAL Box+list-a-b
HOST show.test
HOST2 show
EXT list-a-b
EXT2 a-b
EXT3 b
EXT4 
ENVID QQ314
CLIENT_ADDRESS 192.0.2.1
CLIENT_HELO client.test
CLIENT_HOSTNAME mx.client.test
CLIENT_PROTOCOL ESMTPSA
SASL_USERNAME me
MAILGRAVE_RCPT 7
MAILGRAVE_ID 014d2pf2dbsqqg28t5cy4tqkff
USER mailgrave-command
RPLINE Return-Path: <me@here.example>
DTLINE Delivered-To: Box+list-a-b@Show.Test
UFLINE From me@here.example Tue Nov 14 22:13:20 2023
END
with --text "$T/local.ctrl" you@show.test you@maildir.test you@mbox.test \
	>"$T/said"
is 'a small message without a descriptor' "$(grep -c 'ok 2.0.0' "$T/said")" 3
ok 'a command reads it from one' cmp "$T/message" "$T/open/show.mail"
verdict 'as another user' you@as.test 'ok 2.0.0'
is 'which it is' "$(cat "$T/open/as.user")" daemon
for code in 0:ok 1:temp 64:perm 66:perm 73:temp 75:temp 77:perm 99:ok \
    100:perm 111:temp; do
	verdict "exit ${code%:*}" "${code%:*}@exit.test" "${code#*:} "
done
verdict 'what it said comes along' 100@exit.test \
	"perm 5.3.0 local /bin/sh 'says 100'"
verdict 'a status that it says' x@status.test 'perm 5.1.6'
verdict 'no such program' x@none.test 'temp 4.3.5'

# --- commands that take their time ----------------------------------------

end "$local"
start "$T/log1" --command-time 2
local=$pid
verdict 'a command that hangs' x@hang.test 'temp 4.3.0 .*too long'
sleeps() { pgrep -f "sleep 98765[234].$$\$" >/dev/null; }
gone() { ! sleeps; }
ok 'has gone, with all it started' gone
ok 'itself too' is_gone "$(cat "$T/open/hang.pid")"

end "$local"
start "$T/log2" --command-time 60 --commands 30 --lock-time 1
local=$pid
echo 4711 >"$T/mail/file/you.lock"
verdict 'an mbox that others have locked' you@mbox.test 'temp 4.2.0 .*locked'
is 'is left to them' "$(cat "$T/mail/file/you.lock")" 4711
rm "$T/mail/file/you.lock"
verdict 'and then it is free' you@mbox.test 'ok 2.0.0'
background "$T/slow.out" "$tools/deliver.py" --jobs 100 "$T/local.ctrl" \
	x@slow.test </dev/null
slow=$pid
ok 'slow commands run' within 60 has "$T/open/slow" '^$'
before=$(centiseconds)
verdict 'a Maildir delivery does not wait for a hundred' you@maildir.test \
	'ok 2.0.0'
echo "it takes $(($(centiseconds) - before)) hundredths of a second" | note
ok 'they are still there' test ! -e "$T/open/go"
ok 'at most --commands of them' test "$(wc -l <"$T/open/slow")" -le 30
touch "$T/open/go"
wait "$slow"
is 'each has a result' "$(wc -l <"$T/slow.out")" 100
is 'those beyond our room are put off as ours' \
	"$(grep -vc ' ok \| temp-ours ' "$T/slow.out")" 0
ok 'and half of the jobs are not' test "$(grep -c ' ok ' "$T/slow.out")" -ge 50

# --- a send that died -----------------------------------------------------

again=feedfeedfeedfeedfeedfeedfeedfeed
rm -f "$T/open/go" "$T/open/slow"
ok 'send goes away while a command runs' timeout 120 "$tools/deliver.py" \
	--id "$again" --leave "$T/open/slow" "$T/local.ctrl" x@slow.test \
	</dev/null
within 60 has "$T/log2" 'ev=peer-gone .*jobs=1'
touch "$T/open/go"
like 'the next one hears its result' \
	"$("$tools/deliver.py" --id "$again" --maybe "$T/local.ctrl" \
		x@slow.test </dev/null)" 'ok 2.0.0'
like 'and hears it again' \
	"$(with --id "$again" --maybe "$T/local.ctrl" x@slow.test)" 'ok 2.0.0'
is 'it ran once' "$(wc -l <"$T/open/slow")" 1

# --- databases ------------------------------------------------------------

store() { with --id "$1" "$T/local.ctrl" "$2"; }
like 'into SQLite' "$(store 00ff00ff00ff00ff00ff00ff00ff00ff 3:a@sql.test)" \
	'ok 2.0.0'
store 00ff00ff00ff00ff00ff00ff00ff00ff 3:a@sql.test >/dev/null
store 00ff00ff00ff00ff00ff00ff00ff00ee "3:\"b' OR 1=1; --\"@sql.test" \
	>"$T/quote"
like 'with a quote in the address' "$(cat "$T/quote")" 'ok 2.0.0'
cat >"$T/query.py" <<'END'
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(
        "SELECT sender, recipient, subject, length(message) FROM mail "
        "ORDER BY recipient"):
    print(*row, sep="|")
END
is 'each message once' "$(python3 "$T/query.py" "$T/open/mail.db")" \
	"me@here.example|\"b' OR 1=1; --\"@sql.test|a test|$(wc -c <"$T/message")
me@here.example|a@sql.test|a test|$(wc -c <"$T/message")"

# --- reload ---------------------------------------------------------------

cp "$T/routes" "$T/routes.old"
sed "s,^@none.test.*,@none.test command $T/show new," "$T/routes.old" \
	>"$T/routes"
kill -HUP "$local"
ok 'routes are read again' within 60 has "$T/log2" 'ev=routes .*lines'
sleeps_for() { deliver x@none.test | grep -q ' ok '; }
ok 'by the parent as well' within 60 sleeps_for
rm "$T/open/hang.pid"
background "$T/hanging" "$tools/deliver.py" "$T/local.ctrl" x@hang.test \
	</dev/null
ok 'a command runs at the end' within 60 test -s "$T/open/hang.pid"
end "$local"
is 'it ends well' $? 0
ok 'and so do its commands' within 60 gone

# --- without such rules, without root -------------------------------------

echo '@maildir.test maildir box/${local}/' >"$T/routes"
start "$T/log3"
local=$pid
root_children() {
	for child in $(children "$local"); do
		[ "$(stat -c %u "/proc/$child")" != 0 ] || echo "$child"
	done
}
is 'nothing is root where no rule needs it' "$(root_children)" ''
echo "@cmd.test command $T/show new" >>"$T/routes"
kill -HUP "$local"
ok 'such a rule needs a restart' within 60 has "$T/log3" \
	'ev=reload-failed .*line=2 .*restart needed'
verdict 'the old rules hold' you@maildir.test 'ok 2.0.0'
end "$local"

# by one user for all
echo "@cmd.test command $T/show own" >"$T/routes"
echo "@as.test command as daemon $T/show own" >"$T/routes.as"
chmod 711 "$T"
install -d -m 700 -o nobody "$T/nobody"
as_nobody() { # in a subshell
	exec setpriv --reuid=nobody --regid="$(id -g nobody)" \
		--clear-groups "$@"
}
background "$T/log4" as_nobody "$B/mailgrave-local" --in "$T/nobody/ctrl" \
	--routes "$T/routes"
ok 'without root' within 60 test -S "$T/nobody/ctrl"
ok 'a command runs' within 60 sh -c '"$1" "$2" x@cmd.test </dev/null |
	grep " ok "' - "$tools/deliver.py" "$T/nobody/ctrl"
is 'as who started it' "$(cat "$T/open/own.user")" nobody
like 'another user is refused at once' "$(as_nobody "$B/mailgrave-local" \
	--in "$T/nobody/ctrl2" --routes "$T/routes.as" 2>&1)" \
	'routes.as:1: only root can become another user'
end "$pid"

# --- users of the system --------------------------------------------------

cp "$T/routes.old" "$T/routes"
users_of_our_own || {
	skip 'users of the system' 'no mount namespace is to be had'
	finish
}
start "$T/log5"
local=$pid
verdict 'a user' tester@sys.test 'ok 2.0.0 local ~tester/Maildir'
like 'has it at home' "$(message_of "$T/home/tester/Maildir")" '^the end$'
is 'and it is his' "$(stat -c '%u %g %a' "$T"/home/tester/Maildir/new/* \
	"$T/home/tester/Maildir")" '4242 4242 600
4242 4242 700'
verdict 'with an extension' Tester+x@sys.test 'ok 2.0.0'
for user in root nobody low daemon nobody-at-all; do
	verdict "no mail for $user" "$user@sys.test" 'perm 5.1.1'
done
verdict 'nor where the rule says so' x@fixed.test 'perm 5.1.1'
verdict 'no path for a name' '"../tester"@sys.test' 'perm 5.1.3'
rm -rf "$T/home/tester/Maildir/new"
install -d -m 777 "$T/elsewhere"
ln -s "$T/elsewhere" "$T/home/tester/Maildir/new"
verdict 'a link is not followed' tester@sys.test 'temp 4.3.5'
is 'so nothing is elsewhere' "$(ls "$T/elsewhere")" ''
rm "$T/home/tester/Maildir/new"
end "$local"
install -d -m 2775 -g mail "$T/var-mail"
start "$T/log6" --system mbox
local=$pid
verdict 'a user with an mbox' tester@sys.test 'ok 2.0.0 local tester'
like 'has it there' "$(cat "$T/var-mail/tester")" '^From me@here.example '
is 'and the file is his' "$(stat -c '%u %a' "$T/var-mail/tester")" '4242 600'
is 'no lock stays there' "$(ls "$T/var-mail")" tester
end "$local"
finish
