/* SPDX-License-Identifier: ISC */
/* Composes the text of a run's messages and knows it again; sends and reads
 * nothing. */
#include <skalibs/nonposix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/bench/mailing.h"

enum { LINE = 78, HALF = LINE / 2 };	/* with CRLF */

/* Complete: nobody has to add a field. */
static char const head[] = "Date: Sat, 1 Jan 2000 00:00:00 +0000\r\n"
			   "From: sender@bench.test\r\n"
			   "To: recipients@bench.test\r\n"
			   "Message-ID: <benchmark@bench.test>\r\n"
			   "Subject: ";
static char const dot[] = ".\r\n";

/* Lines of letters: none begins with a dot, so the octets that are sent are
 * those of the message. The last but one may be short, that no line is left
 * with less than its CRLF. */
static void
fill(char *at, size_t left)
{
	size_t i, n;

	for (; left; at += n, left -= n) {
		n = left <= LINE ? left : left < LINE + 2 ? HALF : LINE;
		for (i = 0; i < n - 2; i++)
			at[i] = (char)('a' + (left + i * 7) % 26);
		memcpy(at + n - 2, "\r\n", 2);
	}
}

static size_t
without_cr(char *out, char const *in, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		if (in[i] != '\r') out[n++] = in[i];
	return n;
}

bool
mailing_open(struct mailing *m, size_t size, char const *run)
{
	int n;

	m->text = malloc(size + sizeof dot);
	m->filed = malloc(size);
	if (!m->text || !m->filed) {
		mailing_close(m);
		return false;
	}
	n = sprintf(m->text, "%s%.16s ", head, run);
	m->number_at = (size_t)n;
	n += sprintf(m->text + n, "%0*d\r\n\r\n", MAILING_DIGITS, 0);
	fill(m->text + n, size - (size_t)n);
	memcpy(m->text + size, dot, sizeof dot - 1);
	m->len = size + sizeof dot - 1;
	m->filed_len = without_cr(m->filed, m->text, size);
	m->filed_number_at = without_cr(m->filed, m->text, m->number_at);
	without_cr(m->filed, m->text, size);
	return true;
}

void
mailing_close(struct mailing *m)
{
	free(m->text);
	free(m->filed);
}

uint64_t
mailing_user(struct mailing const *m, uint64_t n, uint64_t i)
{
	return (n * m->rcpts + i) % m->users + 1;
}

bool
mailing_name(char *out, char const *pattern, uint64_t user)
{
	struct slice text = slice_of(pattern);
	size_t at = slice_find(text, '%');
	int n;

	if (at == text.len)
		n = snprintf(out, MAILING_PATH_MAX, "%s", pattern);
	else
		n = snprintf(out, MAILING_PATH_MAX, "%.*s%llu%s", (int)at,
		    pattern, (unsigned long long)user, pattern + at + 1);
	return n >= 0 && n < MAILING_PATH_MAX;
}

void
mailing_number(char digits[MAILING_DIGITS + 1], uint64_t n)
{
	snprintf(digits, MAILING_DIGITS + 1, "%0*llu", MAILING_DIGITS,
	    (unsigned long long)n);
}

bool
mailing_number_in(struct slice begin, uint64_t *n)
{
	static char const subject[] = "\nSubject: ";
	char const *at = memmem(begin.s, begin.len, subject,
	    sizeof subject - 1);
	struct slice rest;
	unsigned long long number;

	if (!at) return false;
	rest = slice_skip(begin,
	    (size_t)(at - begin.s) + sizeof subject - 1);
	rest = slice_skip(rest, slice_find(rest, ' ') + 1);
	if (rest.len < MAILING_DIGITS || !slice_number(
	    slice_from(rest.s, MAILING_DIGITS), UINT32_MAX, &number))
		return false;
	*n = number;
	return true;
}

bool
mailing_find(struct mailing const *m, struct slice file, uint64_t user,
    uint64_t *copy)
{
	size_t const behind = m->filed_number_at + MAILING_DIGITS;
	unsigned long long n;
	char const *text;
	uint64_t i;

	if (file.len < m->filed_len) return false;
	text = file.s + file.len - m->filed_len;
	if (memcmp(text, m->filed, m->filed_number_at) != 0 ||
	    memcmp(text + behind, m->filed + behind,
	    m->filed_len - behind) != 0)
		return false;
	if (!slice_number(slice_from(text + m->filed_number_at,
	    MAILING_DIGITS), m->messages - 1, &n))
		return false;
	for (i = 0; i < m->rcpts; i++)
		if (mailing_user(m, n, i) == user) {
			*copy = n * m->rcpts + i;
			return true;
		}
	return false;
}
