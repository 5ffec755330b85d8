#!/bin/sh
# SPDX-License-Identifier: ISC
# TLS at the door: real clients by STARTTLS and from the start, what is offered
# and what is not, and those who would slip something in, or never shake hands.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
tls=$tools/tls.py
as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"

# pair NAME ALGORITHM... - $T/NAME.crt and $T/NAME.key, for NAME.test
pair() {
	name=$1
	shift
	openssl req -x509 -nodes -days 30 -subj "/CN=$name.test" \
		-addext "subjectAltName=DNS:$name.test" -keyout "$T/$name.key" \
		-out "$T/$name.crt" "$@" 2>/dev/null
	chmod 644 "$T/$name.key"
}
pair rsa -newkey rsa:2048
pair ec -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
pair other -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
cp "$T/ec.crt" "$T/now.crt"
cp "$T/ec.key" "$T/now.key"

serve() { # serve OPTION... - another smtpd for the same queue: $there, $secure
	there=$(free_port)
	secure=$(free_port)
	# shellcheck disable=SC2086 # words
	background "$T/smtpd.$there" $as_user "$dir/bin/mailgrave-smtpd" \
		--bind "127.0.0.1:$there" --tls-bind "127.0.0.1:$secure" \
		--routes "$dir/etc/routes" --access "$dir/etc/access" \
		--out "$dir/spool/smtpd/queue.ctrl" "$@"
	log=$T/smtpd.$there
	ok "smtpd $*: serves" within 60 perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		exit(<$s> =~ /^220/ ? 0 : 1)' "$there"
}
arrives() { # arrives NAME PROTOCOL
	ok "$1: arrives" within 60 files 1 "$dir/mail/$1/new"
	like "$1: and says how it came" "$(cat "$dir/mail/$1/new/"*)" \
		"with $2 \\(TLSv1\\.[23] [A-Z0-9_-]+\\)"
}
shake() { # shake OPTION... - what openssl has to say of a handshake
	openssl s_client -connect "127.0.0.1:$secure" "$@" </dev/null 2>&1
}
shown() { # shown OPTION... - the name in the certificate
	shake "$@" | sed -n 's/^subject=.*CN *= *//p'
}

serve --tls-cert "$T/rsa.crt" --tls-key "$T/rsa.key" \
	--tls-cert "$T/now.crt" --tls-key "$T/now.key" \
	--tls-cert "$T/other.crt" --tls-key "$T/other.key" \
	--max-per-address 1000 --verbose
server=$pid

ok 'Python by STARTTLS' "$tls" starttls "$there"
arrives starttls ESMTPS
ok 'Python from the start' "$tls" smtps "$secure"
arrives smtps ESMTPS
ok 'swaks by STARTTLS' swaks --server "127.0.0.1:$there" --tls \
	--helo client.test --from s@client.test --to swaks@example.test
arrives swaks ESMTPS
ok 'swaks from the start' swaks --server "127.0.0.1:$secure" --tls-on-connect \
	--helo client.test --from s@client.test --to swaks2@example.test
arrives swaks2 ESMTPS
ok 'swaks in clear' swaks --server "127.0.0.1:$there" \
	--helo client.test --from s@client.test --to clear@example.test
ok 'clear: arrives' within 60 files 1 "$dir/mail/clear/new"
like 'clear: and says no more' "$(cat "$dir/mail/clear/new/"*)" 'with ESMTP.?$'

# what is spoken, and what isn't
for version in tls1_2 tls1_3; do
	like "$version is spoken" "$(shake -$version)" 'Verify return code'
	like "$version by STARTTLS" "$(printf 'QUIT\r\n' | openssl s_client \
		-starttls smtp -connect "127.0.0.1:$there" -crlf -$version 2>&1)" \
		'Verify return code'
done
for version in tls1 tls1_1; do
	ok "$version is not" sh -c \
		"! openssl s_client -connect 127.0.0.1:$secure -$version \
		-cipher ALL:@SECLEVEL=0 </dev/null"
done
for cipher in aNULL eNULL kRSA RC4 3DES SHA1 AES128-GCM-SHA256 kDHE \
	ECDHE+SHA256:-AESGCM:-CHACHA20; do
	ok "no cipher of $cipher" sh -c \
		"! openssl s_client -connect 127.0.0.1:$secure -tls1_2 \
		-cipher '$cipher:@SECLEVEL=0' </dev/null"
