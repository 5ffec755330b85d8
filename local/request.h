/* SPDX-License-Identifier: ISC */
/* What the worker asks of whoever becomes a user for one delivery, and the
 * answer: one packet each, over a socket pair of their own.
 *
 *   worker -> parent  PARENT_DELIVER, with the child's end of that pair
 *   worker -> child   REQUEST, with the message; the parent never reads it
 *   child -> worker   REPORT */
#ifndef MAILGRAVE_REQUEST_H
#define MAILGRAVE_REQUEST_H

#include "common/deliver.h"

enum parent_what { PARENT_DELIVER, PARENT_RELOAD };

/* All that the parent hears. row and action are numbers in its own copy of the
 * routes; what they name there is all it does. */
struct parent_order {
	uint32_t what;
	uint32_t row;		/* of the routes, from 0 */
	uint32_t action;	/* of its line, from 1 */
};

enum request_type { REQUEST = 0x0401, REPORT };

struct request {
	struct traceid id;
	uint32_t rcpt;
	uint32_t action;	/* as send said it */
	struct slice sender, address, groups, orcpt, envid;
	struct slice client_address, client_name, helo, protocol, login;
	uint64_t size, arrived_s;
	uint8_t maybe;
};

struct report {
	uint8_t verdict;
	uint8_t ours;
	struct slice status, where, words;
};

extern struct wire_form const request_form;
extern struct wire_form const report_form;

enum {
	REPORT_WORDS_MAX = 4096,	/* octets kept of a command's output */
	REQUEST_PACKET_MAX = 8192	/* octets of either packet */
};

#endif
