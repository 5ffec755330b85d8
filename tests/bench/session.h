/* SPDX-License-Identifier: ISC */
/* One SMTP session after another: connects, sends its share of the messages,
 * quits, and begins again until no message is left. */
#ifndef MAILGRAVE_BENCH_SESSION_H
#define MAILGRAVE_BENCH_SESSION_H

#include <sys/socket.h>
#include "common/loop.h"
#include "tests/bench/mailing.h"
#include "tests/bench/sample.h"

enum {
	SESSION_REPLY_MAX = 4096,	/* octets of replies not yet read */
	SESSION_LOST_MAX = 100		/* sessions lost until we give up */
};

/* What all sessions share. */
struct load {
	struct loop *loop;
	struct mailing const *mailing;
	struct sockaddr_storage server;
	socklen_t server_len;
	char const *to;			/* recipients; % is the user */
	uint64_t per_session;		/* messages */
	bool pipelining;		/* when the server offers it */
	/* wait - the next message waits until session_go_on */
	bool wait;
	/* over - a session has ended and no message is left */
	void (*over)(void *owner);
	void *owner;

	uint64_t next;			/* message */
	uint64_t open;			/* sessions */
	uint64_t yes, no, lost;		/* messages, messages, sessions */
	bool *accepted;			/* by message */
	int64_t yes_ns;			/* when the newest yes was */
	struct sample greeting, reply;	/* connect to 220, dot to 250 */
};

enum session_step {
	SESSION_GREETING, SESSION_HELLO, SESSION_SENDER, SESSION_RECIPIENT,
	SESSION_DATA, SESSION_TEXT, SESSION_DOT, SESSION_WAITING, SESSION_QUIT
};

struct session {
	struct load *load;
	struct watch watch;
	enum session_step step;
	bool pipelining;
	bool busy;			/* with message n, not yet answered */
	bool told;			/* to go on, before that was answered */
	uint64_t n, left, rcpt;		/* recipients answered */
	char number[MAILING_DIGITS + 1];
	size_t sent;			/* of the text */
	char *command;			/* waiting to be sent, octets of it */
	size_t commands, room;
	char reply[SESSION_REPLY_MAX];
	size_t replied;
	int64_t connect_ns, dot_ns;
};

/* session_begin - connect, if a message is left */
void session_begin(struct session *s);

/* session_go_on - with wait: send the next one */
void session_go_on(struct session *s);

/* session_close - at once, whatever it is at */
void session_close(struct session *s);

#endif
