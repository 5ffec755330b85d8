/* SPDX-License-Identifier: ISC */
/* The deliver protocol: send gives jobs to local and to remote. send connects;
 * the other end speaks first.
 *
 *   local, remote  SLOTS n     n jobs may be with me at a time
 *   send           JOB with a read-only descriptor, RCPT..., RUN; to local a
 *                  JOB may hold the text of a small message instead
 *   local, remote  RESULT      one for each RCPT, in any order; the job has
 *                              ended and its slot is free after the last
 *
 * Job numbers are send's, unique while the job lasts. A try is named by id,
 * recipient and attempt: when the connection was lost, send gives it again as
 * maybe, and the other end answers with the result that it had then, or will
 * have when what it could not call back ends, as long as it remembers. */
#ifndef MAILGRAVE_DELIVER_H
#define MAILGRAVE_DELIVER_H

#include "common/action.h"
#include "common/handover.h"

enum deliver_type {
	DELIVER_SLOTS = 0x0301,
	DELIVER_JOB,
	DELIVER_RCPT,
	DELIVER_RUN,
	DELIVER_RESULT
};

enum {
	DELIVER_RCPTS_MAX = 100,	/* recipients of one job */
	DELIVER_SLOTS_MAX = 10000	/* jobs, whatever the other end offers */
};

struct deliver_slots {
	uint32_t jobs;
};

/* What remote does with host and port. */
enum deliver_how {
	DELIVER_RELAY,	/* SMTP to that host; empty: to remote's --relay */
	DELIVER_MX,	/* SMTP to the mail exchangers of host, a domain */
	DELIVER_LMTP,	/* LMTP to that host; port 0: host is the path of a
			 * Unix socket */
	DELIVER_HOWS
};

struct deliver_job {
	uint32_t job;
	struct traceid id;
	struct slice sender;	/* addr_format; empty: null path */
	struct slice groups;
	struct slice host;	/* remote: see how */
	uint32_t port;		/* remote: 0 for its own default */
	uint8_t how;		/* enum deliver_how; local: 0, as both below */
	uint8_t tls;		/* enum route_tls */
	uint8_t use_login;	/* with remote's secret */
	uint64_t size;
	uint64_t arrived_s;	/* wall time */
	struct slice envid;	/* see common/submit.h, all below */
	struct slice client_address, client_name, helo, protocol, login;
	uint8_t ret;
	uint8_t utf8;
	uint8_t eightbit;
	uint8_t maybe;		/* an earlier try may have succeeded unseen */
	struct slice text;	/* all of it; empty: a descriptor comes along */
};

struct deliver_rcpt {
	uint32_t job;
	uint32_t rcpt;		/* number within the message */
	uint32_t attempt;	/* tries before this one */
	uint32_t action;	/* of its line in the routes, from 1; 0: all,
				 * there is but one */
	uint8_t notify;		/* see common/submit.h */
	struct slice address;
	struct slice orcpt;
};

struct deliver_run {
	uint32_t job;
	uint32_t rcpts;		/* RCPT frames of this job */
};

struct deliver_result {
	uint32_t job;
	uint32_t rcpt;
	uint8_t verdict;	/* enum verdict */
	uint8_t ours;		/* temporary by a shortage of this machine */
	uint8_t dsn;		/* OK, and who has it now reports about it */
	struct slice status;
	struct slice where;		/* remote: host and address; local: see
					 * deliver_where_is_local */
	struct slice words;
};

/* deliver_where_is_local - mailboxes and programs of this machine are told from
 * hosts by the word before them, which stays with the outcome in the spool */
static inline bool
deliver_where_is_local(struct slice where)
{
	return slice_starts_nocase(where, "local ");
}

extern struct wire_form const deliver_slots_form;
extern struct wire_form const deliver_job_form;
extern struct wire_form const deliver_rcpt_form;
extern struct wire_form const deliver_run_form;
extern struct wire_form const deliver_result_form;

#endif
