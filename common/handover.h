/* SPDX-License-Identifier: ISC */
/* The queue protocol: queue keeps the mail, send decides about it. queue
 * connects; send speaks first.
 *
 *   send   HELD...     messages it has jobs for, and OUTCOMEs not yet acked
 *   send   WINDOW n    queue may announce n messages more, and send the texts
 *                      of so many along unasked
 *   queue  MAIL, RCPT..., READY   one announcement; unfinished recipients only.
 *                      AHEAD before READY is what BODY would be; there may be
 *                      one while the mail is fresh
 *   queue  TOLD        once: all mail it had at the start is announced
 *   send   FETCH id    queue  BODY id with a read-only descriptor, or without
 *   send   OUTCOME     queue  OUTCOME_ACK once it is durable
 *   send   REPORT, REPORTED..., REPORT_TEXT..., REPORT_END
 *                      queue  REPORT_ACK once it is durable
 *   send   EXPAND, TARGET..., EXPAND_END
 *                      queue  EXPAND_ACK once it is durable; done: the mail is
 *                             announced again, with its new recipients
 *   queue  ORDER       what a user of the machine has ordered for a mail that
 *                      was announced, or BOUNCE right behind its MAIL; no
 *                      answer. A try under way goes on to
 *                      its end. Behind DELETE or HOLD the mail is forgotten
 *                      once nothing of it is under way; that it is announced
 *                      again takes this back. Such an order while send was
 *                      away it hears of when it asks for the mail: BODY comes
 *                      without a descriptor, then ORDER.
 *   queue  ENDING      it is about to end: send begins nothing new, and hangs
 *                      up when it has told how all that is under way went
 *
 * A report tells the sender of a mail what became of recipients: failed, late,
 * or, if he asked for it, delivered. The new mail and the marks on the
 * recipients that it tells of are one commit. Without an address to send it
 * to, there are only the marks.
 *
 * An expansion replaces recipients by others, before any of those is tried:
 * what an alias stands for, and each action of a line that has several. It is
 * one commit. The new recipients are numbered on from the last. One who takes
 * the place of another alone inherits his NOTIFY. Of several none has SUCCESS
 * (RFC 3461 section 5.2.7: they may be a list whose members are nobody else's
 * business), and NEVER if nothing else is left; if the one they replace has
 * SUCCESS, queue owes its sender a report that it was expanded.
 *
 * The queue is the truth: of a mail that send knows, an announcement adds the
 * recipients that are new to send, and ends those that wait there and are not
 * in it; outcomes are repeated until acknowledged and count once. */
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
	HANDOVER_ORDER,
	HANDOVER_EXPAND,
	HANDOVER_TARGET,
	HANDOVER_EXPAND_END,
	HANDOVER_EXPAND_ACK,
	HANDOVER_ENDING,
	HANDOVER_AHEAD
};

struct handover_held {
	struct traceid id;
};

struct handover_window {
	uint32_t messages;
	uint32_t texts;		/* AHEADs: never more than HANDOVER_AHEAD_MAX
				 * are open to queue at a time */
	uint32_t within;	/* and those of so many octets, at most
				 * HANDOVER_TEXT_MAX, without a descriptor */
};

struct handover_fetch {
	struct traceid id;
};

enum outcome {
	OUTCOME_DELIVERED,	/* the recipient is done */
	OUTCOME_DEFERRED,	/* try again, wait_s from now */
	OUTCOME_FAILED,		/* never; a report is owed to the sender */
	OUTCOME_CONFIRMED,	/* delivered, and a report of that is owed */
	OUTCOME_RELAYED,	/* the same, by a host that will make none */
	OUTCOME_EXPANDED,	/* it was replaced, and a report of that is
				 * owed: only queue says so, see TARGET */
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
	uint8_t utf8;		/* SMTPUTF8 was asked for */
	uint8_t fresh;		/* no send has ever heard of it */
};

struct handover_rcpt {
	struct traceid id;
	uint32_t rcpt;
	uint32_t attempt;	/* tries so far */
	uint32_t wait_s;	/* until the next */
	uint32_t action;	/* of its line in the routes, from 1; 0: its
				 * line has not been looked at */
	uint8_t owed;		/* OUTCOME_FAILED, _CONFIRMED, _RELAYED or
				 * _EXPANDED: only the report is missing;
				 * else 0 */
	uint8_t warned;		/* its sender knows that it is late */
	uint8_t notify;		/* enum notify */
	struct slice address;
	struct slice orcpt;	/* see common/submit.h */
	struct slice status, where, words;	/* of what is owed */
};

struct handover_ready {
	struct traceid id;
	uint32_t rcpts;		/* RCPT frames of this announcement */
};

struct handover_told {
	uint64_t messages;	/* announced so far on this connection */
};

/* AHEAD, too: with the text comes what is only wanted together with it. */
struct handover_body {
	struct traceid id;
	uint8_t there;		/* a descriptor comes along */
	uint8_t ret;		/* see common/submit.h */
	struct slice envid;
	struct slice client_address, client_name, helo, protocol, login;
	struct slice text;	/* AHEAD: all of it, instead of a descriptor */
};

struct handover_outcome_ack {
	struct traceid id;
	uint32_t rcpt;
	uint32_t attempt;
};

struct handover_report {
	struct traceid of;	/* the mail whose recipients it tells of */
	struct traceid id;	/* of the report, new */
	struct slice to;	/* addr_format; empty: nobody is told */
	uint8_t eightbit;
	uint8_t utf8;		/* it holds addresses that need SMTPUTF8 */
	uint8_t warning;	/* they are late, and go on waiting */
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

struct handover_expand {
	struct traceid id;
};

struct handover_target {
	uint32_t of;		/* the recipient that it replaces */
	uint32_t action;	/* see struct handover_rcpt */
	uint8_t notify;
	struct slice address;	/* that of the recipient, or another */
};

struct handover_expand_end {
	uint32_t targets;	/* all TARGET frames */
};

enum handover_expanded {
	EXPANDED_LATER,		/* not now: ask again */
	EXPANDED_DONE,		/* or not needed; it is announced again */
	EXPANDED_NEVER		/* it can't be kept: too many recipients */
};

struct handover_expand_ack {
	struct traceid id;
	uint8_t done;		/* enum handover_expanded */
};

struct handover_order {
	struct traceid id;
	uint8_t order;		/* enum order, but RELEASE */
};

struct handover_ending {
	uint8_t unused;
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
extern struct wire_form const handover_ahead_form;
extern struct wire_form const handover_outcome_ack_form;
extern struct wire_form const handover_report_form;
extern struct wire_form const handover_reported_form;
extern struct wire_form const handover_report_text_form;
extern struct wire_form const handover_report_end_form;
extern struct wire_form const handover_report_ack_form;
extern struct wire_form const handover_order_form;
extern struct wire_form const handover_expand_form;
extern struct wire_form const handover_target_form;
extern struct wire_form const handover_expand_end_form;
extern struct wire_form const handover_expand_ack_form;
extern struct wire_form const handover_ending_form;

enum {
	HANDOVER_WHERE_MAX = 512,
	HANDOVER_AHEAD_MAX = 100,	/* descriptors; a process has a thousand */
	HANDOVER_TEXT_MAX = 8192,	/* octets; so many cost less to copy
					 * than a descriptor costs to make */
	HANDOVER_REPORT_MAX = 60000,	/* octets of a report */
	HANDOVER_TARGETS_MAX = 1000	/* that one recipient may expand to */
};

#endif
