/* SPDX-License-Identifier: ISC */
/* Log lines: whatever the values hold, one line, printable, and with JSON one
 * object that a strict reader takes. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>
#include "common/log.h"
#include "tests/seed.h"

static char line[LOG_LINE_MAX + 1];

static char const *
compose(struct log_field const *field, bool json)
{
	size_t len;

	memset(line, 0x55, sizeof line);
	len = log_compose(line, "event", field, json);
	assert_in_range(len, 1, LOG_LINE_MAX);
	assert_int_equal(line[len - 1], '\n');
	line[len - 1] = '\0';
	assert_int_equal(strlen(line), len - 1);
	return line;
}

#define COMPOSE(json, ...) \
	compose((struct log_field const[]){ __VA_ARGS__, \
	    { LOG_END, NULL, { .number = 0 } } }, json)

static void
fields_stand_in_order(void **state)
{
	struct traceid id = { .octet = { 0 } };

	(void)state;
	assert_string_equal(COMPOSE(false, LOG_ID(&id), LOG_TEXT("a", "b"),
	    LOG_NUMBER("n", -5), LOG_NUMBER("m", INT64_MIN)),
	    "ev=event id=00000000000000000000000000 a=b n=-5 "
	    "m=-9223372036854775808");
	assert_string_equal(COMPOSE(true, LOG_ID(&id), LOG_TEXT("a", "b"),
	    LOG_NUMBER("n", INT64_MAX)),
	    "{\"ev\":\"event\",\"id\":\"00000000000000000000000000\","
	    "\"a\":\"b\",\"n\":9223372036854775807}");
}

static void
values_are_quoted_when_needed(void **state)
{
	(void)state;
	assert_string_equal(COMPOSE(false, LOG_TEXT("k", "")), "ev=event k=\"\"");
	assert_string_equal(COMPOSE(false, LOG_TEXT("k", "a b")),
	    "ev=event k=\"a b\"");
	assert_string_equal(COMPOSE(false, LOG_TEXT("k", "a=b")),
	    "ev=event k=a=b");
	assert_non_null(strstr(COMPOSE(false, LOG_TEXT("k", "a\"b")), "k=\""));
	assert_string_equal(COMPOSE(false, LOG_SLICE("k",
	    SLICE("a\0b\r\n\x7f\xff"))),
	    "ev=event k=a\\x00b\\x0d\\x0a\\x7f\\xff");
}

static unsigned
hex(char const *s)
{
	char digits[3] = { s[0], s[1], '\0' };
	char *end;
	unsigned long n = strtoul(digits, &end, 16);

	assert_int_equal(*end, '\0');
	return (unsigned)n;
}

/* Each octet alone, between two others: it can be had back from the line. */
static void
every_octet_is_escaped(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		char value[3] = { '<', (char)c, '>' };
		char const *at;
		size_t len;

		at = strchr(COMPOSE(false, LOG_SLICE("k",
		    slice_from(value, 3))), '<');
		assert_non_null(at);
		assert_int_equal(strcspn(line, "\r\n"), strlen(line));
		if (at[1] == '\\' && at[2] == 'x') {
			assert_int_equal(hex(at + 3), c);
			len = 4;
		} else {
			assert_in_range(c, 0x20, 0x7e);
			assert_int_equal(at[1], c);
			len = 1;
		}
		assert_int_equal(at[1 + len], '>');

		at = strchr(COMPOSE(true, LOG_SLICE("k",
		    slice_from(value, 3))), '<');
		assert_non_null(at);
		if (at[1] == '\\') {
			assert_int_equal(at[2], 'u');
			assert_int_equal(hex(at + 3), 0);
			assert_int_equal(hex(at + 5), c);
			len = 6;
		} else {
			assert_in_range(c, 0x20, 0x7e);
			len = 1;
		}
		assert_int_equal(at[1 + len], '>');
	}
}

