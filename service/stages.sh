# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # variables of those who source it
# The stages of a pipeline: where each lives and with which options, for
# quickstart and install. They set spool, mail, bind, port, domain, routes and
# access; with users also tls_bind, certificate and key. Nothing is touched here.

# quoted WORD... - for the shell
quoted() {
	for word; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
}

# cell STAGE - the directory it starts in: with root that is its root directory,
# so relative paths are the same in both cases
cell() {
	case $1 in
	local) echo "$mail" ;;
	*) echo "$spool/$1" ;;
	esac
}

# options STAGE - quoted for the shell
options() {
	case $1 in
	smtpd)	quoted --bind "$bind" --port "$port" \
			${domain:+--domain "$domain"} --routes "$routes" \
			--access "$access" --out queue.ctrl
		[ -z "${users-}" ] || quoted --tls-bind "$tls_bind" \
			--tls-cert "$certificate" --tls-key "$key" \
			--users "$users" ;;
	queue)	quoted --in "$spool/smtpd/queue.ctrl" \
			--submit "$spool/submit.ctrl" --out send.ctrl ;;
	send)	quoted --routes "$routes" --in "$spool/queue/send.ctrl" \
			--out remote.ctrl --local local.ctrl ;;
	local)	quoted --routes "$routes" --in "$spool/send/local.ctrl" ;;
	remote)	quoted --in "$spool/send/remote.ctrl" ;;
	esac
}

# spool_directories - MODE OWNER DIR lines, in the order to be made; "root" is
# whoever runs this
spool_directories() {
	cat <<EOF
755 root $spool
755 root $spool/smtpd
755 root $spool/queue
755 root $spool/send
755 root $spool/remote
700 mailgrave-queue $spool/queue/journal
700 mailgrave-queue $spool/queue/mess
700 mailgrave-queue $spool/queue/damaged
700 mailgrave-local $mail
EOF
}
