/* SPDX-License-Identifier: ISC */
/* Reads the message once or twice and sends it once; never changes an octet of
 * it but by stuffing dots. */
#include "remote/terms.h"
#include "remote/text.h"

static bool
has_bare(struct client *c, struct slice piece)
{
	while (piece.len) {
		size_t n = 1;

		if (!c->cr) {
			n = slice_find(piece, '\r');
			if (slice_find(slice_from(piece.s, n), '\n') < n)
				return true;
			c->cr = n < piece.len;
			n += c->cr;
		} else if (*piece.s == '\n') {
			c->cr = false;
		} else {
			return true;
		}
		piece = slice_skip(piece, n);
	}
	return c->cr && c->taken == c->order.size;
}

void
text_begin(struct client *c)
{
	c->taken = 0;
	c->cr = c->chunked = c->ahead = false;
	c->body = (struct body_send){ .state = 0 };
	c->in_body = false;
	c->header_end = 2;	/* a header may be empty */
}

/* Looks for 8-bit octets; the header ends with CRLF CRLF. */
enum client_step
text_scan(struct client *c, struct slice piece)
{
	static char const end[] = "\r\n\r\n";
	size_t i;

	for (i = 0; i < piece.len; i++) {
		bool eightbit = (unsigned char)piece.s[i] >= 0x80;

		if (eightbit && !c->in_body && c->utf8 &&
		    !c->offer.smtputf8)
			return terms_turn_away(c, VERDICT_PERM, "5.6.7", "the "
			    "header needs SMTPUTF8, which they don't offer");
		if (eightbit && !c->offer.eightbitmime)
			return terms_turn_away(c, VERDICT_PERM, "5.6.3", "it "
			    "is 8-bit text, and they don't offer 8BITMIME");
		if (piece.s[i] == end[c->header_end])
			c->header_end++;
		else
			c->header_end = piece.s[i] == '\r';
		if (c->header_end < 4) continue;
		c->in_body = true;
		c->header_end = 0;
	}
	return c->taken == c->order.size ||
	    (c->in_body && c->offer.eightbitmime) ?
	    terms_begin_mail(c) : CLIENT_SCAN;
}

bool
text_put(struct client *c, struct slice piece)
{
	char *out = c->out + c->out_len;

	if (has_bare(c, piece)) return false;
	if (!c->chunked) {
		c->out_len += body_send(&c->body, piece, out);
		return true;
	}
	memcpy(out, piece.s, piece.len);
	c->out_len += piece.len;
	return true;
}
