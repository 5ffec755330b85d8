#!/bin/sh
# SPDX-License-Identifier: ISC
# What each daemon is and may do, as the kernel shows it: identity, root,
# descriptors, who may connect, and system calls tried from within.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'only root can give each stage its own user and root'

pipeline one
spool=$dir/spool
"$tools/load.py" send --port "$port" --clients 4 --messages 24 \
	--record "$T/first" >/dev/null	# every kind of message

status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
helpers() { cat "/proc/$1/task/$1/children"; }
named() { # named STAGE NAME - the helper of that name
	for helper in $(helpers "$(daemon "$1")"); do
		[ "$(cat "/proc/$helper/comm")" != "$2" ] || echo "$helper"
	done
}

root_of() {
	case $1 in
	local) echo "$dir/mail" ;;
	*) echo "$spool/$1" ;;
	esac
}

# --- identity -------------------------------------------------------------

powerless() { # powerless WHO PID UID GID
	is "$1: uid" "$(status "$2" Uid)" "$3	$3	$3	$3"
	is "$1: gid" "$(status "$2" Gid)" "$4	$4	$4	$4"
	is "$1: no groups" "$(status "$2" Groups | tr -d ' ')" ''
	for set in Inh Prm Eff Bnd Amb; do
		is "$1: Cap$set" "$(status "$2" "Cap$set")" 0000000000000000
	done
	is "$1: NoNewPrivs" "$(status "$2" NoNewPrivs)" 1
	is "$1: Seccomp" "$(status "$2" Seccomp)" 2
	like "$1: no core file" "$(cat "/proc/$2/limits")" \
		'^Max core file size +0 +0 '
}

