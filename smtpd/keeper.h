/* SPDX-License-Identifier: ISC */
/* The helper that knows the users file. It sees names and passwords of clients,
 * but no client; its root is the directory of the file where root started us,
 * and it may do nothing but read there. */
#ifndef MAILGRAVE_SMTPD_KEEPER_H
#define MAILGRAVE_SMTPD_KEEPER_H

#include "common/jail.h"

enum { KEEPER_FILE_MAX = 16 << 20 };	/* octets */

struct keeper {
	char const *file;
	struct jail jail;	/* by jail_prepare, without a root */
};

/* keeper_work - for checker_add_helpers; owner is a struct keeper */
void keeper_work(int socket, void *owner);

#endif
