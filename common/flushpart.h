/* SPDX-License-Identifier: ISC */
/* What flush.c, in the daemon, and flushcrew.c, its helper, say to each other;
 * for them alone. Both are the same program: whole structs. */
#ifndef MAILGRAVE_FLUSHPART_H
#define MAILGRAVE_FLUSHPART_H

#include "common/flush.h"

/* As many in a packet as start together, their descriptors beside it in the
 * same order. */
struct flush_ask {
	unsigned char number;	/* the daemon's; nobody else's while it lasts */
	unsigned char how;
	bool along;		/* it has a descriptor */
};

/* As many in a packet as have ended. */
struct flush_answer {
	unsigned char number;
	int error;
};

/* flushcrew_serve - the helper's life
 *   most  how many syncs there may be at a time, unsigned */
void flushcrew_serve(int socket, void *most);

#endif
