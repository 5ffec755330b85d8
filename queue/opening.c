/* SPDX-License-Identifier: ISC */
/* Has things read in steps; what they mean others know. */
#include <unistd.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/aside.h"
#include "queue/heads.h"
#include "queue/opening.h"

enum {
	AT_ONCE_MS = 200	/* of reading before anybody is served: what is
				 * left goes on beside that */
};

/* begin_sweep - once all messages are known; as step */
static int
begin_sweep(struct opening *o)
{
	recover_end(&o->recovery);
	/* a file whose record can't be read may be all that is left */
	if (o->recovery.damaged) return 0;
	if (!sweep_begin(&o->sweep, o->spool->mess, o->state,
	    o->state->since_ms))
		return -1;
	o->sweeping = true;
	return 1;
}

/* step - 1: there is more; 0: that was all; -1 and errno */
static int
step(struct opening *o)
{
	int more;

	if (!o->sweeping) {
		more = recover_step(&o->recovery);
		return more ? more : begin_sweep(o);
	}
	if (sweep_step(&o->sweep)) return 1;
	sweep_end(&o->sweep);
	return 0;
}

static void
finish(struct opening *o, int result)
{
	if (result == -1) {
		o->failed(o->owner, "read the journal or mess");
		return;
	}
	state_has_read(o->state);
	o->done(o->owner);
}

static void
beside(void *owner)
{
	struct opening *o = owner;
	int more = step(o);

	/* what is due now is so in this very turn */
	if (more == 1)
		loop_arm(o->loop, &o->more, o->loop->now_ms + 1);
	else
		finish(o, more);
}

/* make_last - sync what the process before us may not have: killed, it left
 * records that only the kernel has, and a power cut must not take them when
 * others that are synced build on them. What is older it has synced itself,
 * here. Nobody is served yet, so that waiting for the disk harms nobody. */
static bool
make_last(struct recovery const *r)
{
	struct heads const *f = r->found;
	uint16_t i, newest = 0;

	for (i = 1; i < r->segments; i++)
		if (f[i].number > f[newest].number) newest = i;
	for (i = 0; i < r->segments; i++)
		if (f[i].epoch == f[newest].epoch && fdatasync(f[i].fd) == -1)
			return false;
	return fsync(r->dir) == 0;
}

static bool
begin_journal(struct opening *o)
{
	struct recovery *r = &o->recovery;

	*r = (struct recovery){ .journal = o->journal, .state = o->state,
	    .dir = o->spool->journal, .damaged_dir = o->spool->damaged,
	    .damage = aside_keep, .owner = r };
	if (!recover_begin(r) || !make_last(r)) return false;
	journal_open(o->journal);
	state_read(o->state, clock_wall_ms());
	return true;
}

void
opening_begin(struct opening *o)
{
	int64_t begun_ms = clock_monotonic_ms();
	int more = begin_journal(o) ? 1 : -1;

	while (more == 1 && (o->at_once ||
	    clock_monotonic_ms() - begun_ms < AT_ONCE_MS))
		more = step(o);
	if (more != 1) {
		finish(o, more);
		return;
	}
	log_event("reading", LOG_NUMBER("segments", o->recovery.segments));
	o->more = (struct timer){ .due = beside, .owner = o };
	loop_arm(o->loop, &o->more, o->loop->now_ms);
}
