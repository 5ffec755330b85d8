/* SPDX-License-Identifier: ISC */
/* Envelopes as qmail's programs write them, whole, cut and wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "queue/qmailenv.h"

#define L16 "0123456789abcdef"
#define L64 L16 L16 L16 L16
#define NAME63 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define D255 NAME63 "." NAME63 "." NAME63 "." NAME63
#define D256 NAME63 "." NAME63 "." NAME63 "." NAME63 "e"

#define TEXT(literal) { .s = literal, .len = sizeof(literal) - 1 }

static struct {
	struct slice text;
	enum qmailenv_error wrong;
	char const *got;	/* sender, then recipients, with "|" between */
} const rows[] = {
	{ TEXT("Fa@b.test\0Tc@d.test\0\0"), QMAILENV_FINE,
	  "a@b.test|c@d.test" },
	{ TEXT("Fa@b.test\0Tc@d.test\0Te@f.test\0\0"), QMAILENV_FINE,
	  "a@b.test|c@d.test|e@f.test" },
	{ TEXT("F\0Tc@d.test\0\0"), QMAILENV_FINE, "|c@d.test" },
	{ TEXT("F#@[]\0Tc@d.test\0\0"), QMAILENV_FINE, "|c@d.test" },
	/* without a domain, in upper case, with what needs quotes */
	{ TEXT("Froot\0TPostmaster\0\0"), QMAILENV_FINE,
	  "root@h.test|Postmaster@h.test" },
	{ TEXT("FA@B.Test\0Ta b@d.test\0\0"), QMAILENV_FINE,
	  "A@b.test|\"a b\"@d.test" },
	{ TEXT("Fa@b@c.test\0Tx@[192.0.2.1]\0\0"), QMAILENV_FINE,
	  "\"a@b\"@c.test|x@[192.0.2.1]" },
	{ TEXT("Fj\xc3\xb6@b.test\0Tc@d.test\0\0"), QMAILENV_FINE,
	  "j\xc3\xb6@b.test|c@d.test" },
	/* limits */
	{ TEXT("F" L64 "@b.test\0Tc@" D255 "\0\0"), QMAILENV_FINE,
	  L64 "@b.test|c@" D255 },
	{ TEXT("F" L64 "x@b.test\0Tc@d.test\0\0"), QMAILENV_LONG, "" },
	{ TEXT("F\0Tc@" D256 "\0\0"), QMAILENV_LONG, "" },
	/* cut anywhere */
	{ TEXT(""), QMAILENV_CUT, "" },
	{ TEXT("F"), QMAILENV_CUT, "" },
	{ TEXT("Fa@b.test"), QMAILENV_CUT, "" },
	{ TEXT("Fa@b.test\0"), QMAILENV_CUT, "a@b.test" },
	{ TEXT("Fa@b.test\0T"), QMAILENV_CUT, "a@b.test" },
	{ TEXT("Fa@b.test\0Tc@d.test"), QMAILENV_CUT, "a@b.test" },
	{ TEXT("Fa@b.test\0Tc@d.test\0"), QMAILENV_CUT, "a@b.test|c@d.test" },
	/* another form */
	{ TEXT("Ta@b.test\0\0"), QMAILENV_FORMAT, "" },
	{ TEXT("\0"), QMAILENV_FORMAT, "" },
	{ TEXT("Fa@b.test\0Fc@d.test\0\0"), QMAILENV_FORMAT, "a@b.test" },
	{ TEXT("F\0Tc@d.test\0\0T"), QMAILENV_FORMAT, "|c@d.test" },
	{ TEXT("F\0Tc@d.test\0\0\0"), QMAILENV_FORMAT, "|c@d.test" },
	/* no addresses */
	{ TEXT("F@b.test\0T\0\0"), QMAILENV_BAD, "" },
	{ TEXT("F\0T\0\0"), QMAILENV_BAD, "" },
	{ TEXT("F\0Tc@\0\0"), QMAILENV_BAD, "" },
	{ TEXT("F\0Tc@d..test\0\0"), QMAILENV_BAD, "" },
	{ TEXT("F\0Tc\n@d.test\0\0"), QMAILENV_BAD, "" },
	{ TEXT("F\0Tc@d.test>\0\0"), QMAILENV_BAD, "" },
	{ TEXT("F\0T\xff@d.test\0\0"), QMAILENV_BAD, "" },
	/* not to be had */
	{ TEXT("Flist-@h.test-@[]\0Tc@d.test\0\0"), QMAILENV_VERP, "" },
};

/* read_all - what was understood; e->wrong is how it ended */
static void
read_all(struct qmailenv *e, char *got)
{
	struct addr rcpt;

	*got = '\0';
	if (!qmailenv_begin(e)) return;
	if (!e->bounce) got += addr_format(&e->sender, got);
	while (qmailenv_next(e, &rcpt)) {
		*got++ = '|';
		got += addr_format(&rcpt, got);
	}
	*got = '\0';
}

static void
test_rows(void **state)
{
	char got[4 * ADDR_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct qmailenv e = { .domain = SLICE("h.test") };
		/* of its own, so that a read behind its end shows */
		char *text = malloc(rows[i].text.len +
		    !rows[i].text.len);

		assert_non_null(text);
		memcpy(text, rows[i].text.s, rows[i].text.len);
		e.rest = slice_from(text, rows[i].text.len);
		read_all(&e, got);
		assert_int_equal(e.wrong, rows[i].wrong);
		if (rows[i].wrong == QMAILENV_FINE)
			assert_string_equal(got, rows[i].got);
		else
			assert_int_equal(strncmp(got, rows[i].got,
			    strlen(rows[i].got)), 0);
		free(text);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
