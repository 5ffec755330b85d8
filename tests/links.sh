#!/bin/sh
# SPDX-License-Identifier: ISC
# What a program links states its powers; how it is linked, what a mistake in it
# is worth to others.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

needs() { readelf -dW "$B/mailgrave-$1" | sed -n 's/.*NEEDED.*\[\(.*\)\].*/\1/p'; }
asks() { nm -D --undefined-only "$B/mailgrave-$1" | awk '{ print $2 }' |
	sed 's/@.*//'; }
lacks() { # lacks FILE PATTERN - no line matches
	! grep -Ex -e "$2" "$1"
}

# calls with no way to say how long the target is, or that start a shell
unsafe='(__)?(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|wcscpy|wcscat)(_chk)?|'
unsafe=$unsafe'alloca|tmpnam|mktemp|tempnam|system|popen|strtok|asctime|scanf|'
unsafe=$unsafe'(__isoc99_)?v?[fs]?scanf'
resolver='getaddrinfo|getnameinfo|gethostby.*|res_.*|__res_.*|ares_.*'

for program in smtpd queue send local remote inject; do
	binary=$B/mailgrave-$program
	ok "$program: is built" test -x "$binary"
	needs "$program" >"$T/needs"
	asks "$program" >"$T/asks"
	ok "$program: no unsafe call" lacks "$T/asks" "$unsafe"
	readelf -lW "$binary" >"$T/segments"
	readelf -dW "$binary" >"$T/dynamic"
	ok "$program: position independent" has "$T/dynamic" 'FLAGS_1.* PIE'
	ok "$program: GNU_RELRO" has "$T/segments" 'GNU_RELRO'
	ok "$program: bound at start" has "$T/dynamic" 'BIND_NOW|FLAGS_1.* NOW'
	ok "$program: stack not executable" has "$T/segments" \
		'GNU_STACK.* RW +0x'
	ok "$program: nothing both writable and executable" sh -c \
		'! grep -E "LOAD.* RWE" "$1"' - "$T/segments"
	ok "$program: knows no library path" sh -c \
		'! grep -E "RPATH|RUNPATH" "$1"' - "$T/dynamic"
	case $program in
	queue | send | local)
		ok "$program: no TLS, no DNS" lacks "$T/needs" \
			'lib(ssl|crypto|cares|resolv)\..*'
		ok "$program: asks no resolver" lacks "$T/asks" "$resolver"
		;;
	esac
	tls=1
	case $program in
	smtpd | remote) tls=0 ;;
	esac
	is "$program: links OpenSSL, or not" "$(
		grep -Exq 'libssl\..*' "$T/needs"
		echo $?)" "$tls"
	case $program in
	queue | remote | inject)
		ok "$program: no regular expressions" lacks "$T/needs" \
			'libpcre2.*'
		;;
	*)
		ok "$program: pcre2 for regular expressions, and no other" sh -c \
			'grep -q "^libpcre2-8" "$1" &&
			! grep -Ex "regcomp|regexec|pcre_.*" "$2"' - \
			"$T/needs" "$T/asks"
		;;
	esac
	ok "$program: is not set-id" test ! -u "$binary" -a ! -g "$binary"
done
finish
