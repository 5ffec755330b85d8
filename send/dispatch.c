/* SPDX-License-Identifier: ISC */
/* Passes things on between the parts; each decides for itself. */
#include <unistd.h>
#include <skalibs/random.h>
#include "common/log.h"
#include "send/dispatch.h"
#include "send/job.h"
#include "send/lane.h"
#include "send/routing.h"

enum { RETRY_MS = 1000 };	/* after a shortage of memory of our own */

static enum sched_way
route(void *owner, struct sched_mail const *m, struct sched_rcpt const *r,
    struct sched_route *out)
{
	struct dispatch *d = owner;
	struct expansion targets;
	enum sched_way way;

	if (d->by_hand) { /* to its --relay */
		out->to.channel = CHANNEL_REMOTE;
		return WAY_THERE;
	}
	way = routing_find(d->routes, mail_address(m, r),
	    mail_groups(m), r->action, out, &targets);
	expansion_free(&targets);
	return way;
}

static bool
room(void *owner)
{
	struct dispatch *d = owner;

	return upstream_has_room(&d->upstream);
}

static void
outcome(void *owner, struct handover_outcome const *o)
{
	struct dispatch *d = owner;

	if (o->outcome == OUTCOME_DEFERRED || o->outcome == OUTCOME_FAILED)
		d->deferred = true;
	log_event("outcome", LOG_ID(&o->id), LOG_NUMBER("rcpt", o->rcpt),
	    LOG_NUMBER("tries", o->attempt + 1),
	    LOG_NUMBER("wait", o->wait_s), LOG_SLICE("status", o->status),
	    LOG_SLICE("words", o->words));
	upstream_outcome(&d->upstream, o);
}

static struct sched_hooks const hooks = { .route = route, .outcome = outcome,
	.room = room };

/* Work */

void
dispatch_look(void *owner)
{
	struct dispatch *d = owner;

	loop_later(d->loop, &d->pump);
}

static void
wake(void *owner)
{
	dispatch_look(owner);
}

static void
start_jobs(struct dispatch *d, enum channel_name c)
{
	struct sched_job *job;

	while ((job = job_next(&d->sched, c)))
		if (!upstream_fetch(&d->upstream, job,
		    channel_takes_text(&d->channel[c]))) {
			job_return(&d->sched, job,
			    d->loop->now_ms + RETRY_MS);
			break;
		}
}

/* Nothing new is begun; what is under way has its outcome written down first. */
static bool
is_winding_down(struct dispatch const *d)
{
	return d->ending || d->upstream.ending;
}

static void
wind_down(struct dispatch *d)
{
	enum channel_name c;

	for (c = 0; c < CHANNELS; c++)
		if (d->sched.channel[c].running) return;
	if (upstream_is_open(&d->upstream) && !upstream_part(&d->upstream))
		return;
	if (d->ending) d->loop->stop = true;
}

/* What the queue has no room for waits until it has read what it was sent, and
 * we are called again. */
static void
pump(void *owner)
{
	struct dispatch *d = owner;
	int64_t now = d->loop->now_ms, next, tend;
	enum channel_name c;

	if (is_winding_down(d)) {
		wind_down(d);
		return;
	}
	if (d->by_hand && d->upstream.told && !d->hurried) {
		/* what was put off is tried too, once */
		d->hurried = true;
		sched_now(&d->sched, now);
	}
	sched_due(&d->sched, now);
	expander_work(&d->expander);
	for (c = 0; c < CHANNELS && upstream_is_open(&d->upstream); c++)
		start_jobs(d, c);
	reporter_work(&d->reporter);
	tend = upstream_tend(&d->upstream);
	next = upstream_has_room(&d->upstream) ? sched_wake_ms(&d->sched) : -1;
	if (next == -1 || (tend != -1 && tend < next)) next = tend;
	if (next != -1) loop_arm(d->loop, &d->wake, next);
	if (d->by_hand && (!upstream_is_open(&d->upstream) ||
	    (d->upstream.told && sched_idle(&d->sched))))
		d->loop->stop = true; /* nobody starts the queue again */
}

static void
text(void *owner, struct sched_job *job, struct handover_body const *body,
    int fd)
{
	struct dispatch *d = owner;
	int64_t now = d->loop->now_ms;
	struct channel *c = &d->channel[job->lane->to.channel];

	if (fd == -1 && !body->text.len) {
		job_unreadable(&d->sched, job, now);
	} else if (is_winding_down(d)) {
		if (fd != -1) close(fd);
		job_return(&d->sched, job, now + RETRY_MS);
	} else if (!channel_begin(c, job, body, fd)) {
		job_return(&d->sched, job, now + RETRY_MS);
	}
}

static void
original(void *owner, struct sched_mail *mail,
    struct handover_body const *body, int fd)
{
	struct dispatch *d = owner;

	reporter_text(&d->reporter, mail, body, fd);
}

static void
lost(void *owner, struct channel *c)
{
	struct dispatch *d = owner;

	upstream_unfetch(&d->upstream, c->name);
	job_lost(&d->sched, c->name, d->loop->now_ms);
	/* by hand nobody starts it again */
	if (d->by_hand) d->loop->stop = true;
	dispatch_look(d);
}

static void
fill_channel(struct dispatch *d, enum channel_name name)
{
	struct channel *c = &d->channel[name];

	c->loop = d->loop;
	c->sched = &d->sched;
	c->name = name;
	c->changed = dispatch_look;
	c->lost = lost;
	c->owner = d;
}

void
dispatch_init(struct dispatch *d, struct sched_limits const *limits)
{
	uint64_t seed;
	enum channel_name c;

	random_buf((char *)&seed, sizeof seed);
	sched_init(&d->sched, seed, &hooks, d, limits);
	d->pump = (struct chore){ .run = pump, .owner = d };
	d->wake = (struct timer){ .due = wake, .owner = d };
	d->upstream.loop = d->loop;
	d->upstream.sched = d->expander.sched = d->reporter.sched = &d->sched;
	d->upstream.text = text;
	d->upstream.original = original;
	d->upstream.changed = dispatch_look;
	d->upstream.owner = d;
	upstream_init(&d->upstream);
	d->expander.upstream = d->reporter.upstream = &d->upstream;
	d->expander.routes = d->routes;
	for (c = 0; c < CHANNELS; c++)
		fill_channel(d, c);
}

void
dispatch_end(struct dispatch *d)
{
	d->ending = true;
	/* by hand our children end by the same key */
	if (d->by_hand) d->loop->stop = true;
	dispatch_look(d);
}

void
dispatch_now(struct dispatch *d)
{
	sched_now(&d->sched, d->loop->now_ms);
	dispatch_look(d);
}

void
dispatch_free(struct dispatch *d)
{
	upstream_free(&d->upstream);
	sched_free(&d->sched);
}
