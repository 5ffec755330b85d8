/* SPDX-License-Identifier: ISC */
/* Collects an announcement, then keeps it or merges it with what is known. */
#include <stdlib.h>
#include "send/announce.h"
#include "send/owed.h"
#include "send/rcpt.h"
#include "send/work.h"

/* Dates beyond this one have no form in mail: the end of the year 9999. */
static uint64_t const LAST_S = 253402300799;

/* The mail that is being announced; its memory serves for the next one. */
struct announcement {
	struct sched_mail mail;	/* without a body */
	struct sched_rcpt *rcpt;
	uint32_t room;
	stralloc text;
	bool open;
};

void
announce_forget(struct sched *s)
{
	if (!s->coming) return;
	owed_free_all(&s->coming->mail);
	s->coming->open = false;
}

void
announce_free(struct sched *s)
{
	if (!s->coming) return;
	announce_forget(s);
	free(s->coming->rcpt);
	stralloc_free(&s->coming->text);
	free(s->coming);
	s->coming = NULL;
}

static bool
add_text(struct announcement *c, struct slice text)
{
	if (slice_find(text, '\0') < text.len) return false;
	if (c->text.len > UINT32_MAX / 4) return false;
	return stralloc_catb(&c->text, text.s, text.len) &&
	    stralloc_0(&c->text);
}

bool
announce_mail(struct sched *s, struct handover_mail const *mail, uint64_t age_s,
    int64_t now_ms)
{
	struct announcement *c = s->coming;

	if (!c) c = s->coming = calloc(1, sizeof *c);
	if (!c) return false;
	announce_forget(s);
	c->mail = (struct sched_mail){ .size = mail->size,
	    .arrived_s = mail->arrived_s < LAST_S ? mail->arrived_s : LAST_S,
	    .eightbit = mail->eightbit,
	    .utf8 = mail->utf8, .fresh = mail->fresh,
	    .since_ms = now_ms - (int64_t)age_s * 1000 };
	c->mail.by.id = mail->id;
	c->text.len = 0;
	c->open = true;
	if (!add_text(c, mail->sender)) return false;
	c->mail.groups = (uint32_t)c->text.len;
	return add_text(c, mail->groups);
}

static struct sched_rcpt *
next_room(struct announcement *c)
{
	uint32_t room = c->room ? 2 * c->room : 16;
	struct sched_rcpt *larger;

	if (c->mail.rcpts == SUBMIT_RCPTS_MAX) return NULL;
	if (c->mail.rcpts == c->room) {
		larger = realloc(c->rcpt, room * sizeof *larger);
		if (!larger) return NULL;
		c->rcpt = larger;
		c->room = room;
	}
	return &c->rcpt[c->mail.rcpts++];
}

/* A wait that a clock made longer than the schedule has any is cut. */
static int64_t
wait_ms(uint32_t wait_s)
{
	return 1000LL * (wait_s < RCPT_WAIT_MAX_S ? wait_s : RCPT_WAIT_MAX_S);
}

bool
announce_rcpt(struct sched *s, struct handover_rcpt const *rcpt, int64_t now_ms)
{
	struct announcement *c = s->coming;
	struct sched_mail *m = c ? &c->mail : NULL;
	struct sched_rcpt *r;

	if (!c || !c->open || !traceid_eq(&m->by.id, &rcpt->id)) return false;
	if (rcpt->owed == OUTCOME_DEFERRED) return false;
	if (m->rcpts && rcpt->rcpt <= c->rcpt[m->rcpts - 1].n) return false;
	r = next_room(c);
	if (!r) return false;
	*r = (struct sched_rcpt){ .n = rcpt->rcpt, .attempt = rcpt->attempt,
	    .due_ms = now_ms + wait_ms(rcpt->wait_s), .notify = rcpt->notify,
	    .action = rcpt->action < RCPT_ACTION_MAX ?
	    (uint16_t)rcpt->action : RCPT_ACTION_MAX, .next = RCPT_NONE,
	    .address = (uint32_t)c->text.len, .warned = rcpt->warned,
	    .maybe = !m->fresh, .orcpt = rcpt->orcpt.len != 0 };
	if (rcpt->owed) {
		r->stands = RCPT_OWED;
		owed_add(m, r->n, rcpt->owed, rcpt->status, rcpt->where,
		    rcpt->words);
	}
	return add_text(c, rcpt->address) &&
	    (!r->orcpt || add_text(c, rcpt->orcpt));
}

/* Merging: what is ready, runs or is told goes on to its end, and the queue
 * hears of that. */

static void
finish(struct sched *s, struct sched_mail *m, struct sched_rcpt *r)
{
	if (r->stands == RCPT_OWED) owed_remove(m, r->n);
	m->unfinished--;
	rcpt_stand(s, m, r, RCPT_DONE);
}

