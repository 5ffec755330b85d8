# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion in bash for the programs of Mailgrave. It knows no option: all comes
# from the --help of the program at hand, which is printed from its own table.

# _mailgrave_help PROGRAM - fill argument[--OPTION] with what stands behind it,
# and operand[NAME=] likewise, both of _mailgrave
_mailgrave_help() {
	local line left word name words

	while IFS= read -r line; do
		for word in $line; do	# such as domain=NAME, 'age>N'
			word=${word#\'}
			[[ $word =~ ^([a-z]+[=\>])([A-Za-z][A-Za-z|]*) ]] &&
				operand[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
		done
		[[ $line =~ ^\ \ (-.,|\ \ \ )\ -- ]] || continue
		# the text begins in column 31, or on a line of its own
		left=$line
		[[ ${line:30:1} != ' ' ]] || left=${line:0:30}
		name=''
		read -ra words <<<"$left"
		for word in "${words[@]}"; do
			[[ $word != -* ]] || name=1 argument[${word%,}]=''
		done
		[[ -z $name || $word == -* ]] || for name in "${words[@]}"; do
			[[ $name != -* ]] || argument[${name%,}]=$word
		done
	done < <("$1" --help 2>/dev/null </dev/null)
}

# _mailgrave_value KIND WORD BEFORE - what may stand for KIND and begins with
# WORD; BEFORE is put in front
_mailgrave_value() {
	local before=$3 word=$2 action=()

	if [[ $1 == *,... && $word == *,* ]]; then
		before+=${word%,*}, word=${word##*,}
	fi
	case ${1%,...} in
	FILE | PATH | *SOCKET) action=(-f) ;;
	DIR) action=(-d) ;;
	PROG) action=(-c) ;;
	USER) action=(-u) ;;
	*[!a-z\|]*) ;;
	*\|*) action=(-W "${1//|/ }") ;;
	esac
	[[ ${action[*]} ]] || return
	[[ ${action[0]} != -[fd] ]] || compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -P "$before" "${action[@]}" -- "$word")
}

_mailgrave() {
	local program=${1/#\~\//$HOME/} word=${COMP_WORDS[COMP_CWORD]} name=''
	local before='' operands='' at all
	local -A argument=() operand=()

	COMPREPLY=()
	_mailgrave_help "$program"
	for ((at = 1; at < COMP_CWORD; at++)); do
		[[ ${COMP_WORDS[at]} != -- ]] || operands=1
	done

	# NAME=WORD is three words, or one where bash was told so
	if [[ $word == = ]]; then
		name=${COMP_WORDS[COMP_CWORD - 1]} word=''
	elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		name=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $word == *=* ]]; then
		name=${word%%=*} before=$name= word=${word#*=}
	elif [[ $operands ]]; then
		:
	elif [[ ${argument[${COMP_WORDS[COMP_CWORD - 1]}]-} ]]; then
		name=${COMP_WORDS[COMP_CWORD - 1]}
	fi
	if [[ $name ]]; then
		_mailgrave_value "${argument[$name]-${operand[$name=]-}}" \
			"$word" "$before"
		return
	fi

	all="${!operand[*]}"
	if [[ ! $operands && ( $word == -* || ! $all ) ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${!argument[*]}" -- "$word")
	else
		compopt -o nospace 2>/dev/null
		# > is the shell's unless quoted
		mapfile -t COMPREPLY < <(compgen -W "$all" -- "${word#\'}" |
			sed "/>/s/^/'/")
	fi
}

complete -F _mailgrave mailgrave-{smtpd,queue,send,local,remote,inject}
