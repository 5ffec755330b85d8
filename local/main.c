/* SPDX-License-Identifier: ISC */
/* mailgrave-local: delivers into mailboxes below its root, and to commands. This
 * file is the process: options, helpers, jail, loop. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/inforce.h"
#include "common/oneline.h"
#include "common/stage.h"
#include "local/account.h"
#include "local/byhand.h"
#include "local/parent.h"
#include "local/work.h"

/* Deliveries wait for the disk at the same time: a journalling file system
 * commits what waits together at once. */
enum { FLUSHERS = 20 };

struct local {
	struct stage stage;
	unsigned long long jobs;
	bool crlf;
	struct inforce inforce;
	struct flushers flushers;
	struct deliveries deliveries;
	struct filings filings;
	struct errands errands;
	struct work work;
	unsigned long long commands, command_time_s, lock_time_s;
	char const *exit_codes, *system, *over_quota;
	struct account own;
	struct parent_powers powers;
	struct parent_settings parent;
	struct watch parent_end;
	struct byhand byhand;
	struct parcel *parcel;		/* by hand: what is to be delivered */
	char const *maildir, *command;	/* instead of routes */
	char line[ONELINE_MAX];		/* the routes that these stand for */
};

static bool
take_rcpt(void *options, char const *argument, char const **why)
{
	struct byhand *b = &((struct local *)options)->byhand;

	*why = "given too often";
	if (b->rcpts == DELIVER_RCPTS_MAX) return false;
	b->rcpt[b->rcpts++] = argument;
	return true;
}

static struct option_row const rows[] = {
	{ "rcpt", "ADDR", OPTION_CALL, 0, 0, 0, take_rcpt, 0,
	  "deliver standard input to it, and exit; may be repeated" },
	{ "sender", "ADDR", OPTION_TEXT, offsetof(struct local, byhand.sender),
	  0, 0, NULL, 0, "with --rcpt: who sends it (<>)" },
	{ "maildir", "DIR", OPTION_TEXT, offsetof(struct local, maildir), 0, 0,
	  NULL, 0, "instead of routes: all mail into this Maildir" },
	{ "command", "PROG", OPTION_TEXT, offsetof(struct local, command), 0, 0,
	  NULL, 0, "the same: to this program; operands are its arguments" },
	{ "jobs", "N", OPTION_NUMBER, offsetof(struct local, jobs), 1,
	  DELIVER_SLOTS_MAX, NULL, 0, "jobs that send may have here (100)" },
	{ "crlf", NULL, OPTION_FLAG, offsetof(struct local, crlf), 0, 0, NULL,
	  0, "leave CRLF line ends in mailboxes" },
	{ "commands", "N", OPTION_NUMBER, offsetof(struct local, commands), 1,
	  PARENT_CHILDREN_MAX, NULL, 0,
	  "commands and users' deliveries at a time (20)" },
	{ "command-time", "SECONDS", OPTION_NUMBER,
	  offsetof(struct local, command_time_s), 1, 86400, NULL, 0,
	  "then a command is ended with its children (300)" },
	{ "exit-codes", "TABLE", OPTION_TEXT,
	  offsetof(struct local, exit_codes), 0, 0, NULL, 0,
	  "of commands: auto, qmail or sysexits (auto)" },
	{ "safe-env", NULL, OPTION_FLAG, offsetof(struct local,
	  parent.safe_env), 0, 0, NULL, 0,
	  "no shell metacharacters in a command's variables" },
	{ "system", "KIND", OPTION_TEXT, offsetof(struct local, system), 0, 0,
	  NULL, 0, "users' mail: maildir (~/Maildir) or mbox (/var/mail)" },
	{ "lock-time", "SECONDS", OPTION_NUMBER,
	  offsetof(struct local, lock_time_s), 0, 3600, NULL, 0,
	  "wait so long for the lock of an mbox (30)" },
	{ "over-quota", "HOW", OPTION_TEXT, offsetof(struct local,
	  over_quota), 0, 0, NULL, 0,
	  "mail for a full Maildir: temp or perm (temp)" },
};

static struct option_page const page = {
	"mailgrave-local", "[options]\n"
	"       mailgrave-local --rcpt ADDR [--sender ADDR] [options] <MESSAGE",
	"Delivers mail into mailboxes below its root directory, and to commands.",
	NULL
};

static char const *const upstream[] = { "mailgrave-send", NULL };

static void
accepted(void *owner, int fd, uid_t uid)
{
	struct local *l = owner;

	(void)uid;
	upstreams_add(&l->work.upstreams, fd);
}

/* The parent never says anything: this is its end. */
static void
lost_parent(void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
	stage_lost_helper();
}

static char const *
objects(void *owner, struct routes const *fresh, unsigned *line)
{
	struct local *l = owner;

	return parent_objection(fresh, &l->powers, line);
}

/* The parent has its own copy of the routes. */
static void
reloaded(void *owner)
{
	struct local *l = owner;

	if (l->errands.parent != -1 && !parent_reload(l->errands.parent))
		stage_lost_helper();
}

