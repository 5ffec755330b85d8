/* SPDX-License-Identifier: ISC */
/* Reads what the command line and the environment say of places; opens none. */
#include "smtpd/places.h"

enum {
	SMTP_PORT = 25,
	SUBMISSIONS_PORT = 465,	/* RFC 8314 */
	FIRST_INHERITED = 3	/* sd_listen_fds(3) */
};

void
places_init(struct places *p)
{
	*p = (struct places){ .listen_fd = { -1 }, .ucspi_fd = { -1 } };
}

static bool
add_bind(struct netaddr *bind, size_t *n, char const *text, char const **why)
{
	unsigned char octet[NETADDR_OCTETS];
	struct netaddr *a = &bind[*n];

	*why = "given too often";
	if (*n == PLACES_BINDS_MAX) return false;
	if (!netaddr_parse(a, slice_of(text), why)) return false;
	*why = "an address is wanted, not a name";
	if (!netaddr_ip(octet, slice_of(a->host))) return false;
	++*n;
	return true;
}

bool
places_bind(struct places *p, char const *text, char const **why)
{
	return add_bind(p->bind, &p->binds, text, why);
}

bool
places_tls_bind(struct places *p, char const *text, char const **why)
{
	struct netaddr *a = &p->tls_bind[p->tls_binds];

	if (!add_bind(p->tls_bind, &p->tls_binds, text, why)) return false;
	if (!a->port) a->port = SUBMISSIONS_PORT;
	return true;
}

bool
places_port(struct places *p, char const *text, char const **why)
{
	unsigned long long port;

	*why = "given too often";
	if (p->ports == PLACES_PORTS_MAX) return false;
	*why = "takes a number from 1 to 65535";
	if (!slice_number(slice_of(text), 65535, &port) || !port)
		return false;
	p->port[p->ports++] = (unsigned)port;
	return true;
}

static bool
add_fd(struct places *p, int fd)
{
	if (p->listen_fds == PLACES_FDS_MAX) return false;
	p->listen_fd[p->listen_fds++] = fd;
	p->listen_fd[p->listen_fds] = -1;
	return true;
}

bool
places_fd(struct places *p, char const *text, char const **why)
{
	unsigned long long fd;

	*why = "takes a number from 0 to 1023, but not 1 or 2";
	if (!slice_number(slice_of(text), 1023, &fd)) return false;
	if (fd == 1 || fd == 2) return false;
	*why = "given too often";
	return add_fd(p, (int)fd);
}

bool
places_inherited(struct places *p, char const *fds, char const *pid,
    unsigned long long self)
{
	unsigned long long n, whose, i;

	if (!fds || !pid || !slice_number(slice_of(fds), 1000, &n) ||
	    !slice_number(slice_of(pid), self, &whose) || whose != self)
		return true;
	for (i = 0; i < n; i++)
		if (!add_fd(p, (int)(FIRST_INHERITED + i))) return false;
	return true;
}

void
places_ucspi(struct places *p, char const *control, char const *in,
    char const *out)
{
	char const *const text[] = { control, in, out };
	unsigned long long fd;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!text[i] || !slice_number(slice_of(text[i]), 1023, &fd) ||
		    fd < FIRST_INHERITED) {
			p->ucspi_fd[0] = -1;
			return;
		}
		p->ucspi_fd[i] = (int)fd;
	}
	p->ucspi_fd[3] = -1;
}

static size_t
add_ports(struct places const *p, struct netaddr *a, struct netaddr host)
{
	size_t i;

	a[0] = host;
	if (host.port) return 1;
	a[0].port = SMTP_PORT;
	if (!p->ports) return 1;
	for (i = 0; i < p->ports; i++) {
		a[i] = host;
		a[i].port = p->port[i];
	}
	return i;
}

size_t
places_addresses(struct places const *p, struct netaddr *a)
{
	size_t i, n = 0;

	for (i = 0; i < p->binds; i++)
		n += add_ports(p, a + n, p->bind[i]);
	if (n || !p->ports) return n;
	n += add_ports(p, a, (struct netaddr){ .host = "0.0.0.0" });
	return n + add_ports(p, a + n, (struct netaddr){ .host = "::" });
}

bool
places_have_25(struct places const *p)
{
	struct netaddr const *bind = p->bind;
	size_t i;

	for (i = 0; i < p->binds; i++)
		if (bind[i].port == SMTP_PORT || (!bind[i].port && !p->ports))
			return true;
	for (i = 0; i < p->ports; i++)
		if (p->port[i] == SMTP_PORT) return true;
	return false;
}

bool
places_are_none(struct places const *p)
{
	return !p->binds && !p->ports && !p->tls_binds;
}
