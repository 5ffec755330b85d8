/* SPDX-License-Identifier: ISC */
/* Becoming a user of the machine, for good. */
#ifndef MAILGRAVE_ACCOUNT_H
#define MAILGRAVE_ACCOUNT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum { ACCOUNT_NAME_MAX = 64 };

struct account {
	char name[ACCOUNT_NAME_MAX + 1];
	char home[PATH_MAX];
	uid_t uid;
	gid_t gid;
};

/* account_find - by name; account_own - who we are
 *   false  errno 0: there is none of this name, or a text of it is too long;
 *          else it can't be said now */
bool account_find(struct account *a, char const *name);
bool account_own(struct account *a);

/* account_become - uid, gid, and no other group but perhaps one
 *   also   that group, or (gid_t)-1
 *   false  errno; the process must end. As root only; without it, true when we
 *          are this user already. */
bool account_become(struct account const *a, gid_t also);

#endif
