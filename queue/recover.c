/* SPDX-License-Identifier: ISC */
/* Reads the journal back. Records count by checksum, epoch and sequence, also
 * behind a bad place; units count whole. Changes no segment. */
#include <skalibs/nonposix.h>
#include <dirent.h>
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
	uint16_t file;		/* its name is this number */
	uint64_t number;	/* 0: never used, or its head is torn */
	uint64_t epoch, sequence;
};

/* A record of the unit that is being read. */
struct part {
	struct slice frame;
	uint32_t at, end;	/* in the segment */
};

/* The pass through one segment. */
struct pass {
	struct recovery *r;
	struct journal *j;
	struct state *s;
	int damaged;
	uint16_t n;		/* of the segment, in the journal */
	uint16_t file;		/* its name */
	struct slice text;	/* all of it */
	uint64_t epoch, sequence;	/* of the record before */
	uint32_t end;		/* of the last record that counted */
	struct part *part;	/* the unit so far */
	size_t parts, room;
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
	unsigned long long number = p->j->segment[p->n].number;
	char name[64];
	int fd;

	p->r->damaged++;
	if (from == to) return; /* it is gone altogether */
	if (number)
		snprintf(name, sizeof name, "%016llx-%08x", number, from);
	else
		snprintf(name, sizeof name, "file-%08x", p->file);
	log_event("damaged", LOG_TEXT("kept", name),
	    LOG_NUMBER("octets", to - from));
	fd = openat(p->damaged, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) return; /* kept by an earlier start, or no room */
	if (write(fd, p->text.s + from, to - from) == -1)
		log_event("damaged", LOG_TEXT("lost", name), LOG_SYS(errno));
	close(fd);
}

static void
out_of_memory(struct pass *p)
{
	p->r->out_of_memory = true;
}

static void
finished(struct pass *p, struct message *m)
{
	journal_dead(p->j, m->segment, m->unit);
	state_forget(p->s, m);
}

/* MESSAGE, its RCPTs, BODY unless it has a file: how many parts that are, 0
 * when they make no whole. */
static size_t
read_message(struct pass *p, struct message **made)
{
	struct record_message r;
	struct message *m;
	size_t i, n;

	if (!wire_unpack(&record_message_form, &r, p->part[0].frame)) return 0;
	n = (size_t)r.rcpts + (r.file ? 1 : 2);
	if (!r.rcpts || n > p->parts) return 0;
	if (!r.file && wire_type(p->part[n - 1].frame) != RECORD_BODY) return 0;
	m = *made = message_make(&r.id, r.rcpts);
	if (!m) {
		out_of_memory(p);
		return 0;
	}
	for (i = 0; i < r.rcpts; i++) {
		struct record_rcpt rcpt;

		if (!wire_unpack(&record_rcpt_form, &rcpt,
		    p->part[i + 1].frame)) {
			message_free(m);
			return 0;
		}
		state_rcpt(m, (uint32_t)i, &rcpt);
	}
	m->segment = p->n;
	m->offset = p->part[0].at;
	m->envelope = p->part[r.rcpts].end - m->offset;
	m->unit = p->part[n - 1].end - m->offset;
	m->file = r.file;
	m->held = r.held;
	m->given_up = r.given_up;
	m->told = true; /* perhaps: send asks local whether it has it */
	return n;
}

/* It counts, and replaces an earlier unit for the same id. */
static void
take_message(struct pass *p, struct message *m)
{
	struct message *old = state_find(p->s, &m->by.id);

	if (old) finished(p, old);
	if (!m->unfinished) {
		message_free(m);
	} else if (state_insert(p->s, m)) {
		state_commit(p->s, m);
		journal_live(p->j, m->segment, m->unit);
	} else {
		message_free(m);
		out_of_memory(p);
	}
}

/* A message that isn't known any more is finished, and that was written
 * somewhere newer. */
