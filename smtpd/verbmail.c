/* SPDX-License-Identifier: ISC */
/* The commands that make up a message: from whom, to whom, its text. */
#include "smtpd/intake.h"
#include "smtpd/parameter.h"
#include "smtpd/verbpart.h"

/* take_path - "FROM:" or "TO:" and a path
 *   rest   the parameters
 * White space behind the colon is none of RFC 5321's, but common. */
static bool
take_path(struct session *s, char const *word, struct slice in,
    struct slice *rest)
{
	struct slice domain = s->rules->domain;
	struct addr *a = &s->addr;
	size_t i;

	in = slice_skip(in, strlen(word));
	while (in.len && *in.s == ' ')
		in = slice_skip(in, 1);
	s->path = addr_path_parse(a, in, rest);
	if (s->path == ADDR_PATH_POSTMASTER) {
		for (i = 0; i < domain.len && i < sizeof a->domain; i++)
			a->domain[i] = slice_lower(domain.s[i]);
		a->domain_len = (unsigned short)i;
		s->path = ADDR_PATH_MAILBOX;
	}
	if (rest->len && *rest->s != ' ') s->path = ADDR_PATH_BAD;
	return s->path != ADDR_PATH_BAD;
}

static bool
needs_utf8(struct session const *s)
{
	return !s->utf8 && s->path == ADDR_PATH_MAILBOX &&
	    !addr_is_ascii(&s->addr);
}

enum reply
verb_mail(struct session *s, struct slice argument)
{
	struct slice rest;
	enum reply wrong;

	if (s->mails == s->rules->mails_max) {
		session_dismiss(s, REPLY_TOO_MANY_MAILS);
		return REPLY_NONE;
	}
	if (!slice_starts_nocase(argument, "FROM:")) return REPLY_BAD_ARGUMENT;
	if (!take_path(s, "FROM:", argument, &rest)) return REPLY_BAD_SENDER;
	session_reset(s);
	wrong = parameter_take_all(s, PARAMETER_OF_MAIL, rest);
	if (wrong) return wrong;
	if (needs_utf8(s)) return REPLY_ASCII_SENDER;
	s->question = SESSION_SENDER;
	s->phase = SESSION_ASKING;
	return REPLY_NONE;
}

enum reply
verb_rcpt(struct session *s, struct slice argument)
{
	struct slice rest;
	enum reply wrong;

	s->rcpts_tried = true;
	s->notify = NOTIFY_UNSAID;
	s->orcpt = slice_from(NULL, 0);
	if (!slice_starts_nocase(argument, "TO:")) return REPLY_BAD_ARGUMENT;
	if (!take_path(s, "TO:", argument, &rest) || s->path == ADDR_PATH_NULL)
		return REPLY_BAD_RCPT;
	wrong = parameter_take_all(s, PARAMETER_OF_RCPT, rest);
	if (wrong) return wrong;
	if (needs_utf8(s)) return REPLY_ASCII_RCPT;
	if (s->rcpts == s->rules->rcpts_max) return REPLY_TOO_MANY_RCPTS;
	s->question = SESSION_RECIPIENT;
	s->phase = SESSION_ASKING;
	return REPLY_NONE;
}

static enum reply
check_rcpts(struct session const *s)
{
	if (s->rcpts) return REPLY_NONE;
	/* LMTP has but one word for both: RFC 2033 section 4.2 */
	return s->rcpts_tried && !s->rules->lmtp ? REPLY_NO_VALID_RCPTS
						 : REPLY_BAD_SEQUENCE;
}

/* A pipelining client sends DATA before it knows that no recipient was
 * accepted; it must not be told that it made a mistake (RFC 2920 3.1). */
enum reply
verb_data(struct session *s, struct slice argument)
{
	enum reply wrong = check_rcpts(s);

	(void)argument;
	if (wrong) return wrong;
	s->phase = SESSION_IN_TEXT;
	return REPLY_SEND_TEXT;
}

/* RFC 3030 section 2: octets that were announced come, wanted or not. */
enum reply
verb_bdat(struct session *s, struct slice argument)
{
	enum reply misplaced = check_rcpts(s);

	switch (chunk_parse(&s->chunk, argument, s->rules->text.size_max)) {
	case CHUNK_NO_NUMBER:
		return REPLY_BAD_ARGUMENT;
	case CHUNK_TOO_MANY:
		session_dismiss(s, REPLY_TOO_LARGE);
		return REPLY_NONE;
	case CHUNK_COUNTED:
		break;
	}
	if (!s->extended) misplaced = REPLY_BAD_SEQUENCE;
	intake_begin_chunk(s, s->chunk.odd ? REPLY_BAD_ARGUMENT : misplaced);
	return REPLY_NONE;
}
