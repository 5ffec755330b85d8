/* SPDX-License-Identifier: ISC */
/* mailgrave-queue: keeps the mail. The only program that touches the spool;
 * opens no network socket and runs no other program. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/clock.h"
#include "common/log.h"
#include "common/stage.h"
#include "queue/clean.h"
#include "queue/command.h"
#include "queue/fsck.h"
#include "queue/intake.h"
#include "queue/opening.h"
#include "queue/qmail.h"

enum {
	ENDING_LOOK_MS = 10,
	FLUSHERS = 6	/* one journal group at a time, and large messages */
};

/* The whole mutable state of the program. */
struct queued {
	struct stage stage;
	struct command command;
	unsigned long long max_size;
	bool fsck;
	struct door users;		/* --submit */
	struct spool spool;
	struct flushers flushers;
	struct journal journal;
	struct state state;
	struct opening opening;
	struct handout handout;
	struct cleaner cleaner;
	struct intakes intakes;
	struct counts counts;
	struct timer ending;
	bool failed;			/* the journal has */
};

static struct option_row const rows[] = {
	{ "submit", "PATH", OPTION_TEXT, offsetof(struct queued, command.submit),
	  0, 0, NULL, 0, "socket for the users of this machine" },
	{ "spool", "DIR", OPTION_TEXT, offsetof(struct queued, command.spool),
	  0, 0, NULL, 0, "the spool, inside the chroot (.)" },
	{ "max-size", "SIZE", OPTION_SIZE, offsetof(struct queued, max_size),
	  1, 1ULL << 40, NULL, 0, "largest message (100M)" },
	{ "list", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.list), 0, 0, NULL, 0,
	  "show the mail that waits" },
	{ "show", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.show), 0, 0, NULL, 0,
	  "show all about a message, and the message" },
	{ "status", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.status), 0, 0, NULL, 0,
	  "how much waits, in which state, how old" },
	{ "retry", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.retry), 0, 0, NULL, 0,
	  "try it now" },
	{ "hold", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.hold), 0, 0, NULL, 0,
	  "keep it untried" },
	{ "release", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.release), 0, 0, NULL, 0,
	  "put an end to that" },
	{ "delete", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.delete), 0, 0, NULL, 0,
	  "drop it, nobody is told" },
	{ "bounce", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.bounce), 0, 0, NULL, 0,
	  "give it up: its sender is told" },
	{ "fsck", NULL, OPTION_FLAG, offsetof(struct queued, fsck), 0, 0, NULL,
	  0, "read the whole spool, say what is wrong, change nothing" },
	{ "openmetrics", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.openmetrics), 0, 0, NULL, 0,
	  "--status: for a monitor such as Prometheus" },
	{ "json", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.json), 0, 0, NULL, 0,
	  "--list, --show, --status: objects, one a line" },
	{ "dry-run", NULL, OPTION_FLAG,
	  offsetof(struct queued, command.dry_run), 0, 0, NULL, 0,
	  "show what would be changed" },
};

static struct option_page const page = {
	.program = "mailgrave-queue",
	.synopsis = "--in PATH [--out PATH] [option ...]\n"
	    "       mailgrave-queue --list|--status [--json] [id ... | filter ...]\n"
	    "       mailgrave-queue --status --openmetrics\n"
	    "       mailgrave-queue --show|--retry|--hold|--release|--delete|"
	    "--bounce\n           [--dry-run] id ... | filter ...\n"
	    "       mailgrave-queue --fsck [--spool DIR]\n"
	    "       mailgrave-queue (as qmail-queue)",
	.purpose = "Keeps mail in a spool until it is delivered.",
	.notes = "Commands ask the queue at --submit "
	    "(/var/spool/mailgrave/submit.ctrl); with none\nrunning they work "
	    "on the files of --spool. Filters: sender=ADDR recipient=ADDR\n"
	    "domain=NAME 'age>N[smhd]' state=deferred|held|active|failed.\n"
	    "See mailgrave-queue(8).",
};

static char const *const upstream[] = { "mailgrave-smtpd", NULL };

static void
open_spool(struct queued *q)
{
	char const *path = q->command.spool ? q->command.spool : ".";
	char const *why;

	/* --out is looked up here, too */
	if (chdir(path) == -1)
		strerr_diefusys(111, "change to the spool ", path);
	if (spool_open(&q->spool, ".", true, &why)) return;
	if (errno == EBUSY)
		strerr_dief(100, "the spool is in use: already running");
	strerr_diefusys(111, why);
}

static void
journal_has_failed(void *owner)
{
	struct queued *q = owner;

	/* a second time: what it covered has been refused, and is told so at
	 * the end of this turn; the next start reads what the disk really
	 * holds */
	q->failed = true;
	q->stage.loop.stop = true;
}

static void
settled(void *owner)
{
	struct queued *q = owner;

	cleaner_look(&q->cleaner);
}

static void
cannot_open(void *owner, char const *doing)
{
	(void)owner;
	log_flush();
	strerr_diefusys(111, doing);
}

static void
opened(void *owner)
{
	struct queued *q = owner;
	struct recovery const *r = &q->opening.recovery;

	q->journal.settled = settled;
	journal_complete(&q->journal);
	cleaner_look(&q->cleaner);
	log_event("recovered", LOG_NUMBER("messages", q->state.map.n),
	    LOG_NUMBER("records", r->records),
	    LOG_NUMBER("damaged", r->damaged), LOG_NUMBER("torn", r->torn));
	if (q->stage.out_fd && !handout_adopt(&q->handout, (int)q->stage.out_fd))
		cannot_open(q, "use --out-fd");
	if (q->stage.out) handout_start(&q->handout);
}

