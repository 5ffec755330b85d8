/* SPDX-License-Identifier: ISC */
/* What tls.c and tlsserver.c share: a connection from inside. */
#ifndef MAILGRAVE_TLSPART_H
#define MAILGRAVE_TLSPART_H

#include <openssl/ssl.h>
#include "common/netaddr.h"
#include "common/tls.h"

struct tls {
	struct tls_client *client;	/* NULL: we are the server */
	SSL *ssl;
	char name[NETADDR_HOST_MAX + 1];
	bool verify;
	char why[TLS_WHY_MAX + 1];
};

#endif
