/* SPDX-License-Identifier: ISC */
/* Reads and writes addresses and hosts; never asks a resolver. */
#include <arpa/inet.h>
#include "common/netaddr.h"

enum { NETADDR_PORT_MAX = 65535 };

static unsigned char const v4_prefix[12] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
};

/* inet_pton wants a NUL, so one inside the text would hide what follows it. */
static bool
scan(int family, void *octet, struct slice text)
{
	char copy[NETADDR_TEXT_MAX + 1];

	if (text.len > NETADDR_TEXT_MAX) return false;
	if (slice_find(text, '\0') < text.len) return false;
	if (text.len) memcpy(copy, text.s, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, octet) == 1;
}

bool
netaddr_ip4(unsigned char octet[NETADDR_OCTETS], struct slice text)
{
	struct in_addr got;

	if (!scan(AF_INET, &got, text)) return false;
	memcpy(octet, v4_prefix, sizeof v4_prefix);
	memcpy(octet + sizeof v4_prefix, &got, sizeof got);
	return true;
}

bool
netaddr_ip6(unsigned char octet[NETADDR_OCTETS], struct slice text)
{
	struct in6_addr got;

	if (!scan(AF_INET6, &got, text)) return false;
	memcpy(octet, &got, sizeof got);
	return true;
}

bool
netaddr_ip(unsigned char octet[NETADDR_OCTETS], struct slice text)
{
	return netaddr_ip4(octet, text) || netaddr_ip6(octet, text);
}

bool
netaddr_is_ip4(unsigned char const octet[NETADDR_OCTETS])
{
	return !memcmp(octet, v4_prefix, sizeof v4_prefix);
}

char *
netaddr_ip_format(char text[NETADDR_TEXT_MAX + 1],
    unsigned char const octet[NETADDR_OCTETS])
{
	bool ip4 = netaddr_is_ip4(octet);

	inet_ntop(ip4 ? AF_INET : AF_INET6,
	    ip4 ? octet + sizeof v4_prefix : octet, text,
	    NETADDR_TEXT_MAX + 1);
	return text;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letdig(char c)
{
	return is_digit(c) || (slice_lower(c) >= 'a' && slice_lower(c) <= 'z');
}

static bool
is_label(struct slice label)
{
	size_t i;

	if (!label.len || label.len > NETADDR_LABEL_MAX) return false;
	if (label.s[0] == '-' || label.s[label.len - 1] == '-') return false;
	for (i = 0; i < label.len; i++)
		if (!is_letdig(label.s[i]) && label.s[i] != '-') return false;
	return true;
}

bool
netaddr_name(struct slice text)
{
	if (text.len > NETADDR_HOST_MAX) return false;
	for (;;) {
		size_t n = slice_find(text, '.');

		if (!is_label(slice_from(text.s, n))) return false;
		if (n == text.len) return true;
		text = slice_skip(text, n + 1);
	}
}

/* ends_in_number - as 300.1.1.1 and 192.0.2 do, and no host's name */
static bool
ends_in_number(struct slice name)
{
	size_t i = name.len;

	while (i && is_digit(name.s[i - 1]))
		i--;
	return i < name.len && (!i || name.s[i - 1] == '.');
}

static bool
parse_host(struct netaddr *a, struct slice host, char const **why)
{
	unsigned char octet[NETADDR_OCTETS];
	size_t i;

	if (netaddr_ip(octet, host)) {
		netaddr_ip_format(a->host, octet);
		return true;
	}
	if (!netaddr_name(host) || ends_in_number(host)) {
		*why = "neither an address nor a host name";
		return false;
	}
	for (i = 0; i < host.len; i++)
		a->host[i] = slice_lower(host.s[i]);
	a->host[i] = '\0';
	return true;
}

/* split - host and what follows it, which is empty or ":PORT". More than one
 * colon outside of brackets: an IPv6 address, which has no room for a port. */
static bool
split(struct slice text, struct slice *host, struct slice *rest,
    char const **why)
{
	unsigned char octet[NETADDR_OCTETS];
	size_t n = slice_find(text, ':');

	if (text.len && text.s[0] == '[') {
		n = slice_find(text, ']');
		*host = slice_skip(slice_from(text.s, n), 1);
		*rest = slice_skip(text, n + 1);
		if (n < text.len && netaddr_ip(octet, *host)) return true;
		*why = "no address in brackets";
		return false;
	}
	*rest = slice_skip(text, n);
	if (slice_find(slice_skip(*rest, 1), ':') + 1 < rest->len) {
		n = text.len;
		*rest = slice_skip(text, n);
	}
	*host = slice_from(text.s, n);
	return true;
}

bool
netaddr_parse(struct netaddr *a, struct slice text, char const **why)
{
	struct netaddr got = { .port = 0 };
	struct slice host, rest;
	unsigned long long port;

	if (!split(text, &host, &rest, why)) return false;
	if (!parse_host(&got, host, why)) return false;
	if (rest.len) {
		if (rest.s[0] != ':') {
			*why = "only :PORT may follow the brackets";
			return false;
		}
		rest = slice_skip(rest, 1);
		if (!slice_number(rest, NETADDR_PORT_MAX, &port) || !port) {
			*why = "a port is a number from 1 to 65535";
			return false;
		}
		got.port = (unsigned)port;
	}
	*a = got;
	return true;
}
