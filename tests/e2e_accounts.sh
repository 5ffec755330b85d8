#!/bin/sh
# SPDX-License-Identifier: ISC
# Where it is known who may log in: a users file with all kinds of hashes, a
# checkpassword program, Dovecot, and servers that only look like it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

printf '@example.test maildir ${local}/\n' >"$T/routes"
: >"$T/access"
serve() { # serve OPTION... - AUTH in clear, at $there, log in $log
	there=$(free_port)
	log=$T/smtpd.$there
	user=''
	! is_root || user='--user mailgrave-smtpd'
	# shellcheck disable=SC2086 # words
	background "$log" "$B/mailgrave-smtpd" --bind "127.0.0.1:$there" $user \
		--routes "$T/routes" --access "$T/access" --auth-clear \
		--out "$T/none" --verbose "$@"
	ok "smtpd $*: serves" within 60 perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		exit(<$s> =~ /^220/ ? 0 : 1)' "$there"
}
login() { "$tools/login.py" "$there" "$@" 2>&1; }
right='235 2.7.0 welcome'
wrong='535 5.7.8 wrong name or password'
unknown='454 4.7.0 cannot tell whether this is right'
hash() { echo "$1" | "$B/mailgrave-smtpd" --hash; }
verifier() { echo "$1" | "$B/mailgrave-smtpd" --hash --scram; }

# --- a file ----------------------------------------------------------------

mkdir "$T/etc"
bob=$(verifier 'pass word')
like 'a verifier is made' "$bob" '^\{SCRAM-SHA-256\}15000,[^,]{24},[^,]{44},[^,]{44}$'
ok 'another one each time' test "$(verifier 'pass word')" != "$bob"
echo "bob:$bob" >"$T/etc/users"
! is_root || chown mailgrave-auth "$T/etc/users"
chmod 400 "$T/etc/users"
serve --users "$T/etc/users"
server=$pid
for how in PLAIN LOGIN SCRAM-SHA-256; do
	like "$how by a verifier" "$(login bob 'pass word' "$how")" "$right"
	like "$how: a wrong password" "$(login bob 'pass  word' "$how")" "$wrong"
	like "$how: no such user" "$(login ann 'pass word' "$how")" "$wrong"
done
offers() { # what AUTH has to offer
	perl -MIO::Socket::IP -e '
	my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
	    PeerPort => $ARGV[0]);
	<$s>; print $s "EHLO c\r\n"; while (<$s>) {
	print "$1" if /^250.AUTH (.*?)\r/; last if /^250 / }' "$there"
}
is 'SCRAM is announced where all have verifiers' "$(offers)" \
	'SCRAM-SHA-256 PLAIN LOGIN'
salt() { # salt NAME
	perl -MIO::Socket::IP -MMIME::Base64 -e '
	my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
	    PeerPort => $ARGV[0]);
	<$s>; print $s "EHLO c\r\n"; while (<$s>) { last if /^250 / }
	print $s "AUTH SCRAM-SHA-256 ",
	    encode_base64("n,,n=$ARGV[1],r=abc", ""), "\r\n";
	print decode_base64(substr <$s>, 4) =~ /,s=(.*)/' "$there" "$1"
}
first=$(salt nobody)
like 'who is unknown has a salt' "$first" '^.{22}==,i=15000$'
is 'always the same one' "$(salt nobody)" "$first"
ok 'but not that of others' test "$(salt somebody)" != "$first"

