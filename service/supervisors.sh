# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154 # variables of install
# How each supervisor wants to be told of a stage, for install, whose put and
# do_it write; stages.sh says what runs.

program() { echo "$prefix/sbin/mailgrave-$(kin "$1")"; }

# A stage that drops its rights itself has a root directory that isn't its own.
self_directories() {
	spool_directories | while read -r mode owner place; do
		echo "$mode $owner $owner $place"
	done
	log_directories
}

# Without root a socket is shared by its directory: the binder's, with the group
# of the one who connects.
chpst_directories() {
	cat <<EOF
755 mailgrave-queue mailgrave-queue $spool
2750 mailgrave-queue mailgrave-smtpd $spool/smtpd
2750 mailgrave-send mailgrave-queue $spool/queue
755 root root $spool/send
2750 mailgrave-local mailgrave-send $spool/send/local
2750 mailgrave-remote mailgrave-send $spool/send/remote
755 root root $spool/remote
700 mailgrave-queue mailgrave-queue $spool/queue/journal
700 mailgrave-queue mailgrave-queue $spool/queue/mess
700 mailgrave-queue mailgrave-queue $spool/queue/damaged
700 mailgrave-local mailgrave-local $mail
EOF
	log_directories
}

log_directories() {
	case $supervisor in
	systemd | *inetd) return ;;
	esac
	echo "755 root root $log"
	for stage in $stages; do
		echo "2755 mailgrave-log mailgrave-log $log/$stage"
	done
}

# command STAGE [OPTION...] - the line that runs it
command_line() {
	stage=$1
	shift
	place=$(cell "$stage")
	if [ "$drop" = self ] || [ "$(kin "$stage")" = smtpd ]; then
		quoted "$(program "$stage")"
		options "$stage"
		quoted --chroot "$place" --user "mailgrave-$(kin "$stage")" "$@"
	else
		printf ' chpst -u mailgrave-%s' "$stage"
		quoted "$(program "$stage")"
		options "$stage" | sed "s:'$spool/send/\(local\|remote\)\.ctrl':'$spool/send/\1/\1.ctrl':
		    s:'remote\.ctrl':'remote/remote.ctrl':
		    s:'local\.ctrl':'local/local.ctrl':"
		quoted "$@"
	fi | sed 's/^ //'
}

# run_script STAGE [OPTION...]
run_script() {
	cat <<EOF
#!/bin/sh
exec 2>&1
cd $(cell "$1") || exit 111
exec $(command_line "$@")
EOF
}

# --- runit ----------------------------------------------------------------

runit_stage() {
	run_script "$1" | put 755 "$services/mailgrave-$1/run"
	# 100: wrong options or files, which no restart mends
	put 755 "$services/mailgrave-$1/finish" <<'EOF'
#!/bin/sh
[ "$1" != 100 ] || exec sv down .
EOF
	put 755 "$services/mailgrave-$1/log/run" <<EOF
#!/bin/sh
exec chpst -u mailgrave-log svlogd -tt $log/$1
EOF
}

# --- daemontools ----------------------------------------------------------

daemontools_stage() {
	run_script "$1" | put 755 "$services/mailgrave-$1/run"
	put 755 "$services/mailgrave-$1/log/run" <<EOF
#!/bin/sh
exec setuidgid mailgrave-log multilog t $log/$1
EOF
}

# --- s6 -------------------------------------------------------------------

s6_stage() {
	run_script "$1" --notify-fd 3 | put 755 "$services/mailgrave-$1/run"
	echo 3 | put 644 "$services/mailgrave-$1/notification-fd"
	# 125: don't start it again
	put 755 "$services/mailgrave-$1/finish" <<'EOF'
#!/bin/sh
[ "$1" != 100 ] || exit 125
EOF
	put 755 "$services/mailgrave-$1/log/run" <<EOF
#!/bin/sh
exec s6-setuidgid mailgrave-log s6-log t $log/$1
EOF
}

# --- systemd --------------------------------------------------------------

# KillMode: a helper, or a command that local runs, is its daemon's to end. The
# programs confine themselves (TRUST); what the manager could take away besides
# is what they need to do so.
systemd_stage() {
	put 644 "$services/mailgrave-$1.service" <<EOF
[Unit]
Description=Mailgrave: $1
Documentation=man:mailgrave(7) man:mailgrave-$(kin "$1")(8)
PartOf=mailgrave.target
After=network.target
StartLimitIntervalSec=0

[Service]
Type=notify
WorkingDirectory=$(cell "$1")
ExecStart=$(command_line "$1" | tr -d "'")
ExecReload=/bin/kill -HUP \$MAINPID
KillMode=mixed
TimeoutStopSec=10
Restart=always
RestartSec=1
RestartPreventExitStatus=100
LimitNOFILE=20000

[Install]
WantedBy=mailgrave.target
EOF
}

