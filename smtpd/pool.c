/* SPDX-License-Identifier: ISC */
/* Makes, lends and loses connections to queue; what goes over them is
 * submission.c's. */
#include <errno.h>
#include <stdlib.h>
#include "common/log.h"
#include "common/unixsock.h"
#include "smtpd/pool.h"
#include "smtpd/submission.h"

static void
put_in(struct link **list, struct link *link)
{
	link->next = *list;
	link->at = list;
	if (link->next) link->next->at = &link->next;
	*list = link;
}

static void
take_out(struct link *link)
{
	*link->at = link->next;
	if (link->next) link->next->at = link->at;
}

static unsigned long long *
count_of(struct link *link)
{
	struct pool *pool = link->pool;

	if (!link->submission) return &pool->idles;
	return link->stream ? &pool->streams : &pool->shared;
}

static size_t *
octets_of(struct link *link)
{
	return link->stream ? &link->pool->envelopes : &link->pool->flight;
}

/* There is always room for one. */
static bool
may_fly(size_t octets, size_t more)
{
	return !octets || octets + more <= POOL_FLIGHT_MAX;
}

/* A link isn't used, or no more, by whom it was lent to. */
static void
take_back(struct link *link)
{
	--*count_of(link);
	*octets_of(link) -= link->octets;
	link->octets = 0;
	crowd_leave(&link->member);
	take_out(link);
}

static void
free_link(struct link *link)
{
	take_back(link);
	peer_close(&link->peer);
	free(link);
}

static bool
handle_verdict(void *owner, void const *values, int fd)
{
	struct link *link = owner;

	(void)fd;
	return link->submission &&
	    submission_settle(link->submission, values);
}

static void serve_waiting(struct pool *pool);

static void
gone(void *owner, char const *why)
{
	struct link *link = owner;
	struct pool *pool = link->pool;
	struct submission *s = link->submission;

	if (s)
		log_event("lost-queue", LOG_ID(&s->open.id),
		    LOG_TEXT("error", why));
	free_link(link);
	if (s) submission_fail(s, REPLY_NO_QUEUE);
	serve_waiting(pool);
}

static void
drained(void *owner)
{
	struct link *link = owner;

	if (link->submission) submission_go_on(link->submission);
}

static struct peer_row const rows[] = {
	{ .form = &submit_verdict_form, .handle = handle_verdict },
};

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone, .drained = drained,
	.shares = true };

/* Says once that queue is away, and once that it is back. */
static void
note_away(struct pool *pool, bool away)
{
	if (pool->away == away) return;
	pool->away = away;
	if (away)
		log_event("no-queue", LOG_TEXT("socket", pool->path),
		    LOG_SYS(errno));
	else
		log_event("queue-is-back", LOG_TEXT("socket", pool->path));
}

/* One more idle link, or false and errno. */
static bool
add_link(struct pool *pool)
{
	struct link *link = calloc(1, sizeof *link);
	int fd = !link ? -1 : pool->connect ? pool->connect(pool->owner)
	    : unixsock_connect(pool->path);

	if (fd == -1 && errno != EAGAIN) note_away(pool, true);
	if (fd == -1) goto undo;
	note_away(pool, false);
	link->pool = pool;
	if (!peer_open(&link->peer, pool->loop, fd, &kind, link)) goto undo;
	put_in(&pool->idle, link);
	pool->idles++;
	return true;
undo:
	free(link);
	return false;
}

static bool
lend(struct pool *pool, struct submission *s, bool stream)
{
	struct link *link;

	if (!pool->idle && !add_link(pool)) return false;
	link = pool->idle;
	take_out(link);
	pool->idles--;
	if (pool->unused > pool->idles) pool->unused = pool->idles;
	link->submission = s;
	link->stream = stream;
	link->octets = submission_octets(s, stream);
	put_in(&pool->busy, link);
	++*count_of(link);
	*octets_of(link) += link->octets;
	s->link = link;
	return true;
}

static struct submission *
next_waiting(struct pool *pool)
{
	struct submission *s = pool->first;

	pool->first = s->next;
	if (!pool->first) pool->end = &pool->first;
	return s;
}

