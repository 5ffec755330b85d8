#!/bin/sh
# SPDX-License-Identifier: ISC
# Clients that people use hand in their mail: swaks, curl, smtplib, Net::SMTP,
# msmtp, Postfix and its smtp-source, Exim, OpenSMTPD; by SMTP and, where they
# know it, LMTP, XCLIENT and PROXY.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
serve() { # serve OPTION... - another smtpd for the same queue, at $there
	there=$(free_port)
	log=$T/smtpd.$there
	# shellcheck disable=SC2086 # words
	background "$log" $as_user "$dir/bin/mailgrave-smtpd" --verbose \
		--bind "127.0.0.1:$there" --routes "$dir/etc/routes" \
		--access "$dir/etc/access" \
		--out "$dir/spool/smtpd/queue.ctrl" "$@"
	within 60 listens
}
listens() { # somebody does, at $there
	perl -MIO::Socket::IP -e '
		exit !IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0])' "$there"
}
delivered() { # delivered BOX PATTERN - one message, with a line of this kind
	ok "$1: is delivered" within 60 files 1 "$dir/mail/$1/new"
	ok "$1: and says so" grep -Eqs "$2" "$dir/mail/$1/new/"*
}
to() { echo "$1@example.test"; }

printf 'From: a@client.test\r\nSubject: x\r\n\r\n.\r\n..\r\nend\r\n' >"$T/message"

# swaks
sw() { # sw BOX PORT OPTION...
	box=$1 at=$2
	shift 2
	ok "swaks $*: hands in" swaks --server 127.0.0.1 --port "$at" \
		--helo client.test --from a@client.test --to "$(to "$box")" \
		--data "@$T/message" "$@"
}
sw swaks "$port"
delivered swaks 'with ESMTP( |$)'
sw swaks-helo "$port" --protocol SMTP
delivered swaks-helo 'with SMTP( |$)'
sw swaks-pipe "$port" --pipeline
delivered swaks-pipe '^end'
serve --xclient 127.0.0.1
sw swaks-xclient "$there" --xclient-addr 192.0.2.7 \
	--xclient-helo far.test --xclient-name far.test
delivered swaks-xclient 'from far\.test .*\[?192\.0\.2\.7'
serve --proxy 127.0.0.0/8
for version in 1 2; do
	family=TCP4
	[ "$version" -eq 1 ] || family=AF_INET
	sw "swaks-proxy$version" "$there" --proxy-version "$version" \
		--proxy-family "$family" --proxy-protocol STREAM \
		--proxy-source 192.0.2.8 --proxy-source-port 1025 \
		--proxy-dest 192.0.2.9 --proxy-dest-port 25
	delivered "swaks-proxy$version" '192\.0\.2\.8'
done
like 'the log has the client of the proxy' "$(cat "$log")" \
	'ev=accepted .*client=192\.0\.2\.8'

# curl
ok 'curl hands in' curl -sS --mail-from a@client.test \
	--mail-rcpt "$(to curl1)" --mail-rcpt "$(to curl2)" -T "$T/message" \
	"smtp://127.0.0.1:$port/client.test"
delivered curl1 '^end'
delivered curl2 '^end'

# Python
for how in smtp esmtp dsn chunks; do
	ok "smtplib $how: hands in" "$tools/clients.py" "$how" "$port" \
		"$(to "py-$how")"
	delivered "py-$how" '^end'
done
ok 'smtplib utf8: hands in' "$tools/clients.py" utf8 "$port" "$(to py-utf8)"
delivered py-utf8 'with UTF8SMTP( |$)'
serve --lmtp
ok 'smtplib LMTP: hands in' "$tools/clients.py" lmtp "$there" \
	"$(to lmtp1)" "$(to lmtp2)"
delivered lmtp1 'with LMTP( |$)'
delivered lmtp2 'with LMTP( |$)'
"$B/mailgrave-smtpd" --lmtp --port 25 </dev/null >"$T/lmtp" 2>&1
is 'LMTP on port 25 is a mistake' $? 100
like 'which is named' "$(cat "$T/lmtp")" 'lmtp.*25'

