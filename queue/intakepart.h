/* SPDX-License-Identifier: ISC */
/* One client of the queue, for intake.c, which keeps the connection, and
 * taking.c, which takes what is submitted over it. */
#ifndef MAILGRAVE_INTAKEPART_H
#define MAILGRAVE_INTAKEPART_H

#include "queue/control.h"
#include "queue/draft.h"
#include "queue/intake.h"
#include "queue/storing.h"

enum intake_phase {
	INTAKE_IDLE,		/* no submission */
	INTAKE_TAKING,		/* between OPEN and END */
	INTAKE_DEAF,		/* refused early: END or ABORT is awaited */
	INTAKE_STORING,	/* after END, until the commit */
	INTAKE_COMMANDING	/* no submission at all: see control.h */
};

struct intake {
	struct intakes *all;
	struct intake *next, *before;
	struct peer peer;
	struct timer idle;
	uid_t uid;
	bool believed;
	enum intake_phase phase;
	struct draft draft;
	struct storing storing;		/* from END to the commit */
	struct control *control;	/* while INTAKE_COMMANDING */
};

/* intake_expect - from now on it has all.patience_ms for its next frame */
void intake_expect(struct intake *in);

/* intake_reset - nothing is being submitted any more */
void intake_reset(struct intake *in);

/* intake_release - forget it; its connection is closed already */
void intake_release(struct intake *in);

/* The frames of a submission, for struct peer_row. */
bool taking_room(void *owner, void const *values, int fd);
bool taking_open(void *owner, void const *values, int fd);
bool taking_rcpt(void *owner, void const *values, int fd);
bool taking_body(void *owner, void const *values, int fd);
bool taking_end(void *owner, void const *values, int fd);
bool taking_abort(void *owner, void const *values, int fd);
bool taking_refused(void *owner, void const *values, int fd);

#endif
