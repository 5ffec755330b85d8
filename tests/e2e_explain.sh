#!/bin/sh
# SPDX-License-Identifier: ISC
# What smtpd --explain says of a client is what the client hears: both are
# asked, about each kind of line.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$T/routes" <<-'EOF'
	postmaster@example.test	maildir postmaster/
	old@example.test	reject 550 5.1.6 "moved"
	loop@example.test	alias loop2@example.test
	loop2@example.test	alias loop@example.test
	inner@example.test from office	maildir inner/
	/^(a+)+b@example\.test$/	maildir a/
	@example.test	maildir ${local}/
	*	mx
EOF
cat >"$T/access" <<-'EOF'
	group office 127.0.0.2
	relay office
	refuse 127.0.0.3 554 5.7.1 "go away"
EOF
pipeline one --routes "$T/routes"
as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
there=$(free_port)
# shellcheck disable=SC2086 # words
background "$T/smtpd" $as_user "$dir/bin/mailgrave-smtpd" --hostname mx.test \
	--bind "127.0.0.1:$there" --routes "$T/routes" --access "$T/access" \
	--out "$dir/spool/smtpd/queue.ctrl"
ok 'smtpd serves' within 60 perl -MIO::Socket::IP -e '
	exit !IO::Socket::IP->new(PeerHost => "127.0.0.1",
	    PeerPort => $ARGV[0])' "$there"

hears() { # hears CLIENT RCPT - the last reply to it
	perl -MIO::Socket::IP -e '
		my ($port, $from, $rcpt) = @ARGV;
		my $s = IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $port, LocalHost => $from) or exit 1;
		my @say = ("EHLO c", "MAIL FROM:<s\@c.test>",
		    "RCPT TO:<$rcpt>");
		my $last;
		while (defined($_ = <$s>)) {
			$last = $_;
			next if /^\d+-/;
			my $line = shift @say // last;
			print $s "$line\r\n";
		}
		$last =~ s/\r\n//;
		print $last' "$there" "$1" "$2"
}
explains() {
	"$B/mailgrave-smtpd" --explain --hostname mx.test \
		--routes "$T/routes" --access "$T/access" "client=$1" helo=c \
		sender=s@c.test "rcpt=$2"
}
while read -r client rcpt line reply; do
	heard=$(hears "$client" "$rcpt")
	explains "$client" "$rcpt" >"$T/explained"
	is "$client to $rcpt: it hears" "$heard" "$reply"
	is "$client to $rcpt: as was explained" \
		"$(tail -n 1 "$T/explained" | sed 's/^ *//')" "$reply"
	ok "$client to $rcpt: by $line" grep -q "$line" "$T/explained"
done <<-'EOF'
	127.0.0.1 x@example.test line.7.of.the.routes 250 2.1.5 recipient ok
	127.0.0.1 old@example.test line.2.of.the.routes 550 5.1.6 moved
	127.0.0.1 loop@example.test line.3.of 550 5.4.6 this name stands for itself, or for too many
	127.0.0.1 inner@example.test line.7.of 250 2.1.5 recipient ok
	127.0.0.2 inner@example.test line.5.of 250 2.1.5 recipient ok
	127.0.0.1 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac@example.test no.line.of 451 4.3.5 cannot tell where this goes
	127.0.0.1 x@far.test line.8.of 550 5.7.1 relaying denied
	127.0.0.2 x@far.test line.2.of.access 250 2.1.5 recipient ok
	127.0.0.1 x@ may.not.relay 501 5.1.3 bad recipient address
	127.0.0.3 x@example.test line.3.of.access 554 5.7.1 go away
EOF
check() { # check ROUTES ACCESS - what --check says, and its status
	"$B/mailgrave-smtpd" --check --routes "$1" --access "$2" 2>&1
	echo "exit $?"
}
like 'files without a mistake, and nobody to serve as' \
	"$(check "$T/routes" "$T/access")" '^exit 0'
echo '@example.test maildri x/' >"$T/bad"
like 'a mistake in the routes is named' "$(check "$T/bad" "$T/access")" \
	"$T/bad:1:15: \"maildri\""
echo 'refuse 192.0.2.1 200 2.0.0 "no"' >"$T/bad"
got=$(check "$T/routes" "$T/bad")
like 'one in the access file, too' "$got" "$T/bad:1:[0-9]+: "
like 'which is the exit status of mistakes' "$got" '^exit 100'
for wrong in "who=x" "client" "rcpt=a
b"; do
	"$B/mailgrave-smtpd" --explain --routes "$T/routes" "$wrong" \
		>"$T/wrong" 2>&1
	is 'a fact that makes no sense exits 100' $? 100
done
finish
