/* SPDX-License-Identifier: ISC */
/* Moves octets and carries out what the session engine asks for; knows no
 * command of SMTP. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "common/netaddr.h"
#include "smtpd/conn.h"
#include "smtpd/output.h"
#include "smtpd/proxy.h"
#include "smtpd/secure.h"
#include "smtpd/transaction.h"
#include "smtpd/transcript.h"

/* A client that is not greeted yet: the DNS is asked about it, or it is listened
 * to whether it can wait. */
struct arrival {
	struct lookup_waiter waiter;
	int64_t until_ms;
	bool moved;		/* by XCLIENT, to another client */
	bool listening;
};

struct conn {
	struct conns *all;
	struct conn *next, **at;
	struct session session;
	struct transaction transaction;
	struct watch watch;
	struct timer deadline;
	struct chore turn;
	int in;
	struct output output;
	int64_t until_ms;		/* the whole session's deadline */
	int64_t mail_until_ms;		/* that of its message, 0 without */
	struct crowd_member member;
	struct proxy *proxy;		/* while its header is awaited */
	struct arrival *arrival;	/* NULL: it has been let in, or not */
	unsigned long long number;
	/* input that the session is not ready for; NULL without */
	char *input;
	size_t input_len;
	bool socket;
	bool terminal;
	bool unwatched;			/* file, or at its end: always ready */
	bool committing;
	bool over;
	bool shaking;			/* hands: nothing is said yet */
	bool secure;			/* it is to begin with that */
	bool lingering;			/* all is said: what comes is dropped */
	char client[NETADDR_TEXT_MAX + 1];
	char tls_text[SECURE_TEXT_MAX + 1];
};

/* thousands of sessions are idle at a time */
_Static_assert(sizeof(struct conn) < 4096, "an idle session costs too much");

bool
conns_open(struct conns *all)
{
	all->first = NULL;
	all->n = all->handshakes = 0;
	all->ending = false;
	all->input = malloc(CONN_INPUT_MAX);
	all->typed = malloc(2 * CONN_INPUT_MAX + 1);
	all->replies = malloc(CONN_REPLIES_MAX);
	all->replies_len = 0;
	all->served = 0;
	all->entrance.crowd = (struct crowd){ .bucket = { NULL } };
	all->entrance.lookups = &all->lookups;
	all->entrance.tallies = &all->tallies;
	all->rules.text.store = malloc(TEXT_STORE_MAX);
	return all->input && all->typed && all->replies &&
	    all->rules.text.store;
}

static struct slice
client_name(struct conn const *c)
{
	struct slice client = transaction_client(&c->transaction);

	return client.len ? client : SLICE("local");
}

static void
end_arrival(struct conn *c)
{
	if (!c->arrival) return;
	lookup_leave(&c->arrival->waiter);
	free(c->arrival);
	c->arrival = NULL;
}

static void
conn_close(struct conn *c)
{
	struct conns *all = c->all;

	if (all->verbose)
		log_event("disconnect", LOG_SLICE("client", client_name(c)),
		    LOG_NUMBER("commands", c->session.commands),
		    LOG_NUMBER("errors", c->session.errors));
	loop_forget(all->loop, &c->watch);
	loop_disarm(all->loop, &c->deadline);
	end_arrival(c);
	loop_not_later(all->loop, &c->turn);
	crowd_leave(&c->member);
	transaction_end(&c->transaction);
	session_free(&c->session);
	free(c->proxy);
	free(c->input);
	output_free(&c->output);
	c->all->handshakes -= c->shaking;
	secure_end(c->output.tls);
	/* unread octets would turn the close into a reset, and that could
	 * overtake our last reply */
	if (c->socket) recv(c->in, all->input, CONN_INPUT_MAX, MSG_DONTWAIT);
	close(c->in);
	if (c->output.fd != c->in) close(c->output.fd);
	*c->at = c->next;
	if (c->next) c->next->at = c->at;
	free(c);
	all->n--;
	if (!all->first && all->ended) all->ended(all->owner);
}

static void
wake(void *owner)
{
	struct conn *c = owner;

	loop_later(c->all->loop, &c->turn);
}

/* Output */

/* All replies of this call in one write. false: the connection is lost. */
static bool
flush(struct conn *c)
{
	struct slice out = slice_from(c->all->replies, c->all->replies_len);

	c->all->replies_len = 0;
	return !out.len || output_write(&c->output, out);
}

