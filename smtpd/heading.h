/* SPDX-License-Identifier: ISC */
/* The header of a message from somebody who has logged in (RFC 6409): kept back
 * until it is whole, checked for who says he wrote it, completed, and passed on.
 * Other messages go by as they are. */
#ifndef MAILGRAVE_SMTPD_HEADING_H
#define MAILGRAVE_SMTPD_HEADING_H

#include "common/access.h"
#include "common/header.h"
#include "smtpd/submission.h"

struct heading {
	struct submission *submission;
	struct access const *access;
	struct slice hostname, domain;	/* live as long as the session */
	bool passed;			/* nothing is kept back any more */
	struct octets text;		/* so far */
	struct header_search search;
};

/* heading_begin - of a message
 *   access  what the login of the submission may use; NULL: it has none */
void heading_begin(struct heading *h, struct submission *s,
    struct access const *access, struct slice hostname, struct slice domain);

/* heading_store - the text goes on; what goes wrong shows in the submission */
void heading_store(struct heading *h, struct slice octets);

/* heading_end - the text is complete */
void heading_end(struct heading *h);

/* heading_forget - before its submission is freed; also without one */
void heading_forget(struct heading *h);

#endif
