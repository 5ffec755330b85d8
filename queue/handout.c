/* SPDX-License-Identifier: ISC */
/* Announces, hands out and records outcomes; decides nothing about mail. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/handover.h"
#include "common/log.h"
#include "queue/crc32c.h"
#include "queue/handout.h"
#include "queue/lastwords.h"
#include "queue/store.h"

enum {
	TELL_AHEAD = 1 << 20,		/* octets waiting in the socket's queue */
	WAIT_MAX_S = 24 * 3600		/* a clock that jumps delays no longer */
};

/* An outcome on its way into the journal. */
struct pending {
	struct handout *h;
	uint64_t connection;
	struct journal_unit unit;
	struct record_outcome what;	/* without its texts */
};

static void cut(struct handout *h, char const *why);

static void
ack(struct handout *h, struct traceid const *id, uint32_t rcpt,
    uint32_t attempt)
{
	struct handover_outcome_ack a = { .id = *id, .rcpt = rcpt,
	    .attempt = attempt };

	peer_send(&h->peer, &handover_outcome_ack_form, &a, -1);
}

void
handout_finished(struct handout *h, struct message *m)
{
	log_event("finished", LOG_ID(&m->by.id));
	if (h->next == m) h->next = m->newer;
	if (m->file) store_remove(h->mess, &m->by.id);
	journal_dead(h->journal, m->segment, m->unit);
	state_forget(h->state, m);
}

static void
committed(void *owner, bool fine)
{
	struct pending *p = owner;
	struct handout *h = p->h;
	struct message *m = state_find(h->state, &p->what.id);

	if (m) m->pending--;
	if (fine && m && !state_outcome(m, &p->what,
	    p->unit.segment, p->unit.offset))
		handout_finished(h, m);
	if (peer_is_open(&h->peer) && h->connection == p->connection) {
		if (fine)
			ack(h, &p->what.id, p->what.rcpt, p->what.attempt);
		else
			cut(h, "cannot write an outcome"); /* it is repeated */
	}
	free(p);
}

static uint32_t
wall_s(void)
{
	return (uint32_t)(clock_wall_ms() / 1000);
}

static bool
got_outcome(void *owner, void const *values, int fd)
{
	static uint8_t const after[OUTCOMES] = {
		[OUTCOME_DELIVERED] = RCPT_DELIVERED,
		[OUTCOME_DEFERRED] = RCPT_OPEN,
		[OUTCOME_FAILED] = RCPT_FAILED,
		[OUTCOME_CONFIRMED] = RCPT_CONFIRMED,
		[OUTCOME_RELAYED] = RCPT_RELAYED,
	};
	struct handout *h = owner;
	struct handover_outcome const *o = values;
	struct message *m = state_find(h->state, &o->id);
	bool known = m && m->committed;
	struct record_outcome r;
	struct pending *p;

	(void)fd;
	switch (known ? state_judge(m, o->rcpt, o->attempt) : STATE_OLD) {
	case STATE_OLD:
		ack(h, &o->id, o->rcpt, o->attempt);
		return true;
	case STATE_NONSENSE:
		return false;
	case STATE_NEWS:
		break;
	}
	r = (struct record_outcome){ .id = o->id, .rcpt = o->rcpt,
	    .attempt = o->attempt, .state = after[o->outcome],
	    .status = o->status, .where = o->where, .words = o->words };
	if (r.state == RCPT_OPEN)
		r.due_s = wall_s() + (o->wait_s < WAIT_MAX_S ? o->wait_s :
		    WAIT_MAX_S);
	p = malloc(sizeof *p);
	if (!p) return false; /* send repeats it on the next connection */
	*p = (struct pending){ .h = h, .connection = h->connection,
	    .what = r, .unit = { .committed = committed, .owner = p } };
	journal_begin(h->journal, JOURNAL_OUTCOMES);
	if (!journal_add(h->journal, &record_outcome_form, &r, true)) {
		journal_abandon(h->journal);
		free(p);
		return false;
	}
	journal_end(h->journal, &p->unit);
	m->pending++;
	return true;
}

/* Announcing */

static uint32_t
wait_of(struct rcpt const *r)
{
	uint32_t now = wall_s();

	if (r->due_s <= now) return 0;
	return r->due_s - now < WAIT_MAX_S ? r->due_s - now : WAIT_MAX_S;
}

/* The unfinished recipients among these records; false when one can't be
 * read. */
