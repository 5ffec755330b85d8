#!/bin/sh
# SPDX-License-Identifier: ISC
# The command lines by which the first MailGrave was set up (its Installation
# Example) still work as they stand, given /etc/mailgrave/routes: the same
# options, paths, users and ports, with a relay that wants the login. In
# namespaces of its own, so that the paths and ports are there to be had.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
if [ -z "${INSIDE-}" ]; then
	unshare --mount --net --pid --fork true 2>/dev/null ||
		skip_all 'no namespaces'
	"$top/service/make-users" || skip_all 'the users could not be made'
	trap - EXIT
	rm -rf "$T"
	INSIDE=1 exec unshare --mount --net --pid --fork --mount-proc \
		sh "$0"
fi
ip link set lo up 2>/dev/null || perl -e '
	socket my $s, 2, 2, 0; my $r = pack "a16 s x22", "lo", 0x41;
	ioctl $s, 0x8914, $r or exit 1'

cp -a /etc "$T/etc"
rm -rf "$T/etc/mailgrave"
mkdir "$T/etc/mailgrave" "$T/bin" "$T/kept" "$T/spool" "$T/service"
cp "$B"/mailgrave-* "$T/bin/"
mount --bind "$T/etc" /etc
mount --bind "$T/spool" /var/spool
echo 'elsewhere.test relay 127.0.0.1:525' >/etc/mailgrave/routes
PATH=$T/bin:$PATH

# --- as it was ------------------------------------------------------------

for x in smtpd queue send remote; do
	mkdir -p /var/spool/mailgrave/$x
done
groupadd -f -r mailgrave
chown -R mailgrave-queue:mailgrave /var/spool/mailgrave/

cat >"$T/service/smtpd" <<'EOF'
#!/bin/sh
exec 2>&1
exec mailgrave-smtpd \
  --bind 127.0.0.1 --port 25 \
  --out queue.ctrl \
  --chroot /var/spool/mailgrave/smtpd --user mailgrave-smtpd
EOF
cat >"$T/service/queue" <<'EOF'
#!/bin/sh
exec 2>&1
exec mailgrave-queue \
  --in /var/spool/mailgrave/smtpd/queue.ctrl \
  --out send.ctrl \
  --chroot /var/spool/mailgrave/queue --user mailgrave-queue
EOF
cat >"$T/service/send" <<'EOF'
#!/bin/sh
exec 2>&1
exec mailgrave-send \
  --in /var/spool/mailgrave/queue/send.ctrl \
  --out remote.ctrl \
  --chroot /var/spool/mailgrave/queue --user mailgrave-queue
EOF
cat >"$T/service/remote" <<'EOF'
#!/bin/sh
exec 2>&1
SMTP_AUTH_PASSWORD=bar
export SMTP_AUTH_PASSWORD
exec mailgrave-remote \
  --in /var/spool/mailgrave/queue/remote.ctrl \
  --relay 127.0.0.1 --port 525 \
  --login foo \
  --chroot /var/spool/mailgrave/remote --user mailgrave-remote
EOF

# --------------------------------------------------------------------------

background "$T/sink.log" "$tools/sink.py" 525 "$T/kept" 127.0.0.1 \
	foo bar
for x in smtpd queue send remote; do
	chmod +x "$T/service/$x"
	background "$T/$x.log" "$T/service/$x"
	eval "${x}_pid=$pid"
done
greets() {
	perl -MIO::Socket::IP -e '
	my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1", PeerPort => 25)
	    or exit 1; print $s "QUIT\r\n"; exit <$s> !~ /^220 /'
}
ok 'it greets on port 25' within 60 greets
send() {
	swaks --server 127.0.0.1 --port 25 --helo client.test \
		--from me@client.test --to you@elsewhere.test \
		--data 'Subject: x\n\nhello\n'
}
ok 'it takes mail' within 60 send
ok 'which is at the relay' within 60 test -e "$T/kept/1"
like 'whole' "$(tr -d '\r' <"$T/kept/1")" '^hello$'
like 'for whom it was meant' "$(cat "$T/kept/1.envelope")" \
	'^RCPT TO:<you@elsewhere\.test>'
for x in smtpd queue send remote; do
	eval "pid=\$${x}_pid"
	user=$x
	[ "$x" != send ] || user=queue	# the example has it so
	# shellcheck disable=SC2154 # by eval
	is "$x runs as its user" "$(stat -c %U "/proc/$pid")" "mailgrave-$user"
done

# what the host's own users have of it
ln -s mailgrave-inject "$T/bin/sendmail"
for flag in -bv -bt; do
	like "sendmail $flag explains" "$(sendmail "$flag" you@elsewhere.test)" \
		'relay: .* 127\.0\.0\.1 port 525'
done
status=0
sendmail you@elsewhere.test <"$T/kept/1" 2>"$T/err" || status=$?
is 'without --submit they have no socket: 75' "$status" 75
if [ "$failures" -ne 0 ]; then
	head -n 8 "$T"/*.log | note
fi
finish
