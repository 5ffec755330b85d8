/* SPDX-License-Identifier: ISC */
/* Carries questions to an authentication server, several at a time, and its
 * answers back. It believes no number and no length of it. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/log.h"
#include "smtpd/server.h"

static void
take_out(struct server *s, struct check *check)
{
	struct check **at = &s->first;

	while (*at && *at != check)
		at = &(*at)->next;
	if (*at) *at = check->next;
}

/* Whom it knows is not known. */
static void
give_up(struct server *s, struct check *check)
{
	static struct sasl_answer const unknown = { .outcome = SASL_UNKNOWN };

	take_out(s, check);
	check_conclude(check, &unknown);
}

static void
disconnect(struct server *s)
{
	if (s->watch.fd != -1) {
		int fd = s->watch.fd;

		loop_forget(s->loop, &s->watch);
		close(fd);
	}
	loop_disarm(s->loop, &s->patience);
	s->version = s->plain = s->ready = false;
	explicit_bzero(s->out, s->out_len);
	s->in_len = s->out_len = 0;
}

static void
lose(struct server *s, char const *why)
{
	if (!s->away)
		log_event("no-auth", LOG_TEXT("socket", s->path),
		    LOG_TEXT("error", why));
	s->away = true;
	disconnect(s);
	while (s->first)
		give_up(s, s->first);
}

static void
impatient(void *owner)
{
	lose(owner, "no answer in time");
}

static bool
flush(struct server *s)
{
	bool good = true;
	ssize_t n;

	while (s->out_len) {
		n = send(s->watch.fd, s->out, s->out_len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR) continue;
		if (n == -1) {
			good = errno == EAGAIN;
			break;
		}
		memmove(s->out, s->out + n, s->out_len - (size_t)n);
		explicit_bzero(s->out + s->out_len - n, (size_t)n);
		s->out_len -= (size_t)n;
	}
	loop_want(s->loop, &s->watch, EPOLLIN | (s->out_len ? EPOLLOUT : 0));
	return good;
}

/* There is room for as many as may be asked at a time, but not for those that
 * were forgotten meanwhile as well. */
static bool
say(struct server *s, struct check *check)
{
	if (sizeof s->out - s->out_len < DOVECOT_ASK_MAX) return false;
	if (!++s->number) s->number = 1;
	check->number = s->number;
	s->out_len += dovecot_ask(s->out + s->out_len, check->number,
	    &check->question, check->client);
	explicit_bzero(&check->question, sizeof check->question);
	return true;
}

/* wait_more - for the oldest, which is the last */
static void
wait_more(struct server *s)
{
	struct check const *check = s->first;

	if (!s->ready) return;
	while (check && check->next)
		check = check->next;
	if (check)
		loop_arm(s->loop, &s->patience,
		    check->since_ms + SERVER_ANSWER_MS);
	else
		loop_disarm(s->loop, &s->patience);
}

static bool
begin(struct server *s)
{
	struct check *check, *next;

	if (!s->version || !s->plain) return false;
	if (s->away) log_event("auth-is-back", LOG_TEXT("socket", s->path));
	s->away = false;
	s->ready = true;
	for (check = s->first; check; check = next) {
		next = check->next;
		if (!say(s, check)) give_up(s, check);
	}
	wait_more(s);
	return flush(s);
}

/* One that was forgotten meanwhile is answered, too. */
static bool
take_answer(struct server *s, struct dovecot_line const *line)
{
	struct sasl_answer answer = { .outcome = line->outcome };
	struct check *check = s->first;

	if (!s->ready || line->number > s->number) return false;
	while (check && check->number != line->number)
		check = check->next;
	if (!check) return true;
	memcpy(answer.name, line->name, sizeof answer.name);
	take_out(s, check);
	wait_more(s);
	check_conclude(check, &answer);
	return true;
}

static bool
take_line(struct server *s, struct slice text)
{
	struct dovecot_line line;

	dovecot_parse(&line, text);
	switch (line.kind) {
	case DOVECOT_BROKEN:
		return false;
	case DOVECOT_VERSION:
		s->version = true;
		break;
	case DOVECOT_PLAIN:
		s->plain = true;
		break;
	case DOVECOT_DONE:
		return s->ready || begin(s);
	case DOVECOT_ANSWER:
		return take_answer(s, &line);
	case DOVECOT_OTHER:
		break;
	}
	return true;
}

static bool
take_lines(struct server *s)
{
	struct slice in = slice_from(s->in, s->in_len);

	for (;;) {
		size_t n = slice_find(in, '\n');

		if (n == in.len) break;
		if (!take_line(s, slice_from(in.s, n))) return false;
		in = slice_skip(in, n + 1);
	}
	memmove(s->in, in.s, in.len);
	s->in_len = in.len;
	return s->in_len < sizeof s->in;
}

static void
ready(void *owner, uint32_t events)
{
	struct server *s = owner;
	ssize_t n;

	if (events & EPOLLOUT && !flush(s)) {
		lose(s, strerror(errno));
		return;
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
	n = recv(s->watch.fd, s->in + s->in_len, sizeof s->in - s->in_len, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) return;
	if (n <= 0) {
		lose(s, n ? strerror(errno) : "it has hung up");
		return;
	}
	s->in_len += (size_t)n;
	if (!take_lines(s)) lose(s, "it says what it shouldn't");
}

static bool
connect_to(struct server *s)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, e;

	errno = ENAMETOOLONG;
	if (strlen(s->path) >= sizeof at.sun_path) return false;
	memcpy(at.sun_path, s->path, strlen(s->path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1) return false;
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
	    loop_watch(s->loop, &s->watch, fd, EPOLLIN)) {
		s->out_len = dovecot_hello(s->out, (unsigned long)getpid());
		loop_arm(s->loop, &s->patience,
		    s->loop->now_ms + SERVER_HELLO_MS);
		if (flush(s)) return true;
		disconnect(s);
		return false;
	}
	e = errno;
	close(fd);
	errno = e;
	return false;
}

void
server_open(struct server *s)
{
	s->watch = (struct watch){ .fd = -1, .ready = ready, .owner = s };
	s->patience = (struct timer){ .due = impatient, .owner = s };
}

void
server_close(struct server *s)
{
	disconnect(s);
}

void
server_ask(struct server *s, struct check *check)
{
	check->next = s->first;
	s->first = check;
	check->number = 0;
	if (s->watch.fd == -1 && !connect_to(s)) {
		lose(s, strerror(errno));
		return;
	}
	if (!s->ready) return;
	if (!say(s, check)) {
		give_up(s, check);
		return;
	}
	wait_more(s);
	if (!flush(s)) lose(s, strerror(errno));
}

void
server_forget(struct server *s, struct check *check)
{
	take_out(s, check);
	wait_more(s);
}
