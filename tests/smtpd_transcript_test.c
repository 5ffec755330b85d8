/* SPDX-License-Identifier: ISC */
/* Plays the transcripts in tests/smtp against the session engine: in step,
 * whole, octet by octet, and cut in two at every offset; all must come out as
 * written.
 *
 *   # comment
 *   routes: LINE   access: LINE   client: ADDRESS
 *   limit: size|line|rcpts|mails|commands|unknown|errors N
 *   say: lmtp|fix|trusted	LMTP; bare LF is fixed; XCLIENT
 *   say: tls|secure|auth|scram|submission	STARTTLS is offered; is required;
 *		there are users; all with verifiers; none but those
 *   verdict: temp|perm STATUS WORDS		what queue says; default ok
 *   C: octets, CRLF is added. \r \n \0 \xNN \\, \{N:text} is text N times,
 *      \c at the end: no CRLF
 *   S: a line of a reply
 *   Q: what queue gets: "sender > recipients : text", or "forgotten"
 *   X: closed */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/access.h"
#include "smtpd/policy.h"
#include "smtpd/session.h"
#include "smtpd/xclient.h"

enum { TEXT_SHOWN = 300 };

struct store {
	char *s;
	size_t len, room;
};

static void
put(struct store *t, struct slice more)
{
	if (t->len + more.len + 1 > t->room) {
		t->room = 2 * (t->len + more.len + 1);
		t->s = realloc(t->s, t->room);
		assert_non_null(t->s);
	}
	if (more.len) memcpy(t->s + t->len, more.s, more.len);
	t->len += more.len;
	t->s[t->len] = '\0';
}

static void
put_cstr(struct store *t, char const *s)
{
	put(t, slice_of(s));
}

struct step {
	size_t input, output;	/* so much said, so much to be heard by then */
};

struct transcript {
	struct routes routes;
	struct access access;
	struct session_rules rules;
	bool trusted, offers_tls;
	struct access_decision may;
	enum verdict verdict;
	char status[16], words[128];
	struct store input, expected;
	struct step step[500];
	size_t steps;
};

/* One playing of it. */
struct play {
	struct transcript const *t;
	struct session session;
	struct store output, sender, rcpts, message;
	bool closed;
};

static unsigned
hex(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : slice_lower(c) - 'a' + 10);
}

static void put_escaped(struct store *out, struct slice in);

static size_t
put_repeated(struct store *out, struct slice in)
{
	size_t end = slice_find(in, '}'), at = slice_find(in, ':');
	unsigned long long n;

	assert_true(end < in.len && at < end);
	assert_true(slice_number(slice_from(in.s, at), 100000, &n));
	while (n--)
		put_escaped(out, slice_from(in.s + at + 1, end - at - 1));
	return end + 1;
}

static void
put_escaped(struct store *out, struct slice in)
{
	while (in.len) {
		size_t n = slice_find(in, '\\');
		char c;

		put(out, slice_from(in.s, n));
		in = slice_skip(in, n);
		if (!in.len) break;
		assert_true(in.len > 1);
		c = in.s[1];
		in = slice_skip(in, 2);
		if (c == 'r') {
			c = '\r';
		} else if (c == 'n') {
			c = '\n';
		} else if (c == '0') {
			c = '\0';
		} else if (c == 'x') {
			c = (char)(hex(in.s[0]) << 4 | hex(in.s[1]));
			in = slice_skip(in, 2);
		} else if (c == '{') {
			in = slice_skip(in, put_repeated(out, in));
			continue;
		} else {
			assert_int_equal(c, '\\');
		}
		put(out, slice_from(&c, 1));
	}
}

static void
set_limit(struct session_rules *rules, struct slice in)
{
	struct slice name = slice_word(&in);
	unsigned long long n;

	assert_true(slice_number(slice_word(&in), 1000000, &n));
	if (slice_is(name, "size")) rules->text.size_max = n;
	else if (slice_is(name, "line")) rules->text.line_max = n;
	else if (slice_is(name, "mails")) rules->mails_max = n;
	else if (slice_is(name, "unknown")) rules->unknown_max = n;
	else if (slice_is(name, "rcpts")) rules->rcpts_max = n;
	else if (slice_is(name, "commands")) rules->commands_max = n;
	else if (slice_is(name, "errors")) rules->errors_max = n;
	else fail_msg("no such limit");
}

