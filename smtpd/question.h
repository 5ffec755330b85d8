/* SPDX-License-Identifier: ISC */
/* What the DNS says of an address: its name, if that name has this address,
 * and whether a zone lists it. Without waiting. */
#ifndef MAILGRAVE_SMTPD_QUESTION_H
#define MAILGRAVE_SMTPD_QUESTION_H

#include "common/resolver.h"

enum answer {
	ANSWER_YES,
	ANSWER_NO,
	ANSWER_UNKNOWN,	/* the DNS does not say: never to be taken for a no
			 * where a yes is wanted, nor the other way round */
	ANSWER_DUE	/* it has been asked */
};

enum {
	QUESTION_NAMES_MAX = 4,		/* of an address that are verified */
	QUESTION_ADDRESSES_MAX = 64	/* of a name that are compared */
};

struct question;

/* question_name - the host name of an address, verified: the name has this
 * address, too
 *   done  called once, later, never from here; name is in lower case, NULL but
 *         with ANSWER_YES, and lives until done returns
 *   NULL  no memory, or there are too many */
struct question *question_name(struct resolver *resolver,
    unsigned char const octet[NETADDR_OCTETS],
    void (*done)(void *owner, enum answer answer, char const *name),
    void *owner);

/* question_listed - has the zone an address of 127.0.0.0/8 for this one (RFC
 * 5782 section 2.1)? Others tell of a zone that is no list any more, and
 * 127.255.255.0/24 of lists that don't want to be asked. */
struct question *question_listed(struct resolver *resolver,
    unsigned char const octet[NETADDR_OCTETS], char const *zone,
    void (*done)(void *owner, enum answer answer, char const *name),
    void *owner);

/* question_free - done isn't called any more; only after resolver_close */
void question_free(struct question *q);

#endif