# Descriptors by what they may be; a directory outside of the root shows itself
# by its path, as does a file.
descriptors() { # descriptors WHO PID ROOT ALLOWED
	find "/proc/$2/fd" -mindepth 1 -printf '%l\n' |
		grep -Evx -e "socket:.*|pipe:.*|anon_inode:.*|/dev/null|$4" \
			>"$T/fds"
	is "$1: descriptors" "$(cat "$T/fds")" ''
	for fd in /proc/"$2"/fd/*; do
		[ -d "$fd" ] || continue
		path=$(readlink "$fd") || continue # it was closed meanwhile
		case $path in
		"$3" | "$3"/*) ;;
		*) point 1 "$1: a directory outside: $path" ;;
		esac
	done
}

uids=''
for stage in $stages; do
	pid=$(daemon "$stage")
	root=$(root_of "$stage")
	uid=$(id -u "mailgrave-$stage")
	gid=$(id -g "mailgrave-$stage")
	uids="$uids $uid"
	powerless "$stage" "$pid" "$uid" "$gid"
	is "$stage: its root" "$(readlink "/proc/$pid/root")" "$root"
	like "$stage: its directory" "$(readlink "/proc/$pid/cwd")/" "^$root/"
	if [ "$stage" != local ]; then
		is "$stage: its root is root's" \
			"$(stat -c '%u %a' "$root")" '0 755'
	fi
	locks="$spool/(smtpd/queue|queue/send|send/local|send/remote|submit)"
	locks="$locks\.ctrl\.lock"
	case $stage in
	queue) files="$root/(journal|mess|damaged)?(/[^/]*)?|/memfd:.*" ;;
	local) files="$root(/.*)?|/memfd:.*" ;;
	*) files='/memfd:.*' ;;
	esac
	descriptors "$stage" "$pid" "$root" "$locks|$files"
	for helper in $(helpers "$pid"); do
		name=$(cat "/proc/$helper/comm")
		like "$stage: its helper $name says what it is" "$name" \
			"^$stage-[a-z]+$"
		powerless "$name" "$helper" "$uid" "$gid"
		case $name in
		*-reader) where=/ ;;
		*) where=$root ;;
		esac
		is "$name: its root" "$(readlink "/proc/$helper/root")" "$where"
		descriptors "$name" "$helper" "$where" 'none'
	done
done
is 'no two share a user' "$(echo "$uids" | tr ' ' '\n' | grep . | sort -u |
	wc -l)" 5
for stage in smtpd send local remote; do
	is "$stage has one reader" "$(named "$stage" "$stage-reader" | wc -l)" 1
done
is 'queue has none' "$(named queue queue-reader | wc -l)" 0
rm -f "$T/fds"

# --- who may connect ------------------------------------------------------

cp "$tools/knock.py" "$T"	# where every user can reach it
knock() { # knock USER SOCKET
	setpriv --reuid="$1" --regid="$(id -g "$1")" --clear-groups \
		"$T/knock.py" "$2"
}

modes() { stat -c '%U %a' "$1"; }
is 'queue.ctrl is for smtpd' "$(modes "$spool/smtpd/queue.ctrl")" \
	'mailgrave-smtpd 600'
is 'send.ctrl is for queue' "$(modes "$spool/queue/send.ctrl")" \
	'mailgrave-queue 600'
is 'local.ctrl is for send' "$(modes "$spool/send/local.ctrl")" \
	'mailgrave-send 600'
is 'remote.ctrl is for send' "$(modes "$spool/send/remote.ctrl")" \
	'mailgrave-send 600'
is 'submit.ctrl is for everybody' "$(stat -c %a "$spool/submit.ctrl")" 666

# A file's mode stops them already; here it doesn't.
stranger() { # stranger STAGE SOCKET UPSTREAM
	is "$2: mode 600 stops nobody's knock" "$(knock nobody "$2")" \
		'Permission denied'
	chmod 666 "$2"
	for user in nobody mailgrave-smtpd mailgrave-queue mailgrave-send \
	    mailgrave-local mailgrave-remote mailgrave-command mailgrave-key \
	    mailgrave-auth; do
		case $user in
		"mailgrave-$1" | "$3") continue ;;
		esac
		is "$1 turns $user away" "$(knock "$user" "$2")" 'turned away'
	done
	chmod 600 "$2"
	ok "$1 has logged it" within 60 has "$dir/log/$1/current" \
		"uid=$(id -u nobody)( |$)"
}
stranger queue "$spool/smtpd/queue.ctrl" mailgrave-smtpd
stranger send "$spool/queue/send.ctrl" mailgrave-queue
stranger local "$spool/send/local.ctrl" mailgrave-send
stranger remote "$spool/send/remote.ctrl" mailgrave-send
is 'queue lets smtpd in' \
	"$(knock mailgrave-smtpd "$spool/smtpd/queue.ctrl")" 'let in'
is 'queue lets anybody submit' "$(knock nobody "$spool/submit.ctrl")" 'let in'

# --- system calls, from within --------------------------------------------

inject=$T/inject_syscall
if [ "$(uname -m)" != x86_64 ]; then
	skip 'system calls from within' 'x86-64 only'
elif ! cc -o "$inject" "$tools/inject_syscall.c" -lseccomp 2>"$T/cc"; then
	point 1 'build inject_syscall'
	note <"$T/cc"
else
	AF_UNIX=1 AF_INET=2 AF_INET6=10 SOCK_STREAM=1 HERE=-100
	PROT_EXEC_READ=5 MAP_ANONYMOUS=0x22 PTRACE_ATTACH=16 CLONE=17
	try() { # try WANTED CALL ARGUMENT... - in $who, which is $target
		wanted=$1
		shift
		got=$("$inject" "$target" "$@" 2>&1)
		like "$who: $1${2+ }${2-}: $wanted" "$got" "^($wanted)$"
	}
	forbidden() {
		try EPERM execve s:/bin/sh 0 0
		try EPERM execveat "$HERE" s:/bin/sh 0 0 0
		try EPERM fork
		try EPERM vfork
		try EPERM clone "$CLONE" 0 0 0 0
		try EPERM ptrace "$PTRACE_ATTACH" 1 0 0
		try EPERM process_vm_readv 1 0 0 0 0 0
		try EPERM kill 1 0
		try EPERM mount s:none s:/ s:tmpfs 0 0
		try EPERM chroot s:/
		try EPERM unshare 0x10000000
		try EPERM setuid 0
		try EPERM setgid 0
		try EPERM setgroups 0 0
		try EPERM chmod s:/ 0777
		try EPERM mknodat "$HERE" s:/null 0020666 0x103
		try EPERM symlinkat s:/etc "$HERE" s:/link
		try EPERM bpf 0 0 0
		try EPERM userfaultfd 0
		try EPERM ioctl 0 0x5412 0
		try EPERM mmap 0 4096 "$PROT_EXEC_READ" "$MAP_ANONYMOUS" -1 0
		try EPERM mprotect 0 4096 "$PROT_EXEC_READ"
		try EPERM open_by_handle_at "$HERE" 0 0
	}
	for stage in $stages; do
		who=$stage target=$(daemon "$stage")
		forbidden
		case $stage in
		smtpd | remote)	# both ask the DNS
			try '[0-9]+' socket "$AF_INET" "$SOCK_STREAM" 0
			try '[0-9]+' socket "$AF_INET6" "$SOCK_STREAM" 0
			;;
		*)
			try EPERM socket "$AF_INET" "$SOCK_STREAM" 0
			try EPERM socket "$AF_INET6" "$SOCK_STREAM" 0
			;;
		esac
		case $stage in
		queue | local)	# their files; the system's aren't there
			try ENOENT openat "$HERE" s:/etc/passwd 0
			try ENOENT openat "$HERE" s:../../../etc/passwd 0
			;;
		*)
			try EPERM openat "$HERE" s:/etc/passwd 0
			try EPERM openat "$HERE" s:/ 0
			;;
		esac
		try EPERM socket 16 3 0	# netlink
		try EPERM socket 17 3 0	# packet
		is "$stage lives on" "$(daemon "$stage")" "$target"
		for helper in $(helpers "$target"); do
			who=$(cat "/proc/$helper/comm") target=$helper
			case $who in
			*-flush)
				# all of a kind are alike
				[ "$helper" = "$(named "$stage" "$who" |
					head -n 1)" ] || continue
				try EPERM openat "$HERE" s:/ 0
				;;
			*-reader)
				try EPERM openat "$HERE" s:/tmp/written 0x41 0600
				;;
			esac
			forbidden
			try EPERM socket "$AF_UNIX" "$SOCK_STREAM" 0
			try EPERM socket "$AF_INET" "$SOCK_STREAM" 0
		done
	done
fi
ok 'mail goes on' "$tools/load.py" send --port "$port" --clients 4 \
	--messages 24 --first 100 --record "$T/last"
ok 'and arrives' "$tools/load.py" check --mail "$dir/mail" --record "$T/last"
finish
