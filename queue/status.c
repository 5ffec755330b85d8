/* SPDX-License-Identifier: ISC */
/* Adds up and prints; asks nobody. */
#include <stdio.h>
#include <string.h>
#include "queue/filter.h"
#include "queue/shown.h"
#include "queue/status.h"
#include "queue/table.h"

struct status_age const status_age[STATUS_AGES] = {
	{ "10m", 600 },
	{ "1h", 3600 },
	{ "4h", 4 * 3600 },
	{ "1d", 86400 },
	{ "5d", 5 * 86400 },
	{ "older", INT64_MAX },
};

static void
add(struct status_sum *sum, struct command_mail const *m)
{
	if (!sum->mails || m->arrived_s < sum->oldest_s)
		sum->oldest_s = m->arrived_s;
	sum->mails++;
	sum->rcpts += m->rcpts;
	sum->octets += m->size;
}

void
status_mail(struct status *s, struct command_mail const *m, int64_t now_s)
{
	int64_t age_s = now_s - (int64_t)m->arrived_s;
	size_t i = 0;

	add(&s->state[m->standing], m);
	add(&s->all, m);
	while (i < STATUS_AGES - 1 && age_s >= status_age[i].below_s)
		i++;
	s->age[i]++;
}

void
status_count(struct status *s, struct command_count const *count)
{
	struct status_count *c = &s->count[s->counts];

	if (s->counts == STATUS_COUNTS_MAX) return;
	memcpy(c->name, count->name.s, count->name.len);
	c->count = *count;
	c->count.name = slice_of(c->name);
	s->counts++;
}

/* For people */

static void
row(char const *name, struct status_sum const *sum, int64_t now_s)
{
	char size[TABLE_SHORT], age[TABLE_SHORT];

	printf("%-8s %10llu %10llu %6s %6s\n", name,
	    (unsigned long long)sum->mails, (unsigned long long)sum->rcpts,
	    table_octets(size, sum->octets), !sum->mails ? "-" :
	    table_duration(age, now_s - (int64_t)sum->oldest_s));
}

static void
print_counts(struct status const *s, int64_t now_s)
{
	static char const *const of[COUNTS_OF] = { "accepted from", "tried:",
		"refused:" };
	char age[TABLE_SHORT];
	size_t i;

	printf("\n%10s %10s %10s SINCE %s AGO\n", "ALL", "MINUTE", "HOUR",
	    table_duration(age, now_s - (int64_t)s->since_s));
	for (i = 0; i < s->counts; i++) {
		struct command_count const *c = &s->count[i].count;

		printf("%10llu %10llu %10llu %s ",
		    (unsigned long long)c->n, (unsigned long long)c->minute,
		    (unsigned long long)c->hour, of[c->of]);
		shown_put(c->name, "", false);
		printf("\n");
	}
}

static void
print_rows(struct status const *s, int64_t now_s)
{
	size_t i;

	printf("%-8s %10s %10s %6s %6s\n", "STATE", "MESSAGES", "RECIPIENTS",
	    "OCTETS", "OLDEST");
	for (i = 0; i < STANDINGS; i++)
		row(filter_standing[i], &s->state[i], now_s);
	row("all", &s->all, now_s);
	printf("younger than");
	for (i = 0; i < STATUS_AGES; i++)
		printf("%s %s: %llu", i ? "," : "", status_age[i].name,
		    (unsigned long long)s->age[i]);
	printf("\n");
	if (s->since_s) print_counts(s, now_s);
}

/* For programs */

static void
object(struct status_sum const *sum)
{
	printf("\"messages\":%llu,\"recipients\":%llu,\"octets\":%llu,"
	    "\"oldest_arrival_time\":",
	    (unsigned long long)sum->mails, (unsigned long long)sum->rcpts,
	    (unsigned long long)sum->octets);
	if (sum->mails)
		printf("%llu", (unsigned long long)sum->oldest_s);
	else
		printf("null");
}

static void
print_counts_of(struct status const *s, enum count_of of, char const *name)
{
	char const *comma = "";
	size_t i;

	printf(",\"%s\":{", name);
	for (i = 0; i < s->counts; i++) {
		struct command_count const *c = &s->count[i].count;

		if (c->of != of) continue;
		printf("%s\"", comma);
		shown_put(c->name, "\"", true);
		printf("\":{\"all\":%llu,\"minute\":%llu,\"hour\":%llu}",
		    (unsigned long long)c->n, (unsigned long long)c->minute,
		    (unsigned long long)c->hour);
		comma = ",";
	}
	printf("}");
}

static void
print_count_objects(struct status const *s)
{
	printf(",\"since\":%llu", (unsigned long long)s->since_s);
	print_counts_of(s, COUNT_ACCEPTED, "accepted");
	print_counts_of(s, COUNT_OUTCOME, "tried");
	print_counts_of(s, COUNT_REFUSED, "refused");
}

static void
print_object(struct status const *s)
{
	size_t i;

	printf("{");
	object(&s->all);
	printf(",\"states\":{");
	for (i = 0; i < STANDINGS; i++) {
		printf("%s\"%s\":{", i ? "," : "", filter_standing[i]);
		object(&s->state[i]);
		printf("}");
	}
	printf("},\"ages\":{");
	for (i = 0; i < STATUS_AGES; i++)
		printf("%s\"%s\":%llu", i ? "," : "", status_age[i].name,
		    (unsigned long long)s->age[i]);
	printf("}");
	if (s->since_s) print_count_objects(s);
	printf("}\n");
}

void
status_print(struct status const *s, int64_t now_s, bool json)
{
	if (json)
		print_object(s);
	else
		print_rows(s, now_s);
}
