/* SPDX-License-Identifier: ISC */
/* Units count whole, in their order; what a later one says replaces what an
 * earlier one said. */
#include <stdlib.h>
#include "queue/replay.h"

static void
out_of_memory(struct replay *p)
{
	p->out_of_memory = true;
}

static void
finished(struct replay *p, struct message *m)
{
	journal_dead(p->journal, m->segment, m->unit);
	state_forget(p->state, m);
}

/* MESSAGE, its RCPTs, BODY unless it has a file: how many parts that are, 0
 * when they make no whole. */
static size_t
read_message(struct replay *p, struct message **made)
{
	struct record_message r;
	struct message *m;
	size_t i, n;

	if (!wire_unpack(&record_message_form, &r, p->part[0].frame)) return 0;
	n = (size_t)r.rcpts + (r.file ? 1 : 2);
	if (!r.rcpts || n > p->parts) return 0;
	if (!r.file && wire_type(p->part[n - 1].frame) != RECORD_BODY) return 0;
	m = *made = message_make(&r.id, r.rcpts);
	if (!m) {
		out_of_memory(p);
		return 0;
	}
	for (i = 0; i < r.rcpts; i++) {
		struct record_rcpt rcpt;

		if (!wire_unpack(&record_rcpt_form, &rcpt,
		    p->part[i + 1].frame)) {
			message_free(m);
			return 0;
		}
		state_rcpt(m, (uint32_t)i, &rcpt);
	}
	m->segment = p->segment;
	m->offset = p->part[0].at;
	m->envelope = p->part[r.rcpts].end - m->offset;
	m->unit = p->part[n - 1].end - m->offset;
	m->file = r.file;
	m->held = r.held;
	m->given_up = r.given_up;
	m->told = true; /* perhaps: send asks local whether it has it */
	return n;
}

static void
speaks(struct replay *p, struct message const *m)
{
	journal_speaks(p->journal, p->segment, m->segment);
}

/* What has arrived since the start is newer than all that is read: nothing
 * that is read is about it. */
static bool
is_newer(struct replay const *p, struct message const *m)
{
	return !m->committed || m->segment >= p->own;
}

/* The message that a record speaks of. */
static struct message *
find(struct replay *p, struct traceid const *id)
{
	struct message *m = state_find(p->state, id);

	if (!m || is_newer(p, m)) return NULL;
	speaks(p, m);
	return m;
}

/* It counts, and replaces an earlier unit for the same id. */
static void
take_message(struct replay *p, struct message *m)
{
	struct message *old = find(p, &m->by.id);

	if (old) finished(p, old);
	if (state_find(p->state, &m->by.id)) {
		/* replaced by one whose segment doesn't know that */
		journal_keep_order(p->journal);
		message_free(m);
	} else if (!m->unfinished) {
		message_free(m);
	} else if (state_insert(p->state, m)) {
		state_recover(p->state, m);
		journal_live(p->journal, m->segment, m->unit);
	} else {
		message_free(m);
		out_of_memory(p);
	}
}

/* A message that isn't known any more is finished, and that was written
 * somewhere newer. */
static bool
take_outcome(struct replay *p, struct replay_part const *part)
{
	struct record_outcome o;
	struct message *m;

	if (!wire_unpack(&record_outcome_form, &o, part->frame)) return false;
	m = find(p, &o.id);
	if (m && !state_outcome(m, &o, p->segment, part->at)) finished(p, m);
	return true;
}

static bool
take_reported(struct replay *p, struct replay_part const *part)
{
	struct record_reported r;
	struct message *m;

	if (!wire_unpack(&record_reported_form, &r, part->frame)) return false;
	m = find(p, &r.id);
	if (m && !state_reported(m, &r)) finished(p, m);
	return true;
}

static bool
take_order(struct replay *p, struct replay_part const *part)
{
	struct record_order r;
	struct message *m;

	if (!wire_unpack(&record_order_form, &r, part->frame)) return false;
	m = find(p, &r.id);
	if (m && !state_order(m, r.order)) finished(p, m);
	return true;
}

/* A whole unit; false: its records make no sense together. */
static bool
take_unit(struct replay *p)
{
	struct message *m = NULL;
	size_t i = 0;

	if (wire_type(p->part[0].frame) == RECORD_MESSAGE) {
		i = read_message(p, &m);
		if (!i) return false;
		take_message(p, m);
	}
	for (; i < p->parts; i++)
		if (!take_outcome(p, &p->part[i]) &&
		    !take_reported(p, &p->part[i]) &&
		    !take_order(p, &p->part[i]))
			return false;
	return true;
}

static void
add_part(struct replay *p, struct replay_part const *part)
{
	if (p->parts == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct replay_part *more = realloc(p->part,
		    room * sizeof *more);

		if (!more) {
			out_of_memory(p);
			return;
		}
		p->part = more;
		p->room = room;
	}
	p->part[p->parts++] = *part;
}

/* A unit has no gap in its sequence: where a part of it was never committed or
 * is damaged, nothing of it counts. */
bool
replay_record(struct replay *p, struct record_head const *head, bool continues,
    struct replay_part const *part, uint32_t *from)
{
	bool fine = true;

	if (head->opens) p->parts = 0;
	p->whole = head->opens || (continues && p->whole);
	if (!p->whole) return true;
	add_part(p, part);
	if (!head->closes || p->out_of_memory) return true;
	if (take_unit(p))
		p->records += p->parts;
	else
		fine = p->out_of_memory;
	*from = p->part[0].at;
	p->whole = false;
	return fine;
}

void
replay_free(struct replay *p)
{
	free(p->part);
	p->part = NULL;
	p->parts = p->room = 0;
}
