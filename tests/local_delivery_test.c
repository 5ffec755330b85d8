/* SPDX-License-Identifier: ISC */
/* A delivery state by state. The syncs are ours here: each is done when the
 * test says so, and with the error that it wants. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "local/copy.h"
#include "local/delivery.h"

enum { SYNCS = 256 };

static struct flush *asked[SYNCS];
static size_t asks;

void
flush_start(struct flushers *f, struct flush *job)
{
	(void)f;
	assert_true(asks < SYNCS);
	asked[asks++] = job;
}

void
flush_cancel(struct flushers *f, struct flush *job)
{
	size_t i;

	(void)f;
	for (i = 0; i < asks; i++)
		if (asked[i] == job) asked[i] = NULL;
}

static void
start_and_end(struct flush *job, int error)
{
	if (job->starting) job->starting(job->owner);
	job->done(job->owner, error);
}

/* answer - the syncs asked for so far start, and end; what they ask for waits
 * for the next call */
static void
answer(int error)
{
	struct flush *batch[SYNCS];
	size_t i, n = asks;

	memcpy(batch, asked, sizeof batch);
	asks = 0;
	for (i = 0; i < n; i++)
		if (batch[i] && batch[i]->starting)
			batch[i]->starting(batch[i]->owner);
	for (i = 0; i < n; i++)
		if (batch[i]) batch[i]->done(batch[i]->owner, error);
}

static char directory[64];
static struct loop loop;
static struct flushers flushers;
static struct deliveries all;
static struct traceid const id = { .octet = { 1, 2, 3 } };
static struct delivery_result last;
static char where[64];
static size_t results;

static void
done(void *owner, struct delivery_result const *result)
{
	last = *result;
	snprintf(where, sizeof where, "%s", result->where);
	results++;
	if (owner) (*(int *)owner)++;
}

static int
set_up(void **state)
{
	(void)state;
	umask(077);
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_true(loop_open(&loop));
	all = (struct deliveries){ .loop = &loop, .flushers = &flushers,
				   .hostname = "mx" };
	all.boxes.flushers = &flushers;
	all.boxes.root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	deliveries_init(&all);
	asks = results = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	assert_true(deliveries_idle(&all));
	assert_null(all.boxes.first);
	boxes_close(&all.boxes);
	close(all.boxes.root);
	loop_close(&loop);
	assert_int_equal(chdir("/"), 0);
	return rm_rf(directory);
}

static void
nothing(void *owner)
{
	(void)owner;
}

/* turn - what is due now, without waiting for events */
static void
turn(void)
{
	static struct timer soon;

	soon.due = nothing;
	loop_arm(&loop, &soon, loop.now_ms);
	assert_true(loop_turn(&loop));
}

static struct delivery_order
order(char const *message, uint32_t rcpt)
{
	int fd = open("message", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, message, strlen(message)), strlen(message));
	return (struct delivery_order){ .id = &id, .rcpt = rcpt,
					.arrived_s = 1700000000,
					.sender = SLICE("me@here.example"),
					.address = SLICE("you@there.example"),
					.message = fd,
					.size = strlen(message) };
}

static char const *
name(uint32_t rcpt)
{
	static char text[MAILDIR_NAME_MAX + 1];

	maildir_name(text, 1700000000, &id, rcpt, SLICE("mx"));
	return text;
}

