/* SPDX-License-Identifier: ISC */
/* A complete draft on its way to disk: its file is synced, then the directory
 * that names it, then its records are committed. */
#ifndef MAILGRAVE_STORING_H
#define MAILGRAVE_STORING_H

#include "common/flush.h"
#include "queue/draft.h"

struct storing {
	/* set by the caller; the draft lives until done is called */
	struct draft *draft;
	/* done - fine: it is durable, and its file is kept; no longer used
	 * after that */
	void (*done)(void *owner, bool fine);
	void *owner;

	struct flush flush;
	struct journal_unit unit;
	struct message *message;
};

/* storing_start - done is called later, or before this returns */
void storing_start(struct storing *s);

#endif
