/* SPDX-License-Identifier: ISC */
/* The queue protocol: queue keeps the mail, send decides about it. queue
 * connects; send speaks first.
 *
 *   send   HELD...     messages it has jobs for, and OUTCOMEs not yet acked
 *   send   WINDOW n    queue may announce n messages more
 *   queue  MAIL, RCPT..., READY   one announcement; open recipients only
 *   queue  TOLD        once: all mail it had at the start is announced
 *   send   FETCH id    queue  BODY id with a read-only descriptor, or without
 *   send   OUTCOME     queue  OUTCOME_ACK once it is durable
 *
 * The queue is the truth: ids that send knows are ignored when announced
 * again, outcomes are repeated until acknowledged and count once. */
#ifndef MAILGRAVE_HANDOVER_H
#define MAILGRAVE_HANDOVER_H

#include "common/submit.h"

enum handover_type {
	HANDOVER_HELD = 0x0201,
	HANDOVER_WINDOW,
	HANDOVER_FETCH,
	HANDOVER_OUTCOME,
	HANDOVER_MAIL,
	HANDOVER_RCPT,
	HANDOVER_READY,
	HANDOVER_TOLD,
	HANDOVER_BODY,
	HANDOVER_OUTCOME_ACK
};

struct handover_held {
	struct traceid id;
};

struct handover_window {
	uint32_t messages;
};

struct handover_fetch {
	struct traceid id;
};

enum outcome {
	OUTCOME_DELIVERED,	/* the recipient is done */
	OUTCOME_DEFERRED,	/* try again, wait_s from now */
	OUTCOME_FAILED,		/* never; a report is owed to the sender */
	OUTCOMES
};

struct handover_outcome {
	struct traceid id;
	uint32_t rcpt;		/* number within the message, from 0 */
	uint32_t attempt;	/* tries before this one */
	uint8_t outcome;	/* enum outcome */
	uint32_t wait_s;	/* deferred: seconds until the next try */
	struct slice status;	/* RFC 3463 */
	struct slice where;	/* mailbox, or host and address */
	struct slice words;	/* of the other side, or why */
};

struct handover_mail {
	struct traceid id;
	struct slice sender;
	struct slice groups;
	uint64_t size;		/* octets, CRLF line ends, with our header */
	uint64_t arrived_s;	/* wall time */
	uint8_t eightbit;
	uint8_t fresh;		/* no send has ever heard of it */
};

struct handover_rcpt {
	struct traceid id;
	uint32_t rcpt;
	uint32_t attempt;	/* tries so far */
	uint32_t wait_s;	/* until the next */
	struct slice address;
};

struct handover_ready {
	struct traceid id;
	uint32_t rcpts;		/* RCPT frames of this announcement */
};

struct handover_told {
	uint64_t messages;	/* announced so far on this connection */
};

struct handover_body {
	struct traceid id;
	uint8_t there;		/* a descriptor comes along */
};

struct handover_outcome_ack {
	struct traceid id;
	uint32_t rcpt;
	uint32_t attempt;
};

extern struct wire_form const handover_held_form;
extern struct wire_form const handover_window_form;
extern struct wire_form const handover_fetch_form;
extern struct wire_form const handover_outcome_form;
extern struct wire_form const handover_mail_form;
extern struct wire_form const handover_rcpt_form;
extern struct wire_form const handover_ready_form;
extern struct wire_form const handover_told_form;
extern struct wire_form const handover_body_form;
extern struct wire_form const handover_outcome_ack_form;

enum { HANDOVER_WHERE_MAX = 512 };

#endif
