/* SPDX-License-Identifier: ISC */
/* The client's side of SMTP, as fast as the server lets it; looks at no file
 * and judges nothing but replies. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>
#include "tests/bench/session.h"

enum { COMMAND_MAX = MAILING_PATH_MAX + 64, COMPLAINTS_MAX = 5 };

/* Each step and the class of the reply that leads on; none while it is our
 * turn. */
static struct step {
	char const *name;
	char wanted;
} const steps[] = {
	[SESSION_GREETING] = { "greeting", '2' },
	[SESSION_HELLO] = { "EHLO", '2' },
	[SESSION_SENDER] = { "MAIL", '2' },
	[SESSION_RECIPIENT] = { "RCPT", '2' },
	[SESSION_DATA] = { "DATA", '3' },
	[SESSION_TEXT] = { "text", 0 },
	[SESSION_DOT] = { "dot", '2' },
	[SESSION_WAITING] = { "waiting", 0 },
	[SESSION_QUIT] = { "QUIT", 0 },
};

static void
complain(struct session const *s, char const *what)
{
	struct load const *l = s->load;

	if (l->no + l->lost < COMPLAINTS_MAX)
		fprintf(stderr, "load: at %s: %s\n", steps[s->step].name,
		    what);
}

/* end - and begin again, if that makes sense */
static void
end(struct session *s)
{
	struct load *l = s->load;

	session_close(s);
	session_begin(s);
	if (!l->open) l->over(l->owner);
}

static void
lose(struct session *s, char const *why)
{
	complain(s, why);
	s->load->lost++;
	if (s->busy) s->load->no++;
	s->busy = false;
	end(s);
}

/* Sending */

static void say(struct session *s, char const *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct session *s, char const *format, ...)
{
	va_list args;
	char *more;

	if (s->room - s->commands < COMMAND_MAX) {
		s->room += 2 * COMMAND_MAX;
		more = realloc(s->command, s->room);
		if (!more) {
			perror("load: send a command");
			exit(111);
		}
		s->command = more;
	}
	va_start(args, format);
	s->commands += (size_t)vsnprintf(s->command + s->commands,
	    COMMAND_MAX, format, args);
	va_end(args);
}

static void
say_recipient(struct session *s, uint64_t i)
{
	char address[MAILING_PATH_MAX];

	mailing_name(address, s->load->to,
	    mailing_user(s->load->mailing, s->n, i));
	say(s, "RCPT TO:<%s>\r\n", address);
}

static void
next_message(struct session *s)
{
	struct load *l = s->load;
	uint64_t i;

	if (!s->left || l->next == l->mailing->messages) {
		s->step = SESSION_QUIT;
		say(s, "QUIT\r\n");
		return;
	}
	s->left--;
	s->n = l->next++;
	s->busy = true;
	s->rcpt = 0;
	s->sent = 0;
	mailing_number(s->number, s->n);
	s->step = SESSION_SENDER;
	say(s, "MAIL FROM:<sender@bench.test>\r\n");
	if (!s->pipelining) return;
	for (i = 0; i < l->mailing->rcpts; i++)
		say_recipient(s, i);
	say(s, "DATA\r\n");
}

/* What is left of the text: up to the number, the number, the rest. */
static ssize_t
send_text(struct session const *s)
{
	struct mailing const *m = s->load->mailing;
	size_t const behind = m->number_at + MAILING_DIGITS;
	struct iovec part[] = { { m->text, m->number_at },
				{ (char *)(size_t)s->number, MAILING_DIGITS },
				{ m->text + behind, m->len - behind } };
	struct msghdr all = { .msg_iov = part, .msg_iovlen = 3 };
	size_t skip = s->sent, i;

	for (i = 0; i < 3; i++) {
		size_t n = skip < part[i].iov_len ? skip : part[i].iov_len;

		part[i].iov_base = (char *)part[i].iov_base + n;
		part[i].iov_len -= n;
		skip -= n;
	}
	return sendmsg(s->watch.fd, &all, MSG_NOSIGNAL);
}

/* flush - 1 all is sent, 0 not yet, -1 errno */
static int
flush(struct session *s)
{
	ssize_t n;

	while (s->commands) {
		n = send(s->watch.fd, s->command, s->commands, MSG_NOSIGNAL);
		if (n == -1) return errno == EAGAIN ? 0 : -1;
		s->commands -= (size_t)n;
		memmove(s->command, s->command + n, s->commands);
	}
	while (s->step == SESSION_TEXT) {
		n = send_text(s);
		if (n == -1) return errno == EAGAIN ? 0 : -1;
		s->sent += (size_t)n;
		if (s->sent < s->load->mailing->len) continue;
		s->step = SESSION_DOT;
		s->dot_ns = sample_now();
	}
	return 1;
}

