/* SPDX-License-Identifier: ISC */
/* TLS by the process that started us, as UCSPI-TLS has it: a control descriptor
 * on which we ask for it, and two others to be used from then on. */
#ifndef MAILGRAVE_SMTPD_UCSPI_H
#define MAILGRAVE_SMTPD_UCSPI_H

#include "smtpd/connpart.h"

enum { UCSPI_TOLD_MAX = 4096 };	/* octets of variables */

struct ucspi {
	int control, in, out;		/* set by the owner */

	struct conn *conn;		/* that waits; NULL: not yet */
	struct watch watch;
	char told[UCSPI_TOLD_MAX];
	size_t len;
};

/* ucspi_begin - ask for the handshake; nothing that came before is looked at
 * again. May free the connection. */
void ucspi_begin(struct conn *c);

/* ucspi_end - wait for it no more; harmless at any time */
void ucspi_end(struct conn *c);

#endif
