/* SPDX-License-Identifier: ISC */
/* Prints; asks nobody. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/body.h"
#include "common/date.h"
#include "queue/filter.h"
#include "queue/object.h"
#include "queue/shown.h"
#include "queue/table.h"

enum {
	REASON_MAX = 160	/* octets of it below a row; a page has all */
};

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

static char const *
next_try(char out[TABLE_SHORT], uint8_t standing, uint32_t wait_s)
{
	if (!shown_has_next(standing)) return "-";
	return wait_s ? table_duration(out, wait_s) : "now";
}

/* Rows */

static void
put_reason(char const *indent, struct slice status, struct slice words,
    size_t most)
{
	if (!status.len && !words.len) return;
	printf("%s", indent);
	shown_put(status, "", false);
	if (status.len && words.len) printf(" ");
	if (words.len > most) words.len = most;
	shown_put(words, "", false);
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
	shown_put(m->sender, "", false);
	printf("> -> <");
	shown_put(m->rcpt, "", false);
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
	shown_put(m->sender, "", false);
	printf(">\n");
	if (m->envid.len) {
		printf("envid      ");
		shown_put(m->envid, "", false);
		printf("\n");
	}
	if (m->ret) printf("returns    %s\n", shown_ret[m->ret]);
}

static void
page_rcpt(struct command_rcpt const *r)
{
	char next[TABLE_SHORT], store[ORCPT_MAX];
	struct slice was = shown_original(r, store);

	printf("recipient  <");
	shown_put(r->address, "", false);
	printf("> %s, tries %u, next %s\n", filter_standing[r->standing],
	    (unsigned)r->tries, next_try(next, r->standing, r->wait_s));
	if (was.len) {
		printf("           for <");
		shown_put(was, "", false);
		printf(">\n");
	}
	if (r->notify) {
		printf("           notify ");
		shown_notify(r->notify, "");
		printf("\n");
	}
	if (r->warned) printf("           its sender was told of the delay\n");
	if (r->where.len) {
		printf("           ");
		shown_put(r->where, "", false);
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

/* All of them */

void
table_mail(struct table *t, struct command_mail const *m)
{
	if (t->mails && t->style == TABLE_JSON) object_end();
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
		object_mail(m, t->now_s);
		break;
	}
}

void
table_rcpt(struct table *t, struct command_rcpt const *r)
{
	t->rcpts++;
	if (t->style == TABLE_JSON)
		object_rcpt(r, t->rcpts == 1, t->now_s);
	else
		page_rcpt(r);
}

void
table_end(struct table *t)
{
	char size[TABLE_SHORT];

	if (t->mails && t->style == TABLE_JSON) object_end();
	if (t->style == TABLE_ROWS)
		printf("%llu message%s, %s octets\n",
		    (unsigned long long)t->mails, t->mails == 1 ? "" : "s",
		    table_octets(size, t->octets));
}
