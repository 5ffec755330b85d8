/* SPDX-License-Identifier: ISC */
/* Commands on a real journal in a directory of its own, with a client and a
 * send at the other ends of socket pairs; what is ordered outlives a restart. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/ancil.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/unixsock.h"
#include "queue/clean.h"
#include "queue/control.h"
#include "queue/recover.h"

enum { AT_ONCE = 8 };

enum { ANNA = 1001, BERT = 1002, WAIT_S = 300, MAILS = 3000 };

static char directory[64];
static struct loop loop;
static struct flushers flushers;
static struct journal journal;
static struct state state;
static struct handout handout;
static struct cleaner cleaner;
static struct timer tick;
static int journal_dir, mess, damaged, client = -1, send_end = -1;
static struct control control;
static struct counts counts = { .since_s = 1234 };
static struct peer peer;
static size_t ended;
static char frame[WIRE_FRAME_MAX];

/* The queue */

static void
lost_helper(void)
{
	abort();
}

static void
has_failed(void *owner)
{
	(void)owner;
	abort();
}

static void
ticked(void *owner)
{
	(void)owner;
	loop_arm(&loop, &tick, loop.now_ms + 1);
}

static void
settled(void *owner)
{
	(void)owner;
	cleaner_look(&cleaner);
}

static void
begin_queue(void)
{
	struct recovery r;

	journal_init(&journal, &loop, &flushers, journal_dir, damaged,
	    has_failed, NULL);
	assert_true(recover(&r, &journal, &state, journal_dir, damaged));
	assert_int_equal(r.damaged, 0);
	journal.settled = settled;
	handout = (struct handout){ .loop = &loop, .journal = &journal,
	    .state = &state, .mess = mess, .hostname = "here.test" };
	handout_init(&handout);
	cleaner = (struct cleaner){ .loop = &loop, .journal = &journal,
	    .flushers = &flushers, .state = &state, .mess = mess };
	cleaner_init(&cleaner);
}

static void
turn_until_idle(void)
{
	do
		assert_true(loop_turn(&loop));
	while (!journal_idle(&journal) || journal.preparing || cleaner.text ||
	    loop.chores);
}

static void
end_queue(void)
{
	uint16_t i;

	turn_until_idle();
	peer_close(&handout.peer);
	if (send_end != -1) close(send_end);
	send_end = -1;
	loop_disarm(&loop, &cleaner.again);
	loop_disarm(&loop, &journal.lazy);
	loop_disarm(&loop, &journal.prepare_again);
	for (i = 0; i < journal.segments; i++)
		close(journal.segment[i].fd);
	for (i = 0; i < JOURNAL_LANES; i++)
		stralloc_free(&journal.lane[i].text);
	state_free(&state);
}

static void
restart(void)
{
	end_queue();
	begin_queue();
}

static int
start_helper(void **unused)
{
	(void)unused;
	umask(077);
	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!loop_open(&loop) || !flushers_open(&flushers, &loop, "test-flush",
	    AT_ONCE, 0, lost_helper))
		return -1;
	tick = (struct timer){ .due = ticked };
	loop_arm(&loop, &tick, loop.now_ms);
	return 0;
}

