/* SPDX-License-Identifier: ISC */
/* The certificates and keys in force: read at start, and again on HUP. When
 * one of the files can't be used, all the old ones stay. */
#ifndef MAILGRAVE_SMTPD_KEYS_H
#define MAILGRAVE_SMTPD_KEYS_H

#include "common/reader.h"
#include "common/tlsserver.h"

struct keys {
	/* set by the owner: as many keys as certificates, or none; then each
	 * certificate's file holds its key too */
	char const *certificate[TLS_PAIRS_MAX], *key[TLS_PAIRS_MAX];
	size_t certificates, keys;

	struct tls_server server;	/* not open without certificates */
	struct reader reader;
	struct timer rotation;
	/* files as they come in again; the text of one that can't be read is
	 * NULL */
	char *text[2 * TLS_PAIRS_MAX];
	size_t len[2 * TLS_PAIRS_MAX];
	unsigned got;			/* a bit for each that has come */
};

/* keys_read - at start; false: *file and *why name the mistake */
bool keys_read(struct keys *k, char const **file, char const **why);

/* keys_watch - make the reader that keys_reload asks, and change ticket keys
 * from time to time; before the jail; false and errno. Harmless without
 * certificates, as is keys_reload. */
bool keys_watch(struct keys *k, struct loop *loop, struct jail const *jail,
    void (*lost)(void));

void keys_reload(struct keys *k);

void keys_free(struct keys *k);

#endif
