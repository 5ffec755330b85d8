/* SPDX-License-Identifier: ISC */
/* Deliveries into the mailbox of a user of the machine, by a process that is
 * this user and waits for its disk. */
#ifndef MAILGRAVE_HOME_H
#define MAILGRAVE_HOME_H

#include "local/copy.h"
#include "local/result.h"

struct home {
	struct copy copy;
	struct traceid const *id;
	uint32_t rcpt;
	uint64_t arrived_s;
	bool maybe;		/* it may be there already */
	char const *hostname;
	unsigned lock_time_s;
};

/* home_maildir - into the Maildir at path below directory, which must be the
 *   user's own, or root's and nobody else's to write: EPERM
 * home_mbox - into the mbox of that name
 *   where of the result is path */
struct delivery_result home_maildir(struct home *h, char const *directory,
    char const *path);
struct delivery_result home_mbox(struct home *h, char const *directory,
    char const *path);

#endif
