/* SPDX-License-Identifier: ISC */
/* SCRAM-SHA-256 by the example of RFC 7677 section 3; its messages broken at
 * each place; verifiers as Dovecot writes them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "common/base64.h"
#include "smtpd/scram.h"

static char const first[] = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
static char const final[] = "c=biws,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

/* That server's nonce isn't base64: it is put in place. */
static void
begin(struct scram *s, struct verifier *v)
{
	static unsigned char const nonce[SCRAM_NONCE_OCTETS];
	char salt[24];
	size_t len;
	int n;

	*v = (struct verifier){ .iterations = 4096 };
	assert_true(base64_decode(salt, &len,
	    SLICE("W22ZaJ0SNY7soEsUEjb6gQ==")));
	memcpy(v->salt, salt, v->salt_len = len);
	assert_true(verifier_make(v, SLICE("pencil")));
	assert_true(scram_first(s, slice_of(first)));
	assert_string_equal(s->name, "user");
	scram_ask(s, nonce, v);
	assert_true(slice_is(slice_from(s->said, s->said_len),
	    "r=rOprNGfwEbeRWgbNEkqOAAAAAAAAAAAAAAAAAAAAAAAA,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
	n = snprintf(s->nonce, sizeof s->nonce, "%s",
	    "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
	s->nonce_len = (size_t)n;
	n = snprintf(s->exchange, sizeof s->exchange, "%s", "n=user,"
	    "r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxF"
	    "Ilj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,");
	s->exchange_len = (size_t)n;
}

static bool
proves(struct scram *s, struct verifier const *v, unsigned char *signature)
{
	return verifier_proves(v, slice_from(s->exchange, s->exchange_len),
	    s->proof, signature);
}

static void
the_example_of_rfc_7677(void **state)
{
	unsigned char signature[DIGEST_OCTETS];
	struct verifier v;
	struct scram s;

	(void)state;
	begin(&s, &v);
	assert_true(scram_final(&s, slice_of(final)));
	assert_true(proves(&s, &v, signature));
	scram_agree(&s, signature);
	assert_true(slice_is(slice_from(s.said, s.said_len),
	    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
	s.proof[31] ^= 1;
	assert_false(proves(&s, &v, signature));
	s.proof[31] ^= 1;
	v.stored_key[0] ^= 1;
	assert_false(proves(&s, &v, signature));
}

/* No octet of what the client says last may be another. */
static void
every_octet_counts(void **state)
{
	unsigned char signature[DIGEST_OCTETS];
	char text[sizeof final];
	struct verifier v;
	struct scram s;
	size_t i;

	(void)state;
	for (i = 0; i < strlen(final); i++) {
		begin(&s, &v);
		memcpy(text, final, sizeof text);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		assert_false(scram_final(&s, slice_of(text)) &&
		    proves(&s, &v, signature));
		begin(&s, &v);
		assert_false(scram_final(&s, slice_from(final, i)));
	}
}

static bool
is_first(char const *text)
{
	struct scram s;

	return scram_first(&s, slice_of(text));
}

static void
first_messages(void **state)
{
	static char const *const bad[] = { "", "n", "n,", "n,,", "n,,n=u",
		"n,,n=u,", "n,,n=u,r=", "n,,n=,r=x", "n,n=u,r=x", ",,n=u,r=x",
		"p=tls-unique,,n=u,r=x", "x,,n=u,r=x", "n,,m=y,n=u,r=x",
		"n,,r=x,n=u", "n,,n=u=,r=x", "n,,n=u=2,r=x", "n,,n=u=2c,r=x",
		"n,,n=u=41,r=x", "n,,n=u,r=x y", "n,,n=u,r=x\x7f",
		"n,a=w,n=u,r=x", "n,a=,n=u,r=x", "n,a=u", "n,,n=u,x=y" };
	static char const *const good[] = { "n,,n=u,r=x", "y,,n=u,r=x",
		"n,a=u,n=u,r=x", "n,,n=u,r=x,e=more",
		"n,a=u=2C,n=u=2C,r=x" };
	struct scram s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(is_first(bad[i]));
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(is_first(good[i]));
	assert_true(scram_first(&s, SLICE("n,,n==2C=3D=2Cx,r=x")));
	assert_string_equal(s.name, ",=,x");
	assert_false(scram_first(&s, SLICE("n,,n=a\0b,r=x")));
}

static void
lengths_have_limits(void **state)
{
	struct { size_t name, nonce, more; bool good; } const rows[] = {
		{ 255, 1, 0, true }, { 256, 1, 0, false },
		{ 1, 128, 0, true }, { 1, 129, 0, false },
		{ 1, 1, 768, true }, { 1, 1, 769, false },
	};
	struct verifier v = { .iterations = VERIFIER_ITERATIONS_MAX,
		.salt_len = VERIFIER_SALT_MAX };
	unsigned char nonce[SCRAM_NONCE_OCTETS] = { 0 };
	char text[1024], name[300], other[300];
	struct scram s;
	size_t i, n;

	(void)state;
	memset(name, 'x', sizeof name);
	memset(other, 'y', sizeof other);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		n = (size_t)snprintf(text, sizeof text, "n,,n=%.*s,r=%.*s",
		    (int)rows[i].name, name, (int)rows[i].nonce, other);
		while (n < rows[i].more) {
			text[n] = ',';
			n++;
		}
		assert_int_equal(scram_first(&s, slice_from(text, n)),
		    rows[i].good);
		if (!rows[i].good) continue;
		scram_ask(&s, nonce, &v);
		assert_true(s.said_len < SCRAM_SAID_MAX);
		assert_true(s.exchange_len + SCRAM_HEARD_MAX <=
		    SCRAM_EXCHANGE_MAX);
	}
}

#define KEY "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
#define OTHER "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static void
verifiers_have_a_form(void **state)
{
	static char const good[] = "{SCRAM-SHA-256}4096,"
	    "W22ZaJ0SNY7soEsUEjb6gQ==," KEY "," OTHER;
	static char const *const bad[] = { "", "{SCRAM-SHA-256}",
		"{SCRAM-SHA-1}4096,AAAA," KEY "," OTHER,
		"4096,AAAA," KEY "," OTHER,
		"{SCRAM-SHA-256}0,AAAA," KEY "," OTHER,
		"{SCRAM-SHA-256}1000001,AAAA," KEY "," OTHER,
		"{SCRAM-SHA-256}-1,AAAA," KEY "," OTHER,
		"{SCRAM-SHA-256}1,," KEY "," OTHER,
		"{SCRAM-SHA-256}1,AAA," KEY "," OTHER,
		"{SCRAM-SHA-256}1,AAAA,AAAA," OTHER,
		"{SCRAM-SHA-256}1,AAAA," KEY ",AAAA",
		"{SCRAM-SHA-256}1,AAAA," KEY,
		"{SCRAM-SHA-256}1,AAAA," KEY "," OTHER ",",
		"{SCRAM-SHA-256}1,AAAA," KEY "," OTHER "A" };
	char text[VERIFIER_TEXT_MAX], salted[VERIFIER_TEXT_MAX];
	unsigned char salt[VERIFIER_SALT_MAX + 1] = { 0 };
	char base[BASE64_LEN(sizeof salt) + 1];
	struct verifier v;
	size_t i, n;

	(void)state;
	assert_true(verifier_parse(&v, slice_of(good)));
	assert_string_equal(verifier_format(text, &v), good);
	/* those are RFC 7677's */
	assert_true(verifier_is_password(&v, SLICE("pencil")));
	assert_false(verifier_is_password(&v, SLICE("pencils")));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(verifier_parse(&v, slice_of(bad[i])));
	for (i = VERIFIER_SALT_MAX; i < VERIFIER_SALT_MAX + 2; i++) {
		n = base64_encode(base, slice_from((char *)salt, i));
		snprintf(salted, sizeof salted,
		    "{scram-sha-256}1000000,%.*s," KEY "," OTHER, (int)n,
		    base);
		assert_int_equal(verifier_parse(&v, slice_of(salted)),
		    i == VERIFIER_SALT_MAX);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(the_example_of_rfc_7677),
		cmocka_unit_test(every_octet_counts),
		cmocka_unit_test(first_messages),
		cmocka_unit_test(lengths_have_limits),
		cmocka_unit_test(verifiers_have_a_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
