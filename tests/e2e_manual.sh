#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave(7) is right: what its sections say is done, word for word, on a host
# that has nothing of Mailgrave yet, and mail goes where they say.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
cd "$top" || exit 1

# --- on that host ---------------------------------------------------------

fail() {
	echo "$*"
	cat "$T/step" /var/log/mailgrave/*/current 2>/dev/null
	exit 1
}
# step N - the commands of block N succeed; what they say is in $T/step
step() {
	awk -v section="$section" -v block="$1" -f "$tools/page.awk" \
		common/mailgrave.7 >"$T/commands"
	[ -s "$T/commands" ] || fail "there is no block $1"
	sh -eu "$T/commands" >"$T/step" 2>&1 || return 1
}
must() { "$@" || fail "failed: $*"; }
says() { has "$T/step" "$1"; }
# shows N WORDS - block N says so, sooner or later
shows() { step "$1" && says "$2"; }
listens() { swaks --server "$1" --quit-after HELO; }
# hands_in SERVER SOURCE TO
hands_in() {
	swaks --server "$1" --local-interface "$2" --from me@example.com \
		--to "$3" --data 'Subject: hello\n\nhi\n'
}
sink() { # what is sent to 192.0.2.25 is kept
	mkdir "$T/sink"
	background "$T/sink.out" "$tools/sink.py" 25 "$T/sink" 192.0.2.25
}
arrives() { must within 60 test -s "$T/sink/1.envelope"; }
built() { # as in the first section, up to the services
	must make -s B="$B" install
	background "$T/runsvdir" runsvdir -P /etc/service
}
local_mail() { printf 'Subject: x\n\nx\n' | mailgrave-inject "$1"; }

a_mail_host() {
	must step 1
	must step 2
	must step 3
	must within 60 step 4
	must within 60 step 5
	must within 60 shows 6 '^/var/lib/mailgrave/mail/you/new/.'
	must step 7
	must says '^mailgrave-smtpd: ok$'
	must step 8
	must says 'may relay by line 3 of access'
	must says '^ *250 2\.1\.5'
	must step 9
	must says 'ev=queued id=[0-9a-z]{26} from=root@host\.example\.org'
}
tls_and_logins() {
	built
	section='A MAIL HOST'
	must step 2
	must within 60 step 4
	must step 7
	section='TLS AND LOGINS'
	must step 1
	echo secret | step 2 || fail 'no user is made'
	must within 60 step 3
	must within 60 listens 127.0.0.1:587
	set -- --from bob@example.org --to a@other.test --quit-after RCPT
	must swaks --server 127.0.0.1 --tls --quit-after RCPT \
		--from a@other.test --to bob@example.org
	must swaks --server 127.0.0.1:587 --tls --auth-user bob \
		--auth-password secret "$@"
	must swaks --server 127.0.0.1:465 --tls-on-connect --auth-user bob \
		--auth-password secret "$@"
	! swaks --server 127.0.0.1:587 --tls "$@" >/dev/null 2>&1 ||
		fail 'mail is taken without a login'
	echo '@new.test maildir new/' >>/etc/mailgrave/routes
	must step 4
	for stage in smtpd submission; do
		must within 60 has "/var/log/mailgrave/$stage/current" \
			'ev=routes .*lines=4'
	done
	must service/install --remove
	! listens 127.0.0.1:587 >/dev/null 2>&1 ||
		fail 'it still listens on port 587'
	must test ! -e /etc/service/mailgrave-submission
}
aliases() {
	built
	printf '%s\n' 'postmaster: root' 'root: you, other@example.net' \
		'nobody: /dev/null' 'ticket: "|cat >/var/tmp/ticket"' \
		>/etc/aliases
	section='A MAIL HOST'
	must step 2
	must within 60 step 4
	section=ALIASES
	must within 60 step 1
	sv restart /etc/service/mailgrave-local
	must within 60 local_mail postmaster@example.org
	must within 60 files 1 /var/lib/mailgrave/mail/you/new
	must local_mail ticket@example.org
	must within 60 test -s /var/tmp/ticket
	must local_mail nobody@example.org
	must mailgrave-queue --list recipient=other@example.net
	must newaliases
}
a_null_client() {
	built
	sink
	must step 1
	must within 60 local_mail you@example.net
	arrives
	must has "$T/sink/1.envelope" 'root@host\.example\.org'
	! listens 127.0.0.1 >/dev/null 2>&1 || fail 'it listens'
}
a_host_that_only_receives() {
	built
	printf '#!/bin/sh\nexec cat >%s\n' "$T/mail/ticket" \
		>/usr/local/bin/ticket
	chmod 755 /usr/local/bin/ticket
	must step 1
	must within 60 listens 127.0.0.1
	install -d -o mailgrave-command "$T/mail"
	must within 60 hands_in 127.0.0.1 127.0.0.1 you@example.org
	must within 60 files 1 /var/lib/mailgrave/mail/you/new
	must hands_in 127.0.0.1 127.0.0.1 tickets@example.org
	must within 60 test -s "$T/mail/ticket"
	! hands_in 127.0.0.1 127.0.0.1 a@other.test >/dev/null ||
		fail 'mail for others is taken'
}
a_relay() {
	built
	sink
	must step 1
	must within 60 listens 192.0.2.1
	must within 60 hands_in 192.0.2.1 127.0.0.1 you@example.org
	arrives
	! hands_in 192.0.2.1 127.0.0.1 a@other.test >/dev/null ||
		fail 'everybody may relay'
	must hands_in 192.0.2.1 192.0.2.25 a@other.test
}
a_sink() {
	built
	must step 1
	must within 60 listens 127.0.0.1
	must within 60 hands_in 127.0.0.1 127.0.0.1 you@anywhere.test
	must within 60 files 1 /var/lib/mailgrave/mail/sink/new
}

if [ $# -gt 0 ]; then
	section=$1
	"$(echo "$section" | tr 'A-Z ' 'a-z_')"
	exit
fi

# --- here -----------------------------------------------------------------

status=0
"$tools/host" true >/dev/null 2>&1 || status=$?
[ "$status" -ne 99 ] || skip_all 'no namespaces or overlays to be had'
for section in 'A MAIL HOST' 'TLS AND LOGINS' ALIASES 'A NULL CLIENT' \
	'A HOST THAT ONLY RECEIVES' 'A RELAY' 'A SINK'; do
	ok "$section" timeout 180 "$tools/host" "$top/tests/e2e_manual.sh" \
		"$section"
done
is 'no section with commands is left out' \
	"$(awk '/^\.Sh /{s=substr($0,5)} /^\.Bd -literal/{print s}' \
		common/mailgrave.7 | sort -u | paste -sd ,)" \
	'A HOST THAT ONLY RECEIVES,A MAIL HOST,A NULL CLIENT,A RELAY,A SINK,ALIASES,TLS AND LOGINS'
finish
