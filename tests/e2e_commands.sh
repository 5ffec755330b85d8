#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-queue --list, --show, --hold, --release, --retry, --delete, --bounce:
# asked of the running queue, and of a spool at rest.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

relay=$(free_port)	# nobody listens there yet
pipeline one --relay "127.0.0.1:$relay"
spool=$dir/spool/queue

queue() { "$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" "$@"; }
rest() { "$dir/bin/mailgrave-queue" --spool "$spool" "$@"; }
as() { # as UID COMMAND... - another user of the machine
	uid=$1
	shift
	if is_root; then
		setpriv "--reuid=$uid" "--regid=$uid" --clear-groups "$@"
	else
		"$@"
	fi
}
inject() { # inject UID RECIPIENT... - sets id
	uid=$1
	shift
	id=$(printf 'Subject: to %s\n\nhello\n' "$*" | as "$uid" \
		"$dir/bin/mailgrave-inject" --out "$dir/spool/submit.ctrl" \
		--verbose --from me@example.test "$@")
}
field() { # field ID NAME - of its object in the list
	queue --list --json "$1" | python3 -c '
import json, sys
print(json.loads(sys.stdin.readline())[sys.argv[1]])' "$2"
}
stands() { # stands ID STATE
	[ "$(field "$1" queue_name)" = "$2" ]
}
code() { # code COMMAND... - its exit code, and its words in $T/words
	"$@" >"$T/words" 2>&1
	echo $?
}
refused() { # refused NAME PATTERN COMMAND... - 100, one line that says so
	name=$1 pattern=$2
	shift 2
	is "$name: 100" "$(code "$@")" 100
	like "$name: it says so" "$(cat "$T/words")" "$pattern"
	is "$name: in one line" "$(wc -l <"$T/words")" 1
}

# --- looking --------------------------------------------------------------

is 'an empty queue is listed' "$(queue --list)" '0 messages, 0 octets'
like 'and summed up' "$(queue --status)" '^all +0 +0 +0 +-$'
inject 65534 one@else.test two@else.test
one=$id
inject 65533 three@other.test
two=$id
ok 'it is deferred' within 60 stands "$one" deferred
queue --list >"$T/list"
like 'the list: id, state, tries' "$(cat "$T/list")" "^$one deferred .* [0-9]+ "
like 'the list: sender, recipients' "$(cat "$T/list")" \
	'<me@example\.test> -> <one@else\.test> and 1 more'
like 'the list: the last error' "$(cat "$T/list")" '^    4\.[0-9.]+ .*refused'
like 'the list: a sum' "$(cat "$T/list")" '^2 messages, [0-9]+ octets'
like 'summed up' "$(queue --status)" '^all +2 +3 +[0-9]+ +[0-9]+[sm]$'
like 'one of them' "$(queue --status domain=other.test)" \
	'^younger than 10m: 1, 1h: 0,'
