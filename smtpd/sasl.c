/* SPDX-License-Identifier: ISC */
/* Reads what a client says; believes no length of it. */
#include <string.h>
#include "smtpd/sasl.h"

enum { SAID_MAX = BASE64_LEN(3 * SASL_TEXT_MAX + 2) };

_Static_assert(SAID_MAX / 4 * 3 == SCRAM_HEARD_MAX, "all that may be said");

char const sasl_names[] = "PLAIN LOGIN";
char const sasl_scram[] = "SCRAM-SHA-256";

bool
sasl_begin(struct sasl *s, struct slice mechanism, bool scram)
{
	explicit_bzero(s, sizeof *s);
	if (slice_is_nocase(mechanism, "PLAIN"))
		s->step = SASL_WANTS_PLAIN;
	else if (slice_is_nocase(mechanism, "LOGIN"))
		s->step = SASL_WANTS_NAME;
	else if (scram && slice_is_nocase(mechanism, sasl_scram))
		s->step = SASL_WANTS_FIRST;
	else
		return false;
	return true;
}

char const *
sasl_challenge(struct sasl const *s, char *out)
{
	struct slice said = slice_from(s->scram.said, s->scram.said_len);

	if (s->step == SASL_WANTS_NAME) said = SLICE("Username:");
	if (s->step == SASL_WANTS_PASSWORD) said = SLICE("Password:");
	out[base64_encode(out, said)] = '\0';
	return out;
}

/* Without a NUL, which would make it another one. */
static bool
keep(char out[SASL_TEXT_MAX + 1], struct slice text)
{
	if (!text.len || text.len > SASL_TEXT_MAX ||
	    slice_find(text, '\0') < text.len)
		return false;
	memcpy(out, text.s, text.len);
	out[text.len] = '\0';
	return true;
}

bool
sasl_name(char out[SASL_TEXT_MAX + 1], struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] < ' ' || text.s[i] == 0x7f)
			return false;
	return keep(out, text);
}

/* authorize NUL authenticate NUL password; nobody may be another one here */
static bool
take_plain(struct sasl *s, struct slice in)
{
	struct slice other = slice_from(in.s, slice_find(in, '\0'));
	struct slice name;

	if (other.len == in.len) return false;
	in = slice_skip(in, other.len + 1);
	name = slice_from(in.s, slice_find(in, '\0'));
	if (name.len == in.len) return false;
	in = slice_skip(in, name.len + 1);
	return sasl_name(s->name, name) && keep(s->password, in) &&
	    (!other.len || slice_is(other, s->name));
}

static enum sasl_next
take(struct sasl *s, struct slice said)
{
	switch (s->step) {
	case SASL_WANTS_PLAIN:
		return take_plain(s, said) ? SASL_ASK : SASL_BROKEN;
	case SASL_WANTS_NAME:
		s->step = SASL_WANTS_PASSWORD;
		return sasl_name(s->name, said) ? SASL_ASK_CLIENT : SASL_BROKEN;
	case SASL_WANTS_PASSWORD:
		return keep(s->password, said) ? SASL_ASK : SASL_BROKEN;
	case SASL_WANTS_FIRST:
		return scram_first(&s->scram, said) && sasl_name(s->name,
		    slice_of(s->scram.name)) ? SASL_ASK : SASL_BROKEN;
	case SASL_WANTS_FINAL:
		return scram_final(&s->scram, said) ? SASL_ASK : SASL_BROKEN;
	case SASL_WANTS_NOTHING:
		return said.len ? SASL_BROKEN : SASL_DONE;
	}
	return SASL_BROKEN;
}

enum sasl_next
sasl_take(struct sasl *s, struct slice said)
{
	char octets[SCRAM_HEARD_MAX];
	enum sasl_next next;
	size_t len;

	if (said.len > SAID_MAX) return SASL_BROKEN;
	if (!base64_decode(octets, &len, said)) return SASL_NO_BASE64;
	next = take(s, slice_from(octets, len));
	explicit_bzero(octets, sizeof octets);
	return next;
}

void
sasl_question(struct sasl const *s, struct sasl_question *q)
{
	struct scram const *scram = &s->scram;

	*q = (struct sasl_question){ .about = s->step == SASL_WANTS_FIRST
	    ? SASL_SALT : s->step == SASL_WANTS_FINAL ? SASL_PROOF
	    : SASL_PASSWORD };
	memcpy(q->name, s->name, sizeof q->name);
	memcpy(q->password, s->password, sizeof q->password);
	memcpy(q->proof, scram->proof, sizeof q->proof);
	memcpy(q->exchange, scram->exchange, scram->exchange_len);
	q->exchange_len = scram->exchange_len;
}

enum sasl_next
sasl_answered(struct sasl *s, struct sasl_answer const *a,
    unsigned char const *nonce)
{
	struct verifier v = { .iterations = a->iterations,
		.salt_len = a->salt_len };

	if (s->step == SASL_WANTS_FIRST) {
		memcpy(v.salt, a->salt, sizeof v.salt);
		scram_ask(&s->scram, nonce, &v);
		s->step = SASL_WANTS_FINAL;
		return SASL_ASK_CLIENT;
	}
	if (s->step != SASL_WANTS_FINAL) return SASL_DONE;
	scram_agree(&s->scram, a->signature);
	s->step = SASL_WANTS_NOTHING;
	return SASL_ASK_CLIENT;
}
