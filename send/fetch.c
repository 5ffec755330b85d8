/* SPDX-License-Identifier: ISC */
/* Remembers who asked; opens nothing. */
#include <stdlib.h>
#include "send/fetch.h"
#include "send/lane.h"

void
fetches_init(struct fetches *all)
{
	all->first = NULL;
	all->end = &all->first;
}

bool
fetches_ask(struct fetches *all, struct peer *queue, struct traceid const *id,
    struct sched_job *job, struct sched_mail *mail)
{
	struct fetch *f = malloc(sizeof *f);
	struct handover_fetch frame = { .id = *id };

	if (!f) return false;
	*f = (struct fetch){ .id = *id, .job = job, .mail = mail };
	if (!peer_send(queue, &handover_fetch_form, &frame, -1)) {
		free(f);
		return false;
	}
	*all->end = f;
	all->end = &f->next;
	return true;
}

struct fetch *
fetches_take(struct fetches *all)
{
	struct fetch *f = all->first;

	if (!f) return NULL;
	all->first = f->next;
	if (!all->first) all->end = &all->first;
	return f;
}

void
fetches_unask(struct fetches *all, enum channel_name c)
{
	struct fetch *f;

	for (f = all->first; f; f = f->next)
		if (f->job && f->job->lane->to.channel == c) f->job = NULL;
}
