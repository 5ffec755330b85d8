/* SPDX-License-Identifier: ISC */
/* Comes and goes with the work. */
#include <stdlib.h>
#include "send/work.h"

struct sched_work *
work_of(struct sched_mail *m)
{
	if (m->work) return m->work;
	m->work = calloc(1, sizeof *m->work);
	if (m->work) m->work->expanding = RCPT_NONE;
	return m->work;
}

void
work_end(struct sched_mail *m)
{
	free(m->work);
	m->work = NULL;
}
