/* SPDX-License-Identifier: ISC */
/* Dot stuffing and line ends of message text, one pass, by runs; never looks
 * at what the text says. */
#include "common/body.h"

/* Where in a line we stand. The first is also the start of all text. */
enum { LINE_START, TEXT, CR, DOT, DOT_CR };

static size_t
put(char *out, struct slice run)
{
	memcpy(out, run.s, run.len);
	return run.len;
}

static bool
holds(struct slice run, char octet)
{
	return slice_find(run, octet) < run.len;
}

/* take - the first n octets of in, which moves past them */
static struct slice
take(struct slice *in, size_t n)
{
	struct slice run = slice_from(in->s, n);

	*in = slice_skip(*in, n);
	return run;
}

/* Next state by state and octet. p: the octet is put out; c: so is the CR held
 * back; !: it is broken. NUL is as any other, and broken.
 *
 *              CR          LF            "."         other
 *  LINE_START  CR p        TEXT p !      DOT         TEXT p
 *  TEXT        CR p        TEXT p !      TEXT p      TEXT p
 *  CR          CR p !      LINE_START p  TEXT p !    TEXT p !
 *  DOT         DOT_CR      TEXT p !      TEXT p      TEXT p
 *  DOT_CR      CR c p !    the end       TEXT c p !  TEXT c p !
 *
 * Where an octet only ends what was special before it, the code goes to TEXT
 * without taking it: the row of TEXT then says the rest. */
size_t
body_receive(struct body_receive *b, struct slice *in, char *out)
{
	size_t n = 0;

	while (in->len && !b->done) {
		char c = *in->s;
		struct slice run;

		switch (b->state) {
		case LINE_START:
			b->state = c == '.' ? DOT : TEXT;
			if (c == '.') take(in, 1);
			break;
		case TEXT:
			run = take(in, slice_find(*in, '\r'));
			if (holds(run, '\n') || holds(run, '\0'))
				b->broken = true;
			n += put(out + n, run);
			if (!in->len) break;
			n += put(out + n, take(in, 1));
			b->state = CR;
			break;
		case CR:
			b->state = c == '\n' ? LINE_START : TEXT;
			if (c == '\n')
				n += put(out + n, take(in, 1));
			else
				b->broken = true;
			break;
		case DOT:
			b->state = c == '\r' ? DOT_CR : TEXT;
			if (c == '\r') take(in, 1);
			break;
		case DOT_CR:
			b->state = TEXT;
			if (c == '\n') {
				take(in, 1);
				b->done = true;
				break;
			}
			b->broken = true;
			n += put(out + n, SLICE("\r"));
			break;
		}
	}
	b->size += n;
	return n;
}

/* after - where the octets of run, which follow state, leave us
 *              CR   LF          other
 *  LINE_START  CR   TEXT        TEXT
 *  TEXT        CR   TEXT        TEXT
 *  CR          CR   LINE_START  TEXT */
static unsigned char
after(unsigned char state, struct slice run)
{
	char last = run.s[run.len - 1];

	if (last == '\r') return CR;
	if (last != '\n') return TEXT;
	if (run.len > 1) return run.s[run.len - 2] == '\r' ? LINE_START : TEXT;
	return state == CR ? LINE_START : TEXT;
}

/* through_lf - up to and with the next LF, or all there is */
static size_t
through_lf(struct slice in)
{
	size_t n = slice_find(in, '\n');

	return n < in.len ? n + 1 : n;
}

/* The states of after; at LINE_START a dot is put out twice. */
size_t
body_send(struct body_send *b, struct slice in, char *out)
{
	size_t n = 0;

	while (in.len) {
		struct slice run = take(&in, through_lf(in));

		if (b->state == LINE_START && *run.s == '.')
			out[n++] = '.';
		n += put(out + n, run);
		b->state = after(b->state, run);
	}
	return n;
}

size_t
body_send_end(struct body_send *b, char *out)
{
	return put(out, b->state == LINE_START ? SLICE(".\r\n")
					       : SLICE("\r\n.\r\n"));
}

/* c: a CR is put out before the octet; !: it is broken, as a NUL is. The octet
 * itself is always put out.
 *
 *              CR     LF            other
 *  LINE_START  CR     LINE_START c  TEXT
 *  TEXT        CR     LINE_START c  TEXT
 *  CR          CR !   LINE_START    TEXT ! */
size_t
body_crlf(struct body_crlf *b, struct slice in, char *out)
{
	size_t n = 0;

	while (in.len) {
		struct slice run = take(&in, slice_find(in, '\n'));

		if (run.len) {
			if (b->state == CR) b->broken = true;
			b->state = run.s[run.len - 1] == '\r' ? CR : TEXT;
			n += put(out + n, run);
			if (b->state == CR) run.len--;
			if (holds(run, '\r') || holds(run, '\0'))
				b->broken = true;
		}
		if (!in.len) break;
		n += put(out + n, b->state == CR ? SLICE("\n")
						 : SLICE("\r\n"));
		take(&in, 1);
		b->state = LINE_START;
	}
	return n;
}

size_t
body_crlf_end(struct body_crlf *b, char *out)
{
	if (b->state == LINE_START) return 0;
	if (b->state == CR) b->broken = true;
	b->state = LINE_START;
	return put(out, SLICE("\r\n"));
}

/* A CR waits until the next octet shows whether it belongs to an LF. */
size_t
body_lf(struct body_lf *b, struct slice in, char *out)
{
	size_t n = 0;

	while (in.len) {
		if (b->cr && *in.s != '\n') out[n++] = '\r';
		b->cr = false;
		n += put(out + n, take(&in, slice_find(in, '\r')));
		if (!in.len) break;
		take(&in, 1);
		b->cr = true;
	}
	return n;
}

size_t
body_lf_end(struct body_lf *b, char *out)
{
	if (!b->cr) return 0;
	b->cr = false;
	return put(out, SLICE("\r"));
}
