/* SPDX-License-Identifier: ISC */
/* mailgrave-send: decides what is tried where and when. Speaks to queue, local
 * and remote; opens no file and no network socket. */
#include <skalibs/nonposix.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/stage.h"
#include "send/byhand.h"
#include "send/dispatch.h"
#include "send/explain.h"
#include "send/settings.h"

/* The whole mutable state of the program. */
struct sendd {
	struct stage stage;
	struct settings settings;
	struct inforce rules;
	struct dispatch dispatch;
	struct byhand byhand;
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

static void
entered(void *owner, int fd, uid_t uid)
{
	struct sendd *s = owner;

	(void)uid;
	upstream_enter(&s->dispatch.upstream, fd);
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

	dispatch_now(&s->dispatch);
}

static void
term(void *owner)
{
	struct sendd *s = owner;

	dispatch_end(&s->dispatch);
}

static void
choose_mode(struct sendd *s)
{
	struct settings const *set = &s->settings;

	if (s->stage.in || s->stage.in_fd) {
		if (set->spool || set->relay || set->port)
			option_misused(page.program,
			    "--spool, --relay and --port are for use by hand",
			    NULL);
		return;
	}
	if (s->stage.jail.user || s->stage.jail.root)
		option_misused(page.program, "--in is missing", NULL);
	if (!set->spool && access("/var/spool/mailgrave", F_OK) == 0)
		option_misused(page.program, "there is a spool in "
		    "/var/spool/mailgrave: give --in or --spool", NULL);
	s->dispatch.by_hand = s->stage.by_hand = true;
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

static void
fill(struct sendd *s)
{
	struct dispatch *d = &s->dispatch;

	d->loop = &s->stage.loop;
	d->routes = &s->rules.routes;
	d->reporter.hostname = s->stage.hostname;
	d->reporter.double_bounce = s->settings.double_bounce;
	d->channel[CHANNEL_LOCAL].path = s->settings.local;
	d->channel[CHANNEL_REMOTE].path = s->stage.out;
	dispatch_init(d, &s->settings.limits);
	s->rules.changed = dispatch_look;
	s->rules.owner = d;
	s->byhand.spool = s->settings.spool;
	s->byhand.relay = s->settings.relay;
	s->byhand.port = s->settings.port;
}

/* returns the exit status */
static int
send_by_hand(struct sendd *s)
{
	struct dispatch *d = &s->dispatch;

	byhand_start(&s->byhand, &d->upstream, &d->channel[CHANNEL_REMOTE]);
	stage_enter(&s->stage);
	stage_serve(&s->stage);
	return byhand_end(&s->byhand, &d->upstream, &d->channel[CHANNEL_REMOTE],
	    d->deferred || !d->upstream.told);
}

int
main(int argc, char *const *argv)
{
	static struct sendd s = { .stage = { .program = "mailgrave-send",
	    .upstream = upstream_users,
	    .has = STAGE_IN | STAGE_OUT | STAGE_ROUTES | STAGE_HOSTNAME,
	    .may = JAIL_ACCEPT | JAIL_UNIX, .accepted = entered, .hup = hup,
	    .alarm = alarm_now, .term = term, .owner = &s } };
	struct option_table const own = { .row = settings_rows,
	    .rows = settings_rows_n, .options = &s.settings };
	int operand;

	settings_default(&s.settings);
	operand = stage_options(&s.stage, argc, argv, &page, &own);
	if (s.settings.explain) explain(&s, argv + operand);
	if (operand < argc)
		option_misused(page.program, "takes no operands", NULL);
	choose_mode(&s);
	if (!s.settings.local)
		s.settings.local = settings_local_beside(s.stage.out);
	stage_prepare(&s.stage);
	stage_bind(&s.stage);
	if (!s.dispatch.by_hand) stage_read_rules(&s.stage, &s.rules);
	stage_checked(&s.stage);
	fill(&s);
	if (s.dispatch.by_hand) return send_by_hand(&s);
	if (!inforce_watch(&s.rules, &s.stage.loop, &s.stage.jail,
	    "send-reader", stage_lost_helper))
		strerr_diefusys(111, "start the reader of files");
	stage_enter(&s.stage);
	inforce_log(&s.rules);
	if (s.settings.local) channel_start(&s.dispatch.channel[CHANNEL_LOCAL]);
	if (s.stage.out) channel_start(&s.dispatch.channel[CHANNEL_REMOTE]);
	stage_serve(&s.stage);
	dispatch_free(&s.dispatch);
	inforce_free(&s.rules);
	return 0;
}
