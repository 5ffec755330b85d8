/* SPDX-License-Identifier: ISC */
/* A queue and a local of our own at the other ends: outcomes are repeated,
 * answers have an order, a lost channel gives its jobs back. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/log.h"
#include "common/unixsock.h"
#include "send/channel.h"
#include "send/job.h"
#include "send/lane.h"
#include "send/upstream.h"
#include "tests/patience.h"

enum { MANY = 5000 };

static struct handover_body const said = { .ret = RET_HDRS,
	.envid = { "e", 1 }, .client_address = { "192.0.2.1", 9 },
	.client_name = { "n", 1 }, .helo = { "h", 1 },
	.protocol = { "ESMTP", 5 }, .login = { "l", 1 } };
static struct loop loop;
static struct sched sched;
static struct upstream upstream;
static struct channel local;
static int before;

/* What send's parts told. */
static struct {
	size_t texts, changes, losses;
	struct sched_job *job;
	int fd;
	char text[HANDOVER_TEXT_MAX];
	size_t text_len;
} told;

/* What the queue and local have heard. */
static struct {
	struct peer queue, local;
	size_t held, windows, fetches, outcomes, gone;
	uint32_t window, texts, within;
	size_t jobs, rcpts, runs;
	uint32_t job;
	bool maybe, ordered, text;
	int fd;
} heard;

static struct traceid
numbered(uint32_t n)
{
	struct traceid id = { .octet = { 1 } };

	wire_put_number((char *)id.octet + TRACEID_OCTETS - 4, n, 4);
	return id;
}

static bool
got_held(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	heard.held++;
	return true;
}

static bool
got_window(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.windows++;
	heard.window += ((struct handover_window const *)values)->messages;
	heard.texts += ((struct handover_window const *)values)->texts;
	heard.within = ((struct handover_window const *)values)->within;
	return true;
}

static bool
got_fetch(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	heard.fetches++;
	return true;
}

static bool
got_outcome(void *owner, void const *values, int fd)
{
	struct handover_outcome const *o = values;
	struct traceid id = numbered(0);

	(void)owner;
	(void)fd;
	assert_true(traceid_eq(&o->id, &id));
	if (heard.ordered) /* as they were told */
		assert_int_equal(o->rcpt, heard.outcomes);
	heard.outcomes++;
	return true;
}

static bool
got_job(void *owner, void const *values, int fd)
{
	struct deliver_job const *j = values;

	(void)owner;
	heard.jobs++;
	heard.job = j->job;
	heard.maybe = j->maybe;
	assert_true(slice_is(j->envid, "e"));
	assert_true(slice_is(j->client_address, "192.0.2.1"));
	assert_true(slice_is(j->client_name, "n"));
	assert_true(slice_is(j->helo, "h"));
	assert_true(slice_is(j->protocol, "ESMTP"));
	assert_true(slice_is(j->login, "l"));
	assert_int_equal(j->ret, RET_HDRS);
	assert_int_equal(j->how, 0);
	heard.text = slice_is(j->text, "text");
	if (heard.fd != -1) close(heard.fd);
	heard.fd = fd;
	return true;
}

static bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct deliver_rcpt const *r = values;

	(void)owner;
	(void)fd;
	assert_int_equal(r->attempt, r->rcpt);
	assert_int_equal(r->action, r->rcpt + 1);
	assert_int_equal(r->notify, NOTIFY_DELAY);
	assert_true(slice_is(r->orcpt, r->rcpt ? "rfc822;o" : ""));
	heard.rcpts++;
	return true;
}

static bool
got_run(void *owner, void const *values, int fd)
{
	struct deliver_run const *r = values;

	(void)owner;
	(void)fd;
	assert_int_equal(r->job, heard.job);
	heard.runs++;
	return true;
}

static void
gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	heard.gone++;
}

