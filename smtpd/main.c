/* SPDX-License-Identifier: ISC */
/* mailgrave-smtpd: takes mail by SMTP from the network, or from one client on
 * standard input. This file is the process: options, jail, loop; nothing about
 * mail. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <crypt.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include <skalibs/random.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "common/stage.h"
#include "smtpd/explain.h"
#include "smtpd/listener.h"
#include "smtpd/settings.h"
#include "smtpd/sink.h"
#include "smtpd/users.h"

enum {
	LISTENERS_MAX = SETTINGS_BINDS_MAX * SETTINGS_PORTS_MAX +
	    SETTINGS_BINDS_MAX + SETTINGS_FDS_MAX,
	DESCRIPTORS_OTHER = LISTENERS_MAX + 32
};

struct smtpd {
	struct stage stage;
	struct settings settings;
	struct inforce rules;
	struct keys keys;
	struct reader users;
	int users_fd;
	struct conns conns;
	struct listener listener[LISTENERS_MAX];
	size_t listeners;	/* 0: one client on standard input */
	char client[NETADDR_TEXT_MAX + 1];	/* that one */
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

/* UCSPI: who is at the other end stands in the environment; what started us
 * may have heard it from a proxy, which is the socket's own peer. */
static void
find_client(char *text)
{
	char const *protocol = getenv("PROTO"), *address;
	unsigned char octet[NETADDR_OCTETS];
	char name[32];

	snprintf(name, sizeof name, "%sREMOTEIP", protocol ? protocol : "TCP");
	address = protocol ? getenv(name) : NULL;
	if (address && netaddr_ip(octet, slice_of(address)))
		netaddr_ip_format(text, octet);
	else
		listener_peer_text(STDIN_FILENO, text);
}

static bool
is_same_socket(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    S_ISSOCK(sa.st_mode) && sa.st_dev == sb.st_dev &&
	    sa.st_ino == sb.st_ino;
}

/* Under inetd standard error is the client. */
static void
open_log(struct smtpd const *s, bool alone)
{
	if (s->settings.log) {
		log_target.fd = open(s->settings.log,
		    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		if (log_target.fd == -1)
			strerr_diefusys(111, "open ", s->settings.log);
	} else if (alone && is_same_socket(STDIN_FILENO, STDERR_FILENO)) {
		openlog(page.program, LOG_NDELAY | LOG_PID, LOG_MAIL);
		log_target.fd = -1;
	}
}

static struct listener *
next_listener(struct smtpd *s)
{
	struct listener *l = &s->listener[s->listeners];

	l->conns = &s->conns;
	l->sessions_max = s->settings.sessions_max;
	return l;
}

static bool
wants_dns(struct smtpd const *s)
{
	return s->listeners || access_wants_name(&s->rules.access) ||
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
bind_listeners(struct smtpd *s, struct netaddr const *at, size_t n,
    bool secure)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char port[16];

		next_listener(s)->secure = secure;
		if (listener_bind(&s->listener[s->listeners], &at[i])) {
			s->listeners++;
			continue;
		}
		/* a machine without IPv6 still has the other wildcard */
		if (!s->settings.binds && !secure && errno == EAFNOSUPPORT)
			continue;
		snprintf(port, sizeof port, "%u", at[i].port);
		strerr_diefusys(111, "listen on ", at[i].host, " port ", port);
	}
}

static void
adopt_listeners(struct smtpd *s)
{
	size_t i;

	for (i = 0; i < s->settings.listen_fds; i++) {
		int fd = s->settings.listen_fd[i];
		char number[16];

		if (listener_adopt(next_listener(s), fd)) {
			s->listeners++;
			continue;
		}
		snprintf(number, sizeof number, "%d", fd);
		strerr_diefusys(100, "take clients from descriptor ", number);
	}
	/* as inetd's "wait" and s6 have it */
	if (!s->listeners && listener_adopt(next_listener(s), STDIN_FILENO))
		s->listeners++;
}

static void
hup(void *owner)
{
	struct smtpd *s = owner;

	if (!s->listeners) return;
	/* local has read the same, and is not told */
	if (!s->settings.outlet.sink) inforce_reload(&s->rules);
	keys_reload(&s->keys);
	if (s->settings.users) reader_ask(&s->users);
}

static void
term(void *owner)
{
	struct smtpd *s = owner;
	size_t i;

	for (i = 0; i < s->listeners; i++)
		listener_close(&s->listener[i]);
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

	if (s->listeners && !s->conns.ending) return;
	refusals_tell(&s->conns.pool.refusals);
	s->stage.loop.stop = true;
}

