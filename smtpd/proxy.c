/* SPDX-License-Identifier: ISC */
/* Reads a header octet by octet until it is plain which form it has; whether
 * the other end may send one is for others to say. */
#include "smtpd/proxy.h"

static unsigned char const signature[] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
	0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };
static char const word[] = "PROXY ";

enum {
	SIGNATURE = sizeof signature,
	WORD = sizeof word - 1,
	VERSION_AT = SIGNATURE, FAMILY_AT, LENGTH_AT,
	VERSION_LOCAL = 0x20, VERSION_PROXY,
	FAMILY_TCP4 = 0x11, FAMILY_TCP6 = 0x21,
	LENGTH_TCP4 = 12, LENGTH_TCP6 = 36,
	IP4_AT = 12		/* in an address; see netaddr.h */
};

static bool
starts(struct proxy const *p, void const *with, size_t len)
{
	return !memcmp(p->octet, with, p->len < len ? p->len : len);
}

/* take - until there are so many octets; false: there aren't yet */
static bool
take(struct proxy *p, struct slice *in, size_t wanted)
{
	size_t n = wanted > p->len ? wanted - p->len : 0;

	if (n > in->len) n = in->len;
	if (n) memcpy(p->octet + p->len, in->s, n);
	p->len += n;
	*in = slice_skip(*in, n);
	return p->len >= wanted;
}

/* Form 1: PROXY TCP4 source destination port port */

static bool
is_port(struct slice text)
{
	unsigned long long port;

	return text.len <= 5 && slice_number(text, 65535, &port);
}

/* next - a word that ends with the only space behind it */
static struct slice
next(struct slice *in)
{
	size_t n = slice_find(*in, ' ');
	struct slice text = slice_from(in->s, n);

	*in = slice_skip(*in, n + 1);
	return text;
}

static bool
read_line(struct proxy *p, struct slice line)
{
	unsigned char octet[NETADDR_OCTETS], other[NETADDR_OCTETS];
	struct slice family = next(&line), source, destination;
	bool (*read)(unsigned char *, struct slice);

	if (slice_is(family, "UNKNOWN")) return true;
	read = slice_is(family, "TCP4") ? netaddr_ip4
	    : slice_is(family, "TCP6") ? netaddr_ip6 : NULL;
	source = next(&line);
	destination = next(&line);
	if (!read || !read(octet, source) || !read(other, destination))
		return false;
	if (!is_port(next(&line)) || !is_port(line)) return false;
	netaddr_ip_format(p->client, octet);
	return true;
}

static int
feed_line(struct proxy *p, struct slice *in)
{
	char const *text = (char const *)p->octet;

	while (p->len < 2 || memcmp(text + p->len - 2, "\r\n", 2)) {
		if (p->len == PROXY_LINE_MAX) return -1;
		if (!take(p, in, p->len + 1)) return 0;
	}
	return read_line(p, slice_from(text + WORD, p->len - 2 - WORD))
	    ? 1 : -1;
}

/* Form 2 */

static bool
read_addresses(struct proxy *p, unsigned length)
{
	unsigned char octet[NETADDR_OCTETS] = { [10] = 0xff, [11] = 0xff };
	unsigned char const *source = p->octet + PROXY_FIXED;

	if (p->octet[VERSION_AT] == VERSION_LOCAL) return true;
	switch (p->octet[FAMILY_AT]) {
	case FAMILY_TCP4:
		if (length < LENGTH_TCP4) return false;
		memcpy(octet + IP4_AT, source, 4);
		break;
	case FAMILY_TCP6:
		if (length < LENGTH_TCP6) return false;
		memcpy(octet, source, sizeof octet);
		break;
	default:
		return true;
	}
	netaddr_ip_format(p->client, octet);
	return true;
}

static int
feed_binary(struct proxy *p, struct slice *in)
{
	unsigned length, kept;
	size_t n;

	if (!take(p, in, PROXY_FIXED)) return 0;
	if (p->octet[VERSION_AT] != VERSION_LOCAL &&
	    p->octet[VERSION_AT] != VERSION_PROXY)
		return -1;
	length = (unsigned)(p->octet[LENGTH_AT] << 8 | p->octet[LENGTH_AT + 1]);
	kept = length < PROXY_KEPT ? length : PROXY_KEPT;
	if (!take(p, in, PROXY_FIXED + kept)) return 0;
	n = length - kept - p->skip;
	if (n > in->len) n = in->len;
	*in = slice_skip(*in, n);
	p->skip += (uint32_t)n;
	if (p->skip < length - kept) return 0;
	return read_addresses(p, length) ? 1 : -1;
}

int
proxy_feed(struct proxy *p, struct slice *in)
{
	while (p->len < WORD) {
		if (!take(p, in, p->len + 1)) return 0;
		if (!starts(p, word, WORD) && !starts(p, signature, SIGNATURE))
			return -1;
	}
	if (starts(p, word, WORD)) return feed_line(p, in);
	while (p->len < SIGNATURE) {
		if (!take(p, in, p->len + 1)) return 0;
		if (!starts(p, signature, SIGNATURE)) return -1;
	}
	return feed_binary(p, in);
}
