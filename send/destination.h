/* SPDX-License-Identifier: ISC */
/* Where mail is tried. Pure. */
#ifndef MAILGRAVE_DESTINATION_H
#define MAILGRAVE_DESTINATION_H

#include "common/deliver.h"

enum channel_name { CHANNEL_LOCAL, CHANNEL_REMOTE, CHANNELS };

/* Where a recipient goes; what one lane has in common. */
struct destination {
	enum channel_name channel;
	enum deliver_how how;
	char host[ADDR_DOMAIN_MAX + 1];	/* empty: the channel's own default */
	unsigned port;			/* 0: its default */
	enum route_tls tls;
	bool use_login;
};

/* destination_eq - one job may take mail for both */
bool destination_eq(struct destination const *a, struct destination const *b);

uint32_t destination_hash(struct destination const *to);

#endif