static struct peer_row const queue_rows[] = {
	{ &handover_held_form, false, got_held },
	{ &handover_window_form, false, got_window },
	{ &handover_fetch_form, false, got_fetch },
	{ &handover_outcome_form, false, got_outcome },
};
static struct peer_kind const queue_kind = { .row = queue_rows,
	.rows = sizeof queue_rows / sizeof *queue_rows, .gone = gone };

static struct peer_row const local_rows[] = {
	{ &deliver_job_form, true, got_job },
	{ &deliver_rcpt_form, false, got_rcpt },
	{ &deliver_run_form, false, got_run },
};
static struct peer_kind const local_kind = { .row = local_rows,
	.rows = sizeof local_rows / sizeof *local_rows, .gone = gone };

/* send's parts */

static enum sched_way
route(void *owner, struct sched_mail const *m, struct sched_rcpt const *r,
    struct sched_route *out)
{
	(void)owner;
	(void)m;
	(void)r;
	out->to.channel = CHANNEL_LOCAL;
	return WAY_THERE;
}

static bool
room(void *owner)
{
	(void)owner;
	return true;
}

static void
outcome(void *owner, struct handover_outcome const *o)
{
	(void)owner;
	upstream_outcome(&upstream, o);
}

static struct sched_hooks const hooks = { .route = route,
	.outcome = outcome, .room = room };
static struct sched_limits const limits = { 432000, 86400, 3600, 0 };

static void
text(void *owner, struct sched_job *job, struct handover_body const *body,
    int fd)
{
	(void)owner;
	told.text_len = body->text.len;
	if (body->text.len) memcpy(told.text, body->text.s, body->text.len);
	told.texts++;
	told.job = job;
	told.fd = fd;
}

static void
changed(void *owner)
{
	(void)owner;
	told.changes++;
}

static void
lost(void *owner, struct channel *c)
{
	(void)owner;
	told.losses++;
	upstream_unfetch(&upstream, c->name);
	job_lost(&sched, c->name, loop.now_ms);
}

static int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void
nothing(void *owner)
{
	(void)owner;
}

static void
turn_once(void)
{
	static struct timer moment = { .due = nothing };

	loop_arm(&loop, &moment, loop.now_ms + 2);
	assert_true(loop_turn(&loop));
	loop_disarm(&loop, &moment);
}

#define TURN_UNTIL(condition) PATIENTLY(condition, turn_once())

static void
settle(void)
{
	int i;

	for (i = 0; i < 5; i++)
		turn_once();
}

static void
connect_queue(void)
{
	int pair[2];

	peer_close(&heard.queue);
	heard.outcomes = heard.window = heard.texts = 0;
	assert_true(unixsock_pair(pair));
	assert_true(peer_open(&heard.queue, &loop, pair[0], &queue_kind,
	    NULL));
	upstream_enter(&upstream, pair[1]);
}

static void
connect_local(uint32_t slots)
{
	int pair[2];

	peer_close(&heard.local);
	assert_true(unixsock_pair(pair));
	assert_true(peer_open(&heard.local, &loop, pair[0], &local_kind,
	    NULL));
	assert_true(channel_adopt(&local, pair[1]));
	assert_true(peer_send(&heard.local, &deliver_slots_form,
	    &(struct deliver_slots){ .jobs = slots }, -1));
	settle();
}

static int
begin(void **state)
{
	(void)state;
	before = open_fds();
	memset(&heard, 0, sizeof heard);
	memset(&told, 0, sizeof told);
	heard.fd = told.fd = -1;
	if (!loop_open(&loop)) return -1;
	sched_init(&sched, 1, &hooks, NULL, &limits);
	upstream = (struct upstream){ .loop = &loop, .sched = &sched,
	    .text = text, .changed = changed };
	upstream_init(&upstream);
	local = (struct channel){ .loop = &loop, .sched = &sched,
	    .name = CHANNEL_LOCAL, .changed = changed, .lost = lost };
	connect_queue();
	connect_local(10);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	upstream_free(&upstream);
	peer_close(&local.peer);
	sched_free(&sched);
	peer_close(&heard.queue);
	peer_close(&heard.local);
	if (heard.fd != -1) close(heard.fd);
	if (told.fd != -1) close(told.fd);
	loop_close(&loop);
	return open_fds() == before ? 0 : -1;
}

