/* SPDX-License-Identifier: ISC */
/* The users file: NAME:HASH, where the hash is one of crypt(5), after {CRYPT}
 * or the like where Dovecot wants that, or a verifier (verifier.h), or begins
 * with ! or * for who can't log in. What follows another colon is none of
 * ours, an empty line or one that begins with # neither. Pure. */
#ifndef MAILGRAVE_SMTPD_USERS_H
#define MAILGRAVE_SMTPD_USERS_H

#include <stdbool.h>
#include "common/slice.h"

enum { USERS_HASH_MAX = 383 };	/* octets, CRYPT_OUTPUT_SIZE of crypt(3) */

/* users_wrong - the number of a line that is no user, or one again; 0: there is
 * none
 *   why  gets what is wrong with it, in a few words */
unsigned users_wrong(struct slice text, char const **why);

/* How many of them have a verifier, so that they can log in by SCRAM. */
enum users_verified { USERS_NONE_VERIFIED, USERS_SOME_VERIFIED,
	USERS_ALL_VERIFIED };

enum users_verified users_verified(struct slice text);

/* users_find - reads all lines, whoever it finds
 *   hash   without a {CRYPT}
 *   first  that of the first user in the file, or empty: for work that takes
 *          as long where there is nobody of this name
 *   false  that is so; *hash is *first */
bool users_find(struct slice text, struct slice name, struct slice *hash,
    struct slice *first);

#endif
