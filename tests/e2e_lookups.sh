#!/bin/sh
# SPDX-License-Identifier: ISC
# Who a client is by the DNS, and what follows: verified names, lists, limits,
# the wait before the greeting. A server of our own answers, lies, fails or is
# silent; what it doesn't say never decides.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline one
{
	cat "$dir/etc/routes"
	echo '* mx'
} >"$T/routes"
dns=$(free_port)
names=$T/directory
: >"$names"
background "$T/dns" "$tools/directory.py" "$dns" "$names"
ok 'the directory answers' within 60 has "$T/dns" '^ready'

as_user=''
! is_root || as_user="setpriv --reuid=mailgrave-smtpd --clear-groups \
	--regid=$(id -g mailgrave-smtpd 2>/dev/null)"
# open_door NAME [OPTION...] - an smtpd at $there with the access file on stdin
open_door() {
	cat >"$T/access.$1"
	there=$(free_port)
	log=$T/$1
	shift
	# shellcheck disable=SC2086 # words
	background "$log" $as_user "$dir/bin/mailgrave-smtpd" --verbose \
		--bind "127.0.0.1:$there" --routes "$T/routes" \
		--access "$T/access.${log##*/}" \
		--out "$dir/spool/smtpd/queue.ctrl" "$@"
	ok "${log##*/}: listens" within 60 perl -MIO::Socket::IP -e '
		exit !IO::Socket::IP->new(PeerHost => "127.0.0.1",
		    PeerPort => $ARGV[0])' "$there"
}
asked() { grep -c "^$1 " "$T/dns"; }	# asked NAME - how often
# greeting ADDRESS [NAME=VALUE...] - the first line a client at ADDRESS hears
greeting() { "$tools/caller.py" greeting "$there" "$@"; }
relays() { "$tools/caller.py" relays "$there" "$@"; } # relays ADDRESS - yes or no

# --- names ----------------------------------------------------------------

cat >>"$names" <<'END'
127.0.1.1 PTR one.good.test
one.good.test A 127.0.9.9 127.0.1.1
127.0.1.2 PTR two.good.test
two.good.test A 127.0.1.1
127.0.1.3 PTR three.good.test
127.0.1.4 PTR four.good.test
four.good.test servfail
127.0.1.5 PTR other.test five.good.test
five.good.test A 127.0.1.5
127.0.1.6 PTR alias.good.test
alias.good.test CNAME six.elsewhere.test
six.elsewhere.test A 127.0.1.6
127.0.1.7 servfail
127.0.1.8 garbage
127.0.1.9 cut
127.0.1.10 rawptr 05c3282e0a0000
127.0.1.11 rawptr c00c
127.0.1.12 rawptr 03612e6204676f6f64047465737400
127.0.1.13 PTR none.test none1.test none2.test none3.test five.good.test
127.0.1.14 PTR UPPER.Good.Test
upper.good.test A 127.0.1.14
127.0.1.15 many 30
127.0.1.16 PTR good.test
good.test A 127.0.1.16
END
open_door names --resolver "127.0.0.1:$dns" <<'END'
group friends .good.test
relay friends
END
while read -r last wanted why; do
	is "$why: relays" "$(relays "127.0.1.$last")" "$wanted"
done <<'END'
1 yes a name that has the address, among others
2 no a name that has another address
3 no a name that does not exist
4 no a name that nobody tells of
5 yes the second name
6 yes an alias of another name
7 no no answer
8 no garbage
9 no an answer that stops
10 no a name of odd octets
11 no a name that points to itself
12 no a name with a dot in a label
13 no a fifth name
14 yes a name in upper case
15 no thirty names
16 no not below the domain
17 no no name at all
END
before=$(asked 1.1.0.127.in-addr.arpa)
is 'asked once' "$before" 1
is 'a second session' "$(relays 127.0.1.1)" yes
is 'is not asked about' "$(asked 1.1.0.127.in-addr.arpa)" "$before"
is 'names are not looked up more often than they count' \
	"$(asked 'host[0-9]*\.test')" 4

# XCLIENT: the name of one client is not another's
open_door xclient --resolver "127.0.0.1:$dns" --xclient 127.0.1.1 <<'END'
group friends .good.test
relay friends
END
is 'XCLIENT to one without a name' \
	"$(relays 127.0.1.1 ADDR=127.0.1.2)" no
is 'XCLIENT to one with a name' "$(relays 127.0.1.1 ADDR=127.0.1.5)" yes
is 'XCLIENT that names it' \
	"$(relays 127.0.1.1 ADDR=127.0.1.2 NAME=x.good.test)" yes

