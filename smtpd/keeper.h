/* SPDX-License-Identifier: ISC */
/* The key helper: the one process that reads private keys. It has a user of its
 * own, no network, and signs TLS handshakes and nothing else. */
#ifndef MAILGRAVE_SMTPD_KEEPER_H
#define MAILGRAVE_SMTPD_KEEPER_H

#include "common/jail.h"
#include "common/tlsserver.h"

/* What it is to read. */
struct keeper {
	char const *certificate[TLS_PAIRS_MAX];
	char const *key[TLS_PAIRS_MAX];	/* the same files, or others */
	size_t pairs;
	struct jail jail;		/* prepared; its root is not used */
};

/* keeper_serve - for helper_fork: the protocol of signing.h */
void keeper_serve(int socket, void *keeper);

#endif
