/* SPDX-License-Identifier: ISC */
/* Trace ids: one text for each id, sorted as the octets are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "common/traceid.h"
#include "tests/seed.h"

enum { ROUNDS = 20000 };

static void
random_id(struct traceid *id)
{
	size_t i;

	for (i = 0; i < TRACEID_OCTETS; i++)
		id->octet[i] = (unsigned char)seed_below(256);
}

static void
knows_texts(void **state)
{
	struct traceid low, high, count;
	char text[TRACEID_TEXT + 1];
	size_t i;

	(void)state;
	memset(&low, 0, sizeof low);
	memset(&high, 0xff, sizeof high);
	for (i = 0; i < TRACEID_OCTETS; i++)
		count.octet[i] = (unsigned char)i;
	assert_ptr_equal(traceid_format(text, &low), text);
	assert_string_equal(text, "00000000000000000000000000");
	assert_string_equal(traceid_format(text, &high),
	    "7zzzzzzzzzzzzzzzzzzzzzzzzz");
	assert_string_equal(traceid_format(text, &count),
	    "00041061050r3gg28a1c60t3gf");
}

static void
comes_back_from_text(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		char a_text[TRACEID_TEXT + 1], b_text[TRACEID_TEXT + 1];
		struct traceid a, b, again;
		int octets, texts;

		random_id(&a);
		b = a;
		b.octet[seed_below(TRACEID_OCTETS)] ^=
		    (unsigned char)(1 << seed_below(8));
		traceid_format(a_text, &a);
		traceid_format(b_text, &b);
		assert_true(traceid_parse(&again, slice_of(a_text)));
		assert_true(traceid_eq(&again, &a));
		assert_false(traceid_eq(&again, &b));
		octets = memcmp(&a, &b, sizeof a);
		texts = strcmp(a_text, b_text);
		assert_int_equal(octets < 0, texts < 0);
		assert_int_not_equal(texts, 0);
	}
}

static void
refuses_what_is_none(void **state)
{
	static struct slice const rows[] = {
		SLICE(""),
		SLICE("0004106105070r3gg28a1c60t"),	/* too short */
		SLICE("0004106105070r3gg28a1c60t30"),	/* too long */
		SLICE("8004106105070r3gg28a1c60t3"),	/* over 128 bits */
		SLICE("0004106105070r3gg28a1c60tI"),
		SLICE("0004106105070R3gg28a1c60t3"),
		SLICE("0004106105070i3gg28a1c60t3"),
		SLICE("0004106105070l3gg28a1c60t3"),
		SLICE("0004106105070o3gg28a1c60t3"),
		SLICE("0004106105070u3gg28a1c60t3"),
		SLICE("0004106105070\0""3gg28a1c60t3"),
		SLICE("0004106105070-3gg28a1c60t3"),
		SLICE(" 004106105070r3gg28a1c60t3")
	};
	struct traceid id, before;
	size_t i;

	(void)state;
	memset(&id, 0xaa, sizeof id);
	before = id;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_false(traceid_parse(&id, rows[i]));
		assert_true(traceid_eq(&id, &before));
	}
	assert_true(traceid_parse(&id, SLICE("0004106105070r3gg28a1c60t3")));
}

static void
holds_its_time(void **state)
{
	static int64_t const times[] = {
		0, 1, 1795203871123, 253402300799999, ((int64_t)1 << 48) - 1
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof times / sizeof *times; i++) {
		struct traceid a, b;

		traceid_make(&a, times[i]);
		traceid_make(&b, times[i]);
		assert_true(traceid_time_ms(&a) == times[i]);
		assert_true(traceid_time_ms(&b) == times[i]);
		assert_false(traceid_eq(&a, &b));
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(knows_texts),
		cmocka_unit_test(comes_back_from_text),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(holds_its_time)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
