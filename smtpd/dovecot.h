/* SPDX-License-Identifier: ISC */
/* The lines between an authentication server and its clients, as Dovecot's
 * protocol of version 1 has them: words with tabs between. Pure. */
#ifndef MAILGRAVE_SMTPD_DOVECOT_H
#define MAILGRAVE_SMTPD_DOVECOT_H

#include <stdint.h>
#include "smtpd/sasl.h"

enum {
	DOVECOT_LINE_MAX = 8192,	/* octets, with LF: as there */
	DOVECOT_HELLO_MAX = 64,		/* of what dovecot_hello makes */
	DOVECOT_ASK_MAX = 1024		/* and dovecot_ask */
};

enum dovecot_kind {
	DOVECOT_BROKEN,		/* it is no such server */
	DOVECOT_OTHER,		/* nothing to us */
	DOVECOT_VERSION,	/* of a kind that we speak */
	DOVECOT_PLAIN,		/* it takes PLAIN */
	DOVECOT_DONE,		/* it has said what it can do */
	DOVECOT_ANSWER
};

struct dovecot_line {
	enum dovecot_kind kind;
	uint32_t number;		/* of the question */
	enum sasl_outcome outcome;
	char name[SASL_TEXT_MAX + 1];	/* whom it takes him for, or "" */
};

/* dovecot_parse - a line without its LF */
void dovecot_parse(struct dovecot_line *out, struct slice line);

/* dovecot_hello - what a client begins with; returns the length */
size_t dovecot_hello(char out[DOVECOT_HELLO_MAX], unsigned long pid);

/* dovecot_ask - about a password; returns the length
 *   client  address, "" without
 * What stands in out is a secret. */
size_t dovecot_ask(char out[DOVECOT_ASK_MAX], uint32_t number,
    struct sasl_question const *q, char const *client);

#endif
