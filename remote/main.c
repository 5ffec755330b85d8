/* SPDX-License-Identifier: ISC */
/* mailgrave-remote: delivers mail to other hosts by SMTP. This file is the
 * process: options, jail, loop; nothing about mail. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "common/stage.h"
#include "remote/hand.h"
#include "remote/settings.h"
#include "remote/work.h"

static char const resolv_conf[] = "/etc/resolv.conf";
static char const *const upstream_users[] = { "mailgrave-send", NULL };

struct remoted {
	struct stage stage;
	struct settings settings;
	struct remote remote;
	struct work work;
	struct hand hand;
	struct reader reader;
};

static struct option_page const page = {
	.program = "mailgrave-remote",
	.synopsis = "--in PATH [options]\n"
	    "       mailgrave-remote --from A --rcpt B [--relay HOST] < message",
	.purpose = "Delivers mail to other hosts by SMTP.",
	.notes = "By hand: exit 0 all delivered, 100 one failed for good, "
	    "111 one to be tried again."
};

static void
accepted(void *owner, int fd, uid_t uid)
{
	struct remoted *r = owner;

	(void)uid;
	upstreams_add(&r->work.upstreams, fd);
}

static void
term(void *owner)
{
	struct remoted *r = owner;

	upstreams_pause(&r->work.upstreams);
}

static void
idle(void *owner)
{
	struct remoted *r = owner;

	if (r->stage.ending || r->stage.in_fd) r->stage.loop.stop = true;
}

/* Ends by exit 100 when the operator has something to mend. */
static void
options(struct remoted *r, int argc, char *const *argv)
{
	struct option_table table = { .row = settings_rows,
		.rows = settings_rows_n, .options = &r->settings };
	struct stage *s = &r->stage;
	struct settings *set = &r->settings;
	char const *why, *which = NULL;
	int operand = stage_options(s, argc, argv, &page, &table);
	bool by_hand = set->rcpts || set->sender_given;

	if (argv[operand])
		option_misused(s->program, "unexpected argument",
		    argv[operand]);
	if (by_hand && (s->in || s->in_fd))
		option_misused(s->program, "--from and --rcpt are for use by "
		    "hand, without --in", NULL);
	if (!by_hand && !s->in && !s->in_fd)
		option_misused(s->program, "nothing to do: --in is missing",
		    NULL);
	if (!settings_secret(set, &why, &which) ||
	    !settings_apply(set, &r->remote, by_hand, &why, &which))
		option_misused(s->program, why, which);
	if (by_hand && !settings_target(set, &r->remote, &r->hand.target, &why,
	    &which))
		option_misused(s->program, why, which);
	r->remote.hostname = slice_of(s->hostname);
	r->remote.verbose = s->verbose;
	r->work.upstreams.jobs_most = set->jobs;
	remote_list_ours(&r->remote);
}

/* The resolver */

static void
open_resolver(struct remoted *r)
{
	char const *why, *server = r->settings.resolver;

	if (resolver_open(&r->remote.resolver, &r->stage.loop, server,
	    RESOLVER_WAIT_MS / (int)r->remote.hurry, &why))
		return;
	option_misused(r->stage.program, why,
	    server ? server : resolv_conf);
}

static void
took_file(void *owner, size_t n, char *text, size_t len)
{
	struct remoted *r = owner;

	(void)n;
	if (!text)
		log_event("resolvers-kept", LOG_SYS(errno));
	else if (!resolver_change(&r->remote.resolver, slice_from(text, len)))
		log_event("resolvers-kept",
		    LOG_TEXT("error", "none is named"));
	free(text);
}

static void
hup(void *owner)
{
	struct remoted *r = owner;

	if (!r->settings.resolver) reader_ask(&r->reader);
}

static void
open_reader(struct remoted *r)
{
	struct stage *s = &r->stage;

	if (r->settings.resolver || s->by_hand) return;
	r->reader = (struct reader){ .path = { resolv_conf }, .paths = 1,
		.took = took_file, .owner = r };
	if (!reader_open(&r->reader, &s->loop, &s->jail, "remote-reader",
	    stage_lost_helper))
		strerr_diefusys(111, "start the reader of files");
}

static void
open_token(struct remoted *r)
{
	struct settings *set = &r->settings;

	if (!set->token_command) return;
	if (!token_open(&r->remote.token, &r->stage.loop, &r->stage.jail,
	    set->token_command, TOKEN_WAIT_MS / (int)r->remote.hurry,
	    &set->login, stage_lost_helper))
		strerr_diefusys(111, "start the helper for tokens");
}

/* No daemon: whoever calls is who delivers, unless --user says otherwise. */
static int
by_hand(struct remoted *r)
{
	struct stage *s = &r->stage;
	char const *why;

	if (s->jail.user || s->jail.root) stage_prepare(s);
	stage_checked(s);
	r->hand.sender = r->settings.sender;
	r->hand.rcpt = r->settings.rcpt;
	r->hand.rcpts = r->settings.rcpts;
	if (!hand_read(&r->hand, STDIN_FILENO)) {
		if (errno == EILSEQ)
			strerr_dief(100,
			    "the message holds a bare CR or a NUL");
		strerr_diefusys(111, "read the message");
	}
	open_token(r);
	if (s->jail.user || s->jail.root) stage_enter(s);
	if (!jail_seal(s->may, &why)) strerr_diefusys(111, why);
	hand_start(&r->hand);
	if (!loop_run(&s->loop)) strerr_diefusys(111, "wait for events");
	return hand_exit(&r->hand);
}

static int
serve(struct remoted *r)
{
	struct stage *s = &r->stage;

	/* a message and some calls each, an idle connection for each besides;
	 * with fewer, jobs beyond them are put off as our shortage */
	jail_allow_descriptors((2 + DIAL_AT_ONCE) * r->settings.jobs + 64);
	stage_prepare(s);
	stage_bind(s);
	stage_checked(s);
	open_reader(r);
	open_token(r);
	stage_enter(s);
	work_init(&r->work);
	stage_serve(s);
	work_close(&r->work);
	return 0;
}

int
main(int argc, char *const *argv)
{
	static struct remoted r = {
		.stage = { .program = "mailgrave-remote",
			   .upstream = upstream_users,
			   .has = STAGE_IN | STAGE_HOSTNAME,
			   .may = JAIL_INET | JAIL_UNIX | JAIL_ACCEPT,
			   .accepted = accepted, .hup = hup, .term = term },
		.work = { .idle = idle }
	};
	int code;

	r.stage.owner = r.work.owner = &r;
	r.remote.loop = &r.stage.loop;
	r.work.remote = r.hand.remote = &r.remote;
	settings_default(&r.settings);
	options(&r, argc, argv);
	open_resolver(&r);
	code = r.remote.by_hand ? by_hand(&r) : serve(&r);
	pool_close(&r.remote.pool);
	resolver_close(&r.remote.resolver);
	tls_client_close(&r.remote.tls);
	explicit_bzero(&r.settings.login, sizeof r.settings.login);
	return code;
}
