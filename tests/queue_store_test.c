/* SPDX-License-Identifier: ISC */
/* Message files: what is handed out can't be changed; what nobody refers to is
 * swept. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/msgfd.h"
#include "tests/queue_spool.h"

static void
a_file_is_made_once_and_opened_for_reading(void **unused)
{
	struct traceid id = numbered(1), other = numbered(2);
	int fd;

	(void)unused;
	assert_int_equal(store_open(mess_dir, &id), -1);
	fd = store_create(mess_dir, &id);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
	assert_int_equal(store_create(mess_dir, &id), -1);
	assert_int_equal(errno, EEXIST);
	fd = store_open(mess_dir, &id);
	assert_true(msgfd_valid(fd, 4));
	assert_int_equal(write(fd, "x", 1), -1);
	close(fd);
	store_remove(mess_dir, &other); /* harmless */
	store_remove(mess_dir, &id);
	assert_int_equal(store_open(mess_dir, &id), -1);
}

/* Known with a file, known without one, unknown, and names that aren't ours. */
static void
sweeping_removes_what_is_unreferenced(void **unused)
{
	struct traceid id;
	struct message *m;
	uint32_t n;
	int fd;

	(void)unused;
	for (n = 0; n < 30; n++) {
		id = numbered(n);
		close(store_create(mess_dir, &id));
		if (n % 3 == 2) continue;
		m = message_make(&id, 1);
		m->file = n % 3 == 0;
		assert_true(state_insert(&state, m));
	}
	fd = openat(mess_dir, "README", O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(swept(INT64_MAX), 20);
	assert_int_equal(files_in(mess_dir), 11);
	assert_int_equal(swept(INT64_MAX), 0);
	for (n = 0; n < 30; n += 3) {
		id = numbered(n);
		fd = store_open(mess_dir, &id);
		assert_true(fd != -1);
		close(fd);
	}
}

static void
room_is_asked_for(void **unused)
{
	struct room room = { .octets = 0 };

	(void)unused;
	assert_true(store_has_room(&room, mess_dir, 0, 5));
	assert_false(store_has_room(&room, mess_dir, 1ULL << 60, 5));
	room = (struct room){ .octets = 0 };
	assert_true(store_has_room(&room, -1, 0, 5)); /* writing will tell */
}

/* The directory itself is asked when a second has passed, and before a no. */
static void
room_is_remembered_for_a_while(void **unused)
{
	struct room room = { .octets = 0 };
	uint64_t free;

	(void)unused;
	assert_true(store_has_room(&room, mess_dir, 0, 0));
	room.octets = 1ULL << 50;
	assert_true(store_has_room(&room, mess_dir, 1000, ROOM_MS - 1));
	assert_true(room.octets == (1ULL << 50) - 1000);
	assert_true(store_has_room(&room, mess_dir, 0, ROOM_MS));
	free = room.octets;
	assert_true(free < 1ULL << 50);
	room.octets = 0;
	assert_true(store_has_room(&room, mess_dir, 0, ROOM_MS + 1));
	assert_true(room.octets > 0);
}

/* More than one step, and it doesn't matter what goes meanwhile. */
static void
sweeping_goes_in_steps(void **unused)
{
	struct traceid id;
	struct sweep s;
	uint32_t n;
	unsigned steps = 1;

	(void)unused;
	for (n = 0; n < 2 * SWEEP_STEP; n++) {
		id = numbered(n);
		close(store_create(mess_dir, &id));
	}
	assert_true(sweep_begin(&s, mess_dir, &state, INT64_MAX));
	assert_true(sweep_step(&s));
	assert_true(s.removed <= SWEEP_STEP);
	store_remove(mess_dir, &id);
	for (; sweep_step(&s); steps++)
		;
	sweep_end(&s);
	assert_true(steps >= 2);
	assert_int_equal(files_in(mess_dir), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, remove_spool)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(a_file_is_made_once_and_opened_for_reading),
		TEST(sweeping_removes_what_is_unreferenced),
		TEST(sweeping_goes_in_steps),
		TEST(room_is_asked_for),
		TEST(room_is_remembered_for_a_while),
	};

	return cmocka_run_group_tests(tests, start_helper, end_helper);
}
