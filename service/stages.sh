# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # variables of those who source it
# The stages of a pipeline: where each lives and with which options, for
# quickstart and install. They set spool, mail, bind, port, domain, routes and
# access; for TLS certificate and key; users for the stage submission, or, where
# smtpd itself is to take logins, with tls_bind. Nothing is touched here.

# quoted WORD... - for the shell
quoted() {
	for word; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
}

# kin STAGE - whose program, user and directory it has: submission is a second
# smtpd, for users
kin() {
	case $1 in
	submission) echo smtpd ;;
	*) echo "$1" ;;
	esac
}

# cell STAGE - the directory it starts in: with root that is its root directory,
# so relative paths are the same in both cases
cell() {
	case $1 in
	local) echo "$mail" ;;
	*) echo "$spool/$(kin "$1")" ;;
	esac
}

# for_clients - what a server has beside its addresses, quoted for the shell
for_clients() {
	quoted ${domain:+--domain "$domain"} --routes "$routes" \
		--access "$access" --out queue.ctrl \
		${certificate:+--tls-cert "$certificate"} ${key:+--tls-key "$key"}
}

# options STAGE - quoted for the shell
options() {
	case $1 in
	smtpd)	quoted --bind "$bind" --port "$port"
		for_clients
		[ -z "${tls_bind-}" ] || quoted --tls-bind "$tls_bind" \
			--users "$users" ;;
	submission)
		quoted --bind "$bind" --port 587 --tls-bind "$bind"
		for_clients
		quoted --submission --users "$users" ;;
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
