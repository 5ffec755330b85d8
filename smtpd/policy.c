/* SPDX-License-Identifier: ISC */
/* Decides about recipients by the files as read; reads none itself. */
#include "smtpd/policy.h"

enum reply
policy_rcpt(struct routes const *routes, bool relay, struct addr const *rcpt)
{
	char path[ROUTE_PATH_MAX];
	struct routes_match found;
	struct route_act const *act;

	/* a recipient without a line in a domain that has some is a mistake
	 * of the sender's, not an attempt to relay */
	if (routes_find(routes, rcpt, SLICE(""), &found) != ROUTES_LINE ||
	    (!relay && route_is_foreign(found.route)))
		return routes_is_ours(routes, addr_domain(rcpt))
		    ? REPLY_NO_SUCH_USER : REPLY_NO_RELAYING;
	act = found.route->act;
	if (act->kind == ROUTE_MAILDIR &&
	    !route_expand(&found, act->word[0], path))
		return REPLY_UNSAFE_MAILBOX;
	return REPLY_RCPT_OK;
}
