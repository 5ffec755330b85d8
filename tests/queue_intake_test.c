/* SPDX-License-Identifier: ISC */
/* A client of our own at the other end of a socket pair, a real journal: what
 * becomes ours, what is refused, and that nothing else is left. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/socket.h>
#include "common/unixsock.h"
#include "queue/draft.h"
#include "queue/envelope.h"
#include "queue/intake.h"
#include "tests/queue_spool.h"

enum { MAX_SIZE = 300000 };

static struct intakes intakes;
static struct handout handout;
static struct counts counts;
static int client;
static size_t lost_clients;

static void
lost(void *owner)
{
	assert_ptr_equal(owner, &intakes);
	lost_clients++;
}

static int
enter(uid_t uid, bool believed)
{
	int pair[2];

	if (!unixsock_pair(pair)) abort();
	intake_enter(&intakes, pair[1], uid, believed);
	return pair[0];
}

static int
begin(void **unused)
{
	if (make_spool(unused)) return -1;
	handout = (struct handout){ .loop = &loop, .journal = &journal,
	    .state = &state, .mess = mess_dir, .hostname = "queue.example" };
	handout_init(&handout);
	intakes = (struct intakes){ .loop = &loop, .journal = &journal,
	    .flushers = &flushers, .state = &state, .handout = &handout,
	    .counts = &counts, .mess = mess_dir, .hostname = "queue.example",
	    .max_size = MAX_SIZE, .patience_ms = INTAKE_PATIENCE_MS, .lost = lost, .owner = &intakes };
	lost_clients = 0;
	counts = (struct counts){ .since_s = 1 };
	client = enter(1000, true);
	return 0;
}

static int
end(void **unused)
{
	if (client != -1) close(client);
	TURN_UNTIL(!intakes.n);
	loop_not_later(&loop, &handout.announce.turn);
	counts_free(&counts);
	return remove_spool(unused);
}

/* What the client says */

static void
say(int fd, struct wire_form const *form, void const *values)
{
	static char out[WIRE_FRAME_MAX];
	size_t n = wire_pack(form, values, out, sizeof out);
	ssize_t sent;

	assert_true(n > 0);
	while ((sent = send(fd, out, n, MSG_NOSIGNAL)) == -1 &&
	    errno == EAGAIN)
		turn_once();
	/* it may have been cut off already */
	assert_true(sent == (ssize_t)n || errno == EPIPE ||
	    errno == ECONNRESET);
}

static void
say_open(uint32_t n, char const *sender)
{
	say(client, &submit_open_form, &(struct submit_open){
	    .id = numbered(n), .sender = slice_of(sender),
	    .client_address = SLICE("192.0.2.1"), .helo = SLICE("there"),
	    .protocol = SLICE("ESMTP"), .login = SLICE("me"),
	    .groups = SLICE("office login"), .eightbit = 1 });
}

static void
say_rcpt(char const *address)
{
	say(client, &submit_rcpt_form, &(struct submit_rcpt){
	    .address = slice_of(address) });
}

/* Octets of the body, in frames of any size; any octet can be told from its
 * neighbours. */
static void
say_body(size_t from, size_t to)
{
	static char octets[WIRE_BODY_MAX];

	while (from < to) {
		size_t len = to - from < sizeof octets ? to - from :
		    1 + seed_below(sizeof octets), i;

		for (i = 0; i < len; i++)
			octets[i] = (char)('a' + (from + i) % 23);
		say(client, &submit_body_form, &(struct submit_body){
		    .octets = slice_from(octets, len) });
		from += len;
	}
}

static void
say_end(uint64_t size, uint32_t rcpts)
{
	say(client, &submit_end_form, &(struct submit_end){ .size = size,
	    .rcpts = rcpts });
}

static void
say_abort(void)
{
	say(client, &submit_abort_form, &(struct submit_abort){ 0 });
}

