/* SPDX-License-Identifier: ISC */
/* Giving up powers, one way: identity, root directory, capabilities, system
 * calls. The order and the checks are the ones that hold: each step is proved
 * before the next. The only file with #ifdef. */
#ifndef MAILGRAVE_JAIL_H
#define MAILGRAVE_JAIL_H

#include <stdbool.h>
#include <sys/types.h>

/* What a process may still do once sealed, besides what all may: read and
 * write descriptors it has, memory, clocks, waiting, ending. */
enum jail_may {
	JAIL_ACCEPT = 1,	/* take connections */
	JAIL_UNIX = 2,		/* make Unix sockets and connect them */
	JAIL_INET = 4,		/* make internet sockets and connect them */
	JAIL_READ = 8,		/* open files for reading */
	JAIL_WRITE = 16,	/* open, make, rename and remove files */
	JAIL_SYNC = 32,		/* fsync and its like */
	JAIL_MEMFD = 64,	/* make and seal memory files */
	JAIL_PAIR = 128		/* make pairs of Unix sockets */
};

struct jail {
	char const *user;	/* NULL: stay who we are, which can't be root */
	char const *root;	/* NULL: no chroot */
	uid_t uid;		/* from here: set by jail_prepare */
	gid_t gid;
};

/* jail_begin - the first call of every program: umask, descriptors 0 to 2,
 * no core, no debugger of the same uid, SIGPIPE off */
void jail_begin(void);

enum { JAIL_KEEP_MAX = 16 };	/* descriptors of jail_close_others */

/* jail_close_others - close descriptors from 3 up but for these (-1 ends the
 * list) */
bool jail_close_others(int const *keep);

/* jail_allow_descriptors - so many may be open at a time
 *   false  the limits don't allow it: there will be as many as they do */
bool jail_allow_descriptors(unsigned long long need);

/* jail_prepare - look the user up (a name, or UID:GID), check the root
 *   false  *why says what the operator has to mend */
bool jail_prepare(struct jail *jail, char const **why);

/* jail_enter - groups, gid, root, uid, in this order, and prove that none can
 * be had back
 *   false  *why names the step, errno its error; the process must end */
bool jail_enter(struct jail const *jail, char const **why);

/* jail_seal - no new privileges, and only the system calls that may stands
 * for; all others fail with EPERM. Children inherit it: fork helpers first. */
bool jail_seal(unsigned may, char const **why);

/* jail_keep_changing - as root: of all capabilities keep those to become other
 * users; those whom it becomes have none. false and errno */
bool jail_keep_changing(void);

/* jail_name_helper - what ps shows for this child, at most 15 octets */
void jail_name_helper(char const *name);

#endif
