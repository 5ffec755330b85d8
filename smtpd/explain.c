/* SPDX-License-Identifier: ISC */
/* A session without a network: the engine and the policy that serve clients
 * are asked, and their answers printed. Hands over no mail. */
#include <stdio.h>
#include <string.h>
#include "common/utf8.h"
#include "smtpd/explain.h"
#include "smtpd/policy.h"

struct play {
	struct session session;
	struct routes const *routes;
	struct access_decision may;
};

static void
answer(struct play *p)
{
	struct session *s = &p->session;
	struct policy_answer a;

	if (s->question != SESSION_RECIPIENT) {
		session_answer(s, REPLY_SENDER_OK);
		return;
	}
	a = policy_rcpt(p->routes, slice_of(p->may.groups), p->may.relay,
	    &s->addr);
	if (a.line)
		printf("  line %u of the routes takes it\n", a.line);
	else
		printf("  no line of the routes takes it\n");
	if (a.reply)
		session_answer(s, a.reply);
	else
		session_refuse(s, a.code, slice_of(a.status),
		    slice_of(a.text));
}

/* go_on - until the client is to speak */
static void
go_on(struct play *p, bool show)
{
	struct slice view, line;

	for (;;) {
		switch (session_next(&p->session, &view)) {
		case SESSION_ASK:
			answer(p);
			break;
		case SESSION_SEND:
			while (show && slice_line(&view, &line))
				printf("  %.*s\n", (int)line.len, line.s);
			break;
		case SESSION_READ:
		case SESSION_CLOSE:
		case SESSION_STORE:
		case SESSION_COMMIT:
		case SESSION_TLS:
			return;
		case SESSION_ABORT:
			break;
		}
	}
}

static void
say(struct play *p, char const *line, bool show)
{
	size_t len = strlen(line), n;

	if (show) printf("%s", line);
	while (len) {
		n = session_feed(&p->session, line, len);
		line += n;
		len -= n;
		go_on(p, show);
	}
}

static char const *
value_of(char const *fact, char const *name)
{
	size_t n = strlen(name);

	return !strncmp(fact, name, n) && fact[n] == '=' ? fact + n + 1 : NULL;
}

/* The last one of that name, or what is without it. */
static char const *
find(char *const *facts, char const *name, char const *without)
{
	for (; *facts; facts++)
		if (value_of(*facts, name)) without = value_of(*facts, name);
	return without;
}

static char const *
check(char *const *facts)
{
	static char const *const names[] = { "client", "helo", "sender",
		"rcpt" };
	size_t i;

	for (; *facts; facts++) {
		struct slice fact = slice_of(*facts);

		for (i = 0; i < sizeof names / sizeof *names; i++)
			if (value_of(*facts, names[i])) break;
		if (i == sizeof names / sizeof *names ||
		    slice_find(fact, '\n') < fact.len ||
		    slice_find(fact, '\r') < fact.len)
			return *facts;
	}
	return NULL;
}

static void
say_path(struct play *p, char const *verb, char const *address)
{
	bool sender = !strcmp(verb, "MAIL FROM");
	char line[LINE_MAX_OCTETS];

	snprintf(line, sizeof line, "%s:<%.4000s>%s\r\n", verb, address,
	    sender && !utf8_is_ascii(slice_of(address)) ? " SMTPUTF8" : "");
	say(p, line, true);
}

/* false: it would be sent away */
static bool
explain_client(char const *client, struct access_decision const *may)
{
	size_t i;

	printf("client %s: groups %s, may%s relay",
	    *client ? client : "without an address",
	    *may->groups ? may->groups : "none", may->relay ? "" : " not");
	if (may->relay) printf(" by line %u of access", may->relay_line);
	printf("\n");
	if (may->refusal.line)
		printf("  line %u of access decides\n", may->refusal.line);
	for (i = 0; i < may->zones; i++)
		printf("  line %u of access asks %s\n",
		    may->zone[i].refusal.line, may->zone[i].zone);
	if (may->verdict == ACCESS_LIMIT)
		printf("  a pattern of access takes too long: 421 4.3.5\n");
	else if (may->verdict == ACCESS_REFUSE)
		printf("  %u %s %s\n", may->refusal.code, may->refusal.status,
		    may->refusal.text);
	return may->verdict == ACCESS_ACCEPT;
}

char const *
explain_facts(struct session_rules const *rules, struct routes const *routes,
    struct access const *access, char *const *facts)
{
	struct play p = { .routes = routes };
	char const *client = find(facts, "client", "");
	char const *wrong = check(facts), *address;
	char line[LINE_MAX_OCTETS];

	if (wrong) return wrong;
	access_client(access, &(struct who_client){ .address = client },
	    &p.may);
	if (!explain_client(client, &p.may)) return NULL;
	session_init(&p.session, rules);
	/* as whoever gets that far is */
	p.session.secure = p.session.logged_in = true;
	go_on(&p, false);
	snprintf(line, sizeof line, "%s %.4000s\r\n",
	    rules->lmtp ? "LHLO" : "EHLO", find(facts, "helo", "client"));
	say(&p, line, true);
	say_path(&p, "MAIL FROM", find(facts, "sender", ""));
	for (; *facts; facts++) {
		address = value_of(*facts, "rcpt");
		if (address) say_path(&p, "RCPT TO", address);
	}
	session_free(&p.session);
	return NULL;
}