static int
open_directory(char const *name)
{
	char path[96];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	if (mkdir(path, 0700) == -1) return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
set_up(void **unused)
{
	(void)unused;
	alarm(WAIT_S);
	snprintf(directory, sizeof directory, "/tmp/mailgrave.XXXXXX");
	if (!mkdtemp(directory)) return -1;
	journal_dir = open_directory("journal");
	mess = open_directory("mess");
	damaged = open_directory("damaged");
	begin_queue();
	return 0;
}

static void
hang_up(void)
{
	control_leave(&control);
	peer_close(&peer);
	if (client != -1) close(client);
	client = -1;
}

static int
tear_down(void **unused)
{
	(void)unused;
	hang_up();
	end_queue();
	close(journal_dir);
	close(mess);
	close(damaged);
	rm_rf(directory);
	return 0;
}

/* Mail */

struct arrival {
	struct journal_unit unit;
	struct message *message;
};

static void
arrived(void *owner, bool fine)
{
	struct arrival *a = owner;

	assert_true(fine);
	a->message->segment = a->unit.segment;
	a->message->offset = a->unit.offset;
	a->message->unit = (uint32_t)a->unit.len;
	state_commit(&state, a->message);
	journal_live(&journal, a->message->segment, a->message->unit);
	handout_arrived(&handout, a->message);
	free(a);
}

static struct traceid
mail_of(uint32_t uid, char const *const *rcpt)
{
	static int64_t wall_ms = 1;
	struct arrival *a = calloc(1, sizeof *a);
	struct record_message m = { .sender = SLICE("me@here.test"),
	    .arrived_s = (uint64_t)clock_wall_ms() / 1000, .size = 6,
	    .uid = uid };
	uint32_t i;

	while (rcpt[m.rcpts])
		m.rcpts++;
	traceid_make(&m.id, wall_ms++);
	a->message = message_make(&m.id, m.rcpts);
	assert_true(state_insert(&state, a->message));
	journal_begin(&journal, JOURNAL_MAIL);
	assert_true(journal_add(&journal, &record_message_form, &m, false));
	for (i = 0; i < m.rcpts; i++)
		assert_true(journal_add(&journal, &record_rcpt_form,
		    &(struct record_rcpt){ .address = slice_of(rcpt[i]) },
		    false));
	a->message->envelope = (uint32_t)journal_begun(&journal);
	assert_true(journal_add(&journal, &record_body_form,
	    &(struct record_body){ .octets = SLICE("text\r\n") }, true));
	a->unit = (struct journal_unit){ .committed = arrived, .owner = a };
	journal_end(&journal, &a->unit);
	return m.id;
}

#define MAIL(uid, ...) \
	mail_of(uid, (char const *const[]){ __VA_ARGS__, NULL })

static struct message *
find(struct traceid id)
{
	return state_find(&state, &id);
}

/* The client */

static void
client_gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	fail_msg("the client is cut off: %s", why);
}

static void
drained(void *owner)
{
	control_drained(owner);
}

static struct peer_kind const kind = { .gone = client_gone,
	.drained = drained };

static void
request_ended(void *owner)
{
	(void)owner;
	ended++;
}

static void
ask(uid_t uid, bool mighty, struct command_ask what)
{
	int pair[2];

	hang_up();
	assert_true(unixsock_pair(pair));
	client = pair[0];
	assert_true(peer_open(&peer, &loop, pair[1], &kind, &control));
	control = (struct control){ .peer = &peer, .loop = &loop,
	    .handout = &handout, .counts = &counts, .uid = uid,
	    .mighty = mighty,
	    .ended = request_ended };
	control_begin(&control, &what);
}

static void
narrow(char const *term)
{
	assert_true(control_filter(&control, &(struct command_filter){
	    .term = slice_of(term) }));
}

static void
name(struct traceid id)
{
	assert_true(control_id(&control, &(struct command_id){ .id = id }));
}

/* The next frame for a client or send, and a descriptor. */
static struct slice
next_frame(int from, int *fd)
{
	struct iovec v = { .iov_base = frame, .iov_len = sizeof frame };
	union ancil c;
	ssize_t n;

	for (;;) {
		struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
		    .msg_control = c.octet, .msg_controllen = sizeof c };

		n = recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n > 0) {
			assert_true(ancil_take(&m, fd));
			return slice_from(frame, (size_t)n);
		}
		assert_true(loop_turn(&loop));
	}
}

/* What a request came to: frames of each type. */
struct result {
	struct command_done done;
	struct traceid id;		/* of the last MAIL */
	enum standing standing;
	uint32_t uid;
	size_t mails, rcpts, bodies, counts;
	uint64_t since_s;
};

static struct result
go(void)
{
	struct result r = { .mails = 0 };
	struct command_mail m;
	struct command_rcpt t;
	struct command_body b;
	struct command_progress p;
	struct command_since s;
	struct command_count n;
	int fd;

	assert_true(control_go(&control));
	for (;;) {
		struct slice f = next_frame(client, &fd);

		if (wire_unpack(&command_done_form, &r.done, f)) return r;
		if (wire_unpack(&command_mail_form, &m, f)) {
			r.mails++;
			r.id = m.id;
			r.standing = m.standing;
			r.uid = m.uid;
		} else if (wire_unpack(&command_rcpt_form, &t, f)) {
			r.rcpts++;
		} else if (wire_unpack(&command_body_form, &b, f)) {
			r.bodies++;
			assert_int_equal(b.there, fd != -1);
		} else if (wire_unpack(&command_since_form, &s, f)) {
			r.since_s = s.since_s;
		} else if (wire_unpack(&command_count_form, &n, f)) {
			assert_int_equal(r.mails, 0);
			r.counts++;
		} else {
			assert_true(wire_unpack(&command_progress_form, &p, f));
		}
		if (fd == -1) continue;
		assert_int_equal(pread(fd, frame, sizeof frame, 0), 6);
		assert_memory_equal(frame, "text\r\n", 6);
		close(fd);
	}
}

