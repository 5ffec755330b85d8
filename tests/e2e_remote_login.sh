#!/bin/sh
# SPDX-License-Identifier: ISC
# Where remote's password comes from, whom it is said to, and where it must not
# be seen. In a network of its own, for a host that is not loopback.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

if [ "${1-}" != inside ]; then
	is_root || skip_all 'it needs root for a network of its own'
	unshare -n true 2>/dev/null || skip_all 'no network namespace is to be had'
	rm -rf "$T"
	exec unshare -n "$0" inside
fi
ip link set lo up
ip addr add 192.0.2.1/32 dev lo

background "$T/relays.log" "$tools/relays.py" 2525 "$T/taken" login
up() { ss -Hltn '( sport = :2525 )' | grep -q .; }
ok 'a relay that wants a login' within 60 up
mkdir "$T/empty" "$T/secrets"
printf 'Subject: x\n\nhi\n' >"$T/message"
secret=hunter2-is-secret
printf '%s\n' "$secret" >"$T/file"
printf '%s' "$secret" >"$T/secrets/SMTP_AUTH_PASSWORD"
unset SMTP_AUTH_PASSWORD CREDENTIALS_DIRECTORY

remote() { # remote HOST [OPTION...]
	host=$1
	shift
	timeout 120 "$B/mailgrave-remote" --from a@x.test --rcpt b@y.test \
		--relay "$host:2525" --login joe --hostname me.test --hurry 2 \
		--user mailgrave-remote --chroot "$T/empty" "$@" \
		<"$T/message" 2>&1
}
taken() { # taken NAME - with that login, and nothing else since
	like "$1: the relay has it" "$(cat "$T/taken")" "/joe/$secret\$"
	: >"$T/taken"
}

like 'from the environment' "$(SMTP_AUTH_PASSWORD=$secret remote 127.0.0.1)" \
	'delivered'
taken 'from the environment'
like 'from a file' "$(remote 127.0.0.1 --password-file "$T/file")" delivered
taken 'from a file'
like 'from the directory of credentials' \
	"$(CREDENTIALS_DIRECTORY=$T/secrets remote 127.0.0.1)" delivered
taken 'from the directory of credentials'
like 'a file goes before the environment' \
	"$(SMTP_AUTH_PASSWORD=wrong remote 127.0.0.1 \
		--password-file "$T/file")" delivered
taken 'a file goes before the environment'

# whoever may listen hears nothing
export SMTP_AUTH_PASSWORD=$secret
got=$(remote 192.0.2.1 --verbose)
like 'not in the clear' "$got" 'deferred \(4\.7\.0\) .*no password is said'
ok 'it did not even say AUTH' sh -c '! echo "$1" | grep -q "^> AUTH"' - "$got"
is 'nor anything of the mail' "$(cat "$T/taken")" ''
like 'nor where TLS is not wanted' "$(remote 192.0.2.1 --tls none)" \
	'deferred \(4\.7\.0\)'
like 'but with --auth-clear' "$(remote 192.0.2.1 --auth-clear)" delivered
taken 'but with --auth-clear'

# while it runs
background "$T/hand" env SMTP_AUTH_PASSWORD="$secret" "$B/mailgrave-remote" \
	--from a@x.test --rcpt b@y.test --relay 127.0.9.1:2525 --login joe \
	--user mailgrave-remote --chroot "$T/empty" --verbose
waits() { ss -Htn state established '( dport = :2525 )' | grep -q 127.0.9.1; }
ok 'one that waits for its host' within 60 waits
cat "/proc/$pid/environ" "/proc/$pid/cmdline" >"$T/shown"
ok 'is to be seen' grep -aq joe "$T/shown"
ok 'without its secret' sh -c '! grep -aq "$1" "$2"' - "$secret" "$T/shown"
ok 'and shows none' sh -c '! grep -aq "$1" "$2"' - "$secret" "$T/hand"
kill "$pid"
unset SMTP_AUTH_PASSWORD

# what a route says of a host goes before the options
background "$T/remote.log" env SMTP_AUTH_PASSWORD="$secret" \
	"$B/mailgrave-remote" --in "$T/remote.ctrl" --relay 127.0.0.1:2525 \
	--login joe --hostname me.test --user mailgrave-remote \
	--chroot "$T/empty"
ok 'a daemon' within 60 test -S "$T/remote.ctrl"
job() {
	printf 'Subject: x\r\n\r\nhi\r\n' | "$tools/deliver.py" --port 2525 \
		"$@" "$T/remote.ctrl" b@y.test
}
: >"$T/taken"
like 'the smart host' "$(job)" ' ok '
taken 'the smart host'
like 'the same by a route' "$(job --host 127.0.0.1)" ' ok '
taken 'the same by a route'
like 'another host is told no login' "$(job --host 127.0.0.2)" \
	'perm 5\.7\.0 .*log in first'
like 'unless the route says so' "$(job --host 127.0.0.2 --use-login)" ' ok '
taken 'unless the route says so'
like 'and never in the clear' "$(job --host 192.0.2.1 --use-login)" \
	'temp 4\.7\.0 .*no password'
for level in must verify; do
	like "tls=$level" "$(job --host 127.0.0.3 --tls "$level")" \
		'temp 4\.7\.0 .*TLS is demanded'
done

# what can't be a password
refused() { # refused NAME PATTERN OPTION... - as the operator's mistake
	name=$1 pattern=$2
	shift 2
	got=$(remote 127.0.0.1 "$@")
	is "$name: exit 100" "$?" 100
	like "$name" "$got" "$pattern"
}
refused 'none' 'no password; see --password-file'
refused 'a file that is not there' 'No such file' --password-file "$T/none"
: >"$T/bad"
refused 'an empty file' 'not one line' --password-file "$T/bad"
printf 'two\nlines\n' >"$T/bad"
refused 'two lines' 'not one line' --password-file "$T/bad"
head -c 4097 /dev/zero | tr '\0' x >"$T/bad"
refused '4097 octets' 'too large|not one line' --password-file "$T/bad"
refused 'a command beside a file' 'instead of --password-file' \
	--password-file "$T/file" --token-command 'echo x'
head -c 4096 /dev/zero | tr '\0' x >"$T/good"
ok '4096 octets are one' remote 127.0.0.1 --password-file "$T/good"
got=$("$B/mailgrave-remote" --in "$T/x" --token-command 'echo x' 2>&1)
is 'a command without a name' "$?" 100
like 'is a mistake' "$got" 'need --login'
finish
