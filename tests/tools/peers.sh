# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # names of lib.sh
# Other people's servers, from their packages, which are not installed. Sourced
# behind lib.sh, by root who has mount namespaces; T is a real path.

# server NAME PACKAGE... - sets prefix, S; false: not to be had, said by name
server() {
	S=$T/$1
	prefix=$("$tools/unpack" "$@" 2>"$T/unpack.log") || {
		skip "$1" 'its package is not to be had'
		return 1
	}
	mkdir -p "$S/etc"
	cp /etc/passwd /etc/group "$S/etc"
	printf '%s:x:%s:%s::/nonexistent:/usr/sbin/nologin\n' \
		postfix 64001 64001 opensmtpd 64003 64003 opensmtpq 64004 64004 \
		Debian-exim 64005 64005 dovecot 64006 64006 dovenull 64007 \
		64007 >>"$S/etc/passwd"
	printf '%s:x:%s:\n' postfix 64001 postdrop 64002 opensmtpd 64003 \
		opensmtpq 64004 Debian-exim 64005 dovecot 64006 dovenull 64007 \
		>>"$S/etc/group"
	[ ! -e "$T/cert.pem" ] || cp "$T/cert.pem" "$T/key.pem" "$S"
	mkdir "$S/mail"
	chown mail:mail "$S/mail"
}

run() { # run LOG COMMAND... - in front of its prefix and scratch
	log=$1
	shift
	background "$T/$log" "$tools/with" "$prefix" "$S" "$@"
	peers="$peers $pid"
}

# Killing unshare is not enough for daemons that have left their group.
stop() {
	child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
	[ -z "$child" ] || kill -KILL "${child% }" 2>/dev/null
	wait "$pid" 2>/dev/null
}
peers=''
trap 'for pid in $peers; do stop; done; clean_up' EXIT
