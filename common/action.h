/* SPDX-License-Identifier: ISC */
/* The right side of a route: what happens to a mailbox. Pure. */
#ifndef MAILGRAVE_ACTION_H
#define MAILGRAVE_ACTION_H

#include <stdint.h>
#include "common/match.h"
#include "common/rulefile.h"

enum route_action {
	ROUTE_MAILDIR,	/* word[0]: directory below local's root; quota */
	ROUTE_MBOX,	/* word[0]: file below it */
	ROUTE_COMMAND,	/* word: program and arguments; user, or NULL */
	ROUTE_SYSTEM,	/* user, or NULL: the local part */
	ROUTE_LMTP,	/* host and port, or word[0]: socket in remote's root */
	ROUTE_ALIAS,	/* word: addresses */
	ROUTE_RELAY,	/* host, port, tls, login */
	ROUTE_MX,	/* tls */
	ROUTE_REJECT,	/* code, status, text */
	ROUTE_DISCARD
};

/* What a relay or mx line wants of TLS. */
enum route_tls {
	ROUTE_TLS_UNSAID,	/* as the program's option has it */
	ROUTE_TLS_NONE,
	ROUTE_TLS_MAY,		/* when the other side offers it */
	ROUTE_TLS_MUST,
	ROUTE_TLS_VERIFY	/* and its certificate must be good */
};

/* Which words may hold variables stands in mailgrave-routes(5): those of
 * maildir, mbox, alias and system, and the arguments of a command. */
struct route_act {
	enum route_action kind;
	enum route_tls tls;
	bool login;		/* relay: with the secret of remote's --login */
	unsigned port;		/* relay: 0 when the line gives none */
	unsigned code;		/* reject: 400 to 599, not 421 */
	uint64_t quota;		/* octets; 0: none */
	char *user;
	char *host;
	char *status;		/* RFC 3463, of the class of code */
	char *text;		/* printable ASCII, at most ACTION_TEXT_MAX */
	char **word;		/* NULL after the last; or NULL, for none */
	size_t words;
};

enum {
	ACTION_WORDS_MAX = 1000,	/* of one action */
	ACTION_TEXT_MAX = 400		/* fits in a reply line */
};

/* action_parse - one action, its name and words, up to a comma or the end of
 * the line
 *   match  the pattern of the line, or NULL
 *   *more  a comma was read: another action must follow
 *   false  *f->error says why
 * The caller frees with action_free in both cases. */
bool action_parse(struct route_act *act, struct rulefile *f,
    struct match const *match, bool *more);

void action_free(struct route_act *act);

/* action_name - as the file spells it */
char const *action_name(enum route_action kind);

/* action_is_local - mailgrave-local carries it out */
bool action_is_local(enum route_action kind);

/* action_is_remote - mailgrave-remote does */
bool action_is_remote(enum route_action kind);

#endif