# Perl
ok 'Net::SMTP hands in' perl -MNet::SMTP -e '
	my ($port, $to, $file) = @ARGV;
	my $s = Net::SMTP->new("127.0.0.1", Port => $port,
	    Hello => "client.test") or exit 1;
	open my $m, "<:raw", $file or exit 1;
	$s->mail("a\@client.test") && $s->to($to) && $s->data(<$m>) &&
	    $s->quit or exit 1' "$port" "$(to perl)" "$T/message"
delivered perl '^end'

if msmtp=$("$tools/unpack" msmtp msmtp); then
	ok 'msmtp hands in' env "$(libraries "$msmtp")" sh -c '
		"$1/usr/bin/msmtp" --host=127.0.0.1 --port="$2" --auth=off \
		    --tls=off --domain=client.test --from=a@client.test \
		    "$3" <"$4"' - "$msmtp" "$port" "$(to msmtp)" "$T/message"
	delivered msmtp '^end'
else
	skip msmtp 'the package is not to be had'
fi

if postfix=$("$tools/unpack" postfix postfix); then
	ok 'smtp-source hands in 50, 5 at a time' \
		env "$(libraries "$postfix")" \
		"$postfix/usr/sbin/smtp-source" -s 5 -m 50 -l 3000 \
		-f a@client.test -t "$(to source)" "127.0.0.1:$port"
	ok 'which are delivered' within 60 files 50 "$dir/mail/source/new"
else
	skip smtp-source 'the package postfix is not to be had'
fi

# a socket that someone else has bound, and several of our own
inherit() { # inherit OPTION... - a listening socket on descriptor 3
	there=$(free_port)
	background "$T/inherit" perl -MIO::Socket::IP -MPOSIX -e '
		my $port = shift;
		$^F = 255;	# nothing closes at exec
		my $s = IO::Socket::IP->new(LocalHost => "127.0.0.1",
		    LocalPort => $port, Listen => 10) or die;
		POSIX::dup2(fileno $s, 3) == 3 or die;
		if ($ARGV[0] eq "stdin") { shift; POSIX::dup2(3, 0); }
		$ENV{LISTEN_PID} = $$ if $ENV{LISTEN_FDS};
		exec @ARGV or die' "$there" "$@"
	within 60 listens
}
ours() { # ours PROGRAM-PREFIX... - with the options that all have
	# shellcheck disable=SC2086 # words
	inherit "$@" $as_user "$dir/bin/mailgrave-smtpd" \
		--routes "$dir/etc/routes" --access "$dir/etc/access" \
		--out "$dir/spool/smtpd/queue.ctrl" $options
}
options='--listen-fd 3'
ours
sw fd3 "$there"
delivered fd3 '^end'
options=''
ours stdin
sw fd0 "$there"
delivered fd0 '^end'
export LISTEN_FDS=1
ours
unset LISTEN_FDS
sw fds "$there"
delivered fds '^end'
second=$(free_port)
serve --bind "127.0.0.2:$second" --transcript
ok 'a second address is served' swaks --server 127.0.0.2 --port "$second" \
	--helo client.test --from a@client.test --to "$(to bind2)" \
	--data "@$T/message"
delivered bind2 '^end'
like 'the transcript has the commands' "$(cat "$log")" \
	'ev=heard session=[0-9]+ client=127\.0\.0\.1 line="?RCPT TO:<bind2@'
like 'and the replies' "$(cat "$log")" 'ev=said session=.* line="354 '
ok 'but no text' sh -c '! grep -q Subject: "$1"' - "$log"
perl -MIO::Socket::IP -e '
	my $s = IO::Socket::IP->new(PeerHost => "127.0.0.2",
	    PeerPort => $ARGV[0]);
	print $s "AUTH PLAIN AGEAc2VjcmV0\r\nAGEAc2VjcmV0\r\n";
	<$s> for 1 .. 3' "$second"
ok 'nor a secret that nobody asked for' sh -c '! grep -q AGEA "$1"' - "$log"

