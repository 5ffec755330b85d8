/* SPDX-License-Identifier: ISC */
/* A text under construction that holds words of others. Pure. */
#ifndef MAILGRAVE_PAGE_H
#define MAILGRAVE_PAGE_H

#include <skalibs/stralloc.h>
#include "common/slice.h"
#include "common/traceid.h"

enum { PAGE_WORDS_MAX = 1000 };	/* octets of foreign words at a time */

struct page {
	stralloc *out;
	bool utf8;	/* addresses may be written as they are */
	bool failed;	/* no memory; sticks */
};

/* page_put, page_say - octets that are known to be harmless */
void page_put(struct page *p, struct slice s);
void page_say(struct page *p, char const *s);

/* page_words - foreign words on lines of their own: printable, of moderate
 * length, every line but the first behind indent */
void page_words(struct page *p, struct slice words, char const *indent);

/* page_date - with a CRLF */
void page_date(struct page *p, int64_t wall_s);
void page_id(struct page *p, struct traceid const *id);

/* page_address - as UTF-8 where that may be, or in seven bits (RFC 6533) */
void page_address(struct page *p, struct slice address);

/* page_typed - "type; address" */
void page_typed(struct page *p, struct slice type, struct slice address);

#endif
