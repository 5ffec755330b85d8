/* SPDX-License-Identifier: ISC */
/* Reads parameters strictly: each once, each with a value or without, as it
 * ought to be. */
#include "common/utf8.h"
#include "smtpd/parameter.h"

/* RFC 1870 section 3: up to 20 digits; what is beyond 64 bits is too large
 * whatever the limit. */
static enum reply
take_size(struct session *s, struct slice value)
{
	unsigned long long n;
	size_t i;

	if (value.len > 20) return REPLY_BAD_PARAMETER;
	for (i = 0; i < value.len; i++)
		if (value.s[i] < '0' || value.s[i] > '9')
			return REPLY_BAD_PARAMETER;
	if (!slice_number(value, s->rules->text.size_max, &n))
		return REPLY_TOO_LARGE;
	s->promised = n;
	return REPLY_NONE;
}

/* RFC 6152 section 2 */
static enum reply
take_body(struct session *s, struct slice value)
{
	s->eightbit = slice_is_nocase(value, "8BITMIME");
	if (s->eightbit || slice_is_nocase(value, "7BIT")) return REPLY_NONE;
	return REPLY_BAD_PARAMETER;
}

/* RFC 6531 section 3.4 */
static enum reply
take_smtputf8(struct session *s, struct slice value)
{
	(void)value;
	s->utf8 = true;
	return REPLY_NONE;
}

/* RFC 3461 section 4.3 */
static enum reply
take_ret(struct session *s, struct slice value)
{
	s->ret = slice_is_nocase(value, "FULL") ? RET_FULL
	    : slice_is_nocase(value, "HDRS") ? RET_HDRS : RET_UNSAID;
	return s->ret ? REPLY_NONE : REPLY_BAD_PARAMETER;
}

/* section 4.4 */
static enum reply
take_envid(struct session *s, struct slice value)
{
	s->envid = value;
	return dsn_envid_valid(value) ? REPLY_NONE : REPLY_BAD_PARAMETER;
}

/* section 4.1 */
static enum reply
take_notify(struct session *s, struct slice value)
{
	unsigned notify;

	if (!dsn_notify_parse(value, &notify)) return REPLY_BAD_PARAMETER;
	s->notify = (uint8_t)notify;
	return REPLY_NONE;
}

/* section 4.2; RFC 6533 section 3 for the octets above 127 */
static enum reply
take_orcpt(struct session *s, struct slice value)
{
	s->orcpt = value;
	if (!s->utf8 && !utf8_is_ascii(value)) return REPLY_BAD_PARAMETER;
	return dsn_orcpt_valid(value) ? REPLY_NONE : REPLY_BAD_PARAMETER;
}

/* RFC 4954 section 5: who is said to have written it. Clients say so unasked
 * where AUTH is to be had; nobody is believed, nor told. */
static enum reply
take_auth(struct session *s, struct slice value)
{
	if (!s->rules->auth) return REPLY_UNKNOWN_PARAMETER;
	if (slice_is(value, "<>") || dsn_xtext_valid(value)) return REPLY_NONE;
	return REPLY_BAD_PARAMETER;
}

static struct {
	char const *name;
	enum parameter_of of;
	bool valued;
	enum reply (*take)(struct session *s, struct slice value);
} const rows[] = {
	{ "SIZE", PARAMETER_OF_MAIL, true, take_size },
	{ "BODY", PARAMETER_OF_MAIL, true, take_body },
	{ "SMTPUTF8", PARAMETER_OF_MAIL, false, take_smtputf8 },
	{ "RET", PARAMETER_OF_MAIL, true, take_ret },
	{ "ENVID", PARAMETER_OF_MAIL, true, take_envid },
	{ "AUTH", PARAMETER_OF_MAIL, true, take_auth },
	{ "NOTIFY", PARAMETER_OF_RCPT, true, take_notify },
	{ "ORCPT", PARAMETER_OF_RCPT, true, take_orcpt },
};

enum { ROWS = sizeof rows / sizeof *rows };

/* seen  a bit for each row that has been taken */
static enum reply
take_one(struct session *s, enum parameter_of of, struct slice word,
    unsigned *seen)
{
	size_t i, n = slice_find(word, '=');
	struct slice value = slice_skip(word, n + 1);

	for (i = 0; i < ROWS; i++)
		if (rows[i].of == of &&
		    slice_is_nocase(slice_from(word.s, n), rows[i].name))
			break;
	if (!s->extended || i == ROWS) return REPLY_UNKNOWN_PARAMETER;
	if (*seen & 1U << i) return REPLY_BAD_PARAMETER;
	*seen |= 1U << i;
	if (rows[i].valued ? !value.len : n < word.len)
		return REPLY_BAD_PARAMETER;
	return rows[i].take(s, value);
}

enum reply
parameter_take_all(struct session *s, enum parameter_of of, struct slice text)
{
	enum reply wrong = REPLY_NONE;
	struct slice word;
	unsigned seen = 0;

	while (!wrong && (word = slice_word(&text)).len)
		wrong = take_one(s, of, word, &seen);
	return wrong;
}
