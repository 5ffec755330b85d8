/* SPDX-License-Identifier: ISC */
/* A line of the access file as it was read: for those who read it and those who
 * decide by it. */
#ifndef MAILGRAVE_ACCESSRULE_H
#define MAILGRAVE_ACCESSRULE_H

#include "common/access.h"

enum accessrule_kind {
	RULE_GROUP, RULE_RELAY, RULE_REFUSE, RULE_ACCEPT, RULE_LIMIT,
	RULE_SENDERS, RULE_XCLIENT, RULE_PROXY
};

struct access_rule {
	enum accessrule_kind kind;
	enum access_limit what;		/* limit */
	uint64_t number;		/* limit */
	unsigned line;
	unsigned code;			/* refuse */
	char *name;	/* of a group, a login, a zone */
	char *status, *text;		/* refuse */
	struct addr *sender;		/* senders; no local part: all of a
					 * domain */
	size_t senders;
};

#endif