done
for cipher in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 \
	ECDHE-RSA-CHACHA20-POLY1305; do
	like "$cipher is spoken" "$(shake -tls1_2 -cipher $cipher)" \
		"Cipher is $cipher"
done
like 'no renegotiation' "$( (sleep 1; echo R; sleep 3) | openssl s_client \
	-tls1_2 -connect "127.0.0.1:$secure" 2>&1)" 'no renegotiation|:error:'
ok 'ALPN smtp is welcome' "$tls" alpn "$secure" smtp
is 'ALPN http/1.1 is not' "$("$tls" alpn "$secure" http/1.1 2>&1)" refused

# certificates by name and by kind
is 'without a name the first of its kind, ECDSA' \
	"$(shown -noservername -sigalgs ECDSA+SHA256)" ec.test
is 'and RSA' "$(shown -noservername -sigalgs RSA-PSS+SHA256)" rsa.test
is 'by name' "$(shown -servername other.test)" other.test
is 'by another name' "$(shown -servername rsa.test)" rsa.test
is 'by a name unknown the first' \
	"$(shown -servername x.test -sigalgs ECDSA+SHA256)" ec.test
is 'a ticket is taken' "$(
	within 60 test -s "$T/ticket" |
		openssl s_client -connect "127.0.0.1:$secure" -sess_out \
		"$T/ticket" >/dev/null 2>&1
	shake -sess_in "$T/ticket" | sed -n 's/^\(Reused\),.*/\1/p')" Reused

# the hostile
like 'no way down' "$(shake -tls1_2 -fallback_scsv)" \
	'inappropriate fallback'
ok 'records that are too long' "$tls" records "$secure"
ok 'nothing is slipped in before the handshake' "$tls" injection "$there"
ok 'garbage instead of a handshake' "$tls" garbage "$secure"
ok 'half handshakes keep nobody from mail, nor from TLS' "$tls" halves \
	"$there" "$secure" 200
ok 'no evil mail' test ! -e "$dir/mail/evil"
ok 'what failed is logged' has "$log" '^ev=tls-failed client=127.0.0.1 why='

if is_root; then
	cost=$("$tls" idle "$there" 80 "$server")
	note <<-EOF
	an idle session with TLS costs $cost KiB
	EOF
	ok 'an idle session costs 20 KiB at most' \
		perl -e 'exit !($ARGV[0] =~ /^[\d.]+$/ && $ARGV[0] <= 20)' "$cost"
fi

# HUP
head -c 3000 /dev/urandom >"$T/now.key"
kill -HUP "$server"
ok 'rubbish instead of a key is reported' within 60 has "$log" \
	"^ev=reload-failed file=$T/now.key why=\"no key in it"
is 'and the old key stays' \
	"$(shown -noservername -sigalgs ECDSA+SHA256)" ec.test
cp "$T/ec.key" "$T/now.key"
cp "$T/other.crt" "$T/now.crt"
kill -HUP "$server"
ok 'a key that is another'\''s is reported' within 60 has "$log" \
	"^ev=reload-failed file=$T/now.crt why=\"the key is not"
is 'and the old pair stays' \
	"$(shown -noservername -sigalgs ECDSA+SHA256)" ec.test
cp "$T/other.key" "$T/now.key"
kill -HUP "$server"
ok 'a new pair is read' within 60 has "$log" '^ev=certificates n=3'
is 'and shown' "$(shown -noservername -sigalgs ECDSA+SHA256)" other.test
end "$server"
is 'TERM ends it' $? 0

# limits
for n in 2 3; do
	serve --tls-cert "$T/ec.crt" --tls-key "$T/ec.key" \
		--max-handshakes "$n" --handshake-time 120
	ok "$n handshakes at once where $n are allowed" "$tls" crowd \
		"$there" "$n"
	end "$pid"
	serve --tls-cert "$T/ec.crt" --tls-key "$T/ec.key" \
		--handshake-time "$n"
	ok "a handshake has $n seconds" "$tls" slow "$secure" "$n"
	end "$pid"
done

# certificates of clients
serve --tls-cert "$T/ec.crt" --tls-key "$T/ec.key" --tls-ask
like 'none is needed' "$(shake)" 'Verify return code'
like 'one may be shown' "$(shake -cert "$T/rsa.crt" -key "$T/rsa.key")" \
	'Verify return code'
