/* SPDX-License-Identifier: ISC */
/* The SMTP and LMTP client: replies in, commands and message out, one result
 * for each recipient (RFC 5321, RFC 2033, and the extensions of offer.h). Pure:
 * knows no descriptor and no clock; it says which time-out holds.
 *
 *   client_start, then again and again client_next, and do what it says:
 *
 *   CLIENT_RESULT  take note of client->result
 *   CLIENT_SEND    send the view, as much as goes, then client_sent
 *   CLIENT_BODY    client_body with the next octets of the message
 *   CLIENT_READ    nothing to do until octets come: client_feed
 *   CLIENT_SECURE  begin TLS, then client_secured; or client_end
 *   CLIENT_FREE    all results are out and another message may go the same
 *                  way: client_again, or client_quit
 *   CLIENT_CLOSE   close the connection; all results are out
 *
 * Octets may come at any time, so feed them whatever else is wanted. */
#ifndef MAILGRAVE_CLIENT_H
#define MAILGRAVE_CLIENT_H

#include <stdint.h>
#include "common/addr.h"
#include "common/body.h"
#include "common/deliver.h"
#include "remote/offer.h"
#include "remote/reply.h"

enum {
	CLIENT_PIECE_MAX = 8192,	/* message octets a client_body takes */
	/* the longest command of ours that may wait behind others: RCPT with
	 * the longest path, NOTIFY and ORCPT */
	CLIENT_COMMAND_MAX = 1024,
	CLIENT_OUT_MAX = 2 * CLIENT_PIECE_MAX + CLIENT_COMMAND_MAX
};

_Static_assert((int)LOGIN_LINE_MAX <= (int)CLIENT_OUT_MAX, "AUTH stands alone");

/* Who may read what we say. */
enum client_tls {
	CLIENT_TLS_NONE,	/* STARTTLS is not used */
	CLIENT_TLS_MAY,		/* where it is offered */
	CLIENT_TLS_MUST		/* or nothing is sent */
};

/* What the sender wants to hear of one recipient (RFC 3461). */
struct client_dsn {
	uint8_t notify;		/* enum notify */
	struct slice orcpt;	/* as given; empty: none */
};

/* What is to be sent. The slices live until all results are out. */
struct client_order {
	struct slice hostname;		/* for EHLO: a name or a literal */
	struct slice sender;		/* addr_format; empty: null path */
	struct slice const *rcpt;	/* addr_format */
	struct client_dsn const *dsn;	/* as many; NULL: nothing is asked */
	bool const *told;		/* those who have a result: they are
					 * left out; NULL: none. Read by
					 * client_start and _again only */
	size_t rcpts;			/* 1 to DELIVER_RCPTS_MAX */
	uint64_t size;			/* of the message, CRLF line ends */
	struct slice envid;		/* as given; empty: none */
	uint8_t ret;			/* enum ret */
	bool eightbit, utf8;		/* as the sender declared it; what is
					 * so without saying is found out */
	bool lmtp;
	bool keep;			/* CLIENT_FREE is wanted at the end */
	enum client_tls tls;
	struct login const *login;	/* NULL: none; lives as long as the
					 * client */
	bool clear_login;	/* even where others may listen */
};

struct client_result {
	size_t rcpt;			/* index into order->rcpt */
	enum verdict verdict;
	char status[STATUS_MAX + 1];
	struct slice words;		/* until the next call */
	bool dsn;	/* OK, and they took over what the sender asked for */
	bool host;	/* temporary, about that host and not about the mail:
			 * another one may do */
	bool again;	/* temporary, about this connection: another one to
			 * the same host may do */
	bool login;	/* it refuses what we log in with */
};

enum client_do {
	CLIENT_READ,
	CLIENT_SEND,
	CLIENT_BODY,
	CLIENT_RESULT,
	CLIENT_SECURE,
	CLIENT_FREE,
	CLIENT_CLOSE
};

/* One stage of the dialogue; its row in client.c says the rest. */
enum client_step {
	CLIENT_GREETING,
	CLIENT_EHLO,
	CLIENT_HELO,
	CLIENT_STARTTLS,
	CLIENT_TLS,	/* the handshake */
	CLIENT_AUTH,
	CLIENT_READY,	/* for MAIL, when the last results are told */
	CLIENT_SCAN,	/* look for what they could not take */
	CLIENT_MAIL,
	CLIENT_RCPT,
	CLIENT_DATA,
	CLIENT_BDAT,	/* instead of DATA; has no reply of its own */
	CLIENT_TEXT,
	CLIENT_DOT,
	CLIENT_RSET,
	CLIENT_IDLE,
	CLIENT_QUIT,
	CLIENT_OVER,
	CLIENT_STEPS
};

