/* SPDX-License-Identifier: ISC */
/* Checks and gathers what a client says; believes none of it. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/clock.h"
#include "common/log.h"
#include "common/received.h"
#include "common/utf8.h"
#include "queue/crc32c.h"
#include "queue/draft.h"
#include "queue/intake.h"
#include "queue/store.h"

enum { LENGTH = 2 };	/* octets of one, before a packed RCPT */

enum {
	NO_MEMORY, ID_IN_USE, BAD_SENDER, BAD_RECIPIENT, NOT_ASCII,
	BAD_ATTRIBUTES, BAD_ENVID, BAD_ORCPT, BAD_NOTIFY, TOO_BIG, NO_ROOM,
	TOO_MANY, CANNOT_WRITE
};

static struct draft_refusal const refusals[] = {
	[NO_MEMORY] = { VERDICT_TEMP, "4.3.0", "out of memory" },
	[ID_IN_USE] = { VERDICT_TEMP, "4.3.0", "id is in use" },
	[BAD_SENDER] = { VERDICT_PERM, "5.1.7", "bad sender address" },
	[BAD_RECIPIENT] = { VERDICT_PERM, "5.1.3", "bad recipient address" },
	[NOT_ASCII] = { VERDICT_PERM, "5.6.7",
	    "address outside of ASCII without SMTPUTF8" },
	[BAD_ATTRIBUTES] = { VERDICT_PERM, "5.5.4", "bad attributes" },
	[BAD_ENVID] = { VERDICT_PERM, "5.5.4", "bad ENVID" },
	[BAD_ORCPT] = { VERDICT_PERM, "5.5.4", "bad ORCPT" },
	[BAD_NOTIFY] = { VERDICT_PERM, "5.5.4", "bad NOTIFY" },
	[TOO_BIG] = { VERDICT_PERM, "5.3.4", "message too big" },
	[NO_ROOM] = { VERDICT_TEMP, "4.3.1", "no room in the spool" },
	[TOO_MANY] = { VERDICT_TEMP, "4.5.3", "too many recipients" },
	[CANNOT_WRITE] = { VERDICT_TEMP, "4.3.1",
	    "cannot write to the spool" },
};

static struct slice
slice_sa(stralloc const *sa)
{
	return slice_from(sa->s, sa->len);
}

/* Checking */

static bool
has_control(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] < ' ' || text.s[i] == 0x7f)
			return true;
	return false;
}

static bool
valid_attributes(struct submit_open const *open)
{
	return !has_control(open->client_address) &&
	    !has_control(open->client_name) && !has_control(open->helo) &&
	    !has_control(open->protocol) && !has_control(open->login) &&
	    !has_control(open->tls) && !has_control(open->groups);
}

static bool
valid_path(struct slice path)
{
	struct addr a;

	return !path.len || addr_parse(&a, path);
}

/* What a user of the machine says about a client isn't passed on. */
static struct submit_open
as_believed(struct draft const *d, struct submit_open const *open)
{
	if (d->uid < 0) return *open;
	return (struct submit_open){ .id = open->id, .sender = open->sender,
	    .size = open->size, .eightbit = open->eightbit,
	    .utf8 = open->utf8, .ret = open->ret, .envid = open->envid };
}

struct draft_refusal const *
draft_room(struct intakes *all, uint64_t size)
{
	if (size > all->max_size) return &refusals[TOO_BIG];
	if (!journal_takes_mail(all->journal, RECORD_MAX) ||
	    !store_has_room(&all->room, all->mess, size, all->loop->now_ms))
		return &refusals[NO_ROOM];
	return NULL;
}

static struct draft_refusal const *
check_open(struct draft const *d, struct submit_open const *open)
{
	if (state_may_know(d->all->state, &open->id)) return &refusals[ID_IN_USE];
	if (!open->utf8 && !utf8_is_ascii(open->sender))
		return &refusals[NOT_ASCII];
	if (!valid_path(open->sender)) return &refusals[BAD_SENDER];
	if (!valid_attributes(open)) return &refusals[BAD_ATTRIBUTES];
	if (open->envid.len && !dsn_envid_valid(open->envid))
		return &refusals[BAD_ENVID];
	return draft_room(d->all, open->size);
}

static struct draft_refusal const *
check_rcpt(struct draft const *d, struct submit_rcpt const *r)
{
	struct addr a;

	if (!d->utf8 && !utf8_is_ascii(r->address))
		return &refusals[NOT_ASCII];
	if (!addr_parse(&a, r->address)) return &refusals[BAD_RECIPIENT];
	if (r->orcpt.len && (!dsn_orcpt_valid(r->orcpt) ||
	    (!d->utf8 && !utf8_is_ascii(r->orcpt))))
		return &refusals[BAD_ORCPT];
	if (!dsn_notify_valid(r->notify)) return &refusals[BAD_NOTIFY];
	return NULL;
}

/* Gathering */

static bool
add_frame(stralloc *out, struct wire_form const *form, void const *values)
{
	size_t size = wire_size(form, values);

	if (!stralloc_readyplus(out, size)) return false;
	size = wire_pack(form, values, out->s + out->len, size);
	out->len += size;
	return size > 0;
}