static void
say_refused(char const *rule, uint32_t n)
{
	say(client, &submit_refused_form, &(struct submit_refused){
	    .rule = slice_of(rule), .n = n });
}

/* What has been counted */

struct wanted {
	char const *name;
	uint64_t n;
	bool found;
};

static void
compare(void *owner, struct command_count const *c)
{
	struct wanted *w = owner;

	if (!slice_is(c->name, w->name)) return;
	assert_int_equal(c->n, w->n);
	assert_int_equal(c->minute, w->n);
	assert_int_equal(c->hour, w->n);
	w->found = true;
}

static void
counted(char const *name, uint64_t n)
{
	struct wanted w = { .name = name, .n = n };

	counts_tell(&counts, loop.now_ms, compare, &w);
	assert_true(w.found);
}

/* What it hears: a verdict and its status, or NONE and the end. */
enum { NONE = VERDICTS };
static char status[16];

static int
hear(void)
{
	static char in[WIRE_FRAME_MAX];
	struct submit_verdict v;
	ssize_t n;

	*status = '\0';
	PATIENTLY((n = recv(client, in, sizeof in, 0)) != -1 ||
	    errno != EAGAIN, turn_once());
	assert_true(n != -1 || errno == ECONNRESET);
	if (n <= 0) return NONE;
	assert_true(wire_unpack(&submit_verdict_form, &v,
	    slice_from(in, (size_t)n)));
	snprintf(status, sizeof status, "%.*s", (int)v.status.len, v.status.s);
	return v.verdict;
}

static void
hears(enum verdict verdict, char const *what)
{
	assert_int_equal(hear(), verdict);
	assert_string_equal(status, what);
}

static void
settle(void)
{
	int i;

	for (i = 0; i < 5; i++)
		turn_once();
}

/* Nothing is left of what was not accepted. */
static void
check_nothing(void)
{
	settle();
	TURN_UNTIL(journal_idle(&journal) && !intakes.committing);
	assert_int_equal(state.map.n, 0);
	assert_int_equal(files_in(mess_dir), 0);
	assert_null(handout.announce.next);
}

/* The message as a restart finds it: its text, with our line on top. */
static void
check_text(uint32_t n, uint32_t rcpts, size_t len)
{
	static char octets[JOURNAL_SEGMENT];
	struct traceid id = numbered(n);
	struct message *m = state_find(&state, &id);
	struct record_head head;
	struct record_body b;
	struct slice frame, text;
	size_t i;

	assert_non_null(m);
	assert_true(m->committed);
	assert_int_equal(m->rcpts, rcpts);
	if (m->file) {
		int fd = store_open(mess_dir, &id);
		ssize_t got;

		assert_true(fd != -1);
		got = read(fd, octets, sizeof octets);
		close(fd);
		assert_true(got > 0);
		text = slice_from(octets, (size_t)got);
	} else {
		assert_true(journal_read(&journal, m->segment, m->offset,
		    octets, m->unit));
		assert_true(record_get(slice_from(octets + m->envelope,
		    m->unit - m->envelope), &head, &frame) > 0);
		assert_true(wire_unpack(&record_body_form, &b, frame));
		text = b.octets;
	}
	assert_int_equal(strncmp(text.s, "Received: ", 10), 0);
	text = slice_skip(text, text.len - len);
	assert_int_equal(text.len, len);
	if (len) assert_memory_equal(text.s - 2, "\r\n", 2);
	for (i = 0; i < len; i++)
		assert_int_equal(text.s[i], 'a' + i % 23);
}

static void
submit(uint32_t n, size_t len)
{
	say_open(n, "a@b.c");
	say_rcpt("x@y.z");
	say_body(0, len);
	say_end(len, 1);
}

static void
restart(void)
{
	stop_queue();
	start_queue();
	handout.announce.next = NULL;
}

/* Accepted */

