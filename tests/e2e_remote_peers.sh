#!/bin/sh
# SPDX-License-Identifier: ISC
# Other people's servers take our mail: Postfix and Exim over TLS, Postfix as a
# smart host with a login that Dovecot checks, OpenSMTPD, the last behind
# stunnel; Dovecot by LMTP over TCP and over a Unix socket in our root directory.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'it needs root to run other servers'
unshare -m true 2>/dev/null || skip_all 'no mount namespace is to be had'
T=$(realpath "$T")
# shellcheck source=tests/tools/peers.sh
. "$top/tests/tools/peers.sh"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=peer.test -keyout "$T/key.pem" -out "$T/cert.pem" -addext \
	subjectAltName=DNS:peer.test,DNS:localhost,IP:127.0.0.1 2>"$T/openssl.log"
chmod 644 "$T/cert.pem"

mkdir "$T/jail"
password=hunter2-secret

remote() { # remote OPTION... - one delivery, of what $message holds
	timeout 60 "$B/mailgrave-remote" --from a@client.test \
		--rcpt u@peer.test --hostname client.test --hurry 20 \
		--tls-ca "$T/cert.pem" --user mailgrave-remote \
		--chroot "$T/jail" "$@" <"$T/message" 2>&1
}
printf 'Subject: to a peer\n\n.dot\n..\ngr\303\274\303\237e\nend\n' >"$T/message"
greets() { remote --relay "$1" --from '<>' --verbose | grep -q '^< 220'; }
delivered() { # delivered NAME OPTION... - and nothing is altered
	what=$1
	shift
	like "$what" "$(remote --verbose "$@")" '^u@peer.test: delivered'
}
box() { find "$S/mail" -type f -path '*/new/*' -print0 |
	xargs -0 -r grep -l "${1-.}"; }
kept() { # kept NAME - a message arrived whole
	ok "$1 keeps it" within 60 box_has
	is 'unaltered' "$(box 'to a peer' | head -n 1 | xargs sed \
		's/\r$//' | sed '1,/^$/d' | md5sum)" \
		"$(sed '1,/^$/d' "$T/message" | md5sum)"
}
box_has() { [ -n "$(box 'to a peer')" ]; }

if server dovecot dovecot-core dovecot-imapd dovecot-lmtpd; then
	lmtp=$(free_port)
	dovecot=$S
	printf 'u@peer.test:{PLAIN}%s\n' "$password" >"$S/users"
	tr ';' '\n' >"$S/dovecot.conf" <<END
base_dir = $S/run;state_dir = $S/run;log_path = $S/log;protocols = lmtp
listen = 127.0.0.1;default_internal_user = mail;default_internal_group = mail
default_login_user = nobody;ssl = no;disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5;auth_failure_delay = 0
first_valid_uid = 1;mail_location = maildir:$S/mail/%u
passdb {;driver = passwd-file;args = $S/users;}
userdb {;driver = static;args = uid=mail gid=mail home=$S/mail/%u;}
service lmtp {;unix_listener $T/jail/lmtp.sock {;mode = 0666;}
inet_listener lmtp {;port = $lmtp;};}
service auth {;unix_listener $S/run/smtp-auth {;mode = 0666;};}
service anvil {;unix_listener anvil-auth-penalty {;mode = 0;};}
END
	run dovecot.log dovecot -c "$S/dovecot.conf" -F
	ok 'Dovecot is up' within 60 test -S "$T/jail/lmtp.sock"
	delivered 'Dovecot takes LMTP over TCP' --lmtp "127.0.0.1:$lmtp"
	kept Dovecot
	rm -rf "$S/mail/u@peer.test"
	delivered 'and over a Unix socket in our root' --lmtp /lmtp.sock
	kept Dovecot
	got=$(remote --lmtp /lmtp.sock --rcpt nobody@peer.test)
	like 'each recipient has a reply of its own' "$got" \
		'u@peer.test: delivered'
	like 'the unknown one is refused' "$got" \
		'nobody@peer.test: failed \(5\.1\.1\)'
	like 'a socket that is not there' "$(remote --lmtp /none.sock)" \
		'deferred \(4\.4\.1\)'
	like 'nothing outside of the root is reached' \
		"$(remote --lmtp "$S/run/smtp-auth")" 'deferred \(4\.4\.1\)'
fi

if server postfix postfix; then
	port=$(free_port)
	mkdir "$S/queue" "$S/data" "$S/conf"
	chown 64001 "$S/data"
	tr ';' '\n' >"$S/conf/main.cf" <<END
