/* SPDX-License-Identifier: ISC */
/* What each command means (RFC 5321 section 4.1.1), but for those of a message,
 * which are verbmail.c's; when it is legal and what it may carry stands in the
 * table, and session.c sees to it. */
#include <stdio.h>
#include "smtpd/exchange.h"
#include "smtpd/verb.h"
#include "smtpd/verbpart.h"

/* Any word will do: a client's idea of its own name is kept for the record and
 * believed by nobody. */
static bool
take_hello(struct session *s, struct slice name)
{
	size_t i;

	if (name.len > SESSION_HELO_MAX) return false;
	for (i = 0; i < name.len; i++)
		if (name.s[i] <= ' ' || name.s[i] > '~') return false;
	session_reset(s);
	memcpy(s->helo, name.s, name.len);
	s->helo[name.len] = '\0';
	s->state = SESSION_READY;
	return true;
}

static enum reply
verb_helo(struct session *s, struct slice argument)
{
	if (!take_hello(s, argument)) return REPLY_BAD_ARGUMENT;
	s->extended = false;
	return REPLY_HELO;
}

static enum reply
verb_ehlo(struct session *s, struct slice argument)
{
	if (!take_hello(s, argument)) return REPLY_BAD_ARGUMENT;
	s->extended = true;
	return REPLY_EHLO;
}

static enum reply
verb_rset(struct session *s, struct slice argument)
{
	(void)argument;
	session_reset(s);
	return REPLY_RESET;
}

static enum reply
verb_noop(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_NOOP;
}

/* RFC 5321 section 7.3: who is here is told by delivery only. */
static enum reply
verb_vrfy(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_CANNOT_VERIFY;
}

static enum reply
verb_expn(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_NOT_IMPLEMENTED;
}

/* What it says is for the caller to read, if this client may say it at all. */
static enum reply
verb_xclient(struct session *s, struct slice argument)
{
	(void)argument;
	if (!s->trusted) return REPLY_NO_XCLIENT;
	s->question = SESSION_CLIENT;
	s->phase = SESSION_ASKING;
	return REPLY_NONE;
}

static enum reply
verb_help(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_HELP;
}

bool
verb_may_secure(struct session const *s)
{
	return s->offers_tls && !s->secure;
}

/* RFC 3207 section 4: what comes behind it is no command of ours. */
static enum reply
verb_starttls(struct session *s, struct slice argument)
{
	(void)argument;
	if (s->secure) return REPLY_BAD_SEQUENCE;
	if (!s->offers_tls) return REPLY_NOT_IMPLEMENTED;
	s->question = SESSION_SECURITY;
	s->phase = SESSION_ASKING;
	return REPLY_NONE;
}

bool
verb_may_log_in(struct session const *s)
{
	return s->rules->auth && !s->logged_in &&
	    (s->secure || s->auth_in_clear);
}

static enum reply
verb_auth(struct session *s, struct slice argument)
{
	if (!s->rules->auth) return REPLY_NOT_IMPLEMENTED;
	if (s->logged_in || !s->extended) return REPLY_BAD_SEQUENCE;
	if (!verb_may_log_in(s)) return REPLY_TLS_FIRST;
	return exchange_begin(s, argument);
}

/* A browser can be made to say commands of ours behind its own. */
static enum reply
verb_of_web(struct session *s, struct slice argument)
{
	(void)argument;
	session_dismiss(s, REPLY_NO_WEB);
	return REPLY_NONE;
}

static enum reply
verb_quit(struct session *s, struct slice argument)
{
	(void)argument;
	session_reset(s);
	s->phase = SESSION_CLOSING;
	return REPLY_GOODBYE;
}

enum {
	SHORT = SESSION_COMMAND_MAX,
	LONG = SESSION_PATH_MAX,
	HELLO = SESSION_FRESH | SESSION_READY,
	TEXT = SESSION_MAIL | SESSION_RCPT,
	ANY = SESSION_ANY
};

#define WEB(name) \
	{ name, VERB_BOTH, ANY, VERB_ANY_ARGUMENT, LONG, false, true, \
	  verb_of_web }

static struct verb const verbs[] = {
	/* name  protocol  legal in  argument  longest line  waits  early
	 * function */
	{ "HELO", VERB_SMTP, ANY, VERB_ARGUMENT, SHORT, true, true, verb_helo },
	{ "EHLO", VERB_SMTP, ANY, VERB_ARGUMENT, SHORT, true, true, verb_ehlo },
	{ "LHLO", VERB_LMTP, ANY, VERB_ARGUMENT, SHORT, true, true, verb_ehlo },
	{ "MAIL", VERB_BOTH, SESSION_READY, VERB_ARGUMENT, LONG, false, false,
	    verb_mail },
	{ "RCPT", VERB_BOTH, TEXT, VERB_ARGUMENT, LONG, false, false,
	    verb_rcpt },
	{ "DATA", VERB_BOTH, TEXT, VERB_NO_ARGUMENT, SHORT, true, false,
	    verb_data },
	{ "BDAT", VERB_BOTH, ANY, VERB_ARGUMENT, SHORT, false, true,
	    verb_bdat },
	{ "RSET", VERB_BOTH, ANY, VERB_NO_ARGUMENT, SHORT, false, true,
	    verb_rset },
	{ "NOOP", VERB_BOTH, ANY, VERB_ANY_ARGUMENT, SHORT, false, true,
	    verb_noop },
	{ "VRFY", VERB_BOTH, ANY, VERB_ARGUMENT, SHORT, false, false,
	    verb_vrfy },
	{ "EXPN", VERB_BOTH, ANY, VERB_ANY_ARGUMENT, SHORT, false, false,
	    verb_expn },
	{ "HELP", VERB_BOTH, ANY, VERB_ANY_ARGUMENT, SHORT, false, true,
	    verb_help },
	{ "QUIT", VERB_BOTH, ANY, VERB_NO_ARGUMENT, SHORT, false, true,
	    verb_quit },
	{ "XCLIENT", VERB_BOTH, HELLO, VERB_ARGUMENT, LONG, true, true,
	    verb_xclient },
	{ "STARTTLS", VERB_BOTH, HELLO, VERB_NO_ARGUMENT, SHORT, true, true,
	    verb_starttls },
	{ "AUTH", VERB_BOTH, SESSION_READY, VERB_ARGUMENT, LONG, true, true,
	    verb_auth },
	WEB("GET"), WEB("HEAD"), WEB("POST"), WEB("PUT"), WEB("OPTIONS"),
	WEB("CONNECT"), WEB("PRI"),
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static bool
is_spoken(struct verb const *verb, bool lmtp)
{
	return verb->protocol & (lmtp ? VERB_LMTP : VERB_SMTP);
}

struct verb const *
verb_find(struct slice name, bool lmtp)
{
	size_t i;

	for (i = 0; i < VERBS; i++)
		if (is_spoken(&verbs[i], lmtp) &&
		    slice_is_nocase(name, verbs[i].name))
			return &verbs[i];
	return NULL;
}

bool
verb_is_secret(struct verb const *verb)
{
	return verb->run == verb_auth;
}

void
verb_list(char *out, size_t room, bool lmtp)
{
	size_t i, n = 0;

	*out = '\0';
	for (i = 0; i < VERBS && n < room; i++)
		if (is_spoken(&verbs[i], lmtp) && verbs[i].run != verb_of_web)
			n += (size_t)snprintf(out + n, room - n, "%s%s",
			    n ? " " : "", verbs[i].name);
}
