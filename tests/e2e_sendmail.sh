#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-inject under the names of sendmail, as make install puts it there,
# called by the programs that call one: from their Debian packages, each with
# the arguments that it gives by itself.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
submit=$dir/spool/submit.ctrl

# --- installed ------------------------------------------------------------

d=$T/dest
make_install() {
	make -s -C "$top" install B="$B" DESTDIR="$d" PREFIX=/usr
}
ok 'make install' make_install
for name in sbin/sendmail lib/sendmail bin/mailq bin/newaliases; do
	is "$name" "$(readlink -f "$d/usr/$name")" \
		"$(readlink -f "$d/usr/bin/mailgrave-inject")"
done
is sbin/qmail-queue "$(readlink -f "$d/usr/sbin/qmail-queue")" \
	"$(readlink -f "$d/usr/sbin/mailgrave-queue")"
for name in sendmail mailq newaliases qmail-queue; do
	ok "$name(8)" test -s "$d/usr/share/man/man8/$name.8"
done
rm "$d/usr/bin/mailq" "$d/usr/lib/sendmail"
echo theirs >"$d/usr/bin/mailq"
ln -s ../sbin/exim4 "$d/usr/lib/sendmail"
ok 'make install again' make_install
is "another mail system's mailq stays" "$(cat "$d/usr/bin/mailq")" theirs
is 'so does its sendmail' "$(readlink "$d/usr/lib/sendmail")" ../sbin/exim4
rm "$d/usr/bin/mailq" "$d/usr/lib/sendmail"
ok 'and a third time, when they are gone' make_install

# What real callers run: it knows this test's pipeline, and notes the arguments
mkdir "$T/bin"
for name in sbin/sendmail bin/mailq bin/newaliases; do
	cat >"$T/bin/${name##*/}" <<EOF
#!/bin/sh
printf '%s\n' "\$*" >>'$T/arguments'
exec '$d/usr/$name' --out '$submit' --domain example.test \\
	--hostname host.test "\$@"
EOF
	chmod 755 "$T/bin/${name##*/}"
done
: >"$T/arguments"
chmod 666 "$T/arguments"
sendmail=$T/bin/sendmail
mkdir -m 700 "$T/home"

arrived() { # arrived BOX PATTERN - one message, with a line of this kind
	ok "$1: is delivered" within 60 files 1 "$dir/mail/$1/new"
	ok "$1: with what it should have" grep -Eqs "$2" "$dir/mail/$1/new/"*
}
text() { cat "$dir/mail/$1/new/"*; }
said() { # said BOX PATTERN - sendmail was called so
	like "$1: by its arguments" "$(cat "$T/arguments")" "$2"
	: >"$T/arguments"
}

# --- by their command lines -----------------------------------------------

call() { # call NAME INPUT ARGUMENT...
	name=$1
	printf '%b' "$2" >"$T/input"
	shift 2
	ok "as $name calls it" sh -c '"$@" <"$0"' "$T/input" "$sendmail" "$@"
}
call cron 'From: root (Cron Daemon)\nTo: cron\nSubject: Cron <a@b> x\n\nout\n' \
	-FCronDaemon -i -B8BITMIME -oem cron
arrived cron '^To: cron@example\.test'
ok 'cron: From is completed' grep -qx \
	'From: root@example.test (Cron Daemon)' "$dir/mail/cron/new/"*
call anacron 'To: anacron\nSubject: x\n\nout\n' -FAnacron -odi anacron
arrived anacron '^From: "Anacron" <.*@example\.test>'
call sudo 'To: sudo\nFrom: root\nSubject: *** SECURITY ***\n\nx\n' -t
arrived sudo '^From: root@example\.test'
call unattended-upgrades 'To: uu\nSubject: x\n\n.\nx\n' -oi -t
arrived uu '^\.$'
call alpine 'EHLO h\r\nMAIL FROM:<me@example.test>\r\n'\
'RCPT TO:<alpine@example.test>\r\nDATA\r\n'\
'Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n' -bs -odb -oem
arrived alpine '^hello$'
if is_root; then
	printf '%b' 'MAIL FROM:<>\r\nRCPT TO:<nobody@example.test>\r\n'\
