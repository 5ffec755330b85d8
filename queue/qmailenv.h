/* SPDX-License-Identifier: ISC */
/* The envelope of the qmail-queue interface: "F" sender NUL, then "T"
 * recipient NUL as often as there are any, then NUL. Pure. Addresses stand
 * there without quotes: all before the last "@" is the local part. */
#ifndef MAILGRAVE_QMAILENV_H
#define MAILGRAVE_QMAILENV_H

#include "common/addr.h"

enum qmailenv_error {
	QMAILENV_FINE,
	QMAILENV_CUT,		/* the last NUL hasn't come */
	QMAILENV_FORMAT,	/* not of this form, or for nobody */
	QMAILENV_LONG,		/* an address no mailbox can have */
	QMAILENV_BAD,		/* one that is none */
	QMAILENV_VERP		/* a sender for each recipient is asked for */
};

struct qmailenv {
	struct slice domain;	/* set by the caller: for addresses without */
	struct slice rest;	/* set by the caller: all that was read */

	bool bounce;		/* the null path; sender is undefined then */
	struct addr sender;
	enum qmailenv_error wrong;	/* why there was no more */
	struct slice which;	/* the address that is wrong */
};

/* qmailenv_begin - read the sender
 *   false  e->wrong */
bool qmailenv_begin(struct qmailenv *e);

/* qmailenv_next - the next recipient
 *   false  none is left, or e->wrong */
bool qmailenv_next(struct qmailenv *e, struct addr *rcpt);

#endif
