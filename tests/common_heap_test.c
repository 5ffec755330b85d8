/* SPDX-License-Identifier: ISC */
/* The heap against a plain array that is searched for its smallest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/heap.h"
#include "tests/seed.h"

enum { NODES = 300, OPERATIONS = 100000 };

static struct heap_node node[NODES];
static int64_t key[NODES];
static bool in[NODES];

static void
check_first(struct heap_node const *heap)
{
	int64_t smallest = INT64_MAX;
	size_t i, n = 0;

	for (i = 0; i < NODES; i++) {
		assert_int_equal(node[i].in, in[i]);
		if (!in[i]) continue;
		n++;
		if (key[i] < smallest) smallest = key[i];
	}
	if (!n) {
		assert_null(heap);
		return;
	}
	assert_non_null(heap);
	assert_true(heap->key == smallest);
	assert_true(in[heap - node]);
	assert_true(key[heap - node] == smallest);
}

static void
agrees_with_an_array(void **state)
{
	struct heap_node *heap = NULL;
	size_t round;

	(void)state;
	for (round = 0; round < OPERATIONS; round++) {
		size_t i = seed_below(NODES);

		switch (seed_below(4)) {
		case 0: /* away with the first */
			if (!heap) break;
			i = (size_t)(heap - node);
			/* fall through */
		case 1:
			heap_remove(&heap, &node[i]);
			in[i] = false;
			break;
		default: /* in, or to another place; few keys, many ties */
			key[i] = (int64_t)seed_below(1000) - 500;
			heap_insert(&heap, &node[i], key[i]);
			in[i] = true;
		}
		check_first(heap);
	}
	while (heap) {
		size_t i = (size_t)(heap - node);

		check_first(heap);
		heap_remove(&heap, heap);
		in[i] = false;
	}
	check_first(heap);
}

static void
sorts_many(void **state)
{
	enum { MANY = 100000 };
	struct heap_node *heap = NULL, *many = calloc(MANY, sizeof *many);
	int64_t last = INT64_MIN;
	size_t i, n = 0;

	(void)state;
	assert_non_null(many);
	for (i = 0; i < MANY; i++)
		heap_insert(&heap, &many[i], (int64_t)seed_next());
	for (; heap; n++) {
		assert_true(heap->key >= last);
		last = heap->key;
		heap_remove(&heap, heap);
	}
	assert_int_equal(n, MANY);
	free(many);
}

static void
removing_one_that_is_out_is_harmless(void **state)
{
	struct heap_node one = { .key = 1 }, other = { .key = 2 };
	struct heap_node *heap = NULL;

	(void)state;
	heap_remove(&heap, &one);
	assert_null(heap);
	heap_insert(&heap, &other, INT64_MIN);
	heap_remove(&heap, &one);
	assert_ptr_equal(heap, &other);
	heap_remove(&heap, &other);
	heap_remove(&heap, &other);
	assert_null(heap);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(agrees_with_an_array),
		cmocka_unit_test(sorts_many),
		cmocka_unit_test(removing_one_that_is_out_is_harmless),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
