/* SPDX-License-Identifier: ISC */
/* Asks the access file, the DNS and the lists of trusted networks; reads and
 * writes nothing itself. */
#include "smtpd/client.h"
#include "smtpd/entrance.h"

bool
entrance_awaits_header(struct entrance const *e, struct transaction const *t)
{
	struct access_decision may;

	client_access(t, &may);
	return may.proxy || trust_holds(e->proxies, client_address(t));
}

/* is_too_fast - one more, and there are too many new ones for a minute */
static bool
is_too_fast(struct entrance *e, struct transaction const *t,
    struct access_decision const *may)
{
	struct tally_who who;

	return may->limit_line[ACCESS_RATE] &&
	    may->limit[ACCESS_RATE] != ACCESS_NO_LIMIT &&
	    tally_address(&who, client_address(t)) &&
	    !tally_add(&e->tallies->rate, &who, may->limit[ACCESS_RATE],
	    t->pool->loop->now_ms);
}

/* find_name - false: it is due */
static bool
find_name(struct entrance *e, struct transaction *t,
    unsigned char const *octet, struct lookup_waiter *w)
{
	enum answer answer;
	char const *name;

	if (!access_wants_name(t->access) || client_name(t).len)
		return true;
	answer = lookup_name(e->lookups, octet, w, &name);
	if (answer == ANSWER_YES) client_set_name(t, name);
	return answer != ANSWER_DUE;
}

/* Of the zones that list him the first decides. All are asked at once. */
static bool
ask_zones(struct entrance *e, unsigned char const *octet,
    struct lookup_waiter *w, struct access_decision *may)
{
	bool due = false;
	size_t i;

	for (i = 0; i < may->zones; i++) {
		enum answer answer = lookup_listed(e->lookups, octet,
		    may->zone[i].zone, w);

		if (answer == ANSWER_YES) access_listed(may, i);
		due |= answer == ANSWER_DUE;
	}
	return !due;
}

bool
entrance_decide(struct entrance *e, struct transaction *t,
    struct lookup_waiter *w, struct access_decision *may)
{
	unsigned char octet[NETADDR_OCTETS];
	bool ip = netaddr_ip(octet, client_address(t));

	if (ip && !find_name(e, t, octet, w) && w) return false;
	client_access(t, may);
	return !ip || ask_zones(e, octet, w, may) || !w;
}

/* let_in - the greeting stays due, or becomes the reason why not */
static void
let_in(struct entrance *e, struct transaction *t, struct crowd_member *member,
    struct access_decision const *may)
{
	struct session *s = t->session;
	unsigned long long max = may->limit_line[ACCESS_CONNECTIONS]
	    ? may->limit[ACCESS_CONNECTIONS] : e->address_max;

	unsigned line = 0;

	if (may->verdict == ACCESS_LIMIT) {
		session_dismiss(s, REPLY_ACCESS_LIMIT);
	} else if (may->verdict == ACCESS_REFUSE) {
		line = may->refusal.line;
		session_turn_away(s, may->refusal.code,
		    slice_of(may->refusal.status),
		    slice_of(may->refusal.text));
	} else if (!crowd_join(&e->crowd, member, client_address(t),
	    max)) {
		line = may->limit_line[ACCESS_CONNECTIONS];
		session_dismiss(s, REPLY_TOO_MANY_FROM_YOU);
	} else if (is_too_fast(e, t, may)) {
		line = may->limit_line[ACCESS_RATE];
		session_dismiss(s, REPLY_TOO_FAST);
	}
	transaction_by_line(t, "access", line);
}

void
entrance_welcome(struct entrance *e, struct transaction *t,
    struct crowd_member *member, struct access_decision const *may)
{
	t->session->trusted = may->xclient ||
	    trust_holds(e->xclients, client_address(t));
	/* who speaks for others is many */
	if (t->session->trusted && may->verdict == ACCESS_ACCEPT) return;
	let_in(e, t, member, may);
}

void
entrance_change(struct entrance *e, struct transaction *t,
    struct crowd_member *member, struct access_decision const *may)
{
	crowd_leave(member);
	let_in(e, t, member, may);
}
