/* SPDX-License-Identifier: ISC */
/* The routes and access files: read at start, and again when told so. A file
 * that isn't there is an empty one: no routes, no mail; no access, nobody
 * relays. */
#ifndef MAILGRAVE_SMTPD_FILES_H
#define MAILGRAVE_SMTPD_FILES_H

#include "common/reader.h"
#include "smtpd/policy.h"

enum { FILES_ROUTES, FILES_ACCESS, FILES };

struct files {
	char const *path[FILES];
	struct policy *policy;
	struct reader reader;
};

/* files_read - at start
 *   false  *file and *why name the mistake, in errno's words when *why->line
 *          is 0 */
bool files_read(struct files *f, char const **file, struct parse_error *why);

/* files_watch - make the reader that files_reload asks; before the jail
 *   false  errno */
bool files_watch(struct files *f, struct loop *loop, struct jail const *jail,
    void (*lost)(void));

/* files_reload - a file with a mistake is reported, the old one stays */
void files_reload(struct files *f);

/* files_log - what is in force now */
void files_log(struct files const *f);

#endif
