/* SPDX-License-Identifier: ISC */
/* What a header lacks when somebody hands it in, and what must not leave with
 * it (RFC 5322 section 3.6). Pure. */
#ifndef MAILGRAVE_COMPLETE_H
#define MAILGRAVE_COMPLETE_H

#include <skalibs/stralloc.h>
#include <stdint.h>
#include "common/slice.h"
#include "common/traceid.h"

enum {
	COMPLETE_MAX = 1 << 20,	/* octets of a header with what was added */
	COMPLETE_NAME_MAX = 255	/* octets of a person's name */
};

/* What a header is completed with. */
struct complete_facts {
	struct slice domain;	/* for addresses without one; empty: these
				 * stay as they are */
	struct slice hostname;	/* for Message-ID */
	struct slice author;	/* his address, by addr_format; empty: From is
				 * not added */
	struct slice name;	/* by complete_name_valid; may be empty */
	struct traceid id;
	int64_t now_s;		/* wall time */
};

/* complete_name_valid - no control octets, not too long */
bool complete_name_valid(struct slice name);

/* complete_person - a full name by what the system knows of an account: the
 * first of its facts, "&" standing for the name of the account with a capital
 *   person  COMPLETE_NAME_MAX octets
 *   returns octets of it; 0 if it can't stand in a header */
size_t complete_person(struct slice facts, struct slice account,
    char *person);

/* complete_header - the header that goes out, with the empty line behind it
 *   What must not leave is gone, what is missing (From, Date, Message-ID and
 *   their Resent- kin; To, when nothing shows a recipient) is added on top, all
 *   else stays octet for octet but for
 *   "@domain" behind addresses that lack it.
 *   header  as header_search found it
 *   out     appended to
 *   false   errno ENOMEM, or EMSGSIZE: over COMPLETE_MAX */
bool complete_header(struct slice header, struct complete_facts const *facts,
    stralloc *out);

#endif
