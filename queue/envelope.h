/* SPDX-License-Identifier: ISC */
/* What the unit of a message says, read back: MESSAGE, its RCPTs, and BODY. */
#ifndef MAILGRAVE_ENVELOPE_H
#define MAILGRAVE_ENVELOPE_H

#include "queue/journal.h"
#include "queue/lastwords.h"
#include "queue/state.h"

struct envelope {
	char *octets;			/* its own, or NULL */
	struct slice rest;		/* RCPT records not yet taken */
	struct record_message message;	/* views into the octets */
	struct slice text;		/* see envelope_open_whole */
};

/* envelope_open - read that of a committed message
 *   most   octets of it, when not all RCPTs are wanted
 *   false  and errno, EIO when it isn't what was written; nothing to close */
bool envelope_open(struct envelope *e, struct journal const *j,
    struct message const *m, size_t most);

/* envelope_open_whole - the first record of its envelope, and with it the text
 * of a message that has no file; no RCPTs. Where that isn't what was written,
 * text is nothing: text.s is NULL. */
bool envelope_open_whole(struct envelope *e, struct journal const *j,
    struct message const *m);

void envelope_close(struct envelope *e);

/* envelope_view - the same of octets that are in memory already and stay
 * there; nothing to close */
bool envelope_view(struct envelope *e, struct slice octets);

/* envelope_rcpt - the next RCPT as it was written; false and errno EIO */
bool envelope_rcpt(struct envelope *e, struct record_rcpt *r);

/* envelope_rcpt_now - the next RCPT, the n-th of m, as it is now
 *   store  LAST_WORDS_MAX octets that its words may be views into */
bool envelope_rcpt_now(struct envelope *e, struct journal const *j,
    struct message const *m, uint32_t n, struct record_rcpt *r, char *store);

/* envelope_moved - this unit, which is durable, takes the place of that of m
 *   envelope  octets of it */
void envelope_moved(struct message *m, struct journal *j,
    struct journal_unit const *unit, uint32_t envelope);

/* envelope_body - the text of a message that has no file
 *   text     a view into the octets returned
 *   returns what the caller frees; NULL and errno */
char *envelope_body(struct journal const *j, struct message const *m,
    struct slice *text);

#endif
