/* SPDX-License-Identifier: ISC */
/* Prints families of samples, one line each; asks nobody. */
#include <stdio.h>
#include "queue/filter.h"
#include "queue/metrics.h"

static void
family(char const *name, char const *type, char const *unit, char const *help)
{
	printf("# TYPE mailgrave_%s %s\n", name, type);
	if (unit) printf("# UNIT mailgrave_%s %s\n", name, unit);
	printf("# HELP mailgrave_%s %s\n", name, help);
}

static void
sample(char const *name, char const *label, struct slice value, uint64_t n)
{
	size_t i;

	printf("mailgrave_%s{%s=\"", name, label);
	for (i = 0; i < value.len; i++) {
		char c = value.s[i];

		if (c == '"' || c == '\\') putchar('\\');
		putchar(c >= ' ' && c <= '~' ? c : '?');
	}
	printf("\"} %llu\n", (unsigned long long)n);
}

/* The mail that waits */

enum { MESSAGES, RECIPIENTS, OCTETS, OLDEST, WAITING };

static struct {
	char const *name, *unit, *help;
} const waiting[WAITING] = {
	[MESSAGES] = { "waiting_messages", NULL,
	    "Messages that wait, by state." },
	[RECIPIENTS] = { "waiting_recipients", NULL,
	    "Their recipients that wait." },
	[OCTETS] = { "waiting_bytes", "bytes", "Their octets." },
	[OLDEST] = { "waiting_oldest_seconds", "seconds",
	    "Age of the oldest of them, 0 without any." },
};

static uint64_t
measure(struct status_sum const *sum, int64_t now_s, size_t which)
{
	int64_t const age_s = now_s - (int64_t)sum->oldest_s;
	uint64_t const values[WAITING] = {
		[MESSAGES] = sum->mails,
		[RECIPIENTS] = sum->rcpts,
		[OCTETS] = sum->octets,
		[OLDEST] = sum->mails && age_s > 0 ? (uint64_t)age_s : 0,
	};

	return values[which];
}

static void
print_waiting(struct status const *s, int64_t now_s)
{
	size_t i, state;

	for (i = 0; i < WAITING; i++) {
		family(waiting[i].name, "gauge", waiting[i].unit,
		    waiting[i].help);
		for (state = 0; state < STANDINGS; state++)
			sample(waiting[i].name, "state",
			    slice_of(filter_standing[state]),
			    measure(&s->state[state], now_s, i));
	}
	family("waiting_messages_by_age", "gauge", NULL, "Messages that wait, "
	    "each once, in the first class that fits.");
	for (i = 0; i < STATUS_AGES; i++)
		sample("waiting_messages_by_age", "younger_than",
		    slice_of(status_age[i].name), s->age[i]);
}

/* What has been counted */

static struct {
	char const *name, *label, *help;
} const counted[COUNTS_OF] = {
	[COUNT_ACCEPTED] = { "accepted_messages", "from",
	    "Messages that came in." },
	[COUNT_OUTCOME] = { "tried_recipients", "outcome",
	    "Tries of recipients, by how they ended." },
	[COUNT_REFUSED] = { "refusals", "rule",
	    "Clients, senders, recipients and messages turned away." },
};

static void
print_counts(struct status const *s)
{
	char total[64];
	size_t of, i;

	family("start_time_seconds", "gauge", "seconds",
	    "Since when the queue counts, as seconds since 1970.");
	printf("mailgrave_start_time_seconds %llu\n",
	    (unsigned long long)s->since_s);
	for (of = 0; of < COUNTS_OF; of++) {
		family(counted[of].name, "counter", NULL, counted[of].help);
		snprintf(total, sizeof total, "%s_total", counted[of].name);
		for (i = 0; i < s->counts; i++) {
			struct command_count const *c = &s->count[i].count;

			if (c->of == of)
				sample(total, counted[of].label, c->name,
				    c->n);
		}
	}
}

void
metrics_print(struct status const *s, int64_t now_s)
{
	print_waiting(s, now_s);
	if (s->since_s) print_counts(s);
	printf("# EOF\n");
}