static void
set_way(struct transcript *t, struct slice name)
{
	if (slice_is(name, "lmtp")) t->rules.lmtp = true;
	else if (slice_is(name, "tls")) t->offers_tls = true;
	else if (slice_is(name, "auth")) t->rules.auth = true;
	else if (slice_is(name, "scram"))
		t->rules.scram = t->rules.scram_for_all = true;
	else if (slice_is(name, "submission")) t->rules.auth_required = true;
	else if (slice_is(name, "secure")) t->rules.tls_required = true;
	else if (slice_is(name, "fix")) t->rules.text.fix_lf = true;
	else if (slice_is(name, "trusted")) t->trusted = true;
	else fail_msg("no such way");
}

static void
set_verdict(struct transcript *t, struct slice in)
{
	struct slice name = slice_word(&in), status = slice_word(&in);

	t->verdict = slice_is(name, "temp") ? VERDICT_TEMP : VERDICT_PERM;
	snprintf(t->status, sizeof t->status, "%.*s", (int)status.len,
	    status.s);
	in = slice_skip(in, 1);
	snprintf(t->words, sizeof t->words, "%.*s", (int)in.len, in.s);
}

static void
mark_step(struct transcript *t)
{
	if (!t->steps || t->step[t->steps - 1].input < t->input.len)
		t->steps++;
	assert_true(t->steps < sizeof t->step / sizeof *t->step);
	t->step[t->steps - 1] = (struct step){ .input = t->input.len,
		.output = t->expected.len };
}

static void
read_line(struct transcript *t, struct slice line, struct store *routes,
    struct store *access, struct store *client)
{
	size_t n = slice_find(line, ':');
	struct slice key = slice_from(line.s, n);
	struct slice value = slice_skip(line, n + 1);
	bool bare;

	if (!line.len || *line.s == '#') return;
	assert_true(n < line.len);
	if (value.len && *value.s == ' ') value = slice_skip(value, 1);
	if (slice_is(key, "C")) {
		bare = value.len > 1 &&
		    slice_is(slice_skip(value, value.len - 2), "\\c");
		if (bare) value.len -= 2;
		put_escaped(&t->input, value);
		if (!bare) put_cstr(&t->input, "\r\n");
	} else if (slice_is(key, "S") || slice_is(key, "Q") ||
	    slice_is(key, "X")) {
		put(&t->expected, line);
		put_cstr(&t->expected, "\n");
		mark_step(t);
	} else if (slice_is(key, "limit")) {
		set_limit(&t->rules, value);
	} else if (slice_is(key, "say")) {
		set_way(t, value);
	} else if (slice_is(key, "verdict")) {
		set_verdict(t, value);
	} else {
		struct store *file = slice_is(key, "routes") ? routes
		    : slice_is(key, "access") ? access : client;

		if (file == client) assert_true(slice_is(key, "client"));
		put(file, value);
		if (file != client) put_cstr(file, "\n");
	}
}

static void
read_transcript(struct transcript *t, struct slice file)
{
	struct store routes = { .len = 0 }, access = { .len = 0 };
	struct store client = { .len = 0 };
	struct parse_error error;
	struct slice line;

	put_cstr(&client, "");
	while (slice_line(&file, &line))
		read_line(t, line, &routes, &access, &client);
	if (!routes_parse(&t->routes,
	    slice_from(routes.s, routes.len), &error))
		fail_msg("routes line %u: %s", error.line, error.why);
	if (!access_parse(&t->access,
	    slice_from(access.s, access.len), &error))
		fail_msg("access line %u: %s", error.line, error.why);
	access_client(&t->access, &(struct who_client){ .address = client.s },
	    &t->may);
	free(routes.s);
	free(access.s);
	free(client.s);
}

static void
show_reply(struct play *p, struct slice reply)
{
	struct slice line;

	assert_true(reply.len <= REPLY_MAX);
	assert_memory_equal(reply.s + reply.len - 2, "\r\n", 2);
	while (slice_line(&reply, &line)) {
		assert_true(line.len + 2 <= REPLY_LINE_MAX);
		put_cstr(&p->output, "S: ");
		put(&p->output, line);
		put_cstr(&p->output, "\n");
	}
}

static void
show_message(struct play *p)
{
	char size[32];
	size_t i;

	put_cstr(&p->output, "Q: ");
	put(&p->output, slice_from(p->sender.s, p->sender.len));
	put_cstr(&p->output, " >");
	put(&p->output, slice_from(p->rcpts.s, p->rcpts.len));
	put_cstr(&p->output, " : ");
	if (p->message.len > TEXT_SHOWN) {
		snprintf(size, sizeof size, "%zu octets", p->message.len);
		put_cstr(&p->output, size);
	}
	for (i = 0; i < p->message.len && p->message.len <= TEXT_SHOWN; i++) {
		char c = p->message.s[i], code[8];

		if (c == '\r')
			put_cstr(&p->output, "\\r");
		else if (c == '\n')
			put_cstr(&p->output, "\\n");
		else if (c == '\\')
			put_cstr(&p->output, "\\\\");
		else if (c >= ' ' && c <= '~')
			put(&p->output, slice_from(&c, 1));
		else {
			snprintf(code, sizeof code, "\\x%02x", c & 0xff);
			put_cstr(&p->output, code);
		}
	}
	put_cstr(&p->output, "\n");
}

