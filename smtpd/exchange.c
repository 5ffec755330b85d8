/* SPDX-License-Identifier: ISC */
/* Leads a session through the exchange that sasl.c understands. Whatever is
 * wrong with an answer, the next line is a command again. */
#include <stdlib.h>
#include <string.h>
#include "smtpd/exchange.h"

void
exchange_forget(struct session *s)
{
	if (s->sasl) explicit_bzero(s->sasl, sizeof *s->sasl);
	free(s->sasl);
	s->sasl = NULL;
}

static enum reply
end(struct session *s, enum reply why)
{
	s->phase = SESSION_IN_COMMANDS;
	exchange_forget(s);
	return why;
}

static enum reply
take_answer(struct session *s, struct slice answer)
{
	switch (sasl_take(s->sasl, answer)) {
	case SASL_ASK_CLIENT:
		s->phase = SESSION_IN_AUTH;
		return REPLY_CHALLENGE;
	case SASL_ASK:
		s->phase = SESSION_ASKING;
		s->question = SESSION_LOGIN;
		return REPLY_NONE;
	case SASL_DONE:
		s->logged_in = true;
		return end(s, REPLY_LOGGED_IN);
	case SASL_NO_BASE64:
		return end(s, REPLY_NO_BASE64);
	case SASL_BROKEN:
		break;
	}
	return end(s, REPLY_BAD_ARGUMENT);
}

/* "=" is an empty first answer. */
enum reply
exchange_begin(struct session *s, struct slice argument)
{
	struct slice mechanism = slice_word(&argument);
	struct slice first = slice_word(&argument);

	if (argument.len) return REPLY_BAD_ARGUMENT;
	if (!s->sasl) s->sasl = malloc(sizeof *s->sasl);
	if (!s->sasl) return REPLY_NO_SPACE;
	if (!sasl_begin(s->sasl, mechanism, s->rules->scram))
		return end(s, REPLY_NO_MECHANISM);
	if (first.len)
		return take_answer(s, slice_is(first, "=")
		    ? slice_from(NULL, 0) : first);
	s->phase = SESSION_IN_AUTH;
	return REPLY_CHALLENGE;
}

enum reply
exchange_line(struct session *s, struct line const *line)
{
	s->secret = true;
	s->waited_for = true;
	if (line->overlong) return end(s, REPLY_LONG_ANSWER);
	if (line->broken) return end(s, REPLY_BROKEN_LINE);
	if (slice_is(line_text(line), "*")) return end(s, REPLY_CANCELLED);
	return take_answer(s, line_text(line));
}
