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
#include "local/byhand.h"
#include "local/hire.h"
#include "local/settings.h"
#include "local/work.h"

/* Deliveries wait for the disk at the same time: a journalling file system
 * commits what waits together at once. */
enum { GATHER_MS = 5 };

struct local {
	struct stage stage;
	struct settings settings;
	struct inforce inforce;
	struct flushers flushers;
	struct deliveries deliveries;
	struct filings filings;
	struct errands errands;
	struct work work;
	struct hire hire;
	struct byhand byhand;
	struct parcel *parcel;		/* by hand: what is to be delivered */
	char line[ONELINE_MAX];		/* what --maildir or --command stand
					 * for */
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

	if (l->stage.ending || l->stage.in_fd || l->parcel)
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
	struct settings const *s = &l->settings;
	unsigned long long const need = 2 * s->jobs + 4 * DELIVERY_ACTIVE_MAX +
	    3 * BOX_IDLE_MAX + 3 * FILING_ACTIVE_MAX + s->commands + 64;

	if (!jail_allow_descriptors(need))
		option_misused(page.program,
		    "--jobs: more than the limit of descriptors allows", NULL);
}

/* --maildir and --command; operands are the command's arguments */
static void
take_line(struct local *l, char *const *operands)
{
	char const *command = l->settings.command;

	if (*operands && !command)
		option_misused(page.program, "no operand wanted", *operands);
	if (!l->settings.maildir && !command) return;
	if (l->stage.in || l->stage.jail.root)
		option_misused(page.program, "--maildir and --command go "
		    "without --in and --chroot", NULL);
	l->inforce.routes_text = l->line;
	l->stage.routes = "the command line";
	if (command && !oneline_routes(l->line, "command", command, operands))
		option_misused(page.program,
		    "--command: too long, or a line end in it", NULL);
}

/* The Maildir's own directory becomes the mailbox root: above it, links may be
 * followed. */
static void
enter_maildir(struct local *l)
{
	char above[PATH_MAX], name[PATH_MAX + 1];
	char const *given = l->settings.maildir;
	char *real = realpath(given, NULL);
	char const *path = real ? real : given;

	if (strlen(path) >= PATH_MAX ||
	    !oneline_directory(above, name, path))
		option_misused(page.program, "--maildir: not a directory's "
		    "name", given);
	memcpy(name + strlen(name), "/", 2);
	if (!oneline_routes(l->line, "maildir", name, NULL))
		option_misused(page.program, "--maildir: a line end in it",
		    given);
	if (chdir(above) == -1)
		strerr_diefusys(111, "enter the directory above ", path);
	free(real);
}

static void
take_message(struct local *l)
{
	if (l->stage.in || l->stage.in_fd)
		option_misused(page.program,
		    "--rcpt goes without --in and --in-fd", NULL);
	l->stage.by_hand = geteuid() && !l->stage.jail.user &&
	    !l->stage.jail.root;
}

/* The message is read before anything is opened for it. */
static void
read_message(struct local *l)
{
	l->byhand.mail = &l->settings.mail;
	if (!l->settings.mail.rcpts) return;
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
	struct settings *s = &l->settings;
	struct option_table const own = { .row = settings_rows,
		.rows = settings_rows_n, .options = s };
	char const *wrong, *which;
	int operand;

	l->stage = (struct stage){
		.program = "mailgrave-local",
		.upstream = upstream,
		.has = STAGE_IN | STAGE_ROUTES | STAGE_HOSTNAME,
		.may = JAIL_ACCEPT | JAIL_READ | JAIL_WRITE | JAIL_SYNC |
		    JAIL_MEMFD,
		.accepted = accepted,
		.hup = reload,
		.term = finish,
		.owner = l,
	};
	settings_default(s);
	operand = stage_options(&l->stage, argc, argv, &page, &own);
	wrong = settings_wrong(s, &which);
	if (wrong) option_misused(page.program, wrong, which);
	take_line(l, argv + operand);
	if (s->mail.rcpts)
		take_message(l);
	else if (!l->stage.in && !l->stage.in_fd)
		option_misused(page.program, "--in PATH or --rcpt ADDR is "
		    "needed", NULL);
	raise_descriptors(l);
}

/* What lies outside of the mailbox root. */
static void
local_open(struct local *l)
{
	stage_prepare(&l->stage);
	if (l->settings.maildir) enter_maildir(l);
	hire_look(&l->hire, &l->inforce, l->stage.by_hand);
	stage_read_rules(&l->stage, &l->inforce);
	stage_bind(&l->stage);
	stage_checked(&l->stage);
	read_message(l);
	if (!hire_open(&l->hire, &l->stage, &l->settings, &l->inforce.routes))
		strerr_diefusys(111, "start the parent of commands");
	if (!inforce_watch(&l->inforce, &l->stage.loop, &l->stage.jail,
	    "local-reader", stage_lost_helper))
		strerr_diefusys(111, "start the reader of routes");
}

/* What lies inside. */
static void
local_prepare(struct local *l)
{
	struct settings const *s = &l->settings;

	if (!flushers_open(&l->flushers, &l->stage.loop, "local-flush",
	    FLUSH_MAX, GATHER_MS, stage_lost_helper))
		strerr_diefusys(111, "start the flushers");
	l->deliveries.loop = &l->stage.loop;
	l->deliveries.flushers = &l->flushers;
	l->deliveries.boxes.flushers = &l->flushers;
	l->deliveries.boxes.root = open(".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->deliveries.boxes.root == -1)
		strerr_diefusys(111, "open the mailbox root");
	l->deliveries.hostname = l->stage.hostname;
	l->deliveries.crlf = s->crlf;
	l->deliveries.full_is_perm = s->full_is_perm;
	deliveries_init(&l->deliveries);
	l->filings.loop = l->errands.loop = &l->stage.loop;
	l->filings.flushers = &l->flushers;
	l->filings.root = l->deliveries.boxes.root;
	l->filings.lock_time_ms = (int64_t)s->lock_time_s * 1000;
	filings_init(&l->filings);
	l->errands.parent = l->hire.parent;
	l->errands.most = s->commands;
	/* its own end comes first, by far */
	l->errands.patience_ms = ((int64_t)s->command_time_s + 60) * 1000;
	errands_init(&l->errands);
	l->work = (struct work){
		.deliveries = &l->deliveries,
		.filings = &l->filings,
		.errands = &l->errands,
		.routes = &l->inforce.routes,
		.slow_most = s->jobs > 1 ? s->jobs / 2 : 1,
		.idle = idle,
		.owner = l,
		.upstreams = { .loop = &l->stage.loop,
			       .jobs_most = s->jobs,
			       .verbose = l->stage.verbose },
	};
	work_init(&l->work);
}

static void
local_close(struct local *l)
{
	if (l->parcel) carrier_close(&l->byhand.carrier);
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
	if (!l.parcel) inforce_log(&l.inforce);
	start_message(&l);
	stage_serve(&l.stage);
	local_close(&l);
	return l.byhand.status;
}
