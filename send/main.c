/* SPDX-License-Identifier: ISC */
/* mailgrave-send: decides what is tried where and when. Speaks to queue, local
 * and remote; opens no file and no network socket. */
#include <skalibs/nonposix.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/random.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "common/stage.h"
#include "send/byhand.h"
#include "send/expander.h"
#include "send/explain.h"
#include "send/job.h"
#include "send/lane.h"
#include "send/reporter.h"
#include "send/routing.h"

enum { RETRY_MS = 1000 };	/* after a shortage of memory of our own */

/* The whole mutable state of the program. */
struct sendd {
	struct stage stage;
	char const *local;
	struct inforce rules;
	struct sched_limits limits;
	struct sched sched;
	struct upstream upstream;
	struct expander expander;
	struct reporter reporter;
	struct channel channel[CHANNELS];
	struct chore pump;
	struct timer wake;
	struct byhand byhand;
	bool explain;
	bool by_hand;		/* with children of ours, once through */
	bool hurried;		/* by hand: all was made due once */
	bool deferred;		/* by hand: something is left */
	bool ending;		/* when nothing is under way any more */
};

static struct option_row const rows[] = {
	{ "local", "PATH", OPTION_TEXT, offsetof(struct sendd, local), 0, 0,
	  NULL, 0, "socket of local; --out is remote's (local.ctrl)" },
	{ "double-bounce", "ADDR", OPTION_TEXT,
	  offsetof(struct sendd, reporter.double_bounce), 0, 0, NULL, 0,
	  "who is told of reports that fail (nobody)" },
	{ "lifetime", "SECONDS", OPTION_NUMBER,
	  offsetof(struct sendd, limits.lifetime_s), 0, 100ULL * 86400, NULL, 0,
	  "give mail up after so long (432000)" },
	{ "report-lifetime", "SECONDS", OPTION_NUMBER,
	  offsetof(struct sendd, limits.report_s), 0, 100ULL * 86400, NULL, 0,
	  "the same for reports (86400)" },
	{ "warn-after", "SECONDS", OPTION_NUMBER,
	  offsetof(struct sendd, limits.warn_s), 0, 100ULL * 86400, NULL, 0,
	  "tell the sender of mail so old that it is late; 0: never (14400)" },
	{ "explain", NULL, OPTION_FLAG, offsetof(struct sendd, explain), 0, 0,
	  NULL, 0, "say what becomes of recipients: rcpt=ADDR group=NAME" },
	{ "spool", "DIR", OPTION_TEXT, offsetof(struct sendd, byhand.spool), 0, 0,
	  NULL, 0, "by hand: the spool to empty (.)" },
	{ "relay", "HOST", OPTION_TEXT, offsetof(struct sendd, byhand.relay), 0, 0,
	  NULL, 0, "by hand: where to (127.0.0.1)" },
	{ "port", "N", OPTION_TEXT, offsetof(struct sendd, byhand.port), 0, 0, NULL,
	  0, "by hand: its port (25)" },
};

static struct option_page const page = {
	.program = "mailgrave-send",
	.synopsis = "--in PATH --out PATH [option ...]\n"
	    "       mailgrave-send [--spool DIR] [--relay HOST] [--port N]\n"
	    "       mailgrave-send --explain [--routes FILE] rcpt=ADDR ...",
	.purpose = "Decides which mail is tried where and when.",
	.notes = "Without --in it forwards what lies in the spool once and "
	    "exits.\nSee mailgrave-send(8).",
};

static char const *const upstream_users[] = { "mailgrave-queue", NULL };

/* Routing */

static enum sched_way
route(void *owner, struct sched_mail const *m, struct sched_rcpt const *r,
    struct sched_route *out)
{
	struct sendd *s = owner;
	struct expansion targets;
	enum sched_way way;

	if (s->by_hand) { /* to its --relay */
		out->to.channel = CHANNEL_REMOTE;
		return WAY_THERE;
	}
	way = routing_find(&s->rules.routes, mail_address(m, r),
	    mail_groups(m), r->action, out, &targets);
	expansion_free(&targets);
	return way;
}

static bool
room(void *owner)
{
	struct sendd *s = owner;

	return upstream_has_room(&s->upstream);
}

static void
outcome(void *owner, struct handover_outcome const *o)
{
	struct sendd *s = owner;

	if (o->outcome == OUTCOME_DEFERRED || o->outcome == OUTCOME_FAILED)
		s->deferred = true;
	log_event("outcome", LOG_ID(&o->id), LOG_NUMBER("rcpt", o->rcpt),
	    LOG_NUMBER("tries", o->attempt + 1),
	    LOG_NUMBER("wait", o->wait_s), LOG_SLICE("status", o->status),
	    LOG_SLICE("words", o->words));
	upstream_outcome(&s->upstream, o);
}

