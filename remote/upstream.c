/* SPDX-License-Identifier: ISC */
/* Jobs of send, by number; never looks into a message. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "common/msgfd.h"
#include "remote/upstream.h"

/* One job of send. */
struct task {
	struct upstream *up;
	uint32_t number;
	struct task *same_bucket;	/* while live */
	struct task *next, **at;	/* in live or retired */
	bool live, running;
	size_t left;			/* recipients without a result */
	char why[128];			/* there is no host to go to */
	char sender[ADDR_TEXT_MAX];
	uint32_t rcpt[DELIVER_RCPTS_MAX];	/* send's numbers */
	struct slice address[DELIVER_RCPTS_MAX];	/* ours to free */
	struct job job;
};

static void
list_add(struct tasks *list, struct task *t)
{
	t->next = NULL;
	t->at = list->end;
	*list->end = t;
	list->end = &t->next;
}

static void
list_remove(struct tasks *list, struct task *t)
{
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	else
		list->end = t->at;
}

static struct task **
bucket(struct upstream *u, uint32_t number)
{
	return &u->bucket[number % UPSTREAM_BUCKETS];
}

static struct task *
find(struct upstream *u, uint32_t number)
{
	struct task *t = *bucket(u, number);

	while (t && t->number != number)
		t = t->same_bucket;
	return t;
}

static void
add_live(struct upstream *u, struct task *t)
{
	struct task **head = bucket(u, t->number);

	t->same_bucket = *head;
	*head = t;
	list_add(&u->live, t);
	u->lives++;
	t->live = true;
}

static void
remove_live(struct task *t)
{
	struct upstream *u = t->up;
	struct task **at = bucket(u, t->number);

	while (*at != t)
		at = &(*at)->same_bucket;
	*at = t->same_bucket;
	list_remove(&u->live, t);
	u->lives--;
	t->live = false;
}

static void
task_free(struct task *t)
{
	size_t i;

	if (t->live) {
		remove_live(t);
	} else {
		list_remove(&t->up->retired, t);
		t->up->retireds--;
	}
	for (i = 0; i < t->job.order.rcpts; i++)
		free((char *)t->address[i].s);
	free(t);
}

/* Only for one whose job hasn't ended. */
static void
task_drop(struct task *t)
{
	if (t->running)
		job_cancel(&t->job);
	else
		close(t->job.message);
	task_free(t);
}

static void
retire(struct task *t)
{
	struct upstream *u = t->up;

	remove_live(t);
	list_add(&u->retired, t);
	if (++u->retireds > u->jobs) task_drop(u->retired.first);
}

/* Jobs that matter to somebody: send waits, or their end is to be logged. */
static bool
is_idle(struct upstream const *u)
{
	struct task const *t;

	if (u->lives) return false;
	for (t = u->retired.first; t; t = t->next)
		if (t->left) return false;
	return true;
}

static void
tell_idle(struct upstream *u)
{
	bool going = !u->finishing && peer_is_open(&u->peer);

	if (!going && u->idle && is_idle(u)) u->idle(u->owner);
}

static void
log_result(struct task const *t, struct job_result const *r)
{
	static char const *const event[VERDICTS] = { "delivered", "deferred",
	    "failed" };
	struct client_result const *c = r->client;

	log_event(event[c->verdict], LOG_ID(&t->job.id),
	    LOG_SLICE("to", t->address[c->rcpt]), LOG_SLICE("relay", r->where),
	    LOG_TEXT("status", c->status), LOG_SLICE("words", c->words));
}

static void
took_result(void *owner, struct job_result const *r)
{
	struct task *t = owner;
	struct upstream *u = t->up;
	struct deliver_result result = { .job = t->number,
		.rcpt = t->rcpt[r->client->rcpt],
		.verdict = (uint8_t)r->client->verdict, .ours = r->ours,
		.status = slice_of(r->client->status), .where = r->where,
		.words = r->client->words };

	log_result(t, r);
	t->left--;
	if (!t->live) return;
	/* an answer that cannot be given is given by closing */
	if (!peer_send(&u->peer, &deliver_result_form, &result, -1))
		loop_later(u->remote->loop, &u->drop);
	if (t->left) return;
	retire(t);
	tell_idle(u);
}

static void
ended(void *owner)
{
	struct task *t = owner;
	struct upstream *u = t->up;

	task_free(t);
	tell_idle(u);
}

/* What send says. Each returns false for what makes no sense: the connection
 * ends then. */

static void
set_host(struct task *t, struct deliver_job const *j)
{
	struct remote const *r = t->up->remote;
	struct netaddr *to = &t->job.to;
	char const *why;

	t->job.why = t->why;
	*to = r->relay;
	if (!j->host.len)
		snprintf(t->why, sizeof t->why, "no relay");
	else if (!netaddr_parse(to, j->host, &why)) {
		*to = (struct netaddr){ .port = 0 };
		snprintf(t->why, sizeof t->why, "the relay: %s", why);
	}
	if (j->port) to->port = j->port;
	if (!to->port) to->port = r->port;
}

