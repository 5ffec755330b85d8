#!/bin/sh
# SPDX-License-Identifier: ISC
# Where mail goes when DNS decides: a real server (nsd) with a zone for each
# case of RFC 5321 section 5.1 and RFC 7505, and one that lies. In a network
# namespace of its own, where other people's addresses are this machine's.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'it needs root for a network of its own'
if [ "${1-}" != inside ]; then
	nsd=$("$tools/unpack" nsd nsd) || skip_all 'the package nsd is not to be had'
	unshare -n -m true 2>/dev/null || skip_all 'no network namespace is to be had'
	rm -rf "$T"
	nsd=$nsd exec unshare -n -m "$0" inside
fi

ip link set lo up
# addresses that lead here and are not listed as our own; and one into nothing
ip route add local 198.51.100.0/24 dev lo
ip -6 route add local 2001:db8::/64 dev lo
ip route add 203.0.113.0/24 dev lo
ip addr add 192.0.2.55/32 dev lo	# and these are our own
ip -6 addr add 2001:db8:55::1/128 dev lo

cat >"$T/zone" <<'END'
$ORIGIN test.
$TTL 60
@	SOA ns hostmaster 1 1 1 1 60
@	NS ns
ns	A 127.0.0.1
a.mx	A 198.51.100.1
b.mx	A 198.51.100.2
busy.mx	A 198.51.100.3
no.mx	A 198.51.100.4
later.mx A 198.51.100.5
mute.mx	A 198.51.100.6
dead.mx	A 198.51.100.9
six.mx	AAAA 2001:db8::1
both.mx	A 198.51.100.9
both.mx	AAAA 2001:db8::1
hole.mx	A 203.0.113.1
lo.mx	A 127.0.0.1
lo6.mx	AAAA ::1
any.mx	A 0.0.0.0
void.mx	TXT "no address"
cname.mx CNAME a.mx
one	MX 10 a.mx
order	MX 20 b.mx
order	MX 10 a.mx
down	MX 10 dead.mx
down	MX 20 b.mx
busy	MX 10 busy.mx
busy	MX 20 b.mx
no	MX 10 no.mx
no	MX 20 b.mx
mute	MX 10 mute.mx
mute	MX 20 b.mx
later	MX 10 later.mx
later	MX 20 b.mx
equal	MX 10 a.mx
equal	MX 10 b.mx
hole	MX 10 hole.mx
hole	MX 10 b.mx
deep	MX 10 hole.mx
deep	MX 20 b.mx
six	MX 10 six.mx
both	MX 10 both.mx
via	MX 10 cname.mx
implicit A 198.51.100.1
alias	CNAME one
aliasa	CNAME a.mx
null	MX 0 .
text	TXT "neither MX nor address"
void	MX 10 void.mx
gone	MX 10 nobody.mx
half	MX 10 nobody.mx
half	MX 20 b.mx
self	MX 10 me.test.
self	MX 20 b.mx
second	MX 10 a.mx
second	MX 20 ME.test.
lo	MX 10 lo.mx
lo6	MX 10 lo6.mx
any	MX 10 any.mx
locut	MX 10 b.mx
locut	MX 20 lo.mx
alldead	MX 10 dead.mx
own.mx	A 192.0.2.55
own6.mx	AAAA 2001:db8:55::1
own	MX 10 own.mx
own6	MX 10 own6.mx
owncut	MX 10 b.mx
owncut	MX 20 own.mx
owncut	MX 30 a.mx
ownequal MX 10 own6.mx
ownequal MX 10 b.mx
ownname	MX 10 b.mx
ownname	MX 20 me.test.
ownname	MX 20 a.mx
part	MX 10 host.other.
part	MX 20 b.mx
chain1	CNAME chain2
chain2	CNAME chain3
chain3	MX 10 a.mx
ring1	CNAME ring2
ring2	CNAME ring1
*.wild	MX 10 a.mx
twice	MX 10 a.mx
twice	MX 20 a.mx
manya.mx A 198.51.100.9
manya.mx A 198.51.100.10
manya.mx A 198.51.100.1
manya	MX 10 manya.mx
xn--bcher-kva MX 10 a.mx
xn--r8jz45g A 198.51.100.1
elsewhere MX 10 host.other.
END
tr ';' '\n' >"$T/nsd.conf" <<END
server:;ip-address: 127.0.0.1@5300;ip-address: ::1@53;username: "";chroot: "";zonesdir: "$T";
database: "";pidfile: "$T/nsd.pid";zonelistfile: "$T/zone.list";
xfrdfile: "$T/xfrd.state";xfrdir: "$T";server-count: 1;remote-control:;
control-enable: no;zone:;name: test;zonefile: zone;
END
background "$T/nsd.log" env "$(libraries "$nsd")" "$nsd/usr/sbin/nsd" -d \
	-c "$T/nsd.conf"
