#!/bin/sh
# SPDX-License-Identifier: ISC
# TLS by another process: by UCSPI-TLS when it is asked for, before all by UCSPI,
# and by stunnel in front of a listener.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
tls=$tools/tls.py
as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
openssl req -x509 -nodes -days 30 -subj /CN=other.test -newkey ec -pkeyopt \
	ec_paramgen_curve:prime256v1 -keyout "$T/key" -out "$T/crt" 2>/dev/null
echo "me:$(echo secret | "$dir/bin/mailgrave-smtpd" --hash)" >"$T/users"
chmod 644 "$T/key" "$T/users"

open() {
	perl -MIO::Socket::IP -e 'exit !IO::Socket::IP->new(
		PeerHost => "127.0.0.1", PeerPort => $ARGV[0])' "$1"
}
serve() { # serve HOW OPTION... - a super-server: $there
	how=$1
	shift
	there=$(free_port)
	# shellcheck disable=SC2086 # words
	background "$T/$how" "$tools/ucspi.py" "$how" "$there" "$T/crt" \
		"$T/key" $as_user "$dir/bin/mailgrave-smtpd" --out \
		"$dir/spool/smtpd/queue.ctrl" --routes "$dir/etc/routes" \
		--access "$dir/etc/access" --users "$T/users" "$@"
	log=$T/$how
	ok "$how: serves" within 60 open "$there"
}
arrives() { # arrives NAME PROTOCOL
	ok "$1: arrives" within 60 files 1 "$dir/mail/$1/new"
	like "$1: and says how it came" "$(cat "$dir/mail/$1/new/"*)" \
		"$2"
}
words() { # words COMMAND... - what is said to them, in clear
	perl -MIO::Socket::IP -e 'my $s = IO::Socket::IP->new(PeerHost =>
	    "127.0.0.1", PeerPort => shift); $s->autoflush(1); print scalar <$s>;
	    for (@ARGV) { print $s "$_\r\n";
	    while (<$s>) { print; last if /^\d+ / } } print while <$s>' \
		"$there" "$@"
}
told='with ESMTPS \(TLSv1\.[23] [A-Z0-9_-]+\)'

serve delayed --verbose
ok 'Python by STARTTLS' "$tls" starttls "$there"
arrives starttls "$told"
ok 'swaks by STARTTLS, with a login' swaks --server "127.0.0.1:$there" --tls \
	--auth PLAIN --auth-user me --auth-password secret --helo client.test \
	--from s@client.test --to login@example.test
arrives login 'with ESMTPSA \(TLSv1'
ok 'swaks in clear' swaks --server "127.0.0.1:$there" --helo client.test \
	--from s@client.test --to clear@example.test
arrives clear 'with ESMTP.?$'
ok 'nothing is slipped in before the handshake' "$tls" injection "$there"
ok 'no evil mail' test ! -e "$dir/mail/evil"
ok 'a handshake that fails' sh -c "! openssl s_client -starttls smtp \
	-connect 127.0.0.1:$there -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null"
ok 'is logged' within 60 has "$log" '^ev=tls-failed .*why="who does it has'
like 'no AUTH before' "$(words 'EHLO c' QUIT)" '250-STARTTLS'
is 'really none' "$(words 'EHLO c' QUIT | grep -c AUTH)" 0

serve delayed --tls=require
like 'required' "$(words 'EHLO c' 'MAIL FROM:<s@client.test>' QUIT)" '^530 5.7.0'
serve delayed --tls=none --auth-clear
is 'not wanted' "$(words 'EHLO c' QUIT | grep -c STARTTLS)" 0
serve refusing
like 'refused: nothing more is said' "$(words 'EHLO c' STARTTLS NOOP |
	tail -n 1)" '^220 2.0.0'
ok 'refused: is logged' within 60 has "$log" '^ev=tls-failed'
serve silent --handshake-time 1
like 'silent: nothing more is said' "$(words 'EHLO c' STARTTLS NOOP |
	tail -n 1)" '^220 2.0.0'
ok 'silent: is logged' within 60 has "$log" 'why="(it took too long|who does it)'

serve first
ok 'TLS before all' "$tls" smtps "$there"
arrives smtps "$told"
is 'TLS before all: AUTH, and no STARTTLS' "$("$tls" offers "$there" |
	grep -oE 'AUTH|STARTTLS')" AUTH

# what is no such thing
hello() { # hello VARIABLE... - does it offer STARTTLS?
	# shellcheck disable=SC2086 # words
	env "$@" perl -MIPC::Open2 -e '
		open2(my $out, my $in, @ARGV);
		my ($greeting, $offers) = (scalar <$out>, 0);
		print $in "EHLO c\r\n";
		while (<$out>) { $offers |= /STARTTLS/; last if /^\d+ / }
		print $in "QUIT\r\n";
		1 while <$out>;
		print $offers + 0' $as_user "$dir/bin/mailgrave-smtpd" --out \
		"$dir/none" --routes "$dir/etc/routes" --access \
		"$dir/etc/access" 2>/dev/null
}
is 'descriptors: all three' "$(hello SSLCTLFD=7 SSLREADFD=8 \
	SSLWRITEFD=9 7>/dev/null 8>/dev/null 9>/dev/null)" 1
is 'descriptors: not two' "$(hello SSLCTLFD=7 SSLREADFD=8)" 0
is 'descriptors: not standard output' "$(hello SSLCTLFD=1 SSLREADFD=8 \
	SSLWRITEFD=9)" 0
is 'descriptors: no numbers' "$(hello SSLCTLFD=7x SSLREADFD=8 SSLWRITEFD=9)" 0

# a listener behind something that does TLS
if stunnel=$("$tools/unpack" stunnel stunnel4); then
	behind=$(free_port)
	# shellcheck disable=SC2086 # words
	background "$T/behind" $as_user "$dir/bin/mailgrave-smtpd" --bind \
		"127.0.0.1:$behind" --tls=done --proxy 127.0.0.1 --out \
		"$dir/spool/smtpd/queue.ctrl" --routes "$dir/etc/routes" \
		--access "$dir/etc/access" --users "$T/users"
	ok 'behind stunnel: serves' within 60 open "$behind"
	there=$(free_port)
	cat >"$T/stunnel.conf" <<-EOF
	foreground = yes
	pid =
	[smtps]
	accept = 127.0.0.1:$there
	connect = 127.0.0.1:$behind
	cert = $T/crt
	key = $T/key
	protocol = proxy
	EOF
	background "$T/stunnel" env "$(libraries "$stunnel")" \
		"$stunnel/usr/bin/stunnel4" "$T/stunnel.conf"
	ok 'stunnel serves' within 60 open "$there"
	ok 'swaks by stunnel, with a login' swaks --server "127.0.0.1:$there" \
		--tls-on-connect --auth PLAIN --auth-user me --auth-password \
		secret --helo client.test --from s@client.test --to \
		stunnel@example.test
	arrives stunnel 'with ESMTPSA.?$'
else
	skip 'stunnel' 'the package stunnel4 is not to be had'
fi
like 'done, and certificates: no' "$("$dir/bin/mailgrave-smtpd" --check \
	--tls=done --tls-cert "$T/crt" 2>&1)" '--tls=done goes without'
finish
