/* SPDX-License-Identifier: ISC */
/* Counts and tells; decides nothing. */
#include <stdio.h>
#include "smtpd/pool.h"
#include "smtpd/refusals.h"

static void
due(void *owner)
{
	refusals_tell(owner);
}

void
refusals_open(struct refusals *all, struct pool *pool)
{
	*all = (struct refusals){ .pool = pool,
		.telling = { .due = due, .owner = all } };
}

static void
tell_later(struct refusals *all)
{
	struct loop *loop = all->pool->loop;

	if (!timer_is_armed(&all->telling))
		loop_arm(loop, &all->telling, loop->now_ms + REFUSALS_MS);
}

/* "421 4.3.2 mx.example too many sessions", without the name */
static void
name_reply(char rule[SUBMIT_RULE_MAX + 1], struct slice reply,
    struct slice host)
{
	struct slice rest = reply;
	size_t codes;

	slice_word(&rest);
	slice_word(&rest);
	codes = reply.len - rest.len;
	if (rest.len > 1 + host.len && rest.s[1 + host.len] == ' ' &&
	    slice_eq(host, slice_from(rest.s + 1, host.len)))
		rest = slice_skip(rest, 1 + host.len);
	snprintf(rule, SUBMIT_RULE_MAX + 1, "%.*s%.*s", (int)codes, reply.s,
	    (int)rest.len, rest.s);
}

static size_t
find(struct refusals const *all, char const *rule)
{
	size_t i = 0;

	while (i < all->rows && strcmp(all->row[i].rule, rule))
		i++;
	return i;
}

static void
count(struct refusals *all, char const *rule)
{
	size_t i = find(all, rule);

	if (i >= REFUSALS_MAX - 1) i = find(all, rule = "other");
	if (i == all->rows) {
		snprintf(all->row[i].rule, sizeof all->row[i].rule, "%s",
		    rule);
		all->row[i].n = 0;
		all->rows++;
	}
	all->row[i].n++;
}

void
refusals_add(struct refusals *all, struct refusals_line by,
    struct slice reply, struct slice host)
{
	char rule[SUBMIT_RULE_MAX + 1];

	/* by hand there is nobody to tell */
	if (all->pool->connect) return;
	if (by.file)
		snprintf(rule, sizeof rule, "%s:%u", by.file, by.line);
	else
		name_reply(rule, reply, host);
	count(all, rule);
	tell_later(all);
}

void
refusals_tell(struct refusals *all)
{
	struct peer *peer;
	size_t i;

	if (!all->rows) return;
	peer = pool_spare(all->pool);
	if (!peer) {
		tell_later(all);
		return;
	}
	for (i = 0; i < all->rows; i++)
		peer_send(peer, &submit_refused_form,
		    &(struct submit_refused){
		    .rule = slice_of(all->row[i].rule),
		    .n = all->row[i].n }, -1);
	all->rows = 0;
}

void
refusals_close(struct refusals *all)
{
	loop_disarm(all->pool->loop, &all->telling);
}