'DATA\r\n\r\nhello\r\n.\r\nQUIT\r\n' | sed '1s/^/HELO h\r\n/' >"$T/input"
	ok 'sendmail -bs as another user' sh -c 'setpriv --reuid=65534 \
		--regid=65534 --clear-groups "$1" -bs <"$0"' \
		"$T/input" "$sendmail"
	arrived nobody '^hello$'
fi
call 'mutt, a list of options' 'To: none\n\nx\n' -oem -oi -f me@example.test \
	-B8BITMIME -N never -R hdrs -- options@example.test
arrived options '^Return-Path: <me@example\.test>'

# --- headers --------------------------------------------------------------

call 'a script with Bcc' 'To: to1, "G, H" <to2@example.test> (a (b))\n'\
'Bcc:\n hidden@example.test,\n G: hidden2;\nSubject: s\n\nx\n' -t arg1
for box in to1 to2 hidden hidden2 arg1; do
	arrived "$box" '^Message-ID: <.*@host\.test>'
	is "$box: no Bcc" "$(text "$box" | grep -v ^Delivered-To: |
		grep -ic hidden)" 0
done
ok 'and it says so to all' grep -qx \
	'To: to1@example.test, "G, H" <to2@example.test> (a (b))' \
	"$dir/mail/arg1/new/"*
call 'hidden recipients alone' 'Bcc: alone\nSubject: s\n\nx\n' -t
arrived alone '^To: undisclosed-recipients:;'
call 'CRLF' 'To: crlf\r\nSubject: a\r\n b\r\n\r\nx\r\n' -t
arrived crlf '^ b$'
is 'crlf: no CR is left' "$(text crlf | tr -cd '\r' | wc -c)" 0
call 'a lone dot' 'To: dot\n\nbefore\n.\nafter\n' -t
arrived dot '^before$'
ok 'dot: it ends there' sh -c '! grep -q after "$1"' - "$dir/mail/dot/new/"*
call 'no sender' 'To: nosender\n\nx\n' -f '<>' -t
arrived nosender '^Return-Path: <>'
call 'a sender twice' 'To: twice\n\nx\n' -f a@example.test -rb@example.test -t
arrived twice '^Return-Path: <b@example\.test>'
call 'a list, with VERP' 'To: list\n\nx\n' -XV -f me@example.test verp1 verp2 \
	a/b@example.test
arrived verp1 '^Return-Path: <me\+verp1=example\.test@example\.test>'
arrived verp2 '^Return-Path: <me\+verp2=example\.test@example\.test>'
is 'verp: each has his own' "$(text verp1 | grep -c verp2)" 0
arrived me "^Final-Recipient: rfc822; *a/b@example\\.test"
ok 'verp: a report goes to where the list knows of whom it is' grep -qx \
	'Delivered-To: me+a/b=example.test@example.test' "$dir/mail/me/new/"*
call 'a resender' 'From: x@y.test\nTo: first@example.test\n'\
'Resent-To: resent\nResent-Bcc: resent2\n\nx\n' -t
arrived resent '^Resent-From: .*@example\.test'
arrived resent2 '^To: first@example\.test'
ok 'who is nobody else' files 0 "$dir/mail/first/new"

# hostile: each is refused as a whole
refused() { # refused CODE NAME INPUT ARGUMENT...
	wanted=$1 name=$2
	printf '%b' "$3" >"$T/input"
	shift 3
	status=0
	words=$("$sendmail" "$@" <"$T/input" 2>&1) || status=$?
	is "$name: $wanted" "$status" "$wanted"
	is "$name: one line says why" "$(printf '%s\n' "$words" | wc -l)" 1
}
refused 65 'a NUL' 'To: evil\n\na\0b\n' -t
refused 65 'a bare CR' 'To: evil\n\na\rb\n' -t
refused 65 'a CR in the header' 'To: evil\rBcc: x\n\nb\n' -t
refused 65 'a comment without an end' 'To: evil (x\n\nb\n' -t
refused 65 'a quote without an end' 'To: "evil@example.test\n\nb\n' -t
refused 65 'a group of nobody' 'To: G:;\n\nb\n' -t
refused 65 'nobody' 'Subject: x\n\nb\n' -t
refused 64 'a recipient with a line end' 'x\n' 'evil@example.test
Bcc: x'
refused 64 'a sender with a line end' 'x\n' -f 'a@b.test
X: y' evil
refused 64 'a name with a line end' 'x\n' -F 'a
X: y' evil
refused 64 'an option for a recipient' 'x\n' --evil
refused 65 'comments 101 deep' "To: $(printf '%0101d' 0 | tr 0 '(')x$(
	printf '%0101d' 0 | tr 0 ')')evil\n\nb\n" -t
