/* SPDX-License-Identifier: ISC */
/* Keeps what is owed in order; writes no report. */
#include <stdlib.h>
#include "send/owed.h"
#include "send/rcpt.h"

bool
owed_is_wanted(struct sched_mail const *m, struct sched_rcpt const *r,
    enum outcome outcome)
{
	static uint8_t const asks[OUTCOMES] = {
		[OUTCOME_DELIVERED] = 0,
		[OUTCOME_DEFERRED] = NOTIFY_DELAY,
		[OUTCOME_FAILED] = NOTIFY_FAILURE,
		[OUTCOME_CONFIRMED] = NOTIFY_SUCCESS,
		[OUTCOME_RELAYED] = NOTIFY_SUCCESS,
		[OUTCOME_EXPANDED] = NOTIFY_SUCCESS,
	};
	bool unasked = outcome == OUTCOME_FAILED || outcome == OUTCOME_DEFERRED;

	/* only what fails is told of mail without a sender: to somebody else */
	if (!mail_sender(m).len && outcome != OUTCOME_FAILED) return false;
	if (r->notify == NOTIFY_UNSAID) return unasked;
	return (r->notify & asks[outcome]) != 0;
}

/* A copy at this place, which is moved behind it. */
static struct slice
keep(char **at, struct slice text)
{
	struct slice kept = slice_from(*at, text.len);

	if (text.len) memcpy(*at, text.s, text.len);
	*at += text.len;
	return kept;
}

void
owed_add(struct sched_mail *m, uint32_t rcpt, enum outcome outcome,
    struct slice status, struct slice where, struct slice words)
{
	struct sched_owed *o = malloc(sizeof *o + status.len + where.len +
	    words.len);
	char *at;

	if (!o) {
		o = malloc(sizeof *o);
		if (!o) return; /* told of after the next start */
		status.len = where.len = words.len = 0;
	}
	at = o->text;
	*o = (struct sched_owed){ .next = m->owed, .rcpt = rcpt,
	    .outcome = (uint8_t)outcome };
	o->status = keep(&at, status);
	o->where = keep(&at, where);
	o->words = keep(&at, words);
	m->owed = o;
}

void
owed_remove(struct sched_mail *m, uint32_t rcpt)
{
	struct sched_owed **at = &m->owed, *o;

	while ((o = *at)) {
		if (o->rcpt != rcpt) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		free(o);
	}
}

void
owed_free_all(struct sched_mail *m)
{
	while (m->owed) {
		struct sched_owed *o = m->owed;

		m->owed = o->next;
		free(o);
	}
}

void
owed_list(struct sched *s, struct sched_mail *m)
{
	if (m->busy || !m->owed || m->owing || m->reporting || m->dropped)
		return;
	m->owing = true;
	m->next_owing = NULL;
	*s->owing_end = m;
	s->owing_end = &m->next_owing;
}

void
owed_unlist(struct sched *s, struct sched_mail *m)
{
	struct sched_mail **at = &s->owing;

	if (!m->owing) return;
	while (*at != m)
		at = &(*at)->next_owing;
	*at = m->next_owing;
	if (!*at) s->owing_end = at;
	m->owing = false;
}

void
owed_unlist_all(struct sched *s)
{
	for (; s->owing; s->owing = s->owing->next_owing)
		s->owing->owing = false;
	s->owing_end = &s->owing;
}

/* What has come to an end since is not late any more. True when somebody is. */
static bool
drop_stale(struct sched_mail *m)
{
	struct sched_owed **at = &m->owed, *o;
	bool late = false;

	while ((o = *at)) {
		struct sched_rcpt const *r = mail_find(m, o->rcpt);

		if (o->outcome != OUTCOME_DEFERRED ||
		    (r && r->stands == RCPT_WAITS)) {
			late |= o->outcome == OUTCOME_DEFERRED;
			at = &o->next;
			continue;
		}
		*at = o->next;
		free(o);
	}
	return late;
}

/* One warning tells of all of a mail that wait, rather than one for each as its
 * next try fails; what the others' last tries said isn't kept here. */
static void
add_late(struct sched_mail *m)
{
	uint32_t i;

	for (i = 0; i < m->rcpts; i++) {
		struct sched_rcpt *r = &m->rcpt[i];

		if (r->stands != RCPT_WAITS || r->attempt < 2 || r->warned ||
		    !owed_is_wanted(m, r, OUTCOME_DEFERRED))
			continue;
		r->warned = true;
		owed_add(m, r->n, OUTCOME_DEFERRED, SLICE(""), SLICE(""),
		    SLICE(""));
	}
}

struct sched_mail *
owed_next(struct sched *s)
{
	struct sched_mail *m;

	if (s->reports == OWED_REPORTS_MAX) return NULL;
	while ((m = s->owing)) {
		s->owing = m->next_owing;
		if (!s->owing) s->owing_end = &s->owing;
		m->owing = false;
		if (m->busy) continue; /* it is listed again at rest */
		if (drop_stale(m)) add_late(m);
		if (m->owed) break;
	}
	if (!m) return NULL;
	m->reporting = true;
	m->next_owing = s->reporting;
	s->reporting = m;
	s->reports++;
	return m;
}

/* The mail whose report is under way, which it is no longer. */
static struct sched_mail *
take_reporting(struct sched *s, struct traceid const *id)
{
	struct sched_mail **in, *m = sched_find(s, id);

	if (!m || !m->reporting) return NULL;
	for (in = &s->reporting; *in != m; in = &(*in)->next_owing)
		;
	*in = m->next_owing;
	s->reports--;
	m->reporting = false;
	return m;
}

static void
owe_again(struct sched_mail *m)
{
	struct sched_owed *o;

	m->reporting = false;
	for (o = m->owed; o; o = o->next)
		o->reported = false;
}

bool
owed_put_off(struct sched *s, struct traceid const *id, int64_t at_ms)
{
	struct sched_mail *m = take_reporting(s, id);

	if (!m) return false;
	owe_again(m);
	if (!m->dropped && (!m->due.in || at_ms < m->due.key))
		heap_insert(&s->waiting, &m->due, at_ms);
	sched_settle(s, m);
	return true;
}

static void
is_told(struct sched *s, struct sched_mail *m, struct sched_owed const *o)
{
	struct sched_rcpt *r = mail_find(m, o->rcpt);

	/* who is late goes on waiting */
	if (o->outcome == OUTCOME_DEFERRED || !r || r->stands != RCPT_OWED)
		return;
	m->unfinished--;
	rcpt_stand(s, m, r, RCPT_DONE);
}

/* What became owed while the report was on its way waits for the next one. */
bool
owed_reported(struct sched *s, struct traceid const *id)
{
	struct sched_mail *m = take_reporting(s, id);
	struct sched_owed **at, *o;

	if (!m) return false;
	m->reporting = true; /* it is not listed in the middle of this */
	for (at = &m->owed; (o = *at);) {
		if (!o->reported) {
			at = &o->next;
			continue;
		}
		*at = o->next;
		is_told(s, m, o);
		free(o);
	}
	m->reporting = false;
	owed_list(s, m);
	sched_settle(s, m);
	return true;
}

void
owed_lost(struct sched *s)
{
	struct sched_mail *m;

	while ((m = s->reporting)) {
		s->reporting = m->next_owing;
		s->reports--;
		owe_again(m);
		owed_list(s, m);
		sched_settle(s, m);
	}
}
