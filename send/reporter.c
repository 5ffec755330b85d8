/* SPDX-License-Identifier: ISC */
/* Carries reports from the schedule to the queue; bounce.c writes them. */
#include <errno.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/log.h"
#include "common/msgfd.h"
#include "send/bounce.h"
#include "send/owed.h"
#include "send/reporter.h"

/* What one report tells of, and what it only marks: nobody wants to hear of
 * that. */
struct contents {
	struct bounce_rcpt rcpt[BOUNCE_RCPTS_MAX];
	struct sched_owed *told[BOUNCE_RCPTS_MAX];
	size_t n;
};

static enum bounce_action const actions[OUTCOMES] = {
	[OUTCOME_DEFERRED] = BOUNCE_DELAYED,
	[OUTCOME_FAILED] = BOUNCE_FAILED,
	[OUTCOME_CONFIRMED] = BOUNCE_DELIVERED,
	[OUTCOME_RELAYED] = BOUNCE_RELAYED,
	[OUTCOME_EXPANDED] = BOUNCE_EXPANDED,
};

/* Whether it goes on: who is late is told of in a report of its own. */
static bool
is_warning(struct sched_owed const *o)
{
	return o->outcome == OUTCOME_DEFERRED;
}

static bool
warns_only(struct sched_mail const *m)
{
	struct sched_owed const *o;

	for (o = m->owed; o; o = o->next)
		if (!is_warning(o)) return false;
	return true;
}

static bool
is_wanted(struct sched_mail const *m, struct sched_owed const *o)
{
	return owed_is_wanted(m, mail_find(m, o->rcpt),
	    (enum outcome)o->outcome);
}

/* A report that fails goes to --double-bounce; one to there that fails, or
 * any without it, ends here (RFC 5321 section 4.5.5). */
static struct slice
recipient_of(struct reporter const *r, struct sched_mail const *m)
{
	struct slice sender = mail_sender(m), last;
	struct sched_owed const *o;

	if (sender.len || !r->double_bounce) return sender;
	last = slice_of(r->double_bounce);
	for (o = m->owed; o; o = o->next)
		if (slice_eq(mail_address(m, mail_find(m, o->rcpt)), last))
			return sender;
	return last;
}

static bool
anybody_wants(struct sched_mail const *m, bool warning)
{
	struct sched_owed const *o;

	for (o = m->owed; o; o = o->next)
		if (is_warning(o) == warning && is_wanted(m, o)) return true;
	return false;
}

static bool
send_text(struct peer *p, struct slice rest)
{
	while (rest.len) {
		struct handover_report_text t = { .octets = rest };

		if (t.octets.len > WIRE_BODY_MAX) t.octets.len = WIRE_BODY_MAX;
		if (!peer_send(p, &handover_report_text_form, &t, -1))
			return false;
		rest = slice_skip(rest, t.octets.len);
	}
	return true;
}

/* The marks are on those that it tells of, and on those that nobody is to be
 * told of. A frame that can't be sent ends the connection, and with it the
 * half of the report. */
static void
send_report(struct reporter *r, struct sched_mail *m,
    struct handover_report *report, struct slice text)
{
	struct peer *p = &r->upstream->peer;
	struct handover_report_end end = { .size = text.len };
	struct sched_owed *o;

	report->of = m->by.id;
	if (!peer_send(p, &handover_report_form, report, -1)) return;
	for (o = m->owed; o; o = o->next) {
		struct handover_reported mark = { .rcpt = o->rcpt };

		if (is_warning(o) != report->warning) continue;
		if (!report->to.len || !is_wanted(m, o)) o->reported = true;
		if (!o->reported) continue;
		if (!peer_send(p, &handover_reported_form, &mark, -1)) return;
		end.rcpts++;
	}
	if (send_text(p, text))
		peer_send(p, &handover_report_end_form, &end, -1);
}

static void
add(struct contents *c, struct sched_mail const *m, struct sched_owed *o)
{
	struct sched_rcpt const *r = mail_find(m, o->rcpt);

	c->told[c->n] = o;
	c->rcpt[c->n++] = (struct bounce_rcpt){
	    .action = actions[o->outcome], .address = mail_address(m, r),
	    .orcpt = mail_orcpt(m, r), .status = o->status,
	    .where = o->where, .words = o->words };
}

