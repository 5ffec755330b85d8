#!/bin/sh
# SPDX-License-Identifier: ISC
# bench_tls.sh [ROUNDS [SECONDS]] - TLS beside Postfix: full handshakes a second, and
# processor time for each and for a message with one, of all processes of either
# server. Same certificate, same client, both throw the mail away when it is
# queued; they take turns. OTHER=FILE is another mailgrave-smtpd, to be measured
# too. As root; Postfix is unpacked from Debian's package and runs in a file
# system of its own.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

rounds=${1:-3} seconds=${2:-5} clients=${CLIENTS:-40}
is_root || skip_all 'only root can give them their users'
postfix=$("$tools/unpack" postfix postfix) ||
	skip_all 'the package postfix is not to be had'

for kind in rsa ec; do
	case $kind in
	rsa) set -- -newkey rsa:2048 ;;
	ec) set -- -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 ;;
	esac
	openssl req -x509 -nodes -days 30 -subj /CN=bench.test -keyout \
		"$T/$kind.key" -out "$T/$kind.crt" "$@" 2>/dev/null
	chmod 644 "$T/$kind.key"
done

# --- Mailgrave ------------------------------------------------------------

pipeline one
whole=$pid
sed -i '1i bench@example.test discard' "$dir/etc/routes"
for stage in $stages; do
	kill -HUP "$(daemon "$stage")"
done
smtpd() { # smtpd NAME PROGRAM KIND - its port in $T/NAME.KIND, process in .pid
	p=$(free_port)
	background "$T/log.$1.$3" "$2" --bind "127.0.0.1:$(free_port)" \
		--tls-bind "127.0.0.1:$p" --user mailgrave-smtpd --chroot \
		"$dir/spool/smtpd" --routes "$dir/etc/routes" --access \
		"$dir/etc/access" --out queue.ctrl --max-per-address 100000 \
		--tls-cert "$T/$3.crt" --tls-key "$T/$3.key"
	echo "$p" >"$T/$1.$3"
	echo "$pid $whole" >"$T/$1.$3.pid"
}
for kind in rsa ec; do
	smtpd mailgrave "$B/mailgrave-smtpd" "$kind"
	[ -z "${OTHER-}" ] || smtpd other "$OTHER" "$kind"
done

# --- Postfix --------------------------------------------------------------

root=$T/root
mkdir -p "$root" "$T/upper"
cat >"$T/master" <<END
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
END
for kind in rsa ec; do
	p=$(free_port)
	echo "$p" >"$T/postfix.$kind"
	cat >>"$T/master" <<END
127.0.0.1:$p inet n - n - 100 smtpd
 -o smtpd_tls_wrappermode=yes -o smtpd_tls_cert_file=$T/$kind.crt
 -o smtpd_tls_key_file=$T/$kind.key
END
done
cat >"$T/main" <<END
compatibility_level = 3.6
queue_directory = /var/spool/postfix
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
data_directory = /var/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = /var/log/postfix.log
inet_interfaces = 127.0.0.1
myhostname = bench.test
mydestination = example.test
local_transport = discard:
local_recipient_maps =
alias_maps =
smtpd_tls_security_level = may
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
END
cat >"$T/start" <<END
set -e
mount -t tmpfs none "$T/upper"
mkdir "$T/upper/up" "$T/upper/work"
mount -t overlay -o \
    "lowerdir=/,upperdir=$T/upper/up,workdir=$T/upper/work" none "$root"
tar -C "$postfix" -c . | tar -C "$root" -x --keep-directory-symlink
mkdir -p "$root$T"
mount --rbind "$T" "$root$T"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root/etc/postfix" "$root/var/spool/postfix" "$root/var/lib/postfix"
cp "$T/main" "$root/etc/postfix/main.cf"
cp "$T/master" "$root/etc/postfix/master.cf"
echo 'postfix:x:64001:64001::/:/bin/false' >>"$root/etc/passwd"
echo 'postfix:x:64001:' >>"$root/etc/group"
echo 'postdrop:x:64002:' >>"$root/etc/group"
chown 64001 "$root/var/lib/postfix"
chroot "$root" postfix set-permissions >/dev/null 2>&1 || :
exec chroot "$root" postfix start-fg
END
background "$T/log.postfix" unshare -m sh "$T/start"
echo "$pid" | tee "$T/postfix.rsa.pid" >"$T/postfix.ec.pid"

# --- turns ----------------------------------------------------------------

turn() { # turn NAME KIND VERSION [RECIPIENT] - a line: rate, CPU ms for each
	p=$(cat "$T/$1.$2")
	# shellcheck disable=SC2046 # words
	before=$("$top/tests/bench/cpu" $(cat "$T/$1.$2.pid"))
	got=$("$B/tests/bench/shake" "$p" "$clients" "$seconds" "$3" \
		${4+"$4"}) || echo "$1: a session has failed" >&2
	sleep 1	# what is still to be done
	# shellcheck disable=SC2046 # words
	after=$("$top/tests/bench/cpu" $(cat "$T/$1.$2.pid"))
	echo "$got $before $after" | awk '{ printf "%.1f %.4f\n", $1 / $2,
		($4 - $3) * 1000 / $1 }'
}
servers="mailgrave postfix ${OTHER:+other}"
for server in $servers; do
	for kind in rsa ec; do
		within 60 "$B/tests/bench/shake" "$(cat "$T/$server.$kind")" \
			1 0.1 1.3 bench@example.test || {
			echo "$server does not serve" >&2
			cat "$T/log.$server"* >&2
			exit 1
		}
	done
done
middle() { # middle N FILE - of this column
	cut -d ' ' -f "$1" "$2" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}
measure() { # measure WHAT KIND VERSION [RECIPIENT]
	what=$1
	shift
	for server in $servers; do
		: >"$T/seen.$server"
	done
	for _ in $(seq "$rounds"); do
		for server in $servers; do
			turn "$server" "$@" >>"$T/seen.$server"
		done
	done
	for server in $servers; do
		printf '%-24s %-10s %9s %8s   %s\n' "$what" "$server" \
			"$(middle 1 "$T/seen.$server")" \
			"$(middle 2 "$T/seen.$server")" \
			"$(cut -d ' ' -f 1 "$T/seen.$server" | tr '\n' ' ')"
	done
}
printf '%-24s %-10s %9s %8s   %s\n' '' '' 'a second' 'CPU ms' 'all rounds'
for kind in rsa ec; do
	measure "handshakes, $kind, TLS 1.3" "$kind" 1.3
	measure "handshakes, $kind, TLS 1.2" "$kind" 1.2
	measure "messages, $kind, TLS 1.3" "$kind" 1.3 bench@example.test
done
