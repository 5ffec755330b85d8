/* SPDX-License-Identifier: ISC */
/* The commands of SMTP and LMTP, a row and a function each. Pure. */
#ifndef MAILGRAVE_SMTPD_VERB_H
#define MAILGRAVE_SMTPD_VERB_H

#include "smtpd/session.h"

enum verb_argument { VERB_NO_ARGUMENT, VERB_ARGUMENT, VERB_ANY_ARGUMENT };

enum verb_protocol { VERB_SMTP = 1, VERB_LMTP = 2, VERB_BOTH = 3 };

struct verb {
	char const *name;
	enum verb_protocol protocol;	/* in the other it is unknown */
	unsigned legal;			/* enum session_state */
	enum verb_argument argument;
	size_t line_max;		/* octets of the line without CRLF */
	bool waits;			/* see session_is_waited_for */
	bool early;			/* also where TLS comes first */
	/* run - carry it out; REPLY_NONE when it asks first */
	enum reply (*run)(struct session *s, struct slice argument);
};

/* verb_find - by its name in any case, or NULL */
struct verb const *verb_find(struct slice name, bool lmtp);

/* verb_is_secret - its argument may be a password, also where it is refused */
bool verb_is_secret(struct verb const *verb);

/* verb_list - all names, a space between, as text with a NUL */
void verb_list(char *out, size_t room, bool lmtp);

/* verb_may_log_in - AUTH is for this session, now */
bool verb_may_log_in(struct session const *s);

/* verb_may_secure - STARTTLS is for this session, now or later */
bool verb_may_secure(struct session const *s);

#endif
