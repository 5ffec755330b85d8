/* SPDX-License-Identifier: ISC */
/* Reads and writes lines; what is asked and why is server.c's. */
#include <stdio.h>
#include "smtpd/dovecot.h"

static struct slice
take_part(struct slice *in)
{
	struct slice part = slice_from(in->s, slice_find(*in, '\t'));

	*in = slice_skip(*in, part.len + 1);
	return part;
}

static void
take_answer(struct dovecot_line *out, struct slice in, bool right)
{
	unsigned long long number;
	struct slice part;

	if (!slice_number(take_part(&in), UINT32_MAX, &number)) return;
	out->kind = DOVECOT_ANSWER;
	out->number = (uint32_t)number;
	out->outcome = right ? SASL_RIGHT : SASL_WRONG;
	while (in.len) {
		part = take_part(&in);
		if (!right && (slice_is(part, "temp") ||
		    slice_is(part, "code=temp_fail")))
			out->outcome = SASL_UNKNOWN;
		if (right && slice_starts_nocase(part, "user=") &&
		    !sasl_name(out->name, slice_skip(part, 5)))
			out->outcome = SASL_UNKNOWN;
	}
}

void
dovecot_parse(struct dovecot_line *out, struct slice line)
{
	struct slice word = take_part(&line);

	*out = (struct dovecot_line){ .kind = DOVECOT_OTHER };
	if (slice_is(word, "VERSION")) {
		out->kind = slice_is(take_part(&line), "1") ? DOVECOT_VERSION
							    : DOVECOT_BROKEN;
	} else if (slice_is(word, "MECH")) {
		if (slice_is(take_part(&line), "PLAIN"))
			out->kind = DOVECOT_PLAIN;
	} else if (slice_is(word, "DONE")) {
		out->kind = DOVECOT_DONE;
	} else if (slice_is(word, "OK") || slice_is(word, "FAIL")) {
		out->kind = DOVECOT_BROKEN;
		take_answer(out, line, slice_is(word, "OK"));
	} else if (slice_is(word, "CONT")) {
		out->kind = DOVECOT_BROKEN;	/* PLAIN has said it all */
	}
}

size_t
dovecot_hello(char out[DOVECOT_HELLO_MAX], unsigned long pid)
{
	return (size_t)snprintf(out, DOVECOT_HELLO_MAX,
	    "VERSION\t1\t1\nCPID\t%lu\n", pid);
}

_Static_assert(BASE64_LEN(2 * SASL_TEXT_MAX + 2) + 160 < DOVECOT_ASK_MAX,
    "the longest question fits");

/* Those without TLS don't come so far, unless it was said that they may. The
 * answer is the last word: it is defined so. */
size_t
dovecot_ask(char out[DOVECOT_ASK_MAX], uint32_t number,
    struct sasl_question const *q, char const *client)
{
	char text[2 * SASL_TEXT_MAX + 2], base64[BASE64_LEN(sizeof text)];
	size_t name = strlen(q->name), password = strlen(q->password), len;
	int n;

	text[0] = '\0';
	memcpy(text + 1, q->name, name + 1);
	memcpy(text + name + 2, q->password, password);
	len = base64_encode(base64, slice_from(text, name + password + 2));
	n = snprintf(out, DOVECOT_ASK_MAX, "AUTH\t%lu\tPLAIN\tservice=smtp\t"
	    "nologin\tsecured%s%s\tresp=%.*s\n", (unsigned long)number,
	    *client ? "\trip=" : "", client, (int)len, base64);
	explicit_bzero(text, sizeof text);
	explicit_bzero(base64, sizeof base64);
	return (size_t)n;
}