/* Mail n, through the wire, with this many recipients. */
static void
announce(uint32_t n, uint32_t rcpts)
{
	struct traceid id = numbered(n);
	uint32_t i;

	assert_true(peer_send(&heard.queue, &handover_mail_form,
	    &(struct handover_mail){ .id = numbered(n),
	    .sender = SLICE("s@s.s"), .size = 4, .fresh = 1 }, -1));
	for (i = 0; i < rcpts; i++)
		assert_true(peer_send(&heard.queue, &handover_rcpt_form,
		    &(struct handover_rcpt){ .id = numbered(n), .rcpt = i,
		    .attempt = i, .action = i + 1, .notify = NOTIFY_DELAY,
		    .orcpt = i ? SLICE("rfc822;o") : SLICE(""),
		    .address = SLICE("a@b.c") }, -1));
	assert_true(peer_send(&heard.queue, &handover_ready_form,
	    &(struct handover_ready){ .id = numbered(n), .rcpts = rcpts },
	    -1));
	TURN_UNTIL(sched_find(&sched, &id));
	sched_due(&sched, loop.now_ms);
}

static struct sched_job *
begin_fetch(void)
{
	struct sched_job *job = job_next(&sched, CHANNEL_LOCAL);

	assert_non_null(job);
	assert_true(upstream_fetch(&upstream, job, true));
	return job;
}

static void
answer(uint32_t n, bool there, bool with_fd)
{
	struct handover_body b = { .id = numbered(n), .there = there };
	int fd = with_fd ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

	assert_true(peer_send(&heard.queue, &handover_body_form, &b, fd));
}

/* The upstream */

static void
answers_come_to_who_asked(void **state)
{
	struct sched_job *job[2];

	(void)state;
	announce(0, 1);
	announce(1, 1);
	job[0] = begin_fetch();
	job[1] = begin_fetch();
	TURN_UNTIL(heard.fetches == 2);
	answer(0, true, true);
	TURN_UNTIL(told.texts == 1);
	assert_ptr_equal(told.job, job[0]);
	assert_true(told.fd != -1);
	close(told.fd);
	answer(1, false, false);
	TURN_UNTIL(told.texts == 2);
	assert_ptr_equal(told.job, job[1]);
	assert_int_equal(told.fd, -1);
	assert_true(upstream_is_open(&upstream));
}

/* Texts that come unasked */

static void
say_ahead(uint32_t n, bool with_fd)
{
	struct handover_body b = said;

	b.id = numbered(n);
	b.there = true;
	assert_true(peer_send(&heard.queue, &handover_ahead_form, &b,
	    with_fd ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1));
}

static void
who_has_it_need_not_ask(void **state)
{
	struct sched_job *job[2];
	int i;

	(void)state;
	settle();
	assert_int_equal(heard.texts, HANDOVER_AHEAD_MAX);
	say_ahead(1, true);
	announce(0, 1);
	announce(1, 1);
	for (i = 0; i < 2; i++)
		job[i] = begin_fetch();
	assert_int_equal(told.texts, 1);
	assert_ptr_equal(told.job, job[1]);
	assert_true(told.fd != -1);
	assert_int_equal(upstream.ahead.kept, 0);
	TURN_UNTIL(heard.fetches == 1);
}

static void
say_text(uint32_t n, struct slice text, bool there, bool with_fd)
{
	struct handover_body b = said;

	b.id = numbered(n);
	b.text = text;
	b.there = there;
	assert_true(peer_send(&heard.queue, &handover_ahead_form, &b,
	    with_fd ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1));
}

