/* SPDX-License-Identifier: ISC */
/* Leads one message from host to host until one has decided; never speaks
 * itself. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "remote/job.h"

static void call(struct job *j, struct candidate *only);

/* Results */

static void
tell(struct job *j, struct client_result const *c, bool ours)
{
	struct job_result r = { .client = c, .where = slice_of(j->where),
		.ours = ours };

	if (j->told[c->rcpt]) return;
	j->told[c->rcpt] = true;
	j->result(j->owner, &r);
}

static void
end(struct job *j)
{
	loop_disarm(j->remote->loop, &j->deadline);
	free(j->places);
	j->places = NULL;
	close(j->message);
	j->ended(j->owner);
}

/* The same for all who have no result, and the end. */
static void
end_all(struct job *j, enum verdict verdict, char const *status,
    char const *words)
{
	struct client_result c = { .verdict = verdict,
		.words = slice_of(words) };

	snprintf(c.status, sizeof c.status, "%s", status);
	for (c.rcpt = 0; c.rcpt < j->order.rcpts; c.rcpt++)
		tell(j, &c, j->ours);
	end(j);
}

static void
fall_short(struct job *j, char const *what, int error)
{
	char words[128];

	j->ours = true;
	snprintf(words, sizeof words, "%s: %s", what, strerror(error));
	end_all(j, VERDICT_TEMP, "4.3.0", words);
}

/* One host */

static bool
has_another(struct job const *j)
{
	size_t i;

	if (j->reused) return true;
	if (!j->places || j->calls >= JOB_CALLS_MAX) return false;
	for (i = 0; i < j->places->n; i++)
		if (!j->places->at[i].done) return true;
	return false;
}

/* What one host said about itself is kept until the last has been asked. */
static void
took_result(void *owner, struct client_result const *c, bool ours)
{
	struct job *j = owner;

	if (c->login) token_forget(&j->remote->token);
	if (!c->host || ours || !has_another(j)) {
		tell(j, c, ours);
		return;
	}
	j->another = true;
	snprintf(j->status, sizeof j->status, "%s", c->status);
	snprintf(j->words, sizeof j->words, "%.*s", (int)c->words.len,
	    c->words.s);
}

static void begin(void *owner);

static void
conn_ended(void *owner, bool insecure)
{
	struct job *j = owner;
	bool reused = j->reused;

	j->conn = NULL;
	j->reused = false;
	if (insecure) {
		/* the same one again; that it is clear then keeps this from
		 * happening twice */
		j->clear = true;
		j->place->done = false;
		call(j, j->place);
	} else if (!j->another) {
		end(j);
	} else {
		j->another = false;
		/* a connection that had gone stale says nothing of its host */
		if (reused)
			begin(j);
		else
			call(j, NULL);
	}
}

static struct conn_user
user_of(struct job *j)
{
	return (struct conn_user){ .id = &j->id, .message = j->message,
		.order = j->order, .result = took_result, .ended = conn_ended,
		.owner = j };
}

static char const *
name_of(struct job const *j)
{
	return j->place ? j->places->mx.host[j->place->host].name :
	    j->target.host;
}

static void
set_where(struct job *j)
{
	char address[NETADDR_TEXT_MAX + 1];

	if (!j->place) return;
	netaddr_ip_format(address, j->place->address.octet);
	snprintf(j->where, sizeof j->where, "%s[%s]:%u", name_of(j), address,
	    j->target.port);
}

/* Calling */

static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	    error == ENOBUFS || error == ENOSPC || error == EADDRNOTAVAIL;
}

static void
unanswered(struct job *j, int error)
{
	char words[128];

	if (j->clear && has_another(j)) {
		j->clear = false;
		call(j, NULL);
	} else if (is_shortage(error)) {
		fall_short(j, "cannot connect", error);
	} else if (*j->words) {
		/* a host before said more than that nobody answers */
		end_all(j, VERDICT_TEMP, j->status, j->words);
	} else {
		snprintf(words, sizeof words, "cannot connect: %s",
		    strerror(error));
		end_all(j, VERDICT_TEMP, "4.4.1", words);
	}
}

static void
dialled(void *owner, int fd, struct candidate *place, int error)
{
	struct job *j = owner;
	struct conn_user user;

	if (fd == -1) {
		unanswered(j, error);
		return;
	}
	j->place = place;
	if (place) place->done = true;
	if (!j->clear) j->calls++;
	set_where(j);
	user = user_of(j);
	user.order.clear_login = j->remote->clear_login ||
	    !place || remote_is_loopback(&place->address);
	j->conn = conn_open(j->remote, &j->target, fd, name_of(j), j->where,
	    j->clear, &user);
	j->clear = false;
	if (!j->conn) fall_short(j, "cannot connect", ENOMEM);
}

static void
call(struct job *j, struct candidate *only)
{
	struct remote *r = j->remote;

	j->dial = (struct dial){ .loop = r->loop, .places = j->places,
		.only = only, .path = j->target.port ? NULL : j->target.host,
		.port = j->target.port, .source = r->source,
		.has_source = r->has_source,
		.wait_ms = DIAL_WAIT_MS / r->hurry, .done = dialled,
		.owner = j };
	dial_start(&j->dial);
}

static void
found(void *owner, struct found const *f)
{
	struct job *j = owner;

	j->find = NULL;
	j->places = f->places;
	if (j->places) {
		call(j, NULL);
		return;
	}
	j->ours = f->ours;
	end_all(j, f->verdict, f->status, f->words);
}

static void
reach(struct job *j)
{
	if (!j->target.port) {
		call(j, NULL);
	} else {
		j->find = find_start(j->remote, &j->target, found, j);
		if (!j->find) fall_short(j, "cannot look up", ENOMEM);
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
	end_all(j, VERDICT_TEMP, "4.7.0", words);
}

static void
begin(void *owner)
{
	struct job *j = owner;
	struct conn_user user;

	if (!*j->target.host) {
		end_all(j, VERDICT_TEMP, "4.3.5", j->why);
		return;
	}
	j->conn = pool_take(&j->remote->pool, &j->target);
	if (j->conn) {
		j->reused = true;
		memcpy(j->where, j->conn->where, sizeof j->where);
		user = user_of(j);
		user.order.clear_login = true;
		conn_reuse(j->conn, &user);
	} else if (j->target.login && token_is_needed(&j->remote->token)) {
		token_want(&j->remote->token, &j->token);
	} else {
		reach(j);
	}
}

/* From outside */

static void
deadline_due(void *owner)
{
	struct job *j = owner;
	char const *const reason = "the time for a delivery was up";

	if (j->conn) {
		/* no other host is asked */
		j->reused = false;
		j->calls = JOB_CALLS_MAX;
		conn_lose(j->conn, reason);
		return;
	}
	token_cancel(&j->token);
	if (j->find) find_cancel(j->find);
	j->find = NULL;
	dial_cancel(&j->dial);
	end_all(j, VERDICT_TEMP, "4.4.7", reason);
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
	j->chore = (struct chore){ .run = begin, .owner = j };
	j->calls = 0;
	j->reused = j->clear = j->another = j->ours = false;
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
