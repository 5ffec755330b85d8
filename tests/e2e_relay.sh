#!/bin/sh
# SPDX-License-Identifier: ISC
# Mail for elsewhere goes to the host that a relay route names, for those whom
# the access file lets, and for nobody else.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

postfix=$("$tools/unpack" postfix postfix) ||
	skip_all 'smtp-sink: the package postfix is not to be had'

sink=$(free_port)
mkdir "$T/sink"
set --
if is_root; then
	chown nobody "$T/sink"
	set -- -u nobody
fi
cd "$T/sink" || exit 1
background "$T/sink.log" env "$(libraries "$postfix")" \
	"$postfix/usr/sbin/smtp-sink" "$@" -d 'm%S.' "127.0.0.1:$sink" 100
cd "$top" || exit 1

send() { # send SOURCE RECIPIENT
	swaks --server 127.0.0.1 --port "$port" --local-interface "$1" \
		--helo client.test --from sender@client.test --to "$2" \
		--data 'Subject: relayed\n\n..two dots\n.\nthe end\n'
}

printf 'group office 127.0.0.1\nrelay office\naccept *\n' >"$T/access"
pipeline one --relay "127.0.0.1:$sink" --access "$T/access"
ok 'a client in a group that may relay' send 127.0.0.1 far@other.test
ok 'the other host has the message' within 60 files 1 "$T/sink"
got=$(cat "$T/sink"/m*)
like 'its sender' "$got" 'MAIL FROM:<sender@client\.test>|^X-Mail-Args: <sender@client\.test>'
like 'its recipient' "$got" 'RCPT TO:<far@other\.test>|^X-Rcpt-Args: <far@other\.test>'
like 'its last line' "$got" '^the end'
ok 'a client outside of it is refused' sh -c '! "$@" >"$0"' "$T/refused" \
	swaks --server 127.0.0.1 --port "$port" --local-interface 127.0.0.2 \
	--from sender@client.test --to far@other.test
like 'with 550 5.7.1' "$(cat "$T/refused")" '550 5\.7\.1'
ok 'but may send to us' send 127.0.0.2 near@example.test
ok 'which arrives' within 60 files 1 "$dir/mail/near/new"
end "$pid"

pipeline none --relay "127.0.0.1:$sink"
ok 'without an access file nobody relays' sh -c '! "$@" >"$0"' "$T/refused" \
	swaks --server 127.0.0.1 --port "$port" \
	--from sender@client.test --to far@other.test
like 'it is refused with 550 5.7.1' "$(cat "$T/refused")" '550 5\.7\.1'
ok 'nothing more has arrived there' files 1 "$T/sink"
finish
