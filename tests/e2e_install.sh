#!/bin/sh
# SPDX-License-Identifier: ISC
# service/install and service/reload under real supervisors: up, ready, mail
# through, killed and back, a bad file, a good one, removed; what somebody
# changed is left alone.
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
mkdir "$T/before"
like 'a dry run says what it would do' "$(install dry --supervisor runit \
	--dry-run)" 'would write .*/services/mailgrave-send/run'
is 'and does nothing' "$(find "$T" -name dry)" ''

# --- supervisors ----------------------------------------------------------

up() { within 20 send "$1"; }
# lives NAME HOW - the pipeline of this supervisor, which runs
lives() {
	base=$T/$1
	ok "$1: up" within 20 send you@example.test
	ok "$1: the mail is there" within 10 files 1 "$base/mail/you/new"
	old=$(pgrep -f "^$T/local/sbin/mailgrave-queue.*$base/" | head -n 1)
	kill -KILL "$old"
	ok "$1: queue is killed and comes back" within 20 send you@example.test
	ok "$1: the mail is there" within 10 files 2 "$base/mail/you/new"

	echo 'nonsense' >>"$base/etc/routes"
	ok "$1: HUP with a bad file" reload
	ok "$1: it is refused" within 10 logged "$1" smtpd 'ev=reload-failed'
	ok "$1: the old one stays" send you@example.test
	sed -i '$d' "$base/etc/routes"
	echo 'new.test maildir new/' >>"$base/etc/routes"
	ok "$1: HUP with a good one" reload
	ok "$1: it is in force" within 10 send you@new.test
	ok "$1: from end to end" within 10 files 1 "$base/mail/new/new"
}
reload() { "$top/service/reload" --etc "$base/etc"; }
logged() { has "$T/$1/log/$2/current" "$3"; }

port=$(free_port)
ok 'runit: installed' install runit --supervisor runit
background "$T/runsvdir" runsvdir -P "$T/runit/services"
lives runit
echo '# mine' >>"$T/runit/services/mailgrave-send/run"
like 'installed again: what was changed stays' \
	"$(install runit --supervisor runit --port 2526)" \
	'mailgrave-send/run: changed by somebody'
has "$T/runit/services/mailgrave-smtpd/run" "'2526'"
point $? 'and the rest follows'
ok 'removed' "$top/service/install" --remove --etc "$T/runit/etc"
ok 'its processes are gone' within 20 gone runit
is 'mail stays' "$(find "$T/runit/mail/you/new" -type f | wc -l)" 3
ok 'the queue stays' test -d "$T/runit/spool/queue/journal"
ok 'so does what was changed' test -f "$T/runit/services/mailgrave-send/run"
is 'and no other service' "$(ls "$T/runit/services")" mailgrave-send
ok 'routes and access stay' test -f "$T/runit/etc/routes"

port=$(free_port)
ok 'chpst: installed' install chpst --supervisor runit --drop chpst
background "$T/runsvdir2" runsvdir -P "$T/chpst/services"
lives chpst
is 'as users of their own' "$(ps -o user:32= -p "$(pgrep -f \
	"^$T/local/sbin/mailgrave-queue.*$T/chpst" | head -n 1)")" \
	mailgrave-queue
ok 'removed' "$top/service/install" --remove --etc "$T/chpst/etc"
ok 'its processes are gone' within 20 gone chpst

for supervisor in daemontools s6; do
	port=$(free_port)
	ok "$supervisor: installed" install "$supervisor" \
		--supervisor "$supervisor"
	case $supervisor in
	s6)	background "$T/scan" s6-svscan "$T/s6/services" ;;
	*)	background "$T/scan" svscan "$T/daemontools/services" ;;
	esac
	lives "$supervisor"
	ok "$supervisor: removed" "$top/service/install" --remove \
		--etc "$T/$supervisor/etc"
	ok "$supervisor: its processes are gone" within 20 gone "$supervisor"
done
finish
