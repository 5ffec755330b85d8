/* SPDX-License-Identifier: ISC */
/* Tells a client about messages, one after another, no faster than it listens:
 * the MAIL, RCPT and BODY frames of common/command.h. */
#ifndef MAILGRAVE_TELLING_H
#define MAILGRAVE_TELLING_H

#include "common/peer.h"
#include "queue/envelope.h"
#include "queue/handout.h"

enum {
	TELLING_AHEAD = 256 << 10,	/* octets that wait for the client */
	TELLING_COST = 512	/* in octets, of looking at a message at all */
};

struct telling {
	/* set by the caller */
	struct peer *peer;
	struct handout *handout;
	bool rcpts;		/* all recipients, not the first alone */
	bool text;		/* the messages themselves */

	struct traceid id;	/* of the message that is not told in full */
	bool going;		/* there is one */
	uint32_t rcpt;		/* where its recipients go on */
	bool failed;		/* out of memory: the client lacks something */
};

/* telling_begin - about m, whose envelope e no RCPT was taken of */
void telling_begin(struct telling *t, struct message const *m,
    struct envelope const *e);

/* telling_go_on - while it is going; returns octets of records read */
size_t telling_go_on(struct telling *t);

/* telling_may - false: wait until the client has taken what was sent */
bool telling_may(struct telling const *t);

#endif