static struct command_ask const look = { .order = ORDERS };

static struct result
list(char const *term)
{
	ask(0, true, look);
	if (term) narrow(term);
	return go();
}

static struct result
order(enum order what, struct traceid id)
{
	ask(0, true, (struct command_ask){ .order = (uint8_t)what });
	name(id);
	return go();
}

/* Tests */

static void
test_list(void **unused)
{
	struct result r;

	(void)unused;
	MAIL(ANNA, "a@x.test", "b@y.test");
	MAIL(COMMAND_NOBODY, "c@y.test");
	turn_until_idle();
	r = list(NULL);
	assert_int_equal(r.mails, 2);
	assert_int_equal(r.done.matched, 2);
	assert_int_equal(r.rcpts + r.bodies, 0);
	assert_int_equal(r.uid, COMMAND_NOBODY);
	assert_int_equal(r.standing, STANDING_ACTIVE);
	assert_int_equal(list("domain=x.test").mails, 1);
	assert_int_equal(list("domain=y.test").mails, 2);
	assert_int_equal(list("domain=z.test").mails, 0);
	ask(0, true, (struct command_ask){ .order = ORDERS, .rcpts = 1,
	    .text = 1 });
	r = go();
	assert_int_equal(r.rcpts, 3);
	assert_int_equal(r.bodies, 2);
}

/* Only when asked, and of all mail: so only for those who see all. */
static void
test_counts(void **unused)
{
	struct command_ask const too = { .order = ORDERS, .counts = 1 };
	struct result r;

	(void)unused;
	MAIL(ANNA, "a@x.test");
	turn_until_idle();
	counts_refused(&counts, SLICE("access:1"), 1, loop.now_ms);
	ask(0, true, too);
	r = go();
	assert_int_equal(r.since_s, 1234);
	assert_int_equal(r.counts, COUNTED + 1);
	assert_int_equal(r.mails, 1);
	ask(ANNA, false, too);
	r = go();
	assert_int_equal(r.since_s + r.counts, 0);
	assert_int_equal(r.mails, 1);
	assert_int_equal(list(NULL).counts, 0);
	counts_free(&counts);
}

static void
test_own_mail_only(void **unused)
{
	struct traceid anna, bert;
	struct result r;

	(void)unused;
	anna = MAIL(ANNA, "a@x.test");
	bert = MAIL(BERT, "a@x.test");
	MAIL(COMMAND_NOBODY, "a@x.test");
	turn_until_idle();
	ask(ANNA, false, look);
	r = go();
	assert_int_equal(r.mails, 1);
	assert_true(traceid_eq(&r.id, &anna));
	ask(ANNA, false, (struct command_ask){ .order = ORDER_DELETE });
	narrow("recipient=a@x.test");
	assert_int_equal(go().done.matched, 1);
	assert_null(find(anna));
	assert_int_equal(state.map.n, 2);
	ask(ANNA, false, (struct command_ask){ .order = ORDER_DELETE });
	name(bert);
	r = go();
	assert_int_equal(r.done.verdict, VERDICT_PERM);
	assert_non_null(find(bert));
}

static void
test_all_ids_or_none(void **unused)
{
	struct traceid one, unknown = { .octet = { 1 } };
	struct result r;

	(void)unused;
	one = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	ask(0, true, (struct command_ask){ .order = ORDER_DELETE });
	name(one);
	name(unknown);
	r = go();
	assert_int_equal(r.done.verdict, VERDICT_PERM);
	assert_int_equal(r.done.matched, 0);
	assert_non_null(find(one));
	assert_false(control_go(&control));
}

static void
test_dry_run(void **unused)
{
	struct traceid id;
	struct result r;
	uint64_t before;

	(void)unused;
	id = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	before = journal.sequence;
	ask(0, true, (struct command_ask){ .order = ORDER_DELETE,
	    .dry_run = 1 });
	name(id);
	r = go();
	assert_int_equal(r.mails, 1);
	assert_int_equal(r.done.matched, 1);
	turn_until_idle();
	assert_non_null(find(id));
	assert_int_equal(journal.sequence, before);
}

