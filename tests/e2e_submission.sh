#!/bin/sh
# SPDX-License-Identifier: ISC
# Submission: no mail without a login, whose addresses one may use, what a header
# is completed with, from where it came, how much a login may send, and what
# groups by login decide.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one --domain example.test
smtpd=$dir/bin/mailgrave-smtpd
user=''
! is_root || user='--user mailgrave-smtpd'
hash=$(echo 'pass word' | "$smtpd" --hash --scram)
printf '%s\n' "bob:$hash" "ann:$hash" "free:$hash" >"$T/users"
chmod 644 "$T/users"
cat >"$T/access" <<'END'
group staff login=ann login=bob
senders bob bob@example.test sales@example.test @bob.test
senders ann ann@example.test
limit login=ann messages 2
limit login=free recipients 3
limit * messages none
END
cat >"$T/routes" <<'END'
list@example.test from staff alias bob@example.test
list@example.test reject 550 5.7.1 "for staff only"
@example.test maildir ${local}/
END
! is_root || cp "$T/routes" "$dir/etc/routes"
serve() {
	there=$(free_port)
	log=$T/smtpd.$there
	# shellcheck disable=SC2086 # words
	background "$log" "$smtpd" --bind "127.0.0.1:$there" $user \
		--bind "127.0.0.2:$there" --hostname mx.test \
		--domain example.test --users "$T/users" --routes "$T/routes" \
		--access "$T/access" --submission --auth-clear --verbose \
		--out "$dir/spool/smtpd/queue.ctrl" "$@"
	ok "smtpd $*: serves" within 60 perl -MIO::Socket::IP -e '
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0]) or exit 1;
		exit(<$s> =~ /^220/ ? 0 : 1)' "$there"
}
# send NAME TO OPTION... - the message of standard input
send() {
	name=$1 to=$2
	shift 2
	cat >"$T/message"
	swaks --server "127.0.0.1:$there" --helo laptop.test --to "$to" \
		--auth-user "$name" --auth-password 'pass word' --auth PLAIN \
		--from "$name@example.test" --data "@$T/message" "$@" 2>&1
}
box() { # box NAME - the one message there, when it has come
	within 60 files 1 "$dir/mail/$1/new"
	cat "$dir/mail/$1/new/"*
}
field() { # field NAME MESSAGE - of its header, unfolded
	echo "$2" | sed '/^$/q' | perl -0pe 's/\n[ \t]+/ /g' | grep -i "^$1:"
}

serve
like 'none without a login' "$(swaks --server "127.0.0.1:$there" --helo c \
	--from bob@example.test --to x@example.test 2>&1)" '530 5.7.0 log in first'

# what is missing
printf 'Subject: x\nBcc: hidden@example.test\n\nbody\n' |
	send bob a1@example.test >"$T/out"
got=$(box a1)
like 'Date' "$(field date "$got")" \
	'^Date: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} '
id=$(sed -n 's/.*250 2.0.0 accepted id=//p' "$T/out")
is 'Message-ID' "$(field message-id "$got")" "Message-ID: <$id@mx.test>"
is 'From' "$(field from "$got")" 'From: bob@example.test'
is 'To' "$(field to "$got")" 'To: undisclosed-recipients:;'
is 'Bcc is gone' "$(field bcc "$got")" ''
is 'the rest stays' "$(echo "$got" | tail -n 3)" "$(printf 'Subject: x\n\nbody')"
like 'where it came from is told' "$(field received "$got")" \
	'from laptop\.test .*\[127\.0\.0\.1\].* with ESMTPA '

# what is there
whole='Date: Fri, 1 Jan 2021 00:00:00 +0000
From:   "Bob"   <bob@example.test>
Message-ID: <1@example.test>
To: someone@elsewhere.test
Subject: folded
  and kept

text
.dot'
printf '%s\n' "$whole" | send bob a2@example.test >"$T/out"
is 'nothing is altered' "$(box a2 | sed -n '/^Date/,$p')" "$whole"
echo 'no header at all' | send bob a3@example.test >"$T/out"
got=$(box a3)
like 'text alone gets a header' "$(field date "$got")" '^Date: '
is 'and an empty line before it' "$(echo "$got" | tail -n 2)" \
	"$(printf '\nno header at all')"
printf 'From: bob@bob.test\nSubject: no text\n' | send bob a4@example.test \
	>"$T/out"
like 'a header alone' "$(field subject "$(box a4)")" 'no text'
ok 'in chunks' python3 -c '
import smtplib, sys
c = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "laptop.test", timeout=60)
c.login("bob", "pass word")
c.mail("bob@example.test")
c.rcpt("a5@example.test")
text = b"Subject: x\r\n\r\n" + 3000 * (70 * b"x" + b"\r\n")
for at in range(0, len(text), 7000):
    piece = text[at:at + 7000]
    last = b" LAST" if at + 7000 >= len(text) else b""
    c.send(b"BDAT %d%s\r\n" % (len(piece), last) + piece)
    if c.getreply()[0] != 250: sys.exit(1)
