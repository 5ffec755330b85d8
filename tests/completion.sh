#!/bin/sh
# SPDX-License-Identifier: ISC
# Completion in bash: every option that a program's --help shows is offered, and
# none else; so are the values and operands that it names.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v bash >/dev/null || skip_all 'no bash'
PATH=$B:$PATH
cd "$T" || exit 1

# offered WORD... - what a TAB behind these words offers, a line each, sorted
offered() {
	bash --norc -c '
		. "$0/common/completion.bash"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_mailgrave "$1" "${COMP_WORDS[COMP_CWORD]}"
		printf "%s\n" "${COMPREPLY[@]}"' "$top" "$@" | sort
}
# gives NAME WANTED WORD...
gives() {
	name=$1 wanted=$2
	shift 2
	is "$name" "$(offered "$@" | paste -sd ' ')" "$wanted"
}

for program in smtpd queue send local remote inject; do
	program=mailgrave-$program
	shown=$("$program" --help | perl -ne '
		print "$1\n" if /^  (-\w), /;
		print "$1\n" if /^  (?:-\w,|   ) (--[\w-]+)/' | sort)
	like "$program: --help shows options" "$shown" '^--version$'
	is "$program: all of them, and none else" "$(offered "$program" -)" \
		"$shown"
	is "$program: those that begin so" "$(offered "$program" --he)" --help
	is "$program: by its path" "$(offered "$B/$program" --vers)" --version
done
is 'each is registered' "$(bash --norc -c '. "$0/common/completion.bash"
	complete -p' "$top" | sed 's/.*-F _mailgrave //' | sort)" \
	"$(cd "$top" && echo inject local queue remote send smtpd | tr ' ' '\n' |
	sed 's/^/mailgrave-/')"
gives 'no such program' '' /nonexistent/mailgrave-send --h

# --- values ---------------------------------------------------------------

mkdir "$T/folder"
touch "$T/file one" "$T/file2"
gives 'enumerations' 'may must none verify' mailgrave-remote --tls ''
gives 'as --tls=' 'may must none verify' mailgrave-remote --tls =
gives 'as --tls=m' 'may must' mailgrave-remote --tls = m
gives 'in one word' '--tls=may --tls=must' mailgrave-remote --tls=m
gives 'those of smtpd are others' offer mailgrave-smtpd --tls o
gives 'of shared options' 'json text' mailgrave-send --log-format ''
for program in smtpd queue send local remote; do
	gives "$program: --log-format" json "mailgrave-$program" --log-format j
done
gives 'of a letter' 'full hdrs' mailgrave-inject -R ''
gives 'files' 'file one file2 folder' mailgrave-smtpd --routes f
gives 'directories' 'folder' mailgrave-local --maildir f
gives 'users' root mailgrave-queue --user roo
gives 'a list of users' nobody,root mailgrave-queue --peer nobody,roo
gives 'programs' mailgrave-inject mailgrave-local --command mailgrave-inj
gives 'a number is to be typed' '' mailgrave-smtpd --port ''
gives 'a flag takes no value' 'state=' mailgrave-queue --json st

# --- operands -------------------------------------------------------------

gives 'filters' "'age> domain= recipient= sender= state=" mailgrave-queue \
	--list ''
gives 'a state' 'active deferred failed held' mailgrave-queue --list state = ''
gives 'of this letter' held mailgrave-queue --hold state = h
gives 'a quoted one' "'age>" mailgrave-queue --list "'a"
gives '--explain of smtpd' 'client= helo= rcpt= sender=' mailgrave-smtpd \
	--explain ''
gives '--explain of send' 'group= rcpt=' mailgrave-send --explain ''
gives 'no option after --' '' mailgrave-queue --list -- --h

# --- as a user sees it ----------------------------------------------------

mkdir "$T/home"
cat >"$T/typed" <<'EOT'
import os, pty, select, sys, time
pid, terminal = pty.fork()
if not pid:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
os.write(terminal, b". %s/common/completion.bash\n" % sys.argv[1].encode())
os.write(terminal, b"mailgrave-queue --vers\t\n")
said, until = b"", time.monotonic() + 60
while b"mailgrave-queue %s" % sys.argv[2].encode() not in said:
    if not select.select([terminal], [], [], 1)[0]:
        if time.monotonic() > until:
            sys.exit(said)
        continue
    said += os.read(terminal, 4096)
EOT
version=$(mailgrave-queue --version)
ok 'TAB in bash itself' env HOME="$T/home" TERM=dumb python3 "$T/typed" "$top" \
	"${version#* }"
finish
