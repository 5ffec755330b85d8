/* SPDX-License-Identifier: ISC */
/* Moves live messages out of a segment, in batches, through the loop
 * like any other work. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/log.h"
#include "queue/clean.h"
#include "queue/crc32c.h"
#include "queue/envelope.h"
#include "queue/store.h"

enum { AGAIN_MS = 1000 };	/* after a failure, or a segment that had only
				 * messages with outcomes under way */

static void next_batch(struct cleaner *c);

static struct slice
octets_at(struct cleaner const *c, uint32_t at)
{
	return slice_skip(slice_from(c->text,
	    c->journal->segment[c->segment].size), at);
}

/* The message whose newest unit lies here, or NULL. */
static struct message *
live_at(struct cleaner const *c, struct traceid const *id, uint32_t offset)
{
	struct message *m = state_find(c->state, id);

	if (!m || !m->committed || m->segment != c->segment ||
	    m->offset != offset)
		return NULL;
	return m;
}

static void
rest(struct cleaner *c)
{
	free(c->text);
	c->text = NULL;
}

static void
look_again(void *owner)
{
	cleaner_look(owner);
}

static void
give_up(struct cleaner *c)
{
	rest(c);
	c->again = (struct timer){ .due = look_again, .owner = c };
	loop_arm(c->loop, &c->again, c->loop->now_ms + AGAIN_MS);
}

/* Committing */

static void
committed(void *owner, bool fine)
{
	struct clean_move *v = owner;
	struct cleaner *c = v->all;
	struct message *m = live_at(c, &v->id, v->offset);

	if (m) m->replacing = false;
	if (fine && m) {
		envelope_moved(m, c->journal, &v->unit, v->new_envelope);
		m->checked = m->checked || !m->file;
		m->file = true;
	} else if (fine || (v->file != -1 && !c->journal->broken)) {
		/* it was finished meanwhile, or the old unit counts; when the
		 * journal is broken only the next start knows which one does */
		store_remove(c->mess, &v->id);
	}
	if (!fine) c->error = EIO;
	if (--c->awaited) return;
	if (c->error)
		give_up(c);
	else
		next_batch(c);
}

/* MESSAGE and RCPTs as they are now, with what was said at the last tries or
 * without; false: nothing was appended. */
static bool
add_records(struct cleaner *c, struct clean_move *v, struct message const *m,
    bool words)
{
	struct envelope e;
	char store[LAST_WORDS_MAX];
	uint32_t n;

	if (!envelope_view(&e, octets_at(c, v->offset))) return false;
	if (!e.message.file) e.message.crc = v->crc;
	e.message.file = true;
	e.message.held = m->held;
	e.message.given_up = m->given_up;
	if (!journal_add(c->journal, &record_message_form, &e.message, false))
		return false;
	for (n = 0; n < m->rcpts; n++) {
		struct record_rcpt rcpt;

		if (!envelope_rcpt_now(&e, c->journal, m, n, &rcpt, store))
			return false;
		if (!words)
			rcpt.status = rcpt.where = rcpt.words = SLICE("");
		if (!journal_add(c->journal, &record_rcpt_form, &rcpt,
		    n + 1 == m->rcpts))
			return false;
	}
	v->new_envelope = (uint32_t)journal_begun(c->journal);
	return true;
}

/* Words are dropped where the unit would grow too large with them. */
static bool
add_unit(struct cleaner *c, struct clean_move *v, struct message const *m)
{
	journal_begin(c->journal, JOURNAL_OUTCOMES);
	if (add_records(c, v, m, true)) return true;
	journal_abandon(c->journal);
	journal_begin(c->journal, JOURNAL_OUTCOMES);
	if (errno == EMSGSIZE && add_records(c, v, m, false)) return true;
	journal_abandon(c->journal);
	return false;
}

/* An outcome that is on its way into the journal would be undone by a unit
 * that does not know it yet: such a message waits for the next round. */
static void
append(struct cleaner *c)
{
	unsigned i;

	c->awaited = c->moves;
	for (i = 0; i < c->moves; i++) {
		struct clean_move *v = &c->move[i];
		struct message *m = live_at(c, &v->id, v->offset);

		v->unit = (struct journal_unit){ .committed = committed,
		    .owner = v,
		    .about = journal_about(c->journal, c->segment) };
		if (m && !m->pending && add_unit(c, v, m)) {
			journal_end(c->journal, &v->unit);
			m->replacing = true;
			c->moved = true;
			continue;
		}
		if (v->file != -1) store_remove(c->mess, &v->id);
		c->awaited--;
	}
	journal_hurry(c->journal);
	if (!c->awaited) next_batch(c);
}

