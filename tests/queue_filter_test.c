/* SPDX-License-Identifier: ISC */
/* Terms of filters, good and bad, and what they take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "queue/filter.h"

static struct filter
filter_of(char const *const *term)
{
	struct filter f = { .has = 0 };
	char const *why;

	for (; *term; term++)
		if (!filter_add(&f, slice_of(*term), &why))
			fail_msg("%s: %s", *term, why);
	return f;
}

#define FILTER(...) filter_of((char const *const[]){ __VA_ARGS__, NULL })

static bool
takes(struct filter f, char const *sender, int64_t age_s, enum standing s)
{
	return filter_takes(&f, &(struct filter_facts){
	    .sender = slice_of(sender), .age_s = age_s, .standing = s });
}

static bool
takes_rcpt(struct filter f, char const *address)
{
	return filter_takes_rcpt(&f, slice_of(address), SLICE(""));
}

/* Whom the sender wrote to is looked for too. */
static void
test_who_stands_for_another(void **unused)
{
	struct filter const f = FILTER("recipient=list@b.test");
	struct filter const d = FILTER("domain=b.test");
	struct slice orcpt = SLICE("rfc822;List@B.test");

	(void)unused;
	assert_true(filter_takes_rcpt(&f, SLICE("a@c.test"), orcpt));
	assert_true(filter_takes_rcpt(&d, SLICE("a@c.test"), orcpt));
	assert_true(filter_takes_rcpt(&f, SLICE("list@b.test"), SLICE("x")));
	assert_false(filter_takes_rcpt(&f, SLICE("a@c.test"), SLICE("")));
	assert_false(filter_takes_rcpt(&f, SLICE("a@c.test"),
	    SLICE("rfc822;list@b.test+0A")));
}

static void
test_nothing_said(void **unused)
{
	struct filter const all = { .has = 0 };

	(void)unused;
	assert_true(takes(all, "", 0, STANDING_HELD));
	assert_true(takes_rcpt(all, "a@b.test"));
	assert_false(filter_asks_rcpt(&all));
}

static void
test_sender(void **unused)
{
	struct filter const f = FILTER("sender=Joe.User@Example.ORG");
	struct filter const null = FILTER("sender=<>");

	(void)unused;
	assert_true(takes(f, "joe.user@example.org", 0, 0));
	assert_true(takes(f, "JOE.user@eXample.org", 0, 0));
	assert_false(takes(f, "joe.user@example.com", 0, 0));
	assert_false(takes(f, "joe@example.org", 0, 0));
	assert_false(takes(f, "", 0, 0));
	assert_false(filter_asks_rcpt(&f));
	assert_true(takes(null, "", 0, 0));
	assert_false(takes(null, "joe@example.org", 0, 0));
}

static void
test_recipient(void **unused)
{
	struct filter const f = FILTER("recipient=\"a b\"@x.test");
	struct filter const d = FILTER("domain=X.Test");
	struct filter const literal = FILTER("domain=[192.0.2.1]");
	struct filter const both = FILTER("domain=x.test",
	    "recipient=a@y.test");

	(void)unused;
	assert_true(filter_asks_rcpt(&f));
	assert_true(takes_rcpt(f, "\"A b\"@x.test"));
	assert_false(takes_rcpt(f, "ab@x.test"));
	assert_true(filter_asks_rcpt(&d));
	assert_true(takes_rcpt(d, "anybody@x.test"));
	assert_false(takes_rcpt(d, "anybody@sub.x.test"));
	assert_false(takes_rcpt(d, "x.test@other.test"));
	assert_true(takes_rcpt(literal, "a@[192.0.2.1]"));
	assert_false(takes_rcpt(both, "a@y.test"));
	assert_false(takes_rcpt(both, "a@x.test"));
}