static struct sched_hooks const hooks = { .route = route, .outcome = outcome,
	.room = room };

/* Work */

static void
changed(void *owner)
{
	struct sendd *s = owner;

	loop_later(&s->stage.loop, &s->pump);
}

static void
wake(void *owner)
{
	changed(owner);
}

static void
start_jobs(struct sendd *s, enum channel_name c)
{
	struct sched_job *job;

	while ((job = job_next(&s->sched, c)))
		if (!upstream_fetch(&s->upstream, job)) {
			job_return(&s->sched, job,
			    s->stage.loop.now_ms + RETRY_MS);
			break;
		}
}

/* Nothing new is begun; what is under way has its outcome written down first. */
static bool
is_winding_down(struct sendd const *s)
{
	return s->ending || s->upstream.ending;
}

static void
wind_down(struct sendd *s)
{
	enum channel_name c;

	for (c = 0; c < CHANNELS; c++)
		if (s->sched.channel[c].running) return;
	if (upstream_is_open(&s->upstream) && !upstream_part(&s->upstream))
		return;
	if (s->ending) s->stage.loop.stop = true;
}

/* What the queue has no room for waits until it has read what it was sent, and
 * we are called again. */
static void
pump(void *owner)
{
	struct sendd *s = owner;
	int64_t now = s->stage.loop.now_ms, next;
	enum channel_name c;

	if (is_winding_down(s)) {
		wind_down(s);
		return;
	}
	if (s->by_hand && s->upstream.told && !s->hurried) {
		/* what was put off is tried too, once */
		s->hurried = true;
		sched_now(&s->sched, now);
	}
	sched_due(&s->sched, now);
	expander_work(&s->expander);
	for (c = 0; c < CHANNELS && upstream_is_open(&s->upstream); c++)
		start_jobs(s, c);
	reporter_work(&s->reporter);
	next = sched_wake_ms(&s->sched);
	if (next >= 0 && upstream_has_room(&s->upstream))
		loop_arm(&s->stage.loop, &s->wake, next);
	if (s->by_hand && (!upstream_is_open(&s->upstream) ||
	    (s->upstream.told && sched_idle(&s->sched))))
		s->stage.loop.stop = true; /* nobody starts the queue again */
}

static void
text(void *owner, struct sched_job *job, struct handover_body const *body,
    int fd)
{
	struct sendd *s = owner;
	int64_t now = s->stage.loop.now_ms;
	struct channel *c = &s->channel[job->lane->to.channel];

	if (fd == -1) {
		job_unreadable(&s->sched, job, now);
	} else if (is_winding_down(s)) {
		close(fd);
		job_return(&s->sched, job, now + RETRY_MS);
	} else if (!channel_begin(c, job, body, fd)) {
		job_return(&s->sched, job, now + RETRY_MS);
	}
	changed(s);
}

static void
original(void *owner, struct sched_mail *mail,
    struct handover_body const *body, int fd)
{
	struct sendd *s = owner;

	reporter_text(&s->reporter, mail, body, fd);
}

static void
lost(void *owner, struct channel *c)
{
	struct sendd *s = owner;

	upstream_unfetch(&s->upstream, c->name);
	job_lost(&s->sched, c->name, s->stage.loop.now_ms);
	/* by hand nobody starts it again */
	if (s->by_hand) s->stage.loop.stop = true;
	changed(s);
}

static void
entered(void *owner, int fd, uid_t uid)
{
	struct sendd *s = owner;

	(void)uid;
	upstream_enter(&s->upstream, fd);
}

/* Signals */

static void
hup(void *owner)
{
	struct sendd *s = owner;

	inforce_reload(&s->rules);
}

static void
alarm_now(void *owner)
{
	struct sendd *s = owner;

	sched_now(&s->sched, s->stage.loop.now_ms);
	changed(s);
}

static void
term(void *owner)
{
	struct sendd *s = owner;

	s->ending = true;
	/* by hand our children end by the same key */
	if (s->by_hand) s->stage.loop.stop = true;
	changed(s);
}

