/* SPDX-License-Identifier: ISC */
/* Passes text on until it shows a fault; what it says is text.c's to read. */
#include "smtpd/intake.h"
#include "smtpd/say.h"

/* A message that has shown a fault is forgotten at once, the rest of it is
 * swallowed, and the refusal given at its end, where the client listens. */
static void
spoil(struct session *s, enum reply fault)
{
	if (s->spoiled || !fault) return;
	s->spoiled = fault;
	s->abort = true;
	s->stored.len = 0;
}

static void
store(struct session *s, struct slice octets)
{
	if (s->spoiled) return;
	s->stored = octets;
	spoil(s, text_fault(&s->text, &s->rules->text));
}

static void
end_text(struct session *s)
{
	unsigned long long rcpts = s->rcpts;
	enum reply fault = s->spoiled;

	if (!fault) {
		s->phase = SESSION_COMMITTING;
		return;
	}
	s->phase = SESSION_IN_COMMANDS;
	session_reset(s);
	say(s, fault);
	say_for_each(s, rcpts);
}

void
intake_text(struct session *s, struct slice *in)
{
	store(s, text_data(&s->text, &s->rules->text, in));
	if (text_is_done(&s->text)) end_text(s);
}

/* RFC 2033 section 4.3: the last chunk has a reply for each recipient, and none
 * where there are none. */
static bool
is_for_nobody(struct session const *s)
{
	return s->rules->lmtp && s->state == SESSION_MAIL && s->chunk.last;
}

/* Chunks. What belongs to none of the message is swallowed all the same: RFC
 * 3030 section 2. A message that lacks a piece is none. */

static void
end_chunk(struct session *s)
{
	s->phase = SESSION_IN_COMMANDS;
	if (s->misplaced) {
		if (s->state == SESSION_CHUNKS) spoil(s, s->misplaced);
		if (!is_for_nobody(s)) say(s, s->misplaced);
	} else if (s->chunk.last) {
		end_text(s);
	} else {
		say(s, s->spoiled ? s->spoiled : REPLY_CHUNK_OK);
	}
}

static void
take_piece(struct session *s, struct slice piece)
{
	bool last;

	s->chunk.left -= piece.len;
	last = s->chunk.last && !s->chunk.left;
	if (!s->misplaced && !s->spoiled)
		store(s, text_chunk(&s->text, &s->rules->text, piece, last));
	if (!s->chunk.left) end_chunk(s);
}

void
intake_begin_chunk(struct session *s, enum reply misplaced)
{
	s->misplaced = misplaced;
	s->phase = SESSION_IN_CHUNK;
	if (!misplaced) s->state = SESSION_CHUNKS;
	if (!s->chunk.left) take_piece(s, slice_from(NULL, 0));
}

void
intake_chunk(struct session *s, struct slice *in)
{
	struct slice piece = *in;

	if (piece.len > s->chunk.left) piece.len = (size_t)s->chunk.left;
	*in = slice_skip(*in, piece.len);
	take_piece(s, piece);
}
