/* SPDX-License-Identifier: ISC */
/* Reads the journal back. Records count by checksum, epoch and sequence, also
 * behind a bad place; units count whole. Changes no segment. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "queue/recover.h"
#include "queue/segment.h"

/* A segment as found, before they are put in order. */
struct found {
	int fd;
	uint32_t size;
	uint64_t number;	/* 0: never used, or its head is torn */
	uint64_t epoch, sequence;
};

/* The pass through one segment. */
struct pass {
	struct recovery *r;
	struct journal *j;
	struct state *s;
	int damaged;
	uint16_t n;		/* of the segment, in the journal */
	struct slice text;	/* all of it */
	uint64_t epoch, sequence;	/* of the record before */
	uint32_t end;		/* of the last record that counted */
	/* the unit of a message, while it lasts */
	struct message *m;
	uint32_t unit, rcpts;
};

static bool
read_whole(int fd, char *out, uint32_t size)
{
	uint32_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, out + done, size - done, done);

		if (n == -1 && errno == EINTR) continue;
		if (n == 0) errno = EIO;
		if (n <= 0) return false;
		done += (uint32_t)n;
	}
	return true;
}

static bool
all_zero(struct slice s)
{
	return !s.len || (!*s.s && !memcmp(s.s, s.s + 1, s.len - 1));
}

/* Committed octets that can't be read: kept for people, not for programs. */
static void
set_aside(struct pass *p, uint32_t from, uint32_t to)
{
	char name[64];
	int fd;

	p->r->damaged++;
	snprintf(name, sizeof name, "%016llx-%08x",
	    (unsigned long long)p->j->segment[p->n].number, from);
	log_event("damaged", LOG_TEXT("kept", name),
	    LOG_NUMBER("octets", to - from));
	fd = openat(p->damaged, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) return; /* kept by an earlier start, or no room */
	if (write(fd, p->text.s + from, to - from) == -1)
		log_event("damaged", LOG_TEXT("lost", name), LOG_SYS(errno));
	close(fd);
}

/* The unit before has no closing record: it never was committed, or part of
 * it is damaged. Its message does not count. */
static void
break_unit(struct pass *p)
{
	message_free(p->m);
	p->m = NULL;
}

static bool
start_message(struct pass *p, struct slice frame, uint32_t at)
{
	struct record_message r;

	if (!wire_unpack(&record_message_form, &r, frame)) return false;
	if (!r.rcpts || r.rcpts > SUBMIT_RCPTS_MAX) return false;
	p->m = message_make(&r.id, r.rcpts);
	if (!p->m) {
		p->r->out_of_memory = true;
		return false;
	}
	p->m->segment = p->n;
	p->m->offset = at;
	p->m->file = r.file;
	p->unit = at;
	p->rcpts = 0;
	return true;
}

static bool
add_rcpt(struct pass *p, struct slice frame, uint32_t end)
{
	struct record_rcpt r;

	if (!p->m || p->rcpts == p->m->rcpts) return false;
	if (!wire_unpack(&record_rcpt_form, &r, frame)) return false;
	state_rcpt(p->m, p->rcpts++, &r);
	p->m->envelope = end - p->unit;
	return true;
}

/* Whole: it counts, and replaces an earlier unit for the same id. */
static bool
finish_message(struct pass *p, uint32_t end)
{
	struct message *m = p->m, *old = state_find(p->s, &m->by.id);

	p->m = NULL;
	m->unit = end - p->unit;
	m->told = true; /* perhaps: send asks local whether it has it */
	if (old) {
		journal_dead(p->j, old->segment, old->unit);
		state_forget(p->s, old);
	}
	if (!m->unfinished) {
		message_free(m);
		return true;
	}
	if (!state_insert(p->s, m)) {
		p->r->out_of_memory = true;
		message_free(m);
		return false;
	}
	state_commit(p->s, m);
	journal_live(p->j, p->n, m->unit);
	return true;
}

static bool
apply_outcome(struct pass *p, struct slice frame)
{
	struct record_outcome o;
	struct message *m;

	if (!wire_unpack(&record_outcome_form, &o, frame)) return false;
	m = state_find(p->s, &o.id);
	/* its message is finished, and that was written somewhere newer */
	if (!m || o.rcpt >= m->rcpts) return true;
	if (!state_outcome(m, &o)) {
		journal_dead(p->j, m->segment, m->unit);
		state_forget(p->s, m);
	}
	return true;
}

