/* SPDX-License-Identifier: ISC */
/* The map of messages: through several sizes, with ids that collide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "common/idmap.h"
#include "tests/seed.h"

enum { NODES = 20000 };

static struct idmap_node node[NODES];

static void
random_id(struct traceid *id)
{
	size_t i;

	for (i = 0; i < TRACEID_OCTETS; i++)
		id->octet[i] = (unsigned char)seed_next();
}

static void
finds_what_is_in(void **state)
{
	struct idmap map = { .n = 0 };
	bool in[NODES] = { false };
	struct traceid unknown;
	size_t round, i, n = 0;

	(void)state;
	random_id(&unknown);
	assert_null(idmap_find(&map, &unknown));
	assert_null(idmap_any(&map));
	for (i = 0; i < NODES; i++)
		random_id(&node[i].id);
	for (round = 0; round < 10 * NODES; round++) {
		i = seed_below(NODES);
		assert_ptr_equal(idmap_find(&map, &node[i].id),
		    in[i] ? &node[i] : NULL);
		if (!in[i]) {
			assert_true(idmap_insert(&map, &node[i]));
			n++;
		} else if (round % 3 == 0) {
			idmap_remove(&map, &node[i]);
			n--;
		} else {
			struct idmap_node twin = { .id = node[i].id };

			assert_false(idmap_insert(&map, &twin));
			assert_int_equal(errno, EEXIST);
			continue;
		}
		in[i] = !in[i];
		assert_int_equal(map.n, n);
	}
	assert_true(map.slots >= 4096); /* it has grown some times */
	for (i = 0; i < NODES; i++)
		assert_ptr_equal(idmap_find(&map, &node[i].id),
		    in[i] ? &node[i] : NULL);
	for (i = 0; i < n; i++) {
		struct idmap_node *any = idmap_any(&map);

		assert_non_null(any);
		assert_true(in[any - node]);
		in[any - node] = false;
		idmap_remove(&map, any);
	}
	assert_null(idmap_any(&map));
	idmap_free(&map);
}

/* The octets that choose the slot may be the same for all. */
static void
keeps_ids_apart_that_share_a_slot(void **state)
{
	enum { SAME = 50 };
	struct idmap map = { .n = 0 };
	size_t i;

	(void)state;
	for (i = 0; i < SAME; i++) {
		memset(&node[i].id, 7, sizeof node[i].id);
		node[i].id.octet[0] = (unsigned char)i;
		assert_true(idmap_insert(&map, &node[i]));
	}
	for (i = 0; i < SAME; i += 2)
		idmap_remove(&map, &node[i]);
	for (i = 0; i < SAME; i++)
		assert_ptr_equal(idmap_find(&map, &node[i].id),
		    i % 2 ? &node[i] : NULL);
	idmap_free(&map);
	assert_null(idmap_find(&map, &node[1].id));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(finds_what_is_in),
		cmocka_unit_test(keeps_ids_apart_that_share_a_slot),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
