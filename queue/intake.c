/* SPDX-License-Identifier: ISC */
/* Takes submissions and makes them durable before saying so. Believes no
 * client: counts, sizes and addresses are checked here once more. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include <skalibs/stralloc.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/control.h"
#include "queue/crc32c.h"
#include "queue/intake.h"
#include "queue/received.h"
#include "queue/store.h"

enum phase {
	IDLE,		/* no submission */
	TAKING,		/* between OPEN and END */
	DEAF,		/* refused early: END or ABORT is awaited */
	STORING,	/* after END, until the commit */
	COMMANDING	/* no submission at all: see control.h */
};

struct intake {
	struct intakes *all;
	struct intake *next, *before;
	struct peer peer;
	struct timer idle;
	uid_t uid;
	bool believed;
	enum phase phase;

	/* the submission */
	struct traceid id;
	stralloc sender, groups;
	stralloc rcpts;		/* packed RCPT frames, each behind its length */
	stralloc text;		/* the message, while it is small */
	int file;		/* mess/ID once it isn't; else -1 */
	uint32_t crc;		/* of what is in the file */
	uint64_t size;		/* octets of the message with our header */
	uint64_t received;	/* octets of our header */
	uint64_t arrived_s;
	uint32_t n;
	uint8_t eightbit;

	struct flush flush;
	struct journal_unit unit;
	struct message *message;

	struct control *control;	/* while COMMANDING */
};

static struct slice
slice_sa(stralloc const *sa)
{
	return slice_from(sa->s, sa->len);
}

/* Ending */

static void
forget_file(struct intake *in)
{
	if (in->file == -1) return;
	close(in->file);
	in->file = -1;
	store_remove(in->all->mess, &in->id);
}

/* Its record is on disk or will not be: the next start knows. */
static void
keep_file(struct intake *in)
{
	if (in->file != -1) close(in->file);
	in->file = -1;
}

static void
reset(struct intake *in)
{
	forget_file(in);
	in->phase = IDLE;
	in->sender.len = in->groups.len = in->rcpts.len = 0;
	stralloc_free(&in->text);
	in->size = in->received = 0;
	in->crc = 0;
	in->n = 0;
	loop_disarm(in->all->loop, &in->idle);
}

static void
release(struct intake *in)
{
	struct intakes *all = in->all;

	reset(in);
	*(in->before ? &in->before->next : &all->first) = in->next;
	if (in->next) in->next->before = in->before;
	all->n--;
	stralloc_free(&in->sender);
	stralloc_free(&in->groups);
	stralloc_free(&in->rcpts);
	free(in->control);
	free(in);
}

static void
gone(void *owner, char const *why)
{
	struct intake *in = owner;
	struct intakes *all = in->all;

	if (in->phase == TAKING)
		log_event("abandoned", LOG_ID(&in->id), LOG_TEXT("why", why));
	/* after END it goes on to its commit: the client may not know, but the
	 * message is whole; so do orders that were given */
	if (in->phase != STORING &&
	    (in->phase != COMMANDING || control_leave(in->control)))
		release(in);
	if (all->lost) all->lost(all->owner);
}

static void
silent(void *owner)
{
	struct intake *in = owner;

	peer_close(&in->peer);
	gone(in, "silent for too long");
}

static void
answer(struct intake *in, enum verdict verdict, char const *status,
    char const *words)
{
	struct submit_verdict v = { .verdict = (uint8_t)verdict,
	    .status = slice_of(status), .words = slice_of(words) };

	if (verdict != VERDICT_OK)
		log_event("refused", LOG_ID(&in->id),
		    LOG_TEXT("status", status), LOG_TEXT("why", words));
	if (peer_is_open(&in->peer))
		peer_send(&in->peer, &submit_verdict_form, &v, -1);
}

/* A verdict before END: what the client still sends is swallowed. */
static bool
refuse(struct intake *in, enum verdict verdict, char const *status,
    char const *words)
{
	answer(in, verdict, status, words);
	reset(in);
	in->phase = DEAF;
	return true;
}

/* Taking */

