/* SPDX-License-Identifier: ISC */
/* Options and operands in, words and an exit code out; touches no spool
 * itself. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "common/clock.h"
#include "queue/command.h"
#include "queue/complain.h"
#include "queue/filter.h"
#include "queue/metrics.h"
#include "queue/request.h"

/* What each command word asks for, and how its success is told. */
static struct word {
	size_t given;
	enum order order;
	char const *done;
} const words[] = {
	{ offsetof(struct command, list), ORDERS, NULL },
	{ offsetof(struct command, show), ORDERS, NULL },
	{ offsetof(struct command, status), ORDERS, NULL },
	{ offsetof(struct command, retry), ORDER_RETRY, "due at once" },
	{ offsetof(struct command, hold), ORDER_HOLD, "held" },
	{ offsetof(struct command, release), ORDER_RELEASE, "released" },
	{ offsetof(struct command, delete), ORDER_DELETE, "deleted" },
	{ offsetof(struct command, bounce), ORDER_BOUNCE, "given up" },
};

/* What is asked for, and what comes of it. */
struct inquiry {
	struct command const *command;
	struct word const *word;
	size_t ids;
	struct filter filter;
	struct table table;
	struct status status;
	struct request request;
};

/* Options and operands */

static bool
is_given(struct command const *c, struct word const *w)
{
	return *(bool const *)((char const *)c + w->given);
}

static unsigned
count_words(struct command const *c, struct word const **which)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (is_given(c, &words[i])) {
			*which = &words[i];
			n++;
		}
	return n;
}

bool
command_given(struct command const *c)
{
	struct word const *which;

	return count_words(c, &which) > 0;
}

static bool
only_looks(struct inquiry const *q)
{
	return q->word->order == ORDERS;
}

/* With neither ids nor filters. */
static bool
names_all(struct command const *c)
{
	return c->list || c->status;
}

static int
check_options(struct inquiry *q)
{
	struct command const *c = q->command;

	if (count_words(c, &q->word) > 1)
		return complain(MISUSED, "one command at a time", NULL);
	if (c->json && !only_looks(q))
		return complain(MISUSED, "--json is for --list, --show and "
		    "--status", NULL);
	if (c->openmetrics && (!c->status || c->json))
		return complain(MISUSED, "--openmetrics is for --status, "
		    "without --json", NULL);
	if (c->dry_run && only_looks(q))
		return complain(MISUSED, "--dry-run: nothing would change",
		    NULL);
	return 0;
}

static int
check_operand(struct inquiry *q, char const *operand)
{
	struct traceid id;
	char const *why;

	if (traceid_parse(&id, slice_of(operand))) {
		if (++q->ids > COMMAND_IDS_MAX)
			return complain(MISUSED, "too many ids", NULL);
	} else if (!filter_add(&q->filter, slice_of(operand), &why)) {
		return complain(MISUSED, operand, why);
	}
	if (q->ids && q->filter.has)
		return complain(MISUSED, "ids and filters exclude each other",
		    NULL);
	return 0;
}

/* All mail is looked at when nothing is said, but never changed. */
static int
check_operands(struct inquiry *q, char *const *operand)
{
	int code = 0;

	if (*operand && q->command->openmetrics)
		return complain(MISUSED, "--openmetrics is about all mail",
		    NULL);
	for (; *operand && !code; operand++)
		code = check_operand(q, *operand);
	if (!code && !names_all(q->command) && !q->ids && !q->filter.has)
		return complain(MISUSED, "which messages? give ids or filters",
		    NULL);
	return code;
}

/* Ending */

static void
say_what_was_done(struct inquiry const *q)
{
	struct command_done const *done = &q->request.done;
	unsigned long long n = done->matched, active = done->active;

	printf("%llu message%s %s%s\n", n, n == 1 ? "" : "s",
	    q->command->dry_run ? "would be " : "", q->word->done);
	if (active && q->word->order != ORDER_RELEASE &&
	    q->word->order != ORDER_RETRY)
		printf("%llu may be in the middle of a try, "
		    "which goes on to its end first\n", active);
}

static int
conclude(struct inquiry *q)
{
	struct command_done const *done = &q->request.done;

	if (done->verdict != VERDICT_OK)
		return complain(done->verdict == VERDICT_PERM ? MISUSED :
		    NOT_NOW, q->request.words, NULL);
	if (!done->matched && !names_all(q->command))
		return complain(MISUSED, "no message matches", NULL);
	if (q->command->openmetrics)
		metrics_print(&q->status, q->request.now_s);
	else if (q->command->status)
		status_print(&q->status, q->request.now_s, q->command->json);
	else if (only_looks(q))
		table_end(&q->table);
	else
		say_what_was_done(q);
	if (fflush(stdout) == EOF || ferror(stdout))
		return complain(NOT_NOW, "write", strerror(errno));
	return 0;
}

/* what_to_ask - set up the request; which queue it goes to is not known yet */
static void
what_to_ask(struct inquiry *q)
{
	struct command const *c = q->command;
	struct request *r = &q->request;

	r->now_s = clock_wall_ms() / 1000;
	r->ask = (struct command_ask){ .order = (uint8_t)q->word->order,
	    .dry_run = c->dry_run, .rcpts = (c->json && !c->status) || c->show,
	    .text = c->show && !c->json };
	r->table = &q->table;
	if (c->status) r->status = &q->status;
	q->table = (struct table){ .now_s = r->now_s,
	    .style = c->json ? TABLE_JSON : c->show ? TABLE_PAGES :
	    TABLE_ROWS };
}

int
command_run(struct command const *c, char *const *operand)
{
	static struct inquiry q;
	int code;

	q.command = c;
	signal(SIGPIPE, SIG_DFL);	/* such as --list | head */
	code = check_options(&q);
	if (!code) code = check_operands(&q, operand);
	if (code) return code;
	what_to_ask(&q);
	code = reach(&q.request.queue, c->submit, c->spool);
	/* one that was started for this has counted nothing */
	q.request.ask.counts = c->status && !*operand &&
	    !q.request.queue.child;
	if (!code) code = request_make(&q.request, operand);
	return code ? code : conclude(&q);
}
