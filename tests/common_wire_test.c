/* SPDX-License-Identifier: ISC */
/* Every frame between the programs: there and back, each cap at n and n + 1,
 * cut short, made longer, and as noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdalign.h>
#include <cmocka.h>
#include "common/deliver.h"
#include "tests/seed.h"

enum { ROUNDS = 200, TEXT_ROOM = 1 << 16, FIELDS_MAX = 32 };

static struct wire_form const *const forms[] = {
	&submit_open_form, &submit_rcpt_form, &submit_body_form,
	&submit_end_form, &submit_abort_form, &submit_verdict_form,
	&submit_room_form,
	&handover_held_form, &handover_window_form, &handover_fetch_form,
	&handover_outcome_form, &handover_mail_form, &handover_rcpt_form,
	&handover_ready_form, &handover_told_form, &handover_body_form,
	&handover_ahead_form,
	&handover_outcome_ack_form, &handover_report_form,
	&handover_reported_form, &handover_report_text_form,
	&handover_report_end_form, &handover_report_ack_form,
	&handover_order_form, &handover_expand_form, &handover_target_form,
	&handover_expand_end_form, &handover_expand_ack_form,
	&deliver_slots_form, &deliver_job_form,
	&deliver_rcpt_form, &deliver_run_form, &deliver_result_form,
};

enum { FORMS = sizeof forms / sizeof *forms };

/* Any struct that has a form. */
struct values {
	alignas(max_align_t) char octet[WIRE_STRUCT_MAX];
};

static char noise[TEXT_ROOM];

static void
set_number(struct values *v, struct wire_field const *f, uint64_t n)
{
	void *at = v->octet + f->offset;
	size_t i;

	switch (f->kind) {
	case WIRE_U8:
		*(uint8_t *)at = (uint8_t)n;
		break;
	case WIRE_U32:
		*(uint32_t *)at = (uint32_t)n;
		break;
	case WIRE_U64:
		*(uint64_t *)at = n;
		break;
	case WIRE_ID:
		for (i = 0; i < TRACEID_OCTETS; i++)
			((unsigned char *)at)[i] = (unsigned char)seed_next();
		break;
	case WIRE_TEXT:
		*(struct slice *)at = slice_from(noise, n);
		break;
	}
}

static bool
same(struct values const *a, struct values const *b,
    struct wire_field const *f)
{
	static size_t const octets[] = { [WIRE_U8] = 1, [WIRE_U32] = 4,
		[WIRE_U64] = 8, [WIRE_ID] = TRACEID_OCTETS };
	char const *x = a->octet + f->offset, *y = b->octet + f->offset;

	if (f->kind == WIRE_TEXT)
		return slice_eq(*(struct slice const *)(void const *)x,
		    *(struct slice const *)(void const *)y);
	return !memcmp(x, y, octets[f->kind]);
}

/* A value within the field's cap: often an end of what it may be. */
static uint64_t
some_number(struct wire_field const *f)
{
	switch (seed_below(4)) {
	case 0:
		return 0;
	case 1:
		return f->max;
	default:
		return f->max == UINT64_MAX ? seed_next() :
		    seed_next() % (f->max + 1);
	}
}

static void
fill(struct values *v, struct wire_form const *form)
{
	size_t i;

	memset(v, 0, sizeof *v);
	for (i = 0; i < form->fields; i++)
		set_number(v, &form->field[i], some_number(&form->field[i]));
}

/* A copy with no octet to spare, so that a read beyond it is seen. */
static struct slice
exactly(char const *s, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, s, len);
	return slice_from(copy, len);
}

static bool
unpacks(struct wire_form const *form, struct values *v, char const *s,
    size_t len)
{
	struct slice frame = exactly(s, len);
	bool fine = wire_unpack(form, v, frame);

	free((char *)(size_t)frame.s);
	return fine;
}

static void
goes_there_and_back(void **state)
{
	static char out[WIRE_FRAME_MAX];
	size_t k, i, round;

	(void)state;
	for (k = 0; k < FORMS; k++)
		for (round = 0; round < ROUNDS; round++) {
			struct wire_form const *form = forms[k];
			struct values v, back;
			size_t n;

			fill(&v, form);
			n = wire_pack(form, &v, out, sizeof out);
			assert_true(n > 0);
			assert_int_equal(n, wire_size(form, &v));
			assert_int_equal(wire_pack(form, &v, out, n), n);
			assert_int_equal(wire_pack(form, &v, out, n - 1), 0);
			assert_int_equal(wire_type(slice_from(out, n)),
			    form->type);
			memset(&back, 0xa5, sizeof back);
			assert_true(wire_unpack(form, &back,
			    slice_from(out, n)));
			for (i = 0; i < form->fields; i++)
				assert_true(same(&v, &back, &form->field[i]));
		}
}

/* The largest value of each field passes both ways; one more passes neither,
 * also when somebody else packed it. */