/* Texts */

static void
drop_batch(struct cleaner *c)
{
	unsigned i;

	for (i = 0; i < c->moves; i++)
		if (c->move[i].file != -1)
			store_remove(c->mess, &c->move[i].id);
	c->moves = 0;
}

static void
named(void *owner, int error)
{
	struct cleaner *c = owner;

	if (!error) {
		append(c);
		return;
	}
	log_event("cannot-clean", LOG_SYS(error));
	drop_batch(c);
	give_up(c);
}

static void
texts_done(struct cleaner *c)
{
	if (c->error) {
		named(c, c->error);
		return;
	}
	c->names = (struct flush){ .fd = c->mess, .how = FLUSH_ALL,
	    .done = named, .owner = c };
	flush_start(c->flushers, &c->names);
}

static void
text_synced(void *owner, int error)
{
	struct clean_move *v = owner;
	struct cleaner *c = v->all;

	close(v->file);
	if (error) c->error = error;
	if (!--c->awaited) texts_done(c);
}

static bool
write_text(struct cleaner *c, struct clean_move *v)
{
	struct record_head head;
	struct record_body body;
	struct slice frame;

	errno = EIO;
	if (!record_get(octets_at(c, v->offset + v->envelope), &head,
	    &frame) || !wire_unpack(&record_body_form, &body, frame))
		return false;
	store_remove(c->mess, &v->id); /* of an earlier attempt */
	v->file = store_create(c->mess, &v->id);
	if (v->file == -1) return false;
	v->crc = crc32c(0, body.octets.s, body.octets.len);
	if (allwrite(v->file, body.octets.s, body.octets.len) ==
	    body.octets.len)
		return true;
	close(v->file);
	store_remove(c->mess, &v->id);
	v->file = -1;
	return false;
}

static void
add_move(struct cleaner *c, struct message const *m)
{
	struct clean_move *v = &c->move[c->moves];

	*v = (struct clean_move){ .all = c, .id = m->by.id,
	    .offset = m->offset, .envelope = m->envelope, .file = -1 };
	if (!m->file && !write_text(c, v)) {
		log_event("cannot-clean", LOG_ID(&v->id), LOG_SYS(errno));
		return;
	}
	c->moves++;
}

static void
sync_texts(struct cleaner *c)
{
	unsigned i;

	c->error = 0;
	c->awaited = 1; /* until all are started */
	for (i = 0; i < c->moves; i++) {
		struct clean_move *v = &c->move[i];

		if (v->file == -1) continue;
		v->flush = (struct flush){ .fd = v->file, .how = FLUSH_ALL,
		    .done = text_synced, .owner = v };
		c->awaited++;
		flush_start(c->flushers, &v->flush);
	}
	if (!--c->awaited) texts_done(c);
}

/* The next records that some live message owns. */
static void
next_batch(struct cleaner *c)
{
	struct slice frame, rest_of = octets_at(c, c->at);
	struct record_head head;
	struct record_message r;

	c->moves = 0;
	while (rest_of.len >= RECORD_HEAD && c->moves < CLEAN_BATCH) {
		size_t size = record_get(rest_of, &head, &frame);
		struct message const *m = NULL;

		if (size && wire_unpack(&record_message_form, &r, frame))
			m = live_at(c, &r.id, c->at);
		if (m && !m->pending) add_move(c, m);
		if (!size) size = RECORD_BOUND;
		c->at += (uint32_t)size;
		rest_of = slice_skip(rest_of, size);
	}
	if (c->moves) {
		sync_texts(c);
	} else if (c->moved) {
		rest(c);
		loop_later(c->loop, &c->look);
	} else {
		give_up(c);
	}
}

static void
look(void *owner)
{
	struct cleaner *c = owner;
	uint32_t size;

	if (c->text || timer_is_armed(&c->again) ||
	    !journal_cleanable(c->journal, &c->segment))
		return;
	size = c->journal->segment[c->segment].size;
	c->text = malloc(size);
	if (!c->text || !journal_read(c->journal, c->segment, 0, c->text,
	    size)) {
		give_up(c);
		return;
	}
	c->at = JOURNAL_BOUND;
	c->moved = false;
	next_batch(c);
}

void
cleaner_init(struct cleaner *c)
{
	c->look = (struct chore){ .run = look, .owner = c };
}

void
cleaner_look(struct cleaner *c)
{
	loop_later(c->loop, &c->look);
}