background "$T/mx.log" "$tools/exchangers.py" 198.51.100.1 198.51.100.2 \
	198.51.100.3=busy 198.51.100.4=no 198.51.100.5=later \
	198.51.100.6=mute 2001:db8::1 127.0.0.1 ::1
background "$T/liar.log" "$tools/liar.py" 5301
within 60 has "$T/liar.log" ready || :
mkdir "$T/empty"

# delivery RESOLVER DOMAIN [OPTION...] - what comes of it, in one line
delivery() {
	server=$1 domain=$2
	shift 2
	printf 'Subject: x\n\nhi\n' | timeout 120 "$B/mailgrave-remote" \
		--from a@x.test --rcpt "b@$domain" --resolver "$server" \
		--hostname me.test --hurry "$hurry" --user mailgrave-remote \
		--chroot "$T/empty" "$@" 2>&1
}
hurry=4	# the DNS has 3.5 seconds, hosts that say nothing 75
by() { delivery 127.0.0.1:5300 "$@"; }
lie() { delivery 127.0.0.1:5301 "$1.test"; }

answers() { by one.test | grep -q delivered; }
ok 'servers are up' within 60 answers

# DOMAIN, PATTERN: what comes of mail for it
while read -r domain pattern; do
	[ "$domain" != mute.test ] || hurry=10
	like "$domain" "$(by "$domain")" "$pattern"
	hurry=4
done <<'END'
one.test		delivered .* by a\.mx\.test\[198\.51\.100\.1\]:25
order.test		delivered .* by a\.mx\.test
down.test		delivered .* by b\.mx\.test
busy.test		delivered .* by b\.mx\.test
no.test			delivered .* by b\.mx\.test
mute.test		delivered .* by b\.mx\.test
later.test		deferred \(4\.7\.1\) by later\.mx\.test
hole.test		delivered .* by b\.mx\.test
deep.test		delivered .* by b\.mx\.test
six.test		delivered .* by six\.mx\.test\[2001:db8::1\]:25
both.test		delivered .* by both\.mx\.test\[2001:db8::1\]:25
via.test		delivered .* by cname\.mx\.test\[198\.51\.100\.1\]
implicit.test		delivered .* by implicit\.test\[198\.51\.100\.1\]
alias.test		delivered .* by a\.mx\.test
aliasa.test		delivered .* by aliasa\.test\[198\.51\.100\.1\]
half.test		delivered .* by b\.mx\.test
second.test		delivered .* by a\.mx\.test
locut.test		delivered .* by b\.mx\.test
null.test		failed \(5\.1\.10\)
nosuch.test		failed \(5\.1\.2\)
text.test		failed \(5\.4\.4\)
void.test		failed \(5\.4\.4\)
gone.test		failed \(5\.4\.4\)
self.test		failed \(5\.4\.6\)
lo.test			failed \(5\.4\.6\)
lo6.test		failed \(5\.4\.6\)
any.test		failed \(5\.4\.6\)
alldead.test		deferred \(4\.4\.1\) .*Connection refused
elsewhere.test		deferred \(4\.4\.3\)
host.other		deferred \(4\.4\.3\)
own.test		failed \(5\.4\.6\)
own6.test		failed \(5\.4\.6\)
owncut.test		delivered .* by b\.mx\.test
ownequal.test		failed \(5\.4\.6\)
ownname.test		delivered .* by b\.mx\.test
[192.0.2.55]		failed \(5\.4\.6\)
[IPv6:2001:db8:55::1]	failed \(5\.4\.6\)
part.test		delivered .* by b\.mx\.test
chain1.test		delivered .* by a\.mx\.test
ring1.test		failed \(5\.4\.4\)
any.wild.test		delivered .* by a\.mx\.test
twice.test		delivered .* by a\.mx\.test
manya.test		delivered .* by manya\.mx\.test\[198\.51\.100\.1\]
bücher.test		delivered .* by a\.mx\.test
例え.test		delivered .* by xn--r8jz45g\.test
Bücher.xn--nosuch.test	failed \(5\.1\.2\)
[198.51.100.2]		delivered .* by 198\.51\.100\.2\[198\.51\.100\.2\]
[IPv6:2001:db8::1]	delivered .* by 2001:db8::1\[2001:db8::1\]
[127.0.0.1]		failed \(5\.4\.6\)
[IPv6:::1]		failed \(5\.4\.6\)
END

