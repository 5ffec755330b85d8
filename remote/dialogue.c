/* SPDX-License-Identifier: ISC */
/* The dialogue as a table, and moving in it; decides nothing. */
#include "remote/dialogue.h"
#include "remote/say.h"

/* The dialogue. A refusal of the greeting, of HELO, TLS or the login speaks
 * about that host or about us, not about the mail, so even a 5xx is temporary
 * there. The waits are those of RFC 5321 section 4.5.3.2. */
struct dialogue_row const dialogue[CLIENT_STEPS] = {
	[CLIENT_GREETING] = { NULL, '2', CLIENT_EHLO,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "before the greeting" },
	[CLIENT_EHLO] = { say_ehlo, '2', CLIENT_READY,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to EHLO" },
	[CLIENT_HELO] = { say_helo, '2', CLIENT_READY,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to HELO" },
	[CLIENT_STARTTLS] = { say_starttls, '2', CLIENT_TLS,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to STARTTLS" },
	[CLIENT_TLS] = { NULL, '-', CLIENT_EHLO,
	    ALL_FOR_NOW, CLIENT_OVER, 120, "in the TLS handshake" },
	[CLIENT_AUTH] = { say_auth, '2', CLIENT_READY,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to AUTH" },
	[CLIENT_READY] = { NULL, '-', CLIENT_MAIL,
	    ALL, CLIENT_OVER, 300, "before MAIL" },
	[CLIENT_SCAN] = { NULL, '-', CLIENT_MAIL,
	    ALL, CLIENT_OVER, 300, "before MAIL" },
	[CLIENT_MAIL] = { say_mail, '2', CLIENT_RCPT,
	    ALL, CLIENT_RCPT, 300, "in reply to MAIL" },
	[CLIENT_RCPT] = { say_rcpt, '2', CLIENT_RCPT,
	    THIS_ONE, CLIENT_RCPT, 300, "in reply to RCPT" },
	[CLIENT_DATA] = { say_data, '3', CLIENT_TEXT,
	    THESE, CLIENT_RSET, 120, "in reply to DATA" },
	[CLIENT_BDAT] = { say_bdat, '-', CLIENT_TEXT,
	    ALL, CLIENT_OVER, 180, "before the message" },
	[CLIENT_TEXT] = { NULL, '-', CLIENT_DOT,
	    ALL, CLIENT_OVER, 180, "in the middle of the message" },
	[CLIENT_DOT] = { say_dot, '2', CLIENT_IDLE,
	    THESE, CLIENT_IDLE, 600,
	    "after the whole message: they may have it" },
	[CLIENT_RSET] = { say_rset, '2', CLIENT_IDLE,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to RSET" },
	[CLIENT_IDLE] = { NULL, '-', CLIENT_QUIT,
	    NOBODY, CLIENT_OVER, 300, "between messages" },
	[CLIENT_QUIT] = { say_quit, '2', CLIENT_OVER,
	    NOBODY, CLIENT_OVER, 5, "in reply to QUIT" },
	[CLIENT_OVER] = { NULL, '-', CLIENT_OVER,
	    NOBODY, CLIENT_OVER, 5, "after QUIT" },
};

bool
dialogue_is_same(struct client_place a, struct client_place b)
{
	return a.step == b.step && a.rcpt == b.rcpt;
}

bool
dialogue_in_group(struct client_place p)
{
	return p.step >= CLIENT_MAIL && p.step <= CLIENT_DATA;
}

/* BDAT needs no dots stuffed and a round trip less. In LMTP its replies are
 * nowhere written down. Of what went ahead only the reply is left. */
static enum client_step
how_to_send(struct client const *c)
{
	if (c->ahead) return CLIENT_DOT;
	return c->offer.chunking && c->order.size && !c->order.lmtp ?
	    CLIENT_BDAT : CLIENT_DATA;
}

struct client_place
dialogue_follow(struct client const *c, struct client_place p)
{
	size_t i = p.step == CLIENT_RCPT ? p.rcpt + 1 : c->first;

	if (p.step != CLIENT_MAIL && p.step != CLIENT_RCPT)
		return (struct client_place){ .step = dialogue[p.step].good };
	while (i < c->end && c->bad[i])
		i++;
	if (i == c->end)
		return (struct client_place){ .step = how_to_send(c) };
	return (struct client_place){ .step = CLIENT_RCPT, .rcpt = i };
}

void
dialogue_go(struct client *c, enum client_step step)
{
	c->say = c->hear = (struct client_place){ .step = step };
	if (step == CLIENT_OVER) c->over = true;
}

char const *
dialogue_moment(struct client const *c)
{
	bool unsent = c->hear.step == CLIENT_DOT && !c->unanswered;

	if (client_committed(c)) return dialogue[CLIENT_DOT].moment;
	return dialogue[unsent ? CLIENT_TEXT : c->hear.step].moment;
}
