/* SPDX-License-Identifier: ISC */
/* Where lines of the routes lead. */
#include "tests/send_fake.h"
#include "send/routing.h"

static char const file[] =
    "one@here        maildir one/\n"
    "box@here        mbox box\n"
    "prog@here       command /bin/true\n"
    "sys@here        system admin\n"
    "alias@here      alias one@here\n"
    "list@here       alias one@here two@there\n"
    "both@here       maildir both/, alias one@here, lmtp lmtp.sock\n"
    "self@here       alias loop@here\n"
    "loop@here       alias self@here\n"
    "gone@here       reject 550 5.1.6 \"moved away\"\n"
    "later@here      reject 450 4.2.1 \"come back\"\n"
    "hole@here       discard\n"
    "staff@here from office  maildir staff/\n"
    "lm@here         lmtp [2001:db8::1]:24\n"
    "@there          relay mx.there:2525\n"
    "@plain          relay mx.plain\n"
    "*               mx\n";

static struct routes routes;
static struct sched_route out;
static struct expansion targets;

static int
read_file(void **state)
{
	struct parse_error error;

	(void)state;
	return routes_parse(&routes, slice_of(file), &error) ? 0 : -1;
}

static int
free_file(void **state)
{
	(void)state;
	routes_free(&routes);
	return 0;
}

static enum sched_way
find(char const *address, uint32_t action)
{
	expansion_free(&targets);
	return routing_find(&routes, slice_of(address), SLICE(""), action,
	    &out, &targets);
}

static void
is_local(char const *address, uint32_t action)
{
	assert_int_equal(find(address, action), WAY_THERE);
	assert_int_equal(out.to.channel, CHANNEL_LOCAL);
	assert_string_equal(out.to.host, "");
	assert_int_equal(out.to.how, 0);
}

static void
is_remote(char const *address, uint32_t action, enum deliver_how how,
    char const *host, unsigned port)
{
	assert_int_equal(find(address, action), WAY_THERE);
	assert_int_equal(out.to.channel, CHANNEL_REMOTE);
	assert_int_equal(out.to.how, how);
	assert_string_equal(out.to.host, host);
	assert_int_equal(out.to.port, port);
}

static void
says(enum sched_way got, enum sched_way way, char const *status,
    char const *words)
{
	assert_int_equal(got, way);
	assert_true(slice_is(out.status, status));
	assert_true(slice_is(out.words, words));
}

static void
final_lines(void **state)
{
	(void)state;
	is_local("one@here", 0);
	is_local("One+ext@here", 0);
	is_local("box@here", 0);
	is_local("prog@here", 0);
	is_local("sys@here", 0);
	is_remote("lm@here", 0, DELIVER_LMTP, "2001:db8::1", 24);
	is_remote("a@there", 0, DELIVER_RELAY, "mx.there", 2525);
	is_remote("a@plain", 0, DELIVER_RELAY, "mx.plain", 0);
	is_remote("a@Some.Where", 0, DELIVER_MX, "some.where", 0);
	says(find("gone@here", 0), WAY_NEVER, "5.1.6", "moved away");
	says(find("later@here", 0), WAY_LATER, "4.2.1", "come back");
	assert_int_equal(find("hole@here", 0), WAY_DONE);
	assert_int_equal(find("nonsense", 0), WAY_NONE);
	assert_int_equal(targets.targets, 0);
}

static void
lines_that_expand(void **state)
{
	(void)state;
	assert_int_equal(find("alias@here", 0), WAY_TARGETS);
	assert_int_equal(out.targets, 1);
	assert_true(slice_is(targets.target[0].address, "one@here"));
	assert_int_equal(find("list@here", 0), WAY_TARGETS);
	assert_int_equal(out.targets, 2);
	assert_int_equal(find("both@here", 0), WAY_TARGETS);
	assert_int_equal(out.targets, 3);
	says(find("self@here", 0), WAY_NEVER, "5.4.6",
	    "an alias leads back to itself, or to too many");
}

static void
one_action_of_a_line(void **state)
{
	char const *changed = "the routes have changed";

	(void)state;
	is_local("both@here", 1);
	is_remote("both@here", 3, DELIVER_LMTP, "lmtp.sock", 0);
	says(find("both@here", 2), WAY_LATER, "4.3.5", changed); /* alias */
	says(find("both@here", 4), WAY_LATER, "4.3.5", changed); /* gone */
	says(find("one@here", RCPT_ACTION_MAX), WAY_LATER, "4.3.5", changed);
	is_local("one@here", 1); /* the others are gone */
}

static void
groups_choose_lines(void **state)
{
	(void)state;
	is_remote("staff@here", 0, DELIVER_MX, "here", 0);
	assert_int_equal(routing_find(&routes, SLICE("staff@here"),
	    SLICE("home office"), 0, &out, &targets), WAY_THERE);
	assert_int_equal(out.to.channel, CHANNEL_LOCAL);
}

static void
a_pattern_at_its_limit_defers(void **state)
{
	static char const slow[] = "/^(a+)+$/ maildir x/\n* mx\n";
	char address[ADDR_LOCAL_MAX + 8];
	struct routes own;
	struct parse_error error;

	(void)state;
	memset(address, 'a', ADDR_LOCAL_MAX);
	snprintf(address + ADDR_LOCAL_MAX, 8, "@b.c");
	assert_true(routes_parse(&own, slice_of(slow), &error));
	says(routing_find(&own, slice_of(address), SLICE(""), 0, &out,
	    &targets), WAY_LATER, "4.3.5",
	    "a pattern of the routes hit its limit");
	routes_free(&own);
}

static void
what_targets_inherit(void **state)
{
	static struct { uint8_t has; size_t targets; uint8_t gives; } const
	    cases[] = {
		{ NOTIFY_UNSAID, 1, NOTIFY_UNSAID },
		{ NOTIFY_UNSAID, 2, NOTIFY_UNSAID },
		{ NOTIFY_NEVER, 2, NOTIFY_NEVER },
		{ NOTIFY_SUCCESS, 1, NOTIFY_SUCCESS },
		{ NOTIFY_SUCCESS, 2, NOTIFY_NEVER },
		{ NOTIFY_SUCCESS | NOTIFY_FAILURE, 2, NOTIFY_FAILURE },
		{ NOTIFY_FAILURE | NOTIFY_DELAY, 9,
		  NOTIFY_FAILURE | NOTIFY_DELAY },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(routing_notify(cases[i].has,
		    cases[i].targets), cases[i].gives);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(final_lines),
		cmocka_unit_test(lines_that_expand),
		cmocka_unit_test(one_action_of_a_line),
		cmocka_unit_test(groups_choose_lines),
		cmocka_unit_test(a_pattern_at_its_limit_defers),
		cmocka_unit_test(what_targets_inherit),
	};
	int failed = cmocka_run_group_tests(tests, read_file, free_file);

	expansion_free(&targets);
	return failed;
}