/* A job for another host needs a descriptor, and so may the next. */
static void
who_can_use_it_gets_the_text_itself(void **state)
{
	struct sched_job *job;
	uint32_t n;

	(void)state;
	settle();
	assert_int_equal(heard.within, HANDOVER_TEXT_MAX);
	for (n = 0; n < 2; n++) {
		say_text(n, SLICE("text"), false, false);
		announce(n, 1);
	}
	job = begin_fetch();
	assert_int_equal(told.texts, 1);
	assert_ptr_equal(told.job, job);
	assert_int_equal(told.fd, -1);
	assert_true(slice_is(slice_from(told.text, told.text_len), "text"));
	job = job_next(&sched, CHANNEL_LOCAL);
	assert_non_null(job);
	assert_true(upstream_fetch(&upstream, job, false));
	assert_int_equal(told.texts, 1);
	assert_int_equal(upstream.ahead.kept, 0);
	TURN_UNTIL(heard.fetches == 1);
	answer(1, true, true);
	TURN_UNTIL(told.texts == 2);
	assert_ptr_equal(told.job, job);
	assert_true(told.fd != -1);
	upstream_open_window(&upstream, 0);
	settle();
	assert_int_equal(heard.within, 0);
}

static void
a_text_and_a_descriptor_exclude_each_other(void **state)
{
	unsigned how;

	(void)state;
	for (how = 0; how < 4; how++) {
		if (how == 3) { /* nor in an answer */
			struct handover_body b = { .id = numbered(0),
			    .text = SLICE("text") };

			announce(0, 1);
			begin_fetch();
			settle();
			assert_true(peer_send(&heard.queue,
			    &handover_body_form, &b, -1));
		} else {
			say_text(0, how < 2 ? SLICE("text") : SLICE(""),
			    how < 1, how < 2);
		}
		TURN_UNTIL(heard.gone == how + 1);
		assert_int_equal(told.texts, 0);
		assert_int_equal(upstream.ahead.kept, 0);
		connect_queue();
		settle();
	}
}

/* Not for ever, and the queue may send others instead. */
static void
what_nobody_takes_goes(void **state)
{
	int64_t until_ms;
	uint32_t i;

	(void)state;
	settle();
	for (i = 0; i < HANDOVER_AHEAD_MAX; i++)
		say_ahead(i, true);
	TURN_UNTIL(upstream.ahead.kept == HANDOVER_AHEAD_MAX);
	until_ms = upstream.ahead.first->until_ms;
	loop.now_ms = until_ms - 1;
	assert_int_equal(upstream_tend(&upstream), until_ms);
	assert_int_equal(upstream.ahead.kept, HANDOVER_AHEAD_MAX);
	loop.now_ms = until_ms;
	upstream_tend(&upstream);
	assert_true(upstream.ahead.kept < HANDOVER_AHEAD_MAX);
	loop.now_ms += AHEAD_MS; /* the last may have come late */
	assert_int_equal(upstream_tend(&upstream), -1);
	assert_int_equal(upstream.ahead.kept, 0);
	/* told of at once or in two parts, but for a few */
	assert_true(upstream.ahead.allowed > HANDOVER_AHEAD_MAX / 2);
	TURN_UNTIL(heard.texts == HANDOVER_AHEAD_MAX + upstream.ahead.allowed);
	assert_true(upstream_is_open(&upstream));
}

static void
more_texts_than_allowed_end_the_connection(void **state)
{
	uint32_t i;

	(void)state;
	settle();
	for (i = 0; i <= HANDOVER_AHEAD_MAX; i++)
		say_ahead(i, true);
	TURN_UNTIL(heard.gone == 1);
	assert_false(upstream_is_open(&upstream));
	assert_int_equal(upstream.ahead.kept, 0);
	connect_queue();
	settle();
	assert_int_equal(heard.texts, HANDOVER_AHEAD_MAX);
	say_ahead(1, false); /* nor one without */
	TURN_UNTIL(heard.gone == 2);
}

