/* SPDX-License-Identifier: ISC */
/* What has reached the sink, in a file that sink and load both map. */
#ifndef MAILGRAVE_BENCH_TALLY_H
#define MAILGRAVE_BENCH_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

enum { TALLY_MAX = 1 << 20 };	/* messages of a run */

struct tally {
	uint64_t n;			/* messages, also of other runs */
	unsigned char copies[TALLY_MAX];	/* by the number in the text */
};

/* tally_map - the file's, made when it isn't there; NULL and errno */
struct tally *tally_map(char const *path);

/* tally_add - one more message
 *   head  its first octets, where the Subject is */
void tally_add(struct tally *t, struct slice head);

#endif