static void
accepted_is_stored(void **unused)
{
	static size_t const sizes[] = { 0, 1, 1000, 60000, 70000, MAX_SIZE };
	uint32_t n;

	(void)unused;
	for (n = 0; n < sizeof sizes / sizeof *sizes; n++) {
		submit(n, sizes[n]);
		hears(VERDICT_OK, "2.0.0");
		assert_int_equal(state.map.n, n + 1);
	}
	assert_ptr_equal(handout.announce.next, state.oldest);
	restart();
	assert_int_equal(state.map.n, n);
	while (n-- > 0)
		check_text(n, 1, sizes[n]);
}

static void
many_recipients_and_null_sender(void **unused)
{
	uint32_t i;

	(void)unused;
	say_open(1, "");
	for (i = 0; i < 1000; i++) {
		char address[32];

		snprintf(address, sizeof address, "r%u@y.z", i);
		say_rcpt(address);
	}
	say_end(0, 1000);
	hears(VERDICT_OK, "2.0.0");
	restart();
	check_text(1, 1000, 0);
}

/* Our own line counts: the journal takes so much, a file takes the rest. */
static void
a_large_message_has_a_file(void **unused)
{
	struct traceid id;
	size_t own, n;

	(void)unused;
	submit(1, 0);
	hears(VERDICT_OK, "2.0.0");
	assert_int_equal(files_in(mess_dir), 0);
	{
		char octets[8192];
		struct message *m = state.oldest;
		struct record_message r;
		struct record_head head;
		struct slice frame;

		assert_true(m->unit <= sizeof octets);
		assert_true(journal_read(&journal, m->segment, m->offset,
		    octets, m->unit));
		assert_true(record_get(slice_from(octets, m->unit), &head,
		    &frame) > 0);
		assert_true(wire_unpack(&record_message_form, &r, frame));
		own = r.size;
	}
	for (n = 0; n < 2; n++) {
		submit(2 + (uint32_t)n, RECORD_BODY_MAX - own + n);
		hears(VERDICT_OK, "2.0.0");
		id = numbered(2 + (uint32_t)n);
		assert_int_equal(state_find(&state, &id)->file, n);
		assert_int_equal(files_in(mess_dir), n);
	}
	restart();
	check_text(2, 1, RECORD_BODY_MAX - own);
	check_text(3, 1, RECORD_BODY_MAX - own + 1);
}

/* A user of the machine is known by uid; the rest of what he says is not
 * passed on. */
static void
a_user_is_not_believed(void **unused)
{
	char octets[8192];
	struct message *m;
	struct record_message r;
	struct record_body b;
	struct record_head head;
	struct slice frame;

	(void)unused;
	close(client);
	client = enter(4711, false);
	submit(1, 100);
	hears(VERDICT_OK, "2.0.0");
	m = state.oldest;
	assert_true(journal_read(&journal, m->segment, m->offset, octets,
	    m->unit));
	assert_true(record_get(slice_from(octets, m->unit), &head, &frame));
	assert_true(wire_unpack(&record_message_form, &r, frame));
	assert_int_equal(r.groups.len, 0);
	assert_true(record_get(slice_from(octets + m->envelope,
	    m->unit - m->envelope), &head, &frame));
	assert_true(wire_unpack(&record_body_form, &b, frame));
	assert_int_equal(strncmp(b.octets.s,
	    "Received: by queue.example (from uid 4711)\r\n", 44), 0);
}

/* All that a client says, and one recipient who is asked for. */
static void
say_all(void)
{
	say(client, &submit_open_form, &(struct submit_open){
	    .id = numbered(1), .sender = SLICE("a@b.c"),
	    .client_address = SLICE("192.0.2.1"), .client_name = SLICE("n.test"),
	    .helo = SLICE("there"), .protocol = SLICE("UTF8SMTPSA"),
	    .login = SLICE("me"), .envid = SLICE("QQ+2B1"),
	    .ret = RET_HDRS, .utf8 = 1, .eightbit = 1 });
	say(client, &submit_rcpt_form, &(struct submit_rcpt){
	    .address = SLICE("x@y.z"), .orcpt = SLICE("rfc822;X@y.z"),
	    .notify = NOTIFY_SUCCESS | NOTIFY_DELAY });
	say_rcpt("z@y.z");
	say_end(0, 2);
	hears(VERDICT_OK, "2.0.0");
}

