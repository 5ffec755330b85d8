#!/bin/sh
# SPDX-License-Identifier: ISC
# service/install and service/reload under real supervisors: up, ready, mail
# through, each stage killed and back, a bad file, a good one, down with mail
# under way, up again, removed; what somebody changed is left alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'

# shellcheck source=tests/tools/installing.sh
. "$tools/installing.sh"

# --- wrong words ----------------------------------------------------------

port=2525
refused() { # refused NAME WORDS OPTION...
	name=$1 words=$2
	shift 2
	status=0
	said=$("$top/service/install" "$@" 2>&1) || status=$?
	is "$name: 100" "$status" 100
	like "$name: and why" "$said" "$words"
}
refused 'no supervisor' '^install: --supervisor: which one' --domain a.test
refused 'an unknown one' "upstart isn't known" --supervisor upstart \
	--domain a.test
refused 'no domain' 'whose mail' --supervisor runit
refused 'an odd path' 'odd characters' --supervisor runit --domain a.test \
	--spool '/x;y'
refused 'programs that are not there' 'not there' --supervisor runit \
	--domain a.test --prefix /nonexistent
refused 'smtpd alone under xinetd' 'smtpd alone' --supervisor xinetd \
	--domain a.test --stages queue
refused 'users without TLS' 'nobody logs in without TLS' --supervisor runit \
	--domain a.test --users /u
refused 'a key without a certificate' 'and --tls-cert' --supervisor runit \
	--domain a.test --tls-key /k
refused 'submission without users' 'needs --users' --supervisor runit \
	--domain a.test --stages smtpd,submission
refused 'TLS under inetd' 'not for inetd' --supervisor inetd --domain a.test \
	--tls-cert /c
refused 'a certificate that may be anywhere' 'absolute path' --supervisor \
	runit --domain a.test --tls-cert c.pem
mkdir "$T/before"
like 'a dry run says what it would do' "$(install dry --supervisor runit \
	--dry-run)" 'would write .*/services/mailgrave-send/run'
is 'and does nothing' "$(find "$T" -name dry)" ''

# --- supervisors ----------------------------------------------------------

# shellcheck source=tests/tools/busy.sh
. "$tools/busy.sh"
busy

