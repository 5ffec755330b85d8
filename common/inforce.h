/* SPDX-License-Identifier: ISC */
/* The routes and access files in force: read at start, and again on HUP. A
 * file that isn't there is an empty one: no routes, no mail; no access, nobody
 * relays. A file with a mistake is reported, and the old one stays. */
#ifndef MAILGRAVE_INFORCE_H
#define MAILGRAVE_INFORCE_H

#include "common/access.h"
#include "common/reader.h"
#include "common/routes.h"

struct inforce {
	/* set by the caller */
	char const *routes_path;
	char const *routes_text;	/* NULL, or what is taken instead of the
					 * file, which then only gives a name */
	char const *access_path;	/* NULL: this program has none */
	void (*changed)(void *owner);	/* after HUP; may be NULL */
	/* objects - why routes that are good as such can't be taken, at start
	 * or on HUP: a static text, and the line if it is one; or NULL. May be
	 * NULL itself. */
	char const *(*objects)(void *owner, struct routes const *fresh,
	    unsigned *line);
	void *owner;

	struct routes routes;
	struct access access;
	struct reader reader;
};

/* inforce_read - at start
 *   false  *file and *why name the mistake, in errno's words when *why->line
 *          is 0 */
bool inforce_read(struct inforce *f, char const **file,
    struct parse_error *why);

/* inforce_watch - make the reader that inforce_reload asks; before the jail;
 * name is for ps; false and errno */
bool inforce_watch(struct inforce *f, struct loop *loop,
    struct jail const *jail, char const *name, void (*lost)(void));

void inforce_reload(struct inforce *f);

/* inforce_log - which files they are: programs can be compared by the hash */
void inforce_log(struct inforce const *f);

/* inforce_warnings - call warn for what is no mistake, but hardly meant */
void inforce_warnings(struct inforce const *f,
    void (*warn)(char const *file, struct parse_error const *what));

void inforce_free(struct inforce *f);

#endif
