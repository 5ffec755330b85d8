#!/bin/sh
# SPDX-License-Identifier: ISC
# Shell scripts and manual pages, read by the programs that know them best.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$top" || exit 1
for script in common/*.bash service/* service/debian/* service/examples/* \
    tests/* tests/tools/* tests/storm/* tests/proof/* .ci/*; do
	case $script in
	*.sh | *.bash) ;;
	*)	{ read -r first <"$script"; } 2>/dev/null || continue
		[ "$first" = "#!/bin/sh" ] || continue ;;
	esac
	if command -v shellcheck >/dev/null; then
		# meant: quotes that keep $ from the shell, functions that are
		# called by name
		ok "$script" shellcheck -x -e SC2016,SC2317 "$script"
	else
		skip "$script" 'no shellcheck'
	fi
done

for page in */mailgrave*.[578]; do
	if command -v mandoc >/dev/null; then
		ok "$page" mandoc -T lint -W warning "$page"
	else
		skip "$page" 'no mandoc'
	fi
done
finish
