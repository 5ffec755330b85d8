/* SPDX-License-Identifier: ISC */
/* The submit protocol: smtpd and inject hand a message to queue. One
 * connection carries submissions one after another:
 *
 *   client  OPEN  RCPT...  BODY...  END      or ABORT instead of END
 *   queue                           VERDICT  one for each OPEN; of a sink
 *                                            behind LMTP one for each RCPT
 *
 *   client  ROOM                             between submissions
 *   queue         VERDICT                    whether one of this size would
 *                                            be welcome now
 *
 * Only END commits; a connection that closes before it, or ABORT, leaves
 * nothing and gets no verdict. queue may give its verdict early; it then
 * ignores frames up to END or ABORT, which the client still sends. An accepted
 * message is durable.
 *
 *   client  REFUSED  between submissions: smtpd has turned somebody away, for
 *                    queue's status to show; no answer, nothing depends on it */
#ifndef MAILGRAVE_SUBMIT_H
#define MAILGRAVE_SUBMIT_H

#include "common/addr.h"
#include "common/dsn.h"
#include "common/verdict.h"
#include "common/wire.h"

enum submit_type {
	SUBMIT_OPEN = 0x0101,
	SUBMIT_RCPT,
	SUBMIT_BODY,
	SUBMIT_END,
	SUBMIT_ABORT,
	SUBMIT_VERDICT,
	SUBMIT_ROOM,
	SUBMIT_REFUSED
};

struct submit_open {
	struct traceid id;		/* made by the client, new */
	struct slice sender;		/* addr_format; empty: null path */
	struct slice client_address;	/* IP as text; empty: not by network */
	struct slice client_name;	/* verified host name, may be empty */
	struct slice helo;
	struct slice protocol;		/* RFC 3848 word; empty: none */
	struct slice login;
	struct slice tls;		/* version and cipher, may be empty */
	struct slice groups;		/* names from access, one space between */
	struct slice envid;		/* ENVID, empty: none */
	uint64_t size;			/* octets promised, 0 if none */
	uint8_t eightbit;		/* BODY=8BITMIME was given */
	uint8_t utf8;			/* SMTPUTF8 was given */
	uint8_t ret;			/* enum ret */
};

struct submit_rcpt {
	struct slice address;		/* addr_format */
	struct slice orcpt;		/* ORCPT, empty: none */
	uint8_t notify;			/* enum notify */
};

struct submit_body {
	struct slice octets;		/* the message goes on, CRLF line ends */
};

struct submit_end {
	uint64_t size;			/* all BODY octets together */
	uint32_t rcpts;			/* all RCPT frames */
};

struct submit_abort {
	uint8_t unused;
};

struct submit_room {
	uint64_t size;			/* octets, as a client has said */
};

struct submit_verdict {
	uint8_t verdict;		/* enum verdict */
	struct slice status;		/* RFC 3463 */
	struct slice words;		/* why, one line */
};

struct submit_refused {
	struct slice rule;		/* by which, printable ASCII */
	uint32_t n;			/* so often since it was last told */
};

extern struct wire_form const submit_open_form;
extern struct wire_form const submit_rcpt_form;
extern struct wire_form const submit_body_form;
extern struct wire_form const submit_end_form;
extern struct wire_form const submit_abort_form;
extern struct wire_form const submit_verdict_form;
extern struct wire_form const submit_room_form;
extern struct wire_form const submit_refused_form;

enum {
	SUBMIT_ADDRESS_MAX = 45,	/* an IP address as text */
	SUBMIT_PROTOCOL_MAX = 16,
	SUBMIT_NAME_MAX = 255,		/* host names, HELO, login, TLS */
	SUBMIT_GROUPS_MAX = 1024,
	SUBMIT_RULE_MAX = 80,
	SUBMIT_RCPTS_MAX = 65535	/* in one message, whatever the client
					 * itself allows */
};

#endif
