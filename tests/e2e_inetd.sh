#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-smtpd on standard input and output: under inetd, xinetd, tcpserver,
# tcpsvd, and by itself. One message each.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
program=$dir/bin/mailgrave-smtpd
user=$(id -un)
! is_root || user=mailgrave-smtpd
set -- --routes "$dir/etc/routes" --access "$dir/etc/access" \
	--out "$dir/spool/smtpd/queue.ctrl" --log "$T/log"
: >"$T/log"
! is_root || chown "$user" "$T/log"

greets() { # greets PORT
	perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		alarm 60; exit(<$s> =~ /^220/ ? 0 : 1)' "$1"
}
works() { # works NAME PORT - a message goes through it
	ok "$1: greets" within 60 greets "$2"
	ok "$1: takes a message" swaks --server 127.0.0.1 --port "$2" \
		--helo client.test --from sender@client.test \
		--to "$1@example.test" --body "hello from $1"
	ok "$1: which is delivered" within 60 files 1 "$dir/mail/$1/new"
	served=$((served + 1))
}

# nobody is called "local" in what was accepted
known() {
	[ "$(grep -c 'ev=accepted .*client=127\.0\.0\.1 ' "$T/log")" = "$served" ]
}
served=0
if inetd=$("$tools/unpack" openbsd-inetd openbsd-inetd); then
	there=$(free_port)
	echo "127.0.0.1:$there stream tcp nowait $user $program" \
		"mailgrave-smtpd $*" >"$T/inetd.conf"
	background "$T/inetd" env "$(libraries "$inetd")" \
		"$inetd/usr/sbin/inetd" -d "$T/inetd.conf"
	works inetd "$there"
else
	skip inetd 'the package openbsd-inetd is not to be had'
fi

if xinetd=$("$tools/unpack" xinetd xinetd); then
	there=$(free_port)
	cat >"$T/xinetd.conf" <<-EOF
	defaults
	{
		log_type = FILE $T/xinetd.log
	}
	service mail
	{
		type = UNLISTED
		socket_type = stream
		protocol = tcp
		bind = 127.0.0.1
		port = $there
		wait = no
		user = $user
		server = $program
		server_args = $*
	}
	EOF
	background "$T/xinetd" env "$(libraries "$xinetd")" \
		"$xinetd/usr/sbin/xinetd" -dontfork \
		-f "$T/xinetd.conf" -pidfile "$T/xinetd.pid"
	works xinetd "$there"
else
	skip xinetd 'the package xinetd is not to be had'
fi

if ucspi=$("$tools/unpack" ucspi-tcp ucspi-tcp); then
	there=$(free_port)
	as_user=''
	! is_root || as_user="-u $(id -u "$user") -g $(id -g "$user")"
	# shellcheck disable=SC2086 # words
	background "$T/tcpserver" "$ucspi/usr/bin/tcpserver" -v -H -R \
		-l localhost $as_user 127.0.0.1 "$there" "$program" "$@"
	works tcpserver "$there"
else
	skip tcpserver 'the package ucspi-tcp is not to be had'
fi

if ipsvd=$("$tools/unpack" ipsvd ipsvd); then
	there=$(free_port)
	as_user=''
	! is_root || as_user="-u $user"
	# shellcheck disable=SC2086 # words
	background "$T/tcpsvd" "$ipsvd/usr/bin/tcpsvd" -v $as_user \
		127.0.0.1 "$there" "$program" "$@"
	works tcpsvd "$there"
else
	skip tcpsvd 'the package ipsvd is not to be had'
fi

# who is there, by the words of each
ok 'the client is known under all of them' within 60 known

# typed at
as_user=''
! is_root || as_user="setpriv --reuid=$user --regid=$user --clear-groups"
# shellcheck disable=SC2086 # words
answers=$(printf '%s\r\n' 'HELO me' 'MAIL FROM:<me@client.test>' \
	'RCPT TO:<typed@example.test>' DATA 'hello' . QUIT |
	$as_user "$program" "$@" 2>"$T/typed")
is 'by itself: it ends with 0' $? 0
is 'by itself: its answers' \
	"$(echo "$answers" | cut -c 1-3 | paste -sd ' ')" \
	'220 250 250 250 354 250 221'
ok 'by itself: the message is delivered' within 60 files 1 "$dir/mail/typed/new"
is 'nothing of it went to standard error' "$(cat "$T/typed")" ''
finish