static void
fill(struct sendd *s)
{
	uint64_t seed;
	enum channel_name c;

	random_buf((char *)&seed, sizeof seed);
	sched_init(&s->sched, seed, &hooks, s, &s->limits);
	s->pump = (struct chore){ .run = pump, .owner = s };
	s->wake = (struct timer){ .due = wake, .owner = s };
	s->rules.changed = changed;
	s->rules.owner = s;
	s->upstream.loop = &s->stage.loop;
	s->upstream.sched = &s->sched;
	s->upstream.text = text;
	s->upstream.original = original;
	s->upstream.changed = changed;
	s->upstream.owner = s;
	upstream_init(&s->upstream);
	s->expander.sched = &s->sched;
	s->expander.upstream = &s->upstream;
	s->expander.routes = &s->rules.routes;
	s->reporter.sched = &s->sched;
	s->reporter.upstream = &s->upstream;
	s->reporter.hostname = s->stage.hostname;
	for (c = 0; c < CHANNELS; c++) {
		s->channel[c].loop = &s->stage.loop;
		s->channel[c].sched = &s->sched;
		s->channel[c].name = c;
		s->channel[c].changed = changed;
		s->channel[c].lost = lost;
		s->channel[c].owner = s;
	}
	s->channel[CHANNEL_LOCAL].path = s->local;
	s->channel[CHANNEL_REMOTE].path = s->stage.out;
}

/* The other socket lies beside remote's unless --local says otherwise. */
static char const *
local_beside(char const *out)
{
	static char path[4096];
	char const *slash = out ? strrchr(out, '/') : NULL;

	snprintf(path, sizeof path, "%.*slocal.ctrl",
	    slash ? (int)(slash - out + 1) : 0, slash ? out : "");
	return path;
}

static void
choose_mode(struct sendd *s)
{
	if (s->stage.in || s->stage.in_fd) {
		if (s->byhand.spool || s->byhand.relay || s->byhand.port)
			option_misused(page.program,
			    "--spool, --relay and --port are for use by hand",
			    NULL);
		return;
	}
	if (s->stage.jail.user || s->stage.jail.root)
		option_misused(page.program, "--in is missing", NULL);
	if (!s->byhand.spool && access("/var/spool/mailgrave", F_OK) == 0)
		option_misused(page.program, "there is a spool in "
		    "/var/spool/mailgrave: give --in or --spool", NULL);
	s->by_hand = s->stage.by_hand = true;
	s->stage.hup = NULL;	/* there is no file to read again */
}

/* never returns */
static void
explain(struct sendd *s, char *const *facts)
{
	char const *wrong;

	stage_read_rules(&s->stage, &s->rules);
	wrong = explain_facts(&s->rules.routes, facts);
	if (wrong) option_misused(page.program, "--explain: what is this",
	    wrong);
	exit(0);
}

int
main(int argc, char *const *argv)
{
	static struct sendd s = { .stage = { .program = "mailgrave-send",
	    .upstream = upstream_users,
	    .has = STAGE_IN | STAGE_OUT | STAGE_ROUTES | STAGE_HOSTNAME,
	    .may = JAIL_ACCEPT | JAIL_UNIX, .accepted = entered, .hup = hup,
	    .alarm = alarm_now, .term = term, .owner = &s },
	    .limits = { .lifetime_s = 5 * 86400, .report_s = 86400,
	    .unrouted_s = 3600, .warn_s = 4 * 3600 } };
	struct option_table const own = OPTION_TABLE(rows, &s);
	int operand;

	operand = stage_options(&s.stage, argc, argv, &page, &own);
	if (s.explain) explain(&s, argv + operand);
	if (operand < argc)
		option_misused(page.program, "takes no operands", NULL);
	choose_mode(&s);
	if (!s.local) s.local = local_beside(s.stage.out);
	stage_prepare(&s.stage);
	stage_bind(&s.stage);
	if (!s.by_hand) stage_read_rules(&s.stage, &s.rules);
	stage_checked(&s.stage);
	fill(&s);
	if (s.by_hand)
		byhand_start(&s.byhand, &s.upstream,
		    &s.channel[CHANNEL_REMOTE]);
	else if (!inforce_watch(&s.rules, &s.stage.loop, &s.stage.jail,
	    "send-reader", stage_lost_helper))
		strerr_diefusys(111, "start the reader of files");
	stage_enter(&s.stage);
	inforce_log(&s.rules);
	if (!s.by_hand) {
		if (s.local) channel_start(&s.channel[CHANNEL_LOCAL]);
		if (s.stage.out) channel_start(&s.channel[CHANNEL_REMOTE]);
	}
	stage_serve(&s.stage);
	if (s.by_hand)
		return byhand_end(&s.byhand, &s.upstream,
		    &s.channel[CHANNEL_REMOTE],
		    s.deferred || !s.upstream.told);
	upstream_free(&s.upstream);
	sched_free(&s.sched);
	inforce_free(&s.rules);
	return 0;
}
