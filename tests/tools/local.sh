# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154 # names of and for lib.sh's users
# For tests of mailgrave-local by itself, as root starts it, with jobs from
# tools/deliver.py. Its routes are $T/routes, the mailbox root is $T/mail, and
# $T/open is where commands may write. Sourced after lib.sh.

is_root || skip_all 'only root can become the users that rules name'
for user in mailgrave-local mailgrave-command; do
	getent passwd "$user" >/dev/null || "$top/service/make-users"
done
mkdir -m 777 "$T/open"
install -d -o mailgrave-local "$T/mail"
printf 'Subject: a test\n\nFrom me\n>From you\nthe end\n' >"$T/message"

# start LOG OPTION... - sets pid; what is in $around comes before the program
around=''
start() {
	out=$1
	shift
	# shellcheck disable=SC2086 # a name or none
	background "$out" $around "$B/mailgrave-local" --in "$T/local.ctrl" \
		--routes "$T/routes" --user mailgrave-local \
		--chroot "$T/mail" --hostname mx.test --notify-fd 3 "$@" \
		3>"$out.ready"
	within 60 test -s "$out.ready" || {
		point 1 'mailgrave-local starts'
		note <"$out"
		finish
	}
}
deliver() { "$tools/deliver.py" --crlf "$T/local.ctrl" "$@" <"$T/message"; }
with() { "$tools/deliver.py" --crlf "$@" <"$T/message"; }
verdict() { # verdict NAME RECIPIENT WANTED
	like "$1" "$(deliver "$2")" "^[^ ]* $3"
}
message_of() { cat "$1"/new/*; }

# users_of_our_own - from here on mailgrave-local is started where there is a
# user tester, 4242, with $T/home/tester, and $T/var-mail, if it is there, is
# /var/mail; false when that can't be
users_of_our_own() {
	unshare -m true 2>/dev/null || return
	cat >"$T/passwd" <<-END
	root:x:0:0:root:/root:/bin/sh
	daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
	$(getent passwd mailgrave-local mailgrave-command)
	tester:x:4242:4242::$T/home/tester:/bin/sh
	low:x:999:999::$T/home/tester:/bin/sh
	nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
	END
	install -d -m 755 "$T/home"
	install -d -m 700 -o 4242 -g 4242 "$T/home/tester"
	around=in_namespace
}
in_namespace() { # in a subshell
	# shellcheck disable=SC2016
	exec unshare -m sh -c 'mount --bind "$0/passwd" /etc/passwd &&
		{ [ ! -d "$0/var-mail" ] ||
		mount --bind "$0/var-mail" /var/mail; } && exec "$@"' \
		"$T" "$@"
}
as_tester() {
	setpriv --reuid=4242 --regid=4242 --clear-groups env \
		PATH=/usr/bin:/bin "$@"
}
