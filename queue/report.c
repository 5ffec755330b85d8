/* SPDX-License-Identifier: ISC */
/* Turns a report into one commit; composes none and decides about none. */
#include <errno.h>
#include <stdlib.h>
#include "common/clock.h"
#include "common/log.h"
#include "common/received.h"
#include "queue/handout.h"
#include "queue/report.h"

_Static_assert(HANDOVER_REPORT_MAX + RECEIVED_MAX <= RECORD_BODY_MAX,
    "a report fits into the journal");

/* A report on its way into the journal. */
struct pending {
	struct handout *h;
	uint64_t connection;		/* that asked for it */
	struct traceid of;
	struct message *message;	/* NULL: nobody is told */
	struct journal_unit unit;
	uint8_t warning;
	uint32_t n;
	uint32_t rcpt[];
};

void
report_forget(struct report *r)
{
	stralloc_free(&r->to);
	stralloc_free(&r->text);
	stralloc_free(&r->rcpts);
	*r = (struct report){ .open = false };
}

bool
report_begin(struct report *r, struct handover_report const *frame)
{
	struct addr a;

	if (r->open || (frame->to.len && !addr_parse(&a, frame->to)))
		return false;
	*r = (struct report){ .open = true, .of = frame->of, .id = frame->id,
	    .eightbit = frame->eightbit, .utf8 = frame->utf8,
	    .warning = frame->warning };
	return stralloc_catb(&r->to, frame->to.s, frame->to.len);
}

bool
report_mark(struct report *r, struct handover_reported const *frame)
{
	if (!r->open || r->n == SUBMIT_RCPTS_MAX) return false;
	r->n++;
	return stralloc_catb(&r->rcpts, (char const *)&frame->rcpt,
	    sizeof frame->rcpt);
}

bool
report_text(struct report *r, struct handover_report_text const *frame)
{
	if (!r->open || frame->octets.len > HANDOVER_REPORT_MAX - r->text.len)
		return false;
	return stralloc_catb(&r->text, frame->octets.s, frame->octets.len);
}

static void
acknowledge(struct handout *h, struct traceid const *of, bool done)
{
	peer_send(&h->peer, &handover_report_ack_form,
	    &(struct handover_report_ack){ .of = *of, .done = done }, -1);
}

static struct record_reported
mark(struct pending const *p, uint32_t i)
{
	return (struct record_reported){ .id = p->of, .rcpt = p->rcpt[i],
	    .warning = p->warning };
}

static void
committed(void *owner, bool fine)
{
	struct pending *p = owner;
	struct handout *h = p->h;
	struct message *m = p->message, *of = state_find(h->state, &p->of);
	bool unfinished = true;
	uint32_t i;

	if (of) {
		of->pending--;
		of->reporting = false;
	}
	if (fine && m) {
		m->segment = p->unit.segment;
		m->offset = p->unit.offset;
		state_commit(h->state, m);
		journal_live(h->journal, m->segment, m->unit);
		counts_add(h->counts, COUNTED_REPORTS, h->loop->now_ms);
		handout_arrived(h, m);
	} else if (m) {
		state_forget(h->state, m);
	}
	for (i = 0; fine && of && i < p->n; i++) {
		struct record_reported r = mark(p, i);

		unfinished = state_reported(of, &r);
	}
	if (!unfinished) handout_finished(h, of);
	if (handout_is_on(h, p->connection)) acknowledge(h, &p->of, fine);
	free(p);
}