# ground NAME - what is there before it is installed: routes
ground() {
	port=$(free_port)
	mkdir -p "$T/$1/etc"
	cat >"$T/$1/etc/routes" <<-EOF
	slow@example.test    ${command:-maildir slow/}
	@example.test        maildir \${local}/
	slow.test            relay 127.0.0.1:$host
	EOF
}
# main NAME STAGE - the process that is supervised
main() { pgrep -o -f "^$T/local/sbin/mailgrave-$2 .*$T/$1/"; }
# lives NAME - the pipeline of this supervisor, which runs; stop (at most 10
# seconds) and start tell it to end or to begin
lives() {
	base=$T/$1
	ok "$1: up" within 60 send you@example.test
	ok "$1: the mail is there" within 60 files 1 "$base/mail/you/new"
	mails=1
	for stage in $stages; do
		old=$(main "$1" "$stage")
		kill -KILL "$old"
		ok "$1: $stage is killed and comes back" within 60 \
			another "$1" "$stage" "$old"
		ok "$1: mail goes on" within 60 send you@example.test
		mails=$((mails + 1))
		ok "$1: and is there" within 60 files "$mails" \
			"$base/mail/you/new"
	done

	echo 'nonsense' >>"$base/etc/routes"
	ok "$1: HUP with a bad file" reload
	for stage in smtpd send local; do
		ok "$1: $stage refuses it, and says why" within 60 logged "$1" \
			"$stage" 'ev=reload-failed .*line=4 .*why='
	done
	ok "$1: the old one stays" send you@example.test
	mails=$((mails + 1))
	sed -i '$d' "$base/etc/routes"
	echo 'new.test maildir new/' >>"$base/etc/routes"
	ok "$1: HUP with a good one" reload
	ok "$1: it is in force" within 60 send you@new.test
	ok "$1: from end to end" within 60 files 1 "$base/mail/new/new"

	begin "$1" "${command:+slow@example.test}" someone@slow.test
	ok "$1: it ends with mail under way, within the time limit" stop
	ok "$1: all of it" within 60 gone "$1"
	finished "$1"
	ok "$1: it starts again" start
	ok "$1: and takes mail" within 60 send you@example.test
	mails=$((mails + 1))
	ok "$1: which is there" within 60 files "$mails" "$base/mail/you/new"
	ok "$1: nothing waits" within 60 nothing_waits
	once_each "$1"
	! grep -hE 'ev=(protocol-error|damaged|cannot-)' "$base"/log/*/current ||
		point 1 "$1: nothing is amiss in the logs"
}
another() { # another NAME STAGE OLD
	new=$(main "$1" "$2") && [ "$new" != "$3" ]
}
nothing_waits() {
	[ "$("$B/mailgrave-queue" --submit "$base/spool/submit.ctrl" --list |
		grep -c '^01')" = 0 ]
}
reload() { "$top/service/reload" --etc "$base/etc"; }
logged() { has "$T/$1/log/$2/current" "$3"; }

command="command $T/slow-command"
ground runit
ok 'runit: installed' install runit --supervisor runit
background "$T/runsvdir" runsvdir -P "$T/runit/services"
stop() { sv -w 60 down "$base"/services/*; }
start() { sv -w 60 up "$base"/services/*; }
lives runit
echo '# mine' >>"$T/runit/services/mailgrave-send/run"
like 'installed again: what was changed stays' \
	"$(install runit --supervisor runit --port 2526)" \
	'mailgrave-send/run: changed by somebody'
has "$T/runit/services/mailgrave-smtpd/run" "'2526'"
point $? 'and the rest follows'
ok 'removed' "$top/service/install" --remove --etc "$T/runit/etc"
ok 'its processes are gone' within 60 gone runit
is 'mail stays' "$(find "$T/runit/mail/you/new" -type f | wc -l)" "$mails"
ok 'the queue stays' test -d "$T/runit/spool/queue/journal"
ok 'so does what was changed' test -f "$T/runit/services/mailgrave-send/run"
is 'and no other service' "$(ls "$T/runit/services")" mailgrave-send
ok 'routes and access stay' test -f "$T/runit/etc/routes"

command=''	# those need root
ground chpst
ok 'chpst: installed' install chpst --supervisor runit --drop chpst
background "$T/runsvdir2" runsvdir -P "$T/chpst/services"
lives chpst
is 'as users of their own' "$(ps -o user:32= -p "$(pgrep -f \
	"^$T/local/sbin/mailgrave-queue.*$T/chpst" | head -n 1)")" \
	mailgrave-queue
ok 'removed' "$top/service/install" --remove --etc "$T/chpst/etc"
ok 'its processes are gone' within 60 gone chpst

command="command $T/slow-command"
for supervisor in daemontools s6; do
	ground "$supervisor"
	ok "$supervisor: installed" install "$supervisor" \
		--supervisor "$supervisor"
	case $supervisor in
	s6)
		background "$T/scan" s6-svscan "$T/s6/services"
		stop() {
			for place in "$base"/services/*; do
				s6-svc -d "$place" || return
			done
			s6-svwait -D -t 10000 "$base"/services/*
		}
		start() {
			for place in "$base"/services/*; do
				s6-svc -u "$place" || return
			done
			s6-svwait -U -t 60000 "$base"/services/*
		} ;;
	*)
		background "$T/scan" svscan "$T/daemontools/services"
		stop() {
			svc -d "$base"/services/*
			within 60 all_down
		}
		all_down() { ! svstat "$base"/services/* | grep -v ': down '; }
		start() { svc -u "$base"/services/*; } ;;
	esac
	lives "$supervisor"
	ok "$supervisor: removed" "$top/service/install" --remove \
		--etc "$T/$supervisor/etc"
	ok "$supervisor: its processes are gone" within 60 gone "$supervisor"
done
finish
