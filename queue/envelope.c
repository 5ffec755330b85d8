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

bool
envelope_open(struct envelope *e, struct journal const *j,
    struct message const *m, size_t most)
{
	size_t len = m->envelope < most ? m->envelope : most;
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

char *
envelope_body(struct journal const *j, struct message const *m,
    struct slice *text)
{
	size_t len = m->unit - m->envelope;
	char *octets = malloc(len);
	struct record_head head;
	struct record_body body;
	struct slice frame;

	if (!octets) return NULL;
	if (journal_read(j, m->segment, m->offset + m->envelope, octets, len)) {
		errno = EIO; /* unless checksum and form are right */
		if (record_get(slice_from(octets, len), &head, &frame) &&
		    wire_unpack(&record_body_form, &body, frame)) {
			*text = body.octets;
			return octets;
		}
	}
	free(octets);
	return NULL;
}
