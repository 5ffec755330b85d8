/* SPDX-License-Identifier: ISC */
/* What a client may ask about delivery status notifications (RFC 3461), as it
 * travels from the door to the report or the next host. */
#ifndef MAILGRAVE_DSN_H
#define MAILGRAVE_DSN_H

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

#endif
