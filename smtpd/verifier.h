/* SPDX-License-Identifier: ISC */
/* What is kept of a password for SCRAM-SHA-256 (RFC 5802 section 3): enough to
 * check it, not enough to be its user elsewhere. Written as Dovecot writes it,
 *
 *   {SCRAM-SHA-256}ITERATIONS,SALT,STOREDKEY,SERVERKEY
 *
 * the last three in base64. Pure. */
#ifndef MAILGRAVE_SMTPD_VERIFIER_H
#define MAILGRAVE_SMTPD_VERIFIER_H

#include "smtpd/digest.h"

enum {
	VERIFIER_SALT_MAX = 64,		/* octets */
	VERIFIER_SALT_MADE = 16,
	VERIFIER_ITERATIONS_MAX = 1000000,	/* a second's work */
	VERIFIER_ITERATIONS_MADE = 15000,
	VERIFIER_TEXT_MAX = 256
};

struct verifier {
	unsigned iterations;
	unsigned char salt[VERIFIER_SALT_MAX];
	size_t salt_len;
	unsigned char stored_key[DIGEST_OCTETS], server_key[DIGEST_OCTETS];
};

/* verifier_parse - false: it is none */
bool verifier_parse(struct verifier *v, struct slice text);

/* verifier_format - with a NUL; out has VERIFIER_TEXT_MAX octets */
char const *verifier_format(char *out, struct verifier const *v);

/* verifier_make - of a password; salt and iterations are set; false: no memory,
 * here and below */
bool verifier_make(struct verifier *v, struct slice password);

/* verifier_is_password - it was made of this one */
bool verifier_is_password(struct verifier const *v, struct slice password);

/* verifier_proves - the proof of who knows the password, about this exchange
 *   signature  ours, that we know the verifier; set when true */
bool verifier_proves(struct verifier const *v, struct slice exchange,
    unsigned char const proof[DIGEST_OCTETS],
    unsigned char signature[DIGEST_OCTETS]);

#endif