static bool
out_of_memory(struct intake *in)
{
	return refuse(in, VERDICT_TEMP, "4.3.0", "out of memory");
}

static bool
valid_path(struct slice path)
{
	struct addr a;

	return !path.len || addr_parse(&a, path);
}

/* What a user of the machine says about a client isn't passed on. */
static struct submit_open
as_believed(struct intake const *in, struct submit_open const *open)
{
	if (in->believed) return *open;
	return (struct submit_open){ .id = open->id, .sender = open->sender,
	    .size = open->size, .eightbit = open->eightbit };
}

static bool
got_open(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct intakes *all = in->all;
	struct submit_open open = as_believed(in, values);
	char field[RECEIVED_MAX];

	(void)fd;
	if (in->phase != IDLE) return false;
	in->phase = TAKING;
	in->id = open.id;
	in->eightbit = open.eightbit;
	in->arrived_s = (uint64_t)clock_wall_ms() / 1000;
	loop_arm(all->loop, &in->idle, all->loop->now_ms + INTAKE_IDLE_MS);
	if (state_may_know(all->state, &in->id))
		return refuse(in, VERDICT_TEMP, "4.3.0", "id is in use");
	if (!valid_path(open.sender))
		return refuse(in, VERDICT_PERM, "5.1.7", "bad sender address");
	if (slice_find(open.groups, '\0') < open.groups.len)
		return refuse(in, VERDICT_PERM, "5.5.4", "bad groups");
	if (open.size > all->max_size)
		return refuse(in, VERDICT_PERM, "5.3.4", "message too big");
	if (!journal_takes_mail(all->journal, RECORD_MAX) ||
	    !store_has_room(all->mess, open.size))
		return refuse(in, VERDICT_TEMP, "4.3.1", "no room in the spool");
	in->received = received_compose(field, &open,
	    in->believed ? -1 : (int64_t)in->uid, all->hostname,
	    (int64_t)in->arrived_s);
	in->size = in->received;
	if (!stralloc_copyb(&in->sender, open.sender.s, open.sender.len) ||
	    !stralloc_copyb(&in->groups, open.groups.s, open.groups.len) ||
	    !stralloc_copyb(&in->text, field, in->received))
		return out_of_memory(in);
	return true;
}

static bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_rcpt const *r = values;
	struct addr a;
	char len = 0;

	(void)fd;
	if (in->phase == DEAF) return true;
	if (in->phase != TAKING) return false;
	if (!addr_parse(&a, r->address))
		return refuse(in, VERDICT_PERM, "5.1.3",
		    "bad recipient address");
	/* whatever else the envelope holds, it must fit into one unit */
	if (in->n == SUBMIT_RCPTS_MAX || (size_t)(in->n + 1) * RECORD_BOUND +
	    in->rcpts.len > journal_unit_max(in->all->journal) / 2)
		return refuse(in, VERDICT_TEMP, "4.5.3", "too many recipients");
	/* a NUL ends each: no address holds one */
	if (!stralloc_catb(&in->rcpts, r->address.s, r->address.len) ||
	    !stralloc_catb(&in->rcpts, &len, 1))
		return out_of_memory(in);
	in->n++;
	return true;
}

/* From memory into a file of its own, once it is too large for the journal. */
static bool
spill(struct intake *in)
{
	if (in->file == -1) in->file = store_create(in->all->mess, &in->id);
	if (in->file == -1) return false;
	if (allwrite(in->file, in->text.s, in->text.len) < in->text.len)
		return false;
	in->crc = crc32c(in->crc, in->text.s, in->text.len);
	in->text.len = 0;
	return true;
}

static bool
got_body(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_body const *b = values;

	(void)fd;
	if (in->phase == DEAF) return true;
	if (in->phase != TAKING) return false;
	in->size += b->octets.len;
	if (in->size - in->received > in->all->max_size)
		return refuse(in, VERDICT_PERM, "5.3.4", "message too big");
	if (!stralloc_catb(&in->text, b->octets.s, b->octets.len))
		return out_of_memory(in);
	if (in->size > RECORD_BODY_MAX && !spill(in)) {
		log_event("cannot-store", LOG_ID(&in->id), LOG_SYS(errno));
		return refuse(in, VERDICT_TEMP, "4.3.1",
		    "cannot write to the spool");
	}
	loop_arm(in->all->loop, &in->idle,
	    in->all->loop->now_ms + INTAKE_IDLE_MS);
	return true;
}

