/* SPDX-License-Identifier: ISC */
/* Mail exchangers in order, ourselves left out, whatever DNS says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include "remote/mx.h"

struct record {
	char const *name;
	unsigned preference;
	uint32_t dice;
};

static struct {
	char const *what;
	struct record record[6];
	enum mx_kind kind;
	char const *order;
} const cases[] = {
	{ "by preference", { { "b.example", 20, 0 }, { "a.example", 10, 0 },
	    { "c.example", 30, 0 } }, MX_HOSTS, "a.example b.example c.example " },
	{ "equals by the dice", { { "b.example", 10, 7 }, { "a.example", 10, 9 },
	    { "c.example", 10, 8 } }, MX_HOSTS, "b.example c.example a.example " },
	{ "lower case", { { "MX.Example", 10, 0 } }, MX_HOSTS, "mx.example " },
	{ "null", { { "", 0, 0 } }, MX_NULL, "" },
	{ "null, written as a dot", { { ".", 0, 0 } }, MX_NULL, "" },
	{ "null beside another means nothing", { { "", 0, 0 },
	    { "a.example", 10, 0 } }, MX_HOSTS, "a.example " },
	{ "no host names", { { "a b", 1, 0 }, { "-x.example", 1, 0 },
	    { "x..example", 1, 0 } }, MX_ODD, "" },
	{ "null beside nonsense", { { "", 0, 0 }, { "a b", 1, 0 } }, MX_ODD,
	    "" },
	{ "nonsense is left out", { { "a\nb", 1, 0 }, { "a.example", 2, 0 } },
	    MX_HOSTS, "a.example " },
	{ "we are the best", { { "ME.example", 10, 0 },
	    { "a.example", 20, 0 } }, MX_SELF, "" },
	{ "we are second: equals go too", { { "a.example", 5, 0 },
	    { "me.example", 10, 1 }, { "b.example", 10, 0 },
	    { "c.example", 20, 0 } }, MX_HOSTS, "a.example " },
	{ "nothing at all", { { NULL, 0, 0 } }, MX_ODD, "" },
};

static char const *
names(struct mx const *mx)
{
	static char text[8192];
	size_t i, n = 0;

	*text = '\0';
	for (i = 0; i < mx->hosts; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s ",
		    mx->host[i].name);
	return text;
}

static void
test_cases(void **state)
{
	size_t i, r;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mx mx = { .hosts = 0 };

		for (r = 0; r < 6 && cases[i].record[r].name; r++)
			mx_add(&mx, slice_of(cases[i].record[r].name),
			    cases[i].record[r].preference,
			    cases[i].record[r].dice);
		if (mx_settle(&mx, SLICE("me.example")) != cases[i].kind)
			fail_msg("%s", cases[i].what);
		assert_string_equal(names(&mx), cases[i].order);
	}
}

/* A thousand records, worst first: the best ones stay, and no more. */
static void
test_hosts_max(void **state)
{
	struct mx mx = { .hosts = 0 };
	char name[32];
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "h%u.example", i);
		mx_add(&mx, slice_of(name), 1000 - i, 0);
		assert_int_equal(mx.hosts, i < MX_HOSTS_MAX ? i + 1 :
		    MX_HOSTS_MAX);
	}
	for (i = 0; i < MX_HOSTS_MAX; i++)
		assert_int_equal(mx.host[i].preference, i + 1);
}

static void
test_name_max(void **state)
{
	struct mx mx = { .hosts = 0 };
	char name[NETADDR_HOST_MAX + 2];
	size_t i, n;

	(void)state;
	for (n = NETADDR_HOST_MAX; n <= NETADDR_HOST_MAX + 1; n++) {
		memset(name, 'a', sizeof name);
		for (i = 50; i < n - 1; i += 50)
			name[i] = '.';
		mx_add(&mx, slice_from(name, n), 1, 0);
		assert_int_equal(mx.hosts, 1);
		assert_int_equal(mx.odd, n > NETADDR_HOST_MAX);
	}
}

static void
test_place(void **state)
{
	static char const *const text[] = { "192.0.2.1", "192.0.2.2",
		"2001:db8::1", "192.0.2.3" };
	struct candidates c = { .n = 0 };
	struct address address[4];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_true(netaddr_ip(address[i].octet, slice_of(text[i])));
	mx_add(&c.mx, SLICE("a.example"), 10, 0);
	mx_add(&c.mx, SLICE("b.example"), 10, 1);
	mx_add(&c.mx, SLICE("c.example"), 20, 0);
	mx_place(&c, 0, address, 4);
	assert_int_equal(c.n, 4);
	/* families by turns, then what is left */
	assert_memory_equal(&c.at[0].address, &address[0], 16);
	assert_memory_equal(&c.at[1].address, &address[2], 16);
	assert_memory_equal(&c.at[2].address, &address[1], 16);
	assert_memory_equal(&c.at[3].address, &address[3], 16);
	mx_place(&c, 1, address + 2, 1);
	mx_place(&c, 2, address, 1);
	assert_int_equal(c.n, 6);
	assert_int_equal(c.at[4].tier, 0);
	assert_int_equal(c.at[4].host, 1);
	assert_int_equal(c.at[5].tier, 1);
	for (i = 0; i < 20; i++)
		mx_place(&c, 2, address, 4);
	assert_int_equal(c.n, MX_ADDRESSES_MAX);
	assert_int_equal(c.at[c.n - 1].tier, 1);
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_hosts_max),
		cmocka_unit_test(test_name_max),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
