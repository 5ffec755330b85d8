/* SPDX-License-Identifier: ISC */
/* Takes addresses of rule files apart; never repairs one. */
#include "common/target.h"

/* take_character - one of UTF-8 (RFC 3629) from the start of in, which moves
 * past it; false: none is there */
static bool
take_character(struct slice *in)
{
	/* lead octets up to last have this many more, the first of which lies
	 * between least and most: neither overlong nor a surrogate */
	static struct {
		unsigned char last, more, least, most;
	} const rows[] = {
		{ 0x7f, 0, 0, 0 },
		{ 0xc1, 4, 1, 0 },	/* none is so */
		{ 0xdf, 1, 0x80, 0xbf },
		{ 0xe0, 2, 0xa0, 0xbf },
		{ 0xec, 2, 0x80, 0xbf },
		{ 0xed, 2, 0x80, 0x9f },
		{ 0xef, 2, 0x80, 0xbf },
		{ 0xf0, 3, 0x90, 0xbf },
		{ 0xf3, 3, 0x80, 0xbf },
		{ 0xf4, 3, 0x80, 0x8f }
	};
	unsigned char const *s = (unsigned char const *)in->s;
	size_t row, i;

	for (row = 0; row < sizeof rows / sizeof *rows; row++)
		if (*s <= rows[row].last) break;
	if (row == sizeof rows / sizeof *rows) return false;
	if (in->len <= rows[row].more) return false;
	for (i = 1; i <= rows[row].more; i++) {
		if (s[i] < (i == 1 ? rows[row].least : 0x80)) return false;
		if (s[i] > (i == 1 ? rows[row].most : 0xbf)) return false;
	}
	*in = slice_skip(*in, i);
	return true;
}

static bool
is_utf8(struct slice text)
{
	while (text.len)
		if (!take_character(&text)) return false;
	return true;
}

bool
target_local_valid(struct slice local)
{
	size_t i;

	if (!local.len || local.len > ADDR_LOCAL_MAX) return false;
	for (i = 0; i < local.len; i++) {
		unsigned char c = (unsigned char)local.s[i];

		if (c < ' ' || c == 127 || c == '@') return false;
	}
	return is_utf8(local);
}

/* a label with octets beyond ASCII is compared, never looked up: what it may
 * hold is its registry's affair (RFC 5890), but for what ends a name */
bool
target_domain_valid(struct slice domain)
{
	char ascii[ADDR_DOMAIN_MAX];
	size_t i;

	if (domain.len > ADDR_DOMAIN_MAX || !is_utf8(domain)) return false;
	for (i = 0; i < domain.len; i++)
		ascii[i] = domain.s[i] & 0x80 ? 'x' : domain.s[i];
	return addr_domain_valid(slice_from(ascii, domain.len));
}

bool
target_parse(struct addr *a, struct slice text)
{
	size_t n = text.len, i;
	struct slice local, domain;

	while (n && text.s[n - 1] != '@')
		n--;
	if (!n) return false;
	local = slice_from(text.s, n - 1);
	domain = slice_skip(text, n);
	if (!target_local_valid(local) || !target_domain_valid(domain))
		return false;
	memcpy(a->local, local.s, local.len);
	a->local_len = (unsigned short)local.len;
	for (i = 0; i < domain.len; i++)
		a->domain[i] = slice_lower(domain.s[i]);
	a->domain_len = (unsigned short)domain.len;
	return true;
}
