/* SPDX-License-Identifier: ISC */
/* Names and passwords at their limits; users files; who has tried too often. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/base64.h"
#include "smtpd/failures.h"
#include "smtpd/sasl.h"
#include "smtpd/users.h"

/* plain - what becomes of a PLAIN answer with such lengths */
static enum sasl_next
plain(struct sasl *s, size_t other, size_t name, size_t password)
{
	char octets[1024], text[BASE64_LEN(sizeof octets)];
	size_t n = 0;

	memset(octets, 'x', sizeof octets);
	octets[n += other] = '\0';
	octets[n += name + 1] = '\0';
	n += password + 1;
	assert_true(sasl_begin(s, SLICE("plain"), false));
	return sasl_take(s, slice_from(text,
	    base64_encode(text, slice_from(octets, n))));
}

static void
texts_have_limits(void **state)
{
	struct sasl s;

	(void)state;
	assert_int_equal(plain(&s, 0, 1, 1), SASL_ASK);
	assert_int_equal(plain(&s, 255, 255, 255), SASL_ASK);
	assert_int_equal(strlen(s.name), 255);
	assert_int_equal(strlen(s.password), 255);
	assert_int_equal(plain(&s, 0, 256, 1), SASL_BROKEN);
	assert_int_equal(plain(&s, 0, 1, 256), SASL_BROKEN);
	assert_int_equal(plain(&s, 256, 255, 255), SASL_BROKEN);
	assert_int_equal(plain(&s, 1, 2, 1), SASL_BROKEN);
	assert_int_equal(plain(&s, 0, 0, 1), SASL_BROKEN);
	assert_int_equal(plain(&s, 0, 1, 0), SASL_BROKEN);
}

#define VERIFIER "{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==," \
	"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=," \
	"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static char const file[] = "# comment\n\nann:$y$1:more:yet\n"
    "bob:{crypt}$6$2\nbob:$6$3\neve:!$6$4\nsue:" VERIFIER "\n";

static char const *
hash_of(char const *name)
{
	static char text[512];
	struct slice hash, first;
	bool known = users_find(slice_of(file), slice_of(name), &hash, &first);

	assert_true(slice_is(first, "$y$1"));
	memcpy(text, hash.s, hash.len);
	text[hash.len] = '\0';
	return known ? text : "nobody";
}

static unsigned
wrong_line(struct slice text)
{
	char const *why = NULL;
	unsigned line = users_wrong(text, &why);

	assert_true(!line || why);
	return line;
}

static void
users_are_found(void **state)
{
	struct slice hash, first;

	(void)state;
	assert_int_equal(wrong_line(slice_of(file)), 5);
	assert_string_equal(hash_of("ann"), "$y$1");
	assert_string_equal(hash_of("bob"), "$6$2");
	assert_string_equal(hash_of("eve"), "!$6$4");
	assert_string_equal(hash_of("sue"), VERIFIER);
	/* one that looks as much like work */
	assert_string_equal(hash_of("bo"), "nobody");
	assert_string_equal(hash_of("# comment"), "nobody");
	assert_false(users_find(slice_of(file), SLICE("bo"), &hash, &first));
	assert_true(slice_is(hash, "$y$1"));
	assert_false(users_find(SLICE(""), SLICE("ann"), &hash, &first));
	assert_int_equal(hash.len, 0);
}

static void
verifiers_are_counted(void **state)
{
	(void)state;
	assert_int_equal(users_verified(SLICE("")), USERS_NONE_VERIFIED);
	assert_int_equal(users_verified(SLICE("a:$6$x\n")),
	    USERS_NONE_VERIFIED);
	assert_int_equal(users_verified(slice_of(file)),
	    USERS_SOME_VERIFIED);
	assert_int_equal(users_verified(SLICE("a:*\nb:" VERIFIER "\n")),
	    USERS_ALL_VERIFIED);
}