/* What was ordered counts after the first restart, and the second. */
static void
test_restart(void **unused)
{
	struct traceid gone, held, released, bounced, due;
	int i;

	(void)unused;
	gone = MAIL(ANNA, "a@x.test");
	held = MAIL(ANNA, "a@x.test");
	released = MAIL(ANNA, "a@x.test");
	bounced = MAIL(ANNA, "a@x.test");
	due = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	order(ORDER_DELETE, gone);
	order(ORDER_HOLD, held);
	order(ORDER_HOLD, released);
	order(ORDER_RELEASE, released);
	order(ORDER_HOLD, bounced);
	order(ORDER_BOUNCE, bounced);
	find(due)->rcpt->due_s = UINT32_MAX;
	assert_int_equal(list("state=deferred").mails, 1);
	order(ORDER_RETRY, due);
	for (i = 0; i < 3; i++) {
		assert_null(find(gone));
		assert_true(find(held)->held);
		assert_false(find(released)->held);
		assert_false(find(bounced)->held);
		assert_true(find(bounced)->given_up);
		assert_int_equal(find(due)->rcpt->due_s, 0);
		assert_int_equal(list("state=held").mails, 1);
		assert_int_equal(list("state=failed").mails, 1);
		assert_int_equal(list("state=active").mails, 2);
		restart();
	}
	assert_int_equal(journal.segment[find(held)->segment].live,
	    4 * find(held)->unit);
}

/* A held message that is written anew, because its segment is cleaned, is held
 * as before and still its user's. */
static void
test_cleaning(void **unused)
{
	struct traceid held, bounced;
	int i;

	(void)unused;
	held = MAIL(ANNA, "a@x.test");
	bounced = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	order(ORDER_HOLD, held);
	order(ORDER_BOUNCE, bounced);
	for (i = 0; i < 5; i++) {
		order(ORDER_DELETE, MAIL(BERT, "b@x.test"));
		restart();
	}
	while (!find(held)->file || !find(bounced)->file) {
		MAIL(BERT, "b@x.test");
		turn_until_idle();
	}
	restart();
	assert_true(find(held)->file);
	assert_true(find(held)->held);
	assert_true(find(bounced)->given_up);
	ask(ANNA, false, look);
	narrow("state=held");
	assert_int_equal(go().mails, 1);
}

/* Towards send */

static char said_octets[WIRE_FRAME_MAX];
static struct slice said;	/* frames of the last packet, not yet taken */
static int said_fd;

/* The next frame of those that queue says to send, and a descriptor. */
static struct slice
next_said(int *fd)
{
	static struct wire_form const *const forms[] = { &handover_mail_form,
	    &handover_rcpt_form, &handover_ready_form, &handover_told_form,
	    &handover_order_form, &handover_body_form,
	    &handover_report_ack_form };
	alignas(max_align_t) char values[WIRE_STRUCT_MAX];
	size_t i;

	if (!said.len) {
		struct slice packet = next_frame(send_end, &said_fd);

		memcpy(said_octets, packet.s, packet.len);
		said = slice_from(said_octets, packet.len);
	}
	for (i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct slice all = said;

		if (wire_type(said) != forms[i]->type) continue;
		assert_true(wire_take(forms[i], values, &said));
		*fd = said.len ? -1 : said_fd;
		return slice_from(all.s, all.len - said.len);
	}
	fail();
	return said;
}

static void
send_frame(struct wire_form const *form, void const *values)
{
	char out[512];
	size_t n = wire_pack(form, values, out, sizeof out);

	assert_int_equal(send(send_end, out, n, 0), n);
}

static void
connect_send(void)
{
	int pair[2];

	assert_true(unixsock_pair(pair));
	send_end = pair[0];
	said.len = 0;
	assert_true(handout_adopt(&handout, pair[1]));
	send_frame(&handover_window_form,
	    &(struct handover_window){ .messages = 100 });
}

/* What send hears next, but for TOLD: an announcement, or an order. */
static int
heard(struct traceid of)
{
	struct handover_mail m;
	struct handover_rcpt t;
	struct handover_ready r;
	struct handover_told d;
	struct handover_order o;
	int fd;

	for (;;) {
		struct slice f = next_said(&fd);

		if (wire_unpack(&handover_order_form, &o, f)) {
			assert_true(traceid_eq(&o.id, &of));
			return o.order;
		}
		if (wire_unpack(&handover_mail_form, &m, f)) {
			assert_true(traceid_eq(&m.id, &of));
			continue;
		}
		if (wire_unpack(&handover_ready_form, &r, f)) return -1;
		assert_true(wire_unpack(&handover_rcpt_form, &t, f) ||
		    wire_unpack(&handover_told_form, &d, f));
	}
}

