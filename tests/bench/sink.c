/* SPDX-License-Identifier: ISC */
/* sink: takes every message by SMTP, counts it and forgets it. What relays are
 * measured against must cost little itself: one process, no disk. */
#include <skalibs/nonposix.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/loop.h"
#include "common/option.h"
#include "tests/bench/tally.h"

char const *PROG = "sink";

enum { LINE_MAX_OCTETS = 1024, HEAD_MAX = 2048, READ_MAX = 64 << 10 };

struct sink {
	unsigned long long port;
	char const *count;

	struct loop loop;
	struct watch listener;
	struct tally *tally;
};

/* A client. */
struct client {
	struct sink *sink;
	struct watch watch;
	bool in_text;
	char line[LINE_MAX_OCTETS];	/* the command that has begun */
	size_t in_line;
	char head[HEAD_MAX];		/* of the text */
	size_t in_head;
	unsigned matched;		/* octets of the end mark */
	unsigned long long in_chunk;	/* octets that BDAT has announced */
	bool last_chunk;
	char reply[READ_MAX];		/* to all that was read at once */
	size_t replied;
};

static char const end_mark[] = "\r\n.\r\n";
enum { MARK = sizeof end_mark - 1, LINE_BEGINS = 2 };

static struct option_row const rows[] = {
	{ "port", "N", OPTION_NUMBER, offsetof(struct sink, port), 1, 65535,
	  NULL, 0, "of 127.0.0.1 to listen on (2600)" },
	{ "count", "FILE", OPTION_TEXT, offsetof(struct sink, count), 0, 0,
	  NULL, 0, "for load --counter" },
};

static struct option_page const page = {
	.program = "sink",
	.synopsis = "--count FILE [--port N]",
	.purpose = "Takes every message by SMTP, counts it and forgets it.",
	.notes = "See tests/bench/README.",
};

/* The dialogue */

static char const fine[] = "250 fine\r\n";

static struct verb {
	char const *name, *reply;
} const verbs[] = {
	{ "EHLO", "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
		  "250-CHUNKING\r\n250 SIZE\r\n" },
	{ "DATA", "354 go on\r\n" },
	{ "BDAT", "" },
	{ "QUIT", "221 bye\r\n" },
	{ "", fine },
};

static void
say(struct client *c, char const *text)
{
	size_t n = strlen(text);

	if (n > sizeof c->reply - c->replied) return; /* their replies, lost */
	memcpy(c->reply + c->replied, text, n);
	c->replied += n;
}

static void
keep_head(struct client *c, char const *s, size_t n)
{
	size_t const room = sizeof c->head - c->in_head;

	memcpy(c->head + c->in_head, s, n < room ? n : room);
	c->in_head += n < room ? n : room;
}

static void
end_message(struct client *c)
{
	tally_add(c->sink->tally, slice_from(c->head, c->in_head));
	c->in_head = 0;
}

/* "BDAT 4096 LAST" */
static void
begin_chunk(struct client *c, struct slice line)
{
	slice_word(&line);
	c->last_chunk = slice_find(line, 'L') < line.len;
	if (!slice_number(slice_word(&line), UINT32_MAX, &c->in_chunk))
		c->in_chunk = 0;
	if (c->in_chunk) return;
	if (c->last_chunk) end_message(c);
	say(c, fine);
}

static void
take_command(struct client *c)
{
	struct slice line = slice_from(c->line, c->in_line);
	struct verb const *v = verbs;

	while (!slice_starts_nocase(line, v->name)) v++;
	say(c, v->reply);
	c->in_line = 0;
	if (*v->name == 'B') begin_chunk(c, line);
	c->in_text = *v->name == 'D';
	c->matched = LINE_BEGINS;
}

/* How many of these octets are commands. */
static size_t
take_commands(struct client *c, char const *s, size_t n)
{
	size_t i;

	for (i = 0; i < n && !c->in_text && !c->in_chunk; i++) {
		if (s[i] == '\n')
			take_command(c);
		else if (c->in_line < sizeof c->line)
			c->line[c->in_line++] = s[i];
	}
	return i;
}

