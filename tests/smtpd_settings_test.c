/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "smtpd/settings.h"

static bool
take(struct settings *s, char const *name, char const *argument)
{
	char const *why = NULL;
	bool taken;
	size_t i;

	for (i = 0; strcmp(settings_rows[i].name, name); i++)
		assert_true(i < settings_rows_n);
	taken = settings_rows[i].take(s, argument, &why);
	if (!taken) assert_non_null(why);
	return taken;
}

/* expect - all addresses as "host port, host port" */
static void
expect(struct settings const *s, char const *expected)
{
	static struct netaddr a[PLACES_BINDS_MAX * PLACES_PORTS_MAX];
	size_t i, n = places_addresses(&s->places, a), len = 0;
	char text[400] = "";

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		    "%s%s %u", i ? ", " : "", a[i].host, a[i].port);
	assert_string_equal(text, expected);
}

static void
addresses_and_ports(void **state)
{
	struct settings s;

	(void)state;
	settings_default(&s);
	expect(&s, "");
	assert_true(take(&s, "port", "2525"));
	expect(&s, "0.0.0.0 2525, :: 2525");
	assert_true(take(&s, "port", "587"));
	expect(&s, "0.0.0.0 2525, 0.0.0.0 587, :: 2525, :: 587");
	assert_true(take(&s, "bind", "192.0.2.1"));
	assert_true(take(&s, "bind", "[2001:db8::1]:26"));
	expect(&s, "192.0.2.1 2525, 192.0.2.1 587, 2001:db8::1 26");
	settings_default(&s);
	assert_true(take(&s, "bind", "2001:DB8::1"));
	expect(&s, "2001:db8::1 25");
}

static void
nonsense_is_refused(void **state)
{
	char const *const binds[] = { "", "localhost", "mx.example:25",
		"192.0.2.1:0", "192.0.2.1:65536", "192.0.2.256", "[::1", "*" };
	char const *const ports[] = { "", "0", "65536", "-1", "25x", "smtp" };
	struct settings s;
	size_t i;

	(void)state;
	settings_default(&s);
	for (i = 0; i < sizeof binds / sizeof *binds; i++)
		assert_false(take(&s, "bind", binds[i]));
	for (i = 0; i < sizeof ports / sizeof *ports; i++)
		assert_false(take(&s, "port", ports[i]));
	expect(&s, "");
	assert_true(take(&s, "port", "1"));
	assert_true(take(&s, "port", "65535"));
}

static void
limits_are_exact(void **state)
{
	static struct netaddr a[PLACES_BINDS_MAX * PLACES_PORTS_MAX];
	struct settings s;
	size_t i;

	(void)state;
	settings_default(&s);
	for (i = 0; i < PLACES_BINDS_MAX; i++)
		assert_true(take(&s, "bind", "192.0.2.1"));
	assert_false(take(&s, "bind", "192.0.2.1"));
	for (i = 0; i < PLACES_PORTS_MAX; i++)
		assert_true(take(&s, "port", "25"));
	assert_false(take(&s, "port", "25"));
	assert_int_equal(places_addresses(&s.places, a),
	    PLACES_BINDS_MAX * PLACES_PORTS_MAX);
}

static void
lmtp_keeps_off_port_25(void **state)
{
	struct settings s;

	(void)state;
	settings_default(&s);
	assert_true(take(&s, "port", "25"));
	assert_null(settings_wrong(&s));
	s.lmtp = true;
	assert_non_null(settings_wrong(&s));
	settings_default(&s);
	s.lmtp = true;
	assert_null(settings_wrong(&s));	/* on standard input */
	assert_true(take(&s, "bind", "192.0.2.1"));
	assert_non_null(settings_wrong(&s));	/* 25 is the default */
	assert_true(take(&s, "port", "24"));
	assert_null(settings_wrong(&s));
	assert_true(take(&s, "bind", "192.0.2.2:25"));
	assert_non_null(settings_wrong(&s));
}

static void
tls_may_be_anothers(void **state)
{
	struct {
		char const *control, *in, *out;
		bool fine;
	} const rows[] = {
		{ "7", "8", "9", true }, { "3", "3", "1023", true },
		{ NULL, "8", "9", false }, { "7", NULL, "9", false },
		{ "7", "8", NULL, false }, { "2", "8", "9", false },
		{ "7", "8", "1024", false }, { "", "8", "9", false },
		{ "7x", "8", "9", false }, { "-7", "8", "9", false },
	};
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		settings_default(&s);
		s.users = "users";
		assert_non_null(settings_wrong(&s));
		places_ucspi(&s.places, rows[i].control, rows[i].in, rows[i].out);
		assert_int_equal(s.places.ucspi_fd[0] != -1, rows[i].fine);
		assert_int_equal(!settings_wrong(&s), rows[i].fine);
	}
	settings_default(&s);
	s.users = "users";
	s.tls = SETTINGS_TLS_DONE;
	assert_null(settings_wrong(&s));
	s.certificates = 1;
	assert_non_null(settings_wrong(&s));
}

static void
sockets_are_inherited(void **state)
{
	char const *const bad[] = { "", "1", "2", "1024", "-1", "x", "3x" };
	struct settings s;
	size_t i;

	(void)state;
	settings_default(&s);
	assert_int_equal(s.places.listen_fd[0], -1);
	assert_true(places_inherited(&s.places, NULL, NULL, 77));
	assert_true(places_inherited(&s.places, "2", NULL, 77));
	assert_true(places_inherited(&s.places, "2", "78", 77));
	assert_true(places_inherited(&s.places, "2", "76", 77));
	assert_true(places_inherited(&s.places, "x", "77", 77));
	assert_int_equal(s.places.listen_fds, 0);
	assert_true(places_inherited(&s.places, "2", "77", 77));
	assert_int_equal(s.places.listen_fds, 2);
	assert_int_equal(s.places.listen_fd[0], 3);
	assert_int_equal(s.places.listen_fd[1], 4);
	assert_int_equal(s.places.listen_fd[2], -1);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(take(&s, "listen-fd", bad[i]));
	assert_true(take(&s, "listen-fd", "0"));
	for (i = s.places.listen_fds; i < PLACES_FDS_MAX; i++)
		assert_true(take(&s, "listen-fd", "1023"));
	assert_int_equal(s.places.listen_fd[PLACES_FDS_MAX], -1);
	assert_false(take(&s, "listen-fd", "5"));
	settings_default(&s);
	assert_true(places_inherited(&s.places, "8", "77", 77));
	settings_default(&s);
	assert_false(places_inherited(&s.places, "9", "77", 77));
}

static void
lines_end_one_way_or_the_other(void **state)
{
	struct settings s;

	(void)state;
	settings_default(&s);
	assert_false(s.fix_lf);
	assert_true(take(&s, "bare-lf", "fix"));
	assert_true(s.fix_lf);
	assert_true(take(&s, "bare-lf", "refuse"));
	assert_false(s.fix_lf);
	assert_false(take(&s, "bare-lf", "keep"));
	assert_false(take(&s, "bare-lf", ""));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(addresses_and_ports),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(lmtp_keeps_off_port_25),
		cmocka_unit_test(sockets_are_inherited),
		cmocka_unit_test(tls_may_be_anothers),
		cmocka_unit_test(lines_end_one_way_or_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
