#!/bin/sh
# SPDX-License-Identifier: ISC
# Clients that say what they ought not to, go away, come by mistake or stay for
# ever: each is answered, none gets anything stored that was not one message,
# and mail goes on.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
main=$port

as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
serve() { # serve OPTION... - another smtpd for the same queue, at $there
	there=$(free_port)
	# shellcheck disable=SC2086 # words
	background "$T/smtpd.$there" $as_user "$dir/bin/mailgrave-smtpd" \
		--bind "127.0.0.1:$there" --routes "$dir/etc/routes" \
		--access "$dir/etc/access" \
		--out "$dir/spool/smtpd/queue.ctrl" "$@"
	ok "smtpd $*: serves" within 60 perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		exit(<$s> =~ /^220/ ? 0 : 1)' "$there"
}
group() { # group NAME PORT - each of its cases is a point
	"$tools/hostile.py" "$1" "$2" >"$T/$1" 2>&1
	is "$1: all of it was said" $? 0
	while read -r line; do
		case $line in
		'ok '*) point 0 "$1: ${line#ok }" ;;
		'not ok '*) point 1 "$1: ${line#not ok }" ;;
		*) echo "$line" | note ;;
		esac
	done <"$T/$1"
}
accepted() { cat "$@" | grep -c 'ev=accepted '; }	# accepted LOG... - messages

for name in ends random chunks hops aborts strangers; do
	group "$name" "$main"
done
serve --max-size 1000 --line-limit 100
group sizes "$there"
small=$T/smtpd.$there
serve --max-commands 12 --max-unknown 3 --max-errors 5 --max-rcpt 3 \
	--max-mails 2 --max-per-address 4
group limits "$there"
few=$T/smtpd.$there
serve --command-time 3 --text-time 3
group idlers "$there"
serve --transaction-time 10
group drips "$there"
serve --transactions 5
group shares "$there"
shared=$T/smtpd.$there

# a thousand at rest: what they cost, and that nothing moves for them
if is_root; then
	memory() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(daemon smtpd)/status"; }
	worked() { awk '{ print $14 + $15 }' "/proc/$(daemon smtpd)/stat"; }
	mkfifo "$T/hold"
	before=$(memory)
	"$tools/hostile.py" many "$main" <"$T/hold" >"$T/many" 2>&1 &
	many=$!
	started="$started $many"
	exec 8>"$T/hold"
	ok '1,000 sessions are held' within 60 has "$T/many" '^holding'
	each=$((($(memory) - before) * 1024 / 1000))
	ok "each costs $each octets, less than 4096" test "$each" -lt 4096
	then=$(worked)
	sleep 2
	# a hundredth may have been nearly full before
	ok 'which take no time of the processor' test \
		"$(worked)" -le $((then + 1))
	echo >&8
	exec 8>&-
	wait "$many"
	is 'many: all of it was said' $? 0
	while read -r line; do
		case $line in
		'ok '*) point 0 "many: ${line#ok }" ;;
		'not ok '*) point 1 "many: ${line#not ok }" ;;
		esac
	done <"$T/many"
else
	skip '1,000 sessions at rest' 'only root sees what a daemon costs'
fi

# what was accepted is there, and nothing else
stored() { find "$dir/mail/good/new" -type f | wc -l; }
due() { accepted "$dir"/log/smtpd/* "$small" "$few" "$shared"; }
settled() { [ "$(stored)" -ge "$(due)" ]; }
ok 'all that was accepted is delivered' within 60 settled
ok 'no mailbox was made for the rest' test ! -e "$dir/mail/evil"
ok 'no message file is left' within 60 files 0 "$dir/spool/queue/mess"
like 'the queue holds nothing' \
	"$(find "$dir/mail" -mindepth 1 -maxdepth 1 -printf '%f ')" '^good $'
finish