# several kinds in one file
cat >"$T/draft" <<END
# all kinds
bob:$bob
yes:$(hash 'pass word')
six:$(openssl passwd -6 'pass word'):1000:1000::/home
five:{SHA256-CRYPT}$(openssl passwd -5 'pass word')
blow:{BLF-CRYPT}$(perl -e 'print crypt "pass word",
	"\$2b\$05\$abcdefghijklmnopqrstuv"')
ne,w=:$(verifier 'pass word')
locked:!$(hash 'pass word')
END
! is_root || chown mailgrave-auth "$T/draft"
chmod 400 "$T/draft"
mv "$T/draft" "$T/etc/users"
kill -HUP "$server"
ok 'HUP brings new users' within 60 sh -c '"$1" "$2" yes "pass word" |
	grep -q "^235"' - "$tools/login.py" "$there"
for name in bob yes six five blow ne,w=; do
	like "$name: right" "$(login "$name" 'pass word' PLAIN)" "$right"
done
like 'SCRAM for whom there is a verifier' \
	"$(login ne,w= 'pass word' SCRAM-SHA-256)" "$right"
like 'who is locked out' "$(login locked 'pass word')" "$wrong"
like 'SCRAM for whom there is none' "$(login yes 'pass word' SCRAM-SHA-256)" \
	"421 4.7.0|$wrong"
is 'SCRAM is not announced then' "$(offers)" 'PLAIN LOGIN'
if is_root; then
	is 'the helpers are mailgrave-auth' "$(ps -o user:20= --ppid "$server" |
		sort | uniq -c | tr -s ' ' | grep auth)" ' 2 mailgrave-auth'
	for helper in $(pgrep -P "$server" smtpd-auth); do
		is 'and see nothing but the directory of the file' \
			"$(readlink "/proc/$helper/root")" "$T/etc"
	done
fi
end "$server"
is 'TERM ends it' $? 0

# a large one, from an editor that ends lines with CRLF
{
	perl -e 'printf "user%06d:\$6\$x\n", $_ for 1 .. 100000'
	echo "last:$bob"
} | sed 's/$/\r/' >"$T/etc/many"
chmod 444 "$T/etc/many"
serve --users "$T/etc/many"
server=$pid
like 'the last of 100,001 users' "$(login last 'pass word')" "$right"
like 'another' "$(login user000001 'pass word')" "$wrong"
kill -9 "$(pgrep -P "$server" smtpd-auth | head -n 1)"
within 60 is_gone "$server" || kill "$server"
wait "$server"
is 'without a helper, smtpd ends, to be started again' $? 111
ok 'and says why' has "$log" '^ev=lost-helper'

# limits
serve --users "$T/etc/users" --max-failures 2
for try in 1 2; do
	like "wrong password $try of 2" "$(login bob wrong)" "$wrong"
done
like 'and no more' "$(login bob 'pass word')" '421 4\.7\.0 .*too many wrong'
ok 'each is logged' test "$(grep -c 'verb=AUTH reply="535' "$log")" -eq 2
end "$pid"

# many at once have no more tries, and who is right after them isn't told
serve --users "$T/etc/users" --max-failures 3
is 'of 20 at once three are told, the others are not' \
	"$(login bob wrong 20 | sort | uniq -c | tr -s ' ')" "$(printf ' 17 421 4.7.0\n 3 535 5.7.8')"
like 'nor is who is right then' "$(login bob 'pass word')" '^421 4.7.0'
end "$pid"

# --- a program -------------------------------------------------------------

cp "$tools/checkpw" "$T"	# our directories may be closed to mailgrave-auth
serve --checkpassword "$T/checkpw /bin/true" --max-failures 100
server=$pid
for how in PLAIN LOGIN; do
	like "$how by a program" "$(login bob 'pass word' "$how")" "$right"
	like "$how: wrong" "$(login bob wrong "$how")" "$wrong"
done
is 'no SCRAM by a program' "$(offers)" 'PLAIN LOGIN'
like 'SCRAM is refused' "$(login bob 'pass word' SCRAM-SHA-256)" '504 5.5.4'
for name in down misused dies; do
	like "$name: nobody knows" "$(login "$name" x)" "$unknown"