refused 65 'a header over 256 KiB' "$(awk 'BEGIN { printf "To: evil\\n";
	for (i = 0; i < 2700; i++) printf "X: %098d\\n", 0 }')\nb\n" -t
refused 64 'a daemon' '' -bd
refused 64 'VERP without a sender' 'x\n' -XV -f '<>' evil
refused 64 'odd delimiters' 'x\n' -XV+x evil
refused 65 'too long a sender' 'x\n' -XV -f me@example.test evil \
	"$(printf '%060d' 0)@example.test"
refused 75 'no queue' 'x\n' --out "$T/nowhere" evil
ok 'none of them left a trace' files 0 "$dir/mail/evil/new"

# --- as the other names ---------------------------------------------------

ok 'newaliases' "$T/bin/newaliases"
nothing() { [ "$("$T/bin/mailq")" = "$("$d/usr/sbin/mailgrave-queue" --list \
	--submit "$submit" domain=nowhere.test)" ]; }
ok 'mailq: nothing waits' within 60 nothing
is 'sendmail -q with nothing to do says nothing' "$("$sendmail" -q 2>&1)" ''
call 'somebody' 'x\n' -f me@example.test later@elsewhere.test
waits() { "$T/bin/mailq" | grep -q later@elsewhere.test; }
if within 60 waits; then
	like 'mailq shows it' "$("$T/bin/mailq")" 'later@elsewhere\.test'
	like 'sendmail -bp, too' "$("$sendmail" -bp)" 'later@elsewhere\.test'
	for which in -q -q15m -qRelsewhere.test -qR@elsewhere.test \
		-qRlater@elsewhere.test -qSme@example.test -qRnowhere.test; do
		is "sendmail $which: 0, in silence" \
			"$("$sendmail" "$which" 2>&1)$?" 0
	done
	id=$("$d/usr/sbin/mailgrave-queue" --list --json --submit "$submit" |
		sed -n 's/.*"queue_id": *"\([^"]*\)".*/\1/p')
	is 'sendmail -qI: 0' "$("$sendmail" "-qI$id" 2>&1)$?" 0
	status=0
	"$sendmail" -qInonsense 2>"$T/err" || status=$?
	is 'an unknown id: 64' "$status" 64
else
	point 1 'mail that waits is shown by mailq'
fi

# --- real programs --------------------------------------------------------

package() { # package NAME PACKAGE... - unpacked, $p says where
	p=$("$tools/unpack" "$@") && return
	skip "$1" 'the package is not to be had'
	return 1
}
run() { # run NAME COMMAND... - with the libraries of $p, a home of its own
	name=$1
	shift
	ok "$name sends" env "$(libraries "$p")" HOME="$T/home" "$@"
}

if package mutt mutt; then
	echo 'hello from mutt' >"$T/text"
	run mutt sh -c '"$0" -n -F /dev/null -e "set sendmail=\"$1 -oem -oi\"" \
		-e "set copy=no from=me@example.test use_envelope_from=yes" \
		-s hello -b mutt-bcc@example.test -- mutt@example.test <"$2"' \
		"$p/usr/bin/mutt" "$sendmail" "$T/text"
	arrived mutt '^hello from mutt$'
	arrived mutt-bcc '^To: mutt@example\.test'
	said mutt '^-oem -oi -f me@example.test .*-- '
fi
if package s-nail s-nail; then
	run s-nail sh -c 'echo hello from s-nail | "$0" -n -S v15-compat \
		-S "mta=$1" -r me@example.test -s hello s-nail@example.test' \
		"$p/usr/bin/s-nail" "$sendmail"
	arrived s-nail '^hello from s-nail$'
	said s-nail '^-i .*s-nail@example\.test'
fi
if package bsd-mailx bsd-mailx; then
	echo "set sendmail=$sendmail" >"$T/home/.mailrc"
	run bsd-mailx sh -c 'echo hello from mailx | "$0" -n -s hello \
		-b mailx-bcc@example.test mailx@example.test' \
		"$p/usr/bin/bsd-mailx"
	arrived mailx '^hello from mailx$'
	arrived mailx-bcc '^To: mailx@example\.test'
	said mailx '^-i -t$'
	rm "$T/home/.mailrc"
