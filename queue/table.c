/* SPDX-License-Identifier: ISC */
/* Prints; asks nobody. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/body.h"
#include "common/date.h"
#include "common/log.h"
#include "queue/filter.h"
#include "queue/table.h"

enum {
	REASON_MAX = 160	/* octets of it below a row; a page has all */
};

void
table_put(struct slice text, char const *also, bool json)
{
	char escaped[LOG_ESCAPED_MAX];
	size_t i;

	for (i = 0; i < text.len; i++)
		fwrite(escaped, 1, log_escape(escaped,
		    (unsigned char)text.s[i], also, json), stdout);
}

char const *
table_duration(char out[TABLE_SHORT], int64_t s)
{
	if (s < 0) s = 0;
	if (s < 100)
		snprintf(out, TABLE_SHORT, "%llds", (long long)s);
	else if (s < 100 * 60)
		snprintf(out, TABLE_SHORT, "%lldm", (long long)s / 60);
	else if (s < 100 * 3600)
		snprintf(out, TABLE_SHORT, "%lldh", (long long)s / 3600);
	else
		snprintf(out, TABLE_SHORT, "%lldd", (long long)s / 86400);
	return out;
}

char const *
table_octets(char out[TABLE_SHORT], uint64_t n)
{
	static char const unit[] = "KMGT";
	size_t i = 0;

	if (n < 10000) {
		snprintf(out, TABLE_SHORT, "%llu", (unsigned long long)n);
		return out;
	}
	for (n /= 1024; n >= 10000 && i + 2 < sizeof unit; i++)
		n /= 1024;
	snprintf(out, TABLE_SHORT, "%llu%c", (unsigned long long)n, unit[i]);
	return out;
}

/* Nothing is tried again by itself once it is held or has failed. */
static bool
has_next(uint8_t standing)
{
	return standing == STANDING_ACTIVE || standing == STANDING_DEFERRED;
}

static char const *
next_try(char out[TABLE_SHORT], uint8_t standing, uint32_t wait_s)
{
	if (!has_next(standing)) return "-";
	return wait_s ? table_duration(out, wait_s) : "now";
}

/* What is asked of reports */

static char const *const ret_name[RETS] = { [RET_FULL] = "full",
	[RET_HDRS] = "hdrs" };

/* Their names, quoted or not, a comma between. */
static void
put_notify(unsigned notify, char const *quote)
{
	char const *comma = "";
	int i;

	for (i = 0; i < NOTIFY_BITS; i++) {
		if (!(notify & 1u << i)) continue;
		printf("%s%s%s%s", comma, quote, dsn_notify_name[i], quote);
		comma = ",";
	}
}

/* Whom the sender wrote to, if somebody else stands for him now.
 *   out  ORCPT_MAX octets */
static struct slice
original(struct command_rcpt const *r, char *out)
{
	struct slice type;
	size_t len;

	if (!dsn_orcpt_decode(r->orcpt, &type, out, &len) ||
	    slice_eq(slice_from(out, len), r->address))
		return SLICE("");
	return slice_from(out, len);
}

/* Rows */

static void
put_reason(char const *indent, struct slice status, struct slice words,
    size_t most)
{
	if (!status.len && !words.len) return;
	printf("%s", indent);
	table_put(status, "", false);
	if (status.len && words.len) printf(" ");
	table_put(words.len > most ? slice_from(words.s, most) : words, "", false);
	printf("\n");
}

static void
row(struct table const *t, struct command_mail const *m)
{
	char id[TRACEID_TEXT + 1], age[TABLE_SHORT], size[TABLE_SHORT];
	char next[TABLE_SHORT];

	if (t->mails == 1)
		printf("%-26s %-8s %4s %5s %5s %4s  %s\n", "ID", "STATE",
		    "AGE", "SIZE", "TRIES", "NEXT", "SENDER -> RECIPIENT");
	printf("%s %-8s %4s %5s %5u %4s  <", traceid_format(id, &m->id),
	    filter_standing[m->standing],
	    table_duration(age, t->now_s - (int64_t)m->arrived_s),
	    table_octets(size, m->size), (unsigned)m->tries,
	    next_try(next, m->standing, m->wait_s));
	table_put(m->sender, "", false);
	printf("> -> <");
	table_put(m->rcpt, "", false);
	printf(">");
	if (m->rcpts > 1) printf(" and %u more", (unsigned)m->rcpts - 1);
	printf("\n");
	put_reason("    ", m->status, m->words, REASON_MAX);
}

/* Pages */

