#!/bin/sh
# SPDX-License-Identifier: ISC
# The load generator of make bench notices what a server does wrong.
exec "$(dirname "$0")/bench/selftest" "${B:-build}/tests/bench/load"
