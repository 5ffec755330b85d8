/* SPDX-License-Identifier: ISC */
/* Keeps, gives, drops; reads no text. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include "send/ahead.h"

_Static_assert(offsetof(struct ahead_text, body) == 0, "a body is its text");

void
ahead_init(struct ahead *a)
{
	*a = (struct ahead){ .first = NULL };
	a->end = &a->first;
}

uint32_t
ahead_allow(struct ahead *a)
{
	uint32_t more = HANDOVER_AHEAD_MAX - a->kept - a->allowed;

	a->allowed += more;
	return more;
}

bool
ahead_keep(struct ahead *a, struct handover_body const *body, int fd,
    int64_t now_ms)
{
	struct ahead_text const said = { .body = *body, .fd = fd,
	    .until_ms = now_ms + AHEAD_MS };
	struct ahead_text *text;

	if (!a->allowed) {
		if (fd != -1) close(fd);
		return false;
	}
	a->allowed--;
	text = wire_copy(&handover_ahead_form, &said, sizeof said);
	if (!text) { /* it is asked for when it is needed */
		if (fd != -1) close(fd);
		return true;
	}
	*a->end = text;
	a->end = &text->next;
	a->kept++;
	return true;
}

/* The one that *at points to. */
static struct ahead_text *
take(struct ahead *a, struct ahead_text **at)
{
	struct ahead_text *text = *at;

	*at = text->next;
	if (!*at) a->end = at;
	a->kept--;
	return text;
}

void
ahead_free(struct ahead_text *text)
{
	if (text->fd != -1) close(text->fd);
	free(text);
}

static void
drop_first(struct ahead *a)
{
	ahead_free(take(a, &a->first));
}

struct ahead_text *
ahead_take(struct ahead *a, struct traceid const *id)
{
	struct ahead_text **at;

	/* nearly always the first: jobs begin in the order mail comes in */
	for (at = &a->first; *at; at = &(*at)->next)
		if (traceid_eq(&(*at)->body.id, id)) return take(a, at);
	return NULL;
}

void
ahead_expire(struct ahead *a, int64_t now_ms)
{
	while (a->first && a->first->until_ms <= now_ms)
		drop_first(a);
}

void
ahead_forget(struct ahead *a)
{
	while (a->first)
		drop_first(a);
	a->allowed = 0;
}
