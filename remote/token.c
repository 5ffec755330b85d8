/* SPDX-License-Identifier: ISC */
/* Asks the helper for tokens and keeps the last; runs nothing itself. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "common/helper.h"
#include "remote/token.h"
#include "remote/tokenrun.h"

static void
tell_all(struct token *t, char const *why)
{
	struct token_wait *w;

	while ((w = t->waiting)) {
		token_cancel(w);
		w->done(w->owner, why);
	}
}

/* The token, or why there is none. */
static void
take(struct token *t, struct tokenrun_answer *a)
{
	a->why[TOKEN_WHY_MAX] = a->secret[LOGIN_SECRET_MAX] = '\0';
	if (*a->why || !*a->secret || a->good_s > TOKEN_GOOD_MAX_S) {
		tell_all(t, *a->why ? a->why : "no token");
		return;
	}
	memcpy(t->login->secret, a->secret, sizeof a->secret);
	t->good_until_ms = t->loop->now_ms + a->good_s * INT64_C(1000);
	tell_all(t, NULL);
}

static void
ready(void *owner, uint32_t events)
{
	struct token *t = owner;
	struct tokenrun_answer a;
	ssize_t got;
	int fd;

	(void)events;
	got = helper_receive(t->watch.fd, &a, sizeof a, &fd);
	if (got == -1 && errno == EAGAIN) return;
	if (fd != -1) close(fd);
	if (got != sizeof a || fd != -1 || !t->asked) {
		t->lost();
		return;
	}
	t->asked = false;
	take(t, &a);
	explicit_bzero(&a, sizeof a);
}

bool
token_open(struct token *t, struct loop *loop, struct jail const *jail,
    char const *command, int wait_ms, struct login *login, void (*lost)(void))
{
	struct tokenrun run = { .command = command, .wait_ms = wait_ms,
		.outside = *jail };
	int fd;

	run.outside.root = NULL;
	*t = (struct token){ .loop = loop, .login = login, .lost = lost,
		.watch = { .fd = -1, .ready = ready, .owner = t } };
	fd = helper_fork("remote-token", tokenrun_serve, &run);
	return fd != -1 && loop_watch(loop, &t->watch, fd, EPOLLIN);
}

bool
token_is_needed(struct token const *t)
{
	return t->login && t->loop->now_ms >= t->good_until_ms;
}

void
token_want(struct token *t, struct token_wait *w)
{
	w->next = t->waiting;
	w->at = &t->waiting;
	if (w->next) w->next->at = &w->next;
	t->waiting = w;
	if (t->asked) return;
	t->asked = helper_send(t->watch.fd, "", 1, -1);
	if (!t->asked) t->lost();
}

void
token_cancel(struct token_wait *w)
{
	if (!w->at) return;
	*w->at = w->next;
	if (w->next) w->next->at = w->at;
	w->at = NULL;
}

void
token_forget(struct token *t)
{
	t->good_until_ms = 0;
}
