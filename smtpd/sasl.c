/* SPDX-License-Identifier: ISC */
/* Reads answers; believes no length of theirs. */
#include <string.h>
#include "common/base64.h"
#include "smtpd/sasl.h"

enum { ANSWER_MAX = BASE64_LEN(3 * SASL_TEXT_MAX + 2) };

char const sasl_names[] = "PLAIN LOGIN";

bool
sasl_begin(struct sasl *s, struct slice mechanism)
{
	*s = (struct sasl){ .step = SASL_WANTS_PLAIN };
	if (slice_is_nocase(mechanism, "PLAIN")) return true;
	s->step = SASL_WANTS_NAME;
	return slice_is_nocase(mechanism, "LOGIN");
}

char const *
sasl_challenge(struct sasl const *s)
{
	static char const *const texts[] = { [SASL_WANTS_PLAIN] = "",
		[SASL_WANTS_NAME] = "VXNlcm5hbWU6",
		[SASL_WANTS_PASSWORD] = "UGFzc3dvcmQ6" };

	return texts[s->step];
}

/* Not empty, and without a NUL, which would make it another one. */
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
	return keep(s->name, name) && keep(s->password, in) &&
	    (!other.len || slice_is(other, s->name));
}

int
sasl_take(struct sasl *s, struct slice answer)
{
	char octets[ANSWER_MAX / 4 * 3];
	size_t len;
	int got = -1;

	if (answer.len > ANSWER_MAX || !base64_decode(octets, &len, answer))
		return -1;
	switch (s->step) {
	case SASL_WANTS_PLAIN:
		if (take_plain(s, slice_from(octets, len))) got = 1;
		break;
	case SASL_WANTS_NAME:
		s->step = SASL_WANTS_PASSWORD;
		if (keep(s->name, slice_from(octets, len))) got = 0;
		break;
	case SASL_WANTS_PASSWORD:
		if (keep(s->password, slice_from(octets, len))) got = 1;
		break;
	}
	explicit_bzero(octets, sizeof octets);
	return got;
}
