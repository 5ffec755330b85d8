/* SPDX-License-Identifier: ISC */
/* Domains in UTF-8. The labels and their other forms are from RFC 3492 section
 * 7.1, or made with Python's codec. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include "remote/idna.h"

static char out[NETADDR_HOST_MAX + 1];

static void
test_labels(void **state)
{
	static struct {
		char const *utf8, *ascii;
	} const rows[] = {
		{ "b\303\274cher",
		  "xn--bcher-kva" },
		{ "\344\276\213\343\201\210",
		  "xn--r8jz45g" },
		{ "fa\303\237",
		  "xn--fa-hia" },
		{ "\342\230\203",
		  "xn--n3h" },
		{ "\320\277\321\200\320\260\320\262\320\264\320\260",
		  "xn--80aafi6cg" },
		{ "\320\277\320\276\321\207\320\265\320\274\321\203\320\266"
		  "\320\265\320\276\320\275\320\270\320\275\320\265\320\263"
		  "\320\276\320\262\320\276\321\200\321\217\321\202\320\277"
		  "\320\276\321\200\321\203\321\201\321\201\320\272\320\270",
		  "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l" },
		{ "\344\273\226\344\273\254\344\270\272\344\273\200\344\271"
		  "\210\344\270\215\350\257\264\344\270\255\346\226\207",
		  "xn--ihqwcrb4cv8a8dqg056pqjye" },
		{ "\331\204\331\212\331\207\331\205\330\247\330\250\330\252"
		  "\331\203\331\204\331\205\331\210\330\264\330\271\330\261"
		  "\330\250\331\212\330\237",
		  "xn--egbpdaj6bu4bxfgehfvwxn" },
		{ "\345\256\211\345\256\244\345\245\210\347\276\216\346\201"
		  "\265-with-super-monkeys",
		  "xn---with-super-monkeys-pc58ag80a8qai00g7n9n" },
		{ "\343\201\262\343\201\250\343\201\244\345\261\213\346\240"
		  "\271\343\201\256\344\270\2132",
		  "xn--2-u9tlzr9756bt3uc0v" },
		{ "\317\200\317\215\317\201\316\263\316\277\317\202",
		  "xn--oxaybeh6d" },
		{ "\355\225\234\352\265\255",
		  "xn--3e0b707e" },
		{ "\303\274",
		  "xn--tda" },
		{ "a\303\274",
		  "xn--a-eha" },
		{ "\303\274a",
		  "xn--a-dha" },
		{ "a-\303\274",
		  "xn--a--yka" },
		{ "\360\237\230\200",
		  "xn--e28h" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\303"
		  "\274",
		  "xn--aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-ehf" },
		{ "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274\303\274\303\274\303\274\303\274\303\274\303\274"
		  "\303\274",
		  "xn--tdaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(idna_ascii(out, slice_of(rows[i].utf8)));
		assert_string_equal(out, rows[i].ascii);
	}
}

static void
test_domains(void **state)
{
	static struct {
		char const *utf8, *ascii;	/* NULL: none */
	} const rows[] = {
		{ "example.org", "example.org" },
		{ "EXAMPLE.org", "example.org" },
		{ "Xn--Bcher-KVA.example", "xn--bcher-kva.example" },
		{ "B\303\274cher.\303\274.EXAMPLE",
		  "xn--bcher-kva.xn--tda.example" },
		{ "", NULL },
		{ ".", NULL },
		{ "a..b", NULL },
		{ ".\303\274", NULL },
		{ "\303\274.", NULL },
		{ "-a.example", NULL },
		{ "a b.example", NULL },
		{ "\303\274 b.example", NULL },
		{ "\303\274\r\nRCPT.example", NULL },
		{ "\303\274/../x.example", NULL },
		{ "\303.example", NULL },		/* no UTF-8 */
		{ "\300\257.example", NULL },
		{ "\355\240\200.example", NULL },	/* a surrogate */
		{ "\364\220\200\200.example", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool fine = idna_ascii(out, slice_of(rows[i].utf8));

		assert_int_equal(fine, rows[i].ascii != NULL);
		if (fine) assert_string_equal(out, rows[i].ascii);
	}
}

/* Each limit at its last value, and one beyond. */
static void
test_lengths(void **state)
{
	char in[400];
	size_t n;

	(void)state;
	for (n = 55; n < 60; n++) {
		memset(in, 'a', n);
		memcpy(in + n, "\303\274", 3);
		/* xn--, n letters, a hyphen, three digits */
		assert_int_equal(idna_ascii(out, slice_of(in)),
		    n + 8 <= IDNA_LABEL_MAX);
	}
	for (n = 0; n < 64; n++)
		memcpy(in + 2 * n, "\303\274", 3);
	assert_false(idna_ascii(out, slice_of(in)));
	for (n = 63; n < 65; n++) {
		memset(in, 'a', n);
		in[n] = '\0';
		assert_int_equal(idna_ascii(out, slice_of(in)), n == 63);
	}
	for (n = 0; n < 400; n++)
		in[n] = n % 2 ? '.' : 'a';
	in[255] = '\0';
	assert_true(idna_ascii(out, slice_of(in)));
	assert_int_equal(strlen(out), NETADDR_HOST_MAX);
	in[255] = '.';
	in[257] = '\0';
	assert_false(idna_ascii(out, slice_of(in)));
}

/* Any octets: the answer is a name or none. */
static void
test_random(void **state)
{
	char in[300];
	int round;
	size_t i, n;

	(void)state;
	srandom(1);
	for (round = 0; round < 20000; round++) {
		n = (size_t)random() % sizeof in;
		for (i = 0; i < n; i++)
			in[i] = (char)(random() % 3 ? random() : '.');
		if (idna_ascii(out, slice_from(in, n)))
			assert_true(netaddr_name(slice_of(out)));
	}
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
