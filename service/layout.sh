# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # quickstart's variables
# The directories of a pipeline and the run scripts of its stages, for
# quickstart: dir, spool, mail, bind, port, domain, relay, routes, access, stages and
# root are its variables, and those of tls.sh. Nothing outside of dir is touched.

# stage NAME - the service directory of one stage
stage() {
	name=$1 place=$(cell "$1")
	set --
	! $root || set -- --chroot "$place" --user "mailgrave-$name"
	mkdir -p "$dir/service/$name/log" "$dir/log/$name"
	{
		printf '#!/bin/sh\nexec 2>&1\ncd%s || exit 111\nexec' \
			"$(quoted "$place")"
		quoted "$dir/bin/mailgrave-$name"
		options "$name"
		quoted "$@"
		printf ' "$@"\n'
	} >"$dir/service/$name/run"
	printf '#!/bin/sh\nexec svlogd -tt ../../../log/%s\n' "$name" \
		>"$dir/service/$name/log/run"
	chmod 755 "$dir/service/$name/run" "$dir/service/$name/log/run"
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
		echo '# Everybody may connect, nobody may relay but who logs in.'
		echo 'relay login'
		echo 'accept *'
	} >"$access"
}

# lay_out - make all of it, or mend it
lay_out() {
	[ -n "$routes" ] || default_routes
	[ -n "$access" ] || default_access
	spool_directories | while read -r mode owner place; do
		if $root; then
			install -d -m "$mode" -o "$owner" -g "$owner" "$place"
		else
			install -d -m "$mode" "$place"
		fi
	done
	for name in $stages; do
		stage "$name"
	done
}