/* The message of the report: MESSAGE, RCPT, BODY. Its trace line is ours. */
static bool
add_message(struct report *r, struct handout *h, struct message *m)
{
	uint64_t now_s = (uint64_t)clock_wall_ms() / 1000;
	char text[RECORD_BODY_MAX];
	size_t received = received_compose(text,
	    &(struct submit_open){ .id = r->id }, -1, h->hostname,
	    (int64_t)now_s);
	struct record_message message = { .id = r->id, .arrived_s = now_s,
	    .size = received + r->text.len, .rcpts = 1,
	    .eightbit = r->eightbit, .utf8 = r->utf8, .uid = COMMAND_NOBODY };
	struct record_rcpt rcpt = { .address = slice_from(r->to.s,
	    r->to.len) };
	struct record_body body = { .octets = slice_from(text,
	    message.size) };

	memcpy(text + received, r->text.s, r->text.len);
	if (!journal_add(h->journal, &record_message_form, &message, false) ||
	    !journal_add(h->journal, &record_rcpt_form, &rcpt, false))
		return false;
	m->envelope = (uint32_t)journal_begun(h->journal);
	if (!journal_add(h->journal, &record_body_form, &body, false))
		return false;
	m->unit = (uint32_t)journal_begun(h->journal);
	return true;
}

static bool
add_marks(struct pending const *p)
{
	uint32_t i;

	for (i = 0; i < p->n; i++) {
		struct record_reported r = mark(p, i);

		if (!journal_add(p->h->journal, &record_reported_form, &r,
		    i + 1 == p->n))
			return false;
	}
	return true;
}

static bool
append(struct report *r, struct handout *h)
{
	struct pending *p = calloc(1, sizeof *p + r->rcpts.len);
	struct message *of = state_find(h->state, &r->of);

	if (!p) return false;
	p->h = h;
	p->connection = h->connection;
	p->of = r->of;
	p->warning = r->warning;
	p->n = r->n;
	memcpy(p->rcpt, r->rcpts.s, r->rcpts.len);
	if (r->to.len) {
		p->message = message_make(&r->id, 1);
		if (!p->message || !state_insert(h->state, p->message)) {
			message_free(p->message);
			free(p);
			return false;
		}
	}
	journal_begin(h->journal, JOURNAL_MAIL);
	if ((p->message && !add_message(r, h, p->message)) || !add_marks(p)) {
		journal_abandon(h->journal);
		if (p->message) state_forget(h->state, p->message);
		free(p);
		return false;
	}
	if (of) {
		of->pending++;
		of->reporting = true;
	}
	p->unit = (struct journal_unit){ .committed = committed, .owner = p,
	    .about = of ? journal_about(h->journal, of->segment) : 0 };
	journal_end(h->journal, &p->unit);
	log_event("report", LOG_ID(&r->id),
	    LOG_SLICE("to", slice_from(r->to.s, r->to.len)),
	    LOG_NUMBER("rcpts", r->n));
	return true;
}

static bool
waits_for(struct report const *r, struct rcpt const *rcpt)
{
	return r->warning ? rcpt->state == RCPT_OPEN && !rcpt->warned :
	    state_is_owed(rcpt);
}

/* Some recipient still waits for it: the mail has not been deleted meanwhile,
 * nor was the same report committed on the connection before, and only its
 * acknowledgement lost. */
static bool
is_wanted(struct report const *r, struct state const *s)
{
	struct message const *of = state_find(s, &r->of);
	uint32_t i, rcpt;

	for (i = 0; of && i < r->n; i++) {
		memcpy(&rcpt, r->rcpts.s + i * sizeof rcpt, sizeof rcpt);
		if (rcpt < of->rcpts && waits_for(r, &of->rcpt[rcpt]))
			return true;
	}
	return false;
}

/* Not now: it is held, a send before this one asked for the same, or a unit
 * that doesn't know the marks might come to lie behind them. */
static bool
must_wait(struct report const *r, struct state const *s)
{
	struct message const *of = state_find(s, &r->of);

	return of && (of->held || of->reporting || of->replacing);
}

bool
report_end(struct report *r, struct handover_report_end const *frame,
    struct handout *h)
{
	bool fine = r->open && r->n && frame->rcpts == r->n &&
	    frame->size == r->text.len;

	if (fine && must_wait(r, h->state))
		acknowledge(h, &r->of, false);
	else if (fine && is_wanted(r, h->state))
		fine = append(r, h);
	else if (fine)
		acknowledge(h, &r->of, true);
	report_forget(r);
	return fine;
}