static bool
take_outcome(struct pass *p, struct part const *part)
{
	struct record_outcome o;
	struct message *m;

	if (!wire_unpack(&record_outcome_form, &o, part->frame)) return false;
	m = state_find(p->s, &o.id);
	if (m && !state_outcome(m, &o, p->n, part->at)) finished(p, m);
	return true;
}

static bool
take_reported(struct pass *p, struct part const *part)
{
	struct record_reported r;
	struct message *m;

	if (!wire_unpack(&record_reported_form, &r, part->frame)) return false;
	m = state_find(p->s, &r.id);
	if (m && !state_reported(m, &r)) finished(p, m);
	return true;
}

static bool
take_order(struct pass *p, struct part const *part)
{
	struct record_order r;
	struct message *m;

	if (!wire_unpack(&record_order_form, &r, part->frame)) return false;
	m = state_find(p->s, &r.id);
	if (m && !state_order(m, r.order)) finished(p, m);
	return true;
}

/* A whole unit; false: its records make no sense together. */
static bool
take_unit(struct pass *p)
{
	struct message *m = NULL;
	size_t i = 0;

	if (wire_type(p->part[0].frame) == RECORD_MESSAGE) {
		i = read_message(p, &m);
		if (!i) return false;
		take_message(p, m);
	}
	for (; i < p->parts; i++)
		if (!take_outcome(p, &p->part[i]) &&
		    !take_reported(p, &p->part[i]) &&
		    !take_order(p, &p->part[i]))
			return false;
	return true;
}

static void
add_part(struct pass *p, struct slice frame, uint32_t at, uint32_t end)
{
	if (p->parts == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct part *part = realloc(p->part, room * sizeof *part);

		if (!part) {
			out_of_memory(p);
			return;
		}
		p->part = part;
		p->room = room;
	}
	p->part[p->parts++] = (struct part){ .frame = frame, .at = at,
	    .end = end };
}

/* One record that fits. A unit has no gap in its sequence; one without its
 * closing record was never committed, or part of it is damaged. */
static void
take_record(struct pass *p, struct record_head const *head,
    struct slice frame, uint32_t at, uint32_t end)
{
	if (p->r->out_of_memory) return;
	if (head->sequence != p->sequence + 1) p->parts = 0;
	add_part(p, frame, at, end);
	if (!head->closes || p->r->out_of_memory) return;
	if (take_unit(p))
		p->r->records += p->parts;
	else
		set_aside(p, p->part[0].at, end);
	p->parts = 0;
}

static void
read_segment(struct pass *p)
{
	uint32_t at = JOURNAL_BOUND;
	uint64_t expected = p->sequence + 1;

	p->end = at;
	while (at + RECORD_HEAD <= p->text.len) {
		struct record_head head;
		struct slice frame, rest = slice_skip(p->text, at);
		size_t n = 0;

		/* the epoch first: whatever was made to look like records
		 * costs no checksums, for nobody outside knows an epoch */
		if (record_epoch(rest) == p->epoch)
			n = record_get(rest, &head, &frame);
		if (!n || head.sequence <= p->sequence) {
			at += RECORD_BOUND;
			continue;
		}
		/* Groups are committed one after another: what lies before a
		 * record that counts was committed too. It is all there when
		 * the sequence leaves out one number before each unit. */
		if (head.sequence != expected)
			set_aside(p, p->end, at);
		expected = head.sequence + (head.closes ? 2 : 1);
		take_record(p, &head, frame, at, at + (uint32_t)n);
		p->sequence = head.sequence;
		at += (uint32_t)n;
		p->end = at;
	}
	p->parts = 0;
}

static bool
take_head(struct found *f, struct slice octets)
{
	struct record_segment r;
	struct record_head head;
	struct slice frame;

	if (!record_get(octets, &head, &frame) ||
	    !wire_unpack(&record_segment_form, &r, frame))
		return false;
	f->number = r.number;
	f->epoch = head.epoch;
	f->sequence = head.sequence;
	return true;
}

