/* SPDX-License-Identifier: ISC */
/* Puts tasks in order; knows neither outcomes nor when a recipient is due. */
#include <stddef.h>
#include <stdlib.h>
#include "send/lane.h"
#include "send/work.h"

static struct sched_lane **
slot_of(struct sched *s, struct destination const *to)
{
	return &s->lane[destination_hash(to) % SCHED_LANE_SLOTS];
}

static struct sched_lane *
find_or_make(struct sched *s, struct destination const *to)
{
	struct sched_lane **slot = slot_of(s, to), *lane;

	for (lane = *slot; lane; lane = lane->chain)
		if (destination_eq(&lane->to, to)) return lane;
	lane = calloc(1, sizeof *lane);
	if (!lane) return NULL;
	lane->to = *to;
	lane->limit = to->channel == CHANNEL_LOCAL ? DELIVER_SLOTS_MAX :
	    LANE_START;
	lane->chain = *slot;
	*slot = lane;
	return lane;
}

static void
drop_if_empty(struct sched *s, struct sched_lane *lane)
{
	struct sched_lane **at;

	if (lane->tasks || lane->running || lane->rest.in) return;
	for (at = slot_of(s, &lane->to); *at != lane; at = &(*at)->chain)
		;
	*at = lane->chain;
	free(lane);
}

static bool
has_room(struct sched_lane const *lane)
{
	uint32_t limit = lane->resting ? 0 :
	    lane->lacked >= LANE_SHORT ? 1 : lane->limit;

	return lane->running < limit;
}

static struct sched_flow *
flow_of(struct sched_task const *task)
{
	return &task->mail->work->flow[task->lane->to.channel];
}

static void
park(struct sched_task *task)
{
	struct sched_tasks *list =
	    &task->lane->parked[flow_of(task)->n > LANE_CROWD];

	/* who was let out in vain keeps his turn */
	if (task->parked_before)
		flow_prepend(list, task);
	else
		flow_append(list, task);
	task->parked_before = true;
}

/* Room in it is for the first of each kind: a crowd's may wait for its flow
 * still. Who finds none is parked again. */
static void
let_out(struct sched *s, struct sched_lane *lane)
{
	int kind;

	if (!has_room(lane)) return;
	for (kind = 0; kind < 2; kind++) {
		struct sched_task *task = flow_take_task(&lane->parked[kind]);
		struct sched_flow *flow;

		if (!task) continue;
		flow = flow_of(task);
		flow_append(&flow->tasks, task);
		if (!flow->at.in)
			flow_list(&s->channel[lane->to.channel], flow);
	}
}

static struct sched_task *
make_task(struct sched *s, struct sched_lane *lane, struct sched_mail *mail)
{
	struct sched_task *task = calloc(1, sizeof *task);
	struct sched_flow *flow;

	if (!task) return NULL;
	task->mail = mail;
	task->lane = lane;
	task->first = RCPT_NONE;
	lane->tasks++;
	lane->newest = task;
	flow = flow_of(task);
	flow->n++;
	flow_append(&flow->tasks, task);
	if (!flow->at.in) flow_list(&s->channel[lane->to.channel], flow);
	return task;
}

/* The newest task is where a mail that is being routed puts its recipients. */
bool
lane_add(struct sched *s, struct destination const *to,
    struct sched_mail *mail, struct sched_rcpt *rcpt)
{
	struct sched_lane *lane = work_of(mail) ? find_or_make(s, to) : NULL;
	struct sched_task *task = lane ? lane->newest : NULL;
	uint32_t place = mail_place_of(mail, rcpt);

	if (!lane) return false;
	if (!task || task->mail != mail) task = make_task(s, lane, mail);
	if (!task) {
		drop_if_empty(s, lane);
		return false;
	}
	rcpt->next = RCPT_NONE;
	if (task->first == RCPT_NONE)
		task->first = place;
	else
		mail->rcpt[task->last].next = place;
	task->last = place;
	return true;
}

/* At most DELIVER_RCPTS_MAX of its recipients; the rest has another turn. */
static uint32_t
split(struct sched_task *task, uint32_t *first)
{
	struct sched_rcpt *r = &task->mail->rcpt[task->first];
	uint32_t n = 1;

	*first = task->first;
	while (n < DELIVER_RCPTS_MAX && r->next != RCPT_NONE) {
		r = &task->mail->rcpt[r->next];
		n++;
	}
	task->first = r->next;
	r->next = RCPT_NONE;
	return n;
}

