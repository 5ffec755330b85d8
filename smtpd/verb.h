/* SPDX-License-Identifier: ISC */
/* The commands of SMTP, a row and a function each. Pure. */
#ifndef MAILGRAVE_SMTPD_VERB_H
#define MAILGRAVE_SMTPD_VERB_H

#include "smtpd/session.h"

enum verb_argument { VERB_NO_ARGUMENT, VERB_ARGUMENT, VERB_ANY_ARGUMENT };

struct verb {
	char const *name;
	unsigned legal;			/* enum session_state */
	enum verb_argument argument;
	size_t line_max;		/* octets of the line without CRLF */
	/* run - carry it out; REPLY_NONE when it asks first */
	enum reply (*run)(struct session *s, struct slice argument);
};

/* verb_find - by its name in any case, or NULL */
struct verb const *verb_find(struct slice name);

#endif