static void
page(struct table const *t, struct command_mail const *m)
{
	char id[TRACEID_TEXT + 1], date[DATE822_TEXT + 1], age[TABLE_SHORT];

	printf("%sid         %s\n", t->mails > 1 ? "\n" : "",
	    traceid_format(id, &m->id));
	printf("state      %s\n", filter_standing[m->standing]);
	printf("arrived    %s (%s ago)\n",
	    date822(date, (int64_t)m->arrived_s),
	    table_duration(age, t->now_s - (int64_t)m->arrived_s));
	printf("size       %llu\n", (unsigned long long)m->size);
	if (m->uid == COMMAND_NOBODY)
		printf("from       the network\n");
	else
		printf("from       uid %u\n", (unsigned)m->uid);
	printf("sender     <");
	table_put(m->sender, "", false);
	printf(">\n");
	if (m->envid.len) {
		printf("envid      ");
		table_put(m->envid, "", false);
		printf("\n");
	}
	if (m->ret) printf("returns    %s\n", ret_name[m->ret]);
}

static void
page_rcpt(struct command_rcpt const *r)
{
	char next[TABLE_SHORT], store[ORCPT_MAX];
	struct slice was = original(r, store);

	printf("recipient  <");
	table_put(r->address, "", false);
	printf("> %s, tries %u, next %s\n", filter_standing[r->standing],
	    (unsigned)r->tries, next_try(next, r->standing, r->wait_s));
	if (was.len) {
		printf("           for <");
		table_put(was, "", false);
		printf(">\n");
	}
	if (r->notify) {
		printf("           notify ");
		put_notify(r->notify, "");
		printf("\n");
	}
	if (r->warned) printf("           its sender was told of the delay\n");
	if (r->where.len) {
		printf("           ");
		table_put(r->where, "", false);
		printf("\n");
	}
	put_reason("           ", r->status, r->words, WORDS_MAX);
}

/* A terminal obeys what a message may hold. */
static void
put_text(char *s, size_t len, bool terminal)
{
	size_t i;

	for (i = 0; terminal && i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < 0x20 && c != '\n' && c != '\t') ||
		    (c >= 0x7f && c < 0xa0))
			s[i] = '?';
	}
	fwrite(s, 1, len, stdout);
}

void
table_text(struct table *t, int fd)
{
	char in[4096], out[sizeof in + 1];
	struct body_lf lf = { 0 };
	bool terminal = isatty(STDOUT_FILENO);
	off_t at = 0;
	ssize_t n = -1;

	(void)t;
	printf("\n");
	while (fd != -1 && (n = pread(fd, in, sizeof in, at)) > 0) {
		at += n;
		put_text(out, body_lf(&lf, slice_from(in, (size_t)n), out),
		    terminal);
	}
	if (n == -1) printf("(its text can't be read)\n");
	put_text(out, body_lf_end(&lf, out), terminal);
	if (fd != -1) close(fd);
}

/* JSON */

static void
put_json(char const *name, struct slice text)
{
	printf("\"%s\":\"", name);
	table_put(text, "\"", true);
	printf("\"");
}

static void
put_next(struct table const *t, uint8_t standing, uint32_t wait_s)
{
	if (has_next(standing))
		printf(",\"next_try\":%lld", (long long)t->now_s + wait_s);
	else
		printf(",\"next_try\":null");
}

static void
object(struct table const *t, struct command_mail const *m)
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
	put_next(t, m->standing, m->wait_s);
	if (m->envid.len) {
		printf(",");
		put_json("envid", m->envid);
	}
	if (m->ret) printf(",\"ret\":\"%s\"", ret_name[m->ret]);
	printf(",\"recipients\":[");
}

static void
object_rcpt(struct table const *t, struct command_rcpt const *r)
{
	char store[ORCPT_MAX];
	struct slice was = original(r, store);

	printf("%s{", t->rcpts > 1 ? "," : "");
	put_json("address", r->address);
	if (was.len) {
		printf(",");
		put_json("orig_address", was);
	}
	if (r->notify) {
		printf(",\"notify\":[");
		put_notify(r->notify, "\"");
		printf("]");
	}
	printf(",\"state\":\"%s\",\"tries\":%u", filter_standing[r->standing],
	    (unsigned)r->tries);
	put_next(t, r->standing, r->wait_s);
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

static void
end_object(struct table const *t)
{
	if (t->style == TABLE_JSON && t->mails) printf("]}\n");
}

/* All of them */

void
table_mail(struct table *t, struct command_mail const *m)
{
	end_object(t);
	t->mails++;
	t->octets += m->size;
	t->rcpts = 0;
	switch (t->style) {
	case TABLE_ROWS:
		row(t, m);
		break;
	case TABLE_PAGES:
		page(t, m);
		break;
	case TABLE_JSON:
		object(t, m);
		break;
	}
}

void
table_rcpt(struct table *t, struct command_rcpt const *r)
{
	t->rcpts++;
	if (t->style == TABLE_JSON)
		object_rcpt(t, r);
	else
		page_rcpt(r);
}

void
table_end(struct table *t)
{
	char size[TABLE_SHORT];

	end_object(t);
	if (t->style == TABLE_ROWS)
		printf("%llu message%s, %s octets\n",
		    (unsigned long long)t->mails, t->mails == 1 ? "" : "s",
		    table_octets(size, t->octets));
}
