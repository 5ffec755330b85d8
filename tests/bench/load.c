/* SPDX-License-Identifier: ISC */
/* load: sends many messages to an SMTP server, waits until they have been
 * delivered into Maildirs, checks that they have, and says how long it took:
 * one line of JSON. Exit 0: all accepted and delivered, once and unaltered;
 * 1: not so; 100: misused; 111: this machine's fault. */
#include <skalibs/nonposix.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "common/netaddr.h"
#include "common/option.h"
#include "tests/bench/arrivals.h"
#include "tests/bench/session.h"
#include "tests/bench/tally.h"

enum { DESCRIPTORS_OTHER = 64 };

struct run {
	char const *server, *to, *new, *counter;
	unsigned long long sessions, messages, size, per_session, rcpts, users;
	unsigned long long seconds, pause_ms;
	bool pipelining, lone, remove;

	struct loop loop;
	struct mailing mailing;
	struct load load;
	struct session *session;
	struct arrivals arrivals;
	struct tally *tally;		/* of a sink, and what it had before */
	uint64_t tally_before;
	int64_t tally_ns;		/* when it last grew */
	struct timer limit, pause, poll;
	struct sample seen;		/* lone: dot to a name in new/ */
	uint64_t awaited;		/* arrivals until the next may go */
	bool all_sent, late;
};

#define TEXT(name, argument, member, help) \
	{ name, argument, OPTION_TEXT, offsetof(struct run, member), 0, 0, \
	  NULL, 0, help }
#define NUMBER(name, member, min, max, help) \
	{ name, "N", OPTION_NUMBER, offsetof(struct run, member), min, max, \
	  NULL, 0, help }
#define FLAG(name, member, help) \
	{ name, NULL, OPTION_FLAG, offsetof(struct run, member), 0, 0, NULL, \
	  0, help }

static struct option_row const rows[] = {
	TEXT("server", "HOST:PORT", server, "where to (127.0.0.1:2525)"),
	TEXT("to", "ADDRESS", to,
	    "recipients, % is a number (u%@example.test)"),
	TEXT("new", "DIR", new,
	    "wait for their files here, % is a number (don't wait)"),
	TEXT("counter", "FILE", counter,
	    "wait for what this sink counts (don't wait)"),
	NUMBER("sessions", sessions, 1, 10000, "at a time (20)"),
	NUMBER("messages", messages, 1, 10000000, "in all (1000)"),
	{ "size", "SIZE", OPTION_SIZE, offsetof(struct run, size),
	  MAILING_SIZE_MIN, 1 << 30, NULL, 0, "octets of a message (4K)" },
	NUMBER("per-session", per_session, 1, 10000000,
	    "messages a session (1)"),
	NUMBER("recipients", rcpts, 1, 10000, "of a message (1)"),
	NUMBER("users", users, 1, 10000, "they are taken from in turn (1)"),
	FLAG("pipelining", pipelining, "if the server offers it (RFC 2920)"),
	FLAG("lone", lone,
	    "send the next message only when the last one is in --new"),
	NUMBER("pause", pause_ms, 0, 60000, "with --lone: ms before that (0)"),
	FLAG("remove", remove, "remove the delivered files when checked"),
	NUMBER("seconds", seconds, 1, 86400, "give up after so long (300)"),
};

static struct option_page const page = {
	.program = "load",
	.synopsis = "[option ...]",
	.purpose = "Sends mail by SMTP, checks that it arrives, measures both.",
	.notes = "See tests/bench/README.",
};

static void
options(struct run *r, int argc, char *const *argv)
{
	struct option_table const table = OPTION_TABLE(rows, r);

	if (option_parse(argc, argv, &page, &table, 1, 100) < argc)
		option_misused(page.program, "takes no operands", NULL);
	if (r->rcpts > r->users)
		option_misused(page.program, "--recipients: more than --users",
		    NULL);
	if (r->counter && (r->new || r->messages > TALLY_MAX))
		option_misused(page.program,
		    "--counter: without --new, up to 1048576 messages", NULL);
	if (r->lone && (!r->new || r->sessions > 1))
		option_misused(page.program,
		    "--lone needs --new and --sessions 1", NULL);
}