/* A wrong answer ends the connection; no job is lost, no descriptor kept. */
static void
wrong_answers_end_the_connection(void **state)
{
	int how;

	(void)state;
	for (how = 0; how < 4; how++) {
		announce(0, 1);
		if (how < 3) begin_fetch();
		settle();
		switch (how) {
		case 0: /* of another mail */
			answer(7, true, true);
			break;
		case 1: /* there, without a descriptor */
			answer(0, true, false);
			break;
		case 2: /* not there, with one */
			answer(0, false, true);
			break;
		case 3: /* nobody asked */
			answer(0, true, true);
			break;
		}
		TURN_UNTIL(!upstream_is_open(&upstream));
		assert_int_equal(told.texts, 0);
		assert_int_equal(sched.channel[CHANNEL_LOCAL].running, 0);
		connect_queue();
		settle();
	}
}

static void
an_answer_that_comes_late_is_dropped(void **state)
{
	(void)state;
	announce(0, 1);
	begin_fetch();
	settle();
	peer_close(&heard.local);
	TURN_UNTIL(told.losses == 1);
	answer(0, true, true);
	settle();
	assert_int_equal(told.texts, 0);
	assert_true(upstream_is_open(&upstream));
}

static void
a_lost_queue_gives_the_jobs_back(void **state)
{
	(void)state;
	announce(0, 1);
	begin_fetch();
	settle();
	peer_close(&heard.queue);
	TURN_UNTIL(!upstream_is_open(&upstream));
	assert_int_equal(sched.channel[CHANNEL_LOCAL].running, 0);
	assert_int_equal(sched.map.n, 0);
	connect_queue();
	announce(0, 1);
	assert_int_equal(sched.busy, 1); /* it may be tried at once */
}

static void
a_newer_queue_replaces_the_older(void **state)
{
	int old;

	(void)state;
	announce(0, 1);
	begin_fetch();
	settle();
	old = heard.queue.watch.fd; /* its end stays open */
	loop_forget(&loop, &heard.queue.watch);
	memset(&heard.queue, 0, sizeof heard.queue);
	connect_queue();
	settle();
	assert_true(upstream_is_open(&upstream));
	assert_int_equal(sched.channel[CHANNEL_LOCAL].running, 0);
	assert_int_equal(heard.window, UPSTREAM_WINDOW);
	close(old);
}

/* Outcomes of a mail with many recipients, through sched: kept, then told. */
static void
finish_many(uint32_t rcpts, size_t words)
{
	static char long_words[WORDS_MAX];
	struct sched_job *job;
	uint32_t done = 0;

	memset(long_words, 'w', sizeof long_words);
	announce(0, rcpts);
	while ((job = job_next(&sched, CHANNEL_LOCAL))) {
		uint32_t number = job->number;

		job_begun(&sched, job);
		while (job_find(&sched, CHANNEL_LOCAL, number)) {
			assert_true(job_result(&sched, CHANNEL_LOCAL,
			    &(struct deliver_result){ .job = number,
			    .rcpt = done++, .words = slice_from(long_words,
			    words) }, loop.now_ms));
		}
	}
	assert_int_equal(done, rcpts);
	heard.ordered = true;
	peer_close(&heard.queue);
	TURN_UNTIL(!upstream_is_open(&upstream));
}

static void
ack(uint32_t rcpt, uint32_t attempt)
{
	assert_true(peer_send(&heard.queue, &handover_outcome_ack_form,
	    &(struct handover_outcome_ack){ .id = numbered(0), .rcpt = rcpt,
	    .attempt = attempt }, -1));
}

