/* SPDX-License-Identifier: ISC */
/* The one helper outside a daemon's root: it opens again, for reading, the
 * files that were named at start, and passes the descriptors in. It has the
 * daemon's uid and never sees what the network says. */
#ifndef MAILGRAVE_READER_H
#define MAILGRAVE_READER_H

#include <stdbool.h>
#include "common/jail.h"
#include "common/loop.h"

enum { READER_FILES_MAX = 16 };

struct reader {
	struct loop *loop;
	struct watch watch;
	char const *path[READER_FILES_MAX];
	size_t paths;
	/* took - path n was asked for again: its text, NUL behind it, or NULL
	 * and errno; the callee frees text */
	void (*took)(void *owner, size_t n, char *text, size_t len);
	/* passed - the same, but the callee gets a descriptor to read from; for
	 * who passes it on. NULL: there is none, took is called */
	void (*passed)(void *owner, size_t n, int fd);
	void *owner;
	void (*lost)(void);
	bool asked[READER_FILES_MAX];	/* an answer is due */
	bool again[READER_FILES_MAX];	/* it was asked for since */
};

/* reader_open - fork it; before jail_enter. took, owner, path and paths are
 * set by the caller; name is for ps; false and errno */
bool reader_open(struct reader *r, struct loop *loop, struct jail const *jail,
    char const *name, void (*lost)(void));

/* reader_ask - read all files again: took is called for each, later. Being
 * short of descriptors or memory is an error of the file, EMFILE and the like,
 * and no reason to lose the helper. */
void reader_ask(struct reader *r);

/* file_slurp - a whole regular file, at most max octets, NUL behind it
 *   returns what the caller frees, or NULL and errno (EFBIG, EINVAL for what
 *   is no regular file) */
char *file_slurp(char const *path, size_t max, size_t *len);

/* file_slurp_from - the same of what fd has open, which is closed */
char *file_slurp_from(int fd, size_t max, size_t *len);

enum { READER_FILE_MAX = 64 << 20 };	/* octets; a million plain routes */

#endif