/* What is asked of the reports is anybody's; who the client is, a stage's. */
static void
what_was_asked_is_kept(void **unused)
{
	int believed;

	(void)unused;
	for (believed = 1; believed >= 0; believed--) {
		struct record_message *r;
		struct record_rcpt rcpt;
		struct envelope e;

		close(client);
		client = enter(4711, believed);
		say_all();
		restart();
		assert_true(envelope_open(&e, &journal, state.oldest,
		    state.oldest->envelope));
		r = &e.message;
		assert_true(slice_is(r->envid, "QQ+2B1"));
		assert_int_equal(r->ret, RET_HDRS);
		assert_true(r->utf8 && r->eightbit);
		assert_true(slice_is(r->client_address,
		    believed ? "192.0.2.1" : ""));
		assert_true(slice_is(r->client_name, believed ? "n.test" : ""));
		assert_true(slice_is(r->helo, believed ? "there" : ""));
		assert_true(slice_is(r->protocol,
		    believed ? "UTF8SMTPSA" : ""));
		assert_true(slice_is(r->login, believed ? "me" : ""));
		assert_int_equal(r->uid, believed ? COMMAND_NOBODY : 4711);
		assert_true(envelope_rcpt(&e, &rcpt));
		assert_true(slice_is(rcpt.orcpt, "rfc822;X@y.z"));
		assert_int_equal(rcpt.notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
		assert_true(envelope_rcpt(&e, &rcpt));
		assert_int_equal(rcpt.orcpt.len, 0);
		assert_int_equal(rcpt.notify, NOTIFY_UNSAID);
		envelope_close(&e);
		state_forget(&state, state.oldest);
	}
}

/* Refused */

static void
bad_parameters_are_refused(void **unused)
{
	static struct {
		char const *envid, *orcpt, *address, *helo, *status;
		uint8_t notify, utf8;
	} const row[] = {
		{ "a b", "", "x@y.z", "", "5.5.4", 0, 0 },
		{ "a=b", "", "x@y.z", "", "5.5.4", 0, 0 },
		{ "a+0A", "", "x@y.z", "", "5.5.4", 0, 0 },
		{ "", "x@y.z", "x@y.z", "", "5.5.4", 0, 0 },
		{ "", "rfc822;x+0Ay", "x@y.z", "", "5.5.4", 0, 0 },
		{ "", "utf-8;\xc3\xa9", "x@y.z", "", "5.5.4", 0, 0 },
		{ "", "utf-8;\xc3", "x@y.z", "", "5.5.4", 0, 1 },
		{ "", "", "x@y.z", "", "5.5.4", NOTIFY_NEVER | NOTIFY_DELAY, 0 },
		{ "", "", "x@y.z", "", "5.5.4", NOTIFY_ALL, 0 },
		{ "", "", "\xc3\xa9@y.z", "", "5.6.7", 0, 0 },
		{ "", "", "x@y.z", "a\nb", "5.5.4", 0, 0 },
		{ "", "", "x@y.z", "\x7f", "5.5.4", 0, 0 },
	};
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		say(client, &submit_open_form, &(struct submit_open){
		    .id = numbered(1), .sender = SLICE("a@b.c"),
		    .helo = slice_of(row[i].helo), .utf8 = row[i].utf8,
		    .envid = slice_of(row[i].envid) });
		say(client, &submit_rcpt_form, &(struct submit_rcpt){
		    .address = slice_of(row[i].address),
		    .orcpt = slice_of(row[i].orcpt), .notify = row[i].notify });
		say_end(0, 1);
		hears(VERDICT_PERM, row[i].status);
		check_nothing();
	}
	submit(1, 10);	/* the connection goes on */
	hears(VERDICT_OK, "2.0.0");
}