static void
outcomes_are_repeated_until_acked(void **state)
{
	int round;

	(void)state;
	finish_many(3, 10);
	for (round = 0; round < 3; round++) {
		connect_queue();
		TURN_UNTIL(heard.outcomes == 3);
		if (round == 2) break;
		peer_close(&heard.queue);
		TURN_UNTIL(!upstream_is_open(&upstream));
	}
	ack(1, 1); /* in any order */
	ack(0, 0);
	TURN_UNTIL(sched.busy == 1);
	assert_int_equal(sched.map.n, 1);
	ack(2, 2);
	TURN_UNTIL(sched.map.n == 0);
	assert_null(upstream.outcomes.first);
	ack(2, 2); /* nobody told that */
	TURN_UNTIL(!upstream_is_open(&upstream));
}

/* It hears the last outcome before we hang up; the next one is not ending. */
static void
an_ending_queue_is_left_when_all_is_acked(void **state)
{
	(void)state;
	finish_many(1, 10);
	connect_queue();
	assert_false(upstream.ending);
	assert_true(peer_send(&heard.queue, &handover_ending_form,
	    &(struct handover_ending){ 0 }, -1));
	TURN_UNTIL(upstream.ending);
	assert_false(upstream_part(&upstream));
	assert_true(upstream_is_open(&upstream));
	ack(0, 0);
	TURN_UNTIL(outcomes_all_acked(&upstream.outcomes));
	assert_true(upstream_part(&upstream));
	assert_false(upstream_is_open(&upstream));
	assert_false(upstream.ending);
	TURN_UNTIL(heard.gone);
}

/* More than a connection takes at once: all of them arrive all the same. */
static void
however_many_outcomes_there_are(void **state)
{
	(void)state;
	finish_many(MANY, WORDS_MAX);
	connect_queue();
	TURN_UNTIL(heard.outcomes == MANY || !upstream_is_open(&upstream));
	settle();
	assert_int_equal(heard.outcomes, MANY);
	assert_int_equal(heard.window, UPSTREAM_WINDOW);
}

static void
windows_are_renewed(void **state)
{
	uint32_t n;

	(void)state;
	settle();
	assert_int_equal(heard.window, UPSTREAM_WINDOW);
	for (n = 0; n < UPSTREAM_WINDOW / 2 - 1; n++)
		announce(n, 1);
	settle();
	assert_int_equal(heard.windows, 1);
	announce(n++, 1);
	settle();
	assert_int_equal(heard.windows, 2);
	assert_int_equal(heard.window, UPSTREAM_WINDOW * 3 / 2);
}

/* The channel */

static struct sched_job *
begin_job(uint32_t rcpts)
{
	struct sched_job *job;

	announce(0, rcpts);
	job = job_next(&sched, CHANNEL_LOCAL);
	assert_non_null(job);
	assert_true(channel_begin(&local, job, &said,
	    open("/dev/null", O_RDONLY | O_CLOEXEC)));
	TURN_UNTIL(heard.runs == 1);
	return job;
}

static void
say_result(uint32_t job, uint32_t rcpt, enum verdict verdict)
{
	assert_true(peer_send(&heard.local, &deliver_result_form,
	    &(struct deliver_result){ .job = job, .rcpt = rcpt,
	    .verdict = (uint8_t)verdict }, -1));
}

static void
a_job_is_handed_over_and_ends(void **state)
{
	(void)state;
	begin_job(3);
	assert_int_equal(heard.jobs, 1);
	assert_int_equal(heard.rcpts, 3);
	assert_true(heard.fd != -1);
	assert_false(heard.maybe);
	say_result(heard.job, 2, VERDICT_OK);
	say_result(heard.job, 0, VERDICT_TEMP);
	say_result(heard.job, 1, VERDICT_PERM);
	TURN_UNTIL(!sched.channel[CHANNEL_LOCAL].running);
	say_result(heard.job, 2, VERDICT_OK); /* it has ended */
	TURN_UNTIL(told.losses == 1);
}