static void
flush_or_lose(struct session *s)
{
	int done = flush(s);

	if (done == -1)
		lose(s, strerror(errno));
	else if (done && s->step == SESSION_QUIT)
		end(s);		/* as busy clients do: 221 says nothing new */
	else
		loop_want(s->load->loop, &s->watch,
		    done ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

/* Replies */

static void
answered(struct session *s)
{
	struct load *l = s->load;
	int64_t now = sample_now();

	sample_add(&l->reply, now - s->dot_ns);
	l->yes_ns = now;
	l->yes++;
	l->accepted[s->n] = true;
	s->busy = false;
	if (l->wait && !s->told)
		s->step = SESSION_WAITING;
	else
		next_message(s);
	s->told = false;
}

static void
step_on(struct session *s)
{
	struct load *l = s->load;

	switch (s->step) {
	case SESSION_GREETING:
		sample_add(&l->greeting, sample_now() - s->connect_ns);
		s->step = SESSION_HELLO;
		say(s, "EHLO load.bench.test\r\n");
		break;
	case SESSION_HELLO:
		next_message(s);
		break;
	case SESSION_SENDER:
		s->step = SESSION_RECIPIENT;
		if (!s->pipelining) say_recipient(s, 0);
		break;
	case SESSION_RECIPIENT:
		if (++s->rcpt == l->mailing->rcpts) {
			s->step = SESSION_DATA;
			if (!s->pipelining) say(s, "DATA\r\n");
		} else if (!s->pipelining) {
			say_recipient(s, s->rcpt);
		}
		break;
	case SESSION_DATA:
		s->step = SESSION_TEXT;
		break;
	case SESSION_DOT:
		answered(s);
		break;
	case SESSION_TEXT:
	case SESSION_WAITING:
	case SESSION_QUIT:
		break;
	}
}

/* false: the session is over */
static bool
take_line(struct session *s, struct slice line)
{
	bool last = line.len < 4 || line.s[3] != '-';
	char text[128];

	if (s->step == SESSION_HELLO && s->load->pipelining &&
	    line.len > 4 && slice_is_nocase(slice_skip(line, 4), "PIPELINING"))
		s->pipelining = true;
	if (!last) return true;
	if (!line.len || line.s[0] != steps[s->step].wanted) {
		snprintf(text, sizeof text, "%.*s", (int)line.len, line.s);
		lose(s, text);
		return false;
	}
	step_on(s);
	return true;
}

static void
read_replies(struct session *s)
{
	ssize_t n = recv(s->watch.fd, s->reply + s->replied,
	    sizeof s->reply - s->replied, 0);
	struct slice in, line;
	size_t end_of_line;

	if (n == -1 && errno == EAGAIN) return;
	if (n <= 0) {
		lose(s, n ? strerror(errno) : "connection closed");
		return;
	}
	in = slice_from(s->reply, s->replied + (size_t)n);
	while ((end_of_line = slice_find(in, '\n')) < in.len) {
		line = slice_from(in.s, end_of_line);
		if (line.len && line.s[line.len - 1] == '\r') line.len--;
		in = slice_skip(in, end_of_line + 1);
		if (!take_line(s, line)) return;
	}
	if (in.len == sizeof s->reply) {
		lose(s, "a reply that is too long");
		return;
	}
	memmove(s->reply, in.s, in.len);
	s->replied = in.len;
	flush_or_lose(s);
}

static void
ready(void *owner, uint32_t events)
{
	struct session *s = owner;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_replies(s);
	else
		flush_or_lose(s);
}

/* Beginning and end */

static int
connect_to(struct load const *l)
{
	int fd = socket(l->server.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1) return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 },
	    sizeof(int)) == -1)
		return -1;
	if (connect(fd, (struct sockaddr const *)(void const *)&l->server,
	    l->server_len) == -1 && errno != EINPROGRESS)
		return -1;
	return fd;
}

void
session_begin(struct session *s)
{
	struct load *l = s->load;
	int fd;

	if (l->next == l->mailing->messages || l->lost >= SESSION_LOST_MAX)
		return;
	s->step = SESSION_GREETING;
	s->left = l->per_session;
	s->pipelining = false;
	s->connect_ns = sample_now();
	fd = connect_to(l);
	s->watch.ready = ready;
	s->watch.owner = s;
	if (fd == -1 || !loop_watch(l->loop, &s->watch, fd, EPOLLIN)) {
		perror("load: connect");
		exit(111);
	}
	l->open++;
}

void
session_go_on(struct session *s)
{
	if (s->step != SESSION_WAITING) {
		s->told = true; /* before the reply has been read */
		return;
	}
	next_message(s);
	flush_or_lose(s);
}

void
session_close(struct session *s)
{
	int fd = s->watch.fd;

	loop_forget(s->load->loop, &s->watch);
	close(fd);
	s->commands = s->replied = 0;
	s->load->open--;
}