static void
hears_nothing(void)
{
	int i;

	assert_int_equal(said.len, 0);
	for (i = 0; i < 10; i++)
		assert_true(loop_turn(&loop));
	assert_int_equal(recv(send_end, frame, sizeof frame, MSG_DONTWAIT), -1);
}

enum { ANNOUNCED = -1 };

static void
test_send_hears(void **unused)
{
	struct traceid id;
	struct handover_told told;
	struct result r;
	int fd;

	(void)unused;
	connect_send();
	assert_true(wire_unpack(&handover_told_form, &told,
	    next_said(&fd)));
	id = MAIL(ANNA, "a@x.test");
	assert_int_equal(heard(id), ANNOUNCED);
	order(ORDER_RETRY, id);
	assert_int_equal(heard(id), ORDER_RETRY);
	r = order(ORDER_HOLD, id);
	assert_int_equal(r.done.active, 1);
	assert_int_equal(heard(id), ORDER_HOLD);
	r = order(ORDER_RETRY, id);
	assert_int_equal(r.done.active, 0);
	hears_nothing();
	order(ORDER_RELEASE, id);
	assert_int_equal(heard(id), ANNOUNCED);
	order(ORDER_BOUNCE, id);
	assert_int_equal(heard(id), ORDER_BOUNCE);
	order(ORDER_HOLD, id);
	assert_int_equal(heard(id), ORDER_HOLD);
	order(ORDER_BOUNCE, id);
	assert_int_equal(heard(id), ORDER_BOUNCE);
	assert_int_equal(heard(id), ANNOUNCED);
	order(ORDER_DELETE, id);
	assert_int_equal(heard(id), ORDER_DELETE);
	hears_nothing();
}

/* A send that connects later hears of what may be tried, and what is given
 * up. */
static void
test_send_later(void **unused)
{
	struct traceid held, bounced;

	(void)unused;
	held = MAIL(ANNA, "a@x.test");
	bounced = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	order(ORDER_HOLD, held);
	order(ORDER_BOUNCE, bounced);
	restart();
	connect_send();
	assert_int_equal(heard(bounced), ORDER_BOUNCE);
	assert_int_equal(heard(bounced), ANNOUNCED);
	order(ORDER_RELEASE, held);
	assert_int_equal(heard(held), ANNOUNCED);
}

static bool
gets_text(struct traceid id)
{
	struct handover_body b;
	struct slice f;
	int fd;

	send_frame(&handover_fetch_form, &(struct handover_fetch){ .id = id });
	do
		f = next_said(&fd);
	while (wire_type(f) == HANDOVER_TOLD);
	assert_true(wire_unpack(&handover_body_form, &b, f));
	assert_int_equal(b.there, fd != -1);
	if (fd != -1) close(fd);
	return b.there;
}

/* A send that was away when something was ordered still knows the mail: it
 * hears of that before it can try. */
static void
test_send_was_away(void **unused)
{
	struct traceid held, gone;

	(void)unused;
	held = MAIL(ANNA, "a@x.test");
	gone = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	connect_send();
	assert_int_equal(heard(held), ANNOUNCED);
	assert_int_equal(heard(gone), ANNOUNCED);
	assert_true(gets_text(held));
	close(send_end);
	send_end = -1;
	turn_until_idle();
	order(ORDER_HOLD, held);
	order(ORDER_DELETE, gone);
	connect_send();
	assert_false(gets_text(held));
	assert_int_equal(heard(held), ORDER_HOLD);
	assert_false(gets_text(gone));
	assert_int_equal(heard(gone), ORDER_DELETE);
	hears_nothing();
	order(ORDER_RELEASE, held);
	assert_int_equal(heard(held), ANNOUNCED);
	assert_true(gets_text(held));
}

