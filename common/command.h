/* SPDX-License-Identifier: ISC */
/* The command protocol: a user of the machine looks at the mail that waits, or
 * orders something for it. It is spoken on the queue's socket for users; the
 * first frame, ASK or a submission's OPEN, says which protocol it is.
 *
 *   client  ASK  ID... or FILTER...  GO
 *   queue   SINCE  COUNT...          if they are asked for, and he is root or
 *                                    the queue's own user
 *   queue   MAIL [RCPT...] [BODY]    for each message that it names, in the
 *                                    order of arrival, unless it is ordered
 *   queue   PROGRESS                 now and then
 *   queue   DONE                     and the client goes
 *
 * Without ID and FILTER all mail is named. Ids that are unknown, or another
 * user's, are refused before anything is done. What was ordered is durable
 * when DONE says so. Believes no client: what ASK may see and order is decided
 * by its uid. */
#ifndef MAILGRAVE_COMMAND_H
#define MAILGRAVE_COMMAND_H

#include "common/addr.h"
#include "common/dsn.h"
#include "common/order.h"
#include "common/verdict.h"
#include "common/wire.h"

enum command_type {
	COMMAND_ASK = 0x0501,
	COMMAND_ID,
	COMMAND_FILTER,
	COMMAND_GO,
	COMMAND_MAIL,
	COMMAND_RCPT,
	COMMAND_BODY,
	COMMAND_PROGRESS,
	COMMAND_DONE,
	COMMAND_SINCE,
	COMMAND_COUNT
};

/* What is counted. */
enum count_of {
	COUNT_ACCEPTED,		/* messages, by where they came from */
	COUNT_OUTCOME,		/* tries of recipients, by how they ended */
	COUNT_REFUSED,		/* clients, senders, recipients and messages, by
				 * what turned them away */
	COUNTS_OF
};

/* How a message, or one of its recipients, stands: the first that fits. */
enum standing {
	STANDING_HELD,		/* by order, until released */
	STANDING_FAILED,	/* for good, and its sender is not yet told */
	STANDING_ACTIVE,	/* due: it is being tried or about to be, or
				 * done and its sender about to be told */
	STANDING_DEFERRED,	/* to be tried again later */
	STANDINGS
};

struct command_ask {
	uint8_t order;		/* enum order; ORDERS: none, only look */
	uint8_t dry_run;	/* show what is named, order nothing */
	uint8_t rcpts;		/* show all recipients, not the first alone */
	uint8_t text;		/* show the messages themselves */
	uint8_t counts;		/* and what has been counted */
};

struct command_id {
	struct traceid id;
};

struct command_filter {
	struct slice term;	/* see queue/filter.h */
};

struct command_go {
	uint8_t unused;
};

struct command_mail {
	struct traceid id;
	struct slice sender;	/* empty: null path */
	struct slice rcpt;	/* the first of those that wait */
	struct slice status, words;	/* of its last try that left any */
	uint64_t arrived_s;	/* wall time */
	uint64_t size;
	uint32_t uid;		/* who submitted it, COMMAND_NOBODY: network */
	uint32_t rcpts;		/* that wait */
	uint32_t tries;		/* most of any of them */
	uint32_t wait_s;	/* until the next */
	uint8_t standing;
	uint8_t ret;		/* see common/submit.h, these three */
	uint8_t utf8;
	struct slice envid;
};

struct command_rcpt {
	struct slice address;
	struct slice orcpt;	/* see common/submit.h */
	uint8_t notify;		/* enum notify */
	uint8_t warned;		/* its sender knows that it is late */
	struct slice status, where, words;	/* of its last try */
	uint32_t tries;
	uint32_t wait_s;
	uint8_t standing;
};

struct command_body {
	uint8_t there;		/* a descriptor comes along */
};

struct command_progress {
	uint64_t seen, matched;
};

struct command_done {
	uint8_t verdict;	/* PERM: of the request, nothing was done */
	uint64_t matched;
	uint64_t active;	/* of those that were ordered something while
				 * a try may have been under way */
	struct slice words;	/* why not, one line */
};

struct command_since {
	uint64_t since_s;	/* wall time: it counts from then on */
};

struct command_count {
	uint8_t of;		/* enum count_of */
	struct slice name;	/* printable ASCII */
	uint64_t n;
	uint64_t minute, hour;	/* in the last of these */
};

extern struct wire_form const command_ask_form;
extern struct wire_form const command_id_form;
extern struct wire_form const command_filter_form;
extern struct wire_form const command_go_form;
extern struct wire_form const command_mail_form;
extern struct wire_form const command_rcpt_form;
extern struct wire_form const command_body_form;
extern struct wire_form const command_progress_form;
extern struct wire_form const command_done_form;
extern struct wire_form const command_since_form;
extern struct wire_form const command_count_form;

enum {
	COMMAND_TERM_MAX = 420,		/* an address and its key */
	COMMAND_IDS_MAX = 1000,		/* in one request */
	COMMAND_WORDS_MAX = 200,
	COMMAND_NAME_MAX = 100		/* what is counted is called */
};

#define COMMAND_NOBODY UINT32_MAX	/* the uid of mail from the network */

#endif
