/* SPDX-License-Identifier: ISC */
/* The life of a job, from its first look-up to its last result; calls nobody
 * itself. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "remote/hosts.h"

void
job_tell(struct job *j, struct client_result const *c, bool ours)
{
	struct job_result r = { .client = c, .where = slice_of(j->where),
		.ours = ours };

	if (j->told[c->rcpt]) return;
	j->told[c->rcpt] = j->progress = true;
	j->result(j->owner, &r);
}

void
job_end(struct job *j)
{
	loop_disarm(j->remote->loop, &j->deadline);
	free(j->places);
	j->places = NULL;
	close(j->message);
	j->ended(j->owner);
}

void
job_end_all(struct job *j, enum verdict verdict, char const *status,
    char const *words)
{
	struct client_result c = { .verdict = verdict,
		.words = slice_of(words) };

	snprintf(c.status, sizeof c.status, "%s", status);
	for (c.rcpt = 0; c.rcpt < j->order.rcpts; c.rcpt++)
		job_tell(j, &c, j->ours);
	job_end(j);
}

void
job_fall_short(struct job *j, char const *what, int error)
{
	char words[128];

	j->ours = true;
	snprintf(words, sizeof words, "%s: %s", what, strerror(error));
	job_end_all(j, VERDICT_TEMP, "4.3.0", words);
}

static void
found(void *owner, struct found const *f)
{
	struct job *j = owner;

	j->find = NULL;
	j->places = f->places;
	if (j->places) {
		hosts_call(j, NULL);
		return;
	}
	j->ours = f->ours;
	job_end_all(j, f->verdict, f->status, f->words);
}

static void
reach(struct job *j)
{
	if (!j->target.port) {
		hosts_call(j, NULL);
	} else {
		j->find = find_start(j->remote, &j->target, found, j);
		if (!j->find) job_fall_short(j, "cannot look up", ENOMEM);
	}
}

static void
took_token(void *owner, char const *why)
{
	struct job *j = owner;
	char words[sizeof j->words];

	if (!why) {
		reach(j);
		return;
	}
	snprintf(words, sizeof words, "--token-command: %s", why);
	job_end_all(j, VERDICT_TEMP, "4.7.0", words);
}

void
job_begin(void *owner)
{
	struct job *j = owner;
	struct conn_user user;

	if (!*j->target.host) {
		job_end_all(j, VERDICT_TEMP, "4.3.5", j->why);
		return;
	}
	j->conn = pool_take(&j->remote->pool, &j->target);
	if (j->conn) {
		j->reused = true;
		memcpy(j->where, j->conn->where, sizeof j->where);
		user = hosts_user(j);
		user.order.clear_login = true;
		conn_reuse(j->conn, &user);
	} else if (j->target.login && token_is_needed(&j->remote->token)) {
		token_want(&j->remote->token, &j->token);
	} else {
		reach(j);
	}
}

static void
deadline_due(void *owner)
{
	struct job *j = owner;
	char const *const reason = "the time for a delivery was up";

	if (j->conn) {
		/* no other host is asked */
		j->reused = false;
		j->late = true;
		conn_lose(j->conn, reason);
		return;
	}
	token_cancel(&j->token);
	if (j->find) find_cancel(j->find);
	j->find = NULL;
	dial_cancel(&j->dial);
	job_end_all(j, VERDICT_TEMP, "4.4.7", reason);
}

bool
job_is_committed(struct job const *j)
{
	return j->conn && conn_is_committed(j->conn);
}

void
job_cancel(struct job *j)
{
	loop_not_later(j->remote->loop, &j->chore);
	loop_disarm(j->remote->loop, &j->deadline);
	token_cancel(&j->token);
	if (j->find) find_cancel(j->find);
	j->find = NULL;
	if (j->dial.loop) dial_cancel(&j->dial);
	if (j->conn) conn_drop(j->conn);
	j->conn = NULL;
	free(j->places);
	j->places = NULL;
	close(j->message);
}

void
job_start(struct job *j)
{
	struct remote *r = j->remote;

	j->token = (struct token_wait){ .done = took_token, .owner = j };
	j->find = NULL;
	j->places = NULL;
	j->place = NULL;
	j->conn = NULL;
	j->dial = (struct dial){ .loop = r->loop };
	j->deadline = (struct timer){ .due = deadline_due, .owner = j };
	j->chore = (struct chore){ .run = job_begin, .owner = j };
	j->calls = 0;
	j->reused = j->clear = j->another = j->ours = false;
	j->again = j->progress = j->late = false;
	j->order.told = j->told;
	memset(j->told, 0, sizeof j->told);
	*j->status = *j->words = '\0';
	if (j->target.port)
		snprintf(j->where, sizeof j->where, "%s:%u", j->target.host,
		    j->target.port);
	else
		snprintf(j->where, sizeof j->where, "%s", j->target.host);
	if (r->deadline_ms)
		loop_arm(r->loop, &j->deadline,
		    r->loop->now_ms + r->deadline_ms / r->hurry);
	loop_later(r->loop, &j->chore);
}
