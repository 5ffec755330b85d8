/* SPDX-License-Identifier: ISC */
/* Decides about recipients by the files as read; reads none itself. */
#include "smtpd/policy.h"

/* Some line other than "*" names the domain: a recipient without a line is a
 * mistake of the sender's, not an attempt to relay. */
static bool
is_ours(struct routes const *routes, struct slice domain)
{
	size_t i;

	for (i = 0; i < routes->rows; i++) {
		struct route const *row = &routes->row[i];

		if (row->pattern[row->at] == '@' &&
		    slice_is(domain, row->pattern + row->at + 1))
			return true;
	}
	return false;
}

enum reply
policy_rcpt(struct routes const *routes, bool relay, struct addr const *rcpt)
{
	struct route const *route = routes_find(routes, rcpt);
	char path[ROUTE_PATH_MAX];

	if (route && (relay || !route_is_foreign(route))) {
		if (route->action == ROUTE_MAILDIR &&
		    !route_expand(route, rcpt, path))
			return REPLY_UNSAFE_MAILBOX;
		return REPLY_RCPT_OK;
	}
	return is_ours(routes, addr_domain(rcpt))
	    ? REPLY_NO_SUCH_USER : REPLY_NO_RELAYING;
}