# --- lists ----------------------------------------------------------------

cat >>"$names" <<'END'
1.2.0.127.bl.test A 127.0.0.2
2.2.0.127.bl.test A 192.0.2.1
3.2.0.127.bl.test A 127.255.255.254
4.2.0.127.bl.test servfail
5.2.0.127.bl.test garbage
6.2.0.127.bl.test TXT
7.2.0.127.second.test A 127.0.0.4
8.2.0.127.bl.test A 127.0.0.2
8.2.0.127.second.test A 127.0.0.2
9.2.0.127.bl.test A 127.0.0.2
10.2.0.127.third.test A 127.0.0.2
11.2.0.127.second.test A 127.0.0.2
11.2.0.127.bl.test servfail
END
open_door lists --resolver "127.0.0.1:$dns" <<'END'
accept 127.0.2.9
refuse dnsbl bl.test 550 5.7.1 "on the first"
refuse dnsbl second.test 450 4.7.1 "on the second"
accept 127.0.2.10
refuse dnsbl third.test 554 5.7.1 "on the third"
END
while read -r last wanted; do
	like "127.0.2.$last hears $wanted" "$(greeting "127.0.2.$last")" \
		"^$wanted"
done <<'END'
1 550 5.7.1 on the first
2 220 
3 220 
4 220 
5 220 
6 220 
7 450 4.7.1 on the second
8 550 5.7.1 on the first
9 220 
10 220 
11 450 4.7.1 on the second
12 220 
END
is 'who is accepted before is not asked about' \
	"$(asked 9.2.0.127.bl.test)" 0
like 'a refusal is logged' "$(grep 127.0.2.1 "$T/lists")" \
	'ev=refused client=127.0.2.1 reply="550 5.7.1 on the first"'

# a list that says nothing at all holds up only those it is asked about
cat >>"$names" <<'END'
1.3.0.127.bl.test silent
4.3.0.127.bl.test silent
END
open_door silence --resolver "127.0.0.1:$dns" <<'END'
accept 127.0.3.2
refuse dnsbl bl.test 550 5.7.1 "listed"
END
greeting 127.0.3.1 >"$T/silent" &
waits=$!
ok 'the one is asked about' within 60 has "$T/dns" '^1\.3\.0\.127\.bl\.test'
like 'others are greeted' "$(greeting 127.0.3.2)" '^220 '
like 'and those whom it knows nothing of' "$(greeting 127.0.3.3)" '^220 '
"$tools/caller.py" beside "$there" 127.0.3.4 127.0.3.2 >"$T/said" 2>&1
is "another one waits: $(tail -n 1 "$T/said")" $? 0
like 'which harms nobody' "$(greeting 127.0.3.2)" '^220 '
wait "$waits"
like 'the one is let in' "$(cat "$T/silent")" '^220 '

open_door nobody --resolver "127.0.0.1:$(free_port)" <<'END'
relay .good.test
refuse dnsbl bl.test 550 5.7.1 "listed"
END
is 'a resolver that is not there: no name, no refusal' "$(relays 127.0.1.1)" no

# --- limits ---------------------------------------------------------------

open_door limits --resolver "127.0.0.1:$dns" <<'END'
limit 127.0.4.1 connections 2
limit 127.0.4.2 rate 3
limit 127.0.4.3 messages 2
limit 127.0.4.4 recipients 3
limit 127.0.4.5 messages none
END
for each in connections rate messages recipients none; do
	"$tools/caller.py" "$each" "$there" >"$T/said" 2>&1
	is "$each: $(tail -n 1 "$T/said")" $? 0
done

# --- the wait before the greeting -----------------------------------------

open_door wait --resolver "127.0.0.1:$dns" --greet-wait 1 --proxy 127.0.5.9 <<'END'
relay 127.0.5.2
END
for each in early patient known early_proxy; do
	"$tools/caller.py" "$each" "$there" >"$T/said" 2>&1
	is "$each: $(tail -n 1 "$T/said")" $? 0
done

# --- mistakes of the operator ---------------------------------------------

for wrong in ns.test 127.0.0.1:x 1.2.3; do
	"$dir/bin/mailgrave-smtpd" --check --routes "$dir/etc/routes" \
		--access "$T/access.names" --resolver "$wrong" >"$T/wrong" 2>&1
	is "--resolver $wrong is a mistake" $? 100
done
finish
