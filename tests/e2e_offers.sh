#!/bin/sh
# SPDX-License-Identifier: ISC
# What smtpd offers by TLS: every protocol, cipher, group and kind of signature
# that openssl knows is tried; the table says which were taken, and all of those
# must be strong.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

pair() { # pair NAME ALGORITHM...
	name=$1
	shift
	openssl req -x509 -nodes -days 30 -subj "/CN=$name.test" -keyout \
		"$T/$name.key" -out "$T/$name.crt" "$@" 2>/dev/null
	chmod 644 "$T/$name.key"
}
pair rsa -newkey rsa:2048
pair ec -newkey ec -pkeyopt ec_paramgen_curve:prime256v1

as_user=''
! is_root || as_user='setpriv --reuid=nobody --clear-groups --regid=65534'
port=$(free_port)
cp "$B/mailgrave-smtpd" "$T"
: >"$T/none"
# shellcheck disable=SC2086 # words
background "$T/smtpd.log" $as_user "$T/mailgrave-smtpd" --tls-bind \
	"127.0.0.1:$port" --bind "127.0.0.1:$(free_port)" --routes "$T/none" \
	--access "$T/none" --tls-cert "$T/rsa.crt" --tls-key "$T/rsa.key" \
	--tls-cert "$T/ec.crt" --tls-key "$T/ec.key"

try() { # try OPTION... - a handshake is done; even if openssl's own rules forbid
	openssl s_client -connect "127.0.0.1:$port" "$@" </dev/null 2>/dev/null |
		grep -Eq 'Cipher is [A-Z]'
}
ok 'smtpd serves' within 60 try

weak='@SECLEVEL=0'
all() { # what is taken of all that openssl has
	for version in tls1 tls1_1 tls1_2; do
		for cipher in $(openssl ciphers -s -$version \
		    "ALL:COMPLEMENTOFALL:$weak" | tr : ' '); do
			! try -$version -cipher "$cipher:$weak" ||
				echo "$version $cipher"
		done
	done
	for cipher in TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 \
	    TLS_AES_128_GCM_SHA256 TLS_AES_128_CCM_SHA256 \
	    TLS_AES_128_CCM_8_SHA256; do
		! try -tls1_3 -ciphersuites $cipher -cipher "ALL:$weak" ||
			echo "tls1_3 $cipher"
	done
	for group in X25519 X448 P-256 P-384 P-521 secp256k1 brainpoolP256r1 \
	    sect283k1 secp160r1 ffdhe2048; do
		! try -groups $group -tls1_3 || echo "group $group"
	done
	for sign in RSA+MD5 RSA+SHA1 RSA+SHA224 RSA+SHA256 RSA-PSS+SHA256 \
	    RSA-PSS+SHA512 ECDSA+SHA1 ECDSA+SHA224 ECDSA+SHA256; do
		! try -tls1_2 -sigalgs $sign -cipher "ALL:$weak" ||
			echo "signature $sign"
	done
}
all >"$T/taken"
ok 'smtpd still serves' try

note <"$T/taken"
tried=$(openssl ciphers -s -tls1_2 "ALL:COMPLEMENTOFALL:$weak" | tr : '\n' |
	wc -l)
ok "many were tried: $tried" test "$tried" -gt 60
is 'nothing before TLS 1.2' "$(grep -E '^tls1(_1)? ' "$T/taken")" ''
is 'by TLS 1.2 what is forward secret and authenticated' \
	"$(sed -n 's/^tls1_2 //p' "$T/taken" | sort | tr '\n' ' ')" \
	"$(printf '%s\n' ECDHE-ECDSA-AES256-GCM-SHA384 \
	ECDHE-RSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-GCM-SHA256 \
	ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-CHACHA20-POLY1305 \
	ECDHE-RSA-CHACHA20-POLY1305 | sort | tr '\n' ' ')"
is 'by TLS 1.3 the usual three' "$(grep -c ^tls1_3 "$T/taken")" 3
is 'no cipher of TLS 1.3 with a short tag' "$(grep CCM "$T/taken")" ''
is 'no short or odd group' "$(grep -E \
	'^group (secp|brainpool|sect)' "$T/taken")" ''
ok 'the usual groups' sh -c 'test "$(grep -cE "^group (X25519|P-256)" \
	"$1")" -eq 2' - "$T/taken"
is 'no signature over MD5 or SHA-1' \
	"$(grep -E '^signature .*(MD5|SHA1)$' "$T/taken")" ''
is 'and both kinds over SHA-256' "$(grep -cE \
	'^signature (RSA-PSS|ECDSA)[+]SHA256' "$T/taken")" 2
finish
