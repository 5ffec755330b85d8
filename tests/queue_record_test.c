/* SPDX-License-Identifier: ISC */
/* Records: there and back, at their largest, and with one bit wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "queue/record.h"
#include "tests/seed.h"

static char octets[2 * RECORD_MAX], noise[2 * RECORD_MAX];

static size_t
put_outcome(char *out, bool closes)
{
	struct record_outcome o = { .rcpt = 7, .attempt = 65536,
	    .due_s = UINT32_MAX, .state = RCPT_FAILED,
	    .status = SLICE("5.1.1"), .where = SLICE("host.example"),
	    .words = SLICE("550 no such user") };

	memset(&o.id, 0x5a, sizeof o.id);
	return record_put(out, &record_outcome_form, &o, closes);
}

static size_t
seal(uint64_t epoch, uint64_t sequence)
{
	return record_seal(octets, &(struct record_head){ .epoch = epoch,
	    .sequence = sequence });
}

static void
goes_there_and_back(void **state)
{
	size_t n = put_outcome(octets, true);
	struct record_outcome o;
	struct record_head head;
	struct slice frame;

	(void)state;
	assert_true(n > 0);
	assert_int_equal(n % RECORD_BOUND, 0);
	assert_int_equal(record_seal(octets, &(struct record_head){
	    0x1122334455667788, UINT64_MAX, UINT64_MAX - 5, true, false }), n);
	assert_int_equal(record_get(slice_from(octets, n), &head, &frame), n);
	assert_true(head.epoch == 0x1122334455667788);
	assert_true(head.sequence == UINT64_MAX);
	assert_true(head.committed == UINT64_MAX - 5);
	assert_true(head.opens);
	assert_true(head.closes); /* as record_put was told */
	assert_true(wire_unpack(&record_outcome_form, &o, frame));
	assert_int_equal(o.rcpt, 7);
	assert_int_equal(o.attempt, 65536);
	assert_int_equal(o.due_s, UINT32_MAX);
	assert_int_equal(o.state, RCPT_FAILED);
	assert_true(slice_is(o.status, "5.1.1"));
	assert_true(slice_is(o.where, "host.example"));
	assert_true(slice_is(o.words, "550 no such user"));

	put_outcome(octets, false);
	seal(1, 2);
	assert_int_equal(record_get(slice_from(octets, n), &head, &frame), n);
	assert_false(head.opens);
	assert_false(head.closes);
	/* a second place gives it a new seal */
	seal(3, 4);
	assert_int_equal(record_get(slice_from(octets, n), &head, &frame), n);
	assert_int_equal(head.epoch, 3);
	assert_int_equal(head.sequence, 4);
}

static void
every_bit_counts(void **state)
{
	size_t n = put_outcome(octets, true), bit, used;
	struct record_head head;
	struct slice frame;

	(void)state;
	seal(77, 99);
	assert_int_equal(record_get(slice_from(octets, n), &head, &frame), n);
	used = RECORD_HEAD + frame.len;
	for (bit = 0; bit < 8 * used; bit++) {
		octets[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(record_get(slice_from(octets, n), &head,
		    &frame), 0);
		octets[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(record_get(slice_from(octets, n), &head, &frame), n);
}

static void
half_a_record_is_none(void **state)
{
	size_t n = put_outcome(octets, true), cut, used;
	struct record_head head;
	struct slice frame;

	(void)state;
	seal(77, 99);
	record_get(slice_from(octets, n), &head, &frame);
	used = RECORD_HEAD + frame.len;
	for (cut = 0; cut < used; cut++) {
		char *copy = malloc(cut ? cut : 1);

		assert_non_null(copy);
		memcpy(copy, octets, cut);
		assert_int_equal(record_get(slice_from(copy, cut), &head,
		    &frame), 0);
		free(copy);
	}
}

/* Forms of any size, to meet the cap of a record itself. */
struct any {
	struct slice text;
};

static struct wire_field const any_fields[] = {
	WIRE_FIELD_TEXT(struct any, text, UINT32_MAX),
};
static struct wire_form const any_form = WIRE_FORM(0x7fff, any_fields);

static void
size_has_a_limit(void **state)
{
	enum { MOST = RECORD_MAX - RECORD_HEAD - 2 - 4 };
	struct any a = { .text = slice_from(noise, MOST) };
	struct record_head head;
	struct slice frame;

	(void)state;
	assert_int_equal(record_size(&any_form, &a), RECORD_MAX);
	assert_int_equal(record_put(octets, &any_form, &a, true), RECORD_MAX);
	seal(1, 1);
	assert_int_equal(record_get(slice_from(octets, sizeof octets), &head,
	    &frame), RECORD_MAX);
	a.text.len++;
	assert_int_equal(record_put(octets, &any_form, &a, true), 0);
	/* what another program might have written */
	record_put(octets, &any_form, &(struct any){ .text = SLICE("") },
	    true);
	wire_put_number(octets + 4, MOST + 6 + 1, 4);
	seal(1, 1);
	assert_int_equal(record_get(slice_from(octets, sizeof octets), &head,
	    &frame), 0);
}

static void
a_body_has_a_limit(void **state)
{
	struct record_body b = { .octets = slice_from(noise,
	    RECORD_BODY_MAX) };
	size_t n = record_put(octets, &record_body_form, &b, true);
	struct record_head head;
	struct slice frame;

	(void)state;
	assert_true(n > RECORD_BODY_MAX);
	seal(1, 1);
	assert_int_equal(record_get(slice_from(octets, n), &head, &frame), n);
	assert_true(wire_unpack(&record_body_form, &b, frame));
	assert_int_equal(b.octets.len, RECORD_BODY_MAX);
	assert_memory_equal(b.octets.s, noise, RECORD_BODY_MAX);
	b.octets.len++;
	assert_int_equal(record_put(octets, &record_body_form, &b, true), 0);
}

static void
sizes_are_on_bounds(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < 300; len++) {
		struct any a = { .text = slice_from(noise, len) };
		size_t n, i, used = RECORD_HEAD + 2 + 4 + len;

		memset(octets, 0xaa, 1024);
		n = record_put(octets, &any_form, &a, true);
		assert_int_equal(n % RECORD_BOUND, 0);
		assert_in_range(n, used, used + RECORD_BOUND - 1);
		for (i = used; i < n; i++)
			assert_int_equal(octets[i], 0);
		assert_int_equal(octets[n], (char)0xaa);
		assert_int_equal(seal(1, 1), n);
	}
}

static void
noise_is_no_record(void **state)
{
	struct record_head head;
	struct slice frame;
	size_t round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		size_t at = seed_below(sizeof noise);
		size_t len = seed_below(sizeof noise - at);
		struct slice s = slice_from(noise + at, len);

		if (seed_below(2) && len >= 8) /* a length that could be */
			wire_put_number(noise + at + 4, seed_below(200), 4);
		assert_int_equal(record_get(s, &head, &frame), 0);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(goes_there_and_back),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(half_a_record_is_none),
		cmocka_unit_test(size_has_a_limit),
		cmocka_unit_test(a_body_has_a_limit),
		cmocka_unit_test(sizes_are_on_bounds),
		cmocka_unit_test(noise_is_no_record),
	};

	seed_begin();
	random_buf(noise, sizeof noise);
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
