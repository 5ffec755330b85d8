#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-queue --fsck: a sound spool is sound; each kind of damage is told
# with its place, and nothing is changed by looking.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$T/bin" "$T/spool"
cp "$B"/mailgrave-* "$T/bin/"
PATH=$T/bin:$PATH
as_user=''
if is_root; then
	as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chown 65534:65534 "$T" "$T/spool"
fi
put_in() { # put_in OCTETS SUBJECT - a message of that size
	{
		printf 'From: me@here.test\nTo: you@there.test\nSubject: %s\n\n' \
			"$2"
		head -c "$1" /dev/zero | tr '\0' x | fold -w 70
		echo
	} >"$T/message"
	mailgrave-inject --out "$T/submit.ctrl" <"$T/message"
}
code() { "$@" >"$T/out" 2>"$T/err"; echo $?; }
fsck() { mailgrave-queue --fsck --spool "$T/spool"; }
image() { (cd "$T/spool" && find . -type f -exec cksum {} + &&
	find . -printf '%p %y %m %s %T@\n') | sort; }
octets() { # octets FILE OFFSET TEXT - written over what is there
	printf '%s' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
found() { # found NAME PATTERN - it isn't sound, says so, and changes nothing
	image >"$T/before"
	is "$1: exit 1" "$(code fsck)" 1
	like "$1: told" "$(cat "$T/out")" "$2"
	like "$1: summed up" "$(tail -1 "$T/out")" ' wrong$'
	image >"$T/after"
	ok "$1: nothing is changed" cmp "$T/before" "$T/after"
	rm -rf "$T/spool"
	cp -a "$T/kept" "$T/spool"
}

is 'no spool at all: 111' "$(code mailgrave-queue --fsck --spool "$T/none")" 111
is 'an empty directory: 111' "$(code fsck)" 111
is 'and it stays empty' "$(ls -A "$T/spool")" ''
is '--fsck goes alone' "$(code mailgrave-queue --fsck --list)" 100
is 'and without operands' "$(code mailgrave-queue --fsck x)" 100

# shellcheck disable=SC2086 # words
background "$T/log" $as_user mailgrave-queue --in "$T/in.ctrl" \
	--submit "$T/submit.ctrl" --spool "$T/spool"
within 60 has "$T/log" 'ev=recovered'
for n in 1 2 3 4 5 6; do
	ok "small message $n" put_in 1000 "small $n"
done
ok 'a large one' put_in 200000 large
is 'while a process serves it: 100' "$(code fsck)" 100
is 'it says so' "$(fsck 2>&1)" \
	"mailgrave-queue: the spool is in use: already running"
like 'and why' "$(cat "$T/err")" 'already running'
kill "$pid"
wait "$pid"

image >"$T/before"
is 'a sound spool: exit 0' "$(code fsck)" 0
like 'and told so' "$(cat "$T/out")" '^7 messages, .*: sound$'
ok 'nothing else is said' test "$(wc -l <"$T/out")" -eq 1
image >"$T/after"
ok 'and nothing is changed' cmp "$T/before" "$T/after"
is 'by default the spool is here' \
	"$(cd "$T/spool" && code mailgrave-queue --fsck)" 0

cp -a "$T/spool" "$T/kept"
first=$T/spool/journal/00000000
large=$(ls "$T/spool/mess")

octets "$first" 4200 '?????'
found 'a record' 'journal/00000000: records are missing at 4096, [0-9]+ octets'
octets "$first" 40 '?????'
is 'one of two heads: sound' "$(code fsck)" 0
octets "$first" 2100 '?????'
found 'both heads' 'journal/00000000: has no head at 0, 4194304 octets|'\
'journal/00000000: has no head'
truncate -s 100 "$first"
found 'a segment cut short' 'journal/00000000: is no segment'
rm "$first"
found 'a segment that is gone' 'journal/00000000: is missing'
touch "$T/spool/journal/alien
ev=forged"
found 'an odd name' 'journal/alien\\x0aev=forged: is none of ours'
rm "$T/spool/mess/$large"
found 'a message file that is gone' "mess/$large: No such file"
truncate -s -1 "$T/spool/mess/$large"
found 'one cut short' "mess/$large: has not the length"
octets "$T/spool/mess/$large" 150000 '?'
found 'one octet of it' "mess/$large: is not what was written"
cp "$T/message" "$T/spool/mess/0123456789abcdefghjkmnpqrs"
found 'a file of nobody' 'mess/0123456789abcdefghjkmnpqrs: belongs to no message'
mkdir "$T/spool/mess/.hidden"
found 'an odd name beside it' 'mess/\.hidden: is none of ours'
is 'and it is sound as before' "$(code fsck)" 0
finish
