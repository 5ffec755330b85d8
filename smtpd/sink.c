/* SPDX-License-Identifier: ISC */
/* The queue's end of the submit protocol, without a queue; a message is
 * parcel.c's, its way to local carrier.c's. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/neighbour.h"
#include "common/unixsock.h"
#include "smtpd/sink.h"

struct sink_link {
	struct sink *sink;
	struct peer peer;
	struct parcel *parcel;	/* NULL: none is under way */
	bool ended;		/* it is complete: the carrier's, or answered */
	struct sink_link *next, **at;
};

/* A disk that is full is seen when a message is written. */
static bool
hear_room(void *owner, void const *values, int fd)
{
	struct sink_link *l = owner;
	struct submit_verdict const welcome = { .verdict = VERDICT_OK,
		.status = SLICE("2.0.0"), .words = SLICE("welcome") };

	(void)values;
	(void)fd;
	return !l->parcel &&
	    peer_send(&l->peer, &submit_verdict_form, &welcome, -1);
}

static bool
hear_open(void *owner, void const *values, int fd)
{
	struct sink_link *l = owner;

	(void)fd;
	if (l->parcel) return false;
	l->parcel = parcel_new(&l->sink->parcels, values, -1,
	    clock_wall_ms() / 1000);
	if (!l->parcel) return false;
	l->parcel->owner = l;
	return true;
}

static bool
hear_rcpt(void *owner, void const *values, int fd)
{
	struct sink_link *l = owner;

	(void)fd;
	return l->parcel && !l->ended && parcel_rcpt(l->parcel, values);
}

static bool
hear_body(void *owner, void const *values, int fd)
{
	struct sink_link *l = owner;
	struct submit_body const *body = values;

	(void)fd;
	if (!l->parcel || l->ended) return false;
	parcel_text(l->parcel, body->octets);
	return true;
}

static void
say(struct sink_link *l, struct parcel_outcome const *o)
{
	struct submit_verdict const verdict = {
		.verdict = (uint8_t)o->verdict,
		.status = slice_of(o->status), .words = slice_of(o->words) };

	peer_send(&l->peer, &submit_verdict_form, &verdict, -1);
}

static void
answer(struct sink_link *l)
{
	struct parcel *p = l->parcel;
	struct parcel_rcpt const *r;

	l->parcel = NULL;
	l->ended = false;
	if (!l->sink->parcels.each) say(l, &p->outcome);
	for (r = p->rcpt; r && l->sink->parcels.each; r = r->next)
		say(l, &r->outcome);
	parcel_free(p);
}

static bool
hear_end(void *owner, void const *values, int fd)
{
	struct sink_link *l = owner;
	struct submit_end const *end = values;
	struct parcel *p = l->parcel;

	(void)fd;
	if (!p || l->ended || !p->rcpts || end->rcpts != p->rcpts ||
	    end->size != p->said)
		return false;
	l->ended = true;
	if (parcel_end(p, l->sink->routes))
		carrier_take(&l->sink->carrier, p);
	else
		answer(l);
	return true;
}

static bool
hear_abort(void *owner, void const *values, int fd)
{
	struct sink_link *l = owner;

	(void)values;
	(void)fd;
	if (!l->parcel || l->ended) return false;
	parcel_free(l->parcel);
	l->parcel = NULL;
	return true;
}

static struct peer_row const rows[] = {
	{ &submit_room_form, false, hear_room },
	{ &submit_open_form, false, hear_open },
	{ &submit_rcpt_form, false, hear_rcpt },
	{ &submit_body_form, false, hear_body },
	{ &submit_end_form, false, hear_end },
	{ &submit_abort_form, false, hear_abort },
};

/* What is with local goes on; nobody waits for it. */
static void
free_link(struct sink_link *l)
{
	if (l->ended)
		l->parcel->owner = NULL;
	else
		parcel_free(l->parcel);
	*l->at = l->next;
	if (l->next) l->next->at = l->at;
	free(l);
}

static void
gone(void *owner, char const *why)
{
	(void)why;
	free_link(owner);
}

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone };

int
sink_connect(void *owner)
{
	struct sink *s = owner;
	struct sink_link *l;
	int pair[2];

	errno = ECONNREFUSED;
	if (!carrier_is_open(&s->carrier)) return -1;
	l = calloc(1, sizeof *l);
	if (!l || !unixsock_pair(pair)) {
		free(l);
		return -1;
	}
	if (!peer_open(&l->peer, s->loop, pair[1], &kind, l)) {
		free(l);
		close(pair[0]);
		return -1;
	}
	l->sink = s;
	l->next = s->first;
	l->at = &s->first;
	if (l->next) l->next->at = &l->next;
	s->first = l;
	return pair[0];
}

static void
done(void *owner, struct parcel *p)
{
	(void)owner;
	if (p->owner)
		answer(p->owner);
	else
		parcel_free(p);
}

static void
lost(void *owner)
{
	struct sink *s = owner;

	s->lost(s->owner);
}

bool
sink_open(struct sink *s, char const *const *argv, int log)
{
	int fd = neighbour_start(argv, log, &s->local);

	s->parcels.hostname = s->hostname;
	s->carrier.loop = s->loop;
	s->carrier.done = done;
	s->carrier.lost = lost;
	s->carrier.owner = s;
	return fd != -1 && carrier_open(&s->carrier, fd);
}

int
sink_close(struct sink *s)
{
	while (s->first) {
		struct sink_link *l = s->first;

		peer_close(&l->peer);
		free_link(l);
	}
	carrier_close(&s->carrier);
	return neighbour_wait(s->local);
}

char const *
sink_objection(void *owner, struct routes const *routes, unsigned *line)
{
	size_t i, k;

	(void)owner;
	for (i = 0; i < routes->rows; i++)
		for (k = 0; k < routes->row[i].acts; k++) {
			*line = routes->row[i].line;
			if (action_is_remote(routes->row[i].act[k].kind))
				return "without a queue no mail goes to other "
				       "hosts";
		}
	return NULL;
}