# servers that pass on what they were given
if ! is_root || ! unshare -m true 2>/dev/null; then
	skip 'Postfix, Exim, OpenSMTPD' 'it needs root and mount namespaces'
	finish
fi
T=$(realpath "$T")
# shellcheck source=tests/tools/peers.sh
. "$top/tests/tools/peers.sh"
tr -d '\r' <"$T/message" >"$T/lines"
printf 'gr\303\274\303\237e, %s\n' "$(yes x | head -n 900 | tr -d '\n')" \
	>>"$T/lines"
passed_on() { # passed_on NAME HOW - by it, to two of ours, unaltered
	for box in "$1-a" "$1-b"; do
		ok "$1: $box has it" within 60 files 1 "$dir/mail/$box/new"
		ok "$1: $box by $2" grep -qs "with $2\$\|with $2 " \
			"$dir/mail/$box/new/"*
		is "$1: $box has it unaltered" \
			"$(sed '1,/^$/d' "$dir/mail/$box/new/"* | md5sum)" \
			"$(sed '1,/^$/d' "$T/lines" | md5sum)"
	done
}

if server postfix postfix; then
	mkdir "$S/queue" "$S/data" "$S/conf"
	chown 64001 "$S/data"
	tr ';' '\n' >"$S/conf/main.cf" <<END
compatibility_level = 3.6;queue_directory = $S/queue
data_directory = $S/data;maillog_file = $S/log;maillog_file_prefixes = /tmp
myhostname = client.test;mydestination =;inet_interfaces = loopback-only
inet_protocols = ipv4;alias_maps =;relayhost = [127.0.0.1]:$port
END
	sed -E "/^smtp  *inet /d
	    /^[a-z0-9]+ +unix/s/^([^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +)[y-]( )/\1n\2/" \
		"$prefix/usr/share/postfix/master.cf.dist" >"$S/conf/master.cf"
	# shellcheck disable=SC2016 # its own variables
	run postfix.log sh -c '
		until sendmail -C "$1" -i -f a@client.test "$2" "$3" <"$4"; do
			sleep 0.5
		done &
		exec postfix -c "$1" start-fg' sh "$S/conf" \
		"$(to postfix-a)" "$(to postfix-b)" "$T/lines"
	passed_on postfix ESMTP
fi

if server exim exim4-daemon-light; then
	mkdir "$S/spool" "$S/etc/exim4"
	chown 64005 "$S/spool"
	tr ';' '\n' >"$S/etc/exim4/exim4.conf" <<END
exim_user = Debian-exim;exim_group = Debian-exim;spool_directory = $S/spool
log_file_path = $S/spool/%slog;primary_hostname = client.test
keep_environment =;trusted_users = root;begin routers;out:
driver = manualroute;route_list = * 127.0.0.1;self = send;transport = out
begin transports;out:;driver = smtp;port = $port
END
	chmod 644 "$S/etc/exim4/exim4.conf"
	# shellcheck disable=SC2016 # its own variables
	run exim.log sh -c 'exec exim4 -odf -i -f a@client.test "$1" "$2" <"$3"' \
		sh "$(to exim-a)" "$(to exim-b)" "$T/lines"
	passed_on exim ESMTP
fi

if server opensmtpd opensmtpd; then
	there=$(free_port)
	echo 'nameserver 127.0.0.1' >"$S/etc/resolv.conf"
	cat >"$S/etc/smtpd.conf" <<END
listen on 127.0.0.1 port $there hostname client.test
action "out" relay host "smtp+notls://127.0.0.1:$port" helo client.test
match from any for any action "out"
END
	run opensmtpd.log smtpd -d -v
	ok 'OpenSMTPD is up' within 60 listens
	ok 'and is given a message' curl -sS --crlf --mail-from a@client.test \
		--mail-rcpt "$(to opensmtpd-a)" \
		--mail-rcpt "$(to opensmtpd-b)" -T "$T/lines" \
		"smtp://127.0.0.1:$there/c.test"
	passed_on opensmtpd ESMTP
fi
finish
