/* SPDX-License-Identifier: ISC */
/* Message files. A descriptor that is handed out shows one message and nothing
 * else, and nobody can change it. */
#ifndef MAILGRAVE_STORE_H
#define MAILGRAVE_STORE_H

#include "queue/state.h"

/* store_create - an empty mess/ID for writing; -1 and errno */
int store_create(int mess, struct traceid const *id);

/* store_open - mess/ID, freshly opened for reading only; -1 and errno */
int store_open(int mess, struct traceid const *id);

void store_remove(int mess, struct traceid const *id);

/* What the file system said last, less what was let in since. Zero to begin
 * with. */
struct room {
	uint64_t octets;
	int64_t until_ms;	/* so long it counts */
};

enum { ROOM_MS = 1000 };

/* store_has_room - the file system of this directory has room for so many
 * octets more, with some to spare, and for some files. It is asked again after
 * ROOM_MS, and always before the answer is no. */
bool store_has_room(struct room *r, int dir, uint64_t octets, int64_t now_ms);

#endif
