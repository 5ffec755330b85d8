# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154 # names of and for lib.sh's users
# For tests of service/install: the programs in a prefix of their own. Sourced
# after lib.sh.

mkdir -p "$T/local/sbin"
for stage in $stages; do
	cp "$B/mailgrave-$stage" "$T/local/sbin/"
done

install() { # install NAME [OPTION...] - on ground of its own
	name=$1
	shift
	"$top/service/install" --domain example.test --bind 127.0.0.1 \
		--port "$port" --prefix "$T/local" --spool "$T/$name/spool" \
		--mail "$T/$name/mail" --etc "$T/$name/etc" \
		--log "$T/$name/log" --services "$T/$name/services" "$@"
}
send() { # send TO
	swaks --server 127.0.0.1 --port "$port" --from me@example.test \
		--to "$1" --data 'Subject: hello\n\nbody\n'
}
gone() { ! pgrep -f "^$T/local/sbin/mailgrave-.*$T/$1/" >/dev/null; }
