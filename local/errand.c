/* SPDX-License-Identifier: ISC */
/* Asks for children and hears their reports; believes nothing in them but the
 * fate of their own delivery. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/unixsock.h"
#include "local/errand.h"
#include "local/parent.h"

struct errand {
	struct errands *all;
	struct request request;
	int message;
	uint32_t row, act;
	void (*done)(void *owner, struct delivery_result const *result);
	void *owner;
	struct watch watch;	/* to the child; -1: it waits */
	struct timer patience;
	struct errand *next;
};

static void begin_some(void *owner);

void
errands_init(struct errands *all)
{
	all->end = &all->first;
	all->begin = (struct chore){ .run = begin_some, .owner = all };
}

/* release - one that is at work */
static void
release(struct errand *e)
{
	struct errands *all = e->all;
	struct errand **at = &all->working;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	if (e->watch.fd != -1) {
		int fd = e->watch.fd;

		loop_forget(all->loop, &e->watch);
		close(fd);
	}
	loop_disarm(all->loop, &e->patience);
	free(e);
	all->active--;
	if (all->first) loop_later(all->loop, &all->begin);
}

static void
finish(struct errand *e, struct delivery_result const *result)
{
	e->done(e->owner, result);
	release(e);
}

static void
finish_short(struct errand *e, char const *words)
{
	finish(e, &(struct delivery_result){ .verdict = VERDICT_TEMP,
	    .ours = true, .status = "4.3.0", .words = words, .where = "" });
}

/* text - as NUL-terminated, in out */
static char const *
text(char *out, struct slice s)
{
	if (s.len) memcpy(out, s.s, s.len);
	out[s.len] = '\0';
	return out;
}

static void
ready(void *owner, uint32_t events)
{
	struct errand *e = owner;
	char packet[REQUEST_PACKET_MAX], status[STATUS_MAX + 1];
	char where[HANDOVER_WHERE_MAX + 1], words[REPORT_WORDS_MAX + 1];
	struct report r;
	int fd = -1;
	ssize_t n = helper_receive(e->watch.fd, packet, sizeof packet, &fd);

	(void)events;
	if (fd != -1) close(fd);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) return;
	if (n <= 0 || !wire_unpack(&report_form, &r,
	    slice_from(packet, (size_t)n))) {
		finish_short(e, "who was to deliver it has ended without a word");
		return;
	}
	finish(e, &(struct delivery_result){ .verdict = (enum verdict)r.verdict,
	    .ours = r.ours, .status = text(status, r.status),
	    .words = text(words, r.words), .where = text(where, r.where) });
}

static void
out_of_patience(void *owner)
{
	finish_short(owner, "who was to deliver it says nothing");
}

/* point of no return: once the parent has the order, the child may run */
static bool
ask(struct errand *e)
{
	char packet[REQUEST_PACKET_MAX];
	size_t n = wire_pack(&request_form, &e->request, packet,
	    sizeof packet);
	int pair[2];
	bool asked;

	errno = EMSGSIZE;
	if (!n || !unixsock_pair(pair)) return false;
	asked = helper_send(pair[0], packet, n, e->message) &&
	    loop_watch(e->all->loop, &e->watch, pair[0], EPOLLIN);
	if (!asked) close(pair[0]);
	asked = asked && parent_ask(e->all->parent, e->row, e->act, pair[1]);
	close(pair[1]);
	return asked;
}

static void
begin(struct errand *e)
{
	struct errands *all = e->all;

	if (!ask(e)) {
		finish_short(e, strerror(errno));
		return;
	}
	loop_arm(all->loop, &e->patience,
	    all->loop->now_ms + all->patience_ms);
}

static void
begin_some(void *owner)
{
	struct errands *all = owner;

	while (all->first && all->active < all->most) {
		struct errand *e = all->first;

		all->first = e->next;
		if (!all->first) all->end = &all->first;
		e->next = all->working;
		all->working = e;
		all->active++;
		begin(e);
	}
}

struct errand *
errand_start(struct errands *all, struct request const *request, int message,
    uint32_t row, uint32_t act,
    void (*done)(void *owner, struct delivery_result const *result),
    void *owner)
{
	struct errand *e = calloc(1, sizeof *e);

	if (!e) return NULL;
	e->all = all;
	e->request = *request;
	e->message = message;
	e->row = row;
	e->act = act;
	e->done = done;
	e->owner = owner;
	e->watch = (struct watch){ .fd = -1, .ready = ready, .owner = e };
	e->patience = (struct timer){ .due = out_of_patience, .owner = e };
	*all->end = e;
	all->end = &e->next;
	loop_later(all->loop, &all->begin);
	return e;
}

bool
errand_cancel(struct errand *e)
{
	struct errands *all = e->all;
	struct errand **at = &all->first;

	while (*at && *at != e)
		at = &(*at)->next;
	if (!*at) return false;
	*at = e->next;
	if (!*at) all->end = at;
	free(e);
	return true;
}

void
errands_close(struct errands *all)
{
	loop_not_later(all->loop, &all->begin);
	while (all->working)
		release(all->working);
	while (all->first)
		errand_cancel(all->first);
	loop_not_later(all->loop, &all->begin);
}
