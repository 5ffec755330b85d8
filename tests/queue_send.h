/* SPDX-License-Identifier: ISC */
/* A send of our own at the other end of a socket pair, a real journal behind:
 * what it has heard. */
#ifndef MAILGRAVE_TESTS_QUEUE_SEND_H
#define MAILGRAVE_TESTS_QUEUE_SEND_H

#include "common/msgfd.h"
#include "common/unixsock.h"
#include "queue/crc32c.h"
#include "queue/handout.h"
#include "tests/queue_spool.h"

enum { MESSAGES = 300 };

static struct handout handout;
static struct unit unit[MESSAGES];

enum { KEPT = 40 };	/* RCPTs of an announcement that are kept */

/* A RCPT that was heard, its texts copied. */
struct heard_rcpt {
	struct handover_rcpt is;
	char address[64], orcpt[128], status[16], words[64];
};

/* What send has heard. */
static struct {
	struct peer peer;
	size_t mails, rcpts, readies, told, acks, bodies, aheads, gone, endings;
	size_t text_len;	/* of the last AHEAD */
	char text[HANDOVER_TEXT_MAX];
	struct handover_mail mail;	/* the last, without its texts */
	struct traceid order[MESSAGES];
	uint32_t open;			/* RCPTs since MAIL */
	struct heard_rcpt rcpt[KEPT];	/* the first of them */
	uint64_t told_messages;
	struct handover_outcome_ack ack;
	struct handover_expand_ack expanded;
	size_t expand_acks;
	uint8_t report_done;
	struct handover_body body;	/* the last, without its texts */
	char attributes[200];		/* those, a space between */
	char address[64];
	uint32_t attempt, wait_s;
	bool failed;
	char words[64];
	int fd;
} heard;

static inline bool
got_mail(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.mail = *(struct handover_mail const *)values;
	assert_true(!heard.mail.sender.len ||
	    slice_is(heard.mail.sender, "s@s.s"));
	heard.order[heard.mails++ % MESSAGES] = heard.mail.id;
	heard.open = 0;
	return true;
}

#define KEEP(out, text) snprintf(out, sizeof(out), "%.*s", \
    (int)(text).len, (text).s)

static inline void
keep_rcpt(struct heard_rcpt *kept, struct handover_rcpt const *r)
{
	kept->is = *r;
	KEEP(kept->address, r->address);
	KEEP(kept->orcpt, r->orcpt);
	KEEP(kept->status, r->status);
	KEEP(kept->words, r->words);
}

static inline bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct handover_rcpt const *r = values;

	(void)owner;
	(void)fd;
	assert_true(traceid_eq(&r->id, &heard.mail.id));
	if (heard.open < KEPT) keep_rcpt(&heard.rcpt[heard.open], r);
	heard.rcpts++;
	heard.open++;
	heard.attempt = r->attempt;
	heard.wait_s = r->wait_s;
	heard.failed = r->owed == OUTCOME_FAILED;
	snprintf(heard.address, sizeof heard.address, "%.*s",
	    (int)r->address.len, r->address.s);
	snprintf(heard.words, sizeof heard.words, "%.*s", (int)r->words.len,
	    r->words.s);
	return true;
}

static inline bool
got_ready(void *owner, void const *values, int fd)
{
	struct handover_ready const *r = values;

	(void)owner;
	(void)fd;
	assert_true(traceid_eq(&r->id, &heard.mail.id));
	assert_int_equal(r->rcpts, heard.open);
	heard.readies++;
	return true;
}

static inline bool
got_told(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.told++;
	heard.told_messages = ((struct handover_told const *)values)->messages;
	return true;
}