fi
if package mailutils mailutils; then
	run 'GNU mail' sh -c 'echo hello from mailutils | "$0" \
		--no-config -E "set sendmail=sendmail:$1" \
		-s hello mailutils@example.test' \
		"$p/usr/bin/mail.mailutils" "$sendmail"
	arrived mailutils '^hello from mailutils$'
	said mailutils '(-f|-t|-oi)'
fi
if package php php-cli; then
	run PHP "$p"/usr/bin/php8.2 -n -d "sendmail_path=$sendmail -t -i" -r '
		exit(mail("php@example.test", "hello", "line\n.\nhello from PHP",
		    "From: me@example.test\r\nCc: php-cc@example.test",
		    "-fenv@example.test") ? 0 : 1);'
	arrived php '^hello from PHP$'
	arrived php-cc '^Return-Path: <env@example\.test>'
	said php '^-t -i -fenv@example\.test$'
fi
if package git-email git git-email libmailtools-perl; then
	mkdir "$T/repo"
	cat >"$T/send" <<'EOF'
set -e
cd "$1"
git init -q
git -c user.name=Me -c user.email=me@example.test commit -q --allow-empty -m one
echo text >file
git add file
git -c user.name=Me -c user.email=me@example.test commit -q -m 'hello from git'
exec git -c user.name=Me -c user.email=me@example.test send-email \
	--confirm=never --quiet --suppress-cc=all --from=me@example.test \
	--to=git@example.test --envelope-sender=env@example.test \
	--sendmail-cmd="$2" -1
EOF
	perl5=$(find "$p/usr" -type d -name 'perl*5' | paste -sd:)
	run 'git send-email' PATH="$p/usr/bin:$p/usr/lib/git-core:$PATH" \
		PERL5LIB="$perl5" GIT_CONFIG_NOSYSTEM=1 \
		sh "$T/send" "$T/repo" "$sendmail"
	arrived git '^Subject: \[PATCH\] hello from git$'
	said git '^-f env@example\.test -i git@example\.test$'
fi

# cron and mdadm know one path only, so they get a /usr/sbin of their own, and cron
# an /etc and a /run besides; a job for its start needs no minute to go by
cat >"$T/cron" <<'EOF'
set -e
mkdir "$T/spool" "$T/spool/cron" "$T/spool/cron/crontabs"
cp -a /etc "$T/etc"
rm -rf "$T/etc/cron.d"
cp "$p/etc/pam.d/cron" "$T/etc/pam.d/"
echo '@reboot root echo hello from cron' >"$T/etc/crontab"
mount -t overlay -o "lowerdir=$T/sbin:/usr/sbin" overlay /usr/sbin
mount --bind "$T/etc" /etc
mount --bind "$T/spool" /var/spool
mount -t tmpfs tmpfs /run
exec "$p/usr/sbin/cron" -f
EOF
mkdir "$T/sbin"
ln -s "$sendmail" "$T/sbin/sendmail"
if ! is_root || ! unshare --mount mount -t overlay \
	-o "lowerdir=$T/bin:/usr/sbin" overlay /usr/sbin 2>/dev/null; then
	skip cron 'no mount of our own is to be had'
	skip mdadm 'no mount of our own is to be had'
	finish
fi
if package cron cron; then
	background "$T/cron.log" env "$(libraries "$p")" T="$T" p="$p" \
		sendmail="$sendmail" unshare --mount sh "$T/cron"
	arrived root '^hello from cron$'
	ok 'root: as cron writes it' grep -qx \
		'To: root@example.test' "$dir/mail/root/new/"*
	said cron '^-FCronDaemon -i -B8BITMIME -oem root$'
fi
# the message of a test is sent before the array is looked at: none is needed
if package mdadm mdadm; then
	run mdadm unshare --mount sh -euc 'mount -t overlay \
		-o "lowerdir=$0/sbin:/usr/sbin" overlay /usr/sbin
		exec "$1/sbin/mdadm" --monitor --test --oneshot \
			--mail=mdadm /dev/nowhere' "$T" "$p"
	arrived mdadm '^A TestMessage event had been detected'
	said mdadm '^-t$'
fi
finish