/* One record that fits; false when what it says makes no sense here. */
static bool
apply(struct pass *p, struct record_head const *head, struct slice frame,
    uint32_t at, uint32_t end)
{
	if (p->m && head->sequence != p->sequence + 1) break_unit(p);
	switch (wire_type(frame)) {
	case RECORD_MESSAGE:
		break_unit(p);
		return !head->closes && start_message(p, frame, at);
	case RECORD_RCPT:
		if (!add_rcpt(p, frame, end)) return false;
		if (!head->closes) return true;
		return p->m->file && p->rcpts == p->m->rcpts &&
		    finish_message(p, end);
	case RECORD_BODY:
		return p->m && !p->m->file && p->rcpts == p->m->rcpts &&
		    head->closes && finish_message(p, end);
	case RECORD_OUTCOME:
		break_unit(p);
		return apply_outcome(p, frame);
	}
	return false;
}

static void
read_segment(struct pass *p)
{
	uint32_t at = JOURNAL_BOUND;

	p->end = at;
	while (at + RECORD_HEAD <= p->text.len) {
		struct record_head head;
		struct slice frame;
		size_t n = record_get(slice_skip(p->text, at), &head, &frame);

		if (!n || head.epoch != p->epoch ||
		    head.sequence <= p->sequence) {
			at += RECORD_BOUND;
			continue;
		}
		/* groups are committed one after another: what lies before a
		 * record that counts was committed too, and is zero only
		 * between two groups */
		if (!all_zero(slice_from(p->text.s + p->end, at - p->end)))
			set_aside(p, p->end, at);
		if (apply(p, &head, frame, at, at + (uint32_t)n))
			p->r->records++;
		else
			break_unit(p);
		p->sequence = head.sequence;
		at += (uint32_t)n;
		p->end = at;
	}
	break_unit(p);
}

static void
read_head(struct found *f)
{
	char octets[JOURNAL_BOUND];
	struct record_segment r;
	struct record_head head;
	struct slice frame;

	f->number = 0;
	if (f->size < JOURNAL_BOUND || !read_whole(f->fd, octets,
	    sizeof octets))
		return;
	if (!record_get(slice_from(octets, sizeof octets), &head, &frame) ||
	    !wire_unpack(&record_segment_form, &r, frame))
		return;
	f->number = r.number;
	f->epoch = head.epoch;
	f->sequence = head.sequence;
}

static int
by_number(void const *a, void const *b)
{
	uint64_t x = ((struct found const *)a)->number;
	uint64_t y = ((struct found const *)b)->number;

	return x < y ? -1 : x > y;
}

static bool
read_found(struct found const *f, struct pass *p)
{
	char *text = malloc(f->size);
	bool fine = text && read_whole(f->fd, text, f->size);

	if (fine) {
		p->text = slice_from(text, f->size);
		p->epoch = f->epoch;
		p->sequence = f->sequence;
		if (f->number)
			read_segment(p);
		else if (!all_zero(slice_from(text, JOURNAL_BOUND)))
			set_aside(p, 0, f->size);
	}
	free(text);
	if (!p->r->out_of_memory) return fine;
	errno = ENOMEM;
	return false;
}

bool
recover(struct recovery *r, struct journal *j, struct state *s, int dir,
    int damaged)
{
	struct found *found = calloc(JOURNAL_SEGMENTS_MAX, sizeof *found);
	struct pass p = { .r = r, .j = j, .s = s, .damaged = damaged };
	bool fine = found != NULL;
	uint16_t n, i;

	*r = (struct recovery){ 0 };
	for (n = 0; fine && n < JOURNAL_SEGMENTS_MAX; n++) {
		found[n].fd = segment_open(dir, n, &found[n].size);
		if (found[n].fd == -1) {
			fine = errno == ENOENT;
			break;
		}
		read_head(&found[n]);
	}
	if (fine) qsort(found, n, sizeof *found, by_number);
	for (i = 0; fine && i < n; i++) {
		p.n = i;
		journal_found(j, found[i].fd, found[i].size, found[i].number);
		fine = read_found(&found[i], &p);
	}
	free(found);
	return fine;
}
