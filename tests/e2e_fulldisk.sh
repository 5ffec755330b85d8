#!/bin/sh
# SPDX-License-Identifier: ISC
# The spool is full, has no place for another file, can't be written, fails; the
# mailboxes are full. Clients hear of it and come again, nothing acknowledged is
# lost or bounced, nobody runs in circles, and all of it goes on by itself.
# LONG=1 looks longer at each.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"
# shellcheck source=tests/storm/disk.sh
. "$top/tests/storm/disk.sh"
# shellcheck source=service/supervise.sh
. "$top/service/supervise.sh"

short_or_long 2 20
look_s=$n
number=0

# ask N - send so many messages; what the pipeline says, each kind once, is in
# $said
ask() {
	"$tools/load.py" send --port "$port" --clients 1 --messages "$1" \
		--first "$number" --record "$T/answers" --faults >"$T/sent"
	number=$((number + $1))
	said=$(cut -d ' ' -f 2-4 "$T/answers" |
		sed 's/^\(acknowledged\).*/\1/' | sort -u)
	cat "$T/answers" >>"$T/record"
	rm "$T/answers"
}

takes() {
	ask 1
	[ "$said" = acknowledged ]
}

# hundredths of a second that these processes and their dead have worked
# shellcheck disable=SC2046 # words
worked() {
	for process in $(descendants "$pipeline"); do
		cat "/proc/$process/stat"
	done 2>/dev/null | awk '{ n += $14 + $15 + $16 + $17 } END { print n }'
}

# calm - for a while, with nobody outside, they hardly work
calm() {
	before=$(worked)
	sleep "$look_s"
	after=$(worked)
	echo "$((after - before)) hundredths of a second in $look_s seconds"
	[ $((after - before)) -lt $((look_s * 10)) ]
}

# calms - when what has come in is dealt with
calms() {
	for _ in $(seq 30); do
		calm && return
	done
	return 1
}

alive_pids() {
	for stage in $stages; do
		daemon "$stage"
	done
}

# suffer WHAT ANSWER COMMAND... - it begins while mail comes in
suffer() {
	what=$1 answer=$2
	shift 2
	number=$((number + 1000000))
	mail_comes "$number" 2
	number=$((number + 500000))
	sleep 1
	ok "$what, with mail coming in" "$@"
	sleep 0.5
	ask 12
	is "$what: what clients hear" "$said" "$answer"
	mail_ends
	ok_says "$what: nobody runs in circles" calms
}

pids_stay() { # pids_stay WHAT PIDS
	is "$1: nobody has ended" "$(alive_pids)" "$2"
}

ends() { # ends WHAT COMMAND...
	what=$1
	shift
	ok "$what: it ends" "$@"
	ok "$what: mail is taken again" within 60 takes
}

full='unknown 452 4.3.1' away='refused 451 4.3.0'

other_host
quickstart_disk one/spool 240 20000
quickstart_disk one/mail 2000 200000
pipeline one --routes "$T/routes"
# shellcheck disable=SC2031 # that of lib.sh
pipeline=$pid

# promised OCTETS - what MAIL hears with this SIZE
promised() {
	perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		for my $line ("EHLO c.test",
		    "MAIL FROM:<a\@c.test> SIZE=$ARGV[1]") {
			do { $_ = <$s> } while /^\d+-/;
			print $s "$line\r\n";
		}
		do { $_ = <$s> } while /^\d+-/;
		print' "$port" "$1"
}

pids=$(alive_pids)
like 'a large message may be promised' "$(promised 1000000)" '^250 '
suffer 'a full spool' "$full" fill "$dir/spool"
like 'a full spool: no large one, either' "$(promised 70000)" '^452 4\.3\.1 '
ends 'a full spool' drain "$dir/spool"
suffer 'a spool without inodes' "$full" fill_files "$dir/spool"
ends 'a spool without inodes' drain "$dir/spool"
suffer 'full mailboxes' acknowledged fill "$dir/mail"
pids_stay 'full mailboxes' "$pids"
ends 'full mailboxes' drain "$dir/mail"
suffer 'mailboxes without inodes' acknowledged fill_files "$dir/mail"
ends 'mailboxes without inodes' drain "$dir/mail"
pids_stay 'whatever was short' "$pids"

# it comes up where nobody may write: runsv tries once a second
read_only() {
	sv -w 60 down "$dir/service/queue" &&
		mount --bind "$dir/spool/queue" "$dir/spool/queue" &&
		mount -o remount,bind,ro "$dir/spool/queue" &&
		sv up "$dir/service/queue"
}
suffer 'a read-only spool' "$away" read_only
ends 'a read-only spool' umount -l "$dir/spool/queue"

# as ext4 does by itself when the disk fails
suffer 'a spool that fails' "$away" mount -o remount,abort "$dir/spool"
end "$pipeline"
is 'it can be ended' $? 0
ok 'and mounted anew' umount "$dir/spool"
e2fsck -p "$dir/spool.image" >/dev/null
ok 'and mounted anew' mount_disk "$dir/spool"
pipeline one --routes "$T/routes"
all_is_well
finish