struct draft_refusal const *
draft_open(struct draft *d, struct submit_open const *said)
{
	struct submit_open open = as_believed(d, said);
	struct draft_refusal const *why;
	char field[RECEIVED_MAX];

	d->id = open.id;
	d->utf8 = open.utf8;
	d->arrived_s = (uint64_t)clock_wall_ms() / 1000;
	why = check_open(d, &open);
	if (why) return why;
	d->received = received_compose(field, &open, d->uid,
	    d->all->hostname, (int64_t)d->arrived_s);
	d->size = d->received;
	if (!add_frame(&d->open, &submit_open_form, &open) ||
	    !stralloc_copyb(&d->text, field, d->received))
		return &refusals[NO_MEMORY];
	return NULL;
}

static struct record_rcpt
record_of(struct submit_rcpt const *r)
{
	return (struct record_rcpt){ .address = r->address, .orcpt = r->orcpt,
	    .notify = r->notify };
}

struct draft_refusal const *
draft_rcpt(struct draft *d, struct submit_rcpt const *r)
{
	struct draft_refusal const *why = check_rcpt(d, r);
	struct record_rcpt record = record_of(r);
	char length[LENGTH];

	if (why) return why;
	d->octets += record_size(&record_rcpt_form, &record);
	if (d->n == SUBMIT_RCPTS_MAX ||
	    d->octets > draft_envelope_max(d->all->journal))
		return &refusals[TOO_MANY];
	wire_put_number(length, wire_size(&submit_rcpt_form, r), LENGTH);
	if (!stralloc_catb(&d->rcpts, length, LENGTH) ||
	    !add_frame(&d->rcpts, &submit_rcpt_form, r))
		return &refusals[NO_MEMORY];
	d->n++;
	return NULL;
}

/* From memory into a file of its own, once it is too large for the journal. */
static bool
spill(struct draft *d)
{
	if (d->file == -1) d->file = store_create(d->all->mess, &d->id);
	if (d->file == -1) return false;
	if (allwrite(d->file, d->text.s, d->text.len) < d->text.len)
		return false;
	d->crc = crc32c(d->crc, d->text.s, d->text.len);
	d->text.len = 0;
	return true;
}

struct draft_refusal const *
draft_body(struct draft *d, struct submit_body const *b)
{
	d->size += b->octets.len;
	if (d->size - d->received > d->all->max_size)
		return &refusals[TOO_BIG];
	if (!stralloc_catb(&d->text, b->octets.s, b->octets.len))
		return &refusals[NO_MEMORY];
	if (d->size <= RECORD_BODY_MAX || spill(d)) return NULL;
	log_event("cannot-store", LOG_ID(&d->id), LOG_SYS(errno));
	return &refusals[CANNOT_WRITE];
}

/* Becoming a unit */

static bool
unpack_open(struct draft const *d, struct submit_open *open)
{
	return wire_unpack(&submit_open_form, open, slice_sa(&d->open));
}

struct slice
draft_sender(struct draft const *d)
{
	struct submit_open open;

	return unpack_open(d, &open) ? open.sender : SLICE("");
}

static bool
add_message(struct draft const *d, bool file)
{
	struct record_message m;
	struct submit_open open;

	if (!unpack_open(d, &open)) return false;
	m = (struct record_message){ .id = d->id, .sender = open.sender,
	    .groups = open.groups, .arrived_s = d->arrived_s, .size = d->size,
	    .rcpts = d->n, .eightbit = open.eightbit, .file = file,
	    .envid = open.envid, .client_address = open.client_address,
	    .client_name = open.client_name, .helo = open.helo,
	    .protocol = open.protocol, .login = open.login,
	    .utf8 = open.utf8, .ret = open.ret, .crc = d->crc,
	    .uid = d->uid < 0 ? COMMAND_NOBODY : (uint32_t)d->uid };
	return journal_add(d->all->journal, &record_message_form, &m, false);
}

static bool
add_rcpts(struct draft const *d, bool file)
{
	struct slice rest = slice_sa(&d->rcpts);

	while (rest.len) {
		size_t len = wire_get_number(rest.s, LENGTH);
		struct submit_rcpt said;
		struct record_rcpt r;

		rest = slice_skip(rest, LENGTH);
		if (!wire_unpack(&submit_rcpt_form, &said,
		    slice_from(rest.s, len)))
			return false;
		rest = slice_skip(rest, len);
		r = record_of(&said);
		if (!journal_add(d->all->journal, &record_rcpt_form, &r,
		    file && !rest.len))
			return false;
	}
	return true;
}

bool
draft_records(struct draft const *d, struct message *m)
{
	struct journal *j = d->all->journal;
	bool file = d->file != -1;

	if (!add_message(d, file) || !add_rcpts(d, file)) return false;
	m->file = file;
	m->envelope = (uint32_t)journal_begun(j);
	return file || journal_add(j, &record_body_form,
	    &(struct record_body){ .octets = slice_sa(&d->text) }, true);
}

/* Ending */

void
draft_keep(struct draft *d)
{
	if (d->file != -1) close(d->file);
	d->file = -1;
}

void
draft_reset(struct draft *d)
{
	if (d->file != -1) store_remove(d->all->mess, &d->id);
	draft_keep(d);
	stralloc_free(&d->text);
	d->open.len = d->rcpts.len = 0;
	d->size = d->received = d->octets = 0;
	d->crc = 0;
	d->n = 0;
}

void
draft_free(struct draft *d)
{
	draft_reset(d);
	stralloc_free(&d->open);
	stralloc_free(&d->rcpts);
}
