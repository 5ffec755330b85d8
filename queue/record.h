/* SPDX-License-Identifier: ISC */
/* Journal records: what they say and how they lie on disk. Pure. SPOOL beside
 * this file tells how they are used.
 *
 * On disk a record starts on a 64-octet bound: a head of 32 octets, then a
 * packed frame (common/wire.h), then zeroes up to the next bound.
 *
 *    0  4  CRC-32C of all that follows, head and frame
 *    4  4  octets of the frame
 *    8  8  epoch: random, new at each start, never shown to anybody, so that
 *          no message text can be taken for a record
 *   16  8  sequence: one more than the record before
 *   24  1  1 when it closes its unit: a unit counts whole or not at all
 *   25  1  1 when it opens its unit
 *   26  2  zero
 *   28  4  how much larger its sequence is than that of the last record that
 *          was durable when this one was written: what is missing up to there
 *          was lost, what is missing behind it may never have been written
 */
#ifndef MAILGRAVE_RECORD_H
#define MAILGRAVE_RECORD_H

#include "common/order.h"
#include "common/submit.h"

enum {
	RECORD_BOUND = 64,
	RECORD_HEAD = 32,
	RECORD_MAX = 128 << 10,		/* head, frame and zeroes */
	RECORD_MESSAGE_MAX = 4096,	/* those of a MESSAGE */
	RECORD_BODY_MAX = 64 << 10	/* message octets kept in the journal */
};

enum record_type {
	RECORD_SEGMENT = 0x0401,
	RECORD_MESSAGE,
	RECORD_RCPT,
	RECORD_BODY,
	RECORD_OUTCOME,
	RECORD_REPORTED,
	RECORD_ORDER
};

/* The first record of a segment: which one it is. */
struct record_segment {
	uint64_t number;	/* grows with each use of any segment file */
	uint64_t last;		/* sequence of the last record of this epoch
				 * that counts before this segment; after a
				 * failed write or sync there are others, of
				 * which nothing counts. 0: it is the first of
				 * its epoch */
	uint64_t oldest;	/* what has a smaller number counts no more:
				 * something newer than it was retired */
};

/* Opens the unit of one message: MESSAGE, then a RCPT each, then BODY unless
 * the message has a file of its own, then REPORTEDs if it is a report. A later
 * unit for the same id replaces all that was said before. */
struct record_message {
	struct traceid id;
	struct slice sender;
	struct slice groups;
	uint64_t arrived_s;	/* wall time */
	uint64_t size;		/* octets with our header */
	uint32_t rcpts;		/* RCPT records that follow */
	uint8_t eightbit;
	uint8_t file;		/* the message lies in mess/, no BODY follows */
	struct slice envid;	/* see common/submit.h, down to ret */
	struct slice client_address, client_name, helo, protocol, login;
	uint8_t utf8;
	uint8_t ret;
	uint32_t crc;		/* CRC-32C of that file, 0 without */
	uint32_t uid;		/* who submitted it; UINT32_MAX: the network */
	uint8_t held;		/* what was ordered for it before this unit */
	uint8_t given_up;
};

enum rcpt_state {
	RCPT_OPEN,
	RCPT_DELIVERED,
	RCPT_FAILED,		/* and its sender has not been told */
	RCPT_REPORTED,
	RCPT_EXPANDED,		/* others stand for it */
	RCPT_CONFIRMED,		/* delivered; its sender is to be told so, and
				 * has not been */
	RCPT_RELAYED,		/* the same, by a host that won't tell him */
	RCPT_LISTED,		/* others stand for it; its sender is to be
				 * told so, and has not been */
	RCPT_STATES
};

struct record_rcpt {
	struct slice address;
	uint32_t attempt;	/* tries so far */
	uint32_t due_s;		/* wall time of the next */
	uint32_t action;	/* see common/handover.h */
	uint8_t state;		/* enum rcpt_state */
	uint8_t notify;		/* see common/submit.h */
	uint8_t warned;		/* its sender knows that it is late */
	struct slice orcpt;
	struct slice status, where, words;	/* of the last try, if any */
};

struct record_body {
	struct slice octets;
};

/* What became of one try. */
struct record_outcome {
	struct traceid id;
	uint32_t rcpt;
	uint32_t attempt;	/* tries before this one */
	uint32_t due_s;		/* if still open: wall time of the next */
	uint8_t state;		/* enum rcpt_state after it */
	struct slice status;
	struct slice where;
	struct slice words;
};

/* The report about this recipient is in the same unit, or nobody is to be
 * told. */
struct record_reported {
	struct traceid id;
	uint32_t rcpt;
	uint8_t warning;	/* it tells that he is late, and he stays open */
};

/* What a user of the machine ordered. DELETE ends the message; the state of
 * its recipients doesn't count any more. */
struct record_order {
	struct traceid id;
	uint8_t order;		/* enum order */
};

extern struct wire_form const record_segment_form;
extern struct wire_form const record_message_form;
extern struct wire_form const record_rcpt_form;
extern struct wire_form const record_body_form;
extern struct wire_form const record_outcome_form;
extern struct wire_form const record_reported_form;
extern struct wire_form const record_order_form;

struct record_head {
	uint64_t epoch;
	uint64_t sequence;
	uint64_t committed;	/* sequence of the last one that was durable */
	bool opens, closes;	/* its unit */
};

/* record_size - octets on disk of a record with such a frame */
size_t record_size(struct wire_form const *form, void const *values);

/* record_put - write a record that record_seal will complete
 *   out      record_size octets
 *   returns that size, 0 when a value is over its cap */
size_t record_put(char *out, struct wire_form const *form,
    void const *values, bool closes);

/* record_seal - give a record its place in the journal, and its checksum
 *   head     all but closes, which record_put was told
 *   returns its size */
size_t record_seal(char *record, struct record_head const *head);

/* record_epoch - what a record at the start of these octets, at least
 * RECORD_HEAD of them, says of its epoch: a cheap look before record_get */
uint64_t record_epoch(struct slice octets);

/* record_get - read the sealed record at the start of these octets
 *   frame    a view of its frame
 *   returns its size on disk, 0 when there is no whole record */
size_t record_get(struct slice octets, struct record_head *head,
    struct slice *frame);

#endif