static void
every_cap_is_exact(void **state)
{
	static char out[WIRE_FRAME_MAX + 64];
	size_t k, i, j;

	(void)state;
	for (k = 0; k < FORMS; k++)
		for (i = 0; i < forms[k]->fields; i++) {
			struct wire_field loose[FIELDS_MAX];
			struct wire_form forged = *forms[k];
			struct wire_field const *f = &forms[k]->field[i];
			struct values v = { .octet = "" };
			size_t n;

			if (f->kind == WIRE_ID || f->kind == WIRE_U32 ||
			    f->kind == WIRE_U64)
				continue;
			set_number(&v, f, f->max);
			n = wire_pack(forms[k], &v, out, sizeof out);
			assert_true(n > 0);
			assert_true(unpacks(forms[k], &v, out, n));

			set_number(&v, f, f->max + 1);
			assert_int_equal(wire_pack(forms[k], &v, out,
			    sizeof out), 0);
			assert_true(forged.fields <= FIELDS_MAX);
			for (j = 0; j < forged.fields; j++) {
				loose[j] = forged.field[j];
				loose[j].max = UINT64_MAX;
			}
			forged.field = loose;
			n = wire_pack(&forged, &v, out, sizeof out);
			assert_true(n > 0);
			assert_false(unpacks(forms[k], &v, out, n));
		}
}

static void
every_frame_fits(void **state)
{
	size_t k, i;

	(void)state;
	for (k = 0; k < FORMS; k++) {
		struct values v = { .octet = "" };

		for (i = 0; i < forms[k]->fields; i++)
			set_number(&v, &forms[k]->field[i],
			    forms[k]->field[i].max);
		assert_true(wire_size(forms[k], &v) <= WIRE_FRAME_MAX);
	}
}

static void
refuses_what_is_cut_or_longer(void **state)
{
	static char out[WIRE_FRAME_MAX + 1];
	size_t k;

	(void)state;
	for (k = 0; k < FORMS; k++) {
		struct values v, back;
		size_t n, cut, step;

		fill(&v, forms[k]);
		n = wire_pack(forms[k], &v, out, sizeof out);
		/* every length near the ends, a sample in between */
		for (cut = 0; cut < n; cut += step) {
			step = n < 2000 || cut < 1000 || cut + 1000 > n ? 1 :
			    1 + seed_below(500);
			assert_false(unpacks(forms[k], &back, out, cut));
		}
		assert_true(unpacks(forms[k], &back, out, n));
		out[n] = (char)seed_next();
		assert_false(unpacks(forms[k], &back, out, n + 1));
	}
}

static void
refuses_another_type(void **state)
{
	static char out[WIRE_FRAME_MAX];
	size_t k, other;

	(void)state;
	for (k = 0; k < FORMS; k++) {
		struct values v;
		size_t n;

		fill(&v, forms[k]);
		n = wire_pack(forms[k], &v, out, sizeof out);
		for (other = 0; other < FORMS; other++) {
			struct values back;

			if (other == k) continue;
			assert_int_not_equal(forms[k]->type,
			    forms[other]->type);
			assert_false(wire_unpack(forms[other], &back,
			    slice_from(out, n)));
		}
	}
	assert_int_equal(wire_type(slice_from("\1", 1)), 0);
	assert_int_equal(wire_type(slice_from(NULL, 0)), 0);
}

/* What unpacks at all packs to the same octets again: there is one way to
 * write a frame. */
static void
noise_is_harmless(void **state)
{
	static char again[WIRE_FRAME_MAX];
	size_t round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct wire_form const *form = forms[seed_below(FORMS)];
		char out[300];
		size_t len = seed_below(sizeof out + 1);
		struct slice frame;
		struct values v;

		for (i = 0; i < len; i++)
			out[i] = seed_below(3) ? 0 : (char)seed_next();
		if (len >= 2) wire_put_number(out, form->type, 2);
		frame = exactly(out, len);
		if (wire_unpack(form, &v, frame)) {
			assert_int_equal(wire_pack(form, &v, again,
			    sizeof again), len);
			assert_memory_equal(again, out, len);
		}
		free((char *)(size_t)frame.s);
	}
}

static void
numbers_are_big_endian(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(wire_put_number(out, 0x0102, 2), 2);
	assert_memory_equal(out, "\1\2", 2);
	assert_int_equal(wire_put_number(out, UINT64_MAX - 1, 8), 8);
	assert_memory_equal(out, "\377\377\377\377\377\377\377\376", 8);
	assert_true(wire_get_number(out, 8) == UINT64_MAX - 1);
	assert_int_equal(wire_get_number("\200\0\0\1", 4), 0x80000001u);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(goes_there_and_back),
		cmocka_unit_test(every_cap_is_exact),
		cmocka_unit_test(every_frame_fits),
		cmocka_unit_test(refuses_what_is_cut_or_longer),
		cmocka_unit_test(refuses_another_type),
		cmocka_unit_test(noise_is_harmless),
		cmocka_unit_test(numbers_are_big_endian),
	};

	seed_begin();
	random_buf(noise, sizeof noise);
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
