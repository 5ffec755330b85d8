#!/bin/sh
# SPDX-License-Identifier: ISC
# Sessions as the RFCs have them, and as they don't: tests/strict says what each
# line must hear, with its enhanced code, and that the session goes on.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$T/routes" <<-'EOF'
	good@[192.0.2.7]	maildir good/
	@example.test	maildir ${local}/
	*	mx
EOF
pipeline one --routes "$T/routes"
cat >"$T/access" <<-'EOF'
	relay 192.0.2.50
	refuse 192.0.2.99 554 5.7.1 "go away"
EOF
as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
listens() {
	perl -MIO::Socket::IP -e 'exit !IO::Socket::IP->new(
	    PeerHost => "127.0.0.1", PeerPort => $ARGV[0])' "$there"
}
for file in "$top"/tests/strict/*; do
	part=${file##*/}
	there=$port
	options=$(sed -n "s|^serve: ||p" "$file" | sed "s|ACCESS|$T/access|")
	if [ -n "$options" ]; then
		there=$(free_port)
		# shellcheck disable=SC2086 # words
		background "$T/smtpd.$part" $as_user \
			"$dir/bin/mailgrave-smtpd" --bind "127.0.0.1:$there" \
			--domain example.test --routes "$T/routes" \
			--access "$dir/etc/access" \
			--out "$dir/spool/smtpd/queue.ctrl" $options
		ok "$part: smtpd $options" within 60 listens
	fi
	"$tools/strict.py" "$file" "$there" >"$T/played" 2>&1
	is "$part: all was played" $? 0
	while IFS= read -r line; do
		case $line in
		'ok '*) point 0 "$part: ${line#ok }" ;;
		'not ok '*) point 1 "$part: ${line#not ok }" ;;
		*) echo "$line" | note ;;
		esac
	done <"$T/played"
done
# what was to be one message is one, and nothing else is
stored() { find "$dir/mail/good/new" -type f | wc -l; }
accepted() { cat "$dir"/log/smtpd/* "$T"/smtpd.* | grep -c 'ev=accepted '; }
settled() { [ "$(stored)" -ge "$(accepted)" ]; }
ok 'all that was accepted is delivered' within 60 settled
is 'nothing else is' "$(find "$dir/mail" -mindepth 1 -maxdepth 1 \
	-printf '%f ')" 'good '
finish
