/* SPDX-License-Identifier: ISC */
/* bare: what the file operations alone cost, with no mail server around them:
 * messages appended to a log that is synced for all who wait, then each
 * written into a Maildir, synced, renamed into new/, and new/ synced for all
 * whose names came meanwhile. One line of JSON, with the names that load
 * uses. Each client is a thread, because what is measured is how the file
 * system takes many syncs at once. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "common/option.h"
#include "tests/bench/sample.h"

enum { GROUP_MAX = 1024, CLIENTS_MAX = 1000, NAME_ROOM = 80 };

/* A sync that many wait for: whoever asks while one is under way is covered
 * by the next. */
struct group {
	pthread_mutex_t lock;
	pthread_cond_t asked, done;
	uint64_t wanted, synced;
	bool over;
	int fd;
	off_t end;			/* of the log; new/ has none */
};

static struct bare {
	char const *dir;
	unsigned long long messages, clients, size, pause_ms;
	bool lone, prepare;

	int log, tmp, new;
	char *text;
	struct group appended, renamed;
	pthread_mutex_t lock;
	pthread_cond_t more;
	uint64_t next, accepted, taken;
	int64_t accepted_ns;
	struct sample reply, seen;
} bare = { .messages = 5000, .clients = 20, .size = 4096,
	.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static struct option_row const rows[] = {
	{ "dir", "DIR", OPTION_TEXT, offsetof(struct bare, dir), 0, 0, NULL, 0,
	  "an empty directory on the file system to measure" },
	{ "messages", "N", OPTION_NUMBER, offsetof(struct bare, messages), 1,
	  1000000, NULL, 0, "in all (5000)" },
	{ "clients", "N", OPTION_NUMBER, offsetof(struct bare, clients), 1,
	  CLIENTS_MAX, NULL, 0, "at a time, and as many deliveries (20)" },
	{ "size", "SIZE", OPTION_SIZE, offsetof(struct bare, size), 1, 1 << 30,
	  NULL, 0, "octets of a message (4K)" },
	{ "lone", NULL, OPTION_FLAG, offsetof(struct bare, lone), 0, 0, NULL, 0,
	  "one client that waits for its message in new/" },
	{ "prepare", NULL, OPTION_FLAG, offsetof(struct bare, prepare), 0, 0,
	  NULL, 0, "only make what the next run overwrites" },
	{ "pause", "N", OPTION_NUMBER, offsetof(struct bare, pause_ms), 0,
	  60000, NULL, 0, "with --lone: ms before the next one (0)" },
};

static struct option_page const page = {
	.program = "bare",
	.synopsis = "--dir DIR [option ...]",
	.purpose = "Measures durable storage without a mail server.",
	.notes = "See tests/bench/README.",
};

static void
fail(char const *what)
{
	fprintf(stderr, "%s: %s: %s\n", page.program, what, strerror(errno));
	exit(111);
}

/* The log */

static void
append(uint64_t n)
{
	struct iovec v[GROUP_MAX];
	size_t i;
	ssize_t written;

	for (i = 0; i < n; i++)
		v[i] = (struct iovec){ bare.text, bare.size };
	written = pwritev(bare.log, v, (int)n, bare.appended.end);
	if (written != (ssize_t)(n * bare.size)) fail("append to the log");
	bare.appended.end += written;
	if (fdatasync(bare.log) == -1) fail("sync the log");
}

/* Written once before, so that no sync has to commit the file's growth. */
static void
fill_log(void)
{
	static char zero[1 << 20];
	uint64_t left = bare.messages * bare.size;

	while (left) {
		size_t n = left < sizeof zero ? (size_t)left : sizeof zero;

		if (write(bare.log, zero, n) != (ssize_t)n)
			fail("fill the log");
		left -= n;
	}
	if (fsync(bare.log) == -1) fail("sync the log");
}

/* Groups */

static void *
serve(void *which)
{
	struct group *g = which;
	uint64_t n;

	pthread_mutex_lock(&g->lock);
	for (;;) {
		while (g->wanted == g->synced && !g->over)
			pthread_cond_wait(&g->asked, &g->lock);
		n = g->wanted - g->synced;
		if (!n) break;
		if (g == &bare.appended && n > GROUP_MAX) n = GROUP_MAX;
		pthread_mutex_unlock(&g->lock);
		if (g == &bare.appended)
			append(n);
		else if (fsync(bare.new) == -1)
			fail("sync new");
		pthread_mutex_lock(&g->lock);
		g->synced += n;
		pthread_cond_broadcast(&g->done);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

static void
ask(struct group *g, bool and_wait)
{
	uint64_t mine;

	pthread_mutex_lock(&g->lock);
	mine = ++g->wanted;
	pthread_cond_signal(&g->asked);
	while (and_wait && g->synced < mine)
		pthread_cond_wait(&g->done, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static pthread_t
start(void *(*run)(void *), void *owner)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run, owner);
	if (errno) fail("start a thread");
	return thread;
}

static pthread_t
open_group(struct group *g)
{
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->asked, NULL);
	pthread_cond_init(&g->done, NULL);
	return start(serve, g);
}

static void
end_group(struct group *g, pthread_t thread)
{
	pthread_mutex_lock(&g->lock);
	g->over = true;
	pthread_cond_signal(&g->asked);
	pthread_mutex_unlock(&g->lock);
	pthread_join(thread, NULL);
}

/* Clients and deliveries */

/* deliver - until the name is in new/ */
static void
deliver(uint64_t n)
{
	char name[NAME_ROOM];
	int fd;

	/* as long as the names that mail gets */
	snprintf(name, sizeof name, "1700000000.%026llu_0.bench.test",
	    (unsigned long long)n);
	fd = openat(bare.tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd == -1 || write(fd, bare.text, bare.size) != (ssize_t)bare.size)
		fail("write a file");
	if (fsync(fd) == -1 || close(fd) == -1) fail("sync a file");
	if (renameat(bare.tmp, name, bare.new, name) == -1)
		fail("rename a file");
}

static void *
client(void *owner)
{
	(void)owner;
	pthread_mutex_lock(&bare.lock);
	while (bare.next < bare.messages) {
		int64_t from = sample_now();

		bare.next++;
		pthread_mutex_unlock(&bare.lock);
		ask(&bare.appended, true);
		pthread_mutex_lock(&bare.lock);
		bare.accepted_ns = sample_now();
		sample_add(&bare.reply, bare.accepted_ns - from);
		bare.accepted++;
		pthread_cond_signal(&bare.more);
	}
	pthread_mutex_unlock(&bare.lock);
	return NULL;
}

static void *
delivery(void *owner)
{
	(void)owner;
	pthread_mutex_lock(&bare.lock);
	while (bare.taken < bare.messages) {
		uint64_t n = bare.taken;

		if (n == bare.accepted) {
			pthread_cond_wait(&bare.more, &bare.lock);
			continue;
		}
		bare.taken++;
		pthread_mutex_unlock(&bare.lock);
		deliver(n);
		ask(&bare.renamed, false);
		pthread_mutex_lock(&bare.lock);
	}
	pthread_cond_broadcast(&bare.more);
	pthread_mutex_unlock(&bare.lock);
	return NULL;
}

static void
run_many(void)
{
	pthread_t thread[2 * CLIENTS_MAX], log = open_group(&bare.appended);
	unsigned long long i;

	for (i = 0; i < 2 * bare.clients; i++)
		thread[i] = start(i % 2 ? delivery : client, NULL);
	for (i = 0; i < 2 * bare.clients; i++)
		pthread_join(thread[i], NULL);
	end_group(&bare.appended, log);
}

/* Nobody to share a sync with: this thread does all but that of new/, which
 * a reader of the mailbox doesn't wait for. */
static void
run_lone(void)
{
	struct timespec pause = { .tv_sec = (time_t)bare.pause_ms / 1000,
		.tv_nsec = (long)bare.pause_ms % 1000 * 1000000 };
	uint64_t n;

	for (n = 0; n < bare.messages; n++) {
		int64_t from = sample_now();

		append(1);
		bare.accepted_ns = sample_now();
		sample_add(&bare.reply, bare.accepted_ns - from);
		deliver(n);
		sample_add(&bare.seen, sample_now() - from);
		ask(&bare.renamed, false);
		nanosleep(&pause, NULL);
	}
}

static int
make_directory(char const *name)
{
	int fd;

	if (mkdir(name, 0700) == -1 && errno != EEXIST) fail(name);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) fail(name);
	return fd;
}

static double
per_s(int64_t from_ns, int64_t to_ns)
{
	return (double)bare.messages * 1e9 / (double)(to_ns - from_ns);
}

int
main(int argc, char *const *argv)
{
	struct option_table const table = OPTION_TABLE(rows, &bare);
	int64_t from, to;
	pthread_t names;

	if (option_parse(argc, argv, &page, &table, 1, 100) < argc)
		option_misused(page.program, "takes no operands", NULL);
	if (!bare.dir) option_misused(page.program, "--dir is missing", NULL);
	if (chdir(bare.dir) == -1) fail(bare.dir);
	bare.text = malloc(bare.size);
	if (!bare.text || !sample_open(&bare.reply, bare.messages) ||
	    !sample_open(&bare.seen, bare.messages))
		fail("get memory");
	memset(bare.text, 'x', bare.size);
	bare.log = open("log", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (bare.log == -1) fail("open the log");
	bare.tmp = make_directory("tmp");
	bare.new = make_directory("new");
	if (bare.prepare) {
		fill_log();
		return 0;
	}
	names = open_group(&bare.renamed);
	from = sample_now();
	if (bare.lone)
		run_lone();
	else
		run_many();
	end_group(&bare.renamed, names);
	to = sample_now();
	printf("{\"messages\":%llu,\"accepted\":%llu,\"delivered\":%llu,"
	    "\"accepted_per_s\":%.1f,\"delivered_per_s\":%.1f",
	    bare.messages, bare.messages, bare.messages,
	    per_s(from, bare.accepted_ns), per_s(from, to));
	sample_print(stdout, "reply_ms", &bare.reply);
	sample_print(stdout, "seen_ms", &bare.seen);
	printf("}\n");
	return 0;
}