static inline bool
got_body(void *owner, void const *values, int fd)
{
	struct handover_body const *b = values;

	(void)owner;
	assert_int_equal(b->there, fd != -1);
	if (heard.fd != -1) close(heard.fd);
	heard.fd = fd;
	heard.body = *b;
	snprintf(heard.attributes, sizeof heard.attributes,
	    "%.*s %.*s %.*s %.*s %.*s %.*s", (int)b->envid.len, b->envid.s,
	    (int)b->client_address.len, b->client_address.s,
	    (int)b->client_name.len, b->client_name.s,
	    (int)b->helo.len, b->helo.s, (int)b->protocol.len, b->protocol.s,
	    (int)b->login.len, b->login.s);
	heard.bodies++;
	return true;
}

static inline bool
got_ahead(void *owner, void const *values, int fd)
{
	struct handover_body const *b = values;

	assert_true(b->there == (fd != -1) && b->there == !b->text.len);
	assert_true(traceid_eq(&b->id, &heard.mail.id));
	assert_int_equal(heard.readies + 1, heard.mails); /* before READY */
	heard.aheads++;
	heard.text_len = b->text.len;
	if (b->text.len) memcpy(heard.text, b->text.s, b->text.len);
	return got_body(owner, values, fd);
}

static inline bool
got_ack(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.ack = *(struct handover_outcome_ack const *)values;
	heard.acks++;
	return true;
}

static inline bool
got_report_ack(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.report_done =
	    ((struct handover_report_ack const *)values)->done;
	heard.acks++;
	return true;
}

static inline bool
got_expand_ack(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.expanded = *(struct handover_expand_ack const *)values;
	heard.expand_acks++;
	return true;
}

static inline bool
got_ending(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	heard.endings++;
	return true;
}

static inline void
gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	heard.gone++;
}

static struct peer_row const rows[] = {
	{ &handover_mail_form, false, got_mail },
	{ &handover_rcpt_form, false, got_rcpt },
	{ &handover_ready_form, false, got_ready },
	{ &handover_told_form, false, got_told },
	{ &handover_body_form, true, got_body },
	{ &handover_ahead_form, true, got_ahead },
	{ &handover_outcome_ack_form, false, got_ack },
	{ &handover_report_ack_form, false, got_report_ack },
	{ &handover_expand_ack_form, false, got_expand_ack },
	{ &handover_ending_form, false, got_ending },
};

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone };

static inline void
connect_send(void)
{
	int pair[2], fd = heard.fd;

	peer_close(&heard.peer);
	if (fd != -1) close(fd);
	turn_once(); /* it hears of that */
	memset(&heard, 0, sizeof heard);
	heard.fd = -1;
	assert_true(unixsock_pair(pair));
	assert_true(peer_open(&heard.peer, &loop, pair[0], &kind, NULL));
	assert_true(handout_adopt(&handout, pair[1]));
}

static inline void
fill_handout(void)
{
	handout = (struct handout){ .loop = &loop, .journal = &journal,
	    .state = &state, .mess = mess_dir, .hostname = "queue.example" };
	handout_init(&handout);
}

static inline int
begin(void **unused)
{
	if (make_spool(unused)) return -1;
	fill_handout();
	memset(&heard, 0, sizeof heard);
	heard.fd = -1;
	connect_send();
	return 0;
}

static inline void
let_go(void)
{
	peer_close(&heard.peer);
	peer_close(&handout.peer);
	loop_not_later(&loop, &handout.announce.turn);
	loop_disarm(&loop, &handout.announce.retry);
	report_forget(&handout.report);
	expand_forget(&handout.expand);
	journal_hurry(&journal);
	while (!journal_idle(&journal) || journal.syncing)
		turn_once();
}

static inline int
end(void **unused)
{
	let_go();
	if (heard.fd != -1) close(heard.fd);
	return remove_spool(unused);
}

static inline void
restart(void)
{
	let_go();
	stop_queue();
	start_queue();
	fill_handout();
	connect_send();
}

static inline void
window_within(uint32_t messages, uint32_t texts, uint32_t within)
{
	assert_true(peer_send(&heard.peer, &handover_window_form,
	    &(struct handover_window){ .messages = messages, .texts = texts,
	    .within = within }, -1));
}

