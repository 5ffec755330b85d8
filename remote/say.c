/* SPDX-License-Identifier: ISC */
/* Writes commands; never decides when. */
#include <stdio.h>
#include "remote/say.h"

static void
put(struct client *c, struct slice text)
{
	memcpy(c->out + c->out_len, text.s, text.len);
	c->out_len += text.len;
}

static void
put_path(struct client *c, struct slice mailbox)
{
	struct addr a;

	/* formatted anew: what goes out is what was checked */
	if (mailbox.len && addr_parse(&a, mailbox))
		c->out_len += addr_format(&a, c->out + c->out_len);
}

/* What the sender chose is passed on only if it is what it should be. */
static void
put_envid(struct client *c)
{
	if (!dsn_envid_valid(c->order.envid)) return;
	put(c, SLICE(" ENVID="));
	put(c, c->order.envid);
}

static bool
has_8bit(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] >= 0x80) return true;
	return false;
}

static void
put_orcpt(struct client *c, struct slice orcpt)
{
	if (!dsn_orcpt_valid(orcpt)) return;
	if (has_8bit(orcpt) && !(c->offer.smtputf8 && c->utf8)) return;
	put(c, SLICE(" ORCPT="));
	put(c, orcpt);
}

static void
say_hello(struct client *c, struct slice verb)
{
	put(c, verb);
	put(c, c->order.hostname);
	put(c, SLICE("\r\n"));
}

void
say_ehlo(struct client *c)
{
	say_hello(c, c->order.lmtp ? SLICE("LHLO ") : SLICE("EHLO "));
}

void
say_helo(struct client *c)
{
	say_hello(c, SLICE("HELO "));
}

void
say_starttls(struct client *c)
{
	put(c, SLICE("STARTTLS\r\n"));
}

void
say_auth(struct client *c)
{
	c->round = 0;
	c->out_len += login_say(c->order.login, c->mechanism, c->round++,
	    SLICE(""), c->out + c->out_len);
}

bool
say_more(struct client *c)
{
	size_t n = login_say(c->order.login, c->mechanism, c->round++,
	    reply_line(&c->reply), c->out + c->out_len);

	c->out_len += n;
	return n > 0;
}

void
say_mail(struct client *c)
{
	static char const *const ret[RETS] = { "", " RET=FULL", " RET=HDRS" };
	char size[32];
	bool utf8 = c->offer.smtputf8 && c->utf8;

	c->mails++;
	put(c, SLICE("MAIL FROM:<"));
	put_path(c, c->order.sender);
	put(c, SLICE(">"));
	if (c->offer.size) {
		snprintf(size, sizeof size, " SIZE=%llu",
		    (unsigned long long)c->order.size);
		put(c, slice_of(size));
	}
	if (c->offer.eightbitmime && (c->order.eightbit || utf8))
		put(c, SLICE(" BODY=8BITMIME"));
	if (utf8) put(c, SLICE(" SMTPUTF8"));
	if (c->offer.dsn) {
		if (c->order.ret < RETS) put(c, slice_of(ret[c->order.ret]));
		put_envid(c);
	}
	put(c, SLICE("\r\n"));
}

/* NEVER stands alone (RFC 3461 section 4.1). */
static void
put_notify(struct client *c, uint8_t notify)
{
	static struct {
		enum notify when;
		char const *word;
	} const words[] = {
		{ NOTIFY_SUCCESS, "SUCCESS" },
		{ NOTIFY_FAILURE, "FAILURE" },
		{ NOTIFY_DELAY, "DELAY" },
	};
	char const *before = " NOTIFY=";
	size_t i;

	if (notify & NOTIFY_NEVER) {
		put(c, SLICE(" NOTIFY=NEVER"));
		return;
	}
	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (!(notify & words[i].when)) continue;
		put(c, slice_of(before));
		put(c, slice_of(words[i].word));
		before = ",";
	}
}

void
say_rcpt(struct client *c)
{
	put(c, SLICE("RCPT TO:<"));
	put_path(c, c->order.rcpt[c->say.rcpt]);
	put(c, SLICE(">"));
	if (c->offer.dsn && c->order.dsn) {
		struct client_dsn const *dsn = &c->order.dsn[c->say.rcpt];

		put_notify(c, dsn->notify);
		put_orcpt(c, dsn->orcpt);
	}
	put(c, SLICE("\r\n"));
}

void
say_data(struct client *c)
{
	put(c, SLICE("DATA\r\n"));
}

void
say_bdat(struct client *c)
{
	char line[32];

	snprintf(line, sizeof line, "BDAT %llu LAST\r\n",
	    (unsigned long long)c->order.size);
	put(c, slice_of(line));
	c->chunked = true;
}

/* What came by BDAT has been counted and needs no end mark. */
void
say_dot(struct client *c)
{
	if (!c->chunked) c->out_len += body_send_end(&c->body, c->out + c->out_len);
}

void
say_rset(struct client *c)
{
	put(c, SLICE("RSET\r\n"));
}

void
say_quit(struct client *c)
{
	put(c, SLICE("QUIT\r\n"));
}
