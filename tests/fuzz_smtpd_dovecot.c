/* SPDX-License-Identifier: ISC */
/* What a hostile authentication server says, line by line: none says that
 * somebody is right in a way that isn't an answer, and no name is longer or
 * odder than a name is. What it says comes back as a name and a password, too:
 * a question about those is one line. */
#include <stdlib.h>
#include "common/base64.h"
#include "smtpd/dovecot.h"

int LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len);

static void
need(bool true_here)
{
	if (!true_here) abort();
}

static void
check_name(char const *name)
{
	size_t i;

	need(memchr(name, '\0', SASL_TEXT_MAX + 1) != NULL);
	for (i = 0; name[i]; i++)
		need((unsigned char)name[i] >= ' ' && name[i] != 0x7f);
}

static void
hear(struct slice text)
{
	struct dovecot_line line;

	dovecot_parse(&line, text);
	check_name(line.name);
	if (line.kind != DOVECOT_ANSWER) {
		need(!*line.name && line.outcome != SASL_RIGHT);
		return;
	}
	need(slice_starts_nocase(text, "OK\t") ||
	    slice_starts_nocase(text, "FAIL\t"));
	need(line.outcome != SASL_RIGHT || *text.s == 'O');
	need(!*line.name || *text.s == 'O');
}

/* keep - what an exchange lets through: neither empty nor too long, no NUL */
static void
keep(char out[SASL_TEXT_MAX + 1], struct slice text)
{
	if (text.len > SASL_TEXT_MAX) text.len = SASL_TEXT_MAX;
	text.len = slice_find(text, '\0');
	if (text.len) memcpy(out, text.s, text.len);
	out[text.len] = '\0';
}

static void
ask(struct slice name, struct slice password)
{
	static char const word[] = "\tresp=";
	struct sasl_question q = { .about = SASL_PASSWORD };
	char out[DOVECOT_ASK_MAX], said[DOVECOT_ASK_MAX], *resp;
	size_t len, n = 0;

	keep(q.name, name);
	keep(q.password, password);
	len = dovecot_ask(out, 1, &q, "192.0.2.1");
	need(len < sizeof out && memchr(out, '\n', len) == out + len - 1);
	out[len - 1] = '\0';
	resp = strstr(out, word);
	need(resp && base64_decode(said, &n, slice_of(resp + strlen(word))));
	need(n == strlen(q.name) + strlen(q.password) + 2);
	need(!said[0] && !memcmp(said + 1, q.name, strlen(q.name) + 1));
	need(!memcmp(said + n - strlen(q.password), q.password,
	    strlen(q.password)));
}

int
LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len)
{
	struct slice in = slice_from((char const *)octets, len);
	struct slice line, before = slice_from(NULL, 0);

	while (in.len) {
		line = slice_from(in.s, slice_find(in, '\n'));
		in = slice_skip(in, line.len + 1);
		hear(line);
		ask(line, before);
		before = line;
	}
	return 0;
}