/* A user who says nothing takes a place from others, whatever he says it in
 * the middle of. A stage keeps connections for the mail to come. */
static void
the_silent_are_cut_off(void **unused)
{
	enum { SHORT_MS = 20 };
	int stage = client, where;

	(void)unused;
	for (where = 0; where < 5; where++) {
		/* what is answered is not cut off before, however busy the
		 * machine is; what comes behind that begins the wait anew */
		intakes.patience_ms = where < 3 ? SHORT_MS : INTAKE_PATIENCE_MS;
		client = enter(4711, false);
		if (where == 1 || where == 2) say_open(1, "a@b.c");
		if (where == 2) say_rcpt("x@y.z");
		if (where == 3) say_open(1, "no-at");
		if (where == 3) hears(VERDICT_PERM, "5.1.7");
		if (where == 4) submit(1, 10);
		if (where == 4) hears(VERDICT_OK, "2.0.0");
		intakes.patience_ms = SHORT_MS;
		if (where == 3) say_rcpt("x@y.z");
		if (where == 4) say_open(2, "a@b.c");
		if (where == 4) say_abort();
		assert_int_equal(hear(), NONE);
		close(client);
	}
	client = stage;
	intakes.patience_ms = INTAKE_PATIENCE_MS;
	submit(2, 10);
	hears(VERDICT_OK, "2.0.0");
	say_open(3, "no-at");
	hears(VERDICT_PERM, "5.1.7");
	intakes.patience_ms = SHORT_MS;
	say_rcpt("x@y.z");
	assert_int_equal(hear(), NONE);
	assert_int_equal(state.map.n, 2);
}

static void
bad_addresses_are_refused(void **unused)
{
	static char const *const bad[] = { "no-at", "a@", "@b", "a b@c",
		"a@b\n", "a@b c", "<a@b>" };
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		say_open(1, bad[i]);
		hears(VERDICT_PERM, "5.1.7");
		say_rcpt("x@y.z"); /* on its way already: swallowed */
		say_body(0, 10);
		say_end(10, 1);
		say_open(1, "a@b.c");
		say_rcpt(bad[i]);
		hears(VERDICT_PERM, "5.1.3");
		say_abort();
	}
	say_open(1, "a@b.c");
	say_rcpt("");
	hears(VERDICT_PERM, "5.1.3");
	say_abort();
	check_nothing();
	submit(1, 10); /* the connection is as good as new */
	hears(VERDICT_OK, "2.0.0");
}

static void
size_has_a_limit(void **unused)
{
	(void)unused;
	submit(1, MAX_SIZE);
	hears(VERDICT_OK, "2.0.0");
	say_open(2, "a@b.c");
	say_rcpt("x@y.z");
	say_body(0, MAX_SIZE + 1);
	hears(VERDICT_PERM, "5.3.4");
	say_end(MAX_SIZE + 1, 1);
	say(client, &submit_open_form, &(struct submit_open){
	    .id = numbered(3), .size = MAX_SIZE + 1 });
	hears(VERDICT_PERM, "5.3.4");
	say_abort();
	settle();
	assert_int_equal(state.map.n, 1);
	assert_int_equal(files_in(mess_dir), 1);
	say(client, &submit_open_form, &(struct submit_open){
	    .id = numbered(3), .size = MAX_SIZE });
	say_rcpt("x@y.z");
	say_end(0, 1);
	hears(VERDICT_OK, "2.0.0");
}

static void
say_room(uint64_t size)
{
	say(client, &submit_room_form, &(struct submit_room){ .size = size });
}

