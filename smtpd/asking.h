/* SPDX-License-Identifier: ISC */
/* The signatures that handshakes wait for, on their way to the key helper and
 * back. It answers in the order of asking. */
#ifndef MAILGRAVE_SMTPD_ASKING_H
#define MAILGRAVE_SMTPD_ASKING_H

#include "smtpd/signing.h"

struct asking {
	int socket;		/* set by the owner: the helper's */

	/* with the helper; NULL: forgotten since */
	struct tls_signing *asked[SIGNING_WINDOW];
	unsigned first, n;
	struct tls_signing *waiting;	/* for room there */
};

/* asking_ask, asking_forget - struct tls_signer's */
bool asking_ask(void *asking, struct tls_signing *signing);
void asking_forget(void *asking, struct tls_signing *signing);

/* asking_answered - the helper has said so; false: nobody asked */
bool asking_answered(struct asking *a, struct signing_signed const *answer);

#endif
