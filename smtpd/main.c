/* SPDX-License-Identifier: ISC */
/* mailgrave-smtpd: takes mail by SMTP from the network, or from one client on
 * standard input. This file is the process: options, jail, loop; nothing about
 * mail. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <skalibs/random.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "common/stage.h"
#include "smtpd/accounts.h"
#include "smtpd/alone.h"
#include "smtpd/direct.h"
#include "smtpd/explain.h"
#include "smtpd/listeners.h"
#include "smtpd/pairs.h"
#include "smtpd/password.h"
#include "smtpd/settings.h"
#include "smtpd/terms.h"
#include "smtpd/ucspi.h"

enum { DESCRIPTORS_OTHER = LISTENERS_MAX + 32 };

struct smtpd {
	struct stage stage;
	struct settings settings;
	struct inforce rules;
	struct keys keys;
	struct accounts accounts;
	struct conns conns;
	struct listeners listeners;
	/* the client on standard input, and its TLS */
	char client[NETADDR_TEXT_MAX + 1];
	char tls[SECURE_TEXT_MAX + 1];
	struct ucspi ucspi;
	struct sink sink;	/* when settings.outlet.sink */
	int status;		/* to exit with */
};

static struct option_page const page = {
	.program = "mailgrave-smtpd",
	.synopsis = "[options]\n"
	    "       mailgrave-smtpd --explain [options] client=ADDR ...",
	.purpose = "Takes mail by SMTP and hands it to mailgrave-queue.",
	.notes = "Without --bind, --port and --listen-fd: one session on "
	    "standard input and\noutput."
};