static inline void
window_with_texts(uint32_t messages, uint32_t texts)
{
	window_within(messages, texts, 0);
}

static inline void
window(uint32_t messages)
{
	window_with_texts(messages, 0);
}

static inline void
arrive(uint32_t n, uint32_t rcpts, size_t len)
{
	assert_true(append_message(&unit[n], n, rcpts, len));
	TURN_UNTIL(unit[n].fine == 1);
	handout_arrived(&handout, unit[n].message);
}

static inline void
settle(void)
{
	int i;

	journal_hurry(&journal);
	for (i = 0; i < 5; i++)
		turn_once();
}

/* What send says */

static inline void
fetch(uint32_t n)
{
	size_t before = heard.bodies;

	assert_true(peer_send(&heard.peer, &handover_fetch_form,
	    &(struct handover_fetch){ .id = numbered(n) }, -1));
	TURN_UNTIL(heard.bodies == before + 1);
}

static inline void
send_outcome(uint32_t n, uint32_t rcpt, uint32_t attempt,
    enum outcome outcome)
{
	assert_true(peer_send(&heard.peer, &handover_outcome_form,
	    &(struct handover_outcome){ .id = numbered(n), .rcpt = rcpt,
	    .attempt = attempt, .outcome = (uint8_t)outcome, .wait_s = 100,
	    .words = SLICE("so it went") }, -1));
}

static inline void
send_report_as(uint32_t of, uint32_t id, char const *to, uint32_t rcpt,
    bool warning)
{
	struct handover_report r = { .of = numbered(of), .id = numbered(id),
	    .to = slice_of(to), .utf8 = 1, .warning = warning };
	struct handover_reported d = { .rcpt = rcpt };
	struct handover_report_text t = { .octets = SLICE("Subject: x\r\n") };
	struct handover_report_end e = { .rcpts = 1, .size = 12 };

	assert_true(peer_send(&heard.peer, &handover_report_form, &r, -1));
	assert_true(peer_send(&heard.peer, &handover_reported_form, &d, -1));
	assert_true(peer_send(&heard.peer, &handover_report_text_form, &t,
	    -1));
	assert_true(peer_send(&heard.peer, &handover_report_end_form, &e, -1));
}

static inline void
send_report(uint32_t of, uint32_t id, char const *to, uint32_t rcpt)
{
	send_report_as(of, id, to, rcpt, false);
}

/* A message with these records; text as append_message writes it. */
static inline void
arrive_as(uint32_t n, struct record_message *r, struct record_rcpt const *rcpt,
    size_t len)
{
	static char body[RECORD_BODY_MAX];
	struct unit *u = &unit[n];
	uint32_t i;

	r->id = numbered(n);
	r->size = len;
	if (!r->sender.s) r->sender = SLICE("s@s.s");
	*u = (struct unit){ .fine = -1, .message = message_make(&r->id, r->rcpts),
	    .unit = { .committed = message_committed, .owner = u } };
	assert_true(u->message && state_insert(&state, u->message));
	journal_begin(&journal, JOURNAL_MAIL);
	assert_true(journal_add(&journal, &record_message_form, r, false));
	for (i = 0; i < r->rcpts; i++)
		assert_true(journal_add(&journal, &record_rcpt_form, &rcpt[i],
		    r->file && i + 1 == r->rcpts));
	u->message->envelope = (uint32_t)journal_begun(&journal);
	u->message->file = r->file;
	if (!r->file) {
		write_body(body, len, n);
		assert_true(journal_add(&journal, &record_body_form,
		    &(struct record_body){ .octets = slice_from(body, len) },
		    true));
	}
	journal_end(&journal, &u->unit);
	TURN_UNTIL(u->fine == 1);
	handout_arrived(&handout, u->message);
}

#endif
