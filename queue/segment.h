/* SPDX-License-Identifier: ISC */
/* Segment files of the journal, one at a time: journal/00000000 and so on,
 * zero-written to their full size before they have a name. */
#ifndef MAILGRAVE_SEGMENT_H
#define MAILGRAVE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SEGMENT_NAME_MAX = 16,
	SEGMENT_SIZE_MIN = 4096	/* octets: its head */
};

/* segment_make - a new file of this size without a lasting name: the next
 * segment_name gives it one. Returns its descriptor, or -1 and errno; what
 * was written must be synced before it is named. */
int segment_make(int dir, uint32_t size);

/* segment_name - name the file made last, never over another one; false and
 * errno */
bool segment_name(int dir, uint16_t n);

/* segment_is_name - the name of a segment file, and its number */
bool segment_is_name(char const *name, uint16_t *n);

/* segment_remove - its name; nothing is synced */
void segment_remove(int dir, uint16_t n);

/* segment_expel - move it to damaged/, over nothing that is there
 *   kept   its name there, for a person
 *   false and errno; nothing is synced */
bool segment_expel(int dir, uint16_t n, int damaged,
    char kept[SEGMENT_NAME_MAX]);

/* segment_was_expelled - one of this name was */
bool segment_was_expelled(int damaged, uint16_t n);

/* segment_open - -1 and errno; EINVAL for what is no regular file, or too
 * short to be a segment */
int segment_open(int dir, uint16_t n, uint32_t *size);

/* segment_read - the first octets of it; false and errno */
bool segment_read(int fd, char *out, uint32_t size);

#endif
