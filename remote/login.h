/* SPDX-License-Identifier: ISC */
/* Logging in to a host (RFC 4954): which mechanism, and what to answer. Pure;
 * what it writes is secret and must be shown to nobody. */
#ifndef MAILGRAVE_LOGIN_H
#define MAILGRAVE_LOGIN_H

#include <stdbool.h>
#include "common/base64.h"
#include "common/slice.h"

enum login_mechanism {
	LOGIN_PLAIN,	/* RFC 4616 */
	LOGIN_LOGIN,	/* draft-murchison-sasl-login */
	LOGIN_CRAM_MD5,	/* RFC 2195 */
	LOGIN_XOAUTH2,	/* a token instead of the password */
	LOGIN_MECHANISMS	/* also: none */
};

enum {
	LOGIN_NAME_MAX = 255,
	LOGIN_SECRET_MAX = 4096,	/* tokens are long */
	LOGIN_MASK_MIN = 4,
	LOGIN_CHALLENGE_MAX = 1024,	/* of CRAM-MD5, decoded */
	LOGIN_DIGEST = 16,		/* octets of an MD5 */
	/* the longest line, CRLF counted: XOAUTH2's */
	LOGIN_LINE_MAX = BASE64_LEN(LOGIN_NAME_MAX + LOGIN_SECRET_MAX + 32) +
	    32
};

struct login {
	char name[LOGIN_NAME_MAX + 1];
	char secret[LOGIN_SECRET_MAX + 1];
	bool token;	/* the secret is a bearer token */
	/* HMAC-MD5 of text (RFC 2104); false: this system has none */
	bool (*hmac)(unsigned char digest[LOGIN_DIGEST], struct slice key,
	    struct slice text);
};

/* login_mechanism_bit - of a name as EHLO has it; 0 for one we don't speak */
unsigned login_mechanism_bit(struct slice name);

/* login_choose - the best of those offered; LOGIN_MECHANISMS: none will do
 *   secure  nobody else hears us: simple mechanisms first, for they say
 *           nothing of how the password is kept; else CRAM-MD5 first */
enum login_mechanism login_choose(struct login const *login, unsigned offered,
    bool secure);

/* login_say - our line number round (0: the AUTH command) with its CRLF
 *   challenge  text of their last reply
 *   out        LOGIN_LINE_MAX octets
 *   returns the length; 0: they ask for more than the mechanism has, or their
 *           challenge is none */
size_t login_say(struct login const *login, enum login_mechanism mechanism,
    unsigned round, struct slice challenge, char *out);

/* login_mask - put stars where what they said repeats the secret, as it is or
 * as base64 has it; shorter than LOGIN_MASK_MIN it could be any word */
void login_mask(struct login const *login, char *text, size_t len);

/* login_name - as AUTH has it */
char const *login_name(enum login_mechanism mechanism);

#endif
