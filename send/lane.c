/* SPDX-License-Identifier: ISC */
/* Who is next among those that are ready; knows neither time nor outcome. */
#include <stdlib.h>
#include "send/lane.h"

static struct sched_lane **
slot_of(struct sched *s, struct destination const *to)
{
	uint32_t hash = 2166136261u ^ (uint32_t)to->channel; /* FNV-1a */
	char const *c;

	for (c = to->host; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	hash = (hash ^ to->port) * 16777619u;
	return &s->lane[hash % SCHED_LANE_SLOTS];
}

static struct sched_lane *
find_or_make(struct sched *s, struct destination const *to)
{
	struct sched_lane **slot = slot_of(s, to), *lane;

	for (lane = *slot; lane; lane = lane->chain)
		if (lane->to.channel == to->channel &&
		    lane->to.port == to->port &&
		    !strcmp(lane->to.host, to->host))
			return lane;
	lane = calloc(1, sizeof *lane);
	if (!lane) return NULL;
	lane->to = *to;
	lane->limit = to->channel == CHANNEL_LOCAL ? DELIVER_SLOTS_MAX :
	    LANE_START;
	lane->chain = *slot;
	*slot = lane;
	return lane;
}

/* To the end of its channel's list, when it has work and may do it. */
static void
list(struct sched *s, struct sched_lane *lane)
{
	struct sched_channel *c = &s->channel[lane->to.channel];

	if (lane->listed || !lane->first || lane->running >= lane->limit)
		return;
	lane->listed = true;
	lane->next = NULL;
	if (c->first)
		c->last->next = lane;
	else
		c->first = lane;
	c->last = lane;
}

static void
append(struct sched_lane *lane, struct sched_task *task)
{
	task->next = NULL;
	if (lane->first)
		lane->last->next = task;
	else
		lane->first = task;
	lane->last = task;
}

/* The last task is where a mail that is being routed puts its recipients. */
static struct sched_task *
task_of(struct sched_lane *lane, struct sched_mail *mail)
{
	struct sched_task *task = lane->last;

	if (lane->first && task->mail == mail) return task;
	task = calloc(1, sizeof *task);
	if (!task) return NULL;
	task->mail = mail;
	task->end = &task->first;
	append(lane, task);
	return task;
}

static void
drop_if_empty(struct sched *s, struct sched_lane *lane)
{
	struct sched_lane **at;

	if (lane->first || lane->running) return;
	for (at = slot_of(s, &lane->to); *at != lane; at = &(*at)->chain)
		;
	*at = lane->chain;
	free(lane);
}

bool
lane_add(struct sched *s, struct destination const *to,
    struct sched_mail *mail, struct sched_rcpt *rcpt)
{
	struct sched_lane *lane = find_or_make(s, to);
	struct sched_task *task = lane ? task_of(lane, mail) : NULL;

	if (!task) {
		if (lane) drop_if_empty(s, lane);
		return false;
	}
	rcpt->next = NULL;
	*task->end = rcpt;
	task->end = &rcpt->next;
	list(s, lane);
	return true;
}

struct sched_lane *
lane_take(struct sched *s, enum channel_name c, struct sched_mail **mail,
    struct sched_rcpt **rcpt, uint32_t *rcpts)
{
	struct sched_channel *channel = &s->channel[c];
	struct sched_lane *lane = channel->first;
	struct sched_rcpt **end;
	struct sched_task *task;

	if (!lane) return NULL;
	channel->first = lane->next;
	lane->listed = false;
	task = lane->first;
	lane->first = task->next;
	*mail = task->mail;
	*rcpt = task->first;
	end = rcpt;
	for (*rcpts = 0; *end && *rcpts < DELIVER_RCPTS_MAX; ++*rcpts)
		end = &(*end)->next;
	task->first = *end;
	*end = NULL;
	if (task->first)
		append(lane, task); /* behind the lane's other mails */
	else
		free(task);
	lane->running++;
	list(s, lane);
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

void
lane_felt(struct sched_lane *lane, struct deliver_result const *r)
{
	if (lane->to.channel == CHANNEL_LOCAL || r->ours) return;
	if (is_trouble(r)) {
		lane->limit = lane->limit > 1 ? lane->limit / 2 : 1;
		lane->good = 0;
	} else if (++lane->good >= lane->limit && lane->limit < LANE_MAX) {
		lane->limit++;
		lane->good = 0;
	}
}

void
lane_ended(struct sched *s, struct sched_lane *lane)
{
	lane->running--;
	list(s, lane);
	drop_if_empty(s, lane);
}

void
lane_free_all(struct sched *s)
{
	size_t i;

	for (i = 0; i < SCHED_LANE_SLOTS; i++)
		while (s->lane[i]) {
			struct sched_lane *lane = s->lane[i];

			s->lane[i] = lane->chain;
			while (lane->first) {
				struct sched_task *task = lane->first;

				lane->first = task->next;
				free(task);
			}
			free(lane);
		}
}
