#!/bin/sh
# SPDX-License-Identifier: ISC
# Clients that people use log in, each by STARTTLS and by TLS from the start, with
# the right password and with a wrong one: swaks, curl, smtplib, msmtp, mutt,
# s-nail, Postfix, Exim and openssl s_client.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
T=$(realpath "$T")
user=''
! is_root || user='--user mailgrave-smtpd'
openssl req -x509 -nodes -days 30 -subj /CN=localhost -newkey ec -pkeyopt \
	ec_paramgen_curve:prime256v1 -keyout "$T/key" -out "$T/crt" \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>"$T/openssl.log"
echo "bob:$(echo sesame | "$dir/bin/mailgrave-smtpd" --hash --scram)" >"$T/users"
chmod 644 "$T/key" "$T/users"
there=$(free_port)
secure=$(free_port)
smtpd_log=$T/smtpd.log
# shellcheck disable=SC2086 # words
background "$smtpd_log" "$dir/bin/mailgrave-smtpd" $user \
	--bind "127.0.0.1:$there" --tls-bind "127.0.0.1:$secure" \
	--tls-cert "$T/crt" --tls-key "$T/key" --users "$T/users" \
	--submission --max-failures 1000 --max-per-address 1000 --verbose \
	--routes "$dir/etc/routes" --access "$dir/etc/access" \
	--out "$dir/spool/smtpd/queue.ctrl"
smtpd=$pid
listens() {
	perl -MIO::Socket::IP -e '
		exit !IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0])' "$there"
}
within 60 listens

refusals() { grep -c 'verb=AUTH reply="535 5.7.8' "$smtpd_log"; }
refused_again() { [ "$(refusals)" -gt "$before" ]; }
# both CLIENT - by "CLIENT starttls|wrapped PASSWORD TO", which hands in
# $T/message
both() {
	for how in starttls wrapped; do
		box=$1-$how
		like "$1, $how" "$("$1" "$how" sesame "$box@example.test" \
			2>&1 && echo "exit 0")" 'exit 0'
		ok "$1, $how: it is delivered" within 120 files 1 \
			"$dir/mail/$box/new"
		ok "$1, $how: with TLS and a login" grep -Eqs 'with ESMTPSA' \
			"$dir/mail/$box/new/"*
		before=$(refusals)
		"$1" "$how" wrong "never@example.test" >"$T/wrong" 2>&1
		ok "$1, $how: a wrong password is one" within 120 refused_again
	done
}
printf 'From: bob@example.test\nTo: you@example.test\nSubject: x\n\ntext\n' \
	>"$T/message"
port_of() { # port_of starttls|wrapped
	[ "$1" = wrapped ] && echo "$secure" || echo "$there"
}

swaks_() {
	swaks --server localhost --port "$(port_of "$1")" --helo c.test \
		--from bob@example.test --to "$3" --data "@$T/message" \
		--auth-user bob --auth-password "$2" \
		"$([ "$1" = wrapped ] && echo --tls-on-connect || echo --tls)" \
		--tls-verify --tls-ca-path "$T/crt"
}
both swaks_

curl_() {
	curl -sS --cacert "$T/crt" --ssl-reqd --crlf -u "bob:$2" \
		--mail-from bob@example.test --mail-rcpt "$3" -T "$T/message" \
		"smtp$([ "$1" = starttls ] || echo s)://localhost:$(port_of "$1")"
}
both curl_

smtplib_() {
	python3 -c '
import smtplib, ssl, sys
how, port, cert, password, to, text = sys.argv[1:]
context = ssl.create_default_context(cafile=cert)
if how == "wrapped":
    c = smtplib.SMTP_SSL("localhost", int(port), context=context)
else:
    c = smtplib.SMTP("localhost", int(port))
    c.starttls(context=context)
c.login("bob", password)
c.sendmail("bob@example.test", [to], open(text).read())
c.quit()' "$1" "$(port_of "$1")" "$T/crt" "$2" "$3" "$T/message"
}
both smtplib_

# the session, spelled; openssl takes a line that begins with Q or R for itself
s_client_() {
	{
		sleep 1
		printf 'EHLO c.test\r\nAUTH PLAIN %s\r\n' \
			"$(printf '\0bob\0%s' "$2" | base64)" |
			while IFS= read -r line; do
				printf '%s\n' "$line"
				sleep 1
			done
		sleep 3
		for line in 'mail from:<bob@example.test>' "rcpt to:<$3>" data \
		    'Subject: x' '' text . quit; do
			printf '%s\r\n' "$line"
			sleep 0.3
		done
	} | openssl s_client -connect "localhost:$(port_of "$1")" \
		-CAfile "$T/crt" -verify_return_error -quiet -ign_eof \
		-verify_hostname localhost \
		"$([ "$1" = starttls ] && echo -starttls || echo -servername)" \
		"$([ "$1" = starttls ] && echo smtp || echo localhost)"
}
both s_client_

if prefix=$("$tools/unpack" msmtp msmtp); then
	msmtp_() {
		starttls=$([ "$1" = starttls ] && echo on || echo off)
		env "$(libraries "$prefix")" "$prefix/usr/bin/msmtp" \
			--host=localhost --port="$(port_of "$1")" --auth=on \
			--user=bob --passwordeval="echo $2" --tls=on \
			--tls-starttls="$starttls" --tls-trust-file="$T/crt" \
			--from=bob@example.test "$3" <"$T/message"
	}
	both msmtp_
