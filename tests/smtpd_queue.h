/* SPDX-License-Identifier: ISC */
/* A queue for tests of smtpd: in the same loop as what is tested, believes what
 * it gets, checks its order, and fails as it is told. */
#ifndef MAILGRAVE_TESTS_SMTPD_QUEUE_H
#define MAILGRAVE_TESTS_SMTPD_QUEUE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "common/peer.h"
#include "common/submit.h"
#include "common/unixsock.h"
#include "tests/patience.h"

enum { GUESTS_MAX = 300 };

static char directory[] = "/tmp/smtpd-test-XXXXXX";
static char path[64];
static struct loop loop;

/* One connection as the queue sees it. */
struct guest {
	struct peer peer;
	bool open;		/* between OPEN and END or ABORT */
	bool ended;		/* a verdict is due */
	uint32_t rcpts;
	uint64_t octets;
	char sender[64], rcpt[64], orcpt[64], envid[64], protocol[32];
	char client[64], helo[64];
	uint8_t notify, ret, utf8;
};

/* The queue, and what it shall do. */
static struct {
	int fd, lock;
	struct watch watch;
	struct guest *guest[GUESTS_MAX];
	size_t guests, guests_open;
	bool mute;		/* gives no verdicts */
	bool refuse_early;	/* after the first BODY */
	bool accept_early;
	bool die_at_end;
	enum verdict verdict;
	uint64_t room;		/* verdict is for what is larger */
	size_t asked, opened, ended, aborted, gone;
	uint64_t octets;
	bool paused;
	char rule[64];		/* of the last REFUSED */
	size_t rules, refused;	/* such frames, and their sum */
} queue;

static void
say(struct guest *g, enum verdict verdict)
{
	struct submit_verdict v = { .verdict = (uint8_t)verdict };

	v.status = verdict == VERDICT_OK ? SLICE("2.0.0") : SLICE("4.2.1");
	v.words = SLICE("so it is");
	assert_true(peer_send(&g->peer, &submit_verdict_form, &v, -1));
}

#define keep(out, text) \
	snprintf(out, sizeof(out), "%.*s", (int)(text).len, (text).s)

static bool
got_open(void *owner, void const *values, int fd)
{
	struct submit_open const *open = values;
	struct guest *g = owner;

	assert_int_equal(fd, -1);
	assert_false(g->open);
	assert_false(g->ended);
	g->open = true;
	g->rcpts = 0;
	g->octets = 0;
	keep(g->sender, open->sender);
	keep(g->envid, open->envid);
	keep(g->protocol, open->protocol);
	keep(g->client, open->client_address);
	keep(g->helo, open->helo);
	g->ret = open->ret;
	g->utf8 = open->utf8;
	queue.opened++;
	return true;
}

/* It has room for what it is told to have room for. */
static bool
got_room(void *owner, void const *values, int fd)
{
	struct submit_room const *room = values;
	struct guest *g = owner;

	assert_int_equal(fd, -1);
	assert_false(g->open);
	queue.asked++;
	if (queue.die_at_end) {
		peer_close(&g->peer);
		queue.guests_open--;
	} else if (!queue.mute) {
		say(g, room->size > queue.room ? queue.verdict : VERDICT_OK);
	}
	return true;
}

static bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct submit_rcpt const *rcpt = values;
	struct guest *g = owner;

	(void)fd;
	assert_true(g->open);
	keep(g->rcpt, rcpt->address);
	keep(g->orcpt, rcpt->orcpt);
	g->notify = rcpt->notify;
	g->rcpts++;
	return true;
}

static bool
got_body(void *owner, void const *values, int fd)
{
	struct submit_body const *body = values;
	struct guest *g = owner;
	bool first = !g->octets;

	(void)fd;
	assert_true(g->open);
	assert_in_range(body->octets.len, 1, WIRE_BODY_MAX);
	g->octets += body->octets.len;
	queue.octets += body->octets.len;
	if (first && queue.refuse_early) say(g, VERDICT_TEMP);
	if (first && queue.accept_early) say(g, VERDICT_OK);
	return true;
}

