/* SPDX-License-Identifier: ISC */
/* Adds up; a window forgets by the spans that have gone by. */
#include <stdlib.h>
#include "queue/counts.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * 1000 };

static struct {
	enum count_of of;
	char const *name;
} const known[COUNTED] = {
	[COUNTED_NETWORK] = { COUNT_ACCEPTED, "network" },
	[COUNTED_USERS] = { COUNT_ACCEPTED, "users" },
	[COUNTED_REPORTS] = { COUNT_ACCEPTED, "reports" },
	[COUNTED_DELIVERED] = { COUNT_OUTCOME, "delivered" },
	[COUNTED_DEFERRED] = { COUNT_OUTCOME, "deferred" },
	[COUNTED_FAILED] = { COUNT_OUTCOME, "failed" },
};

static void
window_add(struct window *w, int64_t span, uint64_t n)
{
	int64_t past = span - w->now;

	if (past > COUNTS_SLOTS) past = COUNTS_SLOTS;
	for (; past > 0; past--)
		w->slot[(span - past + 1) % COUNTS_SLOTS] = 0;
	if (span > w->now) w->now = span;
	w->slot[span % COUNTS_SLOTS] += n;
}

static uint64_t
window_sum(struct window const *w, int64_t span)
{
	uint64_t sum = 0;
	int64_t at = span - COUNTS_SLOTS + 1;

	for (at = at > 0 ? at : 0; at <= w->now; at++)
		sum += w->slot[at % COUNTS_SLOTS];
	return sum;
}

static void
add(struct counter *c, uint64_t n, int64_t now_ms)
{
	c->n += n;
	window_add(&c->minute, now_ms / SECOND_MS, n);
	window_add(&c->hour, now_ms / MINUTE_MS, n);
}

void
counts_add(struct counts *c, enum counted what, int64_t now_ms)
{
	if (c) add(&c->counter[what], 1, now_ms);
}

/* a name as it is kept */
static void
clean(char out[COMMAND_NAME_MAX + 1], struct slice name)
{
	size_t i;

	if (name.len > COMMAND_NAME_MAX) name.len = COMMAND_NAME_MAX;
	for (i = 0; i < name.len; i++)
		out[i] = name.s[i] >= ' ' && name.s[i] <= '~' ? name.s[i] : '?';
	out[name.len] = '\0';
}

static struct counts_rule *
find(struct counts *c, char const *name)
{
	struct counts_rule *r = c->first;

	while (r && strcmp(r->name, name))
		r = r->next;
	return r;
}

static struct counts_rule *
append(struct counts *c, char const *name)
{
	struct counts_rule *r = calloc(1, sizeof *r);

	if (!r) return NULL;
	memcpy(r->name, name, sizeof r->name);
	if (!c->first) c->end = &c->first;
	*c->end = r;
	c->end = &r->next;
	c->rules++;
	return r;
}

void
counts_refused(struct counts *c, struct slice rule, uint64_t n,
    int64_t now_ms)
{
	char name[COMMAND_NAME_MAX + 1] = "";
	struct counts_rule *r;

	if (!c) return;
	clean(name, rule);
	r = find(c, name);
	if (!r && c->rules >= COUNTS_RULES_MAX - 1) {
		clean(name, SLICE("other"));
		r = find(c, name);
	}
	if (!r) r = append(c, name);
	if (r) add(&r->counter, n, now_ms);
}

static struct command_count
count(enum count_of of, char const *name, struct counter const *c,
    int64_t now_ms)
{
	return (struct command_count){ .of = (uint8_t)of,
		.name = slice_of(name), .n = c->n,
		.minute = window_sum(&c->minute, now_ms / SECOND_MS),
		.hour = window_sum(&c->hour, now_ms / MINUTE_MS) };
}

void
counts_tell(struct counts const *c, int64_t now_ms,
    void (*told)(void *owner, struct command_count const *count), void *owner)
{
	struct counts_rule const *r;
	struct command_count one;
	size_t i;

	for (i = 0; i < COUNTED; i++) {
		one = count(known[i].of, known[i].name, &c->counter[i],
		    now_ms);
		told(owner, &one);
	}
	for (r = c->first; r; r = r->next) {
		one = count(COUNT_REFUSED, r->name, &r->counter, now_ms);
		told(owner, &one);
	}
}

void
counts_free(struct counts *c)
{
	while (c->first) {
		struct counts_rule *r = c->first;

		c->first = r->next;
		free(r);
	}
	c->rules = 0;
}
