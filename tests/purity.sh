#!/bin/sh
# SPDX-License-Identifier: ISC
# The pure engines own no descriptor, clock or log: what their objects ask of
# others is memory, text, and each other. A symbol outside of these lists needs
# a better place for the code that wants it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# Objects that must be pure; their own functions are pure for the others too.
engines='
common/access
common/accessfile
common/accessline
common/action
common/actionaway
common/actionhere
common/addr
common/address
common/base64
common/body
common/command
common/complete
common/date
common/deliver
common/dsn
common/expand
common/handover
common/header
common/heap
common/idmap
common/line
common/match
common/netaddr
common/network
common/oneline
common/past
common/received
common/route
common/routes
common/routesfile
common/rulefile
common/slice
common/submit
common/target
common/token
common/utf8
common/variable
common/who
common/whofile
common/wire
inject/envelope
inject/sendmail
inject/verp
local/choose
local/environ
local/exitcode
local/fromline
local/mboxrd
local/request
local/result
local/trace
queue/counts
queue/crc32c
queue/filter
queue/qmailenv
queue/record
queue/standin
queue/state
remote/answer
remote/client
remote/dialogue
remote/idna
remote/login
remote/mx
remote/offer
remote/outcome
remote/reply
remote/say
remote/sent
remote/terms
remote/text
send/announce
send/bounce
send/destination
send/expansion
send/flow
send/job
send/lane
send/mail
send/orders
send/owed
send/page
send/rcpt
send/returned
send/routing
send/sched
send/work
smtpd/answered
smtpd/chunk
smtpd/crowd
smtpd/digest
smtpd/dovecot
smtpd/exchange
smtpd/failures
smtpd/hops
smtpd/intake
smtpd/octets
smtpd/outlet
smtpd/parameter
smtpd/places
smtpd/policy
smtpd/proxy
smtpd/rcpts
smtpd/reply
smtpd/reverse
smtpd/sasl
smtpd/say
smtpd/scram
smtpd/session
smtpd/tally
smtpd/text
smtpd/trust
smtpd/users
smtpd/verb
smtpd/verbmail
smtpd/verifier
smtpd/xclient
'

# What computes only. snprintf writes to memory; errno is the caller's.
allowed='
mem(chr|cmp|cpy|move|set|mem|rchr)|str(len|cmp|ncmp|chr|rchr|spn|cspn|error)
bcmp|strn?dup|(m|c|re)alloc|reallocarray|free|qsort|bsearch|abort
v?snprintf|__v?snprintf_chk|__(mem(cpy|move|set)|explicit_bzero)_chk
__stack_chk_fail|__errno_location|_GLOBAL_OFFSET_TABLE_|__assert_fail
__ctype_b_loc|__ctype_tolower_loc|gmtime_r|inet_(pton|ntop)|explicit_bzero
pcre2_.*|stralloc_.*|byte_.*|case_.*|str_.*|avltreen?_.*|gensetdyn_.*|genalloc_.*
traceid_(parse|format|time_ms)|__cpu_model
SHA256|HMAC|EVP_sha256|PKCS5_PBKDF2_HMAC|crypt_checksalt
u?int[0-9]*_?(scan|fmt|pack|unpack)[a-z0-9_]*|(ul?long|uint)0?_(scan|fmt).*
'
allowed=$(echo "$allowed" | grep . | paste -sd '|')

objects=''
for engine in $engines; do
	[ ! -e "$top/$engine.c" ] || objects="$objects $B/$engine.o"
done
# shellcheck disable=SC2086 # words
nm -g --defined-only $objects | awk 'NF == 3 { print $3 }' | sort -u \
	>"$T/pure"

impure() { # impure OBJECT - the symbols it shouldn't ask for
	nm -u "$1" 2>&1 | awk '{ print $NF }' | grep -Evx "$allowed" |
		grep -Fxv -f "$T/pure"
}
for object in $objects; do
	is "${object#"$B/"} asks for nothing impure" "$(impure "$object")" ''
done

# the net has no hole: these would be found
for symbol in read write open openat random_buf socket connect time clock_gettime printf \
    fputs getenv fork; do
	is "$symbol is not allowed" \
		"$(echo "$symbol" | grep -Ex "$allowed")" ''
done
finish