done
like 'its status is logged' "$(cat "$log")" 'ev=no-auth program=.*checkpw status=111'
like 'or its signal' "$(cat "$log")" 'ev=no-auth program=.*checkpw signal=9'
uid=$(id -u)
! is_root || uid=$(id -u mailgrave-auth)
if is_root; then
	gid=$(id -g mailgrave-auth)
	like 'it has one user, one group, no descriptor of ours' \
		"$(login where "$uid,$gid,1,")" "$right"
fi
like 'what it leaves behind is ended' "$(login forks x)" "$right"
ok 'as soon as it has answered' within 60 sh -c '! pgrep -f "^sleep 100$" \
	-u "$1"' - "$uid"
long=$(printf '%0240d' 0)
like 'a name and a password that are too long for it' \
	"$(login "$long" "$long$long")" '501 5.5.4|535 5.7.8'
like 'but not for us' "$(login "$long" "$long")" "$wrong"
end "$server"
is 'TERM ends it' $? 0

# --- Dovecot ---------------------------------------------------------------

mkdir "$T/run"
chmod 777 "$T/run"
serve --auth-socket "$T/run/auth" --max-failures 100
server=$pid
like 'nobody is there' "$(login bob 'pass word')" "$unknown"
like 'which is logged' "$(cat "$log")" "ev=no-auth socket=$T/run/auth error="
fake=''
like_server() { # like_server HOW REPLY
	[ -z "$fake" ] || { kill "$fake" && wait "$fake"; } 2>/dev/null
	smtpd_log=$log
	background "$T/fake" "$tools/authserver.py" "$T/run/auth" "$1"
	fake=$pid log=$smtpd_log
	within 60 has "$T/fake" ready
	like "a server that is $1" "$(login bob 'pass word')" "$2"
}
like_server ok "$right"
like 'which is logged' "$(cat "$log")" "ev=auth-is-back"
like_server drips "$right"
like_server twice "$right"
like_server renames "$right"
for how in badname longname temp tempcode cont garbage nonumber future endless \
    hangup version2 noversion nomech early; do
	like_server "$how" "$unknown"
done
like_server ok "$right"
many() { # 50 sessions ask before one is answered
	for _ in $(seq 25); do
		login bob 'pass word' >>"$T/many" &
		tries="${tries-} $!"
	done
	for try in $tries; do wait "$try"; done
	grep -c "$right" "$T/many"
}
is '25 at a time' "$(many)" 25
kill "$fake"
wait "$fake" 2>/dev/null

if is_root && prefix=$("$tools/unpack" dovecot dovecot-core dovecot-imapd \
    dovecot-lmtpd 2>"$T/unpack"); then
	S=$T/dovecot
	mkdir -p "$S/etc"
	cp /etc/passwd /etc/group "$S/etc"
	printf '%s:x:%s:%s::/nonexistent:/usr/sbin/nologin\n' \
		dovecot 64006 64006 dovenull 64007 64007 >>"$S/etc/passwd"
	printf '%s:x:%s:\n' dovecot 64006 dovenull 64007 >>"$S/etc/group"
	printf 'bob:{PLAIN}pass word\n%s\n' "sue:$bob" >"$S/users"
	tr ';' '\n' >"$S/dovecot.conf" <<END
