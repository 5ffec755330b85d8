/* SPDX-License-Identifier: ISC */
/* Leads one message from host to host until one has decided; never speaks
 * itself. */
#include <errno.h>
#include <stdio.h>
#include "remote/hosts.h"

static bool
has_another(struct job const *j)
{
	size_t i;

	if (j->reused) return true;
	if (!j->places || j->late || j->calls >= JOB_CALLS_MAX) return false;
	for (i = 0; i < j->places->n; i++)
		if (!j->places->at[i].done) return true;
	return false;
}

static void
keep_words(struct job *j, struct client_result const *c)
{
	snprintf(j->status, sizeof j->status, "%s", c->status);
	snprintf(j->words, sizeof j->words, "%.*s", (int)c->words.len,
	    c->words.s);
}

/* What one host said about itself is kept until the last has been asked, what
 * it said about its connection until that ends. */
static void
took_result(void *owner, struct client_result const *c, bool ours)
{
	struct job *j = owner;

	if (c->login) token_forget(&j->remote->token);
	if (c->again || (c->host && !ours && has_another(j))) {
		j->another |= c->host;
		j->again |= c->again;
		keep_words(j, c);
	} else {
		job_tell(j, c, ours);
	}
}

/* For those whom the last connection to this host had no room for. */
static void
call_again(struct job *j, bool progress)
{
	j->again = false;
	if (!progress || j->late) {
		job_end_all(j, VERDICT_TEMP, j->status, j->words);
	} else if (!j->place) {
		job_begin(j);
	} else {
		j->place->done = false;
		hosts_call(j, j->place);
	}
}

static void
conn_ended(void *owner, bool insecure)
{
	struct job *j = owner;
	bool reused = j->reused, progress = j->progress;

	j->conn = NULL;
	j->reused = j->progress = false;
	if (insecure) {
		/* the same one again; that it is clear then keeps this from
		 * happening twice */
		j->clear = true;
		j->place->done = false;
		hosts_call(j, j->place);
	} else if (j->another) {
		j->another = j->again = false;
		/* a connection that had gone stale says nothing of its host */
		if (reused)
			job_begin(j);
		else
			hosts_call(j, NULL);
	} else if (j->again) {
		call_again(j, progress);
	} else {
		job_end(j);
	}
}

struct conn_user
hosts_user(struct job *j)
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
		hosts_call(j, NULL);
	} else if (is_shortage(error)) {
		job_fall_short(j, "cannot connect", error);
	} else if (*j->words) {
		/* a host before said more than that nobody answers */
		job_end_all(j, VERDICT_TEMP, j->status, j->words);
	} else {
		snprintf(words, sizeof words, "cannot connect: %s",
		    strerror(error));
		job_end_all(j, VERDICT_TEMP, "4.4.1", words);
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
	user = hosts_user(j);
	user.order.clear_login = j->remote->clear_login ||
	    !place || remote_is_loopback(&place->address);
	j->conn = conn_open(j->remote, &j->target, fd, name_of(j), j->where,
	    j->clear, &user);
	j->clear = false;
	if (!j->conn) job_fall_short(j, "cannot connect", ENOMEM);
}

void
hosts_call(struct job *j, struct candidate *only)
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
