/* SPDX-License-Identifier: ISC */
/* mailgrave-remote: delivers mail to other hosts by SMTP. This file is the
 * process: options, jail, loop; nothing about mail. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "common/stage.h"
#include "remote/hand.h"
#include "remote/work.h"

static char const *const upstream_users[] = { "mailgrave-send", NULL };

struct remoted {
	struct stage stage;
	struct remote remote;
	struct work work;
	struct hand hand;
	char const *relay, *resolver;
	unsigned long long port, jobs;
	bool sender_given;
};

static bool
take_from(void *options, char const *argument, char const **why)
{
	struct remoted *r = options;
	struct addr a;

	r->hand.sender = slice_of(argument);
	if (slice_is(r->hand.sender, "<>")) r->hand.sender = SLICE("");
	r->sender_given = true;
	*why = "not an address";
	return !r->hand.sender.len || addr_parse(&a, r->hand.sender);
}

static bool
take_rcpt(void *options, char const *argument, char const **why)
{
	struct remoted *r = options;
	struct addr a;

	*why = "not an address";
	if (!addr_parse(&a, slice_of(argument))) return false;
	*why = "more recipients than a job may have";
	if (r->hand.rcpts == DELIVER_RCPTS_MAX) return false;
	r->hand.rcpt[r->hand.rcpts++] = slice_of(argument);
	return true;
}

static struct option_row const rows[] = {
	{ "relay", "HOST[:PORT]", OPTION_TEXT, offsetof(struct remoted, relay),
	  0, 0, NULL, 0, "where mail goes that names no other host" },
	{ "port", "N", OPTION_NUMBER, offsetof(struct remoted, port), 1, 65535,
	  NULL, 0, "where neither job nor relay has one (25)" },
	{ "resolver", "ADDR[:PORT]", OPTION_TEXT,
	  offsetof(struct remoted, resolver), 0, 0, NULL, 0,
	  "DNS server to ask (as /etc/resolv.conf says)" },
	{ "jobs", "N", OPTION_NUMBER, offsetof(struct remoted, jobs), 1,
	  DELIVER_SLOTS_MAX, NULL, 0, "messages sent at a time (100)" },
	{ "from", "ADDRESS", OPTION_CALL, 0, 0, 0, take_from, 0,
	  "by hand: the sender, <> for none" },
	{ "rcpt", "ADDRESS", OPTION_CALL, 0, 0, 0, take_rcpt, 0,
	  "by hand: a recipient; may be repeated" },
};

static struct option_page const page = {
	.program = "mailgrave-remote",
	.synopsis = "--in PATH [options]\n"
	    "       mailgrave-remote --from A --rcpt B --relay HOST < message",
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

static void
options(struct remoted *r, int argc, char *const *argv)
{
	struct option_table table = OPTION_TABLE(rows, r);
	struct stage *s = &r->stage;
	bool by_hand;
	char const *why;
	int operand = stage_options(s, argc, argv, &page, &table);

	by_hand = r->hand.rcpts || r->sender_given;
	if (argv[operand])
		option_misused(s->program, "unexpected argument",
		    argv[operand]);
	if (by_hand && (s->in || s->in_fd))
		option_misused(s->program, "--from and --rcpt are for use by "
		    "hand, without --in", NULL);
	if (by_hand && !(r->hand.rcpts && r->sender_given && r->relay))
		option_misused(s->program, "by hand it takes --from, --rcpt "
		    "and --relay", NULL);
	if (!by_hand && !s->in && !s->in_fd)
		option_misused(s->program, "nothing to do: --in is missing",
		    NULL);
	if (r->relay && !netaddr_parse(&r->remote.relay, slice_of(r->relay),
	    &why))
		option_misused(s->program, why, r->relay);
	if (!addr_domain_valid(slice_of(s->hostname)))
		option_misused(s->program, "--hostname: not a host name",
		    s->hostname);
	if (!r->remote.relay.port) r->remote.relay.port = (unsigned)r->port;
	r->remote.port = (unsigned)r->port;
	r->remote.hostname = slice_of(s->hostname);
	r->remote.verbose = s->verbose;
	r->remote.by_hand = by_hand;
	r->work.upstreams.jobs_most = r->jobs;
}

static void
open_resolver(struct remoted *r)
{
	char const *why;

	if (resolver_open(&r->remote.resolver, &r->stage.loop, r->resolver,
	    RESOLVE_WAIT_MS, &why))
		return;
	option_misused(r->stage.program, why,
	    r->resolver ? r->resolver : "/etc/resolv.conf");
}

/* No daemon: whoever calls is who delivers, unless --user says otherwise. */
static int
by_hand(struct remoted *r)
{
	struct stage *s = &r->stage;
	char const *why;

	if (s->jail.user || s->jail.root) stage_prepare(s);
	stage_checked(s);
	if (!hand_read(&r->hand, STDIN_FILENO)) {
		if (errno == EILSEQ)
			strerr_dief(100,
			    "the message holds a bare CR or a NUL");
		strerr_diefusys(111, "read the message");
	}
	if (s->jail.user || s->jail.root) stage_enter(s);
	if (!jail_seal(s->may, &why)) strerr_diefusys(111, why);
	hand_start(&r->hand);
	if (!loop_run(&s->loop)) strerr_diefusys(111, "wait for events");
	resolver_close(&r->remote.resolver);
	loop_close(&s->loop);
	return hand_exit(&r->hand);
}

static int
serve(struct remoted *r)
{
	struct stage *s = &r->stage;

	/* a message and a connection each, and as many may be saying QUIT;
	 * with fewer, jobs beyond them are put off as our shortage */
	jail_allow_descriptors(4 * r->jobs + 64);
	stage_prepare(s);
	stage_bind(s);
	stage_checked(s);
	stage_enter(s);
	work_init(&r->work);
	stage_serve(s);
	work_close(&r->work);
	resolver_close(&r->remote.resolver);
	return 0;
}

int
main(int argc, char *const *argv)
{
	static struct remoted r = {
		.stage = { .program = "mailgrave-remote",
			   .upstream = upstream_users,
			   .has = STAGE_IN | STAGE_HOSTNAME,
			   .may = JAIL_INET | JAIL_ACCEPT,
			   .accepted = accepted, .term = term },
		.remote = { .hurry = 1 },
		.work = { .idle = idle },
		.port = 25, .jobs = 100
	};

	r.stage.owner = r.work.owner = &r;
	r.remote.loop = &r.stage.loop;
	r.work.remote = r.hand.remote = &r.remote;
	options(&r, argc, argv);
	open_resolver(&r);
	return r.remote.by_hand ? by_hand(&r) : serve(&r);
}