base_dir = $S/run;state_dir = $S/run;log_path = $S/log;protocols =
default_internal_user = mail;default_internal_group = mail
default_login_user = nobody;ssl = no;first_valid_uid = 1
auth_mechanisms = plain login scram-sha-256;auth_failure_delay = 0
passdb {;driver = passwd-file;args = $S/users;}
userdb {;driver = static;args = uid=mail gid=mail home=$S/mail/%u;}
service auth {;unix_listener $T/run/auth {;mode = 0600
user = mailgrave-smtpd;};}
service anvil {;unix_listener anvil-auth-penalty {;mode = 0;};}
END
	rm -f "$T/run/auth"
	background "$T/dovecot.log" "$tools/with" "$prefix" "$S" \
		dovecot -c "$S/dovecot.conf" -F
	dovecot=$pid
	ok 'Dovecot is up' within 60 test -S "$T/run/auth"
	for how in PLAIN LOGIN; do
		like "$how by Dovecot" "$(login bob 'pass word' "$how")" "$right"
		like "$how by Dovecot: wrong" "$(login bob wrong "$how")" "$wrong"
		like 'our verifiers are its own' \
			"$(login sue 'pass word' "$how")" "$right"
	done
	like 'no such user' "$(login nobody 'pass word')" "$wrong"
	: >"$T/many"
	tries=''
	is '25 at a time' "$(many)" 25
	child=$(cat "/proc/$dovecot/task/$dovecot/children")
	kill -KILL "${child% }"
	wait "$dovecot" 2>/dev/null
	ok 'it is gone' within 60 sh -c '"$1" "$2" bob "pass word" |
		grep -q "^454"' - "$tools/login.py" "$there"
else
	skip Dovecot 'it is not to be had'
fi
end "$server"
is 'TERM ends it' $? 0

# --- mistakes --------------------------------------------------------------

misused() { # misused PATTERN OPTION...
	words=$1
	shift
	# shellcheck disable=SC2086 # words
	like "$*: is a mistake" "$("$B/mailgrave-smtpd" --check --routes \
		"$T/routes" --access "$T/access" --auth-clear \
		$user "$@" 2>&1; echo "$?")" "$words"
	# shellcheck disable=SC2086 # words
	is 'of the operator' "$("$B/mailgrave-smtpd" --check --routes \
		"$T/routes" --access "$T/access" --auth-clear \
		$user "$@" >/dev/null 2>&1; echo "$?")" 100
}
misused 'exclude each other' --users "$T/etc/users" --auth-socket x
misused 'exclude each other' --checkpassword /bin/true --auth-socket x
misused 'path from / on' --checkpassword true
misused 'path from / on' --checkpassword ' '
misused '--scram needs --hash' --scram
misused 'needs --users' --submission
! is_root || misused 'no such user' --users "$T/etc/users" \
	--auth-user no-such-user
mistake() { # mistake WORDS LINE... - in a users file
	words=$1
	shift
	printf '%s\n' "$@" >"$T/etc/mistake"
	chmod 444 "$T/etc/mistake"
	misused "/mistake:$#: .*$words" --users "$T/etc/mistake"
}
mistake 'this name has a line above' "bob:$bob" "anna:$bob" 'bob:*'
mistake 'crypt.* know' "bob:$bob" 'anna:$argon2id$v=19$m=65536$x$y'
mistake 'NAME:HASH' 'bob:secret'
mistake 'NAME:HASH' "$(printf 'b\tb:%s' "$bob")"

# a password that is typed
typed() { "$tools/typist.py" "$1" "$B/mailgrave-smtpd" --hash --scram 2>&1; }
got=$(typed 'pass word,pass word')
like 'typed twice: a hash' "$got" '^\{SCRAM-SHA-256\}'
is 'and nothing is shown' "$(echo "$got" | grep -c 'pass word')" 0
is 'but what comes then' "$(echo "$got" | tail -n 1)" shows
like 'typed as two: none' "$(typed 'pass word,pass wort')" 'these are two'
is 'interrupted: none, and the terminal is as it was' \
	"$(typed 'pass word,interrupt' | sed 's/.*: //')" "$(printf '\nshows')"
like 'more than ASCII: a warning' "$(printf 'p\303\244ss\n' |
	"$B/mailgrave-smtpd" --hash 2>&1)" 'more than ASCII'
is 'a password that is too long' "$(printf '%0256d' 0 |
	"$B/mailgrave-smtpd" --hash 2>/dev/null; echo $?)" 100
like 'but not by one octet' "$(printf '%0255d' 0 |
	"$B/mailgrave-smtpd" --hash --scram)" SCRAM
finish