static size_t
entries(char const *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	if (!dir) return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void
assert_file(char const *path, char const *text)
{
	char got[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	assert_true(fd != -1);
	n = read(fd, got, sizeof got - 1);
	assert_true(n >= 0);
	got[n] = '\0';
	close(fd);
	assert_string_equal(got, text);
}

static char *
path_of(char const *part, uint32_t rcpt)
{
	static char path[512];

	snprintf(path, sizeof path, "you/%s/%s", part, name(rcpt));
	return path;
}

static void
assert_temporary(bool ours, char const *status)
{
	assert_int_equal(results, 1);
	assert_int_equal(last.verdict, VERDICT_TEMP);
	assert_int_equal(last.ours, ours);
	assert_string_equal(last.status, status);
	assert_int_equal(entries("you/tmp"), 0);
	assert_int_equal(entries("you/new"), 0);
	results = 0;
}

static void
test_steps(void **state)
{
	struct delivery_order o = order("A: b\r\n\r\n.\r\n..x\r\n\xff\r\n", 0);

	(void)state;
	assert_non_null(delivery_start(&all, &o, "you/", done, NULL));
	assert_int_equal(results, 0);
	assert_int_equal(asks, 0);
	turn();
	/* written, and its sync asked for */
	assert_int_equal(asks, 1);
	assert_int_equal(asked[0]->how, FLUSH_ALL);
	assert_file(path_of("tmp", 0), "Return-Path: <me@here.example>\n"
	    "Delivered-To: you@there.example\nA: b\n\n.\n..x\n\xff\n");
	answer(0);
	/* renamed: first the directories that were made, then new/ */
	assert_int_equal(entries("you/tmp"), 0);
	assert_int_equal(entries("you/new"), 1);
	assert_int_equal(results, 0);
	answer(0);
	answer(0);
	assert_int_equal(results, 0);
	answer(0);
	assert_int_equal(asks, 0);
	assert_int_equal(results, 1);
	assert_int_equal(last.verdict, VERDICT_OK);
	assert_string_equal(where, "you/");
	close(o.message);
}

static void
test_crlf(void **state)
{
	struct delivery_order o = order("A: b\r\n\r\nx\r\n", 0);

	(void)state;
	o.sender = SLICE("");
	all.crlf = true;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_file(path_of("tmp", 0), "Return-Path: <>\r\n"
	    "Delivered-To: you@there.example\r\nA: b\r\n\r\nx\r\n");
	while (asks)
		answer(0);
	assert_int_equal(last.verdict, VERDICT_OK);
	close(o.message);
}

static void
test_empty(void **state)
{
	struct delivery_order o = order("", 0);

	(void)state;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	while (asks)
		answer(0);
	assert_file(path_of("new", 0), "Return-Path: <me@here.example>\n"
	    "Delivered-To: you@there.example\n");
	close(o.message);
}

/* More than one turn, and more than one piece, whose cut falls between CR and
 * LF. */
static void
test_large(void **state)
{
	size_t const len = 3 * DELIVERY_TURN * COPY_PIECE + 1;
	struct delivery_order o;
	char *text = malloc(len + 1);
	struct stat st;
	size_t i, lines = 0;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < len; i++)
		text[i] = i % 16 == 15 ? '\r' : i && i % 16 == 0 ? '\n' : 'x';
	text[len] = '\0';
	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	o = order(text, 0);
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(asks, 0);
	while (!asks)
		turn();
	while (asks)
		answer(0);
	assert_int_equal(last.verdict, VERDICT_OK);
	assert_int_equal(stat(path_of("new", 0), &st), 0);
	assert_int_equal(st.st_size, len - lines +
	    strlen("Return-Path: <me@here.example>\n"
		   "Delivered-To: you@there.example\n"));
	free(text);
	close(o.message);
}

static void
test_loop(void **state)
{
	struct delivery_order o =
	    order("Delivered-To: You@there.example\r\n\r\n", 0);

	(void)state;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(results, 1);
	assert_int_equal(last.verdict, VERDICT_PERM);
	assert_string_equal(last.status, "5.4.6");
	assert_int_equal(access("you", F_OK), -1);
	close(o.message);
}

/* One sync of new/ for all that were renamed before it began; who comes later
 * waits for the next. */
static void
test_batch(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	struct flush *new;
	uint32_t i;

	(void)state;
	mkdir("you", 0700);
	mkdir("you/cur", 0700);
	mkdir("you/tmp", 0700);
	mkdir("you/new", 0700);
	for (i = 0; i < 5; i++) {
		o.rcpt = i;
		assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	}
	turn();
	assert_int_equal(asks, 5);
	answer(0);
	assert_int_equal(entries("you/new"), 5);
	/* the first one renamed asked for a sync that can wait, which covers
	 * the others */
	assert_int_equal(asks, 1);
	assert_true(asked[0]->patient);
	new = asked[0];
	asks = 0;
	new->starting(new->owner);
	o.rcpt = 5;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(asks, 1);
	assert_false(asked[0]->patient);
	answer(0);
	assert_int_equal(entries("you/new"), 6);
	assert_int_equal(asks, 0);
	new->done(new->owner, 0);
	assert_int_equal(results, 5);
	assert_int_equal(asks, 1);
	answer(0);
	assert_int_equal(results, 6);
	close(o.message);
}

/* No more than the caps are at work, and fewer are written; the rest
 * follows. */
static void
test_active(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	uint32_t const n = DELIVERY_ACTIVE_MAX + DELIVERY_WRITING_MAX;
	uint32_t i;

	(void)state;
	mkdir("you", 0700);
	mkdir("you/cur", 0700);
	mkdir("you/tmp", 0700);
	mkdir("you/new", 0700);
	for (i = 0; i < n + 1; i++) {
		o.rcpt = i;
		assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	}
	turn();
	assert_int_equal(asks, DELIVERY_WRITING_MAX);
	assert_int_equal(entries("you/tmp"), DELIVERY_WRITING_MAX);
	answer(0);
	/* these are renamed: others are written meanwhile */
	turn();
	assert_int_equal(asks, 1 + DELIVERY_WRITING_MAX);
	while (asks > 1)
		start_and_end(asked[--asks], 0);
	turn();
	assert_int_equal(all.active, DELIVERY_ACTIVE_MAX);
	assert_int_equal(asks, 1); /* new/ */
	while (results < n + 1) {
		answer(0);
		turn();
	}
	assert_int_equal(entries("you/new"), n + 1);
	close(o.message);
}

/* A failed sync is final: nothing stays, the mail is tried again later. */
static void
test_sync_fails(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	int steps;

	(void)state;
	for (steps = 0; steps < 2; steps++) {
		assert_non_null(delivery_start(&all, &o, "you", done, NULL));
		turn();
		if (steps) answer(0);
		answer(EIO);
		assert_temporary(true, "4.3.0");
		assert_int_equal(asks, 0);
	}
	/* a failed sync of new/ fails all that it covered, and no other */
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	answer(0);
	o.rcpt = 1;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(asks, 2);
	start_and_end(asked[0], EIO);
	asked[0] = NULL;
	assert_int_equal(results, 1);
	assert_int_equal(last.verdict, VERDICT_TEMP);
	while (asks)
		answer(0);
	assert_int_equal(results, 2);
	assert_int_equal(last.verdict, VERDICT_OK);
	assert_int_equal(entries("you/new"), 1);
	close(o.message);
}

static void
test_disk_full(void **state)
{
	struct delivery_order o = order("0123456789\r\n", 0);
	struct rlimit before, small;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 70;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_temporary(true, "4.3.1");
	assert_int_equal(asks, 0);
	close(o.message);
}

/* A message that is shorter than it was promised. */
static void
test_short(void **state)
{
	struct delivery_order o = order("x\r\n", 0);

	(void)state;
	o.size++;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_temporary(true, "4.3.0");
	close(o.message);
}

static void
test_troubles(void **state)
{
	static struct {
		int error;
		bool ours;
		char const *status;
	} const rows[] = {
		{ ENOSPC, true, "4.3.1" }, { EDQUOT, true, "4.3.1" },
		{ EFBIG, true, "4.3.1" }, { EIO, true, "4.3.0" },
		{ EMFILE, true, "4.3.0" }, { ENFILE, true, "4.3.0" },
		{ ENOMEM, true, "4.3.0" }, { EROFS, true, "4.3.0" },
		{ EACCES, false, "4.3.5" }, { ENOTDIR, false, "4.3.5" },
	};
	struct delivery_order o = order("x\r\n", 0);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct delivery_result r = delivery_trouble(rows[i].error);

		assert_int_equal(r.verdict, VERDICT_TEMP);
		assert_int_equal(r.ours, rows[i].ours);
		assert_string_equal(r.status, rows[i].status);
	}
	assert_int_equal(symlink("/tmp", "you"), 0);
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(results, 1);
	assert_string_equal(last.status, "4.3.5");
	close(o.message);
}

