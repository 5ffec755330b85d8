/* SPDX-License-Identifier: ISC */
/* All the places where clients come in. May end the process, as main does: it
 * is a part of its beginning. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "smtpd/listeners.h"

static struct listener *
next_listener(struct listeners *all, struct settings const *s)
{
	struct listener *l = &all->listener[all->n];

	l->conns = all->conns;
	l->sessions_max = s->sessions_max;
	return l;
}

static void
bind_each(struct listeners *all, struct settings const *s,
    struct netaddr const *at, size_t n, bool secure)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char port[16];

		next_listener(all, s)->secure = secure;
		if (listener_bind(&all->listener[all->n], &at[i])) {
			all->n++;
			continue;
		}
		/* a machine without IPv6 still has the other wildcard */
		if (!s->places.binds && !secure && errno == EAFNOSUPPORT)
			continue;
		snprintf(port, sizeof port, "%u", at[i].port);
		strerr_diefusys(111, "listen on ", at[i].host, " port ", port);
	}
}

void
listeners_adopt(struct listeners *all, struct settings const *s)
{
	size_t i;

	for (i = 0; i < s->places.listen_fds; i++) {
		int fd = s->places.listen_fd[i];
		char number[16];

		if (listener_adopt(next_listener(all, s), fd)) {
			all->n++;
			continue;
		}
		snprintf(number, sizeof number, "%d", fd);
		strerr_diefusys(100, "take clients from descriptor ", number);
	}
	/* as inetd's "wait" and s6 have it */
	if (!all->n && listener_adopt(next_listener(all, s), STDIN_FILENO))
		all->n++;
}

void
listeners_bind(struct listeners *all, struct settings const *s)
{
	static struct netaddr at[LISTENERS_MAX];
	struct places const *p = &s->places;

	bind_each(all, s, at, places_addresses(p, at), false);
	bind_each(all, s, p->tls_bind, p->tls_binds, true);
}

void
listeners_open(struct listeners *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!listener_open(&all->listener[i]))
			strerr_diefusys(111, "wait for clients");
}

void
listeners_close(struct listeners *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		listener_close(&all->listener[i]);
}
