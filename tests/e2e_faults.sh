#!/bin/sh
# SPDX-License-Identifier: ISC
# Some system calls fail, each once, or move half of what they could, in one
# program of a running pipeline: what was acknowledged arrives, once, and mail
# flows again. LONG=1 tries every call of every program; SEED=N chooses others.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"	# ok_says

is_root || skip_all 'needs root'
command -v strace >/dev/null || skip_all 'no strace'
unshare --mount --net --pid --fork true 2>/dev/null ||
	skip_all 'no namespaces'

set -- --faults 80
[ -z "${LONG-}" ] || set --
ok_says 'every promise is kept though calls fail' \
	"$top/tests/proof/faults.py" --seed "${SEED:-1}" "$@"
finish
