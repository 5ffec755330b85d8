/* SPDX-License-Identifier: ISC */
/* Every text of up to seven octets that matter, whole and in pieces, against
 * a model that looks at all of it at once; and the cap, at n and n + 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/line.h"

enum { LONGEST = 7, CAP = 3 };

static char const octets[] = { '\r', '\n', '\0', 'x', 'y' };

struct seen {
	char text[CAP];
	size_t len;
	bool broken, overlong;
};

/* What the lines of one input looked like. */
struct lines {
	struct seen line[LONGEST];
	size_t n;
};

static void
model(struct lines *all, char const *s, size_t len)
{
	size_t i, first = 0;

	for (i = 0; i < len; i++) {
		struct seen *seen = &all->line[all->n];
		size_t n, end;

		if (s[i] != '\n') continue;
		end = i > first && s[i - 1] == '\r' ? i - 1 : i;
		seen->broken = end == i;
		for (n = first; n < end; n++)
			if (s[n] == '\r' || !s[n]) seen->broken = true;
		seen->overlong = end - first > CAP;
		seen->len = seen->overlong ? CAP : end - first;
		memcpy(seen->text, s + first, seen->len);
		first = i + 1;
		all->n++;
	}
}

static void
feed(struct lines *all, struct line *line, char const *s, size_t len)
{
	char *copy = malloc(len + !len);
	struct slice in = slice_from(copy, len);

	memcpy(copy, s, len);
	while (line_feed(line, &in, CAP) == 1) {
		struct seen *seen = &all->line[all->n++];
		struct slice text = line_text(line);

		assert_true(line->done);
		assert_true(text.len <= CAP);
		memcpy(seen->text, text.s, text.len);
		seen->len = text.len;
		seen->broken = line->broken;
		seen->overlong = line->overlong;
	}
	assert_int_equal(in.len, 0);
	free(copy);
}

static void
assert_lines(struct lines const *got, struct lines const *wanted)
{
	size_t i;

	assert_int_equal(got->n, wanted->n);
	for (i = 0; i < wanted->n; i++) {
		struct seen const *a = &got->line[i], *b = &wanted->line[i];

		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->text, b->text, b->len);
		assert_int_equal(a->broken, b->broken);
		assert_int_equal(a->overlong, b->overlong);
	}
}

static void
feed_all_ways(char const *s, size_t len)
{
	struct lines wanted = { .n = 0 };
	size_t cut, i;

	model(&wanted, s, len);
	for (cut = 0; cut <= len + 1; cut++) {
		struct lines got = { .n = 0 };
		struct line line = { .len = 0 };

		if (cut <= len) {
			feed(&got, &line, s, cut);
			feed(&got, &line, s + cut, len - cut);
		} else {
			for (i = 0; i < len; i++)
				feed(&got, &line, s + i, 1);
		}
		assert_lines(&got, &wanted);
	}
}

static void
splits_all_texts(void **state)
{
	char s[LONGEST];
	size_t len, i;

	(void)state;
	for (len = 0; len <= LONGEST; len++) {
		size_t number, texts = 1;

		for (i = 0; i < len; i++)
			texts *= sizeof octets;
		for (number = 0; number < texts; number++) {
			size_t left = number;

			for (i = 0; i < len; i++) {
				s[i] = octets[left % sizeof octets];
				left /= sizeof octets;
			}
			feed_all_ways(s, len);
		}
	}
}

/* A line of len octets under this cap: all of it, or cut and said so. */
static void
try_cap(size_t len, size_t cap)
{
	static char text[LINE_MAX_OCTETS + 3];
	struct slice in = slice_from(text, len + 2);
	struct line line = { .len = 0 };

	memset(text, 'x', len);
	memcpy(text + len, "\r\n", 2);
	assert_int_equal(line_feed(&line, &in, cap), 1);
	assert_int_equal(line.overlong, len > cap);
	assert_int_equal(line_text(&line).len, len > cap ? cap : len);
	assert_false(line.broken);

	in = SLICE("NOOP\r\n");
	assert_int_equal(line_feed(&line, &in, cap), 1);
	assert_true(slice_is(line_text(&line), "NOOP"));
	assert_false(line.overlong);
}

static void
holds_the_cap(void **state)
{
	static size_t const caps[] = { 510, LINE_MAX_OCTETS };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof caps / sizeof *caps; i++) {
		try_cap(caps[i], caps[i]);
		try_cap(caps[i] + 1, caps[i]);
	}
}

/* Megabytes without an end grow nothing, and the next line is as any other. */
static void
swallows_what_never_ends(void **state)
{
	static char octet[65536];
	struct line line = { .len = 0 };
	struct slice in;
	int i;

	(void)state;
	memset(octet, 'x', sizeof octet);
	for (i = 0; i < 64; i++) {
		in = slice_from(octet, sizeof octet);
		assert_int_equal(line_feed(&line, &in, LINE_MAX_OCTETS), 0);
	}
	in = SLICE("\r\nQUIT\r\n");
	assert_int_equal(line_feed(&line, &in, LINE_MAX_OCTETS), 1);
	assert_true(line.overlong);
	assert_int_equal(line_text(&line).len, LINE_MAX_OCTETS);
	assert_int_equal(line_feed(&line, &in, LINE_MAX_OCTETS), 1);
	assert_false(line.overlong);
	assert_true(slice_is(line_text(&line), "QUIT"));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(splits_all_texts),
		cmocka_unit_test(holds_the_cap),
		cmocka_unit_test(swallows_what_never_ends)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
