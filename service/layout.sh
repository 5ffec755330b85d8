# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # quickstart's variables
# The directories of a pipeline and the run scripts of its stages, for
# quickstart: dir, spool, bind, port, domain, relay, routes, access and root are
# its variables. Nothing outside of dir is touched.

# own USER DIR... - directories for this user alone
own() {
	user=$1
	shift
	if $root; then
		install -d -m 700 -o "$user" -g "$user" "$@"
	else
		install -d -m 700 "$@"
	fi
}

# stage NAME CELL ARGUMENT... - the service directory of one stage, which starts
# in its cell: with root that is its root directory, so relative paths are the
# same in both cases
stage() {
	name=$1 cell=$2
	shift 2
	! $root || set -- "$@" --chroot "$cell" --user "mailgrave-$name"
	mkdir -p "$dir/service/$name/log" "$dir/log/$name"
	{
		printf '#!/bin/sh\nexec 2>&1\ncd%s || exit 111\nexec' \
			"$(quoted "$cell")"
		quoted "$dir/bin/mailgrave-$name" "$@"
		printf ' "$@"\n'
	} >"$dir/service/$name/run"
	printf '#!/bin/sh\nexec svlogd -tt ../../../log/%s\n' "$name" \
		>"$dir/service/$name/log/run"
	chmod 755 "$dir/service/$name/run" "$dir/service/$name/log/run"
}

# quoted WORD... - for the shell
quoted() {
	for word; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
}

# default_routes, default_access - when nobody has given a file
default_routes() {
	routes=$dir/etc/routes
	{
		echo '# Written anew by every quickstart without --routes.'
		printf '@%s\tmaildir $%s/\n' "$domain" '{local}'
		[ -z "$relay" ] || printf '*\trelay %s\n' "$relay"
	} >"$routes"
}

default_access() {
	access=$dir/etc/access
	{
		echo '# Written anew by every quickstart without --access.'
		echo '# Everybody may connect, nobody may relay.'
		echo 'accept *'
	} >"$access"
}

# lay_out - make all of it, or mend it
lay_out() {
	install -d -m 755 "$spool" "$spool/smtpd" "$spool/queue" \
		"$spool/send" "$spool/remote"
	own mailgrave-queue "$spool/queue/journal" "$spool/queue/mess" \
		"$spool/queue/damaged"
	own mailgrave-local "$dir/mail"
	[ -n "$routes" ] || default_routes
	[ -n "$access" ] || default_access

	stage smtpd "$spool/smtpd" --bind "$bind" --port "$port" \
		--domain "$domain" --routes "$routes" --access "$access" \
		--out queue.ctrl
	stage queue "$spool/queue" --in "$spool/smtpd/queue.ctrl" \
		--submit "$spool/submit.ctrl" --out send.ctrl
	stage send "$spool/send" --routes "$routes" \
		--in "$spool/queue/send.ctrl" --out remote.ctrl \
		--local local.ctrl
	stage local "$dir/mail" --routes "$routes" \
		--in "$spool/send/local.ctrl"
	stage remote "$spool/remote" --in "$spool/send/remote.ctrl"
}
