/* SPDX-License-Identifier: ISC */
/* Reads units back; changes nothing. */
#include <errno.h>
#include <stdlib.h>
#include "queue/envelope.h"

bool
envelope_view(struct envelope *e, struct slice octets)
{
	struct record_head head;
	struct slice frame;
	size_t size = record_get(octets, &head, &frame);

	e->octets = NULL;
	e->rest = slice_skip(octets, size);
	errno = EIO;
	return size && wire_unpack(&record_message_form, &e->message, frame);
}

static bool
read_some(struct envelope *e, struct journal const *j, struct message const *m,
    size_t len)
{
	char *octets = malloc(len);

	if (!octets) return false;
	if (journal_read(j, m->segment, m->offset, octets, len) &&
	    envelope_view(e, slice_from(octets, len))) {
		e->octets = octets;
		return true;
	}
	free(octets);
	return false;
}

bool
envelope_open(struct envelope *e, struct journal const *j,
    struct message const *m, size_t most)
{
	return read_some(e, j, m, m->envelope < most ? m->envelope : most);
}

/* The text in a BODY record, if checksum and form are right. */
static bool
view_body(struct slice octets, struct slice *text)
{
	struct record_head head;
	struct record_body body;
	struct slice frame;

	if (!record_get(octets, &head, &frame) ||
	    !wire_unpack(&record_body_form, &body, frame))
		return false;
	*text = body.octets;
	return true;
}

bool
envelope_open_whole(struct envelope *e, struct journal const *j,
    struct message const *m)
{
	e->text = slice_from(NULL, 0);
	if (m->file) return envelope_open(e, j, m, RECORD_MESSAGE_MAX);
	if (!read_some(e, j, m, m->unit)) return false;
	view_body(slice_from(e->octets + m->envelope, m->unit - m->envelope),
	    &e->text);
	return true;
}

void
envelope_close(struct envelope *e)
{
	free(e->octets);
	e->octets = NULL;
}

bool
envelope_rcpt(struct envelope *e, struct record_rcpt *r)
{
	struct record_head head;
	struct slice frame;
	size_t size = record_get(e->rest, &head, &frame);

	e->rest = slice_skip(e->rest, size);
	errno = EIO;
	return size && wire_unpack(&record_rcpt_form, r, frame);
}

bool
envelope_rcpt_now(struct envelope *e, struct journal const *j,
    struct message const *m, uint32_t n, struct record_rcpt *r, char *store)
{
	struct rcpt const *now = &m->rcpt[n];

	if (!envelope_rcpt(e, r)) return false;
	lastwords(j, now, r, store);
	r->attempt = now->attempt;
	r->due_s = now->due_s;
	r->state = now->state;
	r->warned = now->warned;
	return true;
}

void
envelope_moved(struct message *m, struct journal *j,
    struct journal_unit const *unit, uint32_t envelope)
{
	uint32_t i;

	journal_dead(j, m->segment, m->unit);
	m->segment = unit->segment;
	m->offset = unit->offset;
	m->unit = (uint32_t)unit->len;
	m->envelope = envelope;
	journal_live(j, m->segment, m->unit);
	/* what the last tries said is in it */
	for (i = 0; i < m->rcpts; i++)
		m->rcpt[i].offset = 0;
}

char *
envelope_body(struct journal const *j, struct message const *m,
    struct slice *text)
{
	size_t len = m->unit - m->envelope;
	char *octets = malloc(len);

	if (!octets) return NULL;
	if (journal_read(j, m->segment, m->offset + m->envelope, octets, len)) {
		if (view_body(slice_from(octets, len), text)) return octets;
		errno = EIO;
	}
	free(octets);
	return NULL;
}
