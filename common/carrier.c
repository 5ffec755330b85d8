/* SPDX-License-Identifier: ISC */
/* Jobs out, results in; what results mean is parcel.c's. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <stdlib.h>
#include "common/carrier.h"
#include "common/log.h"

struct carrier_job {
	uint32_t number;
	struct parcel *parcel;
	uint32_t first, targets;	/* those of the parcel that it has */
	uint32_t owed;
	struct carrier_job *next;
};

static void
take_out(struct carrier *c, struct parcel *p)
{
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	else
		c->end = p->at;
}

/* Jobs */

static struct deliver_job
describe(struct parcel const *p, uint32_t number)
{
	struct submit_open const *o = p->open;

	return (struct deliver_job){ .job = number, .id = o->id,
		.sender = o->sender, .groups = o->groups,
		.host = SLICE(""), .size = p->size,
		.arrived_s = (uint64_t)p->arrived_s, .envid = o->envid,
		.client_address = o->client_address,
		.client_name = o->client_name, .helo = o->helo,
		.protocol = o->protocol, .login = o->login, .ret = o->ret,
		.utf8 = o->utf8, .eightbit = o->eightbit };
}

/* With a frame that can't be sent the connection ends by itself, and the parcel
 * hears of it then. */
static void
say_job(struct carrier *c, struct carrier_job const *job)
{
	struct parcel const *p = job->parcel;
	struct deliver_job const frame = describe(p, job->number);
	struct deliver_run const run = { .job = job->number,
		.rcpts = job->targets };
	uint32_t i;

	peer_send(&c->peer, &deliver_job_form, &frame,
	    fcntl(p->text, F_DUPFD_CLOEXEC, 0));
	for (i = job->first; i < job->first + job->targets; i++)
		peer_send(&c->peer, &deliver_rcpt_form,
		    &(struct deliver_rcpt){ .job = job->number, .rcpt = i,
		    .action = p->target[i].action,
		    .notify = p->target[i].notify,
		    .address = p->target[i].address,
		    .orcpt = p->target[i].orcpt }, -1);
	peer_send(&c->peer, &deliver_run_form, &run, -1);
}

static bool
begin(struct carrier *c, struct parcel *p)
{
	struct carrier_job *job = calloc(1, sizeof *job);
	uint32_t n = p->targets - p->begun;

	if (!job) return false;
	if (n > DELIVER_RCPTS_MAX) n = DELIVER_RCPTS_MAX;
	*job = (struct carrier_job){ .number = ++c->number, .parcel = p,
		.first = p->begun, .targets = n, .owed = n, .next = c->job };
	c->job = job;
	c->running++;
	p->begun += n;
	say_job(c, job);
	return true;
}

/* settle - so many targets of it won't be heard of any more */
static void
settle(struct carrier *c, struct parcel *p, uint32_t targets)
{
	p->owed -= targets;
	if (p->owed) return;
	take_out(c, p);
	c->done(c->owner, p);
}

/* A parcel for which there is no memory ends, but for what is under way. */
static void
fall_short(struct carrier *c, struct parcel *p)
{
	uint32_t left = parcel_give_up(p, p->begun, "out of memory");

	p->begun = p->targets;
	settle(c, p, left);
}

static void
pump(struct carrier *c)
{
	struct parcel *p = c->first, *next;

	while (p && c->running < c->slots) {
		next = p->next;
		if (p->begun == p->targets)
			p = next;
		else if (!begin(c, p)) {
			fall_short(c, p);
			p = next;
		}
	}
}

/* Results */

static bool
hear_slots(void *owner, void const *values, int fd)
{
	struct carrier *c = owner;
	struct deliver_slots const *s = values;

	(void)fd;
	if (c->slots || !s->jobs || s->jobs > DELIVER_SLOTS_MAX) return false;
	c->slots = s->jobs;
	pump(c);
	return true;
}

static struct carrier_job **
find(struct carrier *c, uint32_t number)
{
	struct carrier_job **at = &c->job;

	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

static bool
hear_result(void *owner, void const *values, int fd)
{
	struct carrier *c = owner;
	struct deliver_result const *r = values;
	struct carrier_job **at = find(c, r->job), *job = *at;
	struct parcel *p;

	(void)fd;
	if (!job || r->rcpt < job->first ||
	    r->rcpt - job->first >= job->targets ||
	    job->parcel->target[r->rcpt].done)
		return false;
	p = job->parcel;
	parcel_result(p, &p->target[r->rcpt], r->verdict, r->status,
	    r->words);
	if (!--job->owed) {
		*at = job->next;
		free(job);
		c->running--;
	}
	settle(c, p, 1);
	pump(c);
	return true;
}

static struct peer_row const rows[] = {
	{ &deliver_slots_form, false, hear_slots },
	{ &deliver_result_form, false, hear_result },
};

static void
free_jobs(struct carrier *c)
{
	while (c->job) {
		struct carrier_job *job = c->job;

		c->job = job->next;
		free(job);
	}
	c->running = 0;
}

static void
give_up(struct carrier *c, struct parcel *p)
{
	settle(c, p, parcel_give_up(p, 0, "delivery not available"));
}

static void
gone(void *owner, char const *why)
{
	struct carrier *c = owner;

	log_event("lost-local", LOG_TEXT("error", why));
	free_jobs(c);
	while (c->first)
		give_up(c, c->first);
	c->lost(c->owner);
}

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone };

bool
carrier_open(struct carrier *c, int fd)
{
	c->slots = c->running = c->number = 0;
	c->job = NULL;
	c->first = NULL;
	c->end = &c->first;
	return peer_open(&c->peer, c->loop, fd, &kind, c);
}

bool
carrier_is_open(struct carrier const *c)
{
	return peer_is_open(&c->peer);
}

void
carrier_take(struct carrier *c, struct parcel *p)
{
	p->next = NULL;
	p->at = c->end;
	*c->end = p;
	c->end = &p->next;
	if (carrier_is_open(c))
		pump(c);
	else
		give_up(c, p);
}

void
carrier_close(struct carrier *c)
{
	if (carrier_is_open(c)) peer_close(&c->peer);
	free_jobs(c);
	while (c->first) {
		struct parcel *p = c->first;

		take_out(c, p);
		parcel_free(p);
	}
}
