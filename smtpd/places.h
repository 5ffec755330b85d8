/* SPDX-License-Identifier: ISC */
/* Where clients come from: addresses to listen on, sockets that were inherited,
 * or else one client on standard input. Pure. */
#ifndef MAILGRAVE_SMTPD_PLACES_H
#define MAILGRAVE_SMTPD_PLACES_H

#include "common/netaddr.h"

enum {
	PLACES_BINDS_MAX = 32,
	PLACES_PORTS_MAX = 8,
	PLACES_FDS_MAX = 8
};

struct places {
	struct netaddr bind[PLACES_BINDS_MAX], tls_bind[PLACES_BINDS_MAX];
	size_t binds, tls_binds;
	unsigned port[PLACES_PORTS_MAX];
	size_t ports;
	int listen_fd[PLACES_FDS_MAX + 1];	/* -1 ends */
	size_t listen_fds;
	int ucspi_fd[4];		/* control, in, out, -1; -1: none */
};

/* places_init - none yet */
void places_init(struct places *p);

/* places_bind, places_tls_bind - what --bind and --tls-bind name, an address
 * with or without a port; false and *why */
bool places_bind(struct places *p, char const *text, char const **why);
bool places_tls_bind(struct places *p, char const *text, char const **why);

/* places_port - a number for those of places_bind without one; false, *why */
bool places_port(struct places *p, char const *text, char const **why);

/* places_fd - the number of an inherited listening socket; false and *why */
bool places_fd(struct places *p, char const *text, char const **why);

/* places_inherited - those that LISTEN_FDS of sd_listen_fds(3) speaks of
 *   fds, pid  the variables' text, or NULL
 *   self      our own process
 *   false     more than fit */
bool places_inherited(struct places *p, char const *fds, char const *pid,
    unsigned long long self);

/* places_ucspi - descriptors of UCSPI-TLS, if all three are some
 *   control, in, out  the variables' text, or NULL */
void places_ucspi(struct places *p, char const *control, char const *in,
    char const *out);

/* places_addresses - where to listen without TLS from the start
 *   a  PLACES_BINDS_MAX * PLACES_PORTS_MAX of them; those without a port get
 *      each --port, and there are two wildcards when none was given
 *   returns how many; 0: none but those that were inherited, or there is one
 *   client on standard input */
size_t places_addresses(struct places const *p, struct netaddr *a);

/* places_have_25 - one of them is SMTP's port, 25 */
bool places_have_25(struct places const *p);

/* places_are_none - there is nowhere to listen, as far as p knows */
bool places_are_none(struct places const *p);

#endif
