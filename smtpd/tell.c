/* SPDX-License-Identifier: ISC */
/* Speaks; what queue answers is submission.c's to hear. */
#include <stdlib.h>
#include "smtpd/rcpts.h"
#include "smtpd/tell.h"

static bool
say(struct submission *s, struct wire_form const *form, void const *values)
{
	return peer_send(&s->link->peer, form, values, -1);
}

bool
tell_envelope(struct submission *s)
{
	struct slice in = slice_from(s->rcpts.s, s->rcpts.len);

	if (!say(s, &submit_open_form, &s->open)) return false;
	while (in.len) {
		struct submit_rcpt rcpt = rcpts_next(&in);

		if (!say(s, &submit_rcpt_form, &rcpt)) return false;
	}
	octets_free(&s->pool->held, &s->rcpts);
	return true;
}

bool
tell_text(struct submission *s, struct slice in)
{
	while (in.len) {
		struct submit_body body = { .octets = in };

		if (in.len > WIRE_BODY_MAX) body.octets.len = WIRE_BODY_MAX;
		if (!say(s, &submit_body_form, &body)) return false;
		in = slice_skip(in, body.octets.len);
	}
	return true;
}

bool
tell_body(struct submission *s)
{
	if (!tell_text(s, slice_from(s->body.s, s->body.len))) return false;
	octets_free(&s->pool->held, &s->body);
	return true;
}

bool
tell_end(struct submission *s)
{
	struct submit_end end = { .size = s->size, .rcpts = s->rcpts_n };

	if (s->pool->each) s->each = calloc(s->rcpts_n, sizeof *s->each);
	if (s->pool->each && !s->each) return false;
	if (!tell_body(s) || !say(s, &submit_end_form, &end)) return false;
	s->state = SUBMISSION_ENDED;
	return true;
}

bool
tell_room(struct submission *s)
{
	struct submit_room room = { .size = s->open.size };

	s->state = SUBMISSION_ENDED;
	return say(s, &submit_room_form, &room);
}

bool
tell_abort(struct submission *s)
{
	static struct submit_abort const forget_it;

	return say(s, &submit_abort_form, &forget_it);
}
