/* SPDX-License-Identifier: ISC */
/* Passes envelope and text on to where they go, and tells what came of it; ends
 * no process. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/unixsock.h"
#include "inject/outlet.h"
#include "inject/show.h"

static bool
fail(struct outlet *o, enum ending ending, char const *what, char const *which)
{
	o->trouble = (struct trouble){ ending, what, which };
	return false;
}

static bool
fail_sys(struct outlet *o, char const *what)
{
	o->trouble = trouble_sys(what);
	return false;
}

/* The end of a submission that was not accepted. */
static bool
fail_submission(struct outlet *o)
{
	struct handin const *s = &o->submission;
	int e = errno, code = 0;

	close(s->fd);
	if (o->set->by_hand) code = hand_finish(&o->hand, !s->answered);
	if (s->answered && s->verdict == VERDICT_PERM)
		return fail(o, REFUSED, s->status, s->words);
	if (s->answered) return fail(o, NOT_NOW, s->status, s->words);
	if (code == 100) return fail(o, MISUSED, "no queue", o->set->spool);
	return fail(o, NOT_NOW, "the queue went away", strerror(e));
}

static bool
connect_queue(struct outlet *o)
{
	struct settings const *set = o->set;

	if (o->connected) return true;
	o->submission.fd = set->by_hand ? hand_start(&o->hand, set->spool)
					: unixsock_connect(set->out);
	o->connected = o->submission.fd != -1;
	return o->connected || fail_sys(o,
	    set->by_hand ? "start mailgrave-queue" : set->out);
}

bool
outlet_open(struct outlet *o, struct envelope const *e,
    struct traceid const *id, bool eightbit)
{
	struct settings const *set = o->set;
	struct submit_open open = { .id = *id, .eightbit = eightbit,
	    .utf8 = set->utf8 || envelope_needs_utf8(e),
	    .ret = (uint8_t)set->ret,
	    .envid = slice_of(set->envid ? set->envid : "") };
	char sender[ADDR_TEXT_MAX];
	size_t n;

	if (set->dry_run) {
		o->lf = (struct body_lf){ .cr = false };
		show_envelope(e, set);
		return true;
	}
	if (!connect_queue(o)) return false;
	if (!e->bounce)
		open.sender = slice_from(sender,
		    addr_format(&e->sender, sender));
	if (!handin_open(&o->submission, o->submission.fd, &open))
		return fail_submission(o);
	for (n = 0; n < e->rcpts; n++)
		if (!handin_rcpt(&o->submission, e->rcpt + n, set->notify))
			return fail_submission(o);
	return true;
}

bool
outlet_put(struct outlet *o, struct slice piece)
{
	if (o->set->dry_run)
		show_text(&o->lf, piece);
	else if (!handin_body(&o->submission, piece))
		return fail_submission(o);
	return true;
}

bool
outlet_end(struct outlet *o)
{
	if (o->set->dry_run)
		return fflush(stdout) == 0 || fail_sys(o, "write");
	return handin_end(&o->submission) || fail_submission(o);
}

void
outlet_close(struct outlet *o)
{
	if (!o->connected) return;
	close(o->submission.fd);
	/* the verdict said that the message is safe, so how the child ends
	 * changes nothing */
	if (o->set->by_hand) hand_finish(&o->hand, o->set->verbose);
}
