/* SPDX-License-Identifier: ISC */
/* Gathers a message and judges its end; speaks to nobody. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/parcel.h"
#include "common/received.h"

static void
copy_text(char *out, size_t max, struct slice text)
{
	if (text.len > max) text.len = max;
	if (text.len) memcpy(out, text.s, text.len);
	out[text.len] = '\0';
}

static void
fold(struct parcel_outcome *o, enum verdict verdict, struct slice status,
    struct slice words)
{
	static int const weight[] = { [VERDICT_OK] = 0, [VERDICT_PERM] = 1,
		[VERDICT_TEMP] = 2 };

	if (weight[verdict] <= weight[o->verdict]) return;
	o->verdict = verdict;
	copy_text(o->status, STATUS_MAX, status);
	copy_text(o->words, PARCEL_WORDS_MAX, words);
}

void
parcel_result(struct parcel *p, struct parcel_target *target,
    enum verdict verdict, struct slice status, struct slice words)
{
	target->done = true;
	fold(&target->rcpt->outcome, verdict, status, words);
	fold(&p->outcome, verdict, status, words);
}

uint32_t
parcel_give_up(struct parcel *p, uint32_t from, char const *words)
{
	uint32_t n = 0;

	for (; from < p->targets; from++) {
		if (p->target[from].done) continue;
		parcel_result(p, &p->target[from], VERDICT_TEMP,
		    SLICE("4.3.0"), slice_of(words));
		n++;
	}
	return n;
}

/* put_off - all of it: no recipient has it yet */
static void
put_off(struct parcel *p, char const *status, char const *words)
{
	struct parcel_rcpt *r;

	fold(&p->outcome, VERDICT_TEMP, slice_of(status), slice_of(words));
	for (r = p->rcpt; r; r = r->next)
		fold(&r->outcome, VERDICT_TEMP, slice_of(status),
		    slice_of(words));
}

/* A message alone may be as large as its maker lets it be. */
static bool
may_hold(struct parcel const *p, size_t more)
{
	return p->all->held == p->size ||
	    p->all->held + more <= PARCELS_HELD_MAX;
}

static void
store(struct parcel *p, struct slice octets)
{
	if (p->outcome.verdict != VERDICT_OK) return;
	if (!may_hold(p, octets.len)) {
		put_off(p, "4.3.1", "too much mail at once");
	} else if (allwrite(p->text, octets.s, octets.len) != octets.len) {
		put_off(p, "4.3.1", strerror(errno));
	} else {
		p->size += octets.len;
		p->all->held += octets.len;
	}
}

struct parcel *
parcel_new(struct parcels *all, struct submit_open const *open, int64_t uid,
    int64_t wall_s)
{
	struct parcel *p = calloc(1, sizeof *p);
	char field[RECEIVED_MAX];

	if (!p) return NULL;
	p->all = all;
	p->end = &p->rcpt;
	p->arrived_s = wall_s;
	p->text = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	p->open = wire_copy(&submit_open_form, open, sizeof *open);
	if (p->text == -1 || !p->open) {
		parcel_free(p);
		return NULL;
	}
	store(p, slice_from(field, received_compose(field, p->open, uid,
	    all->hostname, wall_s)));
	return p;
}

bool
parcel_rcpt(struct parcel *p, struct submit_rcpt const *rcpt)
{
	struct parcel_rcpt *r;

	if (p->rcpts == SUBMIT_RCPTS_MAX) return false;
	r = calloc(1, sizeof *r);
	if (!r) return false;
	r->said = wire_copy(&submit_rcpt_form, rcpt, sizeof *rcpt);
	if (!r->said) {
		free(r);
		return false;
	}
	r->outcome = p->outcome; /* what ails all of it */
	*p->end = r;
	p->end = &r->next;
	p->rcpts++;
	return true;
}

void
parcel_text(struct parcel *p, struct slice octets)
{
	p->said += octets.len;
	store(p, octets);
}

static bool
seal(struct parcel *p)
{
	int const seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
	    F_SEAL_SEAL;

	if (fcntl(p->text, F_ADD_SEALS, seals) == 0) return true;
	put_off(p, "4.3.0", strerror(errno));
	return false;
}

/* turn_away - a recipient, before anybody has it; the class of the status is
 * the verdict */
static size_t
turn_away(struct parcel *p, struct parcel_rcpt *r, char const *status,
    char const *words)
{
	enum verdict const verdict = *status == '4' ? VERDICT_TEMP
						    : VERDICT_PERM;

	fold(&r->outcome, verdict, slice_of(status), slice_of(words));
	fold(&p->outcome, verdict, slice_of(status), slice_of(words));
	return 0;
}

/* look_up - how many deliveries a recipient comes to; 0: it was turned away */
static size_t
look_up(struct parcel *p, struct parcel_rcpt *r, struct routes const *routes)
{
	struct expansion *e = &r->expansion;
	struct addr mailbox;

	if (!addr_parse(&mailbox, r->said->address))
		return turn_away(p, r, "5.1.3", "the recipient is no address");
	switch (expand(routes, &mailbox, p->open->groups, e)) {
	case EXPAND_FINAL:
		return 1;
	case EXPAND_TARGETS:
		return e->targets;
	case EXPAND_NONE:
		return turn_away(p, r, "5.1.1", "no such user");
	case EXPAND_LOOP:
		return turn_away(p, r, "5.4.6",
		    "the aliases of a recipient make a loop");
	case EXPAND_REJECT:
		return turn_away(p, r, e->status, e->text);
	case EXPAND_LIMIT:
		return turn_away(p, r, "4.3.5",
		    "a pattern of our routes hit its limit");
	case EXPAND_NO_MEMORY:
		break;
	}
	return turn_away(p, r, "4.3.0", "out of memory");
}

static void
add_targets(struct parcel *p, struct parcel_rcpt *r)
{
	struct expansion const *e = &r->expansion;
	struct parcel_target t = { .rcpt = r, .address = r->said->address,
		.orcpt = r->said->orcpt, .notify = r->said->notify };
	size_t i;

	if (r->outcome.verdict != VERDICT_OK) return;
	if (!e->targets) p->target[p->targets++] = t;
	for (i = 0; i < e->targets; i++) {
		t.address = e->target[i].address;
		t.action = e->target[i].action;
		p->target[p->targets++] = t;
	}
}

bool
parcel_end(struct parcel *p, struct routes const *routes)
{
	bool const each = p->all->each;
	struct parcel_rcpt *r;
	size_t n = 0;

	if (p->outcome.verdict != VERDICT_OK || !seal(p)) return false;
	for (r = p->rcpt; r; r = r->next) {
		n += look_up(p, r, routes);
		if (n > SUBMIT_RCPTS_MAX) {
			put_off(p, "4.5.3", "too many deliveries at once");
			return false;
		}
		if (p->outcome.verdict != VERDICT_OK && !each) return false;
	}
	if (!n) return false;
	p->target = calloc(n, sizeof *p->target);
	if (!p->target) {
		put_off(p, "4.3.0", "out of memory");
		return false;
	}
	for (r = p->rcpt; r; r = r->next)
		add_targets(p, r);
	p->owed = p->targets;
	return true;
}

void
parcel_free(struct parcel *p)
{
	struct parcel_rcpt *r, *next;

	if (!p) return;
	for (r = p->rcpt; r; r = next) {
		next = r->next;
		expansion_free(&r->expansion);
		free(r->said);
		free(r);
	}
	p->all->held -= p->size;
	if (p->text != -1) close(p->text);
	free(p->target);
	free(p->open);
	free(p);
}
