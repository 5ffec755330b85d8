/* SPDX-License-Identifier: ISC */
/* Which addresses are our own; opens nothing once the jail is closed. */
#include <ifaddrs.h>
#include <netinet/in.h>
#include "remote/remote.h"

void
remote_target_relay(struct remote const *r, struct target *target,
    struct netaddr const *to)
{
	target->how = DELIVER_RELAY;
	target->security = (uint8_t)r->security;
	target->port = (uint16_t)to->port;
	memcpy(target->host, to->host, strlen(to->host));
	target->login = r->login && !strcmp(to->host, r->relay.host) &&
	    to->port == r->relay.port;
}

bool
remote_is_loopback(struct address const *a)
{
	static unsigned char const one[NETADDR_OCTETS] = { [15] = 1 };

	return (netaddr_is_ip4(a->octet) && a->octet[12] == 127) ||
	    !memcmp(a->octet, one, sizeof one);
}

/* "This host" (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.2): the kernel
 * takes a call to it for one to itself. */
static bool
is_unspecified(struct address const *a)
{
	static unsigned char const zero[NETADDR_OCTETS];

	return (netaddr_is_ip4(a->octet) && !a->octet[12]) ||
	    !memcmp(a->octet, zero, sizeof zero);
}

bool
remote_is_ours(struct remote const *r, struct address const *a)
{
	size_t i;

	for (i = 0; i < r->ours_n; i++)
		if (!memcmp(a, &r->ours[i], sizeof *a)) return true;
	return remote_is_loopback(a) || is_unspecified(a);
}

static bool
address_of(struct address *a, struct sockaddr const *name)
{
	if (name && name->sa_family == AF_INET) {
		memset(a->octet, 0, 10);
		memset(a->octet + 10, 0xff, 2);
		memcpy(a->octet + 12, &((struct sockaddr_in const *)(void
		    const *)name)->sin_addr, 4);
		return true;
	}
	if (name && name->sa_family == AF_INET6) {
		memcpy(a->octet, &((struct sockaddr_in6 const *)(void const *)
		    name)->sin6_addr, NETADDR_OCTETS);
		return true;
	}
	return false;
}

void
remote_list_ours(struct remote *r)
{
	struct ifaddrs *list, *at;

	if (getifaddrs(&list) == -1) return;
	for (at = list; at && r->ours_n < REMOTE_OURS_MAX; at = at->ifa_next)
		r->ours_n += address_of(&r->ours[r->ours_n], at->ifa_addr);
	freeifaddrs(list);
}