/* The next task of the first flow that may run; those that can't are parked. */
static struct sched_task *
next_task(struct sched_channel *c)
{
	struct sched_flow *flow;

	while ((flow = flow_first(c))) {
		struct sched_task *task = flow_take_task(&flow->tasks);

		if (has_room(task->lane)) return task;
		park(task);
		if (!flow->tasks.first) flow_list(c, flow);
	}
	return NULL;
}

struct sched_lane *
lane_take(struct sched *s, enum channel_name c, struct sched_mail **mail,
    uint32_t *first, uint32_t *rcpts)
{
	struct sched_channel *channel = &s->channel[c];
	struct sched_task *task = next_task(channel);
	struct sched_flow *flow;
	struct sched_lane *lane;

	if (!task) return NULL;
	lane = task->lane;
	flow = flow_of(task);
	*mail = task->mail;
	*rcpts = split(task, first);
	if (lane->newest == task) lane->newest = NULL;
	if (task->first != RCPT_NONE) {
		task->parked_before = false; /* behind the lane's others */
		flow_append(&flow->tasks, task);
	} else {
		lane->tasks--;
		flow->n--;
		free(task);
	}
	lane->running++;
	flow->running++;
	flow_list(channel, flow);
	let_out(s, lane);
	return lane;
}

/* 421, or a status that speaks of the network (RFC 3463 section 3.5). */
static bool
is_trouble(struct deliver_result const *r)
{
	return r->verdict == VERDICT_TEMP &&
	    (slice_starts_nocase(r->status, "4.4.") ||
	    slice_starts_nocase(r->words, "421"));
}

static void
felt_us(struct sched *s, struct sched_lane *lane, int64_t now_ms)
{
	if (lane->lacked < LANE_SHORT && ++lane->lacked < LANE_SHORT) return;
	lane->resting = true;
	heap_insert(&s->rests, &lane->rest, now_ms + LANE_REST_MS);
}

void
lane_felt(struct sched *s, struct sched_lane *lane,
    struct deliver_result const *r, int64_t now_ms)
{
	if (r->verdict == VERDICT_TEMP && r->ours) {
		felt_us(s, lane, now_ms);
		return;
	}
	lane->lacked = 0;
	lane->resting = false;
	heap_remove(&s->rests, &lane->rest);
	if (lane->to.channel == CHANNEL_LOCAL) return;
	if (is_trouble(r)) {
		lane->limit = lane->limit > 1 ? lane->limit / 2 : 1;
		lane->good = 0;
		lane->wary = true;
	} else if (lane->limit < LANE_MAX &&
	    (!lane->wary || ++lane->good >= lane->limit)) {
		lane->limit++;
		lane->good = 0;
	}
}

void
lane_ended(struct sched *s, struct sched_lane *lane, struct sched_mail *mail)
{
	struct sched_flow *flow = &mail->work->flow[lane->to.channel];

	lane->running--;
	flow->running--;
	flow_list(&s->channel[lane->to.channel], flow);
	let_out(s, lane);
	drop_if_empty(s, lane);
}

void
lane_rested(struct sched *s, int64_t now_ms)
{
	while (s->rests && s->rests->key <= now_ms) {
		struct sched_lane *lane = (struct sched_lane *)(void *)
		    ((char *)s->rests - offsetof(struct sched_lane, rest));
		bool was = lane->resting;

		heap_remove(&s->rests, &lane->rest);
		lane->resting = false;
		if (was)
			heap_insert(&s->rests, &lane->rest,
			    now_ms + LANE_LINGER_MS);
		let_out(s, lane);
		drop_if_empty(s, lane);
	}
}

static void
free_tasks(struct sched_tasks *list)
{
	struct sched_task *task;

	while ((task = flow_take_task(list)))
		free(task);
}

/* Those that are not parked stand in their flows. */
void
lane_free_all(struct sched *s)
{
	size_t i;
	int c;

	for (c = 0; c < CHANNELS; c++)
		while (s->channel[c].flows) {
			struct sched_flow *flow = (struct sched_flow *)
			    s->channel[c].flows;

			heap_remove(&s->channel[c].flows, &flow->at);
			free_tasks(&flow->tasks);
		}
	for (i = 0; i < SCHED_LANE_SLOTS; i++)
		while (s->lane[i]) {
			struct sched_lane *lane = s->lane[i];

			s->lane[i] = lane->chain;
			free_tasks(&lane->parked[0]);
			free_tasks(&lane->parked[1]);
			free(lane);
		}
}