ok 'summed up as JSON' sh -c '"$@" | python3 -c "
import json, sys
s = json.load(sys.stdin)
assert (s[\"messages\"], s[\"recipients\"]) == (2, 3)
assert sum(t[\"messages\"] for t in s[\"states\"].values()) == 2
assert s[\"states\"][\"deferred\"][\"oldest_arrival_time\"] > 1e9
assert sum(s[\"ages\"].values()) == 2"' - "$dir/bin/mailgrave-queue" --status \
	--json --submit "$dir/spool/submit.ctrl"
queue --list --json >"$T/json"
ok 'as JSON: an object a line, with names as postqueue has them' python3 -c '
import json, sys
a, b = [json.loads(line) for line in open(sys.argv[1])]
assert (a["queue_id"], b["queue_id"]) == tuple(sys.argv[2:4])
assert a["queue_name"] == "deferred" and a["sender"] == "me@example.test"
assert a["arrival_time"] > 1e9 and 100 < a["message_size"] < 1000
assert [r["address"] for r in a["recipients"]] == \
    ["one@else.test", "two@else.test"]
assert all("refused" in r["delay_reason"] for r in a["recipients"])
assert a["next_try"] > a["arrival_time"] and a["tries"] >= 1
' "$T/json" "$one" "$two"
queue --show "$one" >"$T/show"
like 'shown: a recipient' "$(cat "$T/show")" '^recipient +<two@else.test> deferred'
like 'shown: the text' "$(cat "$T/show")" '^Subject: to one@else.test'
ids() { grep -Eo '^0[0-9a-z]{25}' | paste -sd ' '; }
for filter in domain=OTHER.test recipient=Three@other.test; do
	is "$filter" "$(queue --list "$filter" | ids)" "$two"
done
is 'sender= names both' "$(queue --list sender=me@example.test | ids)" "$one $two"
is 'terms are a conjunction' \
	"$(queue --list sender=me@example.test domain=other.test | ids)" "$two"
is 'age> names none of today' "$(queue --list 'age>1d' | ids)" ''

# --- bad input ------------------------------------------------------------

alien=0123456789abcdefghjkmnpqrs
refused 'an id that is none' 'neither an id nor a filter' queue --delete nonsense
refused 'an unknown id' "$alien: no such message" queue --delete "$one" "$alien"
refused 'a bad filter' 'age>5: no number' queue --delete 'age>5'
refused 'a filter that fits nothing' 'no message matches' \
	queue --delete sender=nobody@nowhere.test
refused 'no operand' 'give ids or filters' queue --delete
refused 'two commands' 'one command at a time' queue --delete --hold "$one"
refused 'ids and filters' 'exclude each other' queue --delete "$one" state=held
refused '--json without --list' 'is for --list' queue --delete --json "$one"
is 'nothing was deleted' "$(queue --list | ids)" "$one $two"
is 'a socket nobody serves: 111' \
	"$(code "$dir/bin/mailgrave-queue" --submit "$T/none" --list)" 111
is "smtpd's socket takes no commands: 111" "$(code "$dir/bin/mailgrave-queue" \
	--submit "$dir/spool/smtpd/queue.ctrl" --list)" 111
refused 'a spool that is none' "$T/journal/lock" \
	"$dir/bin/mailgrave-queue" --spool "$T" --list

# --- users ----------------------------------------------------------------

if is_root; then
	theirs() { as 65533 "$dir/bin/mailgrave-queue" \
		--submit "$dir/spool/submit.ctrl" "$@"; }
	is 'a user sees his own mail only' "$(theirs --list | ids)" "$two"
	like 'and so does his sum' "$(theirs --status)" '^all +1 +1 '
	refused "a user can't show another's" "$one: no such message of yours" \
		theirs --show "$one"
	refused "nor delete it" "$one: no such message of yours" \
		theirs --delete "$one"
	refused 'nor by filter' 'no message matches' \
		theirs --delete recipient=one@else.test
	ok 'he may hold his own' theirs --hold "$two"
	ok 'and release it' theirs --release "$two"
else
	skip "another user's mail" 'needs root'
fi

# --- ordering -------------------------------------------------------------

like 'a dry run says what it would do' \
	"$(queue --delete --dry-run state=deferred)" '^2 messages would be deleted'
is 'and does nothing' "$(queue --list | ids)" "$one $two"
like '--hold' "$(queue --hold "$one")" '^1 message held'
ok 'it is held' stands "$one" held
is 'state=held' "$(queue --list state=held | ids)" "$one"

# the other side is there at last
mkdir "$T/kept"
background "$T/sink" "$tools/sink.py" "$relay" "$T/kept"
within 60 has /proc/net/tcp ":$(printf %04X "$relay") 00000000:0000 0A"
like '--retry' "$(queue --retry sender=me@example.test)" '^2 messages due at once'
ok 'one is delivered' within 60 test -e "$T/kept/1"
ok 'it leaves the list' within 60 sh -c '! "$@"' - \
	"$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" --show "$two"
like 'the other one is held' "$(cat "$T/kept/1.envelope")" 'three@other.test'
sleep 1
ok 'and stays' stands "$one" held
is 'untried' "$(cat "$T"/kept/*.envelope | grep -c else.test)" 0

# killed and started again
old=$(daemon queue)
kill -KILL "$old"
restarted() { [ "$(daemon queue)" != "$old" ] && queue --list; }
ok 'the queue is killed and comes back' within 60 restarted
ok 'it is still held' stands "$one" held
old=$(daemon send)
kill -KILL "$old"
sleep 2
ok 'send is killed: it is still held' stands "$one" held
is 'and untried' "$(cat "$T"/kept/*.envelope | grep -c else.test)" 0
like '--release' "$(queue --release "$one")" '^1 message released'
queue --retry "$one" >/dev/null 2>&1
ok 'it is delivered' within 60 sh -c 'cat "$1"/*.envelope | grep one@else.test' - \
	"$T/kept"
kill "$pid"
wait "$pid" 2>/dev/null
within 60 files 0 "$spool/mess"

inject 65534 four@else.test
four=$id
inject 65534 five@else.test six@else.test
five=$id
ok 'two more are deferred' within 60 stands "$five" deferred
like '--delete' "$(queue --delete "$four")" '^1 message deleted'
is 'it is gone' "$(queue --list | ids)" "$five"
like '--bounce' "$(queue --bounce "$five")" '^1 message given up'
ok 'its sender is told' within 60 files 1 "$dir/mail/me/new"
report=$(cat "$dir"/mail/me/new/*)
like 'of its recipients' "$report" 'six@else.test'
like 'with the status' "$report" '5\.0\.0'
like 'and the reason' "$report" 'given up by the administrator'
ok 'the queue is empty' within 60 sh -c '[ -z "$("$@" | grep "^01")" ]' - \
	"$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" --list

# in the middle of a try: a server that answers the final dot when told to
perl -MIO::Socket::INET -e '
	my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1",
	    LocalPort => $ARGV[0], Listen => 9, ReuseAddr => 1) or die;
	while (my $c = $l->accept) {
		my $text;
		$c->print("220 slow.test\r\n");
		while (<$c>) {
			if ($text) {
				next unless /^\.\r/;
				open my $f, ">", "$ARGV[1]/waits";
				select undef, undef, undef, 0.1
				    until -e "$ARGV[1]/go";
				$text = 0;
				$c->print("250 2.0.0 taken\r\n");
				open $f, ">", "$ARGV[1]/taken";
				next;
			}
			$text = /^DATA/i;
			$c->print($text ? "354 go\r\n" : "250 2.0.0 ok\r\n");
		}
	}' "$relay" "$T" >"$T/slow" 2>&1 &
started="$started $!"
within 60 has /proc/net/tcp ":$(printf %04X "$relay") 00000000:0000 0A"
inject 65534 seven@else.test
ok 'a try is under way' within 60 test -e "$T/waits"
queue --delete "$id" >"$T/words" 2>&1
like 'deleted in the middle of it: it says so' "$(cat "$T/words")" \
	'1 may be in the middle of a try'
is 'and it is gone' "$(queue --list | ids)" ''
: >"$T/go"
ok 'the try goes on to its end' within 60 test -e "$T/taken"
inject 65534 eight@example.test
ok 'mail goes on' within 60 files 1 "$dir/mail/eight/new"
is 'nobody was told' "$(find "$dir/mail/me/new" -type f | wc -l)" 1

# --- at rest --------------------------------------------------------------

kill -TERM "$(daemon remote)"	# what goes there stays
sv -w 60 down "$dir/service/remote" >/dev/null
for user in nine ten eleven; do
	inject 65534 "$user@else.test"
	eval "$user=\$id"
done
sv -w 60 down "$dir/service/send" "$dir/service/queue" >/dev/null
is 'a stopped queue: its socket is silent, 111' "$(code queue --list)" 111
# shellcheck disable=SC2154 # eval above
is 'the list of its files' "$(rest --list | ids)" "$nine $ten $eleven"
refused 'an unknown id' "$alien: no such message" rest --delete "$alien"
like 'a dry run' "$(rest --delete --dry-run sender=me@example.test)" 'would be deleted'
is 'does nothing' "$(rest --list | ids)" "$nine $ten $eleven"
like '--hold' "$(rest --hold "$nine")" '^1 message held'
like '--delete' "$(rest --delete recipient=ten@else.test)" '^1 message deleted'
like '--bounce' "$(rest --bounce "$eleven")" '^1 message given up'
is 'all of it is in the files' "$(rest --list | cut -d ' ' -f 1,2 | grep ^0 |
	paste -sd ' ')" "$nine held $eleven failed"
is 'and theirs whose spool it is' \
	"$(find "$spool/journal" "$spool/mess" -printf '%u\n' | sort -u | wc -l)" 1
sv -w 60 up "$dir/service/queue" "$dir/service/send" >/dev/null
ok 'after a start the sender is told' within 60 files 2 "$dir/mail/me/new"
ok 'what is held is held' stands "$nine" held
is 'with the queue running its spool is locked: it is asked instead' \
	"$(rest --submit "$dir/spool/submit.ctrl" --list | ids)" "$nine"
finish
