/* SPDX-License-Identifier: ISC */
/* Makes drafts durable; answers nobody. */
#include "common/log.h"
#include "queue/intake.h"
#include "queue/storing.h"

static void
committed(void *owner, bool fine)
{
	struct storing *s = owner;
	struct draft *d = s->draft;
	struct intakes *all = d->all;
	struct message *m = s->message;

	if (fine) {
		m->segment = s->unit.segment;
		m->offset = s->unit.offset;
		m->unit = (uint32_t)s->unit.len;
		m->checked = true; /* written by this very process */
		state_commit(all->state, m);
		journal_live(all->journal, m->segment, m->unit);
		draft_keep(d);
	} else {
		state_forget(all->state, m);
		if (all->journal->broken) draft_keep(d);
	}
	s->done(s->owner, fine);
	/* who waits for the answer comes first */
	if (fine) handout_arrived(all->handout, m);
}

static void
append(struct storing *s)
{
	struct draft *d = s->draft;
	struct intakes *all = d->all;
	struct message *m = NULL;

	/* asked again: since OPEN others may have filled what there was */
	if (journal_takes_mail(all->journal, d->text.len + d->octets))
		m = message_make(&d->id, d->n);
	if (!m || !state_insert(all->state, m)) {
		message_free(m);
		s->done(s->owner, false);
		return;
	}
	s->message = m;
	journal_begin(all->journal, JOURNAL_MAIL);
	if (!draft_records(d, m)) {
		journal_abandon(all->journal);
		committed(s, false);
		return;
	}
	s->unit = (struct journal_unit){ .committed = committed, .owner = s,
	    .about = UINT64_MAX };
	journal_end(all->journal, &s->unit);
}

static void
named(void *owner, int error)
{
	struct storing *s = owner;

	if (!error) {
		append(s);
		return;
	}
	log_event("cannot-store", LOG_ID(&s->draft->id), LOG_SYS(error));
	s->done(s->owner, false);
}

static void
flush(struct storing *s, int fd, void (*then)(void *owner, int error))
{
	s->flush = (struct flush){ .fd = fd, .how = FLUSH_ALL, .done = then,
	    .owner = s };
	flush_start(s->draft->all->flushers, &s->flush);
}

static void
written(void *owner, int error)
{
	struct storing *s = owner;

	/* the name is in the directory: that too before the record */
	if (error)
		named(s, error);
	else
		flush(s, s->draft->all->mess, named);
}

void
storing_start(struct storing *s)
{
	if (s->draft->file == -1)
		append(s);
	else
		flush(s, s->draft->file, written);
}