static bool
tell_rcpts(struct handout *h, struct message const *m, struct slice records,
    uint32_t *told)
{
	struct record_head head;
	struct slice frame;
	static uint8_t const owed[RCPT_STATES] = {
		[RCPT_FAILED] = OUTCOME_FAILED,
		[RCPT_CONFIRMED] = OUTCOME_CONFIRMED,
		[RCPT_RELAYED] = OUTCOME_RELAYED,
	};
	char why[LAST_WORDS_MAX];
	uint32_t n;

	*told = 0;
	for (n = 0; n < m->rcpts; n++) {
		struct record_rcpt r;
		struct handover_rcpt t = { .id = m->by.id, .rcpt = n };
		size_t size = record_get(records, &head, &frame);

		errno = EIO;
		if (!size || !wire_unpack(&record_rcpt_form, &r, frame))
			return false;
		errno = ENOMEM;
		records = slice_skip(records, size);
		if (!state_is_unfinished(&m->rcpt[n])) continue;
		t.attempt = m->rcpt[n].attempt;
		t.wait_s = wait_of(&m->rcpt[n]);
		t.address = r.address;
		t.owed = owed[m->rcpt[n].state];
		t.warned = m->rcpt[n].warned;
		t.notify = r.notify;
		t.action = r.action;
		t.orcpt = r.orcpt;
		if (t.owed) {
			lastwords(h->journal, &m->rcpt[n], &r, why);
			t.status = r.status;
			t.where = r.where;
			t.words = r.words;
			/* however many there are, all can be told */
			if (h->peer.waiting > PEER_WAITING_MAX / 2)
				t.where.len = t.words.len = 0;
		}
		if (!peer_send(&h->peer, &handover_rcpt_form, &t, -1))
			return false;
		++*told;
	}
	return true;
}

static bool
tell_order(struct handout *h, struct traceid const *id, enum order order)
{
	return peer_send(&h->peer, &handover_order_form,
	    &(struct handover_order){ .id = *id, .order = (uint8_t)order },
	    -1);
}

/* errno is EIO when what was written can't be read any more. */
static bool
tell_message(struct handout *h, struct message *m, struct slice records)
{
	struct record_message r;
	struct record_head head;
	struct slice frame;
	size_t size = record_get(records, &head, &frame);
	struct handover_mail mail;
	struct handover_ready ready = { .id = m->by.id };

	errno = EIO;
	if (!size || !wire_unpack(&record_message_form, &r, frame))
		return false;
	errno = ENOMEM;
	mail = (struct handover_mail){ .id = m->by.id, .sender = r.sender,
	    .groups = r.groups, .size = r.size, .arrived_s = r.arrived_s,
	    .eightbit = r.eightbit, .fresh = !m->told };
	if (!peer_send(&h->peer, &handover_mail_form, &mail, -1)) return false;
	/* before it is ready to be tried */
	if (m->given_up && !tell_order(h, &m->by.id, ORDER_BOUNCE))
		return false;
	if (!tell_rcpts(h, m, slice_skip(records, size), &ready.rcpts))
		return false;
	m->told = m->known = true;
	return peer_send(&h->peer, &handover_ready_form, &ready, -1);
}

static bool
tell_one(struct handout *h, struct message *m)
{
	char *records = malloc(m->envelope);
	bool fine = records && journal_read(h->journal, m->segment, m->offset,
	    records, m->envelope) &&
	    tell_message(h, m, slice_from(records, m->envelope));

	free(records);
	return fine;
}

static void gone(void *owner, char const *why);

/* What can't be told now is told on the next connection. */
static void
cut(struct handout *h, char const *why)
{
	peer_close(&h->peer);
	gone(h, why);
}

static void
tell(void *owner)
{
	struct handout *h = owner;

	while (h->next && h->window && peer_is_open(&h->peer) &&
	    h->peer.waiting < TELL_AHEAD) {
		struct message *m = h->next;

		h->next = m->newer;
		if (m->held || m->known) continue;
		if (tell_one(h, m)) {
			h->window--;
			h->announced++;
			continue;
		}
		log_event("cannot-announce", LOG_ID(&m->by.id), LOG_SYS(errno));
		if (errno == EIO) continue; /* it stays, for people to look */
		cut(h, "out of memory"); /* send forgets the half of it */
		return;
	}
	if (h->next || h->told || !peer_is_open(&h->peer)) return;
	h->told = peer_send(&h->peer, &handover_told_form,
	    &(struct handover_told){ .messages = h->announced }, -1);
}

void
handout_arrived(struct handout *h, struct message *m)
{
	if (!h->next) h->next = m;
	loop_later(h->loop, &h->tell);
}

void
handout_order(struct handout *h, struct message *m, enum order order)
{
	if (!m->known) {
		/* not announced yet, perhaps because it was held */
		h->next = h->state->oldest;
		loop_later(h->loop, &h->tell);
		return;
	}
	if (order == ORDER_DELETE || order == ORDER_HOLD) m->known = false;
	if (peer_is_open(&h->peer) && !tell_order(h, &m->by.id, order))
		cut(h, "out of memory");
}

static void
drained(void *owner)
{
	struct handout *h = owner;

	loop_later(h->loop, &h->tell);
}

/* What send asks */

static bool
got_held(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	return true; /* send ignores what it knows when it is told again */
}

static bool
got_window(void *owner, void const *values, int fd)
{
	struct handout *h = owner;
	struct handover_window const *w = values;

	(void)fd;
	if (w->messages > UINT32_MAX - h->window) return false;
	h->window += w->messages;
	loop_later(h->loop, &h->tell);
	return true;
}

