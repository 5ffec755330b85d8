/* SPDX-License-Identifier: ISC */
/* The environment of a command: these variables and no others. Most values are
 * what a stranger wrote. Pure. */
#ifndef MAILGRAVE_ENVIRON_H
#define MAILGRAVE_ENVIRON_H

#include "local/request.h"

enum {
	ENVIRON_VARIABLES_MAX = 48,
	ENVIRON_OCTETS_MAX = 24576	/* all texts of a request several times
					 * over */
};

/* Who the command runs as. */
struct environ_account {
	char const *user, *home;
};

struct environ_list {
	char *entry[ENVIRON_VARIABLES_MAX + 1];	/* as execve wants it */
	size_t n, len;
	bool safe, full;
	char octet[ENVIRON_OCTETS_MAX];
};

/* environ_compose - all variables
 *   safe   in values from outside what isn't a letter, digit, blank or one of
 *          !@%-_=+:,./ becomes "_"
 *   false  a value with a NUL, an address that is none, or no room */
bool environ_compose(struct environ_list *e, struct request const *request,
    struct environ_account const *account, bool safe);

#endif
