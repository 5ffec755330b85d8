/* SPDX-License-Identifier: ISC */
/* Knows what was seen of a client, and what somebody trusted has said instead. */
#include <stdlib.h>
#include "smtpd/client.h"

struct slice
client_address(struct transaction const *t)
{
	return slice_of(t->xclient && *t->xclient->addr ? t->xclient->addr
							: t->client);
}

struct slice
client_name(struct transaction const *t)
{
	char const *name = t->xclient && *t->xclient->name ? t->xclient->name
							   : t->name;

	return slice_of(name ? name : "");
}

void
client_set_name(struct transaction *t, char const *name)
{
	free(t->name);
	t->name = name ? strdup(name) : NULL;
}

struct slice
client_log_name(struct transaction const *t)
{
	struct slice client = client_address(t);

	return client.len ? client : SLICE("local");
}

/* The word of RFC 3848, and of RFC 6531 section 3.7.3; there is none for HELO
 * with TLS. */
static struct slice
protocol_word(struct session const *s, struct xclient const *x)
{
	/* in clear, with TLS, with a login, with both */
	static struct slice const words[][4][2] = {
		{ { SLICE("SMTP"), SLICE("UTF8SMTP") },
		    { SLICE("SMTP"), SLICE("UTF8SMTPS") },
		    { SLICE("SMTP"), SLICE("UTF8SMTPA") },
		    { SLICE("SMTP"), SLICE("UTF8SMTPSA") } },
		{ { SLICE("ESMTP"), SLICE("UTF8SMTP") },
		    { SLICE("ESMTPS"), SLICE("UTF8SMTPS") },
		    { SLICE("ESMTPA"), SLICE("UTF8SMTPA") },
		    { SLICE("ESMTPSA"), SLICE("UTF8SMTPSA") } },
		{ { SLICE("LMTP"), SLICE("UTF8LMTP") },
		    { SLICE("LMTPS"), SLICE("UTF8LMTPS") },
		    { SLICE("LMTPA"), SLICE("UTF8LMTPA") },
		    { SLICE("LMTPSA"), SLICE("UTF8LMTPSA") } }
	};
	unsigned row = s->rules->lmtp ? 2 : s->extended;
	bool behind = x && *x->proto && !s->rules->lmtp;
	unsigned way = s->secure + 2U * s->logged_in;

	/* our TLS is then the way from the one in front of us */
	if (behind) row = slice_is_nocase(slice_of(x->proto), "ESMTP");
	return words[row][behind ? 0 : way][s->utf8];
}

struct slice
client_login(struct transaction const *t)
{
	if (t->session->logged_in) return slice_of(t->login.name);
	return slice_of(t->xclient ? t->xclient->login : "");
}

struct submit_open
client_describe(struct transaction const *t)
{
	struct session const *s = t->session;
	struct xclient const *x = t->xclient;
	struct submit_open open = { .id = s->id,
		.client_address = client_address(t),
		.client_name = client_name(t),
		.helo = slice_of(x && *x->helo ? x->helo : s->helo),
		.protocol = protocol_word(s, x),
		.login = client_login(t),
		.tls = slice_of(t->tls ? t->tls : ""),
		.envid = s->envid, .size = s->promised,
		.eightbit = s->eightbit, .utf8 = s->utf8, .ret = s->ret };

	if (t->hide_client && open.login.len)
		open.client_address = open.client_name = open.helo = SLICE("");
	return open;
}

void
client_access(struct transaction const *t, struct access_decision *may)
{
	struct who_client who = { .address = client_address(t).s,
		.name = client_name(t),
		.login = client_login(t) };

	access_client(t->access, &who, may);
}
