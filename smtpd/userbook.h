/* SPDX-License-Identifier: ISC */
/* The helper that knows the users file. It sees names and passwords of clients,
 * but no client; its root is the directory of the file where root started us,
 * and it may do nothing but read there. */
#ifndef MAILGRAVE_SMTPD_USERBOOK_H
#define MAILGRAVE_SMTPD_USERBOOK_H

#include "common/jail.h"

enum { USERBOOK_FILE_MAX = 16 << 20 };	/* octets */

struct userbook {
	char const *file;
	struct jail jail;	/* by jail_prepare, without a root */
};

/* userbook_work - for checker_add_helpers; owner is a struct userbook */
void userbook_work(int socket, void *owner);

#endif
