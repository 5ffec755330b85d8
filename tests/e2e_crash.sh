#!/bin/sh
# SPDX-License-Identifier: ISC
# What a crash at any moment may leave on disk, by POSIX's rules and by ext4's,
# in some scenes, and of each a few states: nothing acknowledged is lost, torn
# or there twice. LONG=1 looks at all scenes and many more states, and at those
# of starts after a crash; SEED=N chooses others.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/storm/storm.sh
. "$top/tests/storm/storm.sh"	# ok_says

crash=$top/tests/proof/crash.py
seed=${SEED:-1}

is_root || skip_all 'needs root'
command -v strace >/dev/null || skip_all 'no strace'
unshare --mount --net --pid --fork true 2>/dev/null ||
	skip_all 'no namespaces'

set -- --states 6 --again 0 large alias restart mbox command system
[ -z "${LONG-}" ] || set -- --states 1000 --again 2
ok_says 'every promise is kept in states that crashes leave' \
	"$crash" --seed "$seed" "$@"

# that it can tell: as if the journal had not been synced
broken() { "$@" | tee "$T/out" | cut -c 1-200; has "$T/out" '[1-9][0-9]* broken'; }
ok 'one is seen to be broken without fdatasync' \
	broken "$crash" --ignore fdatasync --again 0 --states 20 \
	--model ext4 --seed "$seed" one
finish
