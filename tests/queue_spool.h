/* SPDX-License-Identifier: ISC */
/* A spool for tests of queue: a directory of its own, a real loop and real
 * helpers; the process "restarts" by forgetting all and recovering. */
#ifndef MAILGRAVE_TESTS_QUEUE_SPOOL_H
#define MAILGRAVE_TESTS_QUEUE_SPOOL_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/log.h"
#include "queue/aside.h"
#include "queue/journal.h"
#include "queue/recover.h"
#include "queue/store.h"
#include "queue/sweep.h"
#include "tests/patience.h"
#include "tests/seed.h"

enum { AT_ONCE = 8 };

static char directory[64];
static int journal_dir, mess_dir, damaged_dir;
static struct loop loop;
static struct flushers flushers;
static struct journal journal;
static struct state state;
static struct recovery recovery;
static int failures;		/* of the journal that it didn't survive */
static uint32_t small_segments;	/* octets of a segment; 0: as usual */

static inline void
helper_lost(void)
{
	abort();
}

static inline void
journal_broke(void *owner)
{
	(void)owner;
	failures++;
}

static inline int
open_in_spool(char const *name)
{
	char path[96];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	if (mkdir(path, 0700) == -1 && errno != EEXIST) return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* How many files go, in however many steps. */
static inline unsigned
swept(int64_t since_ms)
{
	struct sweep s;

	if (!sweep_begin(&s, mess_dir, &state, since_ms)) abort();
	while (sweep_step(&s))
		;
	sweep_end(&s);
	return s.removed;
}

/* The start of the daemon: recovery, then ready for units. */
static inline void
start_queue(void)
{
	memset(&state, 0, sizeof state);
	failures = 0;
	journal_init(&journal, &loop, &flushers, journal_dir, damaged_dir,
	    journal_broke, NULL);
	if (small_segments) journal.segment_size = small_segments;
	if (!recover(&recovery, &journal, &state, journal_dir, damaged_dir))
		abort();
	if (!recovery.damaged) swept(INT64_MAX);
}

/* As the daemon does where much is to be read: the heads, then it serves. */
static inline void
begin_reading(void)
{
	memset(&state, 0, sizeof state);
	journal_init(&journal, &loop, &flushers, journal_dir, damaged_dir,
	    journal_broke, NULL);
	recovery = (struct recovery){ .journal = &journal, .state = &state,
	    .dir = journal_dir, .damaged_dir = damaged_dir,
	    .damage = aside_keep, .owner = &recovery };
	if (!recover_begin(&recovery)) abort();
	journal_open(&journal);
}

static inline void
nothing_is_due(void *owner)
{
	(void)owner;
}

static struct timer moment = { .due = nothing_is_due };

/* One turn of the loop that does not wait for long. */
static inline void
turn_once(void)
{
	loop_arm(&loop, &moment, loop.now_ms + 2);
	if (!loop_turn(&loop)) abort();
}

#define TURN_UNTIL(condition) PATIENTLY(condition, turn_once())

/* The end of the daemon, however it came. What was under way in helpers is
 * waited for, so that nobody hears of it later. */
static inline void
stop_queue(void)
{
	uint16_t i;
	int lane;

	while (journal.syncing || journal.preparing || journal.retiring)
		turn_once();
	loop_disarm(&loop, &journal.lazy);
	loop_disarm(&loop, &journal.prepare_again);
	loop_not_later(&loop, &journal.turn);
	for (i = 0; i < journal.segments; i++)
		if (journal.segment[i].fd != -1) close(journal.segment[i].fd);
	for (lane = 0; lane < JOURNAL_LANES; lane++)
		stralloc_free(&journal.lane[lane].text);
	state_free(&state);
}

static inline int
make_spool(void **unused)
{
	char const *base = getenv("TMPDIR");

	(void)unused;
	snprintf(directory, sizeof directory, "%.40s/queue-XXXXXX",
	    base ? base : "/tmp");
	if (!mkdtemp(directory)) return -1;
	journal_dir = open_in_spool("journal");
	mess_dir = open_in_spool("mess");
	damaged_dir = open_in_spool("damaged");
	if (journal_dir == -1 || mess_dir == -1 || damaged_dir == -1)
		return -1;
	start_queue();
	return 0;
}

static inline int
remove_spool(void **unused)
{
	(void)unused;
	stop_queue();
	close(journal_dir);
	close(mess_dir);
	close(damaged_dir);
	rm_rf(directory);
	return 0;
}

static inline int
start_helper(void **unused)
{
	(void)unused;
	signal(SIGCHLD, SIG_IGN);
	umask(077);
	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return loop_open(&loop) &&
	    flushers_open(&flushers, &loop, "test-flush", AT_ONCE, 0,
	    helper_lost) ?
	    0 : -1;
}

static inline void
hand_over_nothing(void *owner)
{
	(void)owner;
}

/* hold_helper - no sync begins; those that are under way go on */
static inline void
hold_helper(bool hold)
{
	static void (*hand_over)(void *owner);

	if (hold) {
		hand_over = flushers.hand_over.run;
		flushers.hand_over.run = hand_over_nothing;
	} else {
		flushers.hand_over.run = hand_over;
		loop_later(&loop, &flushers.hand_over);
	}
}

static inline int
end_helper(void **unused)
{
	int const fd = flushers.watch.fd;

	(void)unused;
	loop_forget(&loop, &flushers.watch);
	close(fd);
	loop_close(&loop);
	close(log_target.fd);
	return 0;
}

static inline size_t
files_in(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fdopendir(fd);
	struct dirent *e;
	size_t n = 0;

	if (!d) abort();
	while ((e = readdir(d)))
		if (*e->d_name != '.') n++;
	closedir(d);
	return n;
}

static inline struct traceid
numbered(uint32_t n)
{
	struct traceid id = { .octet = { 1 } };

	wire_put_number((char *)id.octet + TRACEID_OCTETS - 4, n, 4);
	return id;
}

/* holds - the text of a message, wherever it lies */
static inline bool
holds(struct message const *m, char const *want, size_t len)
{
	static char octets[JOURNAL_SEGMENT];
	struct record_head head;
	struct record_body b;
	struct slice frame;
	ssize_t got;
	int fd;

	if (m->file) {
		fd = store_open(mess_dir, &m->by.id);
		if (fd == -1) abort();
		got = read(fd, octets, sizeof octets);
		close(fd);
		return got == (ssize_t)len && memcmp(octets, want, len) == 0;
	}
	return journal_read(&journal, m->segment, m->offset, octets,
	    m->unit) &&
	    record_get(slice_from(octets + m->envelope, m->unit - m->envelope),
	    &head, &frame) > 0 &&
	    wire_unpack(&record_body_form, &b, frame) && b.octets.len == len &&
	    memcmp(b.octets.s, want, len) == 0;
}

/* Messages as intake appends them, without one. */

struct unit {
	struct journal_unit unit;
	struct message *message;	/* of a MESSAGE unit */
	struct record_outcome outcome;	/* of an OUTCOME unit */
	int fine;			/* -1 until told */
};

static inline void
message_committed(void *owner, bool fine)
{
	struct unit *u = owner;
	struct message *m = u->message;

	u->fine = fine;
	if (!fine) {
		state_forget(&state, m);
		return;
	}
	m->segment = u->unit.segment;
	m->offset = u->unit.offset;
	m->unit = (uint32_t)u->unit.len;
	state_commit(&state, m);
	journal_live(&journal, m->segment, m->unit);
}

static inline void
outcome_committed(void *owner, bool fine)
{
	struct unit *u = owner;
	struct message *m = state_find(&state, &u->outcome.id);

	u->fine = fine;
	if (!fine || !m || state_outcome(m, &u->outcome, u->unit.segment,
	    u->unit.offset))
		return;
	journal_dead(&journal, m->segment, m->unit);
	state_forget(&state, m);
}

/* Octets of message n: they can be told from those of any other. */
static inline void
write_body(char *out, size_t len, uint32_t n)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = (char)(n + i / 61);
}