static void
room_is_told(void **unused)
{
	(void)unused;
	say_room(0);
	hears(VERDICT_OK, "2.0.0");
	say_room(MAX_SIZE);
	hears(VERDICT_OK, "2.0.0");
	say_room(MAX_SIZE + 1);
	hears(VERDICT_PERM, "5.3.4");
	say_room(UINT64_MAX);
	hears(VERDICT_PERM, "5.3.4");
	intakes.max_size = UINT64_MAX;
	say_room(1ULL << 62);
	hears(VERDICT_TEMP, "4.3.1");
	check_nothing();
	submit(1, 10); /* the connection is as good as new */
	hears(VERDICT_OK, "2.0.0");
	say_open(2, "a@b.c");
	say_room(0);
	assert_int_equal(hear(), NONE);
}

static void
no_recipients_is_refused(void **unused)
{
	(void)unused;
	say_open(1, "a@b.c");
	say_body(0, 10);
	say_end(10, 0);
	hears(VERDICT_PERM, "5.5.1");
	check_nothing();
	submit(1, 10);
	hears(VERDICT_OK, "2.0.0");
}

static void
recipients_have_a_limit(void **unused)
{
	struct record_rcpt const shortest = { .address = SLICE("a@b") };
	size_t most = draft_envelope_max(&journal) /
	    record_size(&record_rcpt_form, &shortest), i;

	(void)unused;
	say_open(1, "a@b.c");
	for (i = 0; i < most; i++)
		say_rcpt("a@b");
	say_end(0, (uint32_t)most);
	hears(VERDICT_OK, "2.0.0");
	say_open(2, "a@b.c");
	for (i = 0; i < most + 1; i++)
		say_rcpt("a@b");
	hears(VERDICT_TEMP, "4.5.3");
	say_abort();
	settle();
	assert_int_equal(state.map.n, 1);
}

/* As many long recipients as are taken still make a unit. */
static void
the_largest_envelope_is_stored(void **unused)
{
	char address[] = "a-long-one@somewhere.example";
	struct record_rcpt const r = { .address = slice_of(address) };
	uint32_t n = 0, most = (uint32_t)(draft_envelope_max(&journal) /
	    record_size(&record_rcpt_form, &r));

	(void)unused;
	say_open(1, "a@b.c");
	for (n = 0; n < most; n++)
		say_rcpt(address);
	say_body(0, 60000);
	say_end(60000, n);
	hears(VERDICT_OK, "2.0.0");
	restart();
	check_text(1, n, 60000);
}

/* Mail by its way in, refusals by whatever refused: smtpd before it came here, or
 * we ourselves. */
static void
all_is_counted(void **unused)
{
	(void)unused;
	submit(1, 100);
	hears(VERDICT_OK, "2.0.0");
	say_refused("access:1", 2);
	say_refused("550 5.7.1 relaying denied", 3);
	submit(2, MAX_SIZE + 1);
	hears(VERDICT_PERM, "5.3.4");
	say_refused("access:1", 5);
	settle();
	counted("network", 1);
	counted("users", 0);
	counted("access:1", 7);
	counted("550 5.7.1 relaying denied", 3);
	counted("queue: 5.3.4 message too big", 1);
	close(client);
	client = enter(4711, false);
	submit(3, 100);
	hears(VERDICT_OK, "2.0.0");
	counted("network", 1);
	counted("users", 1);
	assert_int_equal(counts.rules, 3);
}

/* Groups are names with spaces between; send keeps them as text. What it
 * could not read back would stop all mail behind it. */
static void
groups_are_text(void **unused)
{
	(void)unused;
	say(client, &submit_open_form, &(struct submit_open){
	    .id = numbered(1), .groups = SLICE("of\0fice") });
	say_rcpt("x@y.z");
	say_end(0, 1);
	assert_int_not_equal(hear(), VERDICT_OK);
	check_nothing();
}

