/* SPDX-License-Identifier: ISC */
/* mailgrave-local: delivers into Maildirs below its root. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/inforce.h"
#include "common/stage.h"
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
	struct work work;
};

static struct option_row const rows[] = {
	{ "jobs", "N", OPTION_NUMBER, offsetof(struct local, jobs), 1,
	  DELIVER_SLOTS_MAX, NULL, 0, "jobs that send may have here (100)" },
	{ "crlf", NULL, OPTION_FLAG, offsetof(struct local, crlf), 0, 0, NULL,
	  0, "leave CRLF line ends in mailboxes" },
};

static struct option_page const page = {
	"mailgrave-local", "[options]",
	"Delivers mail into Maildirs below its root directory.", NULL
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

	if (l->stage.ending || l->stage.in_fd) l->stage.loop.stop = true;
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
	unsigned long long const need = 2 * l->jobs + 4 * DELIVERY_ACTIVE_MAX + 64;

	if (!jail_allow_descriptors(need))
		option_misused(page.program,
		    "--jobs: more than the limit of descriptors allows", NULL);
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
	operand = stage_options(&l->stage, argc, argv, &page, &own);
	if (argv[operand])
		option_misused(page.program, "no operand wanted",
		    argv[operand]);
	if (!l->stage.in && !l->stage.in_fd)
		option_misused(page.program, "--in PATH is needed", NULL);
	raise_descriptors(l);
}

/* What lies outside of the mailbox root. */
static void
local_open(struct local *l)
{
	stage_prepare(&l->stage);
	stage_read_rules(&l->stage, &l->inforce);
	stage_bind(&l->stage);
	stage_checked(&l->stage);
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
	l->work = (struct work){
		.deliveries = &l->deliveries,
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
	upstreams_close(&l->work.upstreams);
	inforce_free(&l->inforce);
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
	inforce_log(&l.inforce);
	stage_serve(&l.stage);
	local_close(&l);
	return 0;
}