static void
fail(char const *what)
{
	fprintf(stderr, "%s: %s: %s\n", page.program, what, strerror(errno));
	exit(111);
}

/* Progress */

/* What has come, of those that were sent. */
static uint64_t
arrived(struct run const *r)
{
	return r->tally ? __atomic_load_n(&r->tally->n, __ATOMIC_ACQUIRE) -
	    r->tally_before : r->arrivals.n;
}

static void
look_for_end(struct run *r)
{
	bool waits = r->new || r->tally;
	uint64_t wanted = r->load.yes * (r->tally ? 1 : r->mailing.rcpts);

	if (r->all_sent && (!waits || arrived(r) >= wanted))
		r->loop.stop = true;
}

/* Every ms: a sink writes a word in memory and tells nobody. */
static void
look_at_tally(void *owner)
{
	struct run *r = owner;

	r->tally_ns = sample_now();
	look_for_end(r);
	loop_arm(&r->loop, &r->poll, r->loop.now_ms + 1);
}

static void
all_sent(void *owner)
{
	struct run *r = owner;

	r->all_sent = true;
	look_for_end(r);
}

static void
pause_over(void *owner)
{
	struct run *r = owner;

	session_go_on(&r->session[0]);
}

static void
seen(void *owner)
{
	struct run *r = owner;

	look_for_end(r);
	if (!r->lone || r->arrivals.n < r->awaited) return;
	r->awaited += r->mailing.rcpts;
	sample_add(&r->seen, r->arrivals.last_ns - r->session[0].dot_ns);
	if (r->pause_ms)
		loop_arm(&r->loop, &r->pause,
		    r->loop.now_ms + (int64_t)r->pause_ms);
	else
		pause_over(r);
}

static void
out_of_time(void *owner)
{
	struct run *r = owner;

	r->late = true;
	r->loop.stop = true;
}

/* Beginning */

static void
find_server(struct run *r)
{
	struct addrinfo const hints = { .ai_flags = AI_NUMERICHOST |
		AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	struct netaddr at;
	char const *why = "a port is needed";
	char port[16];

	if (!netaddr_parse(&at, slice_of(r->server), &why) || !at.port)
		option_misused(page.program, "--server", why);
	snprintf(port, sizeof port, "%u", at.port);
	if (getaddrinfo(at.host, port, &hints, &found))
		option_misused(page.program, "--server: no address", at.host);
	memcpy(&r->load.server, found->ai_addr, found->ai_addrlen);
	r->load.server_len = found->ai_addrlen;
	freeaddrinfo(found);
}

static void
open_run(struct run *r)
{
	struct rlimit files = { r->sessions + DESCRIPTORS_OTHER,
				r->sessions + DESCRIPTORS_OTHER };
	struct load *l = &r->load;
	char name[17];

	if (r->sessions > r->messages) r->sessions = r->messages;
	if (setrlimit(RLIMIT_NOFILE, &files) == -1) fail("open many sessions");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || !loop_open(&r->loop))
		fail("start");
	snprintf(name, sizeof name, "%016llx",
	    (unsigned long long)sample_now());
	r->mailing = (struct mailing){ .messages = r->messages,
		.rcpts = r->rcpts, .users = r->users };
	l->accepted = calloc(r->messages, sizeof *l->accepted);
	r->session = calloc(r->sessions, sizeof *r->session);
	if (!l->accepted || !r->session ||
	    !mailing_open(&r->mailing, r->size, name) ||
	    !sample_open(&l->greeting, r->messages) ||
	    !sample_open(&l->reply, r->messages) ||
	    !sample_open(&r->seen, r->messages))
		fail("get memory");
	r->arrivals = (struct arrivals){ .mailing = &r->mailing,
		.pattern = r->new, .seen = seen, .owner = r };
	if (r->new && !arrivals_open(&r->arrivals, &r->loop)) fail(r->new);
	if (r->counter && !(r->tally = tally_map(r->counter)))
		fail(r->counter);
	if (r->tally) {
		r->tally_before = r->tally->n;
		memset(r->tally->copies, 0, sizeof r->tally->copies);
	}
	l->loop = &r->loop;
	l->mailing = &r->mailing;
	l->to = r->to;
	l->per_session = r->per_session;
	l->pipelining = r->pipelining;
	l->wait = r->lone;
	l->over = all_sent;
	l->owner = r;
}