/* Under inetd standard error is the client. */
static void
open_log(struct smtpd const *s, bool alone)
{
	if (s->settings.log) {
		log_target.fd = open(s->settings.log,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		if (log_target.fd == -1)
			strerr_diefusys(111, "open ", s->settings.log);
	} else if (alone && alone_log_is_client()) {
		openlog(page.program, LOG_NDELAY | LOG_PID, LOG_MAIL);
		log_target.fd = -1;
	}
}

static bool
wants_dns(struct smtpd const *s)
{
	return s->listeners.n || access_wants_name(&s->rules.access) ||
	    s->rules.access.zones;
}

/* A file that is read later may want it. */
static void
open_lookups(struct smtpd *s)
{
	char const *why, *server = s->settings.resolver;
	struct lookups *lookups = &s->conns.lookups;

	random_buf((char *)&lookups->seed, sizeof lookups->seed);
	tallies_open(&s->conns.tallies, lookups->seed);
	if (!wants_dns(s) && !server) return;
	if (!lookups_open(lookups, &s->stage.loop, server, &why))
		option_misused(page.program, why,
		    server ? server : "/etc/resolv.conf");
}

static void
hup(void *owner)
{
	struct smtpd *s = owner;

	if (!s->listeners.n) return;
	/* local has read the same, and is not told */
	if (!s->settings.outlet.sink) inforce_reload(&s->rules);
	keys_reload(&s->keys);
	checker_reload(&s->conns.checker);
}

static void
term(void *owner)
{
	struct smtpd *s = owner;

	listeners_close(&s->listeners);
	conns_end(&s->conns);
}

/* Nothing can be taken any more: who watches us starts us again. */
static void
lost_local(void *owner)
{
	struct smtpd *s = owner;

	s->status = 111;
	term(s);
}

static void
last_ended(void *owner)
{
	struct smtpd *s = owner;

	if (s->listeners.n && !s->conns.ending) return;
	refusals_tell(&s->conns.pool.refusals);
	s->stage.loop.stop = true;
}

static void
set_conns(struct smtpd *s)
{
	struct conns *c = &s->conns;

	terms_set(c, &s->settings);
	c->rules.hostname = slice_of(s->stage.hostname);
	c->rules.domain = slice_of(s->stage.domain);
	c->tls = &s->keys.server;
	c->loop = c->pool.loop = &s->stage.loop;
	c->pool.path = s->stage.out ? s->stage.out : "queue.ctrl";
	if (s->settings.outlet.sink) {
		c->pool.path = "mailgrave-local";
		c->pool.connect = sink_connect;
		c->pool.each = s->settings.lmtp;
		c->pool.owner = &s->sink;
	}
	c->routes = &s->rules.routes;
	c->access = &s->rules.access;
	c->verbose = s->stage.verbose;
	c->ended = last_ended;
	c->owner = s;
	pool_open(&c->pool);
	accounts_serve(&s->accounts, &s->settings);
	if (!conns_open(c)) strerr_diefusys(111, "get memory");
}

/* never returns */
static void
explain(struct smtpd *s, char *const *facts)
{
	char const *wrong;

	if (s->settings.outlet.maildir || s->settings.outlet.command)
		option_misused(page.program, "--explain goes without "
		    "--maildir and --command", NULL);
	s->rules.access_path = s->settings.access;
	stage_read_rules(&s->stage, &s->rules);
	set_conns(s);
	wrong = explain_facts(&s->conns.rules, &s->rules.routes,
	    &s->rules.access, facts);
	if (wrong) option_misused(page.program, "--explain: what is this",
	    wrong);
	exit(0);
}

/* What reads the files again; one client alone doesn't wait for that. */
static void
watch_files(struct smtpd *s)
{
	struct stage *stage = &s->stage;
	bool rules = !s->settings.outlet.sink;

	if (rules && !inforce_watch(&s->rules, &stage->loop, &stage->jail,
	    "smtpd-reader", stage_lost_helper))
		strerr_diefusys(111, "start the reader of files");
}

static void
open_accounts(struct smtpd *s)
{
	s->conns.checker.loop = &s->stage.loop;
	s->conns.checker.lost = stage_lost_helper;
	s->accounts.rules = &s->conns.rules;
	accounts_open(&s->accounts, &s->settings, &s->conns.checker);
}

static void
open_direct(struct smtpd *s)
{
	s->sink.parcels.each = s->settings.lmtp;
	s->sink.routes = &s->rules.routes;
	s->sink.lost = lost_local;
	s->sink.owner = s;
	direct_open(&s->sink, &s->settings.outlet, &s->stage);
}

static void
smtpd_open(struct smtpd *s, int argc, char *const *argv)
{
	struct option_table const own = { .row = settings_rows,
		.rows = settings_rows_n, .options = &s->settings };
	int operand;
	int const *fd;

	settings_default(&s->settings);
	if (!places_inherited(&s->settings.places, getenv("LISTEN_FDS"),
	    getenv("LISTEN_PID"), (unsigned long long)getpid()))
		option_misused(page.program, "too many sockets in LISTEN_FDS",
		    NULL);
	if (alone_tls(s->tls, sizeof s->tls)) s->settings.tls_before = s->tls;
	places_ucspi(&s->settings.places, getenv("SSLCTLFD"),
	    getenv("SSLREADFD"), getenv("SSLWRITEFD"));
	operand = stage_options(&s->stage, argc, argv, &page, &own);
	for (fd = s->settings.places.ucspi_fd; *fd != -1; fd++)
		fcntl(*fd, F_SETFD, FD_CLOEXEC);
	if (s->settings.hash) password_hash(s->settings.scram);
	if (s->settings.explain) explain(s, argv + operand);
	direct_prepare(&s->settings.outlet, &s->stage, &s->rules,
	    argv + operand);
	if (settings_wrong(&s->settings))
		option_misused(page.program, settings_wrong(&s->settings),
		    NULL);
	s->listeners.conns = &s->conns;
	listeners_adopt(&s->listeners, &s->settings);
	if (!s->stage.check) open_log(s, places_are_none(&s->settings.places) &&
	    !s->listeners.n);
	stage_prepare(&s->stage);
	s->rules.access_path = s->settings.access;
	stage_read_rules(&s->stage, &s->rules);
	if (s->stage.check) open_lookups(s);
	pairs_open(&s->keys, &s->settings);
	accounts_check(&s->accounts, &s->settings);
	stage_checked(&s->stage);
	listeners_bind(&s->listeners, &s->settings);
	if (!keys_watch(&s->keys, &s->stage.loop, stage_lost_helper))
		strerr_diefusys(111, "watch the key helper");
	open_lookups(s);
	if (s->listeners.n)
		watch_files(s);
	else
		alone_client(s->client);
	/* too few only means that clients wait to be let in */
	jail_allow_descriptors(s->settings.sessions_max +
	    (s->settings.outlet.sink ? SINK_DESCRIPTORS : 1) *
	    (s->settings.streams_max + POOL_SHARED_MAX) + DESCRIPTORS_OTHER);
	open_accounts(s);
	if (s->settings.outlet.sink) open_direct(s);
}

/* What UCSPI says of TLS is said of the client on standard input. */
static void
set_alone(struct smtpd *s)
{
	struct settings const *settings = &s->settings;
	struct conns *c = &s->conns;
	int const *fd = settings->places.ucspi_fd;

	if (settings->tls_before) c->tls_before = settings->tls_before;
	if (*fd == -1 || settings->certificates) return;
	s->ucspi = (struct ucspi){ .control = fd[0], .in = fd[1],
		.out = fd[2] };
	c->ucspi = &s->ucspi;
}

static void
smtpd_serve(struct smtpd *s)
{
	int out = alone_is_socket() ? STDIN_FILENO : STDOUT_FILENO;

	inforce_log(&s->rules);
	listeners_open(&s->listeners);
	if (!s->listeners.n) set_alone(s);
	if (!s->listeners.n && !conn_open(&s->conns, STDIN_FILENO, out,
	    s->client, false))
		strerr_diefusys(111, "serve standard input");
	stage_serve(&s->stage);
}

int
main(int argc, char *const *argv)
{
	static struct smtpd s = { .stage = { .program = "mailgrave-smtpd",
		.has = STAGE_OUT | STAGE_ROUTES | STAGE_HOSTNAME | STAGE_DOMAIN,
		.may = JAIL_ACCEPT | JAIL_UNIX | JAIL_INET,
		.hup = hup, .term = term } };

	s.stage.owner = &s;
	s.stage.keep[0] = s.settings.places.listen_fd;
	s.stage.keep[1] = s.settings.places.ucspi_fd;
	smtpd_open(&s, argc, argv);
	stage_enter(&s.stage);
	set_conns(&s);
	smtpd_serve(&s);
	conns_close(&s.conns);
	server_close(&s.accounts.server);
	pool_close(&s.conns.pool);
	if (s.settings.outlet.sink && sink_close(&s.sink)) s.status = 111;
	lookups_close(&s.conns.lookups);
	tallies_free(&s.conns.tallies);
	keys_free(&s.keys);
	inforce_free(&s.rules);
	return s.status;
}