static void
forget(struct play *p)
{
	p->sender.len = p->rcpts.len = p->message.len = 0;
}

/* What the client said beside the address, as far as it did. */
static void
put_parameters(struct store *out, struct session const *s)
{
	char text[32];

	if (s->question == SESSION_RECIPIENT) {
		snprintf(text, sizeof text, " notify=%u", s->notify);
		if (s->notify) put_cstr(out, text);
		if (s->orcpt.len) put_cstr(out, " orcpt=");
		put(out, s->orcpt);
		return;
	}
	if (s->eightbit) put_cstr(out, " 8bit");
	if (s->utf8) put_cstr(out, " utf8");
	snprintf(text, sizeof text, " ret=%u", s->ret);
	if (s->ret) put_cstr(out, text);
	if (s->envid.len) put_cstr(out, " envid=");
	put(out, s->envid);
}

static void
answer_sender(struct play *p, struct slice address)
{
	forget(p);
	put_cstr(&p->sender, "<");
	put(&p->sender, address);
	put_cstr(&p->sender, ">");
	put_parameters(&p->sender, &p->session);
	session_answer(&p->session, REPLY_SENDER_OK);
}

static void
answer_recipient(struct play *p, struct slice address)
{
	struct policy_answer a = policy_rcpt(&p->t->routes,
	    slice_of(p->t->may.groups), p->t->may.relay, &p->session.addr);

	if (a.reply == REPLY_RCPT_OK) {
		put_cstr(&p->rcpts, " ");
		put(&p->rcpts, address);
		put_parameters(&p->rcpts, &p->session);
	}
	if (a.reply)
		session_answer(&p->session, a.reply);
	else
		session_refuse(&p->session, a.code, slice_of(a.status),
		    slice_of(a.text));
}

/* Everybody has the password "right"; SCRAM's is that of RFC 7677. */
static void
answer_login(struct play *p)
{
	static char const verifier[] = "{SCRAM-SHA-256}4096,"
	    "W22ZaJ0SNY7soEsUEjb6gQ==,"
	    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,"
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
	static unsigned char const nonce[SCRAM_NONCE_OCTETS];
	struct session *s = &p->session;
	struct sasl_answer a = { .outcome = SASL_RIGHT };
	struct sasl_question q;
	struct verifier v;

	assert_true(verifier_parse(&v, slice_of(verifier)));
	sasl_question(s->sasl, &q);
	put_cstr(&p->output, q.about == SASL_PASSWORD ? "Q: login "
	    : q.about == SASL_SALT ? "Q: salt " : "Q: proof ");
	put_cstr(&p->output, q.name);
	put_cstr(&p->output, q.about == SASL_PASSWORD ? " " : "");
	put_cstr(&p->output, q.password);
	put_cstr(&p->output, "\n");
	a.iterations = v.iterations;
	memcpy(a.salt, v.salt, a.salt_len = v.salt_len);
	if ((q.about == SASL_PASSWORD && strcmp(q.password, "right")) ||
	    (q.about == SASL_PROOF && !verifier_proves(&v,
	    slice_from(q.exchange, q.exchange_len), q.proof, a.signature)))
		session_answer(s, REPLY_LOGIN_WRONG);
	else
		session_answer(s, sasl_answered(s->sasl, &a, nonce) ==
		    SASL_DONE ? REPLY_LOGGED_IN : REPLY_CHALLENGE);
}

static void
answer(struct play *p)
{
	struct session *s = &p->session;
	struct xclient x = { .addr = "" };
	char text[ADDR_TEXT_MAX];
	struct slice address = slice_from(text,
	    s->path == ADDR_PATH_MAILBOX ? addr_format(&s->addr, text) : 0);

	switch (s->question) {
	case SESSION_SENDER:
		answer_sender(p, address);
		break;
	case SESSION_RECIPIENT:
		answer_recipient(p, address);
		break;
	case SESSION_LOGIN:
		answer_login(p);
		break;
	case SESSION_SECURITY:
		session_answer(s, REPLY_START_TLS);
		break;
	case SESSION_CLIENT:
		session_answer(s, xclient_parse(&x, s->argument)
		    ? REPLY_GREETING : REPLY_BAD_ARGUMENT);
		put_cstr(&p->output, "Q: client ");
		put_cstr(&p->output, x.addr);
		put_cstr(&p->output, "\n");
		break;
	}
}