/* What is there already isn't written again, but synced. */
static void
check_repeated(struct delivery_order const *o, bool in_cur)
{
	ino_t before;
	struct stat st;
	char path[512];
	char const *part = in_cur ? "cur" : "new";

	snprintf(path, sizeof path, "you/%s/%s%s", part, name(0),
	    in_cur ? ":2,S" : "");
	assert_int_equal(stat(path, &st), 0);
	before = st.st_ino;
	results = 0;
	assert_non_null(delivery_start(&all, o, "you", done, NULL));
	turn();
	assert_int_equal(entries("you/tmp"), 0);
	assert_int_equal(results, 0);
	assert_int_equal(asks, 1);
	answer(0);
	assert_int_equal(results, 1);
	assert_int_equal(last.verdict, VERDICT_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_ino, before);
	assert_int_equal(entries("you/new") + entries("you/cur"), 1);
}

static void
test_maybe(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	char path[512];

	(void)state;
	o.maybe = true;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	while (asks)
		answer(0);
	assert_int_equal(entries("you/new"), 1);
	check_repeated(&o, false);
	snprintf(path, sizeof path, "you/cur/%s:2,S", name(0));
	assert_int_equal(rename(path_of("new", 0), path), 0);
	check_repeated(&o, true);
	/* nobody searches cur/ for what is delivered for the first time */
	o.maybe = false;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	while (asks)
		answer(0);
	assert_int_equal(entries("you/new"), 1);
	assert_int_equal(entries("you/cur"), 1);
	close(o.message);
}

