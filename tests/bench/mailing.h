/* SPDX-License-Identifier: ISC */
/* The messages of one run: all alike but for a number, so that sending one
 * costs next to nothing and each is known again octet for octet. Pure. */
#ifndef MAILGRAVE_BENCH_MAILING_H
#define MAILGRAVE_BENCH_MAILING_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

enum {
	MAILING_SIZE_MIN = 256,
	MAILING_DIGITS = 10,		/* of the number in the text */
	MAILING_PATH_MAX = 4096		/* an address or a directory */
};

struct mailing {
	uint64_t messages, rcpts, users;
	char *text;		/* as it is sent, with the dot line */
	size_t len, number_at;
	char *filed;		/* as it is found, with LF, without that line */
	size_t filed_len, filed_number_at;
};

/* mailing_open - messages of size octets, each for rcpts of the users
 *   size   of the message with CRLF, at least MAILING_SIZE_MIN
 *   run    tells this run from others; 16 octets at most
 *   rcpts  at most users: nobody gets a message twice
 *   false  ENOMEM */
bool mailing_open(struct mailing *m, size_t size, char const *run);
void mailing_close(struct mailing *m);

/* mailing_user - who recipient i of message n is, counted from 1 */
uint64_t mailing_user(struct mailing const *m, uint64_t n, uint64_t i);

/* mailing_name - pattern with its % replaced by the user's number
 *   out    MAILING_PATH_MAX octets
 *   false  too long */
bool mailing_name(char *out, char const *pattern, uint64_t user);

/* mailing_number - the digits that message n has in its text */
void mailing_number(char digits[MAILING_DIGITS + 1], uint64_t n);

/* mailing_number_in - the number in a text of any run
 *   begin  its beginning, up to the Subject at least
 *   false  there is none */
bool mailing_number_in(struct slice begin, uint64_t *n);

/* mailing_find - which copy this file of a user is: message * rcpts + i
 *   file   what stands in front of our text doesn't matter
 *   false  none of this run, not for this user, or an octet has changed */
bool mailing_find(struct mailing const *m, struct slice file, uint64_t user,
    uint64_t *copy);

#endif
