/* SPDX-License-Identifier: ISC */
/* Takes mailboxes and paths apart and puts them together; never repairs one. */
#include "common/addr.h"
#include "common/netaddr.h"

_Static_assert((int)NETADDR_HOST_MAX == (int)ADDR_DOMAIN_MAX,
    "a domain that addr_domain_valid accepts fits into struct addr");

/* RFC 5322 section 3.2.3, without UTF-8 */
static bool
is_atext(char c)
{
	if (c >= '0' && c <= '9') return true;
	if (slice_lower(c) >= 'a' && slice_lower(c) <= 'z') return true;
	return c && strchr("!#$%&'*+-/=?^_`{|}~", c);
}

/* what a quoted string may hold, some of it only behind a backslash */
static bool
is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static bool
add_local(struct addr *a, char c)
{
	if (a->local_len == ADDR_LOCAL_MAX) return false;
	a->local[a->local_len++] = c;
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
	size_t n;

	for (n = 0; n < in->len; n++) {
		char c = in->s[n];

		if (c == '.' ? atom_due : !is_atext(c)) break;
		if (!add_local(a, c)) return false;
		atom_due = c == '.';
	}
	*in = slice_skip(*in, n);
	return !atom_due;
}

static bool
take_quoted_string(struct addr *a, struct slice *in)
{
	if (!take_octet(in, '"')) return false;
	while (!take_octet(in, '"')) {
		take_octet(in, '\\');
		if (!in->len || !is_printable(*in->s)) return false;
		if (!add_local(a, *in->s)) return false;
		*in = slice_skip(*in, 1);
	}
	return true;
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
	return addr_domain_valid(*domain);
}

static bool
take_mailbox(struct addr *a, struct slice *in)
{
	struct slice domain;
	size_t i;

	a->local_len = 0;
	if (in->len && *in->s == '"') {
		if (!take_quoted_string(a, in)) return false;
	} else {
		if (!take_dot_string(a, in)) return false;
	}
	if (!take_octet(in, '@')) return false;
	if (!take_domain(in, &domain)) return false;
	for (i = 0; i < domain.len; i++)
		a->domain[i] = slice_lower(domain.s[i]);
	a->domain_len = (unsigned short)i;
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
