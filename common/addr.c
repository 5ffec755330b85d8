/* SPDX-License-Identifier: ISC */
/* Takes mailboxes and paths apart and puts them together; never repairs one. */
#include "common/addr.h"
#include "common/netaddr.h"
#include "common/utf8.h"

_Static_assert((int)NETADDR_HOST_MAX == (int)ADDR_DOMAIN_MAX,
    "a domain that addr_domain_valid accepts fits into struct addr");

/* RFC 5322 section 3.2.3 */
static bool
is_atext(char c)
{
	if (c >= '0' && c <= '9') return true;
	if (slice_lower(c) >= 'a' && slice_lower(c) <= 'z') return true;
	return c && strchr("!#$%&'*+-/=?^_`{|}~", c);
}

/* other_text - octets of the character beyond ASCII at the start of in, 0 for
 * anything else; RFC 6531 section 3.3 puts it beside atext and qtext */
static size_t
other_text(struct slice in)
{
	uint32_t point;
	size_t n = utf8_take(in, &point);

	return n > 1 && !utf8_is_control(point) ? n : 0;
}

/* what a quoted string may hold, some of it only behind a backslash */
static bool
is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static bool
add_local(struct addr *a, char const *s, size_t n)
{
	if (n > (size_t)(ADDR_LOCAL_MAX - a->local_len)) return false;
	memcpy(a->local + a->local_len, s, n);
	a->local_len = (unsigned short)(a->local_len + n);
	return true;
}

/* Each take_ function reads one piece of grammar from the start of in, which
 * moves past it; false: it isn't there. */
static bool
take_octet(struct slice *in, char octet)
{
	if (!in->len || *in->s != octet) return false;
	*in = slice_skip(*in, 1);
	return true;
}

static bool
take_dot_string(struct addr *a, struct slice *in)
{
	bool atom_due = true;

	while (in->len) {
		char c = *in->s;
		size_t n = is_atext(c) || (c == '.' && !atom_due)
		    ? 1 : other_text(*in);

		if (!n) break;
		if (!add_local(a, in->s, n)) return false;
		*in = slice_skip(*in, n);
		atom_due = c == '.';
	}
	return !atom_due;
}

static bool
take_quoted_string(struct addr *a, struct slice *in)
{
	if (!take_octet(in, '"')) return false;
	while (!take_octet(in, '"')) {
		bool escaped = take_octet(in, '\\');
		size_t n = in->len && is_printable(*in->s) ? 1
		    : escaped ? 0 : other_text(*in);

		if (!n || !add_local(a, in->s, n)) return false;
		*in = slice_skip(*in, n);
	}
	return true;
}

/* A name in which characters beyond ASCII stand for letters, each for one: what
 * they come to in the DNS is not for us to say. */
static bool
is_domain(struct slice text)
{
	char name[ADDR_DOMAIN_MAX];
	size_t len = 0, n;

	if (utf8_is_ascii(text)) return addr_domain_valid(text);
	if (text.len > ADDR_DOMAIN_MAX) return false;
	for (; text.len; text = slice_skip(text, n)) {
		n = other_text(text);
		name[len++] = n ? 'x' : *text.s;
		if (!n) n = 1;
	}
	return netaddr_name(slice_from(name, len));
}

/* A domain ends before the first octet that none can hold; brackets may hold
 * what ends a name. */
static bool
take_domain(struct slice *in, struct slice *domain)
{
	size_t n = 0;

	if (in->len && *in->s == '[') {
		n = slice_find(*in, ']');
		if (n < in->len) n++;
	} else {
		while (n < in->len && in->s[n] != ',' && in->s[n] != ':' &&
		    in->s[n] != '>')
			n++;
	}
	*domain = slice_from(in->s, n);
	*in = slice_skip(*in, n);
	return is_domain(*domain);
}

/* canonical - in lower case, an IPv6 literal in its shortest form: the same
 * place is written in one way
 *   returns the length */
