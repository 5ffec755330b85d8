#!/bin/sh
# SPDX-License-Identifier: ISC
# The key helper: who it is, that keys are in its memory and nowhere else, and
# what happens when it is slow, stopped, killed, or left alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'only root can give the helper a user of its own'

pipeline one
tls=$tools/tls.py
home=$T/keys
mkdir "$home"

pair() { # pair NAME ALGORITHM... - $home/NAME.crt, and NAME.key for the helper
	name=$1
	shift
	openssl req -x509 -nodes -days 30 -subj "/CN=$name.test" -keyout \
		"$home/$name.key" -out "$home/$name.crt" "$@" 2>/dev/null
	chmod 600 "$home/$name.key"
	chown mailgrave-key: "$home/$name.key"
}
pair rsa -newkey rsa:2048
pair ec -newkey ec -pkeyopt ec_paramgen_curve:prime256v1

serve() { # serve OPTION... - a smtpd as root would start it: $there, $secure
	there=$(free_port)
	secure=$(free_port)
	background "$T/smtpd.$there" "$dir/bin/mailgrave-smtpd" \
		--bind "127.0.0.1:$there" --tls-bind "127.0.0.1:$secure" \
		--user mailgrave-smtpd --chroot "$dir/spool/smtpd" \
		--routes "$dir/etc/routes" --access "$dir/etc/access" \
		--out queue.ctrl --tls-cert "$home/rsa.crt" \
		--tls-key "$home/rsa.key" --tls-cert "$home/ec.crt" \
		--tls-key "$home/ec.key" "$@"
	log=$T/smtpd.$there server=$pid
	ok "smtpd $*: serves" within 60 shakes
	helper=$(named smtpd-key)
}
shake() { # shake OPTION... - what openssl has to say of a handshake
	openssl s_client -connect "127.0.0.1:$secure" "$@" </dev/null 2>&1
}
shakes() { shake "$@" | grep -q 'Verify return code'; }
helpers() { cat "/proc/$server/task/$server/children"; }
named() {
	for helper in $(helpers); do
		[ "$(cat "/proc/$helper/comm")" != "$1" ] || echo "$helper"
	done
}
status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
clear() { # clear NAME - mail for him, without TLS
	swaks --server "127.0.0.1:$there" --helo c.test --from s@client.test \
		--to "$1@example.test" --timeout 60
}

# --- who it is ------------------------------------------------------------

serve --verbose
uid=$(id -u mailgrave-key) gid=$(id -g mailgrave-key)
is 'there is one' "$(named smtpd-key | wc -l)" 1
is 'uid' "$(status "$helper" Uid)" "$uid	$uid	$uid	$uid"
is 'gid' "$(status "$helper" Gid)" "$gid	$gid	$gid	$gid"
is 'no groups' "$(status "$helper" Groups | tr -d ' ')" ''
for set in Inh Prm Eff Bnd Amb; do
	is "Cap$set" "$(status "$helper" "Cap$set")" 0000000000000000
done
is 'NoNewPrivs' "$(status "$helper" NoNewPrivs)" 1
is 'Seccomp' "$(status "$helper" Seccomp)" 2
like 'no core file' "$(cat "/proc/$helper/limits")" \
	'^Max core file size +0 +0 '
is 'one socket, and its standard descriptors' \
	"$(find "/proc/$helper/fd" -lname 'socket:*' | wc -l) $(
	find "/proc/$helper/fd" -mindepth 1 | wc -l)" '1 4'
for user in smtpd queue send local remote command auth; do
	ok "mailgrave-$user can't read the key" sh -c "! setpriv \
		--reuid=mailgrave-$user --regid=mailgrave-$user --clear-groups \
		cat $home/rsa.key"
done
if [ "$(uname -m)" = x86_64 ] && cc -o "$T/inject_syscall" \
	"$tools/inject_syscall.c" -lseccomp 2>/dev/null; then
	try() { # try WANTED CALL ARGUMENT...
		wanted=$1
		shift
		is "$1 ${2-}: $wanted" \
			"$("$T/inject_syscall" "$helper" "$@" 2>&1)" "$wanted"
	}
	try EPERM socket 1 1 0
	try EPERM socket 2 1 0
	try EPERM socket 10 1 0
	try EPERM fork
	try EPERM execve s:/bin/sh 0 0
	try EPERM ptrace 16 1 0 0
	try EPERM kill 1 0
	try EPERM openat -100 s:/tmp/written 0x41 0600
else
	skip 'system calls from within' 'x86-64 only'
fi

# --- where keys are -------------------------------------------------------

ok 'TLS with RSA' shakes -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
ok 'TLS with ECDSA' shakes -tls1_3 -sigalgs ECDSA+SHA256
ok 'mail with TLS' "$tls" smtps "$secure"