/* A report that send was making about a mail that is deleted meanwhile. */
static void
test_report_of_deleted(void **unused)
{
	struct traceid id;
	struct handover_report_ack ack;
	int fd;

	(void)unused;
	connect_send();
	id = MAIL(ANNA, "a@x.test");
	assert_int_equal(heard(id), ANNOUNCED);
	order(ORDER_DELETE, id);
	assert_int_equal(heard(id), ORDER_DELETE);
	send_frame(&handover_report_form, &(struct handover_report){ .of = id,
	    .id = { .octet = { 9 } }, .to = SLICE("me@here.test") });
	send_frame(&handover_reported_form,
	    &(struct handover_reported){ .rcpt = 0 });
	send_frame(&handover_report_text_form,
	    &(struct handover_report_text){ .octets = SLICE("no\r\n") });
	send_frame(&handover_report_end_form,
	    &(struct handover_report_end){ .rcpts = 1, .size = 4 });
	assert_true(wire_unpack(&handover_report_ack_form, &ack,
	    next_said(&fd)));
	assert_true(ack.done);
	assert_int_equal(state.map.n, 0);
}

/* Size */

static void
test_many(void **unused)
{
	struct result r;
	int i;

	(void)unused;
	for (i = 0; i < MAILS; i++)
		MAIL(ANNA, "a@x.test");
	turn_until_idle();
	/* nobody reads: what waits has an end */
	ask(0, true, (struct command_ask){ .order = ORDERS, .rcpts = 1 });
	assert_true(control_go(&control));
	for (i = 0; i < 200; i++) {
		uint64_t const before = control.seen;

		assert_true(loop_turn(&loop));
		/* a slice, and then it is the turn of others */
		assert_true(control.seen - before <=
		    CONTROL_SLICE / TELLING_COST + 1);
		assert_true(peer.out.octets < TELLING_AHEAD + WIRE_FRAME_MAX);
	}
	assert_true(control.seen < MAILS);
	assert_true(control_leave(&control));
	r = list(NULL);
	assert_int_equal(r.mails, MAILS);
	ask(0, true, (struct command_ask){ .order = ORDER_DELETE });
	narrow("domain=x.test");
	r = go();
	assert_int_equal(r.done.matched, MAILS);
	assert_int_equal(state.map.n, 0);
	restart();
	assert_int_equal(state.map.n, 0);
}

/* Recipients of one message go on where the client's slowness stopped them,
 * though the message was moved meanwhile. */
static void
test_many_rcpts(void **unused)
{
	static char address[MAILS][24];
	static char const *rcpt[MAILS + 1];
	size_t i;

	(void)unused;
	for (i = 0; i < MAILS; i++) {
		snprintf(address[i], sizeof address[i], "r%04zu@x.test", i);
		rcpt[i] = address[i];
	}
	mail_of(ANNA, rcpt);
	turn_until_idle();
	ask(0, true, (struct command_ask){ .order = ORDERS, .rcpts = 1 });
	assert_int_equal(go().rcpts, MAILS);
}

static void
test_most_ids(void **unused)
{
	struct traceid id;
	int i;

	(void)unused;
	id = MAIL(ANNA, "a@x.test");
	turn_until_idle();
	ask(0, true, look);
	for (i = 0; i < COMMAND_IDS_MAX; i++)
		name(id);
	assert_false(control_id(&control, &(struct command_id){ .id = id }));
	assert_int_equal(go().mails, COMMAND_IDS_MAX);
}

/* A client that goes away leaves its orders to their end, and orders no more. */
static void
test_gone_client(void **unused)
{
	uint64_t matched;
	int i;

	(void)unused;
	for (i = 0; i < MAILS; i++)
		MAIL(ANNA, "a@x.test");
	turn_until_idle();
	ask(0, true, (struct command_ask){ .order = ORDER_HOLD });
	assert_true(control_go(&control));
	while (!control.awaited)
		assert_true(loop_turn(&loop));
	ended = 0;
	assert_false(control_leave(&control));
	peer_close(&peer);
	while (!ended)
		assert_true(loop_turn(&loop));
	assert_int_equal(control.awaited, 0);
	turn_until_idle();
	assert_int_equal(ended, 1);
	matched = control.done.matched;
	assert_true(matched > 0 && matched < MAILS);
	assert_int_equal(list("state=held").mails, matched);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	struct CMUnitTest const tests[] = {
		TEST(test_list),
		TEST(test_counts),
		TEST(test_own_mail_only),
		TEST(test_all_ids_or_none),
		TEST(test_dry_run),
		TEST(test_restart),
		TEST(test_cleaning),
		TEST(test_send_hears),
		TEST(test_send_later),
		TEST(test_send_was_away),
		TEST(test_report_of_deleted),
		TEST(test_many),
		TEST(test_many_rcpts),
		TEST(test_most_ids),
		TEST(test_gone_client),
	};

	return cmocka_run_group_tests(tests, start_helper, NULL);
}
