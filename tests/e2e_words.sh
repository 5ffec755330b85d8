#!/bin/sh
# SPDX-License-Identifier: ISC
# What strangers write to do harm reaches commands as exact octets of arguments
# and variables, and does nothing there. LONG=1 tries more; SEED=N chooses.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/tools/local.sh
. "$tools/local.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"	# ok_says, short_or_long

users_of_our_own || skip_all 'no mount namespace is to be had'
cat >"$T/show" <<'END'
#!/bin/sh
# show DIR [WORD...] - write down what it is given, under the message's number
out=$1/$$
shift
for word; do printf '%s\0' "$word"; done >"$out.argv"
env -0 >"$out.env"
cat >"$out.mail"
n=$(sed -n 's/^X-Number: //p' "$out.mail")
for kind in argv env mail; do mv "$out.$kind" "${out%/*}/$n.$kind"; done
END
chmod 755 "$T/show"
cat >"$T/routes" <<END
@show.test	command as tester $T/show $T/open \${local} \${ext} --x=\${domain}
@home.test	maildir \${local}/
END
short_or_long 300 5000
# short, for it has to fit before an @; in a directory open to all
EVIL=/tmp/mg$$
export EVIL
nothing_made() { [ ! -e "$EVIL" ] && files 0 "$T/home/tester"; }

start "$T/log" --hostname mx.test
ok_says 'all that comes with a job' "$tools/words.py" "$T/local.ctrl" \
	"$T/open" "$n" ${SEED:+"$SEED"}
ok 'nothing was made of it' nothing_made
end "$pid"

# straight from the network, as whoever runs it, who may not see the tree
rm -f "$T"/open/*
mkdir "$T/bin"
cp "$B/mailgrave-smtpd" "$B/mailgrave-local" "$T/bin/"
port=$(free_port)
background "$T/sink" in_namespace setpriv --reuid=4242 --regid=4242 \
	--clear-groups "$T/bin/mailgrave-smtpd" --sink --bind "127.0.0.1:$port" \
	--hostname mx.test --routes "$T/routes" --access "$T/none" \
	--notify-fd 3 3>"$T/ready"
within 60 test -s "$T/ready"
ok_says 'all that SMTP lets through' "$tools/words.py" --smtp "$port" \
	"$T/open" "$n" ${SEED:+"$SEED"}
ok 'nothing was made of that either' nothing_made
finish
