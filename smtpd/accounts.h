/* SPDX-License-Identifier: ISC */
/* Where it is known who may log in: the users file, a program, or a server. */
#ifndef MAILGRAVE_SMTPD_ACCOUNTS_H
#define MAILGRAVE_SMTPD_ACCOUNTS_H

#include "smtpd/checker.h"
#include "smtpd/checkpassword.h"
#include "smtpd/server.h"
#include "smtpd/session.h"
#include "smtpd/settings.h"
#include "smtpd/userbook.h"

enum {
	ACCOUNTS_HASHERS = 2,	/* helpers that hash, which is work */
	ACCOUNTS_WAITERS = CHECKER_HELPERS_MAX	/* that wait for a program */
};

struct accounts {
	struct session_rules *rules;	/* set by the owner: told what AUTH is
					 * to be had */
	struct userbook book;
	struct checkpassword program;
	struct server server;
	enum users_verified verified;	/* in the file, at start */
};

/* accounts_check - exits 100 when there is a mistake in the file, the program
 * or the user */
void accounts_check(struct accounts *a, struct settings const *s);

/* accounts_open - start what is needed; before the jail; c->loop and c->lost
 * are set; exits 111 when it can't */
void accounts_open(struct accounts *a, struct settings const *s,
    struct checker *c);

/* accounts_serve - put in force what is known; the rules are set */
void accounts_serve(struct accounts *a, struct settings const *s);

#endif