/* Without "maybe" the rename finds it. */
static void
test_there_already(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	struct stat before, after;

	(void)state;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	while (asks)
		answer(0);
	assert_int_equal(stat(path_of("new", 0), &before), 0);
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	while (asks)
		answer(0);
	assert_int_equal(results, 2);
	assert_int_equal(last.verdict, VERDICT_OK);
	assert_int_equal(stat(path_of("new", 0), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(entries("you/tmp"), 0);
	close(o.message);
}

/* Two at once would share tmp/NAME. */
static void
test_twins(void **state)
{
	struct delivery_order o = order("x\r\n", 0);

	(void)state;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	assert_int_equal(results, 1);
	assert_int_equal(last.verdict, VERDICT_TEMP);
	assert_int_equal(entries("you/tmp"), 1);
	while (asks)
		answer(0);
	assert_int_equal(results, 2);
	assert_int_equal(last.verdict, VERDICT_OK);
	close(o.message);
}

static void
test_cancel(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	struct delivery *d;

	(void)state;
	/* waiting */
	d = delivery_start(&all, &o, "you", done, NULL);
	assert_true(delivery_cancel(d));
	turn();
	assert_int_equal(access("you", F_OK), -1);
	/* its sync under way */
	d = delivery_start(&all, &o, "you", done, NULL);
	turn();
	assert_int_equal(entries("you/tmp"), 1);
	assert_true(delivery_cancel(d));
	assert_int_equal(entries("you/tmp"), 0);
	answer(0);
	/* renamed: too late */
	d = delivery_start(&all, &o, "you", done, NULL);
	turn();
	answer(0);
	assert_false(delivery_cancel(d));
	assert_int_equal(results, 0);
	while (asks)
		answer(0);
	assert_int_equal(results, 1);
	assert_int_equal(entries("you/new"), 1);
	close(o.message);
}

/* Between two turns of a long message. */
static void
test_cancel_writing(void **state)
{
	size_t const len = 3 * DELIVERY_TURN * COPY_PIECE;
	char *text = malloc(len + 1);
	struct delivery_order o;
	struct delivery *d;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	o = order(text, 0);
	d = delivery_start(&all, &o, "you", done, NULL);
	turn();
	assert_int_equal(entries("you/tmp"), 1);
	assert_true(delivery_cancel(d));
	assert_int_equal(entries("you/tmp"), 0);
	turn();
	assert_int_equal(results, 0);
	free(text);
	close(o.message);
}

/* go - deliver, with all syncs; the verdict */
static enum verdict
go(struct delivery_order const *o)
{
	results = 0;
	assert_non_null(delivery_start(&all, o, "you", done, NULL));
	while (!results) {
		turn();
		answer(0);
	}
	return last.verdict;
}

static void
test_quota(void **state)
{
	struct delivery_order o = order("0123456789\r\n", 0);

	(void)state;
	o.quota = o.size - 1;
	assert_int_equal(go(&o), VERDICT_TEMP);
	assert_string_equal(last.status, "4.2.2");
	assert_false(last.ours);
	all.full_is_perm = true;
	assert_int_equal(go(&o), VERDICT_PERM);
	assert_string_equal(last.status, "5.2.2");
	assert_int_equal(entries("you/new"), 0);
	assert_int_equal(entries("you/tmp"), 0);
	assert_file("you/maildirsize", "11S\n0 0\n");
	o.quota = o.size;
	assert_int_equal(go(&o), VERDICT_OK);
	assert_file("you/maildirsize", "12S\n0 0\n12 1\n");
	assert_int_equal(entries("you/new"), 1);
	/* the file has two lines of ours on top */
	o.quota = 90;
	o.rcpt = 1;
	assert_int_equal(go(&o), VERDICT_OK);
	o.rcpt = 2;
	assert_int_equal(go(&o), VERDICT_PERM);
	assert_int_equal(entries("you/new"), 2);
	/* readers take some away, and folders count */
	assert_int_equal(system("mkdir -p you/.a/cur you/.Trash/cur; "
	    "rm you/new/*; head -c 150 /dev/zero >you/.a/cur/x; "
	    "head -c 150 /dev/zero >you/.Trash/cur/x"), 0);
	o.rcpt = 3;
	o.quota = 200;
	assert_int_equal(go(&o), VERDICT_OK);
	assert_file("you/maildirsize", "200S\n150 1\n12 1\n");
	close(o.message);
}

/* What didn't come after all isn't counted. */
static void
test_quota_given_back(void **state)
{
	struct delivery_order o = order("0123456789\r\n", 0);
	struct delivery *d;

	(void)state;
	o.quota = 100;
	assert_non_null(delivery_start(&all, &o, "you", done, NULL));
	turn();
	answer(EIO);
	assert_int_equal(results, 1);
	assert_file("you/maildirsize", "100S\n0 0\n12 1\n-12 -1\n");
	d = delivery_start(&all, &o, "you", done, NULL);
	turn();
	assert_true(delivery_cancel(d));
	assert_file("you/maildirsize",
	    "100S\n0 0\n12 1\n-12 -1\n12 1\n-12 -1\n");
	close(o.message);
}

/* A maildirsize that is none is made anew; a link is never written through. */
static void
test_quota_files(void **state)
{
	static char const *const bad[] = { "", "x\n", "100S\nx 1\n",
		"100S\n1\n", "100S\n99999999999999999999 1\n",
		"100S\n-5 -1\n", "200S\n1 1\n" };
	struct delivery_order o = order("0123456789\r\n", 0);
	size_t i;

	(void)state;
	o.quota = 100;
	assert_int_equal(go(&o), VERDICT_OK);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		int fd = open("you/maildirsize", O_WRONLY | O_TRUNC);

		assert_int_equal(write(fd, bad[i], strlen(bad[i])),
		    strlen(bad[i]));
		close(fd);
		assert_int_equal(system("rm you/new/*"), 0);
		o.rcpt++;
		assert_int_equal(go(&o), VERDICT_OK);
		assert_file("you/maildirsize", "100S\n0 0\n12 1\n");
	}
	assert_int_equal(system("rm you/new/* you/maildirsize; "
	    "echo mine >victim; ln -s ../victim you/maildirsize"), 0);
	o.rcpt++;
	assert_int_equal(go(&o), VERDICT_OK);
	assert_file("victim", "mine\n");
	close(o.message);
}

enum { FAR_MS = 3600 * 1000 };

/* However slow this machine is, what is idle stays so. */
static void
deliver_to(struct delivery_order *o, char const *path)
{
	struct box *box;

	o->rcpt++;
	assert_non_null(delivery_start(&all, o, path, done, NULL));
	turn();
	while (asks)
		answer(0);
	assert_int_equal(last.verdict, VERDICT_OK);
	for (box = all.boxes.idle; box; box = box->next)
		box->idle_ms = loop.now_ms + FAR_MS;
}

/* A Maildir stays open for the next message, but its path decides. */
static void
test_idle(void **state)
{
	struct delivery_order o = order("x\r\n", 0);
	struct box const *box;
	char path[24];
	size_t n;
	int i;

	(void)state;
	deliver_to(&o, "you");
	box = all.boxes.idle;
	assert_non_null(box);
	deliver_to(&o, "you");
	assert_ptr_equal(all.boxes.idle, box);
	assert_int_equal(entries("you/new"), 2);
	assert_int_equal(system("mv you gone"), 0);
	deliver_to(&o, "you");
	assert_int_equal(entries("you/new"), 1);
	assert_int_equal(entries("gone/new"), 2);
	assert_int_equal(system("rm -r you"), 0);
	deliver_to(&o, "you");
	assert_int_equal(entries("you/new"), 1);
	for (i = 0; i < BOX_IDLE_MAX + 5; i++) {
		snprintf(path, sizeof path, "%d", i);
		deliver_to(&o, path);
	}
	for (n = 0, box = all.boxes.idle; box; box = box->next)
		n++;
	assert_int_equal(n, BOX_IDLE_MAX);
	loop.now_ms += FAR_MS + BOX_IDLE_MS;
	all.boxes.expire.due(&all.boxes);
	assert_null(all.boxes.idle);
	close(o.message);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_quota), TEST(test_quota_given_back),
		TEST(test_quota_files),
		TEST(test_steps), TEST(test_crlf), TEST(test_empty),
		TEST(test_large), TEST(test_loop), TEST(test_batch),
		TEST(test_active), TEST(test_sync_fails),
		TEST(test_disk_full), TEST(test_short), TEST(test_troubles),
		TEST(test_maybe), TEST(test_there_already), TEST(test_twins),
		TEST(test_cancel), TEST(test_cancel_writing), TEST(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