/* How many of these octets are text. Between line ends memchr flies. */
static size_t
take_text(struct client *c, char const *s, size_t n)
{
	char const *cr;
	size_t i = 0;

	keep_head(c, s, n);
	while (i < n) {
		if (s[i] == end_mark[c->matched]) {
			i++;
			if (++c->matched < MARK) continue;
			end_message(c);
			say(c, fine);
			c->in_text = false;
			break;
		}
		c->matched = 0;
		cr = memchr(s + i, '\r', n - i);
		i = cr ? (size_t)(cr - s) : n;
	}
	return i;
}

/* How many of these octets are of a chunk. */
static size_t
take_chunk(struct client *c, char const *s, size_t n)
{
	if (n > c->in_chunk) n = (size_t)c->in_chunk;
	keep_head(c, s, n);
	c->in_chunk -= n;
	if (c->in_chunk) return n;
	if (c->last_chunk) end_message(c);
	say(c, fine);
	return n;
}

static size_t
take(struct client *c, char const *s, size_t n)
{
	if (c->in_chunk) return take_chunk(c, s, n);
	return (c->in_text ? take_text : take_commands)(c, s, n);
}

static void
end(struct client *c)
{
	loop_forget(&c->sink->loop, &c->watch);
	close(c->watch.fd);
	free(c);
}

static void
ready(void *owner, uint32_t events)
{
	static char octets[READ_MAX];
	struct client *c = owner;
	ssize_t n = recv(c->watch.fd, octets, sizeof octets, 0);
	size_t i, len = n > 0 ? (size_t)n : 0;

	(void)events;
	if (n == -1 && errno == EAGAIN) return;
	for (i = 0; i < len;)
		i += take(c, octets + i, len - i);
	if (!len || send(c->watch.fd, c->reply, c->replied, MSG_NOSIGNAL) !=
	    (ssize_t)c->replied)
		end(c);
	else
		c->replied = 0;
}

/* Beginning */

static void
arrived(void *owner, uint32_t events)
{
	struct sink *s = owner;
	int fd = accept4(s->listener.fd, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c = fd == -1 ? NULL : calloc(1, sizeof *c);

	(void)events;
	if (fd == -1) return;
	if (!c) strerr_diefusys(111, "get memory");
	c->sink = s;
	c->watch = (struct watch){ .ready = ready, .owner = c };
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (!loop_watch(&s->loop, &c->watch, fd, EPOLLIN))
		strerr_diefusys(111, "watch a client");
	if (send(fd, "220 sink\r\n", 10, MSG_NOSIGNAL) != 10) end(c);
}

static int
listen_on(unsigned long long port)
{
	struct sockaddr_in const at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 },
		sizeof(int)) == -1 ||
	    bind(fd, (struct sockaddr const *)(void const *)&at, sizeof at) ==
		-1 || listen(fd, SOMAXCONN) == -1)
		strerr_diefusys(111, "listen");
	return fd;
}

int
main(int argc, char *const *argv)
{
	static struct sink s = { .port = 2600 };
	struct option_table const table = OPTION_TABLE(rows, &s);

	if (option_parse(argc, argv, &page, &table, 1, 100) < argc ||
	    !s.count)
		option_misused(PROG, "needs --count and no operands", NULL);
	s.tally = tally_map(s.count);
	if (!s.tally) strerr_diefusys(111, "map ", s.count);
	s.listener = (struct watch){ .ready = arrived, .owner = &s };
	if (!loop_open(&s.loop) || !loop_watch(&s.loop, &s.listener,
	    listen_on(s.port), EPOLLIN))
		strerr_diefusys(111, "start");
	puts("ready");
	fflush(stdout);
	if (!loop_run(&s.loop)) strerr_diefusys(111, "wait");
	return 0;
}