/* A place in the dialogue. */
struct client_place {
	enum client_step step;
	size_t rcpt;	/* at CLIENT_RCPT: which */
};

struct client {
	struct client_order order;
	struct client_result result;	/* after CLIENT_RESULT */
	uint64_t taken;			/* message octets client_body has had */
	unsigned turn;			/* changes when the time-out starts
					 * anew */
	bool secure;			/* others can't listen */

	/* the engine's own */
	struct client_place say, hear;	/* next command; next reply's command */
	size_t unanswered;		/* commands sent whole, and the
					 * greeting */
	struct offer offer;
	enum login_mechanism mechanism;
	unsigned round;			/* lines of AUTH said */
	unsigned mails;			/* transactions begun */
	enum client_rcpt {
		CLIENT_RCPT_OPEN,	/* not decided */
		CLIENT_RCPT_DUE,	/* decided, client_next has to tell */
		CLIENT_RCPT_TOLD
	} rcpt[DELIVER_RCPTS_MAX];
	bool bad[DELIVER_RCPTS_MAX];	/* no address, or none that they could
					 * read: never named to them */
	bool utf8;			/* SMTPUTF8 is declared, or needed */
	size_t open, due;		/* how many of rcpt are */
	size_t first, end;		/* recipients of this transaction */
	size_t dot;			/* LMTP: whose reply comes next */
	bool gone;			/* they have hung up, or soon will */
	bool over;			/* close when all results are told */
	struct reply reply;
	struct body_send body;
	bool chunked;			/* the message goes by BDAT */
	bool ahead;			/* before RCPT is answered */
	size_t ahead_at;		/* where it then begins in out, until
					 * that is sent; else CLIENT_OUT_MAX */
	bool cr;			/* the message piece ended with a CR */
	bool in_body;			/* CLIENT_SCAN: past the header */
	unsigned char header_end;	/* and how much of its end was seen */
	char words[256];		/* ours, for result.words */
	size_t out_at, out_len;
	char out[CLIENT_OUT_MAX];
};

/* client_start - ready for the first octets of the other side
 *   secure  TLS holds from the first octet
 * At least one recipient is not in told. Those that are no address fail with 5.1.3 and are left out; with nobody
 * left, client_next says CLIENT_CLOSE before anything was sent. */
void client_start(struct client *client, struct client_order const *order,
    bool secure);

/* client_next - what to do now
 *   view  CLIENT_SEND: octets for the other side, until the next call */
enum client_do client_next(struct client *client, struct slice *view);

/* client_sent - that many octets of the view are with the kernel */
void client_sent(struct client *client, size_t n);

/* client_body - the octets of the message from client->taken on, 1 to
 * CLIENT_PIECE_MAX, after CLIENT_BODY only; at order.size the end mark follows
 * by itself. A bare CR or LF is never sent: the recipients fail with 5.6.0.
 * Where they could not take 8-bit text, all of it is asked for twice. */
void client_body(struct client *client, struct slice piece);

/* client_feed - octets of the other side
 *   returns how many were taken, at most one reply: give the others again
 *   after client_next has told the results; 0 only while it has some */
size_t client_feed(struct client *client, struct slice in);

/* client_secured - the handshake is done: nothing said before it is left */
void client_secured(struct client *client);

/* client_again - after CLIENT_FREE: the next message. Its hostname, lmtp, tls
 * and login are not looked at. */
void client_again(struct client *client, struct client_order const *order);

/* client_quit - after CLIENT_FREE: say goodbye */
void client_quit(struct client *client);

/* client_lost - the connection ended, or its time: temporary for all who have
 * no result; reason such as "connection closed" */
void client_lost(struct client *client, char const *reason);

/* client_end - give up for a reason that isn't the other side's
 *   words  at most sizeof client->words - 1 octets of it are kept */
void client_end(struct client *client, enum verdict verdict,
    char const *status, char const *words);

/* client_wait_s - how long the other side may take for what it owes now */
unsigned client_wait_s(struct client const *client);

/* client_goes_ahead - a message is about to be sent before its recipients are
 * taken */
static inline bool
client_goes_ahead(struct client const *client)
{
	return client->ahead_at < CLIENT_OUT_MAX;
}

/* client_commands - those of the next n octets to be sent that are no part of
 * the message: what a log may hold */
struct slice client_commands(struct client const *client, size_t n);

/* client_in_login - what is sent now is secret */
bool client_in_login(struct client const *client);

/* client_committed - the whole message with its end mark has been sent: the
 * other side may have it, whatever happens now */
bool client_committed(struct client const *client);

/* client_is_settled - no recipient is without a result that was told */
bool client_is_settled(struct client const *client);

#endif