compatibility_level = 3.6;queue_directory = $S/queue
data_directory = $S/data;maillog_file = $S/log;maillog_file_prefixes = /tmp
myhostname = peer.test;mydestination = peer.test
inet_interfaces = 127.0.0.1;inet_protocols = ipv4;mynetworks = 192.0.2.1/32
alias_maps =;local_recipient_maps =;local_transport = virtual
virtual_mailbox_domains =;virtual_mailbox_base = $S/mail
virtual_mailbox_maps = static:box/;virtual_uid_maps = static:8
virtual_gid_maps = static:8;virtual_minimum_uid = 1
smtpd_error_sleep_time = 0;smtpd_tls_cert_file = $S/cert.pem
smtpd_tls_key_file = $S/key.pem;smtpd_tls_security_level = may
smtpd_sasl_auth_enable = yes;smtpd_sasl_type = dovecot
smtpd_sasl_path = ${dovecot-$S}/run/smtp-auth
smtpd_relay_restrictions = permit_sasl_authenticated reject_unauth_destination
smtpd_tls_auth_only = yes;relayhost = [127.0.0.1]:9
END
	sed -E "s/^smtp  *inet .*/$port inet n - n - - smtpd/
	    /^[a-z0-9]+ +unix/s/^([^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +)[y-]( )/\1n\2/" \
		"$prefix/usr/share/postfix/master.cf.dist" >"$S/conf/master.cf"
	run postfix.log postfix -c "$S/conf" start-fg
	ok 'Postfix is up' within 60 greets "127.0.0.1:$port"
	got=$(remote --relay "localhost:$port" --tls verify --verbose)
	like 'Postfix takes it over TLS, certificate checked' "$got" \
		'^u@peer.test: delivered'
	like 'which is what happened' "$got" 'TLSv1.*the certificate is good'
	kept Postfix
	got=$(remote --relay "localhost:$port" --rcpt far@other.test)
	like 'for another domain it refuses without a login' "$got" \
		'far@other.test: failed \(5\.7\.1\)'
	export SMTP_AUTH_PASSWORD="$password"
	if [ -n "${dovecot-}" ]; then
		got=$(remote --relay "localhost:$port" --rcpt far@other.test \
			--login u@peer.test --verbose)
		like 'with one it takes that too' "$got" \
			'far@other.test: delivered'
		like 'the login is shown as stars' "$got" '^> AUTH PLAIN \*\*\*'
		ok 'and nothing of the password' sh -c \
			'! printf "%s" "$1" | grep -q "$2"' - "$got" \
			"$password\|$(printf '\0u@peer.test\0%s' "$password" |
				base64)"
		printf '%s\n' "$password" >"$T/password"
		chmod 600 "$T/password"
		unset SMTP_AUTH_PASSWORD
		like 'with the password in a file' "$(remote \
			--relay "localhost:$port" --rcpt far@other.test \
			--login u@peer.test --password-file "$T/password")" \
			'far@other.test: delivered'
		like 'the wrong one puts it off' "$(
			SMTP_AUTH_PASSWORD=wrong remote --relay "localhost:$port" \
				--login u@peer.test)" \
			'deferred \(4\.7\.8\)'
	fi
	unset SMTP_AUTH_PASSWORD
fi

if server exim exim4-daemon-light; then
	port=$(free_port)
	mkdir "$S/spool" "$S/etc/exim4"
	chown 64005 "$S/spool" "$S/key.pem"
	tr ';' '\n' >"$S/etc/exim4/exim4.conf" <<END
exim_user = Debian-exim;exim_group = Debian-exim;spool_directory = $S/spool
log_file_path = $S/spool/%slog;pid_file_path = $S/exim.pid
primary_hostname = peer.test;local_interfaces = 127.0.0.1
daemon_smtp_ports = $port;tls_advertise_hosts = *
tls_certificate = $S/cert.pem;tls_privatekey = $S/key.pem;keep_environment =
host_lookup =;acl_smtp_rcpt = check;begin acl;check:
accept domains = peer.test;deny message = relay not permitted;begin routers
mine:;driver = accept;transport = box;begin transports;box:
driver = appendfile;maildir_format;create_directory;directory = $S/mail
user = mail;group = mail
END
	chmod 644 "$S/etc/exim4/exim4.conf"
	run exim.log exim4 -bdf -q1m
	ok 'Exim is up' within 60 greets "127.0.0.1:$port"
	delivered 'Exim takes it over TLS, certificate checked' \
		--relay "127.0.0.1:$port" --tls verify
	kept Exim
	like 'and refuses what is not for it' "$(remote \
		--relay "127.0.0.1:$port" --rcpt far@other.test)" \
		'far@other.test: failed'
fi

# Debian 12's OpenSMTPD can't serve TLS: its keys live in another process, and
# its way to them ends at OpenSSL 3. stunnel says STARTTLS in its place.
if server opensmtpd opensmtpd; then
	port=$(free_port)
	cat >"$S/etc/smtpd.conf" <<END
table catch { "@" = "mail" }
listen on 127.0.0.1 port $port hostname peer.test
action "box" maildir "$S/mail" virtual <catch>
match from any for domain "peer.test" action "box"
END
	run opensmtpd.log smtpd -d -v
	ok 'OpenSMTPD is up' within 60 greets "127.0.0.1:$port"
	delivered 'OpenSMTPD takes it' --relay "127.0.0.1:$port"
	kept OpenSMTPD
	opensmtpd=$S
fi
if [ -n "${opensmtpd-}" ] && server stunnel stunnel4; then
	secure=$(free_port)
	printf '%s\n' 'foreground = yes' 'pid =' '[smtp]' 'protocol = smtp' \
		"accept = 127.0.0.1:$secure" "connect = 127.0.0.1:$port" \
		"cert = $S/cert.pem" "key = $S/key.pem" >"$S/conf"
	run stunnel.log stunnel4 "$S/conf"
	ok 'stunnel is up' within 60 greets "127.0.0.1:$secure"
	rm -rf "$opensmtpd/mail/new"
	S=$opensmtpd
	delivered 'OpenSMTPD takes it over TLS, certificate checked' \
		--relay "localhost:$secure" --tls verify
	kept OpenSMTPD
fi
finish
