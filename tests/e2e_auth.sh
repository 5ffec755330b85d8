#!/bin/sh
# SPDX-License-Identifier: ISC
# Logins: real clients with the right password and with wrong ones, what a login
# may do, who has tried too often, and what is not written down.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
smtpd=$dir/bin/mailgrave-smtpd
as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
openssl req -x509 -nodes -days 30 -subj /CN=mx.test -newkey ec -pkeyopt \
	ec_paramgen_curve:prime256v1 -keyout "$T/key" -out "$T/crt" 2>/dev/null
chmod 644 "$T/key"

hash=$(echo 'pass word' | "$smtpd" --hash)
like 'a hash is made' "$hash" '^\$y\$[!-9;-~]+$'
{
	echo "# users of the test"
	echo "bob:$hash"
	echo "sha:$(openssl passwd -6 sesame)"
} >"$T/users"
cp "$dir/etc/access" "$T/access"
{
	cat "$dir/etc/routes"
	echo '* relay out.example'
} >"$T/routes"
printf '%s\n' 'senders bob bob@example.test' 'relay login' >>"$T/access"

serve() { # serve OPTION... - for the same queue: $there, $secure
	there=$(free_port)
	secure=$(free_port)
	# shellcheck disable=SC2086 # words
	background "$T/smtpd.$there" $as_user "$smtpd" \
		--bind "127.0.0.1:$there" --tls-bind "127.0.0.1:$secure" \
		--tls-cert "$T/crt" --tls-key "$T/key" --users "$T/users" \
		--routes "$T/routes" --access "$T/access" \
		--out "$dir/spool/smtpd/queue.ctrl" --verbose --transcript "$@"
	log=$T/smtpd.$there
	ok "smtpd $*: serves" within 60 perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		exit(<$s> =~ /^220/ ? 0 : 1)' "$there"
}
client() { # client TO USER PASSWORD OPTION...
	to=$1 user=$2 password=$3
	shift 3
	swaks --server "127.0.0.1:$there" --helo client.test \
		--from bob@example.test --to "$to@example.test" \
		--auth-user "$user" --auth-password "$password" "$@" 2>&1
}
arrives() { # arrives NAME PROTOCOL
	ok "$1: arrives" within 60 files 1 "$dir/mail/$1/new"
	like "$1: and says how it came" "$(cat "$dir/mail/$1/new/"*)" "with $2( |.?\$)"
}

serve --submission
server=$pid
ok 'PLAIN' client plain bob 'pass word' --tls --auth PLAIN
arrives plain ESMTPSA
ok 'LOGIN' client login bob 'pass word' --tls --auth LOGIN
arrives login ESMTPSA
there=$secure
ok 'from the start, with sha512' client start sha sesame --tls-on-connect \
	--auth PLAIN --from any@example.test
arrives start ESMTPSA
there=${log##*.}
like 'a sender that is not his' "$(client x bob 'pass word' --tls --auth PLAIN \
	--from ann@example.test)" '553 5.7.1 this sender address is not yours'
like 'the null sender is everybodys' "$(client x bob 'pass word' --tls \
	--auth PLAIN --from '<>' --quit-after MAIL)" '250 2.1.0 sender ok'
like 'a login may relay' "$(client x bob 'pass word' --tls --auth PLAIN \
	--to x@elsewhere.test --quit-after RCPT)" '250 2.1.5 recipient ok'
like 'none without TLS' "$(swaks --server "127.0.0.1:$there" --helo c.test \
	--from bob@example.test --to x@example.test --auth PLAIN --auth-user \
	bob --auth-password 'pass word' 2>&1)" 'not advertise auth'
like 'no mail without one' "$(swaks --server "127.0.0.1:$there" --helo c.test \
	--from bob@example.test --to x@example.test --tls 2>&1)" \
	'530 5.7.0 log in first'

# HUP
echo "new:$hash" >"$T/users.draft"
chmod 644 "$T/users.draft"
mv "$T/users.draft" "$T/users"
kill -HUP "$server"
renewed() { client renew new 'pass word' --tls --auth PLAIN --quit-after AUTH |
	grep -q '235 2.7.0'; }
ok 'HUP reads the users again' within 60 renewed
echo 'nonsense' >"$T/users"
kill -HUP "$server"
ok 'a mistake is reported' within 60 has "$log" \
	'^ev=reload-failed file=[^ ]*/users line=1'
ok 'and the old users stay' renewed

# wrong ones
like 'a wrong password' "$(client x new wrong --tls --auth PLAIN)" \
	'535 5.7.8 wrong name or password'
like 'no such user' "$(client x nobody 'pass word' --tls --auth LOGIN)" \
	'535 5.7.8 wrong name or password'
like 'is logged as fail2ban reads it' "$(grep 'verb=AUTH' "$log")" \
	'^ev=refused client=127.0.0.1 verb=AUTH reply="535 5.7.8 [a-z ]+"$'
for _ in 1 2 3 4 5 6 7 8; do
	client x new wrong --tls --auth PLAIN >"$T/out.$_" 2>&1 &
	tries="${tries:-} $!"
done
for try in $tries; do wait "$try"; done
like 'too many from one address' "$(client x new 'pass word' --tls \
	--auth PLAIN)" '421 4.7.0 .* too many wrong passwords'
end "$server"
is 'TERM ends it' $? 0
for secret in 'pass word' "$(printf '\0bob\0pass word' | base64)" \
	"$(printf 'pass word' | base64)" "$hash"; do
	ok 'no secret in the log' sh -c '! grep -Fq -e "$1" "$2"' - \
		"$secret" "$log"
done

# in clear, for those on this machine
echo "bob:$hash" >"$T/users"
serve --auth-clear
ok 'in clear on loopback' client plain2 bob 'pass word' --auth PLAIN
arrives plain2 ESMTPA
end "$pid"

wrong() { # wrong WORDS OPTION...
	words=$1
	shift
	# shellcheck disable=SC2086 # words
	like "$words" "$($as_user "$smtpd" --check --routes \
		"$dir/etc/routes" --access "$T/access" "$@" 2>&1)" "$words"
}
echo 'bob' >"$T/bad"
wrong 'bad:1: neither NAME:HASH' --users "$T/bad" --auth-clear
wrong '--submission needs --users' --submission
wrong 'logins need --tls-cert' --users "$T/users"
is 'no password, no hash' "$("$smtpd" --hash </dev/null 2>/dev/null
	echo $?)" 100
finish
