/* SPDX-License-Identifier: ISC */
/* mailgrave-local: delivers into Maildirs below its root. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <skalibs/sig.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>
#include "common/log.h"
#include "common/reader.h"
#include "common/stage.h"
#include "local/upstream.h"

struct local {
	struct stage stage;
	unsigned long long jobs;
	bool crlf;
	struct routes routes;
	struct reader reader;
	struct flushers flushers;
	struct deliveries deliveries;
	struct upstreams upstreams;
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
log_routes(struct routes const *routes)
{
	char hash[17];
	size_t i;

	for (i = 0; i < sizeof hash - 1; i++)
		hash[i] = "0123456789abcdef"[routes->hash >> (60 - 4 * i) & 15];
	hash[i] = '\0';
	log_event("routes", LOG_TEXT("hash", hash),
	    LOG_NUMBER("lines", routes->rows));
}

static void
read_routes(struct local *l)
{
	struct parse_error error;
	size_t len;
	char *text = file_slurp(l->stage.routes, READER_FILE_MAX, &len);
	char line[UINT_FMT];

	if (!text) strerr_diefusys(111, "read ", l->stage.routes);
	if (!routes_parse(&l->routes, slice_from(text, len), &error)) {
		line[uint_fmt(line, error.line)] = '\0';
		strerr_dief(100, l->stage.routes, ":", line, ": ", error.why);
	}
	free(text);
}

/* A file that can't be read or makes no sense leaves the old one in force. */
static void
take_routes(void *owner, size_t n, char *text, size_t len)
{
	struct local *l = owner;
	struct parse_error error;
	struct routes fresh;

	(void)n;
	if (!text) {
		log_event("reload-failed", LOG_TEXT("file", l->stage.routes),
		    LOG_SYS(errno));
		return;
	}
	if (routes_parse(&fresh, slice_from(text, len), &error)) {
		routes_free(&l->routes);
		l->routes = fresh;
		log_routes(&l->routes);
	} else {
		log_event("reload-failed", LOG_TEXT("file", l->stage.routes),
		    LOG_NUMBER("line", error.line),
		    LOG_TEXT("why", error.why));
	}
	free(text);
}

static void
accepted(void *owner, int fd, uid_t uid)
{
	struct local *l = owner;

	(void)uid;
	upstreams_add(&l->upstreams, fd);
}

static void
reload(void *owner)
{
	struct local *l = owner;

	reader_ask(&l->reader);
}

/* Deliveries that have ended their work count as in flight until their results
 * are sent; the loop does that before it stops. */
static void
stop_when_idle(void *owner)
{
	struct local *l = owner;
	bool last = l->stage.in_fd && !l->upstreams.n;

	if (!l->stage.ending && !last) return;
	if (deliveries_idle(&l->deliveries)) l->stage.loop.stop = true;
}

static void
finish(void *owner)
{
	struct local *l = owner;

	upstreams_pause(&l->upstreams);
	stop_when_idle(l);
}

/* Every job brings a descriptor: a lack of them would look like a peer that
 * cheats, so there must be enough. */
static void
raise_descriptors(struct local const *l)
{
	rlim_t const need = l->jobs + 4 * DELIVERY_ACTIVE_MAX + 64;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur >= need)
		return;
	limit.rlim_cur = need;
	if (limit.rlim_max < need ||
	    setrlimit(RLIMIT_NOFILE, &limit) == -1)
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
	/* A limit on file size is an error like a full disk, not the end. */
	sig_ignore(SIGXFSZ);
}

/* What lies outside of the mailbox root. */
static void
local_open(struct local *l)
{
	stage_prepare(&l->stage);
	read_routes(l);
	stage_bind(&l->stage);
	stage_checked(&l->stage);
	l->reader = (struct reader){ .path = { l->stage.routes }, .paths = 1,
				     .took = take_routes, .owner = l };
	if (!reader_open(&l->reader, &l->stage.loop, &l->stage.jail,
	    "local-reader", stage_lost_helper))
		strerr_diefusys(111, "start the reader of routes");
}

/* What lies inside. */
static void
local_prepare(struct local *l)
{
	if (!flushers_open(&l->flushers, &l->stage.loop, "local-flush",
	    stage_lost_helper))
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
	l->deliveries.idle = stop_when_idle;
	l->deliveries.owner = l;
	deliveries_init(&l->deliveries);
	l->upstreams = (struct upstreams){
		.loop = &l->stage.loop,
		.deliveries = &l->deliveries,
		.routes = &l->routes,
		.jobs_most = l->jobs,
		.lost = stop_when_idle,
		.owner = l,
	};
}

static void
local_close(struct local *l)
{
	upstreams_close(&l->upstreams);
	routes_free(&l->routes);
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
	log_routes(&l.routes);
	stage_serve(&l.stage);
	local_close(&l);
	return 0;
}