static void
mistakes_are_named(void **state)
{
	char line[512];
	size_t i;

	(void)state;
	assert_int_equal(wrong_line(SLICE("a:$6$b\nbob\n")), 2);
	assert_int_equal(wrong_line(SLICE(":$6$b\n")), 1);
	assert_int_equal(wrong_line(SLICE("\n\nb:")), 3);
	assert_int_equal(wrong_line(SLICE("b::$6$x")), 1);
	assert_int_equal(wrong_line(SLICE("b: $6$x")), 1);
	assert_int_equal(wrong_line(SLICE("b:plain")), 1);
	assert_int_equal(wrong_line(SLICE("b:$")), 1);
	assert_int_equal(wrong_line(SLICE("b:$6$")), 1);
	assert_int_equal(wrong_line(SLICE("b:{PLAIN}x")), 1);
	assert_int_equal(wrong_line(SLICE("b:{ARGON2ID}$argon2id$v")), 1);
	assert_int_equal(wrong_line(SLICE("b:{SCRAM-SHA-256}4096,x")), 1);
	for (i = 255; i < 257; i++) {
		memset(line, 'n', i);
		memcpy(line + i, ":$6$x", 6);
		assert_int_equal(wrong_line(slice_of(line)), i == 256);
	}
	for (i = USERS_HASH_MAX; i < USERS_HASH_MAX + 2; i++) {
		memset(line, 'h', i + 2);
		memcpy(line, "b:$6$", 5);
		assert_int_equal(wrong_line(slice_from(line, i + 2)),
		    i > USERS_HASH_MAX);
	}
}

static void
assert_mistake(char const *text, unsigned line, char const *words)
{
	char const *why = "";

	assert_int_equal(users_wrong(slice_of(text), &why), line);
	if (line) assert_non_null(strstr(why, words));
}

/* Whoever has it would never get in, or by the password that he had before. */
static void
mistakes_are_told_apart(void **state)
{
	(void)state;
	assert_mistake("b:secret\n", 1, "NAME:HASH");
	assert_mistake("b:$1$salt$x\na:$argon2id$v=19$m=1$x$y\n", 2,
	    "crypt(3)");
	assert_mistake("b:$9$x\n", 1, "crypt(3)");
	assert_mistake("b:$6$x\na:$6$x\nbo:$6$x\nb:!\na:*\n", 4, "above");
	assert_mistake("b:*\nB:*\n#b:*\nb b:*\n", 0, "");
}

/* In the 16 MiB that there may be. */
static void
many_users_are_looked_at(void **state)
{
	enum { USERS = 100000, LINE = 16 };
	char *text = malloc((USERS + 1) * LINE + 1);
	size_t i;

	(void)state;
	assert_non_null(text);
	for (i = 0; i <= USERS; i++)
		sprintf(text + i * LINE, "user%06zu:$6$x\n", i * 77 % USERS);
	assert_int_equal(wrong_line(slice_from(text, USERS * LINE)), 0);
	assert_int_equal(wrong_line(slice_from(text, (USERS + 1) * LINE)),
	    USERS + 1);
	free(text);
}

static void
failures_count_and_pass(void **state)
{
	struct failures *f = calloc(1, sizeof *f);
	struct slice address = SLICE("2001:db8::1");
	unsigned i;

	(void)state;
	assert_non_null(f);
	f->max = 10;
	for (i = 0; i < f->max; i++) {
		assert_false(failures_too_many(f, address, 5));
		failures_add(f, address, 5);
	}
	assert_true(failures_too_many(f, address, 5));
	assert_true(failures_too_many(f, SLICE("2001:db8::2"), 5));
	assert_false(failures_too_many(f, SLICE("2001:db8:0:1::1"), 5));
	assert_false(failures_too_many(f, SLICE("192.0.2.1"), 5));
	assert_true(failures_too_many(f, address, 5 + FAILURES_MS - 1));
	assert_false(failures_too_many(f, address, 5 + FAILURES_MS));
	failures_add(f, address, 5 + FAILURES_MS);
	assert_false(failures_too_many(f, address, 5 + FAILURES_MS));
	free(f);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(texts_have_limits),
		cmocka_unit_test(users_are_found),
		cmocka_unit_test(verifiers_are_counted),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(mistakes_are_told_apart),
		cmocka_unit_test(many_users_are_looked_at),
		cmocka_unit_test(failures_count_and_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