static void
set_conns(struct smtpd *s)
{
	struct settings const *settings = &s->settings;
	struct conns *c = &s->conns;

	c->rules = (struct session_rules){
		.hostname = slice_of(s->stage.hostname),
		.domain = slice_of(s->stage.domain),
		.lmtp = settings->lmtp,
		.tls_required = settings->tls == SETTINGS_TLS_REQUIRE,
		.rcpts_max = settings->rcpts_max,
		.mails_max = settings->mails_max,
		.commands_max = settings->commands_max,
		.unknown_max = settings->unknown_max,
		.errors_max = settings->errors_max,
		.text = { .size_max = settings->size_max,
		    .line_max = settings->line_max,
		    .fix_lf = settings->fix_lf } };
	c->times = (struct conn_times){ .command = settings->command_s,
		.text = settings->text_s,
		.transaction = settings->transaction_s,
		.session = settings->session_s };
	c->greet_s = settings->greet_s;
	c->entrance.address_max = settings->address_max;
	c->entrance.proxies = &settings->proxies;
	c->entrance.xclients = &settings->xclients;
	c->handshakes_max = settings->handshakes_max;
	c->rules.auth = settings->users;
	c->rules.auth_required = settings->submission;
	c->auth_clear = settings->auth_clear;
	c->tls = &s->keys.server;
	c->starttls = settings->tls != SETTINGS_TLS_NONE;
	c->transcript = settings->transcript;
	c->loop = c->pool.loop = &s->stage.loop;
	c->pool.path = s->stage.out ? s->stage.out : "queue.ctrl";
	c->pool.streams_max = settings->streams_max;
	if (settings->outlet.sink) {
		c->pool.path = "mailgrave-local";
		c->pool.connect = sink_connect;
		c->pool.owner = &s->sink;
	}
	c->routes = &s->rules.routes;
	c->access = &s->rules.access;
	c->verbose = s->stage.verbose;
	c->ended = last_ended;
	c->owner = s;
	pool_open(&c->pool);
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

static void
read_keys(struct smtpd *s)
{
	struct settings const *from = &s->settings;
	struct keys *k = &s->keys;
	char const *file, *why;

	memcpy(k->certificate, from->certificate, sizeof k->certificate);
	memcpy(k->key, from->key, sizeof k->key);
	k->certificates = from->certificates;
	k->keys = from->keys;
	if (!keys_read(k, &file, &why)) strerr_dief(100, file, ": ", why);
}

/* Passwords' hashes stay in the helpers, which get the file's descriptor. */
static void
open_users(struct smtpd *s)
{
	char const *file = s->settings.users;
	char number[16];
	unsigned line;
	size_t len;
	char *text;

	if (!file) return;
	text = file_slurp(file, READER_FILE_MAX, &len);
	s->users_fd = open(file, O_RDONLY | O_CLOEXEC);
	if (!text || s->users_fd == -1) strerr_diefusys(100, "read ", file);
	line = users_wrong(slice_from(text, len));
	explicit_bzero(text, len);
	free(text);
	if (!line) return;
	snprintf(number, sizeof number, ":%u", line);
	strerr_dief(100, file, number, ": neither NAME:HASH nor a comment");
}

static void
users_passed(void *owner, size_t n, int fd)
{
	struct smtpd *s = owner;

	(void)n;
	checker_users(&s->conns.checker, fd);
}

static void
users_failed(void *owner, size_t n, char *text, size_t len)
{
	struct smtpd *s = owner;

	(void)n;
	(void)len;
	free(text);
	log_event("reload-failed", LOG_TEXT("file", s->settings.users),
	    LOG_TEXT("why", strerror(errno)));
}

static bool
watch_users(struct smtpd *s)
{
	if (!s->settings.users) return true;
	s->users = (struct reader){ .path = { s->settings.users }, .paths = 1,
		.took = users_failed, .passed = users_passed, .owner = s };
	return reader_open(&s->users, &s->stage.loop, &s->stage.jail,
	    "smtpd-users", stage_lost_helper);
}

/* never returns; the password is not an argument, which ps would show */
static void
print_hash(void)
{
	static struct crypt_data data;
	char password[SASL_TEXT_MAX + 2] = "";
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char const *hash;

	if (isatty(STDIN_FILENO)) fputs("password: ", stderr);
	if (!fgets(password, sizeof password, stdin) || *password == '\n')
		strerr_dief(100, "a password is wanted on standard input");
	password[strcspn(password, "\n")] = '\0';
	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof setting))
		strerr_diefusys(111, "make a salt");
	hash = crypt_r(password, setting, &data);
	if (!hash || *hash == '*') strerr_diefusys(111, "hash");
	puts(hash);
	exit(0);
}

/* What reads the files again; one client alone doesn't wait for that. */
static void
watch_files(struct smtpd *s)
{
	struct stage *stage = &s->stage;
	bool rules = !s->settings.outlet.sink;

	if ((rules && !inforce_watch(&s->rules, &stage->loop, &stage->jail,
	    "smtpd-reader", stage_lost_helper)) ||
	    !keys_watch(&s->keys, &stage->loop, &stage->jail,
	    stage_lost_helper) || !watch_users(s))
		strerr_diefusys(111, "start the reader of files");
}