/* false: the connection is lost */
static bool
reply(struct conn *c, struct slice text)
{
	struct conns *all = c->all;

	if (all->transcript)
		transcript_said(c->number, client_name(c), text);
	memcpy(all->replies + all->replies_len, text.s, text.len);
	all->replies_len += text.len;
	transaction_replied(&c->transaction, text);
	return all->replies_len <= CONN_REPLIES_MAX - REPLY_MAX || flush(c);
}

/* The conversation */

static bool
queue_is_behind(struct conn const *c)
{
	struct submission const *s = c->transaction.submission;

	return s && submission_is_full(s);
}

enum progress { STUCK, MOVED, LOST };

/* converse - as far as it goes
 *   in     octets of the client, advanced past what the session took
 *   LOST   the connection is of no use any more
 *   STUCK  nothing was achieved */
static enum progress
converse(struct conn *c, struct slice *in)
{
	struct session *s = &c->session;
	struct transaction *t = &c->transaction;
	enum progress progress = STUCK;
	struct slice view;

	while (!output_is_behind(&c->output) && !c->over && !c->arrival) {
		switch (session_next(s, &view)) {
		case SESSION_READ:
			if (c->all->ending && session_is_idle(s)) {
				session_dismiss(s, REPLY_SHUTDOWN);
				continue;
			}
			if (!in->len) return progress;
			if (queue_is_behind(c)) return progress;
			if (session_in_text(s)) progress = MOVED;
			*in = slice_skip(*in, session_feed(s, in->s, in->len));
			if (c->all->transcript)
				transcript_heard(c->number,
				    client_name(c), s);
			/* pipes and terminals have their input ready, and
			 * nobody behind them who could wait */
			if (c->socket && in->len && session_is_waited_for(s))
				session_dismiss(s, REPLY_HURRIED);
			break;
		case SESSION_SEND:
			progress = MOVED;
			if (!reply(c, view)) return LOST;
			break;
		case SESSION_ASK:
			transaction_answer(t);
			if (t->asking) return MOVED;
			break;
		case SESSION_STORE:
			submission_store(t->submission, view);
			break;
		case SESSION_COMMIT:
			if (!c->committing) submission_end(t->submission);
			c->committing = !submission_is_settled(t->submission);
			if (c->committing) return MOVED;
			transaction_conclude(t);
			break;
		case SESSION_TLS:
			return MOVED;
		case SESSION_ABORT:
			transaction_forget(t);
			break;
		case SESSION_CLOSE:
			c->over = true;
			break;
		}
	}
	return progress;
}

/* What the session did not take lies in the shared store, or is the end of
 * what was kept before. */
static bool
keep_input(struct conn *c, struct slice rest)
{
	if (!rest.len) {
		free(c->input);
		c->input = NULL;
	} else if (c->input) {
		memmove(c->input, rest.s, rest.len);
	} else {
		c->input = malloc(rest.len);
		if (!c->input) return false;
		memcpy(c->input, rest.s, rest.len);
	}
	c->input_len = rest.len;
	return true;
}

static bool
wants_input(struct conn const *c)
{
	if (c->arrival) return c->arrival->listening && !c->input;
	return !output_is_behind(&c->output) && !c->committing && !c->input &&
	    !c->transaction.asking &&
	    !queue_is_behind(c);
}

static int64_t
after(struct conn const *c, unsigned long long seconds)
{
	return c->all->loop->now_ms + (int64_t)seconds * 1000;
}

static void
set_deadline(struct conn *c)
{
	struct conn_times const *times = &c->all->times;
	int64_t at = after(c, session_in_text(&c->session) ? times->text
							   : times->command);

	if (session_is_idle(&c->session))
		c->mail_until_ms = 0;
	else if (!c->mail_until_ms)
		c->mail_until_ms = after(c, times->transaction);
	if (at > c->until_ms) at = c->until_ms;
	if (c->mail_until_ms && at > c->mail_until_ms) at = c->mail_until_ms;
	/* submissions have their own */
	if (c->arrival)
		loop_arm(c->all->loop, &c->deadline, c->arrival->until_ms);
	else if (c->committing || c->transaction.asking)
		loop_disarm(c->all->loop, &c->deadline);
	else
		loop_arm(c->all->loop, &c->deadline, at);
}

/* A client that goes on sending would make of our close a reset, which takes
 * the last reply away from it. So it gets time to hear that it is over. */
static bool
may_linger(struct conn const *c)
{
	return c->socket && !c->unwatched && c->session.dismissed &&
	    c->session.commands && !c->all->ending;
}

