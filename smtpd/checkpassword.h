/* SPDX-License-Identifier: ISC */
/* The helper that asks a program with the interface of checkpassword
 * (https://cr.yp.to/checkpwd/interface.html): name, password and a time on
 * descriptor 3, each with a NUL behind it; status 0 is right, 1 is wrong. */
#ifndef MAILGRAVE_SMTPD_CHECKPASSWORD_H
#define MAILGRAVE_SMTPD_CHECKPASSWORD_H

#include <stdbool.h>
#include "common/jail.h"

enum {
	CHECKPASSWORD_WORDS_MAX = 32,
	CHECKPASSWORD_OCTETS_MAX = 512,	/* on descriptor 3 */
	CHECKPASSWORD_MS = 30 * 1000	/* for the program, then it is killed */
};

struct checkpassword {
	char *word[CHECKPASSWORD_WORDS_MAX + 2];	/* a NULL ends them */
	struct jail jail;	/* whose uid it has, by jail_prepare */
};

/* checkpassword_words - program and arguments, blanks between
 *   and what it is to run when the password is right: /bin/true
 *   false  too many, no memory, or the first is no path from / on */
bool checkpassword_words(struct checkpassword *c, char const *line);

/* checkpassword_work - for checker_add_helpers; owner is a struct
 * checkpassword. The program gets what smtpd has given up: it has the uid, one
 * group, and no filter. */
void checkpassword_work(int socket, void *owner);

#endif
