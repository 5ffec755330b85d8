/* SPDX-License-Identifier: ISC */
/* Reads NAME=VALUE words in xtext; whom to believe is for others to say. */
#include <stddef.h>
#include "smtpd/xclient.h"

char const xclient_names[] =
    "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

static int
hex(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3461 section 4; what it stands for must be printable ASCII
 *   out  gets a NUL, room octets in all */
static bool
decode(struct slice in, char *out, size_t room)
{
	size_t n = 0;

	while (in.len) {
		int c = *in.s;

		if (c == '+') {
			if (in.len < 3 || hex(in.s[1]) < 0 || hex(in.s[2]) < 0)
				return false;
			c = hex(in.s[1]) << 4 | hex(in.s[2]);
			in = slice_skip(in, 2);
		}
		in = slice_skip(in, 1);
		if (c <= ' ' || c > '~' || n + 1 == room) return false;
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return n > 0;
}

/* unknown - [UNAVAILABLE] and the like: nothing is known */
static bool
is_unknown(char const *text)
{
	struct slice t = slice_of(text);

	return slice_is_nocase(t, "[UNAVAILABLE]") ||
	    slice_is_nocase(t, "[TEMPUNAVAIL]");
}

static bool
check_addr(char *text)
{
	struct slice t = slice_of(text);
	unsigned char octet[NETADDR_OCTETS];
	bool ip6 = slice_starts_nocase(t, "IPV6:");

	if (ip6 ? !netaddr_ip6(octet, slice_skip(t, 5))
		: !netaddr_ip4(octet, t))
		return false;
	netaddr_ip_format(text, octet);
	return true;
}

static bool
check_name(char *text)
{
	return netaddr_name(slice_of(text));
}

static bool
check_proto(char *text)
{
	struct slice t = slice_of(text);

	return slice_is_nocase(t, "SMTP") || slice_is_nocase(t, "ESMTP") ||
	    slice_is_nocase(t, "LMTP");
}

static bool
check_port(char *text)
{
	unsigned long long port;

	return slice_number(slice_of(text), 65535, &port);
}

#define ROW(name, member, check) \
	{ name, offsetof(struct xclient, member), \
	  sizeof((struct xclient *)0)->member, check }

/* Ports and destinations are read, and of no use here. */
static struct {
	char const *name;
	size_t offset, room;		/* 0: not kept */
	bool (*check)(char *text);	/* may rewrite it, no longer than it
					 * was; NULL: any text */
} const rows[] = {
	ROW("ADDR", addr, check_addr),
	ROW("NAME", name, check_name),
	ROW("HELO", helo, NULL),
	ROW("LOGIN", login, NULL),
	ROW("PROTO", proto, check_proto),
	{ "PORT", 0, 0, check_port },
	{ "DESTADDR", 0, 0, check_addr },
	{ "DESTPORT", 0, 0, check_port },
};

enum { ROWS = sizeof rows / sizeof *rows };

static bool
take(struct xclient *x, struct slice word, unsigned *seen)
{
	char text[XCLIENT_TEXT_MAX + 1];
	size_t i, n = slice_find(word, '=');

	for (i = 0; i < ROWS; i++)
		if (slice_is_nocase(slice_from(word.s, n), rows[i].name))
			break;
	if (i == ROWS || *seen & 1U << i) return false;
	*seen |= 1U << i;
	if (!decode(slice_skip(word, n + 1), text, sizeof text)) return false;
	if (is_unknown(text))
		*text = '\0';
	else if (rows[i].check && !rows[i].check(text))
		return false;
	if (!rows[i].room) return true;
	n = strlen(text);
	if (n >= rows[i].room) return false;
	memcpy((char *)x + rows[i].offset, text, n + 1);
	return true;
}

bool
xclient_parse(struct xclient *x, struct slice argument)
{
	struct xclient new = *x;
	struct slice word;
	unsigned seen = 0;

	while ((word = slice_word(&argument)).len)
		if (!take(&new, word, &seen)) return false;
	*x = new;
	return seen;
}
