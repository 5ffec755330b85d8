/* SPDX-License-Identifier: ISC */
/* All listeners of a process. */
#ifndef MAILGRAVE_SMTPD_LISTENERS_H
#define MAILGRAVE_SMTPD_LISTENERS_H

#include "smtpd/listener.h"
#include "smtpd/settings.h"

enum {
	LISTENERS_MAX = PLACES_BINDS_MAX * PLACES_PORTS_MAX +
	    PLACES_BINDS_MAX + PLACES_FDS_MAX
};

struct listeners {
	struct conns *conns;	/* set by the owner */
	struct listener listener[LISTENERS_MAX];
	size_t n;	/* 0: one client on standard input */
};

/* listeners_adopt - the sockets that were inherited, standard input too if it
 * is one that clients connect to. Exits 100 when one is not. */
void listeners_adopt(struct listeners *all, struct settings const *s);

/* listeners_bind - the others; before the jail. Exits 111 when that can't be. */
void listeners_bind(struct listeners *all, struct settings const *s);

/* listeners_open - let clients in from now on; exits 111 */
void listeners_open(struct listeners *all);

void listeners_close(struct listeners *all);

#endif
