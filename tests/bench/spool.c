/* SPDX-License-Identifier: ISC */
/* spool: fills a spool with deferred messages, through the queue's own journal,
 * so that a start on many can be measured. Exit 0 done, 100 misused, 111 this
 * machine's fault. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/clock.h"
#include "common/jail.h"
#include "common/option.h"
#include "queue/recover.h"

enum { HELPERS = 2, WAITING_MAX = 8 << 20 };

struct fill {
	unsigned long long messages, size, wait_s;
	char const *spool;
	struct loop loop;
	struct flushers flushers;
	struct journal journal;
	struct state state;
	uint64_t made, committed;
	int64_t now_ms;
};

/* One message until it is committed. */
struct made {
	struct fill *all;
	struct journal_unit unit;
};

static struct option_row const rows[] = {
	{ "spool", "DIR", OPTION_TEXT, offsetof(struct fill, spool), 0, 0,
	  NULL, 0, "to fill" },
	{ "messages", "N", OPTION_NUMBER, offsetof(struct fill, messages), 1,
	  10000000, NULL, 0, "in all (100000)" },
	{ "size", "SIZE", OPTION_SIZE, offsetof(struct fill, size), 1,
	  RECORD_BODY_MAX, NULL, 0, "octets of a message (1000)" },
	{ "wait", "SECONDS", OPTION_NUMBER, offsetof(struct fill, wait_s), 0,
	  1000000, NULL, 0, "until they are due (3600)" },
};

static struct option_page const page = {
	.program = "spool",
	.synopsis = "--spool DIR [option ...]",
	.purpose = "Fills a spool with messages that wait.",
};

static void
lost(void)
{
	_exit(111);
}

static void
failed(void *owner)
{
	(void)owner;
	strerr_dief(111, "the journal has failed");
}

static void
committed(void *owner, bool fine)
{
	struct made *m = owner;

	if (!fine) strerr_dief(111, "a message was refused");
	/* its segment isn't to be used again */
	journal_live(&m->all->journal, m->unit.segment,
	    (uint32_t)m->unit.len);
	m->all->committed++;
}

static int
open_folder(char const *name)
{
	int fd;

	if (mkdir(name, 0700) == -1 && errno != EEXIST)
		strerr_diefusys(111, "make ", name);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) strerr_diefusys(111, "open ", name);
	return fd;
}

static void
append(struct fill *f, struct made *made, struct slice text)
{
	struct record_message m = { .sender = SLICE("sender@example.org"),
	    .arrived_s = (uint64_t)f->now_ms / 1000, .size = text.len,
	    .rcpts = 1, .uid = UINT32_MAX };
	char address[64];
	struct record_rcpt r = { .attempt = 1,
	    .due_s = (uint32_t)(f->now_ms / 1000) + (uint32_t)f->wait_s };

	traceid_make(&m.id, f->now_ms);
	snprintf(address, sizeof address, "user%llu@host%llu.example",
	    (unsigned long long)f->made, (unsigned long long)f->made % 5000);
	r.address = slice_of(address);
	*made = (struct made){ .all = f, .unit = { .committed = committed,
	    .owner = made } };
	journal_begin(&f->journal, JOURNAL_MAIL);
	if (!journal_add(&f->journal, &record_message_form, &m, false) ||
	    !journal_add(&f->journal, &record_rcpt_form, &r, false) ||
	    !journal_add(&f->journal, &record_body_form,
	    &(struct record_body){ .octets = text }, true))
		strerr_diefusys(111, "append");
	journal_end(&f->journal, &made->unit);
	f->made++;
}

static void
fill(struct fill *f)
{
	struct made *made = calloc(f->messages, sizeof *made);
	char *text = malloc(f->size);

	if (!made || !text) strerr_diefusys(111, "allocate");
	memset(text, 'x', f->size);
	while (f->committed < f->messages) {
		while (f->made < f->messages && journal_takes_mail(&f->journal,
		    JOURNAL_WAITING_MAX - WAITING_MAX))
			append(f, &made[f->made], slice_from(text, f->size));
		if (!loop_turn(&f->loop)) strerr_diefusys(111, "wait");
	}
	free(text);
	free(made);
}

int
main(int argc, char *const *argv)
{
	static struct fill f = { .messages = 100000, .size = 1000,
	    .wait_s = 3600 };
	static struct recovery r;
	struct option_table const own = OPTION_TABLE(rows, &f);

	PROG = "spool";
	option_parse(argc, argv, &page, &own, 1, 100);
	if (!f.spool) option_misused(page.program, "--spool is missing", NULL);
	signal(SIGCHLD, SIG_IGN);
	jail_allow_descriptors(JOURNAL_SEGMENTS_MAX + 64);
	if (chdir(f.spool) == -1) strerr_diefusys(111, "enter ", f.spool);
	f.now_ms = clock_wall_ms();
	if (!loop_open(&f.loop) || !flushers_open(&f.flushers, &f.loop,
	    "spool-flush", HELPERS, 0, lost))
		strerr_diefusys(111, "start");
	journal_init(&f.journal, &f.loop, &f.flushers, open_folder("journal"),
	    open_folder("damaged"), failed, NULL);
	open_folder("mess");
	if (!recover(&r, &f.journal, &f.state, f.journal.dir,
	    f.journal.damaged))
		strerr_diefusys(111, "read the journal");
	fill(&f);
	close(open("journal/lock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	printf("%llu messages in %u segments\n", f.messages,
	    (unsigned)f.journal.used.n);
	return 0;
}
