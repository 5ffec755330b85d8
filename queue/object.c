/* SPDX-License-Identifier: ISC */
/* Prints JSON; asks nobody. */
#include <stdio.h>
#include "queue/filter.h"
#include "queue/object.h"
#include "queue/shown.h"

static void
put_json(char const *name, struct slice text)
{
	printf("\"%s\":\"", name);
	shown_put(text, "\"", true);
	printf("\"");
}

static void
put_next(int64_t now_s, uint8_t standing, uint32_t wait_s)
{
	if (shown_has_next(standing))
		printf(",\"next_try\":%lld", (long long)now_s + wait_s);
	else
		printf(",\"next_try\":null");
}

void
object_mail(struct command_mail const *m, int64_t now_s)
{
	char id[TRACEID_TEXT + 1];

	printf("{\"queue_name\":\"%s\",\"queue_id\":\"%s\","
	    "\"arrival_time\":%llu,\"message_size\":%llu,",
	    filter_standing[m->standing], traceid_format(id, &m->id),
	    (unsigned long long)m->arrived_s, (unsigned long long)m->size);
	put_json("sender", m->sender);
	if (m->uid == COMMAND_NOBODY)
		printf(",\"uid\":null");
	else
		printf(",\"uid\":%u", (unsigned)m->uid);
	printf(",\"tries\":%u", (unsigned)m->tries);
	put_next(now_s, m->standing, m->wait_s);
	if (m->envid.len) {
		printf(",");
		put_json("envid", m->envid);
	}
	if (m->ret) printf(",\"ret\":\"%s\"", shown_ret[m->ret]);
	printf(",\"recipients\":[");
}

void
object_rcpt(struct command_rcpt const *r, bool first, int64_t now_s)
{
	char store[ORCPT_MAX];
	struct slice was = shown_original(r, store);

	printf("%s{", first ? "" : ",");
	put_json("address", r->address);
	if (was.len) {
		printf(",");
		put_json("orig_address", was);
	}
	if (r->notify) {
		printf(",\"notify\":[");
		shown_notify(r->notify, "\"");
		printf("]");
	}
	printf(",\"state\":\"%s\",\"tries\":%u", filter_standing[r->standing],
	    (unsigned)r->tries);
	put_next(now_s, r->standing, r->wait_s);
	if (r->status.len) {
		printf(",");
		put_json("status", r->status);
	}
	if (r->words.len) {
		printf(",");
		put_json("delay_reason", r->words);
	}
	printf("}");
}

void
object_end(void)
{
	printf("]}\n");
}
