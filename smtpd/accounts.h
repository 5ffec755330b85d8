/* SPDX-License-Identifier: ISC */
/* The users file in force: opened at start, and again on HUP. */
#ifndef MAILGRAVE_SMTPD_ACCOUNTS_H
#define MAILGRAVE_SMTPD_ACCOUNTS_H

#include "common/reader.h"
#include "smtpd/checker.h"

struct accounts {
	char const *file;	/* set by the owner; NULL: nobody logs in, and
				 * all of these are harmless */
	struct checker *checker;
	int fd;			/* of the file, for checker_open */
	struct reader reader;
};

/* accounts_open - exits 100 when there is a mistake in the file */
void accounts_open(struct accounts *a);

/* accounts_watch - make the reader that accounts_reload asks; before the jail;
 * false and errno */
bool accounts_watch(struct accounts *a, struct loop *loop,
    struct jail const *jail, void (*lost)(void));

void accounts_reload(struct accounts *a);

#endif