static void
test_age(void **unused)
{
	(void)unused;
	assert_true(takes(FILTER("age>90s"), "", 91, 0));
	assert_false(takes(FILTER("age>90s"), "", 90, 0));
	assert_true(takes(FILTER("age>2m"), "", 121, 0));
	assert_false(takes(FILTER("age>2m"), "", 120, 0));
	assert_true(takes(FILTER("age>3h"), "", 3 * 3600 + 1, 0));
	assert_false(takes(FILTER("age>3h"), "", 3 * 3600, 0));
	assert_true(takes(FILTER("age>5d"), "", 5 * 86400 + 1, 0));
	assert_false(takes(FILTER("age>5d"), "", 5 * 86400, 0));
	assert_false(takes(FILTER("age>1000000000d"), "", INT32_MAX, 0));
	/* a clock that jumped back */
	assert_false(takes(FILTER("age>0s"), "", -5, 0));
}

static void
test_state(void **unused)
{
	char term[32];
	int wanted, is;

	(void)unused;
	for (wanted = 0; wanted < STANDINGS; wanted++)
		for (is = 0; is < STANDINGS; is++) {
			snprintf(term, sizeof term, "state=%s",
			    filter_standing[wanted]);
			assert_int_equal(takes(FILTER(term), "", 0,
			    (enum standing)is), wanted == is);
		}
}

static void
test_all_must_fit(void **unused)
{
	struct filter const f = FILTER("state=held", "age>1h",
	    "sender=a@b.test");

	(void)unused;
	assert_true(takes(f, "a@b.test", 4000, STANDING_HELD));
	assert_false(takes(f, "a@b.test", 4000, STANDING_ACTIVE));
	assert_false(takes(f, "a@b.test", 3000, STANDING_HELD));
	assert_false(takes(f, "c@b.test", 4000, STANDING_HELD));
}

static void
test_bad(void **unused)
{
	static char const *const bad[] = { "", "x", "age", "age>", "age>5",
		"age>s", "age>-1s", "age>5w", "age>5 s", "age>1000000001s",
		"age>99999999999999999999s", "age<5s", "age=5s", "state=",
		"state=Held", "state=held,active", "state=bounced", "sender=",
		"sender=joe", "sender=<joe@x.test>", "recipient=",
		"recipient=<>", "recipient=a@b@c", "domain=", "domain=a b",
		"domain=a..b", "domain=@x.test", "Sender=a@b.test",
		" sender=a@b.test", "subject=x", "domain=x.test\n" };
	char const *why;
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct filter f = { .has = 0 };

		why = NULL;
		if (filter_add(&f, slice_of(bad[i]), &why))
			fail_msg("taken: %s", bad[i]);
		assert_non_null(why);
		assert_int_equal(f.has, 0);
	}
}

static void
test_twice(void **unused)
{
	struct filter f = FILTER("age>1h", "domain=a.test");
	char const *why;

	(void)unused;
	assert_false(filter_add(&f, SLICE("age>2h"), &why));
	assert_string_equal(why, "given twice");
	assert_int_equal(f.age_s, 3600);
	assert_false(filter_add(&f, SLICE("domain=b.test"), &why));
	assert_true(filter_add(&f, SLICE("state=held"), &why));
}

/* The longest domain fits, one octet more is none. */
static void
test_long_domain(void **unused)
{
	char term[7 + ADDR_DOMAIN_MAX + 2] = "domain=";
	struct filter f = { .has = 0 };
	char const *why;
	size_t i;

	(void)unused;
	for (i = 0; i < ADDR_DOMAIN_MAX + 1; i++)
		term[7 + i] = i % 2 ? '.' : 'a';
	assert_true(filter_add(&f, slice_from(term, 7 + ADDR_DOMAIN_MAX),
	    &why));
	f.has = 0;
	term[7 + ADDR_DOMAIN_MAX] = 'a';
	term[7 + ADDR_DOMAIN_MAX - 1] = 'a';
	assert_false(filter_add(&f, slice_from(term, 7 + ADDR_DOMAIN_MAX + 1),
	    &why));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_nothing_said),
		cmocka_unit_test(test_who_stands_for_another),
		cmocka_unit_test(test_sender),
		cmocka_unit_test(test_recipient),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_all_must_fit),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_long_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
