/* SPDX-License-Identifier: ISC */
/* The server's side of one SMTP or LMTP session (RFC 5321, RFC 2033): octets
 * in, actions out. Pure: owns no descriptor and no clock, knows neither routes
 * nor queue.
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
#include "common/dsn.h"
#include "common/line.h"
#include "common/traceid.h"
#include "smtpd/chunk.h"
#include "smtpd/reply.h"
#include "smtpd/sasl.h"
#include "smtpd/text.h"

enum {
	SESSION_COMMAND_MAX = 510,	/* octets of a line without CRLF; RFC
					 * 5321 section 4.5.3.1.4 */
	SESSION_PATH_MAX = 1022,	/* the same for MAIL, RCPT and XCLIENT,
					 * with their extensions */
	SESSION_HELO_MAX = 255
};

/* What all sessions of a process have in common. */
struct session_rules {
	struct slice hostname;
	struct slice domain;		/* of <postmaster> */
	bool lmtp;
	bool tls_required;		/* before mail */
	bool auth;			/* there are users who may log in */
	bool scram, scram_for_all;	/* some, all of them by SCRAM, too */
	bool auth_required;		/* before mail */
	unsigned long long rcpts_max;	/* in one message */
	unsigned long long mails_max;	/* the others: in one session */
	unsigned long long commands_max;
	unsigned long long unknown_max;	/* commands that there are not */
	unsigned long long errors_max;	/* replies 5xx */
	struct text_rules text;
};

enum session_do {
	SESSION_READ,	/* more octets of the client are wanted */
	SESSION_SEND,	/* view: a whole reply for the client */
	SESSION_ASK,	/* s->question: is s->addr welcome, or s->argument, or
			 * a handshake? */
	SESSION_STORE,	/* view: the message goes on, CRLF line ends, without
			 * stuffing */
	SESSION_COMMIT,	/* the message is complete: may it be said so? */
	SESSION_TLS,	/* forget all input, do the handshake, then say
			 * session_secured; the client has the reply */
	SESSION_ABORT,	/* forget the transaction, and what was stored */
	SESSION_CLOSE	/* the session is over */
};

/* Where a session stands, as bits for the verb table. */
enum session_state {
	SESSION_FRESH = 1,	/* has not said hello */
	SESSION_READY = 2,
	SESSION_MAIL = 4,	/* has a sender */
	SESSION_RCPT = 8,	/* has a recipient that was accepted */
	SESSION_CHUNKS = 16,	/* its message comes by BDAT */
	SESSION_BEGUN = SESSION_MAIL | SESSION_RCPT | SESSION_CHUNKS,
	SESSION_ANY = 31
};

enum session_phase {
	SESSION_IN_COMMANDS,
	SESSION_ASKING,
	SESSION_IN_TEXT,
	SESSION_IN_CHUNK,
	SESSION_COMMITTING,
	SESSION_SECURING,
	SESSION_IN_AUTH,
	SESSION_CLOSING
};

enum session_question {
	SESSION_SENDER,
	SESSION_RECIPIENT,
	SESSION_CLIENT,
	SESSION_LOGIN,		/* is s->sasl right? REPLY_LOGGED_IN */
	SESSION_SECURITY	/* answer REPLY_START_TLS: it will be done */
};

struct verb;

struct session {
	struct session_rules const *rules;
	enum session_phase phase;
	enum session_state state;
	unsigned long long mails, commands, unknown, errors;
	char helo[SESSION_HELO_MAX + 1];	/* NUL */
	bool extended;			/* EHLO or LHLO, not HELO */
	bool dismissed;			/* see session_dismiss */
	bool offers_tls;		/* set by the caller: STARTTLS is to be
					 * had */
	bool secure;			/* TLS protects it */
	bool auth_in_clear;		/* set by the caller: AUTH needs no
					 * TLS */
	bool logged_in;
	bool secret;			/* the last line may hold a password */
	struct sasl *sasl;		/* from AUTH to its answer */
	bool trusted;			/* set by the caller: it may say who
					 * the client is (XCLIENT) */
	struct line *line;		/* until session_next wants more */

	/* the command under way, or the last one; views into its line */
	struct verb const *verb;	/* NULL: no such verb */
	enum session_question question;
	struct slice argument;
	enum addr_path path;		/* ADDR_PATH_BAD: it named none */
	struct addr addr;
	struct slice envid, orcpt;	/* as given; empty: none */
	uint8_t ret, notify;		/* see common/dsn.h */

	/* the transaction */
	struct traceid id;		/* set by the caller when it accepts
					 * the sender */
	uint64_t promised;		/* SIZE=, 0 without */
	bool eightbit;			/* BODY=8BITMIME */
	bool utf8;			/* SMTPUTF8 */
	bool rcpts_tried;
	unsigned long long rcpts;	/* that were accepted */
	unsigned long long rcpts_told;	/* how they fared */
	struct text text;
	struct chunk chunk;
	enum reply misplaced;		/* what will be said at the end of a
					 * chunk that is no part of the text */
	enum reply spoiled;		/* and at that of the text; REPLY_NONE
					 * so far */

	/* due before anything else */
	struct slice stored;		/* in rules->text.store */
	bool abort;
	size_t reply_len;
	unsigned long long reply_times;	/* LMTP: once for each recipient */
	bool waited_for;		/* see session_is_waited_for */
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

/* session_heard - the command line that the last feed completed, as a view
 * until the next SESSION_READ; false when it completed none */
bool session_heard(struct session const *s, struct slice *line);

/* session_is_waited_for - after a feed: a client has to hear the reply that is
 * due before it says more (RFC 2920 section 3.1), as that may not mean then
 * what it was meant for. One that doesn't wait gets REPLY_HURRIED. */
bool session_is_waited_for(struct session const *s);

/* session_answer - after SESSION_ASK, with what is to be replied; also after
 * SESSION_COMMIT when it is not queue that refuses */
void session_answer(struct session *s, enum reply reply);

/* session_refuse - after SESSION_ASK: in the words of a rule; see
 * reply_custom_format */
void session_refuse(struct session *s, unsigned code, struct slice status,
    struct slice words);

/* session_verdict - after SESSION_COMMIT; status and words are queue's
 *   more  it is that of the next recipient only: SESSION_COMMIT asks for more */
void session_verdict(struct session *s, enum verdict verdict,
    struct slice status, struct slice words, bool more);

/* session_secured - after SESSION_TLS, or before the greeting has been taken:
 * what is said is protected from now on, and nothing said before counts (RFC
 * 3207 section 4.2) */
void session_secured(struct session *s);

/* session_dismiss - end it with this reply instead of reading on; a message
 * under way is aborted. Not between COMMIT and its verdict. */
void session_dismiss(struct session *s, enum reply reply);

/* session_turn_away - the same, in the words of a rule; see
 * reply_custom_format */
void session_turn_away(struct session *s, unsigned code, struct slice status,
    struct slice words);

/* session_is_idle - no message is under way: a good moment for dismissal */
bool session_is_idle(struct session const *s);

/* session_in_text - what is read now is a message's */
static inline bool
session_in_text(struct session const *s)
{
	return s->phase == SESSION_IN_TEXT || s->phase == SESSION_IN_CHUNK;
}

/* For those that make up the engine. */

/* session_reset - forget the transaction, if any */
void session_reset(struct session *s);

#endif