/* While local keeps up. */
static void
a_text_goes_with_the_job(void **state)
{
	static char words[WORDS_MAX];
	struct deliver_result r = { .words = slice_from(words, WORDS_MAX) };
	struct handover_body body = said;
	struct channel remote = local;
	struct sched_job *job;

	(void)state;
	announce(0, 1);
	job = job_next(&sched, CHANNEL_LOCAL);
	body.text = SLICE("text");
	assert_true(channel_begin(&local, job, &body, -1));
	TURN_UNTIL(heard.runs == 1);
	assert_true(heard.text);
	assert_int_equal(heard.fd, -1);
	remote.name = CHANNEL_REMOTE;
	assert_false(channel_takes_text(&remote));
	while (local.peer.out.octets < CHANNEL_TEXTS_MAX) {
		assert_true(channel_takes_text(&local));
		assert_true(peer_send(&local.peer, &deliver_result_form, &r,
		    -1));
	}
	assert_false(channel_takes_text(&local));
	peer_close(&local.peer);
	assert_false(channel_begin(&local, job, &body, -1));
	lost(NULL, &local);
}

static void
nonsense_of_a_channel_ends_it(void **state)
{
	(void)state;
	begin_job(2);
	say_result(heard.job, 5, VERDICT_OK);
	TURN_UNTIL(told.losses == 1);
	assert_int_equal(sched.channel[CHANNEL_LOCAL].running, 0);
	connect_local(10);
	say_result(9999, 0, VERDICT_OK);
	TURN_UNTIL(told.losses == 2);
	connect_local(DELIVER_SLOTS_MAX + 1);
	TURN_UNTIL(told.losses == 3);
}

/* A result for a job that has only been asked the text of. */
static void
a_result_before_the_job_ends_it(void **state)
{
	(void)state;
	announce(0, 1);
	say_result(begin_fetch()->number, 0, VERDICT_OK);
	TURN_UNTIL(told.losses == 1);
	assert_int_equal(sched.map.n, 1);
	assert_null(upstream.outcomes.first);
}

static void
a_lost_channel_gives_its_jobs_back(void **state)
{
	(void)state;
	begin_job(3);
	peer_close(&heard.local);
	TURN_UNTIL(told.losses == 1);
	sched_due(&sched, loop.now_ms);
	connect_local(10);
	assert_true(channel_begin(&local, job_next(&sched, CHANNEL_LOCAL),
	    &said,
	    open("/dev/null", O_RDONLY | O_CLOEXEC)));
	TURN_UNTIL(heard.runs == 2);
	assert_true(heard.maybe);
	assert_int_equal(heard.rcpts, 6);
}

static void
nothing_begins_on_a_closed_channel(void **state)
{
	struct sched_job *job;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	announce(0, 1);
	job = job_next(&sched, CHANNEL_LOCAL);
	peer_close(&local.peer);
	assert_false(channel_begin(&local, job, &said, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_false(job->begun);
	job_return(&sched, job, loop.now_ms);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(answers_come_to_who_asked),
		TEST(who_has_it_need_not_ask),
		TEST(what_nobody_takes_goes),
		TEST(who_can_use_it_gets_the_text_itself),
		TEST(a_text_and_a_descriptor_exclude_each_other),
		TEST(more_texts_than_allowed_end_the_connection),
		TEST(wrong_answers_end_the_connection),
		TEST(an_answer_that_comes_late_is_dropped),
		TEST(a_lost_queue_gives_the_jobs_back),
		TEST(a_newer_queue_replaces_the_older),
		TEST(outcomes_are_repeated_until_acked),
		TEST(an_ending_queue_is_left_when_all_is_acked),
		TEST(however_many_outcomes_there_are),
		TEST(windows_are_renewed),
		TEST(a_job_is_handed_over_and_ends),
		TEST(a_text_goes_with_the_job),
		TEST(nonsense_of_a_channel_ends_it),
		TEST(a_result_before_the_job_ends_it),
		TEST(a_lost_channel_gives_its_jobs_back),
		TEST(nothing_begins_on_a_closed_channel),
	};

	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
