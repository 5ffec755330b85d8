#!/bin/sh
# SPDX-License-Identifier: ISC
# The examples of README and of the programs' manual pages, taken from there and
# run as they stand, on a host that is fresh but for what quickstart made; then
# on one with the services installed. Daemons get --check besides. What goes to
# a host that isn't there has to fail for that, with 111.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
cd "$top" || exit 1
if [ $# -eq 0 ]; then
	status=0
	"$tools/host" true >/dev/null 2>&1 || status=$?
	[ "$status" -ne 99 ] || skip_all 'no namespaces or overlays to be had'
	"$tools/host" "$top/tests/e2e_examples.sh" inside
	exit
fi

# block N FILE - an example; nothing behind the last one. README has them
# indented, between headings.
block() {
	case $2 in
	README)
		sed -n '/^LOOK AT/,/^BUILD/p' README | awk -v block="$1" '
			!/^    / { inside = 0; next }
			!inside { inside = 1; n++ }
			n == block { print substr($0, 5) }' ;;
	*)	awk -v section=EXAMPLES -v block="$1" -f "$tools/page.awk" \
			"$2" | sed 's/^\$ //' ;;
	esac
}
# try NAME STATUS USER FILE - run the shell commands in it
try() {
	status=0
	words=$(cd "$ground" && timeout 60 setpriv --reuid="$3" --regid="$(id -g "$3")" \
		--clear-groups env "PATH=$path" "HOME=$ground" \
		"RENEWED_LINEAGE=$T/lineage" sh -eu "$4" 2>&1 <"$T/input") ||
		status=$?
	is "$1" "$status" "$2"
	[ "$status" -eq "$2" ] || {
		cat "$4"
		printf "%s\n" "$words"
	} | note
}
# examples FILE - all of them
examples() {
	n=1
	while block "$n" "$1" >"$T/commands" && [ -s "$T/commands" ]; do
		user=nobody wanted=0
		: >"$T/input"
		text=$(cat "$T/commands")
		case $text in
		*'$PATH'* | *sqlite3* | *store-sqlite* | *'stream tcp'*) wanted='' ;;
		*' --in '* | *' --bind '*) sed -i '$s/$/ --check/' "$T/commands" ;;
		*'--bounce domain='*) wanted=100 ;;	# nothing waits
		*RENEWED*) wanted=1 ;;			# there is no service
		*mailgrave-remote*) wanted=111 ;;
		*--hash*) echo secret >"$T/input" ;;
		esac
		case $text in
		*' --user '* | *service/* | */etc/mailgrave/*) user=root ;;
		esac
		case $text in
		*service/reload*) within 60 sv status mailgrave-smtpd ;;
		esac
		# what stands for something
		sed -i "s:--submit \.\.\.:--submit $submit:
		    s:/path/of/a/stopped/spool:$ground:
		    s:id=01m[0-9a-z]*:id=$id:" "$T/commands"
		[ -z "$wanted" ] ||
			try "$1, example $n" "$wanted" \
				"$user" "$T/commands"
		n=$((n + 1))
	done
	ok "$1 has examples" test "$n" -gt 1
}

chmod 755 "$T"
ground=$T/ground
install -d -o nobody "$ground" "$T/sink1" "$T/sink25"
echo '@example.org maildir ${local}/' >"$ground/routes"
echo 'accept *' >"$ground/access"
printf 'To: you@example.org\nSubject: hello\n\nhi\n' >"$ground/message"
printf '#!/bin/sh\nexec cat >/dev/null\n' >/usr/local/bin/ticket
chmod 755 /usr/local/bin/ticket
printf 'HELO me\r\nQUIT\r\n' >"$ground/session.txt"
: >"$T/input"
# what certbot has renewed
mkdir "$T/lineage"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=host.example.org \
	-keyout "$T/lineage/privkey.pem" -out "$T/lineage/fullchain.pem" 2>/dev/null
ln -s "$top/service" "$ground/service"
ln -s "$top/Makefile" "$ground/Makefile"
background "$T/sink1.out" "$tools/sink.py" 25 "$T/sink1" 192.0.2.1
sinks=$pid
background "$T/sink25.out" "$tools/sink.py" 25 "$T/sink25" 192.0.2.25
sinks="$sinks $pid"

# --- with quickstart ------------------------------------------------------

background "$T/quickstart" service/quickstart --no-install
ok 'quickstart' within 120 has "$T/quickstart" '^Ctrl-C ends it'
path=/var/lib/mailgrave-try/bin:/usr/bin:/bin
submit=/var/lib/mailgrave-try/spool/submit.ctrl
# one that waits, for there is no such domain
cat >"$T/waits" <<EOT
mailgrave-inject --out $submit you@example.net <message
EOT
try 'mail that will wait' 0 nobody "$T/waits"
ok 'is there' within 60 has /var/lib/mailgrave-try/log/queue/current ev=queued
id=$(sed -n 's/.*ev=queued id=\([0-9a-z]*\).*/\1/p' \
	/var/lib/mailgrave-try/log/queue/current | head -n 1)
examples README
ok 'what was forwarded by hand is there' test -s "$T/sink25/1.envelope"
examples send/mailgrave-send.8
ok 'here, too' test -s "$T/sink1/1.envelope"
end "$pid" || :

# --- installed ------------------------------------------------------------

make -s B="$B" install >"$T/install" 2>&1
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /etc/service
service/install --supervisor runit --domain example.org \
	--stages queue,send,local,remote >>"$T/install" 2>&1
background "$T/runsvdir" runsvdir -P /etc/service
ok 'installed' within 60 test -S /var/spool/mailgrave/submit.ctrl
for page in smtpd queue remote; do
	examples "$page/mailgrave-$page.8"
done
sed -n 's/^\.Dl //p' inject/mailgrave-inject.8 | sed 's/\\e/\\/g' >"$T/inject"
ok 'mailgrave-inject(8) has examples' test -s "$T/inject"
try 'those of mailgrave-inject(8)' 0 nobody "$T/inject"

# local's first two are a routes file, and what asks the database it fills
examples local/mailgrave-local.8
useradd --create-home --home-dir /home/crm crm
cp service/examples/* /usr/local/bin
block 1 local/mailgrave-local.8 >"$T/lines"
echo "mailgrave-local --rcpt mail@example.org --routes $T/lines <message" \
	>"$T/commands"
try 'mailgrave-local(8): a message for a database' 0 crm "$T/commands"
ok 'is in it' test -s /home/crm/mail.db
block 2 local/mailgrave-local.8 >"$T/commands"
if command -v sqlite3 >/dev/null; then
	try 'and can be asked for' 0 crm "$T/commands"
else
	skip 'and can be asked for' 'no sqlite3'
fi

# nobody else may have the port of smtpd
# shellcheck disable=SC2086 # numbers
kill $sinks
ground=$top
examples service/mailgrave-install.8
finish