static void
open_sink(struct smtpd *s)
{
	char const *argv[OUTLET_ARGUMENTS_MAX];
	int log = log_target.fd != -1 ? log_target.fd
	    : open("/dev/null", O_WRONLY | O_CLOEXEC);

	outlet_argv(&s->settings.outlet, s->stage.routes, s->stage.hostname,
	    argv);
	s->sink.loop = &s->stage.loop;
	s->sink.hostname = s->stage.hostname;
	s->sink.routes = &s->rules.routes;
	s->sink.lost = lost_local;
	s->sink.owner = s;
	if (!sink_open(&s->sink, argv, log))
		strerr_diefusys(111, "start mailgrave-local");
	s->stage.may |= JAIL_PAIR | JAIL_MEMFD;
}

/* As who started us, with nobody else's powers: so there must be none. */
static void
prepare_sink(struct smtpd *s, char *const *operands)
{
	struct outlet *o = &s->settings.outlet;
	char const *why, *wrong = NULL;

	if (!outlet_take(o, operands, &why))
		option_misused(page.program, why, *operands);
	if (!o->sink) return;
	if (s->stage.jail.user || s->stage.jail.root || s->stage.out)
		wrong = "--sink goes without --user, --chroot and --out";
	else if (geteuid() == 0)
		wrong = "--sink is not for root: let chpst or inetd change "
			"the user";
	if (wrong) option_misused(page.program, wrong, NULL);
	s->stage.by_hand = true;
	if (o->line) s->stage.routes = "the command line";
	s->rules.routes_text = o->line;
	s->rules.objects = sink_objection;
}

static void
smtpd_open(struct smtpd *s, int argc, char *const *argv)
{
	struct option_table const own = { .row = settings_rows,
		.rows = settings_rows_n, .options = &s->settings };
	static struct netaddr at[LISTENERS_MAX];
	size_t addresses;
	int operand;

	settings_default(&s->settings);
	if (!settings_inherited(&s->settings, getenv("LISTEN_FDS"),
	    getenv("LISTEN_PID"), (unsigned long long)getpid()))
		option_misused(page.program, "too many sockets in LISTEN_FDS",
		    NULL);
	operand = stage_options(&s->stage, argc, argv, &page, &own);
	if (s->settings.hash) print_hash();
	if (s->settings.explain) explain(s, argv + operand);
	prepare_sink(s, argv + operand);
	if (settings_wrong(&s->settings))
		option_misused(page.program, settings_wrong(&s->settings),
		    NULL);
	addresses = settings_addresses(&s->settings, at);
	adopt_listeners(s);
	if (!s->stage.check) open_log(s, !addresses && !s->settings.tls_binds &&
	    !s->listeners);
	stage_prepare(&s->stage);
	s->rules.access_path = s->settings.access;
	stage_read_rules(&s->stage, &s->rules);
	if (s->stage.check) open_lookups(s);
	read_keys(s);
	open_users(s);
	stage_checked(&s->stage);
	bind_listeners(s, at, addresses, false);
	bind_listeners(s, s->settings.tls_bind, s->settings.tls_binds, true);
	open_lookups(s);
	if (s->listeners)
		watch_files(s);
	else
		find_client(s->client);
	/* too few only means that clients wait to be let in */
	jail_allow_descriptors(s->settings.sessions_max +
	    (s->settings.outlet.sink ? SINK_DESCRIPTORS : 1) *
	    (s->settings.streams_max + POOL_SHARED_MAX) + DESCRIPTORS_OTHER);
	if (s->settings.outlet.sink) open_sink(s);
}

static void
smtpd_serve(struct smtpd *s)
{
	bool one = is_same_socket(STDIN_FILENO, STDOUT_FILENO);
	size_t i;

	inforce_log(&s->rules);
	for (i = 0; i < s->listeners; i++)
		if (!listener_open(&s->listener[i]))
			strerr_diefusys(111, "wait for clients");
	if (!s->listeners && !conn_open(&s->conns, STDIN_FILENO,
	    one ? STDIN_FILENO : STDOUT_FILENO, s->client, false))
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
	s.stage.keep = s.settings.listen_fd;
	smtpd_open(&s, argc, argv);
	stage_enter(&s.stage);
	set_conns(&s);
	if (s.settings.users && !checker_open(&s.conns.checker, &s.stage.loop,
	    s.users_fd, stage_lost_helper))
		strerr_diefusys(111, "start the helpers that check passwords");
	smtpd_serve(&s);
	conns_close(&s.conns);
	pool_close(&s.conns.pool);
	if (s.settings.outlet.sink && sink_close(&s.sink)) s.status = 111;
	lookups_close(&s.conns.lookups);
	tallies_free(&s.conns.tallies);
	keys_free(&s.keys);
	inforce_free(&s.rules);
	return s.status;
}