/* It was finished here, and the queue has lost that. */
static void
reopen(struct sched *s, struct sched_mail *m, struct sched_rcpt *r)
{
	m->unfinished++;
	r->maybe = true;
	rcpt_stand(s, m, r, RCPT_WAITS);
}

/* An entry for each recipient that is owed a report now; those of which we
 * know it keep their own. */
static void
merge_owed(struct sched *s, struct sched_mail *m, struct announcement *c)
{
	struct sched_owed *o;

	while ((o = c->mail.owed)) {
		struct sched_rcpt *r = mail_find(m, o->rcpt);

		c->mail.owed = o->next;
		if (r && r->stands == RCPT_DONE) reopen(s, m, r);
		if (r && r->stands != RCPT_WAITS && r->stands != RCPT_EXPANDS) {
			free(o);
			continue;
		}
		o->next = m->owed;
		m->owed = o;
		if (r) rcpt_stand(s, m, r, RCPT_OWED);
	}
}

static void
confirm(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct sched_rcpt const *said)
{
	if (said->stands == RCPT_OWED) return;
	if (r->stands == RCPT_DONE) {
		reopen(s, m, r);
		r->due_ms = said->due_ms;
	}
	/* what was asked for was not needed */
	if (r->stands == RCPT_EXPANDS && !m->work->asked && !m->work->listed) {
		rcpt_stand(s, m, r, RCPT_WAITS);
		r->due_ms = said->due_ms;
	}
	if (r->stands != RCPT_WAITS) return;
	r->attempt = said->attempt;
	r->warned |= said->warned;
}

/* Those up to the last one that is known. */
static void
merge_known(struct sched *s, struct sched_mail *m,
    struct announcement const *c, uint32_t known)
{
	uint32_t i, at = 0;

	for (i = 0; i < m->rcpts; i++) {
		struct sched_rcpt *r = &m->rcpt[i];

		if (at < known && c->rcpt[at].n == r->n)
			confirm(s, m, r, &c->rcpt[at++]);
		else if (r->stands == RCPT_WAITS || r->stands == RCPT_EXPANDS ||
		    (r->stands == RCPT_OWED && !m->reporting))
			finish(s, m, r);
	}
}

/* Numbers only grow: what is new stands behind all that is known. */
static bool
merge_new(struct sched_mail *m, struct announcement *c, uint32_t known)
{
	uint32_t n = c->mail.rcpts - known, from, i;

	if (!n) return true;
	from = c->rcpt[known].address;
	for (i = known; i < c->mail.rcpts; i++) {
		c->rcpt[i].address -= from;
		c->rcpt[i].maybe = false; /* nobody else has tried it */
	}
	if (!mail_extend(m, c->rcpt + known, n, c->text.s + from,
	    (uint32_t)c->text.len - from))
		return false;
	m->unfinished += n;
	return true;
}

static bool
merge(struct sched *s, struct sched_mail *m, struct announcement *c)
{
	uint32_t known = 0;

	while (known < c->mail.rcpts && m->rcpts &&
	    c->rcpt[known].n <= m->rcpt[m->rcpts - 1].n)
		if (!mail_find(m, c->rcpt[known++].n)) return false;
	m->dropped = false;
	m->given_up |= c->mail.given_up;
	merge_known(s, m, c, known);
	if (!merge_new(m, c, known)) return false;
	merge_owed(s, m, c);
	rcpt_wait_all(s, m);
	owed_list(s, m);
	sched_settle(s, m);
	return true;
}

static bool
take_in(struct sched *s, struct announcement *c)
{
	struct sched_mail *m;

	if (!c->mail.rcpts) return true; /* nothing is open: nothing to do */
	c->mail.text_len = (uint32_t)c->text.len;
	c->mail.unfinished = c->mail.rcpts;
	m = mail_pack(&c->mail, c->rcpt, c->text.s);
	if (!m) return false;
	if (!idmap_insert(&s->map, &m->by)) {
		mail_free(m);
		return false;
	}
	c->mail.owed = NULL; /* the mail's from here on */
	rcpt_wait_all(s, m);
	owed_list(s, m);
	return true;
}

bool
announce_ready(struct sched *s, struct handover_ready const *ready)
{
	struct announcement *c = s->coming;
	struct sched_mail *known;
	bool fine;

	if (!c || !c->open || !traceid_eq(&c->mail.by.id, &ready->id) ||
	    c->mail.rcpts != ready->rcpts)
		return false;
	known = sched_find(s, &ready->id);
	fine = known ? merge(s, known, c) : take_in(s, c);
	announce_forget(s);
	return fine;
}

void
announce_given_up(struct sched *s, struct traceid const *id)
{
	struct announcement *c = s->coming;

	if (c && c->open && traceid_eq(&c->mail.by.id, id))
		c->mail.given_up = true;
}