/* Storing */

static void
stored(struct intake *in, bool fine)
{
	struct intakes *all = in->all;

	all->committing--;
	if (fine)
		keep_file(in);
	else
		answer(in, VERDICT_TEMP, "4.3.0", "cannot store the message");
	reset(in);
	if (!peer_is_open(&in->peer)) release(in);
	if (all->lost) all->lost(all->owner);
}

static void
committed(void *owner, bool fine)
{
	struct intake *in = owner;
	struct intakes *all = in->all;
	struct message *m = in->message;

	in->message = NULL;
	if (fine) {
		/* first of all: a client waits for this, and for nothing else */
		answer(in, VERDICT_OK, "2.0.0", "accepted");
		m->segment = in->unit.segment;
		m->offset = in->unit.offset;
		m->unit = (uint32_t)in->unit.len;
		m->checked = true; /* written by this very process */
		state_commit(all->state, m);
		journal_live(all->journal, m->segment, m->unit);
		log_event("queued", LOG_ID(&in->id),
		    LOG_SLICE("from", slice_sa(&in->sender)),
		    LOG_NUMBER("rcpts", in->n), LOG_NUMBER("size", in->size),
		    LOG_NUMBER("uid", in->uid));
		handout_arrived(all->handout, m);
	} else {
		state_forget(all->state, m);
		if (all->journal->broken) keep_file(in);
	}
	stored(in, fine);
}

/* MESSAGE, its RCPTs, and BODY unless it has a file. */
static bool
add_records(struct intake *in)
{
	struct journal *j = in->all->journal;
	bool file = in->file != -1;
	struct record_message m = { .id = in->id,
	    .sender = slice_sa(&in->sender), .groups = slice_sa(&in->groups),
	    .arrived_s = in->arrived_s, .size = in->size, .rcpts = in->n,
	    .eightbit = in->eightbit, .file = file, .crc = in->crc,
	    .uid = in->believed ? COMMAND_NOBODY : in->uid };
	struct slice rest = slice_sa(&in->rcpts);

	if (!journal_add(j, &record_message_form, &m, false)) return false;
	while (rest.len) {
		struct record_rcpt r = { .address = slice_from(rest.s,
		    slice_find(rest, '\0')) };

		rest = slice_skip(rest, r.address.len + 1);
		if (!journal_add(j, &record_rcpt_form, &r,
		    file && !rest.len))
			return false;
	}
	in->message->file = file;
	in->message->envelope = (uint32_t)journal_begun(j);
	return file || journal_add(j, &record_body_form,
	    &(struct record_body){ .octets = slice_sa(&in->text) }, true);
}

static void
append(struct intake *in)
{
	struct intakes *all = in->all;
	struct message *m = NULL;

	/* asked again: since OPEN others may have filled what there was */
	if (journal_takes_mail(all->journal, in->text.len + in->rcpts.len))
		m = message_make(&in->id, in->n);
	if (!m || !state_insert(all->state, m)) {
		message_free(m);
		stored(in, false);
		return;
	}
	in->message = m;
	journal_begin(all->journal, JOURNAL_MAIL);
	if (!add_records(in)) {
		journal_abandon(all->journal);
		committed(in, false);
		return;
	}
	in->unit = (struct journal_unit){ .committed = committed,
	    .owner = in };
	journal_end(all->journal, &in->unit);
}

static void
named(void *owner, int error)
{
	struct intake *in = owner;

	if (!error) {
		append(in);
		return;
	}
	log_event("cannot-store", LOG_ID(&in->id), LOG_SYS(error));
	stored(in, false);
}

