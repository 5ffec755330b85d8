/* SPDX-License-Identifier: ISC */
/* The server's messages of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel
 * binding. It knows no password and no verifier. Pure.
 *
 *   scram_first   what the client says first
 *   scram_ask     the server's first message, with that user's salt
 *   scram_final   the client's proof, to be checked against scram_exchange
 *   scram_agree   the server's last message */
#ifndef MAILGRAVE_SMTPD_SCRAM_H
#define MAILGRAVE_SMTPD_SCRAM_H

#include "smtpd/verifier.h"

enum {
	SCRAM_NAME_MAX = 255,	/* octets of a user's name */
	SCRAM_NONCE_MAX = 128,	/* of the client's */
	SCRAM_NONCE_OCTETS = 18,	/* of ours, before base64 */
	SCRAM_SAID_MAX = 360,	/* of a message of ours */
	SCRAM_HEARD_MAX = 768,	/* of one of the client's */
	SCRAM_EXCHANGE_MAX = 2 * SCRAM_HEARD_MAX + SCRAM_SAID_MAX
};

struct scram {
	char name[SCRAM_NAME_MAX + 1];	/* NUL; set by scram_first */
	/* set by scram_final */
	unsigned char proof[DIGEST_OCTETS];

	size_t header_len;	/* of what channel binding is said in */
	char header[SCRAM_HEARD_MAX];
	size_t nonce_len;
	char nonce[SCRAM_NONCE_MAX + 4 * SCRAM_NONCE_OCTETS / 3];
	size_t exchange_len;	/* all that was said so far, as it is signed */
	char exchange[SCRAM_EXCHANGE_MAX];
	size_t said_len;	/* what is to be said */
	char said[SCRAM_SAID_MAX];
};

/* scram_first - false: malformed, or it speaks for another than whose password
 * it has, or wants channel binding; s need not be initialized */
bool scram_first(struct scram *s, struct slice message);

/* scram_ask - nonce has SCRAM_NONCE_OCTETS octets that nobody can foresee; of
 * the verifier salt and iterations are looked at */
void scram_ask(struct scram *s, unsigned char const *nonce,
    struct verifier const *v);

/* scram_final - false: malformed, or not the end of this exchange */
bool scram_final(struct scram *s, struct slice message);

/* scram_agree - with what verifier_proves has made */
void scram_agree(struct scram *s, unsigned char const *signature);

#endif