/* A small message is copied out of the journal into a memory file: the reader
 * sees neither its envelope nor its neighbours. */
static int
open_small(struct handout const *h, struct message const *m)
{
	size_t len = m->unit - m->envelope;
	char *octets = malloc(len);
	struct record_head head;
	struct record_body body;
	struct slice frame;
	int fd = -1;

	if (octets && journal_read(h->journal, m->segment,
	    m->offset + m->envelope, octets, len)) {
		errno = EIO; /* unless checksum and form are right */
		if (record_get(slice_from(octets, len), &head, &frame) &&
		    wire_unpack(&record_body_form, &body, frame))
			fd = store_sealed(body.octets);
	}
	free(octets);
	return fd;
}

/* What was written before this start is read once to see that it is still
 * what it was. */
static bool
is_whole(struct message *m, struct record_message const *r, int fd)
{
	static char piece[64 << 10];
	uint32_t crc = 0;
	uint64_t at = 0;
	struct stat st;

	if (fstat(fd, &st) == -1 || (uint64_t)st.st_size != r->size)
		return false;
	while (!m->checked && at < r->size) {
		ssize_t n = pread(fd, piece, sizeof piece, (off_t)at);

		if (n == -1 && errno == EINTR) continue;
		if (n <= 0) return false;
		crc = crc32c(crc, piece, (size_t)n);
		at += (uint64_t)n;
	}
	if (!m->checked && crc != r->crc) return false;
	m->checked = true;
	return true;
}

static int
open_large(struct handout const *h, struct message *m)
{
	char octets[RECORD_MESSAGE_MAX];
	size_t len = m->envelope < sizeof octets ? m->envelope : sizeof octets;
	int fd = store_open(h->mess, &m->by.id);
	struct record_message r;
	struct record_head head;
	struct slice frame;

	if (fd == -1) return -1;
	if (journal_read(h->journal, m->segment, m->offset, octets, len) &&
	    record_get(slice_from(octets, len), &head, &frame) &&
	    wire_unpack(&record_message_form, &r, frame) &&
	    is_whole(m, &r, fd))
		return fd;
	close(fd);
	errno = EIO;
	return -1;
}

int
handout_open(struct handout const *h, struct message *m)
{
	return m->file ? open_large(h, m) : open_small(h, m);
}

static bool
got_fetch(void *owner, void const *values, int fd)
{
	struct handout *h = owner;
	struct handover_fetch const *f = values;
	struct message *m = state_find(h->state, &f->id);
	struct handover_body b = { .id = f->id };
	int text = -1;

	(void)fd;
	if (m && m->committed && !m->held) {
		text = handout_open(h, m);
		if (text == -1)
			log_event("cannot-read", LOG_ID(&m->by.id),
			    LOG_SYS(errno));
	}
	b.there = text != -1;
	if (!peer_send(&h->peer, &handover_body_form, &b, text)) return false;
	/* it was away when that was ordered */
	if (!m) return tell_order(h, &f->id, ORDER_DELETE);
	return !m->held || tell_order(h, &f->id, ORDER_HOLD);
}

static bool
got_report(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_begin(&h->report, values);
}

static bool
got_reported(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_mark(&h->report, values);
}

static bool
got_report_text(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_text(&h->report, values);
}

static bool
got_report_end(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_end(&h->report, values, h);
}

static struct peer_row const rows[] = {
	{ &handover_held_form, false, got_held },
	{ &handover_window_form, false, got_window },
	{ &handover_fetch_form, false, got_fetch },
	{ &handover_outcome_form, false, got_outcome },
	{ &handover_report_form, false, got_report },
	{ &handover_reported_form, false, got_reported },
	{ &handover_report_text_form, false, got_report_text },
	{ &handover_report_end_form, false, got_report_end },
};

static struct peer_kind const kind = {
	.row = rows,
	.rows = sizeof rows / sizeof *rows,
	.gone = gone,
	.drained = drained,
};

bool
handout_adopt(struct handout *h, int fd)
{
	struct message *m;

	for (m = h->state->oldest; m; m = m->newer)
		m->known = false;
	h->window = 0;
	h->announced = 0;
	h->told = false;
	h->next = h->state->oldest;
	h->connection++;
	report_forget(&h->report);
	return peer_open(&h->peer, h->loop, fd, &kind, h);
}

static void
gone(void *owner, char const *why)
{
	struct handout *h = owner;

	log_event("disconnected", LOG_TEXT("from", "send"),
	    LOG_TEXT("why", why));
	if (h->lost) h->lost(h->owner);
	caller_lost(&h->caller);
}

static bool
connected(void *owner, int fd)
{
	if (!handout_adopt(owner, fd)) return false;
	log_event("connected", LOG_TEXT("to", "send"));
	return true;
}

void
handout_init(struct handout *h)
{
	h->tell = (struct chore){ .run = tell, .owner = h };
}

void
handout_start(struct handout *h)
{
	h->caller = (struct caller){ .loop = h->loop, .path = h->path,
	    .connected = connected, .owner = h };
	caller_start(&h->caller);
}
