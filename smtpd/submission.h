/* SPDX-License-Identifier: ISC */
/* One message on its way to queue: gathered, handed over, settled. Between its
 * end and queue's verdict the outcome is open: when queue goes away then, the
 * client is told to try again, and may so deliver twice, but never loses. */
#ifndef MAILGRAVE_SMTPD_SUBMISSION_H
#define MAILGRAVE_SMTPD_SUBMISSION_H

#include "smtpd/octets.h"
#include "smtpd/pool.h"
#include "smtpd/reply.h"

enum {
	SUBMISSION_SMALL_MAX = 65536,	/* octets of text held in memory */
	SUBMISSION_BEHIND_MAX = 65536,	/* octets queue may be behind before
					 * the client has to wait */
	SUBMISSION_WORDS_MAX = 384,	/* octets; a reply is a short line */
	SUBMISSION_PATIENCE_MS = 5 * 60 * 1000	/* for a verdict; the client
					 * waits 10 minutes (RFC 5321 section
					 * 4.5.3.2.6) */
};

enum submission_state {
	SUBMISSION_GATHERED,	/* in memory, not complete */
	SUBMISSION_STREAMED,	/* has a link, not complete */
	SUBMISSION_WAITING,	/* complete or asking, for a link */
	SUBMISSION_ENDED,	/* complete, with queue */
	SUBMISSION_SETTLED
};

/* Queue's verdict. */
struct submission_outcome {
	enum verdict verdict;
	char status[STATUS_MAX + 1];
	char words[SUBMISSION_WORDS_MAX + 1];
};

struct submission {
	struct pool *pool;
	struct link *link;
	struct submission *next;	/* of those that wait for a link */
	enum submission_state state;
	struct submit_open open;	/* its texts lie in texts */
	struct slice client;		/* there, too; also where open tells
					 * nobody of him */
	struct octets texts, rcpts, body;
	bool asking;			/* see submission_ask */
	uint32_t rcpts_n;
	uint64_t size;			/* octets of all text so far */
	enum reply refusal;		/* ours; REPLY_NONE: queue's verdict */
	struct submission_outcome outcome;
	struct submission_outcome *each;	/* of the recipients, when the
						 * pool has it so */
	uint32_t heard, told;		/* of each */
	uint32_t accepted;		/* recipients, of those taken */
	/* wake - it is settled, or has room again; called from the loop or
	 * from within a call below: do no more than loop_later there */
	void (*wake)(void *owner);
	void *owner;
	struct timer patience;
};

/* submission_new - a message begins
 *   open    is copied with its texts, and so is
 *   client  the address of who says it, as text, empty without
 *   NULL    there is no memory for it now */
struct submission *submission_new(struct pool *pool,
    struct submit_open const *open, struct slice client,
    void (*wake)(void *owner), void *owner);

/* submission_ask - whether queue has room for what open.size promises; wake is
 * called when it is known: refused, or gathered again. It comes first. */
void submission_ask(struct submission *s);

/* submission_is_asking - that is not known yet */
static inline bool
submission_is_asking(struct submission const *s)
{
	return s->asking && s->state != SUBMISSION_SETTLED;
}

/* submission_rcpt - is copied; false: there is no memory for it now */
bool submission_rcpt(struct submission *s, struct submit_rcpt const *rcpt);

/* submission_store - the text goes on; what goes wrong shows in the end */
void submission_store(struct submission *s, struct slice octets);

/* submission_is_full - queue is behind: store no more before wake */
bool submission_is_full(struct submission const *s);

/* submission_end - the text is complete; wake is called when it is settled */
void submission_end(struct submission *s);

static inline bool
submission_is_settled(struct submission const *s)
{
	return s->state == SUBMISSION_SETTLED;
}

/* submission_take - queue's verdict, when it is settled without refusal
 *   more   gets whether there is another, for the next recipient: take it, too */
struct submission_outcome const *submission_take(struct submission *s,
    bool *more);

/* submission_free - at any time, also NULL; what was not ended leaves nothing
 * behind at queue */
void submission_free(struct submission *s);

/* For pool.c. */

/* submission_octets - that queue will keep in memory for it, about
 *   stream  its text goes to a file */
static inline size_t
submission_octets(struct submission const *s, bool stream)
{
	return s->texts.len + s->rcpts.len + (stream ? 0 : s->body.len);
}

/* submission_start - its link is there: hand it over */
void submission_start(struct submission *s);

/* submission_go_on - queue has taken all that was sent */
void submission_go_on(struct submission *s);

/* submission_fail - settle it without queue; its link is gone */
void submission_fail(struct submission *s, enum reply why);

/* submission_settle - by queue's verdict; false: there can be none now */
bool submission_settle(struct submission *s,
    struct submit_verdict const *verdict);

#endif