print=$(openssl x509 -in "$T/rsa.crt" -noout -fingerprint -sha256 |
	sed 's/.*=//; s/://g' | tr A-F a-f)
ok 'and is logged' within 60 has "$log" "^ev=client-certificate \
client=127.0.0.1 sha256=$print subject=\"?/CN=rsa.test\"?$"
is 'once' "$(grep -c ^ev=client-certificate "$log")" 1
end "$pid"

# required
serve --tls-cert "$T/ec.crt" --tls-key "$T/ec.key" --tls=require
like 'required: no mail in clear' "$(swaks --server "127.0.0.1:$there" \
	--helo client.test --from s@client.test --to strip@example.test 2>&1)" \
	'530 5.7.0 say STARTTLS first'
ok 'required: mail with TLS' swaks --server "127.0.0.1:$there" --tls \
	--helo client.test --from s@client.test --to must@example.test
arrives must ESMTPS
end "$pid"
cat "$T/ec.crt" "$T/ec.key" >"$T/both.pem"
serve --tls-cert "$T/both.pem" --tls=none
like 'none: not by STARTTLS' "$(printf 'EHLO c\r\n' |
	perl -MIO::Socket::IP -e 'my $s = IO::Socket::IP->new(
	    PeerHost => "127.0.0.1", PeerPort => $ARGV[0]); <$s>;
	    print $s "EHLO c\r\n"; while (<$s>) { print; last if /^250 / }' \
	"$there" | grep -c STARTTLS)" '^0$'
like 'none: from the start, the key in the same file' "$(shake -tls1_3)" \
	'Verify return code'

# mistakes
wrong() { # wrong WORDS OPTION...
	words=$1
	shift
	# shellcheck disable=SC2086 # words
	like "$words" "$($as_user "$dir/bin/mailgrave-smtpd" --check --routes \
		"$dir/etc/routes" --access "$dir/etc/access" "$@" 2>&1
		echo "exit $?")" "$words"
}
openssl pkey -in "$T/ec.key" -aes128 -passout pass:x -out "$T/locked.key"
openssl req -x509 -nodes -days 3 -subj /CN=weak -newkey rsa:512 \
	-keyout "$T/weak.key" -out "$T/weak.crt" 2>/dev/null
chmod 644 "$T/locked.key" "$T/weak.key"
wrong "ec.crt: the key is not" --tls-cert "$T/ec.crt" --tls-key "$T/rsa.key"
wrong "ec.key: no certificate in it" --tls-cert "$T/ec.key"
wrong "ec.crt: no key in it" --tls-cert "$T/ec.crt"
wrong "locked.key: no key in it, or one with a pass" --tls-cert "$T/ec.crt" \
	--tls-key "$T/locked.key"
wrong "too weak" --tls-cert "$T/weak.crt" --tls-key "$T/weak.key"
wrong "nothing: No such file" --tls-cert "$T/nothing"
wrong '--tls-bind needs --tls-cert' --tls-bind 127.0.0.1
wrong '--tls=require needs --tls-cert' --tls=require
wrong 'for each --tls-cert' --tls-cert "$T/ec.crt" --tls-cert "$T/rsa.crt" \
	--tls-key "$T/ec.key"
wrong 'takes none, offer, require or done' --tls=maybe
wrong 'given too often' --tls-cert 1 --tls-cert 2 --tls-cert 3 --tls-cert 4 \
	--tls-cert 5
wrong 'exit 0' --tls-cert "$T/ec.crt" --tls-key "$T/ec.key"

# who begins has no greeting to wait for
there=$(free_port)
secure=$(free_port)
# shellcheck disable=SC2086 # words
background "$T/smtpd.$there" $as_user "$dir/bin/mailgrave-smtpd" \
	--bind "127.0.0.1:$there" --tls-bind "127.0.0.1:$secure" \
	--routes "$dir/etc/routes" --access "$dir/etc/access" \
	--out "$dir/spool/smtpd/queue.ctrl" --tls-cert "$T/ec.crt" \
	--tls-key "$T/ec.key" --greet-wait 120
ok 'with --greet-wait from the start: no wait' within 60 "$tls" smtps "$secure"
finish