static void
linger(struct conn *c)
{
	struct loop *loop = c->all->loop;

	secure_end(c->output.tls);
	c->output.tls = NULL;
	shutdown(c->in, SHUT_WR);
	c->lingering = true;
	crowd_leave(&c->member);
	free(c->input);
	c->input = NULL;
	transaction_end(&c->transaction);
	loop_arm(loop, &c->deadline, loop->now_ms + CONN_LINGER_MS);
	loop_want(loop, &c->watch, EPOLLIN);
}

/* end - all is said and written */
static void
end(struct conn *c)
{
	if (may_linger(c))
		linger(c);
	else
		conn_close(c);
}

/* The way in */

/* Those who may send anywhere are known here. Only who sends before it knows
 * what we are shows up: pipes have their input ready, and with TLS from the
 * start it is the client who begins. */
static bool
is_to_wait(struct conn const *c, struct access_decision const *may)
{
	return c->all->greet_s && c->socket && !c->secure &&
	    !c->all->ending && !c->arrival->moved && !c->session.dismissed &&
	    !c->session.trusted && !may->relay;
}

/* decide - by what is known now, or wait */
static void
decide(struct conn *c, bool late)
{
	struct arrival *a = c->arrival;
	struct entrance *e = &c->all->entrance;
	struct transaction *t = &c->transaction;
	struct access_decision may;

	if (!entrance_decide(e, t, late ? NULL : &a->waiter, &may)) {
		loop_arm(c->all->loop, &c->deadline, a->until_ms);
		return;
	}
	lookup_leave(&a->waiter);
	if (a->moved)
		entrance_change(e, t, &c->member, &may);
	else
		entrance_welcome(e, t, &c->member, &may);
	a->listening = is_to_wait(c, &may);
	if (a->listening) {
		a->until_ms = after(c, c->all->greet_s);
		loop_arm(c->all->loop, &c->deadline, a->until_ms);
	} else {
		end_arrival(c);
	}
}

/* go_in - one step further on the way in, if it is time for it */
static void
go_in(struct conn *c)
{
	struct arrival *a = c->arrival;
	bool late = c->all->ending || c->all->loop->now_ms >= a->until_ms;

	if (!a->listening) {
		decide(c, late);
	} else if (c->input) {
		session_dismiss(&c->session, REPLY_EARLY);
		end_arrival(c);
	} else if (late) {
		end_arrival(c);
	}
}

static void
arrive(struct conn *c, bool moved)
{
	c->arrival = malloc(sizeof *c->arrival);
	if (!c->arrival) {
		session_dismiss(&c->session, REPLY_NO_MEMORY);
		return;
	}
	*c->arrival = (struct arrival){ .moved = moved,
		.waiter = { .wake = wake, .owner = c },
		.until_ms = c->all->loop->now_ms + CONN_LOOKUP_MS };
	decide(c, false);
}

/* The handshake */

static void run(struct conn *c, struct slice in);

static void
handshake_failed(struct conn *c, char const *why)
{
	log_event("tls-failed", LOG_SLICE("client", client_name(c)),
	    LOG_TEXT("why", why));
	/* a goodbye of ours might be taken for an answer */
	tls_free(c->output.tls);
	c->output.tls = NULL;
	conn_close(c);
}

static void
handshake_done(struct conn *c)
{
	bool greeted = c->session.phase == SESSION_SECURING;

	c->shaking = false;
	c->all->handshakes--;
	tls_describe(c->output.tls, c->tls_text, sizeof c->tls_text);
	c->transaction.tls = c->tls_text;
	session_secured(&c->session);
	if (c->all->verbose)
		log_event("tls", LOG_SLICE("client", client_name(c)),
		    LOG_TEXT("tls", c->tls_text));
	if (greeted)
		set_deadline(c);
	else
		arrive(c, false);
	run(c, slice_from(NULL, 0));
}

/* shake - as far as it goes; may free the connection */
static void
shake(struct conn *c)
{
	switch (tls_handshake(c->output.tls)) {
	case TLS_DONE:
		handshake_done(c);
		break;
	case TLS_WANT_READ:
		loop_want(c->all->loop, &c->watch, EPOLLIN);
		break;
	case TLS_WANT_WRITE:
		loop_want(c->all->loop, &c->watch, EPOLLOUT);
		break;
	case TLS_END:
		handshake_failed(c, "the client has ended it");
		break;
	case TLS_BROKEN:
		handshake_failed(c, tls_why(c->output.tls));
		break;
	}
}

static bool
may_secure(void *owner)
{
	struct conns const *all = ((struct conn *)owner)->all;

	return all->handshakes < all->handshakes_max;
}