else
	skip msmtp 'its package is not to be had'
fi

if mutt_at=$("$tools/unpack" mutt mutt); then
	mutt_() {
		scheme=$([ "$1" = starttls ] && echo smtp || echo smtps)
		cat >"$T/muttrc" <<END
set smtp_url="$scheme://bob@localhost:$(port_of "$1")" smtp_pass="$2"
set ssl_force_tls=yes ssl_starttls=yes certificate_file="$T/crt"
set from="bob@example.test" copy=no record="" mbox_type=Maildir
END
		echo text | env "$(libraries "$mutt_at")" HOME="$T" TERM=dumb \
			"$mutt_at/usr/bin/mutt" -n -F "$T/muttrc" -s x "$3"
	}
	both mutt_
else
	skip mutt 'its package is not to be had'
fi

if nail_at=$("$tools/unpack" s-nail s-nail); then
	nail_() {
		scheme=$([ "$1" = starttls ] && echo smtp || echo smtps)
		echo text | env "$(libraries "$nail_at")" HOME="$T" TERM=dumb \
			"$nail_at/usr/bin/s-nail" -:/ -S v15-compat -S sendwait \
			-S "mta=$scheme://bob:$2@localhost:$(port_of "$1")" \
			-S smtp-use-starttls -S smtp-auth=login \
			-S tls-verify=strict -S "tls-ca-file=$T/crt" \
			-S tls-ca-no-defaults -S from=bob@example.test -s x "$3"
	}
	both nail_
else
	skip s-nail 'its package is not to be had'
fi

# servers that pass on what they were given
if ! is_root || ! unshare -m true 2>/dev/null; then
	skip 'Postfix, Exim' 'it needs root and mount namespaces'
	end "$smtpd"
	finish
fi
# shellcheck source=tests/tools/peers.sh
. "$top/tests/tools/peers.sh"

# What a server has not passed on after it was refused, it keeps.
passed_on() { # passed_on PASSWORD TO
	if [ "$1" = sesame ]; then
		within 120 files 1 "$dir/mail/${2%@*}/new"
	else
		within 120 refused_again
	fi
	status=$?
	stop
	return "$status"
}

if server postfix-sasl postfix libsasl2-modules; then
	mkdir "$S/queue" "$S/data" "$S/conf"
	chown 64001 "$S/data"
	sed -E "/^smtp  *inet /d
	    /^[a-z0-9]+ +unix/s/^([^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +)[y-]( )/\1n\2/" \
		"$prefix/usr/share/postfix/master.cf.dist" >"$S/conf/master.cf"
	postfix_() {
		wrapped=$([ "$1" = wrapped ] && echo yes || echo no)
		rm -rf "$S/queue"
		mkdir "$S/queue"
		tr ';' '\n' >"$S/conf/main.cf" <<END
compatibility_level = 3.6;queue_directory = $S/queue
data_directory = $S/data;maillog_file = $S/log;maillog_file_prefixes = /tmp
myhostname = client.test;mydestination =;inet_interfaces = loopback-only
inet_protocols = ipv4;alias_maps =;relayhost = [127.0.0.1]:$(port_of "$1")
smtp_sasl_auth_enable = yes;smtp_sasl_password_maps = static:bob:$2
smtp_sasl_security_options = noanonymous;smtp_tls_wrappermode = $wrapped
smtp_tls_security_level = encrypt;smtp_tls_CAfile = $T/crt
END
		run postfix.log sh -c '
			until sendmail -C "$1" -i -f bob@example.test "$2" <"$3"
			do
				sleep 0.5
			done &
			exec postfix -c "$1" start-fg' sh "$S/conf" "$3" \
			"$T/message"
		passed_on "$2" "$3"
	}
	both postfix_
fi

if server exim exim4-daemon-light; then
	mkdir "$S/etc/exim4"
	exim_() {
		# what it has kept it would pass on with the next one
		rm -rf "$S/spool"
		mkdir "$S/spool"
		chown 64005 "$S/spool"
		protocol=$([ "$1" = wrapped ] && echo smtps || echo smtp)
		tr ';' '\n' >"$S/etc/exim4/exim4.conf" <<END
exim_user = Debian-exim;exim_group = Debian-exim;spool_directory = $S/spool
log_file_path = $S/spool/%slog;primary_hostname = client.test
keep_environment =;trusted_users = root;begin routers;out:
driver = manualroute;route_list = * 127.0.0.1;self = send;transport = out
begin transports;out:;driver = smtp;port = $(port_of "$1");hosts_require_tls = *
protocol = $protocol;hosts_require_auth = *;tls_verify_certificates = $T/crt
begin authenticators;plain:;driver = plaintext;public_name = PLAIN
client_send = ^bob^$2
END
		chmod 644 "$S/etc/exim4/exim4.conf"
		run exim.log sh -c 'exec exim4 -odf -i -f bob@example.test "$1" \
			<"$2"' sh "$3" "$T/message"
		passed_on "$2" "$3"
	}
	both exim_
fi
ok 'nothing came with a wrong password' files 0 "$dir/mail/never/new"
end "$smtpd"
is 'TERM ends it' $? 0
ok 'no password in the log' sh -c '! grep -Fq -e sesame -e "$1" "$2"' - \
	"$(printf '\0bob\0sesame' | base64)" "$smtpd_log"
finish
