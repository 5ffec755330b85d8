/* SPDX-License-Identifier: ISC */
/* The certificates in force, and the way to their keys: the key helper reads
 * both at start, and again on HUP. When one of the files can't be used, all the
 * old ones stay. */
#ifndef MAILGRAVE_SMTPD_KEYS_H
#define MAILGRAVE_SMTPD_KEYS_H

#include "common/loop.h"
#include "smtpd/asking.h"
#include "smtpd/keeper.h"

struct keys {
	struct keeper files;		/* set by the owner; no pairs: there is
					 * no TLS, and all of these are
					 * harmless */
	bool asks;			/* clients for a certificate, too */

	struct tls_server server;	/* not open without certificates */
	struct loop *loop;
	struct watch watch;		/* the helper */
	struct timer rotation;
	void (*lost)(void);
	struct tls_signer signer;
	struct asking asking;
	bool loading;			/* LOADED or FAILED is due */
	bool again;			/* it was asked for since */
	struct tls_shown fresh[TLS_PAIRS_MAX];	/* chains are ours to free */
	size_t got;
	char const *file;		/* what was wrong the last time, or
					 * NULL */
	char why[SIGNING_WHY_MAX + 1];
};

/* keys_open - start the helper and wait for what it reads; before the jail
 *   false  k->file and k->why name the mistake; no file: errno */
bool keys_open(struct keys *k);

/* keys_watch - hear the helper from now on, and change ticket keys from time to
 * time; false and errno */
bool keys_watch(struct keys *k, struct loop *loop, void (*lost)(void));

void keys_reload(struct keys *k);

void keys_free(struct keys *k);

#endif