static void
reload(void *owner)
{
	struct local *l = owner;

	inforce_reload(&l->inforce);
}

/* All results are with the kernel when the loop stops. */
static void
idle(void *owner)
{
	struct local *l = owner;

	if (l->stage.ending || l->stage.in_fd || l->byhand.rcpts)
		l->stage.loop.stop = true;
}

static void
finish(void *owner)
{
	struct local *l = owner;

	upstreams_pause(&l->work.upstreams);
}

/* Every job brings a descriptor: a lack of them would look like a peer that
 * cheats, so there must be enough. */
static void
raise_descriptors(struct local const *l)
{
	unsigned long long const need = 2 * l->jobs + 4 * DELIVERY_ACTIVE_MAX +
	    3 * BOX_IDLE_MAX + 3 * FILING_ACTIVE_MAX + l->commands + 64;

	if (!jail_allow_descriptors(need))
		option_misused(page.program,
		    "--jobs: more than the limit of descriptors allows", NULL);
}

/* one_of - the text of an option that has but two values: it is the second */
static bool
one_of(char const *option, char const *text, char const *first,
    char const *second)
{
	if (strcmp(text, first) && strcmp(text, second))
		option_misused(page.program, option, text);
	return !strcmp(text, second);
}

static void
take_words(struct local *l)
{
	l->parent.system_mbox = one_of("--system: neither maildir nor mbox",
	    l->system, "maildir", "mbox");
	l->deliveries.full_is_perm = one_of(
	    "--over-quota: neither temp nor perm", l->over_quota, "temp",
	    "perm");
	if (!exitcode_table_named(l->exit_codes, &l->parent.exit_codes))
		option_misused(page.program,
		    "--exit-codes: not auto, qmail or sysexits",
		    l->exit_codes);
}

/* --maildir and --command; operands are the command's arguments */
static void
take_line(struct local *l, char *const *operands)
{
	if (*operands && !l->command)
		option_misused(page.program, "no operand wanted", *operands);
	if (!l->maildir && !l->command) return;
	if (l->maildir && l->command)
		option_misused(page.program,
		    "--maildir and --command exclude each other", NULL);
	if (l->stage.in || l->stage.jail.root)
		option_misused(page.program, "--maildir and --command go "
		    "without --in and --chroot", NULL);
	l->inforce.routes_text = l->line;
	l->stage.routes = "the command line";
	if (l->command && !oneline_routes(l->line, "command", l->command,
	    operands))
		option_misused(page.program,
		    "--command: too long, or a line end in it", NULL);
}

/* The Maildir's own directory becomes the mailbox root: above it, links may be
 * followed. */
static void
enter_maildir(struct local *l)
{
	char above[PATH_MAX], name[PATH_MAX + 1];
	char *real = realpath(l->maildir, NULL);
	char const *path = real ? real : l->maildir;

	if (strlen(path) >= PATH_MAX ||
	    !oneline_directory(above, name, path))
		option_misused(page.program, "--maildir: not a directory's "
		    "name", l->maildir);
	memcpy(name + strlen(name), "/", 2);
	if (!oneline_routes(l->line, "maildir", name, NULL))
		option_misused(page.program, "--maildir: a line end in it",
		    l->maildir);
	if (chdir(above) == -1)
		strerr_diefusys(111, "enter the directory above ", path);
	free(real);
}

/* The message is read before anything is opened for it. */
static void
take_message(struct local *l)
{
	char const *wrong = byhand_wrong(&l->byhand);

	if (l->stage.in || l->stage.in_fd)
		option_misused(page.program,
		    "--rcpt goes without --in and --in-fd", NULL);
	if (wrong) option_misused(page.program, "not an address", wrong);
	l->stage.by_hand = geteuid() && !l->stage.jail.user &&
	    !l->stage.jail.root;
}

static void
read_message(struct local *l)
{
	if (!l->byhand.rcpts) return;
	l->parcel = byhand_read(&l->byhand, l->stage.hostname);
	if (!l->parcel) strerr_diefusys(111, "read the message");
}

/* Our own job comes as those of send do. */
static void
start_message(struct local *l)
{
	int fd;

	if (!l->parcel) return;
	fd = byhand_start(&l->byhand, &l->stage.loop, l->parcel,
	    &l->inforce.routes);
	if (fd == -1) strerr_diefusys(111, "give myself the message");
	upstreams_add(&l->work.upstreams, fd);
}

