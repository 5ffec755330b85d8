/* SPDX-License-Identifier: ISC */
/* One SMTP reply out of octets as they come (RFC 5321 section 4.2): its code,
 * enhanced status (RFC 2034) and words. Pure; the other side is hostile. */
#ifndef MAILGRAVE_REPLY_H
#define MAILGRAVE_REPLY_H

#include "common/line.h"
#include "common/verdict.h"

enum {
	/* Of a line, CRLF not counted, this is kept. RFC 5321 section
	 * 4.5.3.1.5 says 510; some hosts write more. The code stands in front,
	 * so what is cut off changes no verdict. */
	REPLY_LINE_MAX = LINE_MAX_OCTETS,
	REPLY_OCTETS_MAX = 262144	/* a whole reply; more is no reply */
};

enum reply_got {
	REPLY_MORE,	/* all octets taken, no line is complete */
	REPLY_LINE,	/* a line that others follow: see reply_line */
	REPLY_WHOLE,	/* the last line: code and words stand */
	REPLY_BAD	/* not a reply: why says in what way; don't go on */
};

/* A reply under construction. Zeroed is empty. */
struct reply {
	struct line line;
	unsigned code;		/* 200 to 599; 0 before the first line */
	char words[WORDS_MAX];	/* code and text of all lines on one line */
	size_t words_len;
	size_t octets, lines;	/* taken so far */
	bool whole;		/* the next feed begins a new one */
	char const *why;
};

/* reply_feed - take octets up to and with the end of a line
 *   in  advanced past what was taken */
enum reply_got reply_feed(struct reply *reply, struct slice *in);

/* reply_line - the text behind the code of the line just taken; lives until
 * the next feed */
struct slice reply_line(struct reply const *reply);

/* reply_words - for people: no control octets; lives until the next feed */
static inline struct slice
reply_words(struct reply const *reply)
{
	return slice_from(reply->words, reply->words_len);
}

/* reply_status - the enhanced status of a whole reply, with a NUL
 *   class   its first digit as we judge it: '2', '4' or '5'
 *   status  subject and detail from the text if it begins with a status that
 *           fits the code, else ".0.0" */
void reply_status(struct reply const *reply, char class,
    char status[STATUS_MAX + 1]);

#endif