/* begin_handshake - nothing that came before is looked at again; may free the
 * connection */
static void
begin_handshake(struct conn *c)
{
	struct loop *loop = c->all->loop;

	free(c->input);
	c->input = NULL;
	c->output.tls = may_secure(c) ? tls_accept(c->all->tls, c->in) : NULL;
	if (!c->output.tls) {
		log_event("cannot-secure",
		    LOG_SLICE("client", client_name(c)),
		    LOG_TEXT("why", may_secure(c) ? "no memory"
		    : "too many handshakes at once"));
		conn_close(c);
		return;
	}
	c->shaking = true;
	c->all->handshakes++;
	loop_arm(loop, &c->deadline, loop->now_ms + CONN_HANDSHAKE_MS);
	shake(c);
}

/* run - converse with what there is, then wait for what is missing; may free
 * the connection */
static void
run(struct conn *c, struct slice in)
{
	enum progress progress = converse(c, &in);

	if (progress == LOST || !flush(c) || !keep_input(c, in)) {
		c->all->replies_len = 0;
		conn_close(c);
		return;
	}
	if (c->over && !output_is_behind(&c->output)) {
		end(c);
		return;
	}
	if (c->session.phase == SESSION_SECURING &&
	    !output_is_behind(&c->output)) {
		begin_handshake(c);
		return;
	}
	if (progress == MOVED) set_deadline(c);
	/* it was not to say anything yet */
	if (c->arrival && c->arrival->listening && c->input)
		loop_later(c->all->loop, &c->turn);
	if (!c->unwatched)
		loop_want(c->all->loop, &c->watch,
		    output_is_behind(&c->output) ? EPOLLOUT
		    : wants_input(c) ? EPOLLIN : 0);
	else if (wants_input(c))
		loop_later(c->all->loop, &c->turn);
}

/* Before the conversation */

static void
moved(void *owner)
{
	struct conn *c = owner;

	transaction_set_name(&c->transaction, NULL);
	arrive(c, true);
}

/* hear_proxy - false: the header isn't complete; in is advanced past it */
static bool
hear_proxy(struct conn *c, struct slice *in)
{
	int got = proxy_feed(c->proxy, in);

	if (!got) return false;
	if (*c->proxy->client)
		memcpy(c->client, c->proxy->client, sizeof c->client);
	free(c->proxy);
	c->proxy = NULL;
	if (got != 1)
		session_dismiss(&c->session, REPLY_NO_HEADER);
	else if (!c->secure)
		arrive(c, false);
	return true;
}

/* Input */

static void
run_input(struct conn *c, struct slice in)
{
	struct body_crlf lines = { .state = 0 };

	/* a terminal gives whole lines, so none of them is cut */
	if (c->terminal)
		in = slice_from(c->all->typed,
		    body_crlf(&lines, in, c->all->typed));
	if (!c->lingering) run(c, in);
}

static ssize_t
receive(struct conn *c, int how)
{
	char *input = c->all->input;

	if (c->output.tls)
		return secure_read(c->output.tls, input, CONN_INPUT_MAX);
	return c->socket ? recv(c->in, input, CONN_INPUT_MAX, how)
			 : read(c->in, input, CONN_INPUT_MAX);
}

/* What follows the header is left in the socket: it may be a handshake. */
static void
read_header(struct conn *c, size_t n)
{
	struct slice in = slice_from(c->all->input, n);
	bool complete = hear_proxy(c, &in);

	if (c->socket) recv(c->in, c->all->input, n - in.len, MSG_DONTWAIT);
	if (!complete) return;
	if (c->secure && !c->session.dismissed)
		begin_handshake(c);
	else
		run(c, slice_from(NULL, 0));
}

static void
read_some(struct conn *c)
{
	bool peek = c->proxy && c->socket;
	ssize_t n = receive(c, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));

	if (n > 0 && c->proxy)
		read_header(c, (size_t)n);
	else if (n > 0)
		run_input(c, slice_from(c->all->input, (size_t)n));
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		conn_close(c);
}

static void
turn(void *owner)
{
	struct conn *c = owner;
	bool arriving = c->arrival;

	if (c->shaking) {
		shake(c);
		return;
	}
	if (arriving) go_in(c);
	if (!arriving && c->unwatched && wants_input(c))
		read_some(c);
	else
		run(c, slice_from(c->input, c->input_len));
}

