/* SPDX-License-Identifier: ISC */
/* The SMTP client: replies in, commands and message out, one result for each
 * recipient (RFC 5321, with PIPELINING, SIZE and 8BITMIME where offered). Pure:
 * knows no descriptor and no clock; it says which time-out holds.
 *
 *   client_start, then again and again client_next, and do what it says:
 *
 *   CLIENT_RESULT  take note of client->result
 *   CLIENT_SEND    send the view, as much as goes, then client_sent
 *   CLIENT_BODY    client_body with the next octets of the message
 *   CLIENT_READ    nothing to do until octets come: client_feed
 *   CLIENT_CLOSE   close the connection; all results are out
 *
 * Octets may come at any time, so feed them whatever else is wanted. */
#ifndef MAILGRAVE_CLIENT_H
#define MAILGRAVE_CLIENT_H

#include <stdint.h>
#include "common/addr.h"
#include "common/body.h"
#include "common/deliver.h"
#include "remote/reply.h"

enum {
	CLIENT_PIECE_MAX = 8192,	/* message octets a client_body takes */
	CLIENT_COMMAND_MAX = 512,	/* the longest command of ours: MAIL
					 * with the longest path, SIZE, BODY */
	CLIENT_OUT_MAX = 2 * CLIENT_PIECE_MAX + CLIENT_COMMAND_MAX
};

/* What is to be sent. The slices live as long as the client. */
struct client_order {
	struct slice hostname;		/* for EHLO: a name or a literal */
	struct slice sender;		/* addr_format; empty: null path */
	struct slice const *rcpt;	/* addr_format */
	size_t rcpts;			/* 1 to DELIVER_RCPTS_MAX */
	uint64_t size;			/* of the message, CRLF line ends */
	bool eightbit;
};

struct client_result {
	size_t rcpt;			/* index into order->rcpt */
	enum verdict verdict;
	char status[STATUS_MAX + 1];
	struct slice words;		/* until the next call */
};

enum client_do {
	CLIENT_READ,
	CLIENT_SEND,
	CLIENT_BODY,
	CLIENT_RESULT,
	CLIENT_CLOSE
};

/* One stage of the dialogue; its row in client.c says the rest. */
enum client_step {
	CLIENT_GREETING,
	CLIENT_EHLO,
	CLIENT_HELO,
	CLIENT_MAIL,
	CLIENT_RCPT,
	CLIENT_DATA,
	CLIENT_TEXT,
	CLIENT_DOT,
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

	/* the engine's own */
	struct client_place say, hear;	/* next command; next reply's command */
	size_t unanswered;		/* commands sent whole, and the
					 * greeting */
	bool pipelining, eightbitmime, size;	/* offered by EHLO */
	uint64_t size_max;			/* 0: not said */
	enum client_rcpt {
		CLIENT_RCPT_OPEN,	/* not decided */
		CLIENT_RCPT_DUE,	/* decided, client_next has to tell */
		CLIENT_RCPT_TOLD
	} rcpt[DELIVER_RCPTS_MAX];
	bool bad[DELIVER_RCPTS_MAX];	/* no address: never named to them */
	size_t open, due;		/* how many of rcpt are */
	bool over;			/* close when all results are told */
	struct reply reply;
	struct body_send body;
	bool cr;			/* the message piece ended with a CR */
	char words[256];		/* ours, for result.words */
	size_t out_at, out_len;
	char out[CLIENT_OUT_MAX];
};

/* client_start - ready for the first octets of the other side
 * Recipients that are no address fail with 5.1.3 and are left out; with nobody
 * left, client_next says CLIENT_CLOSE before anything was sent. */
void client_start(struct client *client, struct client_order const *order);

/* client_next - what to do now
 *   view  CLIENT_SEND: octets for the other side, until the next call */
enum client_do client_next(struct client *client, struct slice *view);

/* client_sent - that many octets of the view are with the kernel */
void client_sent(struct client *client, size_t n);

/* client_body - the next 1 to CLIENT_PIECE_MAX octets of the message, after
 * CLIENT_BODY only; at order.size the end mark follows by itself. A bare CR or
 * LF is never sent: the recipients fail with 5.6.0. */
void client_body(struct client *client, struct slice piece);

/* client_feed - octets of the other side
 *   returns how many were taken, at most one reply: give the others again
 *   after client_next has told the results; 0 only while it has some */
size_t client_feed(struct client *client, struct slice in);

/* client_lost - the connection ended, or its time: temporary for all who have
 * no result; reason such as "connection closed" */
void client_lost(struct client *client, char const *reason);

/* client_end - give up for a reason that isn't the other side's
 *   words  at most sizeof client->words - 1 octets of it are kept */
void client_end(struct client *client, enum verdict verdict,
    char const *status, char const *words);

/* client_wait_s - how long the other side may take for what it owes now */
unsigned client_wait_s(struct client const *client);

/* client_in_text - what is sent now is the message: nothing for a log */
bool client_in_text(struct client const *client);

/* client_committed - the whole message with its end mark has been sent: the
 * other side may have it, whatever happens now */
bool client_committed(struct client const *client);

#endif
