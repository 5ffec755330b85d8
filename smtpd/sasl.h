/* SPDX-License-Identifier: ISC */
/* The server's side of PLAIN (RFC 4616), LOGIN and SCRAM-SHA-256: what the
 * client says becomes questions about a user. Pure. */
#ifndef MAILGRAVE_SMTPD_SASL_H
#define MAILGRAVE_SMTPD_SASL_H

#include <stdbool.h>
#include "common/base64.h"
#include "smtpd/scram.h"

enum { SASL_TEXT_MAX = SCRAM_NAME_MAX };	/* octets of a name, and of a
						 * password */

enum sasl_step {
	SASL_WANTS_PLAIN,
	SASL_WANTS_NAME,
	SASL_WANTS_PASSWORD,
	SASL_WANTS_FIRST,
	SASL_WANTS_FINAL,
	SASL_WANTS_NOTHING	/* but that it has heard us */
};

/* What is to be found out about a user. */
struct sasl_question {
	enum sasl_about {
		SASL_PASSWORD,	/* is it his? */
		SASL_SALT,	/* with which one was his made? */
		SASL_PROOF	/* does he know his? */
	} about;
	/* each with a NUL */
	char name[SASL_TEXT_MAX + 1], password[SASL_TEXT_MAX + 1];
	unsigned char proof[DIGEST_OCTETS];
	size_t exchange_len;
	char exchange[SCRAM_EXCHANGE_MAX];	/* what is proved */
};

/* What was found out. */
struct sasl_answer {
	enum sasl_outcome {
		SASL_WRONG,
		SASL_RIGHT,	/* for SASL_SALT: it is here */
		SASL_UNKNOWN	/* nobody can tell just now */
	} outcome;
	unsigned iterations;
	size_t salt_len;
	unsigned char salt[VERIFIER_SALT_MAX];
	unsigned char signature[DIGEST_OCTETS];
	char name[SASL_TEXT_MAX + 1];	/* another that he has here, or "" */
};

struct sasl {
	enum sasl_step step;
	char name[SASL_TEXT_MAX + 1], password[SASL_TEXT_MAX + 1];
	struct scram scram;
};

extern char const sasl_names[];	/* of the mechanisms that need a password, a
				 * space between */
extern char const sasl_scram[];	/* of the one that doesn't */

/* sasl_name - with a NUL behind it
 *   false  it is none: empty, too long, or with a control, which no name has by
 *          RFC 4013, and which might mean something to whoever is asked */
bool sasl_name(char out[SASL_TEXT_MAX + 1], struct slice text);

/* sasl_begin - false: there is no such mechanism
 *   scram  that one may be */
bool sasl_begin(struct sasl *s, struct slice mechanism, bool scram);

/* sasl_challenge - what to say next, in base64, with a NUL
 *   out  SASL_CHALLENGE_MAX octets */
enum { SASL_CHALLENGE_MAX = BASE64_LEN(SCRAM_SAID_MAX) + 1 };
char const *sasl_challenge(struct sasl const *s, char *out);

enum sasl_next { SASL_NO_BASE64, SASL_BROKEN, SASL_ASK_CLIENT, SASL_ASK,
	SASL_DONE };

/* sasl_take - what the client has said, in base64
 *   SASL_NO_BASE64   it isn't (RFC 4954 section 4)
 *   SASL_BROKEN      malformed, or it speaks for another than whose password it
 *                    has
 *   SASL_ASK_CLIENT  by the next challenge
 *   SASL_ASK         sasl_question is for whoever knows the users
 *   SASL_DONE        it was found right before, and the client knows it */
enum sasl_next sasl_take(struct sasl *s, struct slice said);

/* sasl_question - after SASL_ASK */
void sasl_question(struct sasl const *s, struct sasl_question *q);

/* sasl_answered - SASL_RIGHT to that
 *   nonce  SCRAM_NONCE_OCTETS octets that nobody can foresee
 *   SASL_ASK_CLIENT, or SASL_DONE */
enum sasl_next sasl_answered(struct sasl *s, struct sasl_answer const *a,
    unsigned char const *nonce);

#endif
