/* SPDX-License-Identifier: ISC */
/* Carries reports from the schedule to the queue; bounce.c writes them. */
#include <errno.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/log.h"
#include "common/msgfd.h"
#include "send/bounce.h"
#include "send/reporter.h"

/* A report that fails goes to --double-bounce; one to there that fails, or
 * any without it, ends here (RFC 5321 section 4.5.5). */
static struct slice
recipient_of(struct reporter const *r, struct sched_mail const *m)
{
	struct slice sender = sched_sender(m), last;
	struct sched_failure const *f;

	if (sender.len || !r->double_bounce) return sender;
	last = slice_of(r->double_bounce);
	for (f = m->failures; f; f = f->next)
		if (slice_eq(sched_address(m, sched_rcpt_of(m, f->rcpt)), last))
			return sender;
	return last;
}

static bool
send_marks(struct reporter *r, struct sched_mail *m, struct slice to,
    struct traceid const *id, uint32_t n, stralloc const *text, bool eightbit)
{
	struct peer *p = &r->upstream->peer;
	struct handover_report report = { .of = m->by.id, .id = *id, .to = to,
	    .eightbit = eightbit };
	struct handover_report_end end = { .size = text->len };
	struct slice rest = slice_from(text->s, text->len);
	struct sched_failure *f;

	if (!peer_send(p, &handover_report_form, &report, -1)) return false;
	for (f = m->failures; f && end.rcpts < n; f = f->next, end.rcpts++) {
		struct handover_reported mark = { .rcpt = f->rcpt };

		if (!peer_send(p, &handover_reported_form, &mark, -1))
			return false;
		f->reported = true;
	}
	while (rest.len) {
		struct handover_report_text t = { .octets = rest };

		if (t.octets.len > WIRE_BODY_MAX) t.octets.len = WIRE_BODY_MAX;
		if (!peer_send(p, &handover_report_text_form, &t, -1))
			return false;
		rest = slice_skip(rest, t.octets.len);
	}
	return peer_send(p, &handover_report_end_form, &end, -1);
}

/* The queue must not be left with half a report: it forgets that with the
 * connection. */
static void
send_report(struct reporter *r, struct sched_mail *m, struct slice to,
    struct traceid const *id, uint32_t n, stralloc const *text, bool eightbit)
{
	if (!send_marks(r, m, to, id, n, text, eightbit))
		upstream_cut(r->upstream);
}

static uint32_t
collect(struct sched_mail const *m, struct bounce_rcpt *rcpt)
{
	struct sched_failure const *f;
	uint32_t n = 0;

	for (f = m->failures; f && n < BOUNCE_RCPTS_MAX; f = f->next)
		rcpt[n++] = (struct bounce_rcpt){
		    .address = sched_address(m, sched_rcpt_of(m, f->rcpt)),
		    .status = f->status, .where = f->where,
		    .words = f->words };
	return n;
}

/* As many recipients as one report has room for; the others get another. */
static uint32_t
compose(stralloc *out, struct bounce *b)
{
	for (;;) {
		out->len = 0;
		if (!bounce_compose(out, b)) return 0;
		if (out->len <= HANDOVER_REPORT_MAX) return (uint32_t)b->rcpts;
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

void
reporter_text(struct reporter *r, struct sched_mail *m, int fd)
{
	static char store[BOUNCE_WHOLE_MAX];
	static struct bounce_rcpt rcpt[BOUNCE_RCPTS_MAX];
	struct bounce b = { .hostname = slice_of(r->hostname),
	    .to = recipient_of(r, m), .of = m->by.id,
	    .arrived_s = (int64_t)m->arrived_s, .rcpt = rcpt };
	stralloc out = STRALLOC_ZERO;
	uint32_t n;

	traceid_make(&b.id, clock_wall_ms());
	b.now_s = traceid_time_ms(&b.id) / 1000;
	b.rcpts = collect(m, rcpt);
	b.text = read_beginning(m, fd, store);
	b.whole = b.text.len && b.text.len == m->size;
	if (fd != -1) close(fd);
	n = compose(&out, &b);
	if (n)
		send_report(r, m, b.to, &b.id, n, &out, bounce_is_eightbit(&b));
	else
		upstream_cut(r->upstream);
	stralloc_free(&out);
}

void
reporter_work(struct reporter *r)
{
	stralloc none = STRALLOC_ZERO;
	struct sched_mail *m;

	while (upstream_is_open(r->upstream) && (m = sched_owing(r->sched))) {
		if (recipient_of(r, m).len) {
			if (!upstream_fetch_mail(r->upstream, m))
				upstream_cut(r->upstream);
			continue;
		}
		log_event("nobody-to-tell", LOG_ID(&m->by.id));
		send_report(r, m, slice_of(""), &m->by.id, SUBMIT_RCPTS_MAX,
		    &none, false);
	}
}
