#!/bin/sh
# SPDX-License-Identifier: ISC
# HUP: what the routes and access files say now holds for what comes after; a
# file with a mistake is named by line and column, and the old one stays.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

write() { # write FILE LINE... - as editors do
	file=$1
	shift
	printf '%s\n' "$@" >"$file.draft"
	mv "$file.draft" "$file"
}

# said STAGE N PATTERN - N of its lines match
said() {
	[ "$(grep -Ec -e "$3" "$dir/log/$1/current")" -eq "$2" ]
}

reload() {
	for stage in local send smtpd; do
		kill -HUP "$(daemon "$stage")"
	done
}

rcpt() { # rcpt ADDRESS - what RCPT is answered
	swaks --server 127.0.0.1 --port "$port" --helo client.test \
		--from sender@client.test --to "$1" --quit-after RCPT 2>&1 |
		sed -n '/RCPT TO/{n;s/^[^0-9]*//p;}'
}

deliver() { # deliver ADDRESS
	swaks --server 127.0.0.1 --port "$port" --helo client.test \
		--from sender@client.test --to "$1" --data 'Subject: x\n\nx\n'
}

write "$T/routes" '@example.test maildir ${local}/'
write "$T/access" ''
pipeline one --routes "$T/routes" --access "$T/access"
ids=$(for stage in local send smtpd; do daemon "$stage"; done)
for stage in local send smtpd; do
	ok "$stage logs the hash of its routes" within 60 said "$stage" 1 \
		'ev=routes .*hash=[0-9a-f]{16} '
done
is 'all three have the same' "$(cat "$dir"/log/local/current \
	"$dir"/log/send/current "$dir"/log/smtpd/current |
	sed -n 's/.*ev=routes .*hash=\([0-9a-f]*\).*/\1/p' | sort -u |
	wc -l)" 1
like 'before: one is taken' "$(rcpt a@example.test)" '^250 '
like 'before: another is not' "$(rcpt a@new.test)" '^550 5\.7\.1'

write "$T/routes" '@new.test maildir new-${local}/' \
	'  gone@new.test mailder x'
write "$T/access" 'refuse 127.0.0.1 550 5.7.1 "go away"' 'relay nobody'
reload
for stage in local send smtpd; do
	ok "$stage: the mistake in routes has line and column" within 60 \
		said "$stage" 1 "ev=reload-failed .*/routes.* line=2 column=17 "
done
ok 'smtpd: so has that in access' within 60 said smtpd 1 \
	'ev=reload-failed .*/access.* line=2 column=7 '
like 'the old routes stay' "$(rcpt a@example.test)" '^250 '
like 'nothing of the bad ones holds' "$(rcpt a@new.test)" '^550 5\.7\.1'

write "$T/routes" 'a@new.test alias b@new.test c@new.test' \
	'/^(?<who>[a-z]+)@new\.test$/ maildir new-${who}/' \
	'moved@old.test reject 550 5.1.6 "moved away"'
write "$T/access" 'group us 127.0.0.1' 'relay us'
reload
for stage in local send smtpd; do
	ok "$stage has the good ones" within 60 said "$stage" 2 'ev=routes '
done
like 'the old ones are gone' "$(rcpt a@example.test)" '^550 5\.7\.1'
like 'a line may say why it rejects' "$(rcpt moved@old.test)" \
	'^550 5\.1\.6 moved away'
ok 'mail for an alias is taken' deliver a@new.test
ok 'one copy arrives by the pattern' within 60 files 1 "$dir/mail/new-b/new"
ok 'and the other' within 60 files 1 "$dir/mail/new-c/new"
ok 'none for the alias itself' test ! -e "$dir/mail/new-a"

is 'all of them are who they were' \
	"$(for stage in local send smtpd; do daemon "$stage"; done)" "$ids"
finish
