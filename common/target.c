/* SPDX-License-Identifier: ISC */
/* Takes addresses of rule files apart; never repairs one. */
#include "common/target.h"
#include "common/utf8.h"

bool
target_local_valid(struct slice local)
{
	size_t n;

	if (!local.len || local.len > ADDR_LOCAL_MAX) return false;
	for (; local.len; local = slice_skip(local, n)) {
		uint32_t point;

		n = utf8_take(local, &point);
		if (!n || utf8_is_control(point) || point == '@') return false;
	}
	return true;
}

/* parse_domain - as it stands behind a local part */
static bool
parse_domain(struct addr *a, struct slice domain)
{
	char text[2 + ADDR_DOMAIN_MAX] = "x@";

	if (domain.len > ADDR_DOMAIN_MAX) return false;
	if (domain.len) memcpy(text + 2, domain.s, domain.len);
	return addr_parse(a, slice_from(text, 2 + domain.len));
}

bool
target_domain_valid(struct slice domain)
{
	struct addr a;

	return parse_domain(&a, domain);
}

bool
target_domain_parse(struct addr *a, struct slice domain)
{
	bool good = parse_domain(a, domain);

	a->local_len = 0;
	return good;
}

bool
target_parse(struct addr *a, struct slice text)
{
	size_t n = text.len;
	struct slice local;

	while (n && text.s[n - 1] != '@')
		n--;
	if (!n) return false;
	local = slice_from(text.s, n - 1);
	if (!target_local_valid(local) ||
	    !parse_domain(a, slice_skip(text, n)))
		return false;
	memcpy(a->local, local.s, local.len);
	a->local_len = (unsigned short)local.len;
	return true;
}
