#!/bin/sh
# SPDX-License-Identifier: ISC
# make static: the six programs need no file of the system, so that one can be
# put alone into a directory and run there; and mail goes through them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

echo 'int main(void) { return 0; }' >"$T/probe.c"
for library in skarnet seccomp pcre2-8 cares ssl crypto crypt c; do
	"${CC:-cc}" -static -o "$T/probe" "$T/probe.c" "-l$library" \
		2>"$T/why" || skip_all "no static lib$library is here"
done

ok 'make static' make -s -C "$top" -j 2 static B="$T" CFLAGS=-O0
B=$T/static
mkdir "$T/alone"
for program in smtpd queue send local remote inject; do
	program=mailgrave-$program
	readelf -lW "$B/$program" >"$T/segments" 2>/dev/null
	ok "$program: is built" has "$T/segments" LOAD
	is "$program: has no loader" "$(grep -c INTERP "$T/segments")" 0
	is "$program --version" "$("$B/$program" --version)" \
		"$program $(sed -n 's/^VERSION *:= //p' "$top/Makefile")"
	if is_root; then
		cp "$B/$program" "$T/alone/"
		ok "$program: runs where nothing else is" chroot "$T/alone" \
			"/$program" --help
	fi
done

pipeline one
for program in $stages; do
	ok "$program: it is the one that runs" cmp "$dir/bin/mailgrave-$program" \
		"$B/mailgrave-$program"
done
ok 'mail by SMTP' swaks --server 127.0.0.1 --port "$port" \
	--from me@client.test --to you@example.test --data 'Subject: x\n\nx\n'
ok 'mail by inject' sh -c 'printf "To: you@example.test\n\nx\n" |
	"$1" --out "$2" --domain example.test -t' - "$B/mailgrave-inject" \
	"$dir/spool/submit.ctrl"
ok 'both are there' within 60 files 2 "$dir/mail/you/new"
is 'none was built anew' "$(readelf -lW "$B/mailgrave-queue" | grep -c INTERP)" 0
end "$pid"
is 'it ends with 0' $? 0
finish