static size_t
canonical(char out[ADDR_DOMAIN_MAX], struct slice domain)
{
	static char const tag[] = "[ipv6:";
	size_t const before = sizeof tag - 1;
	unsigned char octet[NETADDR_OCTETS];
	char text[NETADDR_TEXT_MAX + 1];
	size_t i;

	for (i = 0; i < domain.len; i++)
		out[i] = slice_lower(domain.s[i]);
	if (i <= before || memcmp(out, tag, before) ||
	    !netaddr_ip6(octet, slice_from(out + before, i - before - 1)) ||
	    netaddr_is_ip4(octet))
		return i;
	i = strlen(netaddr_ip_format(text, octet));
	memcpy(out + before, text, i);
	out[before + i] = ']';
	return before + i + 1;
}

static bool
take_mailbox(struct addr *a, struct slice *in)
{
	struct slice domain;

	a->local_len = 0;
	if (in->len && *in->s == '"') {
		if (!take_quoted_string(a, in)) return false;
	} else {
		if (!take_dot_string(a, in)) return false;
	}
	if (!take_octet(in, '@')) return false;
	if (!take_domain(in, &domain)) return false;
	a->domain_len = (unsigned short)canonical(a->domain, domain);
	return true;
}

/* @a.example,@b.example: */
static bool
take_source_route(struct slice *in)
{
	struct slice relay;

	do {
		if (!take_octet(in, '@')) return false;
		if (!take_domain(in, &relay)) return false;
	} while (take_octet(in, ','));
	return take_octet(in, ':');
}

bool
addr_parse(struct addr *a, struct slice text)
{
	return take_mailbox(a, &text) && !text.len;
}

enum addr_path
addr_path_parse(struct addr *a, struct slice text, struct slice *rest)
{
	static char const postmaster[] = "postmaster>";
	enum addr_path path = ADDR_PATH_MAILBOX;

	*rest = text;
	if (!take_octet(rest, '<')) return ADDR_PATH_BAD;
	if (take_octet(rest, '>')) return ADDR_PATH_NULL;
	if (slice_starts_nocase(*rest, postmaster)) {
		a->local_len = sizeof postmaster - 2;
		a->domain_len = 0;
		memcpy(a->local, rest->s, a->local_len);
		*rest = slice_skip(*rest, a->local_len);
		path = ADDR_PATH_POSTMASTER;
	} else {
		if (rest->len && *rest->s == '@' && !take_source_route(rest))
			return ADDR_PATH_BAD;
		if (!take_mailbox(a, rest)) return ADDR_PATH_BAD;
	}
	return take_octet(rest, '>') ? path : ADDR_PATH_BAD;
}

bool
addr_is_ascii(struct addr const *a)
{
	return utf8_is_ascii(addr_local(a)) && utf8_is_ascii(addr_domain(a));
}

static bool
needs_quotes(struct slice local)
{
	struct addr dots = { .local_len = 0 };

	return !take_dot_string(&dots, &local) || local.len;
}

size_t
addr_format(struct addr const *a, char *out)
{
	bool quotes = needs_quotes(addr_local(a));
	size_t i, n = 0;

	if (quotes) out[n++] = '"';
	for (i = 0; i < a->local_len; i++) {
		if (a->local[i] == '"' || a->local[i] == '\\') out[n++] = '\\';
		out[n++] = a->local[i];
	}
	if (quotes) out[n++] = '"';
	if (!a->domain_len) return n;
	out[n++] = '@';
	memcpy(out + n, a->domain, a->domain_len);
	return n + a->domain_len;
}

bool
addr_domain_valid(struct slice domain)
{
	static char const tag[] = "IPv6:";
	unsigned char octet[NETADDR_OCTETS];

	if (!domain.len || domain.s[0] != '[') return netaddr_name(domain);
	if (domain.s[domain.len - 1] != ']') return false;
	domain = slice_from(domain.s + 1, domain.len - 2);
	if (!slice_starts_nocase(domain, tag))
		return netaddr_ip4(octet, domain);
	return netaddr_ip6(octet, slice_skip(domain, sizeof tag - 1));
}
