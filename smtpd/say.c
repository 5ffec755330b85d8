/* SPDX-License-Identifier: ISC */
/* Fills the one place for a reply; when it is sent is session.c's. */
#include <stdio.h>
#include "smtpd/say.h"
#include "smtpd/verb.h"
#include "smtpd/xclient.h"

enum { KEYWORDS_MAX = 512 };	/* octets of what a reply has a place for */

_Static_assert(KEYWORDS_MAX >= (int)SASL_CHALLENGE_MAX, "a challenge fits");

/* Who is greeted by name hears what the server can do for him. */
static void
list_extensions(struct session const *s, char *out)
{
	bool auth = verb_may_log_in(s);
	bool scram = auth && s->rules->scram_for_all;

	snprintf(out, KEYWORDS_MAX, "PIPELINING\nSIZE %llu\n8BITMIME\n"
	    "SMTPUTF8\nENHANCEDSTATUSCODES\nCHUNKING\nDSN\n"
	    "LIMITS RCPTMAX=%llu MAILMAX=%llu\n%s%s%s%s%s%s%s%s%sHELP",
	    s->rules->text.size_max, s->rules->rcpts_max, s->rules->mails_max,
	    verb_may_secure(s) ? "STARTTLS\n" : "",
	    auth ? "AUTH " : "", scram ? sasl_scram : "", scram ? " " : "",
	    auth ? sasl_names : "", auth ? "\n" : "",
	    s->trusted ? "XCLIENT " : "", s->trusted ? xclient_names : "",
	    s->trusted ? "\n" : "");
}

void
say_uncounted(struct session *s, enum reply reply)
{
	char text[KEYWORDS_MAX] = "";

	if (reply == REPLY_ACCEPTED)
		traceid_format(text, &s->id);
	else if (reply == REPLY_EHLO)
		list_extensions(s, text);
	else if (reply == REPLY_CHALLENGE)
		sasl_challenge(s->sasl, text);
	else if (reply == REPLY_HELP)
		verb_list(text, sizeof text, s->rules->lmtp);
	s->reply_len = reply_format(s->reply, reply, s->rules->hostname,
	    slice_of(text));
	s->reply_times = 1;
}

void
say_custom_uncounted(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	s->reply_len = reply_custom_format(s->reply, code, status, words);
	s->reply_times = 1;
}

/* Refusals for good are counted: who earns too many of them is guessing. */
static bool
is_one_too_many(struct session *s, unsigned code)
{
	if (code < 500 || ++s->errors <= s->rules->errors_max) return false;
	session_dismiss(s, REPLY_TOO_MANY_ERRORS);
	return true;
}

void
say(struct session *s, enum reply reply)
{
	if (!is_one_too_many(s, reply_code(reply))) say_uncounted(s, reply);
}

void
say_custom(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	if (!is_one_too_many(s, code))
		say_custom_uncounted(s, code, status, words);
}

void
say_refusal(struct session *s, enum verdict verdict, struct slice status,
    struct slice words, bool counted)
{
	if (counted && is_one_too_many(s, verdict == VERDICT_PERM ? 554 : 451)) return;
	s->reply_len = reply_refusal_format(s->reply, verdict, status, words);
	s->reply_times = 1;
}

void
say_for_each(struct session *s, unsigned long long rcpts)
{
	if (s->rules->lmtp && s->phase != SESSION_CLOSING)
		s->reply_times = rcpts;
}
