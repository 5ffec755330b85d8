/* SPDX-License-Identifier: ISC */
/* Texts given to send, with what is wanted along with them. */
#ifndef MAILGRAVE_QUEUE_GIVING_H
#define MAILGRAVE_QUEUE_GIVING_H

#include "queue/envelope.h"
#include "queue/handout.h"

/* giving_open - a descriptor that shows the text of m and no more; -1 and
 * errno */
int giving_open(struct handout const *h, struct message *m);

/* giving_may - its text may be asked for now */
bool giving_may(struct message const *m);

/* giving_answer - to a FETCH; m may be NULL */
void giving_answer(struct handout *h, struct traceid const *id,
    struct message const *m);

/* giving_ahead - nobody has asked
 *   e      its envelope; if m has no file, as envelope_open_whole read it
 *   false  there is no descriptor for it now: nothing was sent */
bool giving_ahead(struct handout *h, struct message const *m,
    struct envelope const *e);

#endif
