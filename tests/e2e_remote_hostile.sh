#!/bin/sh
# SPDX-License-Identifier: ISC
# mailgrave-remote, in its jail when this is root, in front of hosts that do
# everything wrong: see tools/badhost.py.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3	# which has Debian's modules
"$python" -c 'import cryptography' 2>/dev/null ||
	skip_all 'the package python3-cryptography is missing'
if [ "${1-}" != alone ] && is_root && unshare -n true 2>/dev/null; then
	rm -rf "$T"
	exec unshare -n "$0" alone
fi
if [ "${1-}" = alone ]; then
	ip link set lo up
	export ALONE=1	# port 465 is ours
fi
set --
if is_root; then
	mkdir "$T/empty"
	set -- --user mailgrave-remote --chroot "$T/empty"
fi
"$python" "$tools/badhost.py" "$B/mailgrave-remote" "$T" "$@"
