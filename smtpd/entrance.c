/* SPDX-License-Identifier: ISC */
/* Asks the access file and the lists of trusted networks; reads and writes
 * nothing itself. */
#include "smtpd/entrance.h"

bool
entrance_awaits_header(struct entrance const *e, struct transaction const *t)
{
	struct access_decision may;

	transaction_access(t, &may);
	return may.proxy || trust_holds(e->proxies, transaction_client(t));
}

/* let_in - the greeting stays due, or becomes the reason why not */
static void
let_in(struct entrance *e, struct transaction *t, struct crowd_member *member,
    struct access_decision const *may)
{
	struct session *s = t->session;
	unsigned long long max = may->limit_line[ACCESS_CONNECTIONS]
	    ? may->limit[ACCESS_CONNECTIONS] : e->address_max;

	if (may->verdict == ACCESS_LIMIT)
		session_dismiss(s, REPLY_ACCESS_LIMIT);
	else if (may->verdict == ACCESS_REFUSE)
		session_turn_away(s, may->refusal.code,
		    slice_of(may->refusal.status),
		    slice_of(may->refusal.text));
	else if (!crowd_join(&e->crowd, member, transaction_client(t), max))
		session_dismiss(s, REPLY_TOO_MANY_FROM_YOU);
}

void
entrance_welcome(struct entrance *e, struct transaction *t,
    struct crowd_member *member)
{
	struct access_decision may;

	transaction_access(t, &may);
	t->session->trusted = may.xclient ||
	    trust_holds(e->xclients, transaction_client(t));
	/* who speaks for others is many */
	if (t->session->trusted && may.verdict == ACCESS_ACCEPT) return;
	let_in(e, t, member, &may);
}

void
entrance_change(struct entrance *e, struct transaction *t,
    struct crowd_member *member)
{
	struct access_decision may;

	transaction_access(t, &may);
	crowd_leave(member);
	let_in(e, t, member, &may);
}