static void
serve_waiting(struct pool *pool)
{
	while (pool->first && pool->shared < POOL_SHARED_MAX &&
	    may_fly(pool->flight, submission_octets(pool->first, false))) {
		struct submission *s = pool->first;

		if (lend(pool, s, false)) {
			next_waiting(pool);
			submission_start(s);
		} else if (errno == EAGAIN || pool->shared) {
			/* a connection that is in use will come free; when
			 * there is none, queue is slow to accept the first */
			if (!pool->shared)
				loop_arm(pool->loop, &pool->retry,
				    pool->loop->now_ms + POOL_RETRY_MS);
			return;
		} else {
			submission_fail(next_waiting(pool), REPLY_NO_QUEUE);
		}
	}
}

static void
retry(void *owner)
{
	serve_waiting(owner);
}

static void
watch_unused(struct pool *pool)
{
	pool->unused = pool->idles;
	if (pool->idles > 1)
		loop_arm(pool->loop, &pool->keep,
		    pool->loop->now_ms + POOL_KEEP_MS);
}

static void
give_back(void *owner)
{
	struct pool *pool = owner;

	while (pool->unused-- > 1 && pool->idles > 1)
		free_link(pool->idle);
	watch_unused(pool);
}

void
pool_open(struct pool *pool)
{
	pool->held = 0;
	pool->busy = pool->idle = NULL;
	pool->shared = pool->streams = pool->idles = 0;
	pool->flight = pool->envelopes = 0;
	pool->senders = (struct crowd){ .bucket = { NULL } };
	pool->first = NULL;
	pool->end = &pool->first;
	pool->retry = (struct timer){ .due = retry, .owner = pool };
	pool->keep = (struct timer){ .due = give_back, .owner = pool };
	pool->away = false;
	refusals_open(&pool->refusals, pool);
}

void
pool_close(struct pool *pool)
{
	loop_disarm(pool->loop, &pool->retry);
	loop_disarm(pool->loop, &pool->keep);
	refusals_close(&pool->refusals);
	while (pool->idle)
		free_link(pool->idle);
}

bool
pool_reaches_queue(struct pool *pool)
{
	return pool->idle || pool->busy || add_link(pool) || errno == EAGAIN;
}

enum reply
pool_refusal(struct pool const *pool, struct slice client)
{
	if (pool->streams >= pool->streams_max) return REPLY_NO_SPACE;
	return crowd_has_room(&pool->senders, client, pool->address_max)
	    ? REPLY_NONE : REPLY_TOO_MUCH_FROM_YOU;
}

struct peer *
pool_spare(struct pool *pool)
{
	if (!pool->idle && !add_link(pool)) return NULL;
	return &pool->idle->peer;
}

bool
pool_stream(struct pool *pool, struct submission *s)
{
	return !pool_refusal(pool, s->client) &&
	    may_fly(pool->envelopes, submission_octets(s, true)) &&
	    lend(pool, s, true) &&
	    crowd_join(&pool->senders, &s->link->member, s->client,
	    pool->address_max);
}

void
pool_wait(struct pool *pool, struct submission *s)
{
	s->next = NULL;
	*pool->end = s;
	pool->end = &s->next;
	serve_waiting(pool);
}

void
pool_forget(struct pool *pool, struct submission *s)
{
	struct submission **at = &pool->first;

	while (*at && *at != s)
		at = &(*at)->next;
	if (!*at) return;
	*at = s->next;
	if (!*at) pool->end = at;
}

void
pool_release(struct link *link)
{
	struct pool *pool = link->pool;

	take_back(link);
	link->submission = NULL;
	put_in(&pool->idle, link);
	pool->idles++;
	serve_waiting(pool);
	if (pool->idles > POOL_SHARED_MAX) free_link(pool->idle);
	if (!timer_is_armed(&pool->keep)) watch_unused(pool);
}

void
pool_drop(struct link *link)
{
	struct pool *pool = link->pool;

	free_link(link);
	serve_waiting(pool);
}