# --- inetd and xinetd -----------------------------------------------------

# smtpd alone, one process a client, as its own user
inetd_options() {
	quoted --domain "$domain" --routes "$routes" --access "$access" \
		--out queue.ctrl --chroot "$(cell smtpd)" \
		--user mailgrave-smtpd | tr -d "'"
}

# inetd_address - the first and third words of its line
inetd_address() {
	case $bind in
	0.0.0.0) echo "$port tcp" ;;
	::) echo "$port tcp6" ;;
	*) echo "$bind:$port tcp" ;;
	esac
}

# inetd_away - take out the line that etc/inetd tells of: the file's name, then
# the line
inetd_away() {
	is_ours "$etc/inetd" || return 0
	{ read -r conf && read -r line; } <"$etc/inetd"
	grep -qxF "$line" "$conf" 2>/dev/null || return 0
	if $dry; then
		say "would take out of $conf: $line"
		return
	fi
	grep -vxF "$line" "$conf" >"$conf.new" || :
	cat "$conf.new" >"$conf"
	rm "$conf.new"
}

# The number: of clients a minute; with inetd's own, 256, a busy minute would
# close the port for ten.
inetd_stage() {
	inetd_away
	# shellcheck disable=SC2046 # two words
	set -- $(inetd_address)
	line="$1 stream $2 nowait.5000 root $(program smtpd) mailgrave-smtpd"
	line="$line$(inetd_options)"
	printf '%s\n%s\n' "$services" "$line" | put 644 "$etc/inetd"
	if $dry; then
		say "would append to $services: $line"
	elif ! is_ours "$etc/inetd"; then
		say "$services: left as it is, for $etc/inetd was changed"
	else
		echo "$line" >>"$services"
	fi
}

xinetd_stage() {
	put 644 "$services/mailgrave-smtpd" <<EOF
service mailgrave-smtpd
{
	type            = UNLISTED
	socket_type     = stream
	protocol        = tcp
	port            = $port
	bind            = $bind
	cps             = 100 1
	wait            = no
	user            = root
	instances       = 200
	server          = $(program smtpd)
	server_args     =$(inetd_options)
}
EOF
}

# --- none: whoever starts them knows how ----------------------------------

none_stage() { :; }

# --- before and after -----------------------------------------------------

after_installation() {
	case $supervisor in
	systemd)
		put 644 "$services/mailgrave.target" <<EOF
[Unit]
Description=Mailgrave

[Install]
WantedBy=multi-user.target
EOF
		names=mailgrave.target
		for stage in $stages; do
			names="$names mailgrave-$stage"
		done
		say "next: systemctl daemon-reload, then systemctl enable --now" \
			"$names" ;;
	s6)	say "next: s6-svscanctl -a $services" ;;
	inetd | xinetd)
		say "next: HUP to $supervisor" ;;
	none) ;;
	*)	say "done: $supervisor starts them within seconds" ;;
	esac
}

# daemontools has nothing that waits
await_end() {
	for place; do
		tenths=0
		while svok "$place" && [ "$tenths" -lt 70 ]; do
			tenths=$((tenths + 1))
			sleep 0.1
		done
	done
}

# A service that runs is stopped before its directory goes.
before_removal() {
	inetd_away
	while read -r _ file; do
		case $file in
		*/log/run | */finish) continue ;;
		*/run) place=${file%/run} ;;
		*) continue ;;
		esac
		# or it would be started again before its files are gone
		do_it touch "$place/down" "$place/log/down"
		if [ ! -d "$place/supervise" ]; then
			continue
		elif [ -d "$place/event" ]; then
			do_it s6-svc -wD -T 7000 -dx "$place" || :
		elif [ -e "$place/finish" ]; then
			do_it sv -w 7 force-shutdown "$place" || :
		else
			do_it svc -dx "$place" "$place/log" || :
			$dry || await_end "$place" "$place/log"
		fi
	done <"$manifest"
}

# after_removal PLACE... - service directories: what the supervisor keeps there,
# which may have come back while its other files went, or come back yet
after_removal() {
	for _ in 1 2 3; do
		for place; do
			if [ ! -d "$place" ] || [ -e "$place/run" ]; then
				continue
			fi
			do_it rm -rf "$place/supervise" "$place/log/supervise" \
				"$place/event" "$place/log/event" || :
			$dry || rmdir "$place/log" "$place" 2>/dev/null || :
		done
		if $dry || [ $# -eq 0 ]; then
			break
		fi
		sleep 1
	done
}
