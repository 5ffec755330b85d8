/* SPDX-License-Identifier: ISC */
/* The users file: NAME:HASH, as crypt(5) has hashes; what follows another colon
 * is none of ours, an empty line or one that begins with # neither. Pure. */
#ifndef MAILGRAVE_SMTPD_USERS_H
#define MAILGRAVE_SMTPD_USERS_H

#include <stdbool.h>
#include "common/slice.h"

/* users_wrong - the number of the first line that is no user, or 0 */
unsigned users_wrong(struct slice text);

/* users_find - false: there is nobody of this name; *hash is that of the first
 * in the file then, so that looking at it takes as long, or empty */
bool users_find(struct slice text, struct slice name, struct slice *hash);

#endif