/* Wrong order, wrong counts: the connection ends, nothing is left. */
static void
nonsense_ends_the_connection(void **unused)
{
	int how;

	(void)unused;
	for (how = 0; how < 11; how++) {
		if (how == 10) {
			close(client);
			client = enter(4711, false);
		}
		if (how < 4 || how == 8 || how == 9) say_open(1, "a@b.c");
		if (how < 3) say_rcpt("x@y.z");
		if (how < 3) say_body(0, how == 2 ? 100000 : 10);
		switch (how) {
		case 0:
			say_end(10, 2);
			break;
		case 1:
			say_end(11, 1);
			break;
		case 2:
			say_end(99999, 1);
			break;
		case 3:
		case 8:
			say_open(2, "a@b.c");
			break;
		case 4:
			say_rcpt("x@y.z");
			break;
		case 5:
			say_body(0, 1);
			break;
		case 6:
			say_end(0, 0);
			break;
		case 7:
			say_abort();
			break;
		case 9:
		case 10:
			say_refused("access:1", 1);
			break;
		}
		assert_int_equal(hear(), NONE);
		check_nothing();
		close(client);
		client = enter(1000, true);
	}
	assert_true(lost_clients >= 11);
	counted("network", 0);
	assert_int_equal(counts.rules, 0);
}

static void
an_abort_leaves_nothing(void **unused)
{
	size_t len;

	(void)unused;
	for (len = 0; len < 250000; len += 60000) {
		say_open(1, "a@b.c");
		say_rcpt("x@y.z");
		say_body(0, len);
		say_abort();
		check_nothing();
	}
	submit(1, 100);
	hears(VERDICT_OK, "2.0.0");
}

/* Gone */

static void
a_client_may_vanish_at_any_point(void **unused)
{
	int point;

	(void)unused;
	for (point = 0; point < 6; point++) {
		if (point > 0) say_open(1, "a@b.c");
		if (point > 1) say_rcpt("x@y.z");
		if (point > 2) say_body(0, 30000);
		if (point > 3) say_body(30000, 90000);
		if (point > 4) say_body(90000, 200000);
		if (seed_below(2)) settle();
		close(client);
		client = -1;
		TURN_UNTIL(intakes.n == 0);
		check_nothing();
		client = enter(1000, true);
	}
}

/* After END it is ours, whoever hears of it. */
static void
after_end_it_is_committed(void **unused)
{
	static size_t const sizes[] = { 10, 100000 };
	uint32_t n;

	(void)unused;
	for (n = 0; n < 2; n++) {
		submit(n, sizes[n]);
		close(client);
		client = -1;
		TURN_UNTIL(intakes.n == 0);
		assert_int_equal(state.map.n, n + 1);
		client = enter(1000, true);
	}
	restart();
	for (n = 0; n < 2; n++)
		check_text(n, 1, sizes[n]);
}

/* Ids */

static void
an_id_is_taken_once(void **unused)
{
	int first, second;

	(void)unused;
	submit(1, 100);
	hears(VERDICT_OK, "2.0.0");
	say_open(1, "a@b.c");
	hears(VERDICT_TEMP, "4.3.0");
	say_abort();

	/* two at a time: one of them gets it, and keeps its text */
	for (first = 0; first < 2; first++)
		for (second = 0; second < 2; second++) {
			uint32_t n = 2 + (uint32_t)(2 * first + second);
			int one = client, other = enter(1000, true), v[2];

			say_open(n, "a@b.c");
			say_rcpt("x@y.z");
			say_body(0, first ? 90000 : 90);
			client = other;
			say_open(n, "a@b.c");
			say_rcpt("x@y.z");
			say_body(0, second ? 80000 : 80);
			settle();
			client = one;
			say_end(first ? 90000 : 90, 1);
			client = other;
			say_end(second ? 80000 : 80, 1);
			v[1] = hear();
			client = one;
			v[0] = hear();
			assert_true((v[0] == VERDICT_OK) !=
			    (v[1] == VERDICT_OK));
			assert_int_equal(v[0] + v[1],
			    VERDICT_OK + VERDICT_TEMP);
			if (v[0] == VERDICT_OK)
				check_text(n, 1, first ? 90000 : 90);
			else
				check_text(n, 1, second ? 80000 : 80);
			close(other);
		}
}