static void
local_options(struct local *l, int argc, char *const *argv)
{
	struct option_table const own = OPTION_TABLE(rows, l);
	int operand;

	l->stage = (struct stage){
		.program = "mailgrave-local",
		.upstream = upstream,
		.has = STAGE_IN | STAGE_ROUTES | STAGE_HOSTNAME,
		.may = JAIL_ACCEPT | JAIL_READ | JAIL_WRITE | JAIL_SYNC,
		.accepted = accepted,
		.hup = reload,
		.term = finish,
		.owner = l,
	};
	l->jobs = 100;
	l->commands = 20;
	l->command_time_s = 300;
	l->lock_time_s = 30;
	l->exit_codes = "auto";
	l->system = "maildir";
	l->over_quota = "temp";
	operand = stage_options(&l->stage, argc, argv, &page, &own);
	take_line(l, argv + operand);
	if (l->byhand.rcpts)
		take_message(l);
	else if (!l->stage.in && !l->stage.in_fd)
		option_misused(page.program, "--in PATH or --rcpt ADDR is "
		    "needed", NULL);
	take_words(l);
	raise_descriptors(l);
}

/* Who runs commands, and whether somebody does, is settled at the start. */
static void
find_powers(struct local *l)
{
	l->powers.there = true;
	l->powers.root = geteuid() == 0 && !l->stage.by_hand;
	if (!account_own(&l->own)) l->own.name[0] = '\0';
	l->powers.own = l->own.name;
	l->inforce.objects = objects;
	l->inforce.changed = reloaded;
	l->inforce.owner = l;
	l->errands.parent = -1;
	l->parent_end = (struct watch){ .fd = -1, .ready = lost_parent };
}

static void
open_parent(struct local *l)
{
	l->powers.there = parent_wanted(&l->inforce.routes);
	if (!l->powers.there) return;
	l->parent.routes_path = l->stage.routes;
	l->parent.routes = &l->inforce.routes;
	l->parent.jail = &l->stage.jail;
	l->parent.command_user = "mailgrave-command";
	l->parent.command_time_s = (unsigned)l->command_time_s;
	l->parent.lock_time_s = (unsigned)l->lock_time_s;
	l->parent.crlf = l->crlf;
	l->parent.hostname = l->stage.hostname;
	l->parent.root = l->powers.root;
	l->errands.parent = parent_open(&l->parent);
	if (l->errands.parent == -1 || !loop_watch(&l->stage.loop,
	    &l->parent_end, l->errands.parent, EPOLLIN))
		strerr_diefusys(111, "start the parent of commands");
	l->stage.may |= JAIL_PAIR;
}

/* What lies outside of the mailbox root. */
static void
local_open(struct local *l)
{
	stage_prepare(&l->stage);
	if (l->maildir) enter_maildir(l);
	find_powers(l);
	stage_read_rules(&l->stage, &l->inforce);
	stage_bind(&l->stage);
	stage_checked(&l->stage);
	read_message(l);
	open_parent(l);
	if (!inforce_watch(&l->inforce, &l->stage.loop, &l->stage.jail,
	    "local-reader", stage_lost_helper))
		strerr_diefusys(111, "start the reader of routes");
}

/* What lies inside. */
static void
local_prepare(struct local *l)
{
	if (!flushers_open(&l->flushers, &l->stage.loop, "local-flush",
	    FLUSHERS, stage_lost_helper))
		strerr_diefusys(111, "start the flushers");
	l->deliveries.loop = &l->stage.loop;
	l->deliveries.flushers = &l->flushers;
	l->deliveries.boxes.flushers = &l->flushers;
	l->deliveries.boxes.root = open(".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->deliveries.boxes.root == -1)
		strerr_diefusys(111, "open the mailbox root");
	l->deliveries.hostname = l->stage.hostname;
	l->deliveries.crlf = l->crlf;
	deliveries_init(&l->deliveries);
	l->filings.loop = l->errands.loop = &l->stage.loop;
	l->filings.flushers = &l->flushers;
	l->filings.root = l->deliveries.boxes.root;
	l->filings.lock_time_ms = (int64_t)l->lock_time_s * 1000;
	filings_init(&l->filings);
	l->errands.most = l->commands;
	l->errands.held = l->jobs > 1 ? l->jobs / 2 : 1;
	/* its own end comes first, by far */
	l->errands.patience_ms = ((int64_t)l->command_time_s + 60) * 1000;
	errands_init(&l->errands);
	l->work = (struct work){
		.deliveries = &l->deliveries,
		.filings = &l->filings,
		.errands = &l->errands,
		.routes = &l->inforce.routes,
		.idle = idle,
		.owner = l,
		.upstreams = { .loop = &l->stage.loop,
			       .jobs_most = l->jobs,
			       .verbose = l->stage.verbose },
	};
	work_init(&l->work);
}

static void
local_close(struct local *l)
{
	if (l->byhand.rcpts) carrier_close(&l->byhand.carrier);
	upstreams_close(&l->work.upstreams);
	errands_close(&l->errands);
	inforce_free(&l->inforce);
	boxes_close(&l->deliveries.boxes);
	close(l->deliveries.boxes.root);
}

int
main(int argc, char *const *argv)
{
	static struct local l;

	local_options(&l, argc, argv);
	local_open(&l);
	stage_enter(&l.stage);
	local_prepare(&l);
	if (!l.byhand.rcpts) inforce_log(&l.inforce);
	start_message(&l);
	stage_serve(&l.stage);
	local_close(&l);
	return l.byhand.status;
}
