/* SPDX-License-Identifier: ISC */
/* What the heads of segments say; see struct record_segment. */
#ifndef MAILGRAVE_HEADS_H
#define MAILGRAVE_HEADS_H

#include <stdbool.h>
#include <stdint.h>

/* A segment as found. */
struct heads {
	int fd;
	uint32_t size;
	uint16_t file;		/* its name is this number */
	uint64_t number;	/* 0: never used, or its head is torn */
	uint64_t epoch, sequence, last, oldest;
};

/* heads_read - from number on, what the file at fd says */
void heads_read(struct heads *f);

/* heads_order - for qsort: oldest use first */
int heads_order(void const *a, void const *b);

/* heads_void - something of f[0] was given up: f[1], the head behind it, leaves
 * out more than one sequence */
bool heads_void(struct heads const *f);

#endif
