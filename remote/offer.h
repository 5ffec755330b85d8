/* SPDX-License-Identifier: ISC */
/* What a host offers in its reply to EHLO (RFC 5321 section 4.1.1.1). Pure. */
#ifndef MAILGRAVE_OFFER_H
#define MAILGRAVE_OFFER_H

#include <stdint.h>
#include "common/slice.h"
#include "remote/login.h"

struct offer {
	bool pipelining;	/* RFC 2920 */
	bool eightbitmime;	/* RFC 6152 */
	bool smtputf8;		/* RFC 6531 */
	bool dsn;		/* RFC 3461 */
	bool chunking;		/* RFC 3030 */
	bool starttls;		/* RFC 3207 */
	bool size;		/* RFC 1870 */
	uint64_t size_max;	/* 0: not said */
	unsigned mechanisms;	/* of AUTH, RFC 4954: bits, 1 << enum
				 * login_mechanism */
	/* RFC 9422; 0: not said */
	unsigned mails_max;	/* transactions of a connection */
	unsigned rcpts_max;	/* recipients of a transaction */
	unsigned domains_max;	/* of recipients, on a connection */
};

/* offer_take - one line of the reply, without its code. What we do not know,
 * or what is said wrongly, is no offer. */
void offer_take(struct offer *offer, struct slice line);

#endif
