/* SPDX-License-Identifier: ISC */
/* What a client may ask about delivery status notifications (RFC 3461), as it
 * travels from the door to the report or the next host. Pure. */
#ifndef MAILGRAVE_DSN_H
#define MAILGRAVE_DSN_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

/* When the sender wants to hear of a recipient; bits, NEVER stands alone.
 * Unsaid is that of failures and, if this host likes, of delays. */
enum notify {
	NOTIFY_UNSAID = 0,
	NOTIFY_NEVER = 1,
	NOTIFY_SUCCESS = 2,
	NOTIFY_FAILURE = 4,
	NOTIFY_DELAY = 8,
	NOTIFY_ALL = 15
};

/* How much of the message a report of failure brings back. */
enum ret { RET_UNSAID, RET_FULL, RET_HDRS, RETS };

enum {
	ENVID_MAX = 100,	/* RFC 3461 section 4.4, as given: xtext */
	ORCPT_MAX = 500		/* section 4.2: type ";" xtext, as given */
};

enum { NOTIFY_BITS = 4 };

/* the names of the bits, from the lowest, in lower case */
extern char const *const dsn_notify_name[NOTIFY_BITS];

/* dsn_notify_valid - NEVER or some of the others, no bit beside these */
bool dsn_notify_valid(unsigned notify);

/* dsn_notify_parse - names with commas between, in any case, each once
 *   false  another word, or NEVER is not alone; *notify is untouched then */
bool dsn_notify_parse(struct slice list, unsigned *notify);

/* dsn_envid_decode - what an ENVID stands for: xtext of printable ASCII
 *   out    ENVID_MAX octets
 *   false  malformed, empty or longer than ENVID_MAX */
bool dsn_envid_decode(struct slice envid, char *out, size_t *len);

/* dsn_orcpt_decode - what an ORCPT stands for
 *   type   a view of what is before the ";". An address of type utf-8 is in
 *          one of the forms of RFC 6533 section 3, out is UTF-8 then; any
 *          other is xtext of printable ASCII.
 *   out    ORCPT_MAX octets
 *   false  malformed, empty or longer than ORCPT_MAX */
bool dsn_orcpt_decode(struct slice orcpt, struct slice *type, char *out,
    size_t *len);

/* dsn_xtext_valid - 1 to ORCPT_MAX octets that stand for printable ASCII */
bool dsn_xtext_valid(struct slice xtext);

/* dsn_envid_valid, dsn_orcpt_valid - these would decode. An ORCPT of type
 * utf-8 may hold octets above 127: only a client that said SMTPUTF8 may
 * write those. */
bool dsn_envid_valid(struct slice envid);
bool dsn_orcpt_valid(struct slice orcpt);

/* dsn_orcpt_encode - the ORCPT of an address that came without one, ASCII
 * throughout
 *   out    ORCPT_MAX octets
 *   returns its length; 0 when it would be longer, or the address is neither
 *   printable ASCII nor UTF-8 */
size_t dsn_orcpt_encode(struct slice address, char *out);

#endif
