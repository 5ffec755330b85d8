/* SPDX-License-Identifier: ISC */
/* A token for XOAUTH2 that a command of the operator's makes, and makes again
 * when it is too old. A helper outside of the root directory, with the daemon's
 * uid, runs it; the token stays in the login that jobs use. */
#ifndef MAILGRAVE_TOKEN_H
#define MAILGRAVE_TOKEN_H

#include "common/jail.h"
#include "common/loop.h"
#include "remote/login.h"

enum {
	TOKEN_GOOD_S = 300,		/* unless the command says otherwise */
	TOKEN_GOOD_MAX_S = 86400,
	TOKEN_WAIT_MS = 30000,		/* for the command */
	TOKEN_WHY_MAX = 127
};

/* Who waits for one; zeroed before its first use. */
struct token_wait {
	/* why  NULL: the login holds one; else in words, until the return */
	void (*done)(void *owner, char const *why);
	void *owner;
	struct token_wait *next, **at;	/* at: NULL while not waiting */
};

struct token {
	struct loop *loop;
	struct watch watch;
	struct login *login;		/* whose secret it is */
	int64_t good_until_ms;
	bool asked;			/* the helper owes an answer */
	struct token_wait *waiting;
	void (*lost)(void);
};

/* token_open - start the helper, before jail_enter
 *   command  for sh -c: prints the token on a line and, if it likes, for how
 *            many seconds it is good on a second one
 *   lost     the helper is gone
 *   false    and errno */
bool token_open(struct token *t, struct loop *loop, struct jail const *jail,
    char const *command, int wait_ms, struct login *login, void (*lost)(void));

/* token_is_needed - there is a command, and its token is too old */
bool token_is_needed(struct token const *t);

/* token_want - done is called when there is one, never from here; many share a
 * run of the command */
void token_want(struct token *t, struct token_wait *w);

/* token_cancel - done isn't called any more; harmless on one not waiting */
void token_cancel(struct token_wait *w);

/* token_forget - nobody takes it: the next one who needs it has another made */
void token_forget(struct token *t);

#endif
