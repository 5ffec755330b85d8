#!/bin/sh
# SPDX-License-Identifier: ISC
# Every fuzz target on its corpus, and on what little changes make of it: no
# fuzzer needed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

for source in "$top"/tests/fuzz_*.c; do
	name=$(basename "$source" .c)
	ok "$name" "$B/tests/$name" "$top/tests/corpus/${name#fuzz_}"
done
finish