if command -v gcore >/dev/null; then
	memory() { # memory PID - in $T/memory.PID
		gcore -o "$T/memory" "$1" >/dev/null 2>&1
	}
	others=$server
	for pid in $(helpers); do
		[ "$pid" = "$helper" ] || others="$others $pid"
	done
	for stage in $stages; do
		others="$others $(daemon "$stage")"
	done
	memory "$helper"
	for key in rsa ec; do
		is "$key: its memory has the key" "$("$tools/secrets.py" \
			"$home/$key.key" "$T/memory.$helper")" \
			"$T/memory.$helper"
	done
	for pid in $others; do
		ok "the memory of $(cat "/proc/$pid/comm") is seen" memory "$pid"
	done
	for key in rsa ec; do
		# shellcheck disable=SC2046,SC2086 # words
		is "$key: and no other has" "$("$tools/secrets.py" \
			"$home/$key.key" $(printf "$T/memory.%s\n" $others))" ''
	done
	rm -f "$T"/memory.*
else
	skip 'whose memory has the key' 'no gcore'
fi
cat "/proc/$server/cmdline" "/proc/$server/environ" "/proc/$helper/cmdline" \
	"/proc/$helper/environ" "$dir.out" "$dir"/log/*/current "$T"/smtpd.* \
	>"$T/said"
for key in rsa ec; do
	is "$key: nor is it in a log or an argument" \
		"$("$tools/secrets.py" "$home/$key.key" "$T/said")" ''
done
ok 'a debugger of the same user may not look' sh -c "! setpriv \
	--reuid=mailgrave-smtpd --regid=mailgrave-smtpd --clear-groups \
	cat /proc/$server/mem"

# --- new keys -------------------------------------------------------------

cp "$home/ec.crt" "$home/old.crt"
cp "$home/ec.key" "$home/old.key"
chown root: "$home/ec.key"
kill -HUP "$server"
ok 'a key that it may not read is reported' within 60 has "$log" \
	"^ev=reload-failed file=$home/ec.key why=.Permission denied for mailg"
ok 'and the old one stays' shakes -tls1_3 -sigalgs ECDSA+SHA256
pair ec -newkey ec -pkeyopt ec_paramgen_curve:secp384r1
kill -HUP "$server"
ok 'another is read' within 60 has "$log" '^ev=certificates n=2'
ok 'and used' shakes -tls1_3 -sigalgs ECDSA+SHA384
for n in 1 2 3 4 5 6 7 8 9; do
	kill -HUP "$server"
	[ "$n" -eq 5 ] || shake >/dev/null
done
ok 'storms of signals do no harm' shakes

# --- a helper in trouble --------------------------------------------------

kill -STOP "$helper"
shake >"$T/waits" &
waits=$!
started="$started $waits"
for n in 1 2 3 4 5 6 7 8; do
	shake >/dev/null &
	started="$started $!"
	kill "$!"	# it goes away before its signature has come
done
ok 'mail goes on while it is stopped' clear stopped
ok 'and arrives' within 60 files 1 "$dir/mail/stopped/new"
kill -CONT "$helper"
wait "$waits"
ok 'who waited is served' has "$T/waits" 'Verify return code'
ok 'and who comes then' shakes

kill -SEGV "$helper"
wait "$server"
is 'without it, smtpd ends, to be started again' $? 111
ok 'and says why' has "$log" '^ev=lost-helper'
ok 'there is no core file' sh -c "! find $T . -name 'core*' -type f \
	-newer '$T/waits' 2>/dev/null | grep ."

serve --handshake-time 2
kill -STOP "$helper"
ok 'a handshake waits for it no longer than for the client' \
	sh -c "! openssl s_client -connect 127.0.0.1:$secure </dev/null"
ok 'which is logged' has "$log" '^ev=tls-failed .* why="it took too long"'
kill -CONT "$helper"
ok 'a late answer does no harm' within 60 shakes
kill -KILL "$server"
ok 'without smtpd, it ends' within 60 is_gone "$helper"

# --- keys that are root's alone -------------------------------------------

chown root: "$home/ec.key"
serve
ok 'root reads its own keys at start' shakes -sigalgs ECDSA+SHA384
is 'and the helper is not root' "$(status "$helper" Uid)" \
	"$uid	$uid	$uid	$uid"
ok 'which is logged' has "$log" \
	"^ev=unreadable file=$home/ec.key user=mailgrave-key"
is 'it holds no descriptor of a file' \
	"$(find "/proc/$helper/fd" -mindepth 1 | wc -l)" 4
kill -HUP "$server"
ok 'not on HUP' within 60 has "$log" \
	"^ev=reload-failed file=$home/ec.key why=.Permission denied for mailg"
ok 'then it goes on with the old ones' shakes -sigalgs ECDSA+SHA384
end "$server"

# --- mistakes -------------------------------------------------------------

wrong() { # wrong WORDS OPTION...
	words=$1
	shift
	like "$words" "$("$dir/bin/mailgrave-smtpd" --check \
		--user mailgrave-smtpd --chroot "$dir/spool/smtpd" --routes \
		"$dir/etc/routes" --access "$dir/etc/access" "$@" 2>&1
		echo "exit $?")" "$words"
}
wrong "ev=unreadable file=$home/ec.key user=mailgrave-key" \
	--tls-cert "$home/ec.crt" --tls-key "$home/ec.key"
wrong 'no such user' --tls-cert "$home/rsa.crt" --tls-key "$home/rsa.key" \
	--key-user who
wrong 'exit 100' --tls-cert "$home/rsa.crt" --tls-key "$home/rsa.key" \
	--key-user root
wrong 'exit 0' --tls-cert "$home/rsa.crt" --tls-key "$home/rsa.key"
finish
