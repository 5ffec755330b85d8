# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154,SC2034 # names from and for others
# Mail of all kinds through a pipeline that suffers, and whether it came out
# right. Sourced behind lib.sh.

storm=$top/tests/storm

# short_or_long SHORT LONG - how much of it, in $n
short_or_long() {
	n=$1
	[ -z "${LONG-}" ] || n=$2
}

# own_mounts - from here on: begins the test anew; false where that can't be
own_mounts() {
	[ -z "${IN_NAMESPACE-}" ] || return 0
	# where the root directory is no mount point, say in a chroot
	is_root && unshare -m --propagation private true 2>/dev/null ||
		return
	rm -rf "$T"
	IN_NAMESPACE=1 exec unshare -m --propagation private "$0"
}

# own_user - where mounts are our own, there is one, at $home
own_user() {
	home=''
	[ -n "${IN_NAMESPACE-}" ] || return
	home=$T/home
	install -d -m 700 -o 4242 -g 4242 "$home"
	{
		cat /etc/passwd
		echo "stormy:x:4242:4242::$home:/bin/sh"
	} >"$T/passwd"
	mount --bind "$T/passwd" /etc/passwd
}

# other_host - start it; $T/routes leads there, and to mailboxes of all kinds
other_host() {
	far=$(free_port)
	background "$T/far" "$storm/mixed.py" host --port "$far" \
		--host "$T/taken"
	install "$top/tests/proof/keep" "$T/keep"
	install -d -m 777 "$T/kept"
	own_user
	printf '%s\t%s\n' '/^mbox[0-9]@example.test$/' 'mbox ${local}' \
		command@example.test "command $T/keep $T/kept" \
		${home:+user@example.test 'system stormy'} \
		@example.test 'maildir ${local}/' \
		far.test "relay 127.0.0.1:$far" >"$T/routes"
}

# mail_comes FIRST CLIENTS - so many send what stays, one more what goes on and
# comes back, numbered from FIRST on, until mail_ends
mail_comes() {
	background "$T/load" "$tools/load.py" send --port "$port" \
		--clients "$2" --first "$1" --record "$T/record" --faults
	load=$pid
	background "$T/mixed" "$storm/mixed.py" send --port "$port" \
		--first "$1" --record "$T/mixed.record" ${home:+--home "$home"}
	mixed=$pid
}

mail_ends() {
	kill "$load" "$mixed"
	wait "$load" "$mixed" 2>/dev/null
}

# ok_says NAME COMMAND... - as ok, and its words are shown
ok_says() {
	ok "$@"
	[ "$status" -ne 0 ] || printf '%s\n' "$words" | note
}

# What was put off need not wait its time.
now_and_then() {
	while sleep 1; do
		kill -ALRM "$(daemon send)"
	done
}

# all_is_well - everything acknowledged came out right, nothing is left over
all_is_well() {
	background "$T/alarm" now_and_then
	ok_says 'what stays is there, once, as it was sent' \
		"$tools/load.py" check --mail "$dir/mail" --record "$T/record"
	ok_says 'so is what goes on, comes back, and goes to other mailboxes' \
		"$storm/mixed.py" check --mail "$dir/mail" --kept "$T/kept" \
		--record "$T/mixed.record" --host "$T/taken" \
		${home:+--home "$home"}
	is 'no mbox is locked' "$(find "$dir/mail" -name '*.lock')" ''
	ok 'no message file is left' within 60 files 0 "$dir/spool/queue/mess"
	is 'nothing was taken for damage' "$(ls "$dir/spool/queue/damaged")" ''
}