/* Connections */

static void
a_user_has_a_limit(void **unused)
{
	int fd[INTAKE_USER_MAX + 1], i;
	char c;

	(void)unused;
	for (i = 0; i <= INTAKE_USER_MAX; i++)
		fd[i] = enter(4711, false);
	assert_int_equal(intakes.n, 1 + INTAKE_USER_MAX);
	assert_int_equal(recv(fd[INTAKE_USER_MAX], &c, 1, 0), 0);
	close(enter(4712, false)); /* others still may */
	close(enter(4711, true));
	assert_int_equal(intakes.n, 3 + INTAKE_USER_MAX);
	for (i = 0; i <= INTAKE_USER_MAX; i++)
		close(fd[i]);
	TURN_UNTIL(intakes.n == 1);
}

/* A disk that fails under a message that is about to be ours. */
static void
a_failed_commit_is_temporary(void **unused)
{
	uint16_t last;
	int fd;

	(void)unused;
	submit(1, 10);
	hears(VERDICT_OK, "2.0.0");
	last = journal.used.last;
	fd = journal.segment[last].fd;
	journal.segment[last].fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	submit(2, 100000);
	hears(VERDICT_TEMP, "4.3.0");
	assert_int_equal(state.map.n, 1);
	assert_int_equal(files_in(mess_dir), 0); /* it can't come back */
	close(fd);
	/* and then it goes on */
	assert_int_equal(failures, 0);
	submit(3, 100000);
	hears(VERDICT_OK, "2.0.0");
	assert_int_equal(files_in(mess_dir), 1);
}

/* The write went through and the sync failed: the records may be read at the
 * next start, so what they refer to must still be there. */
static void
a_text_outlives_a_failed_sync(void **unused)
{
	struct traceid id = numbered(2);

	(void)unused;
	journal.standing = 1; /* there was a failure before */
	submit(1, 10);
	hears(VERDICT_OK, "2.0.0");
	submit(2, 100000);
	TURN_UNTIL(journal.lane[JOURNAL_MAIL].units.first);
	hold_helper(true);
	turn_once(); /* written; its sync waits for a helper */
	assert_true(journal.syncing);
	hold_helper(false);
	/* as if one had said EIO */
	flush_cancel(&flushers, &journal.sync);
	journal.sync.done(journal.sync.owner, EIO);
	hears(VERDICT_TEMP, "4.3.0");
	restart();
	if (state_find(&state, &id)) check_text(2, 1, 100000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(accepted_is_stored),
		TEST(many_recipients_and_null_sender),
		TEST(a_large_message_has_a_file),
		TEST(a_user_is_not_believed),
		TEST(what_was_asked_is_kept),
		TEST(bad_parameters_are_refused),
		TEST(the_silent_are_cut_off),
		TEST(bad_addresses_are_refused),
		TEST(size_has_a_limit),
		TEST(room_is_told),
		TEST(no_recipients_is_refused),
		TEST(recipients_have_a_limit),
		TEST(the_largest_envelope_is_stored),
		TEST(groups_are_text),
		TEST(all_is_counted),
		TEST(nonsense_ends_the_connection),
		TEST(an_abort_leaves_nothing),
		TEST(a_client_may_vanish_at_any_point),
		TEST(after_end_it_is_committed),
		TEST(an_id_is_taken_once),
		TEST(a_user_has_a_limit),
		TEST(a_failed_commit_is_temporary),
		TEST(a_text_outlives_a_failed_sync),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_helper,
	    end_helper));
}