static bool
got_end(void *owner, void const *values, int fd)
{
	struct submit_end const *end = values;
	struct guest *g = owner;

	(void)fd;
	assert_true(g->open);
	assert_int_equal(end->size, g->octets);
	assert_int_equal(end->rcpts, g->rcpts);
	g->open = false;
	queue.ended++;
	if (queue.die_at_end) {
		peer_close(&g->peer);
		queue.guests_open--;
	} else if (queue.mute) {
		g->ended = true;
	} else {
		say(g, queue.verdict);
	}
	return true;
}

static bool
got_abort(void *owner, void const *values, int fd)
{
	struct guest *g = owner;

	(void)values;
	(void)fd;
	assert_true(g->open);
	g->open = false;
	queue.aborted++;
	return true;
}

static bool
got_refused(void *owner, void const *values, int fd)
{
	struct submit_refused const *refused = values;
	struct guest *g = owner;

	(void)fd;
	assert_false(g->open);
	assert_false(g->ended);
	keep(queue.rule, refused->rule);
	queue.rules++;
	queue.refused += refused->n;
	return true;
}

static struct peer_row const rows[] = {
	{ .form = &submit_open_form, .handle = got_open },
	{ .form = &submit_room_form, .handle = got_room },
	{ .form = &submit_rcpt_form, .handle = got_rcpt },
	{ .form = &submit_body_form, .handle = got_body },
	{ .form = &submit_end_form, .handle = got_end },
	{ .form = &submit_abort_form, .handle = got_abort },
	{ .form = &submit_refused_form, .handle = got_refused },
};

static void
gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	queue.guests_open--;
	queue.gone++;
}

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone };

static void
accept_guest(void *owner, uint32_t events)
{
	struct guest *g = calloc(1, sizeof *g);
	uid_t uid;
	int fd = unixsock_accept(queue.fd, &uid);

	(void)owner;
	(void)events;
	assert_int_not_equal(fd, -1);
	assert_int_equal(uid, getuid());
	assert_true(queue.guests < GUESTS_MAX);
	assert_true(peer_open(&g->peer, &loop, fd, &kind, g));
	peer_pause(&g->peer, queue.paused);
	queue.guest[queue.guests++] = g;
	queue.guests_open++;
}

static void
queue_start(void)
{
	memset(&queue, 0, sizeof queue);
	queue.fd = unixsock_bind(path, (uid_t)-1, 0600, &queue.lock);
	assert_int_not_equal(queue.fd, -1);
	assert_int_equal(listen(queue.fd, 1024), 0);
	queue.watch.ready = accept_guest;
	assert_true(loop_watch(&loop, &queue.watch, queue.fd, EPOLLIN));
}

static void
queue_kill(void)
{
	size_t i;

	loop_forget(&loop, &queue.watch);
	close(queue.fd);
	close(queue.lock);
	for (i = 0; i < queue.guests; i++) {
		peer_close(&queue.guest[i]->peer);
		free(queue.guest[i]);
	}
	queue.guests = queue.guests_open = 0;
}

static void
nothing(void *owner)
{
	(void)owner;
}

/* turns - of the loop, none of which waits */
static void
turns(unsigned n)
{
	struct timer now = { .due = nothing };

	while (n--) {
		loop_arm(&loop, &now, 0);
		assert_true(loop_turn(&loop));
	}
}

/* queue_directory - a place for its socket, and silence for the log */
static void
queue_directory(void)
{
	if (!mkdtemp(directory)) abort();
	snprintf(path, sizeof path, "%s/queue.ctrl", directory);
	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static void
queue_clean_up(void)
{
	char lock[80];

	snprintf(lock, sizeof lock, "%s.lock", path);
	unlink(path);
	unlink(lock);
	rmdir(directory);
}

#endif
