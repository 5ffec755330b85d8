#!/bin/sh
# SPDX-License-Identifier: ISC
# What service/install writes for inetd and xinetd, under the real ones: smtpd
# becomes its user in its own root, and its log never reaches the client.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
# shellcheck source=tests/tools/installing.sh
. "$tools/installing.sh"

# beside it NAME - the other stages, under runit, on the same ground
beside() {
	ok "$1: the other stages" install "$1" --supervisor runit \
		--stages queue,send,local,remote
	background "$T/runsvdir" runsvdir -P "$T/$1/services"
}
# refusal - all that a client gets that asks for what is not ours
refusal() {
	printf '%s\r\n' 'HELO me' 'MAIL FROM:<a@b.test>' \
		'RCPT TO:<a@other.test>' QUIT >"$T/said"
	timeout 60 perl -MIO::Socket::IP -e '
		$s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => shift) or exit 1;
		while (<$s>) {
			print;
			$line = <STDIN> // last;
			print $s $line;
		}
		print while <$s>;' "$port" <"$T/said"
}
works() { # works NAME
	ok "$1: takes a message" within 60 send you@example.test
	ok "$1: which is delivered" within 60 files 1 "$T/$1/mail/you/new"
	is "$1: a client hears replies alone" \
		"$(refusal | cut -c 1-4 | paste -sd ,)" \
		'220 ,250 ,250 ,550 ,221 '
}
removed() { # removed NAME
	ok "$1: removed" "$top/service/install" --remove --etc "$T/$1/etc"
	ok "$1: its processes are gone" within 60 gone "$1"
}

is 'inetd: an address it has no way to say' "$(port=25 && install no \
	--supervisor inetd --bind 2001:db8::1 2>&1)" \
	'install: --bind: inetd takes an IPv4 address, or ::'

if inetd=$("$tools/unpack" openbsd-inetd openbsd-inetd); then
	port=$(free_port)
	conf=$T/inetd.conf
	echo '# mine' >"$conf"
	chmod 640 "$conf"
	beside inetd
	ok 'inetd: installed' install inetd --supervisor inetd --port 9 \
		--services "$conf"
	ok 'inetd: again, with another port' install inetd --supervisor inetd \
		--services "$conf"
	is 'inetd: one line' "$(grep -c mailgrave "$conf")" 1
	# its own syslog has no part in it
	background "$T/inetd.log" env "$(libraries "$inetd")" \
		"$inetd/usr/sbin/inetd" -d "$conf"
	works inetd
	removed inetd
	is 'inetd: the line is gone, and nothing else' \
		"$(stat -c %a "$conf") $(cat "$conf")" '640 # mine'
else
	skip inetd 'the package openbsd-inetd is not to be had'
fi

if xinetd=$("$tools/unpack" xinetd xinetd); then
	port=$(free_port)
	beside xinetd
	ok 'xinetd: installed' install xinetd --supervisor xinetd \
		--services "$T/xinetd.d"
	printf 'defaults\n{\n\tlog_type = FILE %s\n}\nincludedir %s\n' \
		"$T/xinetd.log" "$T/xinetd.d" >"$T/xinetd.conf"
	background "$T/xinetd.out" env "$(libraries "$xinetd")" \
		"$xinetd/usr/sbin/xinetd" -dontfork \
		-f "$T/xinetd.conf" -pidfile "$T/xinetd.pid"
	works xinetd
	removed xinetd
	ok 'xinetd: its file is gone' test ! -e "$T/xinetd.d/mailgrave-smtpd"
else
	skip xinetd 'the package xinetd is not to be had'
fi
finish