' "$there"
got=$(box a5)
like 'completed as well' "$(field date "$got")" '^Date: '
is 'their text is whole' "$(echo "$got" | sed '1,/^$/d' | md5sum)" \
	"$(perl -e 'print "x" x 70, "\n" for 1 .. 3000' | md5sum)"
send bob a6@example.test --from '<>' >"$T/out" <<'END'
Subject: null

text
END
is 'without a sender there is no From to add' "$(field from "$(box a6)")" ''

# whose addresses
refused() { # refused WHAT FIELD... - by bob
	what=$1
	shift
	like "$what" "$({ printf '%s\n' "$@"; printf 'Subject: x\n\nx\n'; } |
		send bob never@example.test)" \
		'550 5.7.1 From or Sender names an address that is not yours'
}
like 'the envelope' "$(echo | send bob x@example.test --from \
	ann@example.test)" '553 5.7.1 this sender address is not yours'
refused 'From' 'From: ann@example.test'
refused 'From, as From' 'fRoM : Ann <ann@example.test>'
refused 'one of two' 'From: bob@example.test, ann@example.test'
refused 'one of a group' 'From: us: bob@example.test, ann@example.test;'
refused 'the second From' 'From: bob@example.test' 'From: ann@example.test'
refused 'folded' 'From: bob@example.test,' ' ann@example.test'
refused 'Sender' 'From: bob@example.test' 'Sender: ann@example.test'
refused 'Resent-From' 'From: bob@example.test' 'Resent-From: ann@example.test'
refused 'with a comment' 'From: (bob@example.test) ann@example.test'
refused 'in the name' 'From: "bob@example.test" <ann@example.test>'
refused 'what nobody can read' 'From: bob@example.test <<'
refused 'a subdomain' 'From: bob@x.bob.test'
refused 'by the domain alone' 'From: ann'
accepted() { # accepted WHAT FIELD
	n=$((${n:-0} + 1))
	like "$1" "$(printf '%s\nSubject: x\n\nx\n' "$2" |
		send bob "ok$n@example.test")" '250 2.0.0 accepted id='
}
accepted 'an extension' 'From: bob+x@example.test'
accepted 'another of his' 'From: Sales <sales@example.test>'
accepted 'all of a domain' 'From: any@BOB.test'
accepted 'two of his' 'From: bob@bob.test, bob@example.test'
accepted 'without a domain' 'From: bob'
like 'which is added' "$(field from "$(box ok5)")" '^From: bob@example\.test$'
ok 'nothing else has come' files 0 "$dir/mail/never/new"
like 'who has no line may use all' "$(printf 'From: x@y.z <<\n\nx\n' |
	send free a7@example.test --from x@y.test)" '250 2.0.0 accepted'
for size in 262144 262145; do
	# as it comes, with CRLF; the last field fills it up
	perl -e 'print "From: bob\@example.test\n";
	    my $left = $ARGV[0] - 24;
	    for (; $left > 2000; $left -= 1000) {
	        print "X-A: ", "a" x 993, "\n" }
	    print "X-B: ", "b" x ($left - 7), "\n\ntext\n"' \
		"$size" >"$T/long.$size"
done
like 'a header of 256 KiB' "$(send bob long@example.test \
	<"$T/long.262144")" '250 2.0.0 accepted'
like 'and one octet more' "$(send bob long@example.test \
	<"$T/long.262145")" '554 5.6.0 the header of the message is too long'

# how much
for try in 1 2; do
	like "message $try of 2" "$(echo | send ann x@example.test)" \
		'250 2.0.0 accepted'
done
like 'the third' "$(echo | send ann x@example.test)" '450 4.7.1'
like 'also from elsewhere' "$(echo | send ann x@example.test --server \
	"127.0.0.2:$there")" '450 4.7.1'
like 'others may' "$(echo | send bob x@example.test)" '250 2.0.0 accepted'
like 'recipients' "$(echo | send free \
	x@example.test,y@example.test,z@example.test,w@example.test)" \
	'452 4.7.1'

# groups
like 'a route for a group of logins' "$(echo | send bob list@example.test)" \
	'250 2.0.0 accepted'
like 'and not for others' "$(echo | send free list@example.test \
	--from free@example.test)" '550 5.7.1 for staff only'
end "$pid"

# where from
serve --hide-client
echo | send bob hidden@example.test >"$T/out"
got=$(box hidden)
like 'Received tells nothing of the client' "$(field received "$got")" \
	'^Received: by [^ ]+ with ESMTPA id '
like 'but the log does' "$(cat "$log")" 'ev=accepted .*client=127\.0\.0\.1'
end "$pid"
is 'TERM ends it' $? 0
finish
