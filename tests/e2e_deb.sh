#!/bin/sh
# SPDX-License-Identifier: ISC
# The Debian package: built in a bare Debian from a tree without .git, judged by
# lintian and systemd, and installed in a bare Debian, where it takes the place of
# another mail system, runs under runit, is upgraded, removed, purged, and comes
# back, and mail and what was edited stay. Its roots (tools/root) are made once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root'

# --- in the bare root -----------------------------------------------------
# /mnt holds the packages and what was counted; the tree is /mnt/src

quiet() { "$@" >/mnt/out 2>&1 || { cat /mnt/out; return 1; }; }
apt() { quiet apt-get -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@"; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>&1)" = \
	installed ]; }
not() { ! "$@"; }
mailbox=/var/lib/mailgrave/mail/you/new

sends() { # sends WHO - through sendmail, as any script does
	printf 'To: %s\nSubject: hello\n\nhi\n' "$1" | /usr/sbin/sendmail -t
}
hands_in() { # to smtpd, as any other host does
	printf 'Subject: hello\n\nhi\n' | mailgrave-remote --relay 127.0.0.1 \
		--from me@example.com --rcpt you@host.example.org
}
# works N - mail comes through, and is the Nth message for you
works() {
	ok "smtpd takes mail ($1)" within 60 hands_in
	ok "it is delivered ($1)" within 60 files "$1" "$mailbox"
}
processes() { # processes PATTERN - of these programs; a bare root has no ps
	for process in /proc/[0-9]*; do
		readlink "$process/exe" | grep -q "^/usr/sbin/mailgrave-$1" &&
			echo "${process##*/}"
	done
}
smtpd() { processes smtpd; }
ended() { [ -z "$(processes '')" ]; }	# also of those "(deleted)"

in_root() {
	deb=$(echo /mnt/mailgrave_*.deb)
	hostname host.example.org
	ok 'exim is there' apt install exim4-daemon-light
	ok 'installed by apt, with runit' apt install "$deb" runit
	installed mailgrave || return
	ok 'in place of exim' not installed exim4-daemon-light
	is 'sendmail is ours' "$(readlink -f /usr/sbin/sendmail)" \
		/usr/bin/mailgrave-inject
	is 'users' "$(getent passwd | sed -n 's/^\(mailgrave-[^:]*\).*/\1/p' |
		sort)" "$(sed 's/#.*//; /^$/d' /mnt/src/service/users | sort)"
	is 'the spool is the queue'"'"'s' \
		"$(stat -c '%U %a' /var/spool/mailgrave/queue/journal)" \
		'mailgrave-queue 700'
	ok 'routes name this host' has /etc/mailgrave/routes '@host\.example\.org'

	background /mnt/runsvdir runsvdir -P /etc/service
	supervisor=$pid
	works 1
	ok 'sendmail takes mail' sends you
	ok 'and it is delivered' within 60 files 2 "$mailbox"
	is 'each as its user' "$(stat -c %U "/proc/$(smtpd | head -n 1)")" \
		mailgrave-smtpd
	ok 'the log is kept' has /var/log/mailgrave/queue/current 'ev=queued'

	# what an administrator did; and mail that waits
	echo '# mine' | tee -a /etc/mailgrave/access >>/etc/sv/mailgrave-send/run
	sed -i '1i wait@ relay 127.0.0.1:9' /etc/mailgrave/routes
	ok 'reload' quiet /usr/share/mailgrave/service/reload
	ok 'mail that waits' within 60 sends wait@host.example.org
	waits 'it waits'
	ok 'they run' not ended
	old=$(smtpd)

	dpkg-deb -R "$deb" /mnt/newer
	sed -i 's/^Version: .*/Version: 99/' /mnt/newer/DEBIAN/control
	echo '# newer' >>/mnt/newer/etc/sv/mailgrave-send/run
	quiet dpkg-deb -b /mnt/newer /mnt/newer.deb
	ok 'upgraded' quiet dpkg --force-confold -i /mnt/newer.deb
	ok 'the daemons are new ones' within 60 restarted
	stays
	works 3

	ok 'removed' apt remove mailgrave
	ok 'its processes are gone' within 60 ended
	ok 'sendmail is gone' test ! -e /usr/sbin/sendmail
	stays
	ok 'installed again' apt --allow-downgrades -o Dpkg::Options::=--force-confold \
		install "$deb"
	works 4
	waits 'what waited still does'

	ok 'purged' apt purge mailgrave
	ok 'its processes are gone' within 60 ended
	is 'mail stays, the queue, and nothing else' "$(left)" \
		'/var/lib/mailgrave /var/spool/mailgrave'
	is 'no socket is left' "$(find /var/spool/mailgrave -type s)" ''
	ok 'four messages' files 4 "$mailbox"
	ok 'installed once more' apt install "$deb"
	works 5
	ok 'what waited is asked for' within 60 retried
	ok 'and goes where routes say now' within 60 files 1 \
		/var/lib/mailgrave/mail/wait/new
	ok 'purged once more' apt purge mailgrave
	kill -HUP "$supervisor"
}
# left - files by our name, but for runit's below /run
left() {
	find /bin /boot /etc /home /lib /opt /root /sbin /srv /usr /var \
		-name '*mailgrave*' | sort | paste -sd ' '
}
waiting() { mailgrave-queue --list | grep wait@host.example.org; }
retried() { mailgrave-queue --retry recipient=wait@host.example.org; }
waits() { # waits NAME - because its host doesn't answer
	ok "$1" within 60 waiting
	ok "$1, not delivered" test ! -e /var/lib/mailgrave/mail/wait
}
restarted() { [ -n "$(smtpd)" ] && [ "$(smtpd)" != "$old" ]; }
stays() {
	ok 'an edited access file stays' has /etc/mailgrave/access '^# mine'
	ok 'so do routes' has /etc/mailgrave/routes '^wait@'
	ok 'and a run script' has /etc/sv/mailgrave-send/run '^# mine'
}

