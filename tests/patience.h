/* SPDX-License-Identifier: ISC */
/* Waiting for what has to come, sooner or later: how late says something about
 * the machine and nothing about us. */
#ifndef MAILGRAVE_TESTS_PATIENCE_H
#define MAILGRAVE_TESTS_PATIENCE_H

#include "common/clock.h"

enum { PATIENCE_MS = 120 * 1000 };

/* PATIENTLY - try the condition, doing something between, until it is met */
#define PATIENTLY(condition, between) \
	do { \
		int64_t until_ = clock_monotonic_ms() + PATIENCE_MS; \
		bool met_; \
		while (!(met_ = (condition)) && \
		    clock_monotonic_ms() < until_) \
			between; \
		if (!met_) fail_msg("never: %s", #condition); \
	} while (0)

#endif