static bool
take_job(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct deliver_job const *j = values;
	struct task *t;

	if (fd == -1) return false;
	if (u->lives == u->jobs || find(u, j->job) || j->port > 65535 ||
	    !(t = calloc(1, sizeof *t))) {
		close(fd);
		return false;
	}
	t->up = u;
	t->number = j->job;
	t->job.remote = u->remote;
	t->job.id = j->id;
	set_host(t, j);
	if (!msgfd_valid(fd, j->size)) {
		*t->job.to.host = '\0';
		snprintf(t->why, sizeof t->why, "the message's descriptor: %s",
		    strerror(errno));
	}
	t->job.message = fd;
	if (j->sender.len) memcpy(t->sender, j->sender.s, j->sender.len);
	t->job.order = (struct client_order){ .hostname = u->remote->hostname,
		.sender = slice_from(t->sender, j->sender.len),
		.rcpt = t->address, .size = j->size, .eightbit = j->eightbit };
	t->job.result = took_result;
	t->job.ended = ended;
	t->job.owner = t;
	add_live(u, t);
	return true;
}

static bool
take_rcpt(void *owner, void const *values, int fd)
{
	struct deliver_rcpt const *r = values;
	struct task *t = find(owner, r->job);
	size_t n;
	char *copy;

	(void)fd;
	if (!t || t->running) return false;
	n = t->job.order.rcpts;
	if (n == DELIVER_RCPTS_MAX) return false;
	copy = calloc(1, r->address.len + 1);
	if (!copy) return false;
	if (r->address.len) memcpy(copy, r->address.s, r->address.len);
	t->rcpt[n] = r->rcpt;
	t->address[n] = slice_from(copy, r->address.len);
	t->job.order.rcpts++;
	return true;
}

static bool
take_run(void *owner, void const *values, int fd)
{
	struct deliver_run const *r = values;
	struct task *t = find(owner, r->job);

	(void)fd;
	if (!t || t->running) return false;
	if (!r->rcpts || r->rcpts != t->job.order.rcpts) return false;
	t->left = r->rcpts;
	t->running = true;
	job_start(&t->job);
	return true;
}

static struct peer_row const rows[] = {
	{ &deliver_job_form, true, take_job },
	{ &deliver_rcpt_form, false, take_rcpt },
	{ &deliver_run_form, false, take_run },
};

/* Before the end mark a job may as well not have been: send will give it
 * again. After it the rest is done for the log. */
static void
release(struct upstream *u)
{
	struct task *t, *next;

	for (t = u->live.first; t; t = next) {
		next = t->next;
		if (t->running && job_is_committed(&t->job))
			retire(t);
		else
			task_drop(t);
	}
}

static void
gone(void *owner, char const *why)
{
	struct upstream *u = owner;

	log_event("send-lost", LOG_TEXT("why", why),
	    LOG_NUMBER("jobs", u->lives));
	release(u);
	tell_idle(u);
}

static struct peer_kind const kind = {
	.row = rows, .rows = sizeof rows / sizeof *rows, .gone = gone
};

static void
drop(void *owner)
{
	struct upstream *u = owner;

	if (!peer_is_open(&u->peer)) return;
	peer_close(&u->peer);
	gone(u, "results cannot be sent");
}

void
upstream_init(struct upstream *u)
{
	u->live.end = &u->live.first;
	u->retired.end = &u->retired.first;
	u->drop = (struct chore){ .run = drop, .owner = u };
}

void
upstream_accept(struct upstream *u, int fd)
{
	struct deliver_slots slots = { .jobs = u->jobs };

	if (peer_is_open(&u->peer)) {
		peer_close(&u->peer);
		log_event("send-lost", LOG_TEXT("why", "it connected anew"),
		    LOG_NUMBER("jobs", u->lives));
		release(u);
	}
	if (!peer_open(&u->peer, u->remote->loop, fd, &kind, u)) {
		log_event("send-refused", LOG_SYS(errno));
		return;
	}
	if (!peer_send(&u->peer, &deliver_slots_form, &slots, -1))
		loop_later(u->remote->loop, &u->drop);
}

void
upstream_finish(struct upstream *u)
{
	struct task *t, *next;

	u->finishing = true;
	if (peer_is_open(&u->peer)) peer_pause(&u->peer, true);
	for (t = u->live.first; t; t = next) {
		next = t->next;
		if (!t->running) task_drop(t);
	}
	tell_idle(u);
}

void
upstream_close(struct upstream *u)
{
	if (peer_is_open(&u->peer)) peer_close(&u->peer);
	loop_not_later(u->remote->loop, &u->drop);
	while (u->live.first)
		task_drop(u->live.first);
	while (u->retired.first)
		task_drop(u->retired.first);
}