# By dpkg, and another mail system after it; nothing is ever started.
in_another() {
	deb=$(echo /mnt/mailgrave_*.deb)
	hostname host.example.org
	ok 'dpkg -i says what it lacks' not quiet dpkg -i "$deb"
	ok 'apt -f install' apt -f install
	ok 'it is installed' installed mailgrave
	installed mailgrave || return
	status=0
	sendmail you </mnt/out >/mnt/said 2>&1 || status=$?
	is 'mail that finds no queue: 75' "$status" 75
	ok 'postfix takes its place' apt install postfix
	ok 'it is gone' not installed mailgrave
	ok 'it takes the place of postfix' apt install "$deb"
	ok 'that is gone' not installed postfix
	ok 'purged' apt purge mailgrave
	is 'nothing was there that would stay' "$(left)" ''
}

if [ -n "${POINTS-}" ]; then
	points=$POINTS
	"$1"
	echo "$points $failures" >/mnt/count
	exit
fi

# --- here -----------------------------------------------------------------

words() { sed 's/#.*//' "$@" | tr '\n' ' '; }
cd "$top" || exit 1
# the libraries of those it is built with
depends() {
	# shellcheck disable=SC2046 # a list of names
	dpkg-query -W -f '${Depends}\n' $(sed -n 's/^ \(.*-dev\),$/\1/p' \
		service/debian/control) | tr , '\n' |
		sed -n 's/ *\(lib[^ ]*[0-9]\)\( (.*\|$\)/\1/p' | sort -u
}
bare_roots() {
	# shellcheck disable=SC2046 # a list of names
	builder=$("$tools/root" builder $(words service/packages \
		service/debian/packages) lintian \
		${LONG:+libcmocka-dev perl python3}) &&
		host=$("$tools/root" host -d "$(depends) runit" \
			-d exim4-daemon-light -d postfix)
}
bare_roots 2>"$T/why" ||
	skip_all "no bare root is to be had: $(tail -n 1 "$T/why")"
"$tools/enter" "$builder" "$T/try" true 2>/dev/null ||
	skip_all 'no namespaces or overlays are to be had'

is 'the changelog has the version of Makefile' \
	"$(sed -n '1s/.*(\(.*\)).*/\1/p' service/debian/changelog)" \
	"$(sed -n 's/^VERSION *:= //p' Makefile)"
is 'control asks for the libraries of service/packages' \
	"$(sed -n 's/^ \(.*-dev\),$/\1/p' service/debian/control)" \
	"$(grep -e -dev service/packages | grep -v '^libc6-dev')"

mkdir -p "$T/build/given/src" "$T/root/given" "$T/another/given"
tar -cf - --exclude=./build --exclude=./.git . |
	tar -xf - -C "$T/build/given/src"
in_builder() { "$tools/enter" "$builder" "$T/build" sh -euc "$1"; }
ok 'make deb' in_builder 'cd /mnt/src &&
	DEBFULLNAME="A & B" DEBEMAIL=a@b.example make -s deb'
debs=$T/build/given/src/build/deb
is 'a package, its symbols, its source' "$(cd "$debs" && echo *.deb *.dsc *.tar.*)" \
	'mailgrave-dbgsym_0.1_amd64.deb mailgrave_0.1_amd64.deb mailgrave_0.1.dsc mailgrave_0.1.tar.xz'
is 'its maintainer is who was named' "$(dpkg-deb -f \
	"$debs"/mailgrave_*.deb Maintainer)" 'A & B <a@b.example>'
ok 'lintian has neither error nor warning' in_builder 'lintian --allow-root \
	--fail-on error,warning /mnt/src/build/deb/*.changes'

dpkg -x "$debs"/mailgrave_*.deb "$T/unpacked"
if command -v systemd-analyze >/dev/null; then
	mkdir "$T/units"
	cp "$T/unpacked/lib/systemd/system/"* "$T/units/"
	sed -i "s:=/usr/sbin/:=$T/unpacked/usr/sbin/:" "$T/units/"*.service
	is 'systemd finds nothing wrong with its units' "$(systemd-analyze \
		verify --man=no "$T/units/"* 2>&1)" ''
else
	skip 'systemd finds nothing wrong with its units' 'no systemd-analyze'
fi

# inside ROOT - the function of this name, in a root of its own
inside() {
	cp "$debs"/mailgrave_*.deb "$T/$1/given/"
	mkdir -p "$T/$1/given/src/tests" "$T/$1/given/src/service"
	cp tests/e2e_deb.sh tests/lib.sh "$T/$1/given/src/tests/"
	cp service/users "$T/$1/given/src/service/"
	"$tools/enter" "$host" "$T/$1" env POINTS="$points" \
		sh /mnt/src/tests/e2e_deb.sh "in_$1"
	read -r points failed <"$T/$1/given/count" ||
		point 1 "in_$1 comes to its end"
	failures=$((failures + ${failed:-0}))
}
[ -z "${LONG-}" ] ||
	ok 'make deb with its unit tests' in_builder 'cd /mnt/src &&
		DEB_BUILD_OPTIONS= DEB_BUILD_PROFILES= service/make-deb build/deb'
inside root
inside another
finish