static void
play_on(struct play *p, struct slice in)
{
	struct session *s = &p->session;

	while (!p->closed) {
		struct slice view = { .len = 0 };
		size_t n;

		switch (session_next(s, &view)) {
		case SESSION_READ:
			if (!in.len) return;
			n = session_feed(s, in.s, in.len);
			assert_in_range(n, 1, in.len);
			in = slice_skip(in, n);
			break;
		case SESSION_SEND:
			show_reply(p, view);
			break;
		case SESSION_ASK:
			answer(p);
			break;
		case SESSION_STORE:
			assert_true(view.len > 0);
			put(&p->message, view);
			break;
		case SESSION_COMMIT:
			show_message(p);
			session_verdict(s, p->t->verdict,
			    slice_of(p->t->status), slice_of(p->t->words),
			    false);
			break;
		case SESSION_TLS:
			put_cstr(&p->output, "Q: tls\n");
			session_secured(s);
			break;
		case SESSION_ABORT:
			put_cstr(&p->output, "Q: forgotten\n");
			forget(p);
			break;
		case SESSION_CLOSE:
			put_cstr(&p->output, "X: closed\n");
			p->closed = true;
			break;
		}
	}
}

static void
play_begin(struct play *p, struct transcript const *t)
{
	*p = (struct play){ .t = t };
	session_init(&p->session, &t->rules);
	p->session.trusted = t->trusted;
	p->session.offers_tls = t->offers_tls;
	put_cstr(&p->output, "");
	play_on(p, slice_from(NULL, 0));
}

static void
play_end(struct play *p)
{
	session_free(&p->session);
	free(p->output.s);
	free(p->sender.s);
	free(p->rcpts.s);
	free(p->message.s);
}

static void
play_in_step(struct transcript const *t)
{
	struct play p;
	size_t i, at = 0;

	play_begin(&p, t);
	for (i = 0; i < t->steps; i++) {
		char *so_far;

		play_on(&p, slice_from(t->input.s + at,
		    t->step[i].input - at));
		at = t->step[i].input;
		so_far = strndup(t->expected.s, t->step[i].output);
		assert_string_equal(p.output.s, so_far);
		free(so_far);
	}
	play_end(&p);
}

/* piece  octets at a time, the first time */
static void
play_cut(struct transcript const *t, size_t first, size_t piece)
{
	struct slice rest = slice_from(t->input.s, t->input.len);
	struct play p;

	play_begin(&p, t);
	while (rest.len) {
		size_t n = first < rest.len ? first : rest.len;

		/* a copy of its own, so that sanitizers see its edges */
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, rest.s, n);
		play_on(&p, slice_from(copy, n));
		free(copy);
		rest = slice_skip(rest, n);
		first = piece;
	}
	assert_string_equal(p.output.s, t->expected.s);
	play_end(&p);
}

static void
play_file(void **state)
{
	static char text[TEXT_STORE_MAX];
	static char file_text[1 << 16];
	struct transcript t = { .rules = { .hostname = SLICE("mx.test"),
	    .domain = SLICE("Example.Org"), .rcpts_max = 1000,
	    .mails_max = 1000, .commands_max = 1000, .unknown_max = 1000,
	    .errors_max = 1000, .text = { .size_max = 1000000,
	    .line_max = 1000000, .store = text } } };
	FILE *file = fopen(*state, "r");
	size_t n;

	assert_non_null(file);
	n = fread(file_text, 1, sizeof file_text, file);
	assert_in_range(n, 1, sizeof file_text - 1);
	fclose(file);
	read_transcript(&t, slice_from(file_text, n));
	assert_true(t.steps > 0);
	play_in_step(&t);
	play_cut(&t, t.input.len, t.input.len);
	play_cut(&t, 1, 1);
	for (n = 1; n < t.input.len; n++)
		play_cut(&t, n, t.input.len);
	routes_free(&t.routes);
	access_free(&t.access);
	free(t.input.s);
	free(t.expected.s);
}

int
main(void)
{
	struct CMUnitTest *tests;
	glob_t files;
	size_t i;
	int failed;

	if (glob("tests/smtp/*.smtp", 0, NULL, &files) != 0) return 1;
	tests = calloc(files.gl_pathc, sizeof *tests);
	if (!tests) return 1;
	for (i = 0; i < files.gl_pathc; i++)
		tests[i] = (struct CMUnitTest){ .name = files.gl_pathv[i],
			.test_func = play_file,
			.initial_state = files.gl_pathv[i] };
	failed = _cmocka_run_group_tests("transcripts", tests, files.gl_pathc,
	    NULL, NULL);
	free(tests);
	globfree(&files);
	return failed;
}