static void
open_journal(struct queued *q)
{
	journal_init(&q->journal, &q->stage.loop, &q->flushers, q->spool.journal,
	    q->spool.damaged, journal_has_failed, q);
	q->opening = (struct opening){ .loop = &q->stage.loop,
	    .journal = &q->journal, .state = &q->state, .spool = &q->spool,
	    .at_once = q->stage.by_hand, .done = opened,
	    .failed = cannot_open, .owner = q };
	opening_begin(&q->opening);
}

static void
stage_entered(void *owner, int fd, uid_t uid)
{
	struct queued *q = owner;

	/* by hand the other end is a user, not a stage */
	intake_enter(&q->intakes, fd, uid, !q->stage.by_hand);
}

static void
user_entered(void *owner, int fd, uid_t uid)
{
	struct queued *q = owner;

	intake_enter(&q->intakes, fd, uid, false);
}

/* TERM: no new client, those in the middle of a message lose nothing by being
 * cut off; what was promised a verdict gets it. What send is at would come to
 * pass a second time if its outcome were not written down. */
static void
look_for_end(void *owner)
{
	struct queued *q = owner;

	if (journal_idle(&q->journal) && !q->intakes.committing &&
	    !peer_is_open(&q->handout.peer)) {
		q->stage.loop.stop = true;
		return;
	}
	journal_hurry(&q->journal);
	loop_arm(&q->stage.loop, &q->ending,
	    q->stage.loop.now_ms + ENDING_LOOK_MS);
}

static void
term(void *owner)
{
	struct queued *q = owner;

	door_close(&q->users);
	handout_end(&q->handout);
	q->ending = (struct timer){ .due = look_for_end, .owner = q };
	look_for_end(q);
}

/* By hand, over an inherited descriptor: its end is ours. */
static void
lost(void *owner)
{
	struct queued *q = owner;

	if (!q->ending.due) term(q);
}

static void
fill(struct queued *q)
{
	q->counts.since_s = (uint64_t)clock_wall_ms() / 1000;
	q->intakes = (struct intakes){ .loop = &q->stage.loop,
	    .journal = &q->journal, .flushers = &q->flushers,
	    .state = &q->state, .handout = &q->handout,
	    .counts = &q->counts, .mess = q->spool.mess,
	    .hostname = q->stage.hostname, .max_size = q->max_size,
	    .patience_ms = INTAKE_PATIENCE_MS };
	q->handout = (struct handout){ .loop = &q->stage.loop,
	    .journal = &q->journal, .state = &q->state,
	    .counts = &q->counts, .mess = q->spool.mess,
	    .hostname = q->stage.hostname, .path = q->stage.out };
	q->intakes.owner = q->handout.owner = q;
	if (q->stage.in_fd) q->intakes.lost = lost;
	if (q->stage.out_fd) q->handout.lost = lost;
	handout_init(&q->handout);
	q->cleaner = (struct cleaner){ .loop = &q->stage.loop,
	    .journal = &q->journal, .flushers = &q->flushers,
	    .state = &q->state, .mess = q->spool.mess };
	cleaner_init(&q->cleaner);
}

static void
bind_submit(struct queued *q)
{
	char const *path = q->command.submit;

	if (!path || q->stage.check) return;
	q->users = (struct door){ .path = path, .anybody = true,
	    .enter = user_entered, .owner = q };
	if (door_bind(&q->users, (uid_t)-1, 0666)) return;
	if (errno == EADDRINUSE)
		strerr_dief(100, path, ": already running");
	strerr_diefusys(111, "bind ", path);
}

int
main(int argc, char *const *argv)
{
	static struct queued q = { .stage = { .program = "mailgrave-queue",
	    .upstream = upstream,
	    .has = STAGE_IN | STAGE_OUT | STAGE_OUT_FD | STAGE_HOSTNAME,
	    .may = JAIL_ACCEPT | JAIL_UNIX | JAIL_READ | JAIL_WRITE |
	    JAIL_MEMFD, .accepted = stage_entered, .term = term,
	    .owner = &q }, .max_size = 100 << 20,
	    .users = { .watch = { .fd = -1 } } };
	struct option_table const own = OPTION_TABLE(rows, &q);
	int operand;

	if (qmail_called(argc, argv)) return qmail_run(argc, argv);
	operand = stage_options(&q.stage, argc, argv, &page, &own);
	if (q.fsck && (command_given(&q.command) || operand < argc))
		option_misused(page.program, "--fsck goes alone", NULL);
	if (command_given(&q.command))
		return command_run(&q.command, argv + operand);
	if (q.command.json || q.command.openmetrics || q.command.dry_run)
		option_misused(page.program, "--json, --openmetrics and "
		    "--dry-run are for commands", NULL);
	if (operand < argc)
		option_misused(page.program, "takes no operands", NULL);
	/* with fewer, clients wait to be let in; see intake.h, journal.h */
	jail_allow_descriptors(2 * INTAKE_MAX + JOURNAL_SEGMENTS_MAX + 64);
	if (q.fsck) return fsck_run(q.command.spool);
	if (!q.stage.in && !q.stage.in_fd && !q.stage.out_fd)
		option_misused(page.program, "--in is missing", NULL);
	stage_prepare(&q.stage);
	stage_bind(&q.stage);
	bind_submit(&q);
	stage_checked(&q.stage);
	stage_enter(&q.stage);
	open_spool(&q);
	if (!flushers_open(&q.flushers, &q.stage.loop, "queue-flush",
	    FLUSHERS, 0, stage_lost_helper))
		strerr_diefusys(111, "start the flushers");
	fill(&q);
	open_journal(&q);
	if (q.command.submit && !door_open(&q.users, &q.stage.loop))
		strerr_diefusys(111, "listen on ", q.command.submit);
	stage_serve(&q.stage);
	return q.failed ? 111 : 0;
}
