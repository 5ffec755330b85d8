#!/bin/sh
# SPDX-License-Identifier: ISC
# The units that service/install writes: systemd reads them without a word, and
# run as it would run them the daemons are ready, reload and end; sockets as
# systemd gives them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
# shellcheck source=tests/tools/installing.sh
. "$tools/installing.sh"

# shellcheck source=tests/tools/busy.sh
. "$tools/busy.sh"
busy
port=$(free_port)
units=$T/systemd/services
like 'installed, with the next step' "$(install systemd --supervisor systemd)" \
	'systemctl enable --now mailgrave\.target mailgrave-smtpd'
if command -v systemd-analyze >/dev/null; then
	# the manual pages it names are not installed here
	is 'systemd finds nothing wrong' "$(systemd-analyze verify --man=no \
		"$units"/*.service "$units"/*.target 2>&1)" ''
	printf '[Service]\nType=no\n' >"$T/wrong.service"
	like 'and it would say so' "$(systemd-analyze verify --man=no \
		"$T/wrong.service" 2>&1)" 'bad unit file setting'
else
	skip 'systemd finds nothing wrong' 'no systemd-analyze'
fi
ok 'a second smtpd alone' install users --supervisor systemd \
	--stages submission --tls-cert "$T/c.pem" --users "$T/users"
is 'is one unit, and the target' "$(ls "$T/users/services")" \
	'mailgrave-submission.service
mailgrave.target'
has "$T/users/services/mailgrave-submission.service" \
	'^ExecStart=.*mailgrave-smtpd .*--port 587 .*--user mailgrave-smtpd$'
point $? 'with its options'
ok 'no log directories: the journal has it' test ! -e "$T/systemd/log"

# a command in the routes: local has a parent, and still its own pid is ready
cat >>"$T/systemd/etc/routes" <<EOF
run@run.test command $T/slow-command
slow.test    relay 127.0.0.1:$host
EOF
background "$T/out" "$tools/units.py" "$units"/*.service
ok 'every main process says that it is ready' within 60 has "$T/out" '^ready$'
ok 'mail is taken' within 60 send you@example.test
ok 'and delivered' within 60 files 1 "$T/systemd/mail/you/new"

mails=1
for stage in $stages; do
	kill -KILL "$(pgrep -o -f \
		"^$T/local/sbin/mailgrave-$stage .*$T/systemd/")"
	ok "$stage is killed, and ready again" within 60 has "$T/out" \
		"^ready again mailgrave-$stage\.service"
	ok 'mail goes on' within 60 send you@example.test
	mails=$((mails + 1))
	ok 'and is there' within 60 files "$mails" "$T/systemd/mail/you/new"
done

echo 'nonsense' >>"$T/systemd/etc/routes"
kill -HUP "$pid"
ok 'reload with a bad file' within 60 has "$T/out" 'ev=reload-failed'
ok 'the old one stays' send you@example.test
sed -i '$d' "$T/systemd/etc/routes"
echo 'new.test maildir new/' >>"$T/systemd/etc/routes"
kill -HUP "$pid"
ok 'reload with a good one' within 60 send you@new.test
ok 'from end to end' within 60 files 1 "$T/systemd/mail/new/new"

begin 'at the end' run@run.test someone@slow.test
end "$pid"
is 'all end with 0, with mail under way' \
	"$(grep -c '^ended .* 0$' "$T/out")" 5
finished 'at the end'
ok 'and leave nothing behind' within 60 gone systemd
background "$T/out2" "$tools/units.py" "$units"/*.service
ok 'they start again' within 60 has "$T/out2" '^ready$'
ok 'mail goes on' within 60 send you@example.test
mails=$((mails + 2))
ok 'and is there' within 60 files "$mails" "$T/systemd/mail/you/new"
once_each 'at the end'
end "$pid"

# a listening socket, with the variables of the real thing
if command -v systemd-socket-activate >/dev/null; then
	there=$(free_port)
	background "$T/activate" systemd-socket-activate -l "127.0.0.1:$there" \
		"$T/local/sbin/mailgrave-smtpd" --user nobody \
		--routes "$T/systemd/etc/routes"
	greeting() {
		printf 'QUIT\r\n' | timeout 60 perl -MIO::Socket::IP -e '
			$s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
			    PeerPort => shift) or exit 1;
			print scalar <$s>' "$there" | grep -q '^220 '
	}
	ok 'socket activation' within 60 greeting
	ok 'serves more than one' greeting
else
	skip 'socket activation' 'no systemd-socket-activate'
fi
ok 'removed' "$top/service/install" --remove --etc "$T/systemd/etc"
is 'no unit is left' "$(find "$T/systemd" -name '*.service' -o \
	-name '*.target')" ''
ok 'routes stay' test -f "$T/systemd/etc/routes"
finish
