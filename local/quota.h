/* SPDX-License-Identifier: ISC */
/* How much a Maildir may hold, and holds: the file maildirsize of Maildir++,
 * which readers keep too. Its first line is the quota, the others are octets
 * and messages that came or, negative, went; their sum is what there is. Made
 * anew when it is missing, long, for another quota, or says that the mailbox
 * is full. */
#ifndef MAILGRAVE_QUOTA_H
#define MAILGRAVE_QUOTA_H

#include "local/maildir.h"

enum {
	QUOTA_FILE_MAX = 5120,	/* octets of maildirsize, as Maildir++ has it */
	QUOTA_FOLDERS_MAX = 10000	/* that are counted */
};

/* quota_take - room for one message more, which is counted from now on
 *   1 there is; 0 the mailbox is full; -1 errno */
int quota_take(struct maildir const *m, uint64_t quota, uint64_t size);

/* quota_give_back - that message didn't come after all */
void quota_give_back(struct maildir const *m, uint64_t size);

#endif
