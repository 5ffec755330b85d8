/* SPDX-License-Identifier: ISC */
/* The files of one Maildir. No symbolic link is followed on the way to any of
 * them. */
#ifndef MAILGRAVE_MAILDIR_H
#define MAILGRAVE_MAILDIR_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"
#include "common/traceid.h"
#include "local/walk.h"

enum {
	MAILDIR_HOST_MAX = 128,	/* octets of a host name in a file name */
	/* "seconds.id_rcpt.host": with ":2," and all flags it fits NAME_MAX */
	MAILDIR_NAME_MAX = 20 + 1 + TRACEID_TEXT + 1 + 10 + 1 + MAILDIR_HOST_MAX
};

/* maildir_name - of one recipient's copy of one message, the same each time
 *   host  "/" and ":" become \057 and \072; what is too long is cut off */
void maildir_name(char name[MAILDIR_NAME_MAX + 1], uint64_t arrived_s,
    struct traceid const *id, uint32_t rcpt, struct slice host);

struct maildir {
	struct walk way;	/* to the mailbox itself */
	int new, tmp;		/* directories; -1 while closed */
};

/* maildir_open - make what is missing of it, 0700
 *   root  directory that path starts from
 *   path  steps with "/" between; none may be ".."
 *   false and errno: ENOTDIR for a symbolic link or file on the way, EINVAL
 *   for a path that leads nowhere; what was made stays */
bool maildir_open(struct maildir *m, int root, char const *path);
void maildir_close(struct maildir *m);

/* maildir_create - tmp/NAME, empty, 0600; one that a dead process left there
 * is removed first. Returns a descriptor for writing, or -1 and errno. */
int maildir_create(struct maildir const *m, char const *name);

/* maildir_publish - tmp/NAME becomes new/NAME
 *   false  errno EEXIST: new/NAME was there, and both are as before */
bool maildir_publish(struct maildir const *m, char const *name);

/* maildir_unmake - remove tmp/NAME; maildir_retract - remove new/NAME */
void maildir_unmake(struct maildir const *m, char const *name);
void maildir_retract(struct maildir const *m, char const *name);

enum maildir_place { MAILDIR_ERROR = -1, MAILDIR_NOWHERE, MAILDIR_NEW,
		     MAILDIR_CUR };

/* maildir_find - where a message lies, in cur/ under any flags
 *   cur  MAILDIR_CUR: gets a descriptor of that directory, for the caller */
enum maildir_place maildir_find(struct maildir const *m, char const *name,
    int *cur);

#endif