static void
begin(struct run *r)
{
	uint64_t i;

	r->awaited = r->rcpts;
	r->limit = (struct timer){ .due = out_of_time, .owner = r };
	r->pause = (struct timer){ .due = pause_over, .owner = r };
	loop_arm(&r->loop, &r->limit,
	    r->loop.now_ms + (int64_t)r->seconds * 1000);
	r->poll = (struct timer){ .due = look_at_tally, .owner = r };
	if (r->tally) look_at_tally(r);
	for (i = 0; i < r->sessions; i++) {
		r->session[i].load = &r->load;
		session_begin(&r->session[i]);
	}
}

/* The result */

static double
rate(uint64_t n, int64_t from_ns, int64_t to_ns)
{
	return n ? (double)n * 1e9 / (double)(to_ns - from_ns) : 0;
}

/* A sink keeps no text: only that each has come, once. */
static void
check_tally(struct run const *r, struct arrivals_report *found)
{
	uint64_t i;

	for (i = 0; i < r->messages; i++) {
		unsigned char copies = r->tally->copies[i];

		if (copies) found->whole++;
		if (copies > 1) found->twice += copies - 1U;
		if (!copies && r->load.accepted[i]) found->missing++;
		if (copies && !r->load.accepted[i]) found->unasked++;
	}
}

static bool
tell(struct run *r, int64_t start_ns)
{
	struct load *l = &r->load;
	struct arrivals_report found = { .whole = 0 };
	bool fine = l->yes == r->messages && !l->lost && !r->late;

	if (r->new && !arrivals_check(&r->arrivals, l->accepted, r->remove,
	    &found))
		fail("check what has been delivered");
	if (r->tally) check_tally(r, &found);
	printf("{\"messages\":%llu,\"accepted\":%llu,\"refused\":%llu,"
	    "\"lost_sessions\":%llu,\"late\":%s,\"accepted_per_s\":%.1f",
	    r->messages, (unsigned long long)l->yes,
	    (unsigned long long)l->no, (unsigned long long)l->lost,
	    r->late ? "true" : "false",
	    rate(l->yes, start_ns, l->yes_ns));
	if (r->new || r->tally)
		printf(",\"delivered\":%llu,\"missing\":%llu,\"twice\":%llu,"
		    "\"unasked\":%llu,\"altered\":%llu,"
		    "\"delivered_per_s\":%.1f",
		    (unsigned long long)found.whole,
		    (unsigned long long)found.missing,
		    (unsigned long long)found.twice,
		    (unsigned long long)found.unasked,
		    (unsigned long long)found.altered,
		    rate(arrived(r), start_ns, r->tally ? r->tally_ns :
		    r->arrivals.last_ns));
	sample_print(stdout, "greeting_ms", &l->greeting);
	sample_print(stdout, "reply_ms", &l->reply);
	sample_print(stdout, "seen_ms", &r->seen);
	printf("}\n");
	return fine && !found.missing && !found.twice && !found.unasked &&
	    !found.altered;
}

int
main(int argc, char *const *argv)
{
	static struct run r = { .server = "127.0.0.1:2525",
		.to = "u%@example.test", .sessions = 20, .messages = 1000,
		.size = 4096, .per_session = 1, .rcpts = 1, .users = 1,
		.seconds = 300 };
	int64_t start_ns;

	options(&r, argc, argv);
	find_server(&r);
	open_run(&r);
	start_ns = sample_now();
	begin(&r);
	if (!loop_run(&r.loop)) fail("wait");
	return !tell(&r, start_ns);
}