/* It is there twice. */
static void
read_head(struct found *f)
{
	char octets[JOURNAL_BOUND];
	struct slice both = slice_from(octets, sizeof octets);

	f->number = 0;
	if (!read_whole(f->fd, octets, sizeof octets)) return;
	if (!take_head(f, both)) take_head(f, slice_skip(both, JOURNAL_BOUND / 2));
}

static int
by_number(void const *a, void const *b)
{
	uint64_t x = ((struct found const *)a)->number;
	uint64_t y = ((struct found const *)b)->number;

	return x < y ? -1 : x > y;
}

/* Committed records are gone, and nothing is left of them to keep. */
static void
miss(struct pass *p, uint64_t number)
{
	p->r->damaged++;
	log_event("damaged", LOG_TEXT("lost", "the end of a segment"),
	    LOG_NUMBER("use", number));
}

static void
read_found(struct found const *f, struct pass *p)
{
	char *text = malloc(f->size);
	bool blank = false;

	if (!text) {
		out_of_memory(p);
		return;
	}
	p->text = slice_from(text, f->size);
	p->epoch = f->epoch;
	p->sequence = f->sequence;
	p->file = f->file;
	if (!read_whole(f->fd, text, f->size)) {
		p->r->damaged++;
		log_event("damaged", LOG_NUMBER("segment", f->file),
		    LOG_SYS(errno));
		memset(text, 0, f->size);
	} else {
		blank = !f->number && f->size >= JOURNAL_SEGMENT_MIN &&
		    all_zero(p->text);
	}
	journal_found(p->j, f->fd, f->file, f->size, f->number, blank);
	if (f->number)
		read_segment(p);
	else if (!blank)
		set_aside(p, 0, f->size);
	free(text);
}

/* What bears the name of a segment and is none: kept for people, out of the
 * way. */
static void
expel(struct pass *p, int dir, char const *name)
{
	p->r->damaged++;
	log_event("damaged", LOG_TEXT("kept", name), LOG_SYS(errno));
	renameat2(dir, name, p->damaged, name, RENAME_NOREPLACE);
}

/* All segment files, whatever their numbers; how many, or -1 and errno. */
static int
find_segments(struct pass *p, int dir, struct found *found)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	unsigned n = 0, most = 0;

	if (!list) {
		if (fd != -1) close(fd);
		return -1;
	}
	while (n < JOURNAL_SEGMENTS_MAX && (entry = readdir(list))) {
		struct found *f = &found[n];

		if (!segment_is_name(entry->d_name, &f->file)) continue;
		f->fd = segment_open(dir, f->file, &f->size);
		if (f->fd == -1) {
			expel(p, dir, entry->d_name);
			continue;
		}
		read_head(f);
		n++;
		if (f->file >= most) most = f->file + 1u;
	}
	closedir(list);
	if (most > n) {
		p->r->damaged++;
		log_event("damaged", LOG_NUMBER("missing", most - n));
	}
	return (int)n;
}

bool
recover(struct recovery *r, struct journal *j, struct state *s, int dir,
    int damaged)
{
	struct found *found = calloc(JOURNAL_SEGMENTS_MAX, sizeof *found);
	struct pass p = { .r = r, .j = j, .s = s, .damaged = damaged };
	int n = -1, i;

	*r = (struct recovery){ 0 };
	if (found) n = find_segments(&p, dir, found);
	if (n > 0) qsort(found, (size_t)n, sizeof *found, by_number);
	for (i = 0; i < n && !r->out_of_memory; i++) {
		struct found const *f = &found[i];

		p.n = (uint16_t)i;
		/* within one epoch nothing is left out between segments */
		if (i && f->number && f->epoch == p.epoch &&
		    f->sequence != p.sequence + 1)
			miss(&p, f[-1].number);
		read_found(f, &p);
	}
	free(p.part);
	free(found);
	if (r->out_of_memory) errno = ENOMEM;
	return n != -1 && !r->out_of_memory;
}