static void
ready(void *owner, uint32_t events)
{
	struct conn *c = owner;
	struct loop *loop = c->all->loop;

	if (c->shaking) {
		shake(c);
	} else if (output_is_behind(&c->output) &&
	    events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
		if (!output_go_on(&c->output))
			conn_close(c);
		else if (!output_is_behind(&c->output))
			turn(c);
	} else if (c->watch.events & EPOLLIN) {
		read_some(c);
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		/* reported even when not asked for; a message that is with
		 * queue still has its end to be logged */
		loop_forget(loop, &c->watch);
		c->unwatched = true;
	}
}

static void
due(void *owner)
{
	struct conn *c = owner;
	int64_t now = c->all->loop->now_ms;

	if (c->shaking) {
		handshake_failed(c, "it took too long");
		return;
	}
	if (c->arrival) {
		turn(c);
		return;
	}
	if (output_is_behind(&c->output) || c->lingering) {
		conn_close(c);
		return;
	}
	session_dismiss(&c->session, c->proxy ? REPLY_NO_HEADER
	    : now >= c->until_ms ||
	    (c->mail_until_ms && now >= c->mail_until_ms)
	    ? REPLY_TOO_LONG : REPLY_IDLE);
	run(c, slice_from(NULL, 0));
}

/* Beginning and end */

static void
begin(struct conn *c)
{
	struct loop *loop = c->all->loop;

	if (c->proxy) {
		loop_arm(loop, &c->deadline, loop->now_ms + CONN_HEADER_MS);
		loop_want(loop, &c->watch, EPOLLIN);
	} else if (c->secure) {
		begin_handshake(c);
	} else {
		arrive(c, false);
		run(c, slice_from(NULL, 0));
	}
}

/* Nobody listens on the way. */
static bool
is_loopback(char const *client)
{
	unsigned char octet[NETADDR_OCTETS];
	static unsigned char const ip6[NETADDR_OCTETS] = { [15] = 1 };

	return netaddr_ip(octet, slice_of(client)) &&
	    (netaddr_is_ip4(octet) ? octet[12] == 127
	    : !memcmp(octet, ip6, sizeof ip6));
}

bool
conn_open(struct conns *all, int in, int out, char const *client,
    bool secure)
{
	struct conn *c = malloc(sizeof *c);
	int e;

	if (!c) goto undo;
	*c = (struct conn){ .all = all, .in = in,
		.output = { .fd = out, .socket = in == out },
		.watch = { .fd = -1, .ready = ready, .owner = c },
		.deadline = { .due = due, .owner = c },
		.turn = { .run = turn, .owner = c },
		.number = ++all->served,
		.socket = in == out, .secure = secure,
		.terminal = in != out && isatty(in) };
	c->transaction = (struct transaction){ .session = &c->session,
		.routes = all->routes, .access = all->access,
		.pool = &all->pool, .checker = &all->checker,
		.failures = &all->failures, .tallies = &all->tallies,
		.client = c->client, .moved = moved, .may_secure = may_secure,
		.wake = wake,
		.owner = c };
	c->until_ms = after(c, all->times.session);
	c->client[0] = '\0';
	strncat(c->client, client, sizeof c->client - 1);
	/* epoll has no use for files: they can always be read */
	if (!loop_watch(all->loop, &c->watch, in, 0)) {
		if (errno != EPERM) goto undo;
		c->unwatched = true;
	}
	if (entrance_awaits_header(&all->entrance, &c->transaction)) {
		c->proxy = calloc(1, sizeof *c->proxy);
		if (!c->proxy) goto undo_watch;
	}
	session_init(&c->session, &all->rules);
	c->session.auth_in_clear = all->auth_clear && is_loopback(client);
	c->session.offers_tls = c->socket && all->starttls &&
	    all->tls->context;
	c->next = all->first;
	c->at = &all->first;
	if (c->next) c->next->at = &c->next;
	all->first = c;
	all->n++;
	if (all->verbose)
		log_event("connect", LOG_SLICE("client", client_name(c)));
	begin(c);
	return true;
undo_watch:
	loop_forget(all->loop, &c->watch);
undo:
	e = errno;
	free(c);
	close(in);
	if (out != in) close(out);
	errno = e;
	return false;
}

void
conns_end(struct conns *all)
{
	struct conn *c;

	all->ending = true;
	for (c = all->first; c; c = c->next)
		loop_later(all->loop, &c->turn);
	if (!all->first && all->ended) all->ended(all->owner);
}

void
conns_close(struct conns *all)
{
	all->ended = NULL;
	while (all->first)
		conn_close(all->first);
	free(all->input);
	free(all->typed);
	free(all->replies);
	free(all->rules.text.store);
}
