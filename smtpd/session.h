/* SPDX-License-Identifier: ISC */
/* The server's side of one SMTP session (RFC 5321): octets in, actions out.
 * Pure: owns no descriptor and no clock, knows neither routes nor queue.
 *
 *   for (;;) switch (session_next(s, &view)) {
 *   case SESSION_READ:	session_feed what the client said next
 *   case SESSION_ASK:	session_answer
 *   case SESSION_COMMIT: session_verdict, when queue has given it
 *   ...
 *   } */
#ifndef MAILGRAVE_SMTPD_SESSION_H
#define MAILGRAVE_SMTPD_SESSION_H

#include <stdint.h>
#include "common/addr.h"
#include "common/body.h"
#include "common/line.h"
#include "common/traceid.h"
#include "smtpd/hops.h"
#include "smtpd/reply.h"

enum {
	SESSION_COMMAND_MAX = 510,	/* octets of a line without CRLF; RFC
					 * 5321 section 4.5.3.1.4 */
	SESSION_PATH_MAX = 1022,	/* the same for MAIL and RCPT, with
					 * their extensions */
	SESSION_TEXT_MAX = 65536,	/* octets of text a feed takes */
	SESSION_HELO_MAX = 255
};

/* What all sessions of a process have in common. */
struct session_rules {
	struct slice hostname;
	struct slice domain;		/* of <postmaster> */
	unsigned long long size_max;	/* octets of a message */
	unsigned long long rcpts_max;	/* in one message */
	unsigned long long commands_max;	/* in one session */
	unsigned long long errors_max;	/* replies 5xx in one session */
	char *text;			/* SESSION_TEXT_MAX + 1 octets that
					 * SESSION_STORE shows */
};

enum session_do {
	SESSION_READ,	/* more octets of the client are wanted */
	SESSION_SEND,	/* view: a whole reply for the client */
	SESSION_ASK,	/* is s->addr welcome as s->question? */
	SESSION_STORE,	/* view: the message goes on, CRLF line ends, without
			 * stuffing */
	SESSION_COMMIT,	/* the message is complete: may it be said so? */
	SESSION_ABORT,	/* forget the transaction, and what was stored */
	SESSION_CLOSE	/* the session is over */
};

/* Where a session stands, as bits for the verb table. */
enum session_state {
	SESSION_FRESH = 1,	/* has not said hello */
	SESSION_READY = 2,
	SESSION_MAIL = 4,	/* has a sender */
	SESSION_RCPT = 8,	/* has a recipient that was accepted */
	SESSION_ANY = 15
};

enum session_phase {
	SESSION_IN_COMMANDS,
	SESSION_ASKING,
	SESSION_IN_TEXT,
	SESSION_COMMITTING,
	SESSION_CLOSING
};

enum session_question { SESSION_SENDER, SESSION_RECIPIENT };

struct verb;

struct session {
	struct session_rules const *rules;
	enum session_phase phase;
	enum session_state state;
	unsigned long long commands, errors;
	char helo[SESSION_HELO_MAX + 1];	/* NUL */
	bool extended;			/* EHLO, not HELO */
	struct line *line;		/* only while one is incomplete */

	/* the command under way, or the last one */
	struct verb const *verb;	/* NULL: no such verb */
	enum session_question question;
	enum addr_path path;		/* ADDR_PATH_BAD: it named none */
	struct addr addr;

	/* the transaction */
	struct traceid id;		/* set by the caller when it accepts
					 * the sender */
	uint64_t promised;		/* SIZE=, 0 without */
	bool eightbit;			/* BODY=8BITMIME */
	bool rcpts_tried;
	unsigned long long rcpts;	/* that were accepted */
	struct body_receive body;
	struct hops hops;
	enum reply spoiled;		/* what will be said at the end of the
					 * text; REPLY_NONE so far */

	/* due before anything else */
	size_t stored;			/* octets in rules->text */
	bool abort;
	size_t reply_len;
	char reply[REPLY_MAX];
};

/* session_init - a greeting is due; rules must outlive the session */
void session_init(struct session *s, struct session_rules const *rules);

void session_free(struct session *s);

/* session_next - what to do now
 *   view  for STORE and SEND, lives until the next call for any session with
 *         the same rules */
enum session_do session_next(struct session *s, struct slice *view);

/* session_feed - after SESSION_READ
 *   returns octets taken, at least 1; the rest is for the next SESSION_READ */
size_t session_feed(struct session *s, char const *octets, size_t len);

/* session_answer - after SESSION_ASK, with what is to be replied; also after
 * SESSION_COMMIT when it is not queue that refuses */
void session_answer(struct session *s, enum reply reply);

/* session_verdict - after SESSION_COMMIT; status and words are queue's */
void session_verdict(struct session *s, enum verdict verdict,
    struct slice status, struct slice words);

/* session_dismiss - end it with this 421 instead of reading on; a message
 * under way is aborted. Not between COMMIT and its verdict. */
void session_dismiss(struct session *s, enum reply reply);

/* session_is_idle - no message is under way: a good moment for dismissal */
bool session_is_idle(struct session const *s);

/* For verb.c. */

/* session_reset - forget the transaction, if any */
void session_reset(struct session *s);

#endif