/* Failures first: they give the report its subject. */
static void
collect(struct contents *c, struct sched_mail const *m, bool warning)
{
	struct sched_owed *o;
	int failed;

	c->n = 0;
	for (failed = 1; failed >= 0; failed--)
		for (o = m->owed; o && c->n < BOUNCE_RCPTS_MAX; o = o->next)
			if (is_warning(o) == warning &&
			    (o->outcome == OUTCOME_FAILED) == failed &&
			    is_wanted(m, o))
				add(c, m, o);
}

/* As many recipients as one report has room for; the others get another. */
static bool
compose(stralloc *out, struct bounce *b)
{
	for (;;) {
		out->len = 0;
		if (!b->rcpts || !bounce_compose(out, b)) return false;
		if (out->len <= HANDOVER_REPORT_MAX) return true;
		if (b->rcpts == 1) return false;
		b->rcpts = (b->rcpts + 1) / 2;
	}
}

static struct slice
read_beginning(struct sched_mail const *m, int fd, char *store)
{
	ssize_t n;

	if (fd == -1 || !msgfd_valid(fd, m->size)) return slice_of("");
	do
		n = pread(fd, store, BOUNCE_WHOLE_MAX, 0);
	while (n == -1 && errno == EINTR);
	return slice_from(store, n > 0 ? (size_t)n : 0);
}

static struct bounce
describe(struct reporter const *r, struct sched_mail const *m,
    struct handover_body const *body, struct contents const *c)
{
	struct bounce b = { .hostname = slice_of(r->hostname),
	    .to = recipient_of(r, m), .of = m->by.id,
	    .arrived_s = (int64_t)m->arrived_s, .envid = body->envid,
	    .ret = (enum ret)body->ret, .utf8 = m->utf8, .rcpt = c->rcpt,
	    .rcpts = c->n };

	traceid_make(&b.id, clock_wall_ms());
	b.now_s = traceid_time_ms(&b.id) / 1000;
	b.until_s = b.arrived_s + (int64_t)r->sched->limits.lifetime_s;
	return b;
}

/* Nobody is to be told: what is owed has only to be marked. */
static void
send_marks(struct reporter *r, struct sched_mail *m, bool warning)
{
	struct handover_report none = { .id = m->by.id, .warning = warning };

	log_event("nobody-to-tell", LOG_ID(&m->by.id));
	send_report(r, m, &none, SLICE(""));
}

static void
send_composed(struct reporter *r, struct sched_mail *m, struct bounce *b,
    struct contents *c, bool warning)
{
	struct handover_report report = { .id = b->id, .to = b->to,
	    .warning = warning };
	stralloc out = STRALLOC_ZERO;
	size_t i;

	if (compose(&out, b)) {
		for (i = 0; i < b->rcpts; i++)
			c->told[i]->reported = true;
		report.eightbit = bounce_is_eightbit(b);
		report.utf8 = bounce_is_utf8(b);
		send_report(r, m, &report, slice_from(out.s, out.len));
	} else {
		upstream_cut(r->upstream);
	}
	stralloc_free(&out);
}

void
reporter_text(struct reporter *r, struct sched_mail *m,
    struct handover_body const *body, int fd)
{
	static char store[BOUNCE_WHOLE_MAX];
	static struct contents contents;
	bool warning = warns_only(m);
	struct bounce b;

	collect(&contents, m, warning);
	b = describe(r, m, body, &contents);
	b.text = read_beginning(m, fd, store);
	b.whole = b.text.len && b.text.len == m->size;
	if (fd != -1) close(fd);
	if (contents.n)
		send_composed(r, m, &b, &contents, warning);
	else
		send_marks(r, m, warning);
}

void
reporter_work(struct reporter *r)
{
	struct sched_mail *m;

	while (upstream_is_open(r->upstream) && (m = owed_next(r->sched))) {
		bool warning = warns_only(m);

		if (!recipient_of(r, m).len || !anybody_wants(m, warning))
			send_marks(r, m, warning);
		else if (!upstream_fetch_mail(r->upstream, m))
			upstream_cut(r->upstream);
	}
}