/* A strict reader of what JSON a line may be: one flat object. Returns how
 * many members it has, 0 when it is not well-formed. */

static char const *
json_string(char const *s)
{
	if (*s++ != '"') return NULL;
	while (*s != '"') {
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			return NULL;
		if (*s++ != '\\') continue;
		if (*s == 'u' && strspn(s + 1, "0123456789abcdef") >= 4) {
			s += 5;
			continue;
		}
		if (!*s || !strchr("\"\\/bfnrt", *s++)) return NULL;
	}
	return s + 1;
}

static char const *
json_number(char const *s)
{
	if (*s == '-') s++;
	return *s >= '0' && *s <= '9' ? s + strspn(s, "0123456789") : NULL;
}

static size_t
json_members(char const *s)
{
	size_t n = 0;

	if (*s++ != '{') return 0;
	for (;; s++) {
		if (!(s = json_string(s)) || *s++ != ':') return 0;
		s = *s == '"' ? json_string(s) : json_number(s);
		if (!s) return 0;
		n++;
		if (*s != ',') break;
	}
	return *s == '}' && !s[1] ? n : 0;
}

static void
the_reader_is_strict(void **state)
{
	static char const *const bad[] = { "", "{", "{}", "{\"a\":\"b\"",
		"{\"a\":\"b}", "{\"a\":}", "{\"a\":\"b\",}", "{\"a\"}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\u00\"}", "{\"a\":1}2" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(json_members(bad[i]), 0);
	assert_int_equal(json_members("{\"a\":\"b\\u00ff\",\"c\":-1}"), 2);
}

/* However long the values, and whatever is in them. */
static void
json_can_be_parsed(void **state)
{
	static char octets[6000];
	size_t round;

	(void)state;
	random_buf(octets, sizeof octets);
	for (round = 0; round < 2000; round++) {
		struct log_field f[10] = { { LOG_END, "", { .number = 0 } } };
		size_t n = 1 + seed_below(8), i, members;

		for (i = 0; i < n; i++) {
			size_t len = seed_below(seed_below(2) ? 20 :
			    sizeof octets);
			size_t at = seed_below(sizeof octets - len);

			f[i] = (struct log_field)LOG_SLICE("key",
			    slice_from(octets + at, len));
		}
		members = json_members(compose(f, true));
		assert_in_range(members, 1, n + 1);
		compose(f, false);
	}
}

/* One value does not crowd out the next, escaped or not. */
static void
a_long_value_leaves_room(void **state)
{
	static char zeroes[5000];
	struct slice all = slice_from(zeroes, sizeof zeroes);

	(void)state;
	assert_non_null(strstr(COMPOSE(false, LOG_SLICE("one", all),
	    LOG_TEXT("two", "here")), " two=here"));
	assert_non_null(strstr(COMPOSE(true, LOG_SLICE("one", all),
	    LOG_TEXT("two", "here")), "\"two\":\"here\""));
	assert_non_null(strstr(COMPOSE(true, LOG_SLICE("one", all),
	    LOG_SLICE("two", all), LOG_SLICE("three", all)), "\"three\":\""));
}

static void
writing_keeps_errno(void **state)
{
	char out[256];
	int pair[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	log_target.fd = pair[1];
	errno = EDOM;
	log_event("said", LOG_TEXT("what", "it"), LOG_SYS(ENOENT));
	assert_int_equal(errno, EDOM);
	n = read(pair[0], out, sizeof out - 1);
	assert_true(n > 0);
	out[n] = '\0';
	assert_string_equal(out, "ev=said what=it "
	    "error=\"No such file or directory\"\n");
	close(pair[0]);
	close(pair[1]);
	errno = EDOM;
	log_event("lost", LOG_NUMBER("n", 1)); /* nowhere to go, no harm */
	assert_int_equal(errno, EDOM);
}

/* What a pipe has taken in one piece: O_DIRECT keeps pieces apart. */
static size_t
piece(int fd, char *out, size_t room)
{
	ssize_t n = read(fd, out, room);

	if (n == -1) assert_int_equal(errno, EAGAIN);
	return n == -1 ? 0 : (size_t)n;
}

static void
gathered_lines_come_together_and_whole(void **state)
{
	char line_of[LOG_LINE_MAX], out[2 * PIPE_BUF], value[500];
	struct log_field const field[] = { LOG_SLICE("v",
	    slice_from(value, sizeof value)), { .kind = LOG_END } };
	size_t len, i, n = 0, pieces = 0, lines = 0;
	int pair[2];

	(void)state;
	memset(value, 'v', sizeof value);
	len = log_compose(line_of, "long", field, false);
	assert_int_equal(pipe2(pair, O_DIRECT | O_NONBLOCK), 0);
	log_target.fd = pair[1];
	log_target.gather = true;
	log_event("a", LOG_NUMBER("n", 1));
	log_event("b", LOG_NUMBER("n", 2));
	assert_int_equal(piece(pair[0], out, sizeof out), 0);
	errno = EDOM;
	log_flush();
	log_flush();
	assert_int_equal(errno, EDOM);
	n = piece(pair[0], out, sizeof out);
	assert_int_equal(n, strlen("ev=a n=1\nev=b n=2\n"));
	assert_memory_equal(out, "ev=a n=1\nev=b n=2\n", n);
	assert_int_equal(piece(pair[0], out, sizeof out), 0);
	for (i = 0; i < 100; i++)
		log_fields("long", field);
	log_flush();
	while ((n = piece(pair[0], out, sizeof out))) {
		assert_true(n <= PIPE_BUF);
		assert_int_equal(n % len, 0);
		lines += n / len;
		pieces++;
	}
	assert_int_equal(lines, 100);
	assert_true(pieces < 20);
	log_target.gather = false;
	close(pair[0]);
	close(pair[1]);
}

/* A lone line goes at once, and so do some that follow; more wait. */
static void
under_load_lines_wait_for_each_other(void **state)
{
	char out[PIPE_BUF];
	int64_t now_ms = 1000000, i;
	int pair[2], round;

	(void)state;
	assert_int_equal(pipe2(pair, O_DIRECT | O_NONBLOCK), 0);
	log_target.fd = pair[1];
	log_target.gather = true;
	assert_int_equal(log_pause(now_ms), INT64_MAX);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < LOG_AT_ONCE; i++) {
			log_event("a", LOG_NUMBER("n", 1));
			assert_int_equal(log_pause(now_ms), INT64_MAX);
			assert_true(piece(pair[0], out, sizeof out) > 0);
		}
		log_event("a", LOG_NUMBER("n", 1));
		assert_int_equal(log_pause(now_ms), now_ms + LOG_EACH_MS);
		log_event("b", LOG_NUMBER("n", 2));
		assert_int_equal(log_pause(now_ms + LOG_EACH_MS - 1),
		    now_ms + LOG_EACH_MS);
		assert_int_equal(piece(pair[0], out, sizeof out), 0);
		assert_int_equal(log_pause(now_ms + LOG_EACH_MS), INT64_MAX);
		assert_int_equal(piece(pair[0], out, sizeof out),
		    strlen("ev=a n=1\nev=b n=2\n"));
		/* quiet for long enough */
		now_ms += (1 + LOG_AT_ONCE) * LOG_EACH_MS;
	}
	log_target.gather = false;
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(fields_stand_in_order),
		cmocka_unit_test(values_are_quoted_when_needed),
		cmocka_unit_test(every_octet_is_escaped),
		cmocka_unit_test(the_reader_is_strict),
		cmocka_unit_test(json_can_be_parsed),
		cmocka_unit_test(a_long_value_leaves_room),
		cmocka_unit_test(gathered_lines_come_together_and_whole),
		cmocka_unit_test(under_load_lines_wait_for_each_other),
		cmocka_unit_test(writing_keeps_errno),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
