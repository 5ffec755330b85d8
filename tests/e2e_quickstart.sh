#!/bin/sh
# SPDX-License-Identifier: ISC
# quickstart: the line it prints works, every signal ends all processes, even
# KILL of itself, and what is in the spool survives.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pipeline two --domain two.test --port "$(free_port)" &&
	two=$dir two_pid=$pid
pipeline one

line=$(sed -n 's/^  try: *//p' "$dir.out")
ok "what it prints works: $line" sh -c "$line"
ok 'the mail is where it says' within 60 files 1 "$dir/mail/you/new"
ok 'the instance beside it has none' test ! -e "$two/mail/you"

# everything below a supervisor, by the directory that all their names hold
processes() {
	perl -e 'for (glob "/proc/[0-9]*") {
		next if $_ eq "/proc/$$";
		my $seen = readlink("$_/cwd") // "";
		open my $f, "<", "$_/cmdline" and $seen .= join "", <$f>;
		print "$_\n" if index($seen, $ARGV[0]) >= 0;
	}' "$1"
}
none() { [ -z "$(processes "$1")" ]; }

for signal in TERM INT HUP KILL; do
	count=$(processes "$dir/" | wc -l)
	like "$signal: it runs ($count processes)" "$count" '^[1-9][0-9]'
	kill -"$signal" "$pid"
	ok "$signal: all have ended" within 60 none "$dir/"
	wait "$pid"
	status=$?
	[ "$signal" = KILL ] || is "$signal: exit 0" "$status" 0
	[ "$signal" = KILL ] || pipeline one
done

pipeline one
ok 'what was there is still there' files 1 "$dir/mail/you/new"
kill -STOP "$(daemon send)"	# deaf to everything but KILL
kill -TERM "$pid"
ok 'a stage that hangs is gone, too' within 60 none "$dir/"
like 'the other instance has not noticed' "$(processes "$two/" | wc -l)" \
	'^[1-9][0-9]'

# --tls
pipeline three --tls
line=$(sed -n 's/^  try: *//p' "$dir.out")
login=$(sed -n 's/^  login: *//p' "$dir.out")
ok 'a certificate is made' openssl x509 -in "$dir/tls/cert.pem" -noout \
	-checkhost localhost
ok "what it prints works, with the password of $login" sh -c \
	"$line --auth-password ${login##* }"
ok 'the mail is where it says' within 60 files 1 "$dir/mail/you/new"
like 'and came with TLS and a login' "$(cat "$dir/mail/you/new/"*)" \
	'with ESMTPSA'
like 'a wrong password' "$($line --auth-password wrong 2>&1)" '535 5\.7\.8'
tls_port=$(sed -n 's/.*from the start on port //p' "$dir.out")
ok 'TLS from the start' swaks --server "127.0.0.1:$tls_port" --tls-on-connect \
	--to you@example.test --auth-user you --auth-password "${login##* }"
! is_root || is 'nobody but the helpers can read what is secret' \
	"$(stat -c '%U %a' "$dir/tls/key.pem" "$dir/tls/users" | tr '\n' ' ')" \
	'mailgrave-key 400 mailgrave-auth 400 '
ok 'the password is in no file' sh -c '! grep -rqF "$1" "$2"' - \
	"${login##* }" "$dir/"
kill "$pid"
wait "$pid"
pipeline three --tls
like 'the password is printed once' "$(cat "$dir.out")" \
	'^  login: .*you, password as it was printed'
ok 'and still right' sh -c "$(sed -n 's/^  try: *//p' "$dir.out") \
	--auth-password ${login##* }"
end "$pid"

end "$two_pid"
is 'and ends with 0' $? 0
finish
