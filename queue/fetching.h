/* SPDX-License-Identifier: ISC */
/* Texts that send asks for. It is answered in the order it asks in; those whose
 * files have to be checked first are, a step a turn, and others wait. */
#ifndef MAILGRAVE_FETCHING_H
#define MAILGRAVE_FETCHING_H

#include "common/loop.h"
#include "queue/text.h"

struct handout;

enum { FETCHING_MAX = 1 << 16 };	/* more than send has jobs for */

struct fetching {
	struct fetching_one *first, **end;
	size_t n;
	struct text_check check;	/* of the first */
	struct timer more;
};

void fetching_init(struct handout *h);

/* fetching_ask - answered now or later; false: no memory, or too many */
bool fetching_ask(struct handout *h, struct traceid const *id);

/* fetching_forget - send is gone, and with it whoever asked */
void fetching_forget(struct handout *h);

/* fetching_check - the text of m has been checked when this returns, and
 * m->checked says whether it is whole */
void fetching_check(struct handout const *h, struct message *m);

#endif
