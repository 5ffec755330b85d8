#!/bin/sh
# SPDX-License-Identifier: ISC
# Options, in each program: the manual page has those of --help and none else;
# what makes no sense is refused by name in one line; numbers end where they say.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$T" || exit 1
user=''
! is_root || user='setpriv --reuid=65534 --regid=65534 --clear-groups'

# The two lists have "--option", and " ARG" behind those that take one.
in_help() { # and what stands for the argument
	"$B/$1" --help | perl -ne '
		print "$1 ", $2 // "", "\n" if
		    /^  (?:-\w,|   ) (--[\w-]+)(?: (\S+))?/'
}
listed() {
	sed -e 's/ ..*/ ARG/' -e 's/ $//' "$T/help" |
		grep -vx -e --help -e --version | sort
}
in_manual() { # --help and --version are the same in all
	perl -ne 'next unless /^\.It Fl/;
		print "--$1", $2 ? " ARG" : "", "\n"
		    while /(?:Fl|[,|]) -(\w[\w-]+)( Ar| Cm)?/g' \
		"$top/${1#mailgrave-}/$1.8" | grep -vx -e --help -e --version |
		sort -u
}

# fails NAME ARGUMENT... - 100, and one line that begins as it should
fails() {
	what=$1
	shift
	status=0
	# shellcheck disable=SC2086 # several words
	said=$(timeout 60 $user "$B/$program" "$@" 2>&1 </dev/null) || status=$?
	if [ "$status" -eq 100 ] && [ "$(printf '%s\n' "$said" | wc -l)" -eq 1 ]
	then
		case $said in
		"$program: "*"$option"*"$what"* | \
		"$program: $what"*"$option"*) return ;;
		esac
	fi
	wrong="$wrong$program $(echo "$*" | cut -c 1-60): exit $status, $said
"
}
# takes ARGUMENT... - --help behind them is still read
takes() {
	"$B/$program" "$@" --help >"$T/said" 2>&1 ||
		wrong="$wrong$program $*: $(cat "$T/said")
"
}
below() { perl -Mbigint -e 'print shift() - 1' "$1"; }
above() { perl -Mbigint -e 'print shift() + 1' "$1"; }

number() {
	fails 'takes a number from' "$option" nonsense
	limits=$(printf %s "$said" |
		sed -n 's/.* from \([0-9]*\) to \([0-9]*\)\(,.*\)*$/\1 \2/p')
	least=${limits% *} most=${limits#* }
	takes "$option" "$least" "$option" "$most"
	fails "from $least to $most" "$option" "$(above "$most")"
	[ "$least" = 0 ] ||
		fails "from $least to $most" "$option" "$(below "$least")"
	for n in -1 +1 0x10 ' 1' 1.5 99999999999999999999 \
		"1$(printf %050d 0)"; do
		fails "from $least to $most" "$option=$n"
	done
	takes "$option" "000$least"
}

for stage in smtpd queue send local remote inject; do
	program=mailgrave-$stage wrong=''
	in_help "$program" >"$T/help"
	is "$program: the manual page has what --help shows" \
		"$(in_manual "$program")" "$(listed)"
	while read -r option argument; do
		case $option-$argument in
		--help- | --version-) continue ;;
		*-)
			fails '' "$option=x"
			takes "$option" "$option"
			continue ;;
		esac
		fails 'option needs an argument' "$option"
		case $argument in
		N | SECONDS | SIZE | OCTETS) number ;;
		[a-z]*\|*)
			first=${argument%%|*}
			takes "$option" "$first" "$option" "$first"
			for value in '' nonsense "$first," "${first}x"; do
				fails '' "$option" "$value"
			done ;;
		*)
			case $program$option in
			# the null path
			mailgrave-inject--from | mailgrave-remote--from) takes "$option" '' ;;
			*) fails '' "$option" '' ;;
			esac ;;
		esac
	done <"$T/help"
	is "$program: each option refuses what makes no sense" "$wrong" ''
done

# --- those whose argument is a word of some kind --------------------------

# kind PROGRAM-OPTION... - nonsense is refused, with --check where there is one
kind() {
	for one; do
		program=${one%%--*} option=--${one#*--} wrong=''
		set -- --check
		case $program in
		mailgrave-smtpd) set -- --check --port 2525 ;;
		mailgrave-inject) set -- --dry-run x@a.test ;;
		mailgrave-local) set -- --check --in in.ctrl ;;
		*) set -- --check --in in.ctrl --out out.ctrl ;;
		esac
		for value in nonsense@ "a$(printf '\001')b" \
			"$(printf %05000d 0)"; do
			fails '' "$@" "$option" "$value"
		done
		is "$program $option refuses nonsense" "$wrong" ''
	done
}
chmod 777 "$T"
cd "$T" || exit 1
kind mailgrave-smtpd--domain mailgrave-smtpd--hostname \
	mailgrave-queue--hostname mailgrave-send--hostname \
	mailgrave-send--double-bounce mailgrave-inject--domain \
	mailgrave-inject--hostname
finish
