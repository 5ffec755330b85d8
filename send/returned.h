/* SPDX-License-Identifier: ISC */
/* The part of a report that comes from the mail itself. Pure. */
#ifndef MAILGRAVE_RETURNED_H
#define MAILGRAVE_RETURNED_H

#include "send/bounce.h"

/* returned_header - the header of a message, with the empty line, cut at a
 * line end if it is longer than BOUNCE_HEADER_MAX */
struct slice returned_header(struct slice text);

/* returned_text - all of it, or its header */
struct slice returned_text(struct bounce const *b);

/* returned_type - of that, for Content-Type */
char const *returned_type(struct bounce const *b);

/* returned_is_global - the mail is a message of RFC 6532 */
bool returned_is_global(struct bounce const *b);

/* returned_reference - its Message-ID, when it is one that can be repeated;
 * empty when not */
struct slice returned_reference(struct bounce const *b);

#endif
