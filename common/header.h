/* SPDX-License-Identifier: ISC */
/* The header of a message that somebody hands in (RFC 5322): where it ends and
 * its fields. Pure. Line ends are CRLF throughout. */
#ifndef MAILGRAVE_HEADER_H
#define MAILGRAVE_HEADER_H

#include "common/slice.h"

enum {
	HEADER_MAX = 256 << 10,	/* octets handed in; it is kept in memory */
	HEADER_NAME_MAX = 255	/* of one field, blanks before the colon
				 * included; a longer one is body text */
};

/* Text on its way to a whole header. Zeroed stands before the first octet. */
struct header_search {
	size_t line;		/* where the first line begins that isn't
				 * judged yet */
	size_t looked;		/* no line ends before this */
	struct slice header;	/* after 1: all fields, each with its CRLF */
	size_t body;		/* after 1: where the body begins */
};

/* header_search - is the header complete?
 *   text  all that has come so far, from its first octet
 *   last  nothing will follow
 *   1     yes: by an empty line, a line that is no field, or the end
 *   0     not yet
 *   -1    it is longer than HEADER_MAX */
int header_search(struct header_search *search, struct slice text, bool last);

/* What a field is for. */
enum header_use {
	HEADER_ADDRESSES = 1,	/* an address list; a bare one is completed */
	HEADER_RECIPIENTS = 2,	/* says who gets the message */
	HEADER_REMOVED = 4,	/* must not leave */
	HEADER_RESENT = 8	/* of the block that a resender adds */
};

/* The fields that a message, or a resender's block, must have. */
enum header_must {
	HEADER_FROM,
	HEADER_DATE,
	HEADER_MESSAGE_ID,
	HEADER_TO,		/* or Cc */
	HEADER_RESENT_FROM,
	HEADER_RESENT_DATE,
	HEADER_RESENT_MESSAGE_ID,
	HEADER_MUSTS
};

struct header_field {
	struct slice name;
	struct slice value;	/* from the colon to the last CRLF, folds in */
	struct slice whole;	/* name, colon, value, CRLF */
	unsigned use;		/* enum header_use */
	unsigned must;		/* enum header_must; HEADER_MUSTS: none */
};

/* header_next - one field after another
 *   rest   a header that header_search found, or what is left; advanced
 *   false  none is left */
bool header_next(struct slice *rest, struct header_field *field);

/* header_is_resent - somebody who got the message sends it on (3.6.6) */
bool header_is_resent(struct slice header);

#endif