static inline bool
add_unit(struct unit *u, uint32_t n, uint32_t rcpts, size_t len)
{
	static char body[RECORD_BODY_MAX];
	struct record_message r = { .id = numbered(n), .sender = SLICE("s@s.s"),
	    .arrived_s = n, .size = len, .rcpts = rcpts };
	uint32_t i;

	if (!journal_add(&journal, &record_message_form, &r, false))
		return false;
	for (i = 0; i < rcpts; i++) {
		char address[40];
		struct record_rcpt rcpt;

		snprintf(address, sizeof address, "r%u@host-%u.example", i, n);
		rcpt = (struct record_rcpt){ .address = slice_of(address) };
		if (!journal_add(&journal, &record_rcpt_form, &rcpt, false))
			return false;
	}
	if (u->message)
		u->message->envelope = (uint32_t)journal_begun(&journal);
	write_body(body, len, n);
	return journal_add(&journal, &record_body_form,
	    &(struct record_body){ .octets = slice_from(body, len) }, true);
}

/* append_message - false when it can't be a unit; u is told later */
static inline bool
append_message(struct unit *u, uint32_t n, uint32_t rcpts, size_t len)
{
	struct traceid id = numbered(n);

	*u = (struct unit){ .fine = -1, .message = message_make(&id, rcpts),
	    .unit = { .committed = message_committed, .owner = u,
	    .about = UINT64_MAX } };
	if (!u->message || !state_insert(&state, u->message)) abort();
	journal_begin(&journal, JOURNAL_MAIL);
	if (!add_unit(u, n, rcpts, len)) {
		journal_abandon(&journal);
		state_forget(&state, u->message);
		return false;
	}
	journal_end(&journal, &u->unit);
	return true;
}

static inline void
append_outcome(struct unit *u, uint32_t n, uint32_t rcpt, uint32_t attempt,
    enum rcpt_state after)
{
	struct message *m;

	*u = (struct unit){ .fine = -1, .outcome = { .id = numbered(n),
	    .rcpt = rcpt, .attempt = attempt, .state = (uint8_t)after,
	    .status = SLICE("2.0.0"), .words = SLICE("so it went") },
	    .unit = { .committed = outcome_committed, .owner = u } };
	m = state_find(&state, &u->outcome.id);
	if (m) u->unit.about = journal_about(&journal, m->segment);
	journal_begin(&journal, JOURNAL_OUTCOMES);
	if (!journal_add(&journal, &record_outcome_form, &u->outcome, true))
		abort();
	journal_end(&journal, &u->unit);
}

#endif
