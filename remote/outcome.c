/* SPDX-License-Identifier: ISC */
/* Keeps the books of recipients; never reads or writes a word of SMTP. */
#include <stdio.h>
#include "remote/outcome.h"

/* The result for all in this range that have none yet. */
static void
decide(struct client *c, enum verdict verdict, size_t from, size_t end)
{
	size_t i;

	c->result.verdict = verdict;
	c->result.dsn = verdict == VERDICT_OK && c->offer.dsn;
	/* before MAIL they know nothing of the mail, and whoever hangs up
	 * there has not looked at it */
	c->result.host = verdict == VERDICT_TEMP &&
	    (c->hear.step < CLIENT_READY ||
	    (c->hear.step == CLIENT_MAIL && c->gone));
	c->result.again = false;
	c->result.login = c->hear.step == CLIENT_AUTH && c->reply.code >= 500;
	for (i = from; i < end; i++) {
		if (c->rcpt[i] != CLIENT_RCPT_OPEN) continue;
		c->rcpt[i] = CLIENT_RCPT_DUE;
		c->open--;
		c->due++;
	}
}

void
outcome_by_reply(struct client *c, enum verdict verdict, size_t from,
    size_t end)
{
	static char const class[VERDICTS] = { '2', '4', '5' };

	reply_status(&c->reply, class[verdict], c->result.status);
	c->result.words = reply_words(&c->reply);
	decide(c, verdict, from, end);
}

void
outcome_by_us(struct client *c, enum verdict verdict, char const *status,
    size_t from, size_t end)
{
	snprintf(c->result.status, sizeof c->result.status, "%s", status);
	c->result.words = slice_of(c->words);
	decide(c, verdict, from, end);
}

bool
outcome_next(struct client *c)
{
	size_t i;

	for (i = 0; c->due; i++) {
		if (c->rcpt[i] != CLIENT_RCPT_DUE) continue;
		c->rcpt[i] = CLIENT_RCPT_TOLD;
		c->due--;
		c->result.rcpt = i;
		return true;
	}
	return false;
}

size_t
outcome_open(struct client const *c)
{
	size_t i, n = 0;

	for (i = c->first; i < c->end; i++)
		n += c->rcpt[i] == CLIENT_RCPT_OPEN;
	return n;
}
