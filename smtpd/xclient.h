/* SPDX-License-Identifier: ISC */
/* What XCLIENT says about the client behind a trusted one, as Postfix has it
 * in XCLIENT_README. Pure. */
#ifndef MAILGRAVE_SMTPD_XCLIENT_H
#define MAILGRAVE_SMTPD_XCLIENT_H

#include <stdbool.h>
#include "common/netaddr.h"

/* The names that xclient_parse knows, a space between. */
extern char const xclient_names[];

enum { XCLIENT_TEXT_MAX = 255, XCLIENT_PROTO_MAX = 16 };

/* Each with a NUL, empty where it is not known. */
struct xclient {
	char addr[NETADDR_TEXT_MAX + 1];
	char name[XCLIENT_TEXT_MAX + 1];
	char helo[XCLIENT_TEXT_MAX + 1];
	char login[XCLIENT_TEXT_MAX + 1];
	char proto[XCLIENT_PROTO_MAX + 1];	/* SMTP, ESMTP */
};

/* xclient_parse - the argument of one command, over what earlier ones said
 *   false  malformed; x is as it was */
bool xclient_parse(struct xclient *x, struct slice argument);

#endif
