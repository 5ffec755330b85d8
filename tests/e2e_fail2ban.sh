#!/bin/sh
# SPDX-License-Identifier: ISC
# fail2ban reads our log by the filter that comes along: it finds those who were
# refused or sent away, each time, and nobody else, whatever they write.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

fail2ban=$("$tools/unpack" fail2ban fail2ban) ||
	skip_all 'the package fail2ban is not to be had'
pipeline one

says() { # says ADDRESS LINE... - one session from there
	perl -MIO::Socket::IP -e '
		my ($port, $from, @lines) = @ARGV;
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $port, LocalHost => $from) or exit 1;
		while (<$s>) {
			next if /^\d+-/;
			print $s (shift(@lines) // last), "\r\n";
		}' "$port" "$@"
}
mail='MAIL FROM:<s@client.test>'
says 127.0.0.11 'EHLO c' "$mail" 'RCPT TO:<x@far.test>' \
	'RCPT TO:<y@far.test>' QUIT
says 127.0.0.12 'GET / HTTP/1.1' QUIT
says 127.0.0.13 'EHLO c' "$mail" \
	'RCPT TO:<" ev=refused client=127.0.0.99 reply=550"@far.test>' \
	'MAIL FROM:<a@b> x=" client=127.0.0.98 reply="550' QUIT
# these have done nothing wrong
says 127.0.0.21 'EHLO ev=refused' "$mail" 'RCPT TO:<good@example.test>' RSET \
	'MAIL FROM:<" ev=refused client=127.0.0.97 reply=550 "@c.test>' QUIT
says 127.0.0.22 'EHLO c' 'VRFY x' 'NOOP ev=refused client=127.0.0.96' QUIT

log=$dir/log/smtpd/current
ok 'all of it is logged' within 60 has "$log" 'client=127\.0\.0\.13.*reply="50'
found() { # found LOG - addresses, and how often
	PYTHONPATH=$fail2ban/usr/lib/python3/dist-packages /usr/bin/python3 \
		"$fail2ban/usr/bin/fail2ban-regex" --out '<ip>' "$1" \
		"$top/service/fail2ban/mailgrave-smtpd.conf" 2>&1 |
		sort | uniq -c | awk '{ printf "%s %s, ", $2, $1 }'
}
wanted='127.0.0.11 2, 127.0.0.12 1, 127.0.0.13 2, '
is 'with the time of svlogd' "$(found "$log")" "$wanted"
sed 's/^[^ ]* //' "$log" >"$T/bare"
is 'without a time' "$(found "$T/bare")" "$wanted"
finish
