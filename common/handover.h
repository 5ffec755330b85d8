/* SPDX-License-Identifier: ISC */
/* The queue protocol: queue keeps the mail, send decides about it. queue
 * connects; send speaks first.
 *
 *   send   HELD...     messages it has jobs for, and OUTCOMEs not yet acked
 *   send   WINDOW n    queue may announce n messages more
 *   queue  MAIL, RCPT..., READY   one announcement; unfinished recipients only
 *   queue  TOLD        once: all mail it had at the start is announced
 *   send   FETCH id    queue  BODY id with a read-only descriptor, or without
 *   send   OUTCOME     queue  OUTCOME_ACK once it is durable
 *   send   REPORT, REPORTED..., REPORT_TEXT..., REPORT_END
 *                      queue  REPORT_ACK once it is durable
 *   queue  ORDER       what a user of the machine has ordered for a mail that
 *                      was announced, or BOUNCE right behind its MAIL; no
 *                      answer. A try under way goes on to
 *                      its end. Behind DELETE or HOLD the mail is forgotten
 *                      once nothing of it is under way; that it is announced
 *                      again takes this back. Such an order while send was
 *                      away it hears of when it asks for the mail: BODY comes
 *                      without a descriptor, then ORDER.
 *
 * A report tells the sender of a mail which recipients failed. The new mail
 * and the marks on the recipients that it tells of are one commit. Without an
 * address to send it to, there are only the marks.
 *
 * The queue is the truth: ids that send knows are ignored when announced
 * again, outcomes are repeated until acknowledged and count once. */
#ifndef MAILGRAVE_HANDOVER_H
#define MAILGRAVE_HANDOVER_H

#include "common/order.h"
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
	HANDOVER_OUTCOME_ACK,
	HANDOVER_REPORT,
	HANDOVER_REPORTED,
	HANDOVER_REPORT_TEXT,
	HANDOVER_REPORT_END,
	HANDOVER_REPORT_ACK,
	HANDOVER_ORDER
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
	uint8_t failed;		/* for good, and not yet reported */
	struct slice address;
	struct slice status, where, words;	/* why, when it failed */
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

struct handover_report {
	struct traceid of;	/* the mail whose recipients failed */
	struct traceid id;	/* of the report, new */
	struct slice to;	/* addr_format; empty: nobody is told */
	uint8_t eightbit;
};

struct handover_reported {
	uint32_t rcpt;
};

struct handover_report_text {
	struct slice octets;	/* the report goes on, CRLF line ends */
};

struct handover_report_end {
	uint32_t rcpts;		/* all REPORTED frames */
	uint64_t size;		/* all REPORT_TEXT octets together */
};

struct handover_report_ack {
	struct traceid of;
	uint8_t done;		/* 0: there is no room for it, ask again */
};

struct handover_order {
	struct traceid id;
	uint8_t order;		/* enum order, but RELEASE */
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
extern struct wire_form const handover_report_form;
extern struct wire_form const handover_reported_form;
extern struct wire_form const handover_report_text_form;
extern struct wire_form const handover_report_end_form;
extern struct wire_form const handover_report_ack_form;
extern struct wire_form const handover_order_form;

enum {
	HANDOVER_WHERE_MAX = 512,
	HANDOVER_REPORT_MAX = 60000	/* octets of a report */
};

#endif
