/* SPDX-License-Identifier: ISC */
/* What queue is told of a submission, over its link, in the frames of the submit
 * protocol. False: it can't be told, or there is no memory. */
#ifndef MAILGRAVE_SMTPD_TELL_H
#define MAILGRAVE_SMTPD_TELL_H

#include "smtpd/submission.h"

/* tell_room - is there some? */
bool tell_room(struct submission *s);

/* tell_envelope - who sends it, to whom; the recipients are forgotten */
bool tell_envelope(struct submission *s);

bool tell_text(struct submission *s, struct slice in);

/* tell_body - the text that was gathered, which is forgotten */
bool tell_body(struct submission *s);

/* tell_end - with that text: it is complete */
bool tell_end(struct submission *s);

/* tell_abort - there is no more to come of it */
bool tell_abort(struct submission *s);

#endif
