/* SPDX-License-Identifier: ISC */
/* Random input that can be had again: each run has a new seed, a failed one
 * says it, and SEED=N in the environment repeats it. */
#ifndef MAILGRAVE_TESTS_SEED_H
#define MAILGRAVE_TESTS_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <skalibs/random.h>

static uint64_t seed_first, seed_state;

static inline void
seed_begin(void)
{
	char const *given = getenv("SEED");

	random_buf((char *)&seed_first, sizeof seed_first);
	if (given) seed_first = strtoull(given, NULL, 10);
	seed_state = seed_first;
}

/* seed_end - what main returns */
static inline int
seed_end(int failed)
{
	if (failed)
		fprintf(stderr, "# SEED=%llu repeats this run\n",
		    (unsigned long long)seed_first);
	return failed;
}

/* seed_next - splitmix64 */
static inline uint64_t
seed_next(void)
{
	uint64_t z = seed_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* seed_below - 0 to n - 1 */
static inline size_t
seed_below(size_t n)
{
	return (size_t)(seed_next() % n);
}

#endif
