/* SPDX-License-Identifier: ISC */
/* Segment files of the journal, one at a time: journal/00000000 and so on,
 * zero-written to their full size before they have a name. */
#ifndef MAILGRAVE_SEGMENT_H
#define MAILGRAVE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

enum { SEGMENT_NAME_MAX = 16 };

/* segment_make - a new file of this size without a lasting name: the next
 * segment_name gives it one. Returns its descriptor, or -1 and errno; what
 * was written must be synced before it is named. */
int segment_make(int dir, uint32_t size);

/* segment_name - name the file made last; false and errno */
bool segment_name(int dir, uint16_t n);

/* segment_open - -1 and errno ENOENT when there are no more */
int segment_open(int dir, uint16_t n, uint32_t *size);

#endif