for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
	by equal.test
done >"$T/equal"
ok 'equals are called in random order' \
	sh -c 'grep -q "by a.mx" "$1" && grep -q "by b.mx" "$1"' - "$T/equal"
like 'an explicit route to loopback is obeyed' \
	"$(by null.test --relay 127.0.0.1)" 'delivered .* by 127\.0\.0\.1'
like 'a relay without an address may get one' \
	"$(by one.test --relay nosuch.test)" 'deferred \(4\.4\.4\)'
ip addr add 192.0.2.77/32 dev lo
ip -6 addr add 2001:db8:55::77/128 dev lo
by one.test --source 192.0.2.77 --source 2001:db8:55::77 >"$T/out"
by six.test --source 192.0.2.77 --source 2001:db8:55::77 >>"$T/out"
is 'calls of both families have a source' "$(grep -c delivered "$T/out")" 2
ok 'an IPv4 address of ours' has "$T/mx.log" '^from 192\.0\.2\.77'
ok 'and an IPv6 address' has "$T/mx.log" '^from 2001:db8:55::77'
like 'an address that is not ours is a shortage of ours' \
	"$(by one.test --source 192.0.2.7)" 'deferred \(4\.3\.0\)'
like 'a resolver that is not there' \
	"$(delivery 127.0.0.1:5399 one.test)" 'deferred \(4\.4\.3\)'

while read -r label pattern; do
	like "DNS that lies: $label" "$(lie "$label")" "$pattern"
done <<'END'
good		delivered .* by host\.test
thousand	delivered .* by host0\.test
big		delivered .* by host\.
mixed		delivered .* by host\.test
nullandmore	delivered .* by host\.test
null		failed \(5\.1\.10\)
nx		failed \(5\.1\.2\)
silent		deferred \(4\.4\.3\)
formerr		deferred \(4\.4\.3\)
servfail	deferred \(4\.4\.3\)
notimp		deferred \(4\.4\.3\)
refused		deferred \(4\.4\.3\)
short		deferred \(4\.4\.3\)
empty		deferred \(4\.4\.3\)
garbage		deferred \(4\.4\.3\)
wrongid		deferred \(4\.4\.3\)
other		deferred \(4\.4\.3\)
tcsilent	deferred \(4\.4\.3\)
tcdrip		deferred \(4\.4\.3\)
tcclose		deferred \(4\.4\.3\)
halves		(deferred|failed)
loop		deferred \(4\.4\.[34]\)
self		(deferred|failed)
forward		deferred \(4\.4\.3\)
nul		deferred \(4\.4\.4\)
slash		deferred \(4\.4\.4\)
newline		deferred \(4\.4\.4\)
dots		deferred \(4\.4\.4\)
sockets		deferred \(4\.4\.4\)
long		(deferred|failed)
address		(deferred|failed)
localhost	failed \(5\.4\.6\)
counts		deferred \(4\.4\.3\)
beyond		deferred \(4\.4\.3\)
cnameloop	(deferred|failed)
END

# In service the servers are those of resolv.conf, and others after HUP.
printf 'nameserver 127.0.0.9\n' >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
background "$T/remote.log" "$B/mailgrave-remote" --in "$T/remote.ctrl" \
	--user mailgrave-remote --chroot "$T/empty" --hostname me.test --hurry 4
remote=$pid
ok 'a daemon' within 60 test -S "$T/remote.ctrl"
job() {
	printf 'Subject: x\r\n\r\nhi\r\n' | "$tools/deliver.py" --how mx \
		--host one.test "$T/remote.ctrl" b@one.test
}
like 'whose server does not answer' "$(job)" 'temp 4\.4\.3'
printf '# another one\noptions edns0\nnameserver ::1\n' >"$T/resolv.conf"
kill -HUP "$remote"
delivers() { job | grep -q 'ok 2\.0\.0 a\.mx\.test'; }
ok 'after HUP asks another' within 60 delivers
printf 'nameserver none\n' >"$T/resolv.conf"
kill -HUP "$remote"
ok 'a file that names none is reported' within 60 \
	has "$T/remote.log" 'ev=resolvers-kept error="?none is named'
ok 'and changes nothing' within 60 delivers
umount /etc/resolv.conf
mount --bind /dev/null /etc/resolv.conf
kill -HUP "$remote"
ok 'nor does one that is no file' within 60 \
	has "$T/remote.log" 'ev=resolvers-kept.*(Invalid|EINVAL)'
ok 'at all' within 60 delivers
umount /etc/resolv.conf
finish
