#!/bin/sh
# SPDX-License-Identifier: ISC
# Where passwords and their hashes are after logins by each mechanism: in no
# memory of a process but for the hashes in the helpers that check them, in no
# log, no transcript, no argument, no environment and no file.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'
command -v gcore >/dev/null || skip_all 'needs gcore'
pipeline one --tls
smtpd=$dir/bin/mailgrave-smtpd
bob='Xk7-correct-horse-battery'	# in no command line of ours but swaks'
mkdir "$T/etc"
verifier=$(echo "$bob" | "$smtpd" --hash --scram)
crypt=$(echo "$bob" | "$smtpd" --hash)
printf '%s\n' "bob:$verifier" "eve:$crypt" >"$T/etc/users"
chown mailgrave-auth "$T/etc/users"
chmod 400 "$T/etc/users"
there=$(free_port)
secure=$(free_port)
smtpd_log=$T/smtpd.log
background "$smtpd_log" "$smtpd" --user mailgrave-smtpd --transcript --verbose \
	--bind "127.0.0.1:$there" --tls-bind "127.0.0.1:$secure" \
	--tls-cert "$dir/tls/cert.pem" --tls-key "$dir/tls/key.pem" \
	--users "$T/etc/users" --auth-clear --max-failures 100 \
	--routes "$dir/etc/routes" --access "$dir/etc/access" \
	--chroot "$dir/spool/smtpd"
server=$pid
ok 'smtpd serves' within 60 perl -MIO::Socket::IP -e '
	exit !IO::Socket::IP->new(PeerHost => "127.0.0.1",
	    PeerPort => $ARGV[0])' "$there"

for port in "$there" "s$secure"; do
	like "logins at $port" "$("$tools/login.py" "$port" bob "$bob" PLAIN \
		LOGIN SCRAM-SHA-256 | grep -c '^235')" '^3$'
	like 'by a hash of crypt(3)' "$("$tools/login.py" "$port" eve "$bob")" \
		'^235'
	like 'of who is unknown' "$("$tools/login.py" "$port" ann "$bob")" \
		'^535'
	like 'with more behind it' "$("$tools/login.py" "$port" bob "$bob$bob" \
		PLAIN LOGIN SCRAM-SHA-256 | grep -c '^535')" '^3$'
done
# one that goes away before it is answered
perl -MIO::Socket::IP -MMIME::Base64 -e '
	my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
	    PeerPort => $ARGV[0]);
	<$s>; print $s "EHLO c\r\n"; while (<$s>) { last if /^250 / }
	print $s "AUTH PLAIN ", encode_base64("\0bob\0$ARGV[1]x", ""), "\r\n";
	' "$there" "$bob"
# and one that stays
echo "$bob" >"$T/bob"
background "$T/idle" python3 -c '
import sys, time
sys.path.insert(0, sys.argv[1])
from login import Client, plain
client = Client(sys.argv[2])
plain(client, b"bob", open(sys.argv[3], "rb").read().strip())
time.sleep(600)' "$tools" "s$secure" "$T/bob"

# secrets FILE... - names each that holds a password, as it is said or encoded,
# at whichever offset, or what is kept of it
words() {
	printf '%s\n' "$bob" "$(printf '\0bob\0%s' "$bob" | base64)"
	for skip in 1 2 3; do
		printf '%s' "$(printf '%s' "$bob" | tail -c +$skip |
			head -c 21 | base64)"
		echo
	done
}
words >"$T/words"
hashes() {
	echo "${crypt##*\$}"
	echo "$verifier" | tr ',' '\n' | tail -n 2
	echo "$verifier" | tr ',' '\n' | tail -n 2 | while read -r key; do
		echo "$key" | base64 -d | xxd -p -c 100
	done
}
secrets() {
	grep -laFf "$T/words" -- "$@"
	hashes >"$T/hashes"
	perl -e '
		open my $f, "<", shift or die; chomp(my @w = <$f>);
		@w = map { length == 64 && !/[^0-9a-f]/ ? pack "H*", $_ : $_ } @w;
		for my $file (@ARGV) {
			open my $in, "<:raw", $file or next;
			local $/; my $text = <$in>;
			for (@w) { print "$file\n" if index($text, $_) >= 0 }
		}' "$T/hashes" "$@" | sort -u
}
memory() { # memory PID - in $T/memory.PID
	gcore -o "$T/memory" "$1" >/dev/null 2>&1
}
helpers=''
others=$server
for child in $(pgrep -P "$server"); do
	if [ "$(cat "/proc/$child/comm")" = smtpd-auth ]; then
		helpers="$helpers $child"
	else
		others="$others $child"
	fi
done
for stage in $stages; do
	others="$others $(daemon "$stage")"
done
is 'two helpers check passwords' "$(echo "$helpers" | wc -w)" 2
for process in $others; do
	ok "the memory of $(cat "/proc/$process/comm")" memory "$process"
	is 'has no password and no hash' "$(secrets "$T/memory.$process")" ''
done
for process in $helpers; do
	ok 'the memory of a helper' memory "$process"
	is 'has no password' "$(grep -laFf "$T/words" \
		"$T/memory.$process")" ''
	is 'but hashes: the search finds them' \
		"$(secrets "$T/memory.$process")" "$T/memory.$process"
done
rm -f "$T"/memory.*

for process in $others $helpers; do
	cat "/proc/$process/cmdline" "/proc/$process/environ" 2>/dev/null
done >"$T/words.of.processes"
is 'no argument and no environment has one' \
	"$(secrets "$T/words.of.processes")" ''
ok 'the transcript is there' has "$smtpd_log" 'ev=said .* line="235 '
# shellcheck disable=SC2046 # words
is 'no log, no file of the spool has one' "$(secrets "$smtpd_log" \
	$(find "$dir" -type f ! -path '*/bin/*' ! -name build.log))" ''

for process in $server $helpers; do
	like 'there will be no core' "$(grep 'core file size' \
		"/proc/$process/limits")" 'core file size +0 +0 '
done
for process in $helpers; do
	is 'smtpd itself may not look into a helper' "$(setpriv \
		--reuid=mailgrave-smtpd --regid=mailgrave-smtpd --clear-groups \
		cat "/proc/$process/mem" 2>&1 | grep -c 'ermission denied')" 1
done
is 'nor into the file' "$(setpriv --reuid=mailgrave-smtpd \
	--regid=mailgrave-smtpd --clear-groups cat "$T/etc/users" 2>&1 |
	grep -c 'ermission denied')" 1

end "$server"
is 'TERM ends it' $? 0
finish