static void
written(void *owner, int error)
{
	struct intake *in = owner;

	if (error) {
		named(in, error);
		return;
	}
	/* the name is in the directory: that too before the record */
	in->flush = (struct flush){ .fd = in->all->mess, .how = FLUSH_ALL,
	    .done = named, .owner = in };
	flush_start(in->all->flushers, &in->flush);
}

static bool
got_end(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_end const *e = values;

	(void)fd;
	if (in->phase == DEAF) {
		in->phase = IDLE;
		return true;
	}
	if (in->phase != TAKING || e->rcpts != in->n ||
	    e->size != in->size - in->received)
		return false;
	if (!in->n) {
		refuse(in, VERDICT_PERM, "5.5.1", "no recipients");
		in->phase = IDLE;
		return true;
	}
	loop_disarm(in->all->loop, &in->idle);
	in->phase = STORING;
	in->all->committing++;
	if (in->file == -1) {
		append(in);
		return true;
	}
	in->flush = (struct flush){ .fd = in->file, .how = FLUSH_ALL,
	    .done = written, .owner = in };
	flush_start(in->all->flushers, &in->flush);
	return true;
}

static bool
got_abort(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)values;
	(void)fd;
	if (in->phase != TAKING && in->phase != DEAF) return false;
	reset(in);
	return true;
}

/* A user who asks instead of submitting */

static void
command_ended(void *owner)
{
	release(owner);
}

static bool
got_ask(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	/* smtpd speaks for the network, which has nothing to ask here */
	if (in->phase != IDLE || in->believed) return false;
	in->control = calloc(1, sizeof *in->control);
	if (!in->control) return false;
	in->phase = COMMANDING;
	*in->control = (struct control){ .peer = &in->peer,
	    .loop = in->all->loop, .handout = in->all->handout,
	    .uid = in->uid, .mighty = !in->uid || in->uid == getuid(),
	    .ended = command_ended, .owner = in };
	control_begin(in->control, values);
	return true;
}

static bool
got_id(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return in->phase == COMMANDING && control_id(in->control, values);
}

static bool
got_filter(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return in->phase == COMMANDING && control_filter(in->control, values);
}

static bool
got_go(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)values;
	(void)fd;
	return in->phase == COMMANDING && control_go(in->control);
}

static void
drained(void *owner)
{
	struct intake *in = owner;

	if (in->phase == COMMANDING) control_drained(in->control);
}

static struct peer_row const rows[] = {
	{ &submit_open_form, false, got_open },
	{ &submit_rcpt_form, false, got_rcpt },
	{ &submit_body_form, false, got_body },
	{ &submit_end_form, false, got_end },
	{ &submit_abort_form, false, got_abort },
	{ &command_ask_form, false, got_ask },
	{ &command_id_form, false, got_id },
	{ &command_filter_form, false, got_filter },
	{ &command_go_form, false, got_go },
};

static struct peer_kind const kind = {
	.row = rows,
	.rows = sizeof rows / sizeof *rows,
	.gone = gone,
	.drained = drained,
};

static bool
has_place(struct intakes const *all, uid_t uid, bool believed)
{
	struct intake const *in;
	size_t own = 0, users = 0;

	if (all->n == INTAKE_MAX) return false;
	if (believed) return true;
	for (in = all->first; in; in = in->next)
		if (!in->believed) {
			users++;
			own += in->uid == uid;
		}
	return own < INTAKE_USER_MAX && users < INTAKE_USERS_MAX;
}

void
intake_enter(struct intakes *all, int fd, uid_t uid, bool believed)
{
	struct intake *in = has_place(all, uid, believed) ?
	    calloc(1, sizeof *in) : NULL;

	if (!in) {
		log_event("turned-away", LOG_NUMBER("uid", uid),
		    LOG_TEXT("why", "too many connections"));
		close(fd);
		return;
	}
	*in = (struct intake){ .all = all, .uid = uid, .believed = believed,
	    .file = -1, .idle = { .due = silent, .owner = in } };
	if (!peer_open(&in->peer, all->loop, fd, &kind, in)) {
		free(in);
		return;
	}
	in->next = all->first;
	if (in->next) in->next->before = in;
	all->first = in;
	all->n++;
}
