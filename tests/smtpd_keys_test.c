/* SPDX-License-Identifier: ISC */
/* The way to the keys: a helper that is told nonsense, an smtpd that is told
 * nonsense, and a window that is full. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include "common/helper.h"
#include "common/log.h"
#include "common/tlspart.h"
#include "common/unixsock.h"
#include "smtpd/keys.h"

enum { PATIENCE_MS = 60 * 1000 };

static char pem[] = "/tmp/mailgrave-keys-XXXXXX";

static size_t
receive(int fd, char *frame, size_t room)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int none;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = helper_receive(fd, frame, room, &none);
	assert_int_equal(none, -1);
	return n > 0 ? (size_t)n : 0;
}

static void
tell(int fd, struct wire_form const *form, void const *values)
{
	static char frame[WIRE_FRAME_MAX];
	size_t len = wire_pack(form, values, frame, sizeof frame);

	assert_true(len);
	assert_true(helper_send(fd, frame, len, -1));
}

/* The window */

static struct tls shaking;
static unsigned woken;

static void
wake(void *owner)
{
	(void)owner;
	woken++;
}

static bool
is_asked(int fd, uint32_t key)
{
	struct signing_sign s;
	char frame[512];
	int none;
	ssize_t n = helper_receive(fd, frame, sizeof frame, &none);

	return n > 0 && wire_unpack(&signing_sign_form, &s,
	    slice_from(frame, (size_t)n)) && s.key == key;
}

static void
a_window_is_full(void **state)
{
	enum { MORE = 3 };
	struct tls_signing s[SIGNING_WINDOW + MORE];
	struct signing_signed const yes = { .signature = SLICE("sig") };
	struct asking a = { .n = 0 };
	int pair[2];
	uint32_t i;

	(void)state;
	shaking.wake = wake;
	assert_true(unixsock_pair(pair));
	a.socket = pair[0];
	assert_false(asking_answered(&a, &yes));
	for (i = 0; i < SIGNING_WINDOW + MORE; i++) {
		s[i] = (struct tls_signing){ .key = i, .tls = &shaking,
			.content = SLICE("content") };
		assert_true(asking_ask(&a, &s[i]));
	}
	for (i = 0; i < SIGNING_WINDOW; i++)
		assert_true(is_asked(pair[1], i));
	assert_false(is_asked(pair[1], i));
	/* one that was asked, one that waits */
	asking_forget(&a, &s[1]);
	asking_forget(&a, &s[SIGNING_WINDOW + 1]);
	assert_true(asking_answered(&a, &yes));
	assert_true(s[0].done);
	assert_int_equal(s[0].len, 3);
	assert_int_equal(woken, 1);
	assert_true(is_asked(pair[1], SIGNING_WINDOW));
	assert_true(asking_answered(&a, &yes));
	assert_false(s[1].done);
	assert_int_equal(woken, 1);
	assert_true(is_asked(pair[1], SIGNING_WINDOW + 2));
	assert_false(is_asked(pair[1], SIGNING_WINDOW + 1));
	for (i = 2; i < SIGNING_WINDOW + 2; i++)
		assert_true(asking_answered(&a, &yes));
	assert_true(s[SIGNING_WINDOW].done);
	assert_false(s[SIGNING_WINDOW + 1].done);
	assert_true(s[SIGNING_WINDOW + 2].done);
	assert_int_equal(woken, SIGNING_WINDOW + 1);
	assert_false(asking_answered(&a, &yes));
	/* nobody is there */
	close(pair[1]);
	assert_false(asking_ask(&a, &s[0]));
	close(pair[0]);
}

/* The helper, as somebody else than root */

static struct keeper keeper;

static int
start(void)
{
	int fd;

	keeper = (struct keeper){ .certificate = { pem }, .key = { pem },
		.pairs = 1, .jail = { .uid = getuid() ? getuid() : 65534,
		.gid = getuid() ? getgid() : 65534 } };
	fd = helper_fork("smtpd-key", keeper_serve, &keeper);
	assert_int_not_equal(fd, -1);
	return fd;
}

static uint32_t
load(int fd)
{
	static char frame[WIRE_FRAME_MAX];
	struct signing_pair pair;
	struct signing_loaded loaded;

	tell(fd, &signing_load_form, &(struct signing_load){ .unused = 0 });
	assert_true(wire_unpack(&signing_pair_form, &pair, slice_from(frame,
	    receive(fd, frame, sizeof frame))));
	assert_true(pair.chain.len);
	assert_true(wire_unpack(&signing_loaded_form, &loaded,
	    slice_from(frame, receive(fd, frame, sizeof frame))));
	return pair.key;
}

/* what a server signs: RFC 8446 section 4.4.3 */
static char content[130];

static bool
signs(int fd, uint32_t key, size_t len)
{
	char frame[TLS_SIGNATURE_MAX + 64];
	struct signing_signed s;

	tell(fd, &signing_sign_form, &(struct signing_sign){ .key = key,
		.digest = TLS_DIGEST_SHA256,
		.content = slice_from(content, len) });
	assert_true(wire_unpack(&signing_signed_form, &s, slice_from(frame,
	    receive(fd, frame, sizeof frame))));
	return s.signature.len;
}

static void
a_helper_signs_what_it_should(void **state)
{
	int fd = start();
	uint32_t key[3];
	unsigned i;

	(void)state;
	assert_false(signs(fd, 0, sizeof content));
	for (i = 0; i < 3; i++)
		key[i] = load(fd);
	assert_false(signs(fd, key[0], sizeof content));
	assert_true(signs(fd, key[1], sizeof content));
	assert_true(signs(fd, key[2], sizeof content));
	assert_false(signs(fd, key[2], sizeof content - 1));
	assert_false(signs(fd, key[2] + 1, sizeof content));
	assert_false(signs(fd, key[2] + TLS_PAIRS_MAX, sizeof content));
	assert_false(signs(fd, UINT32_MAX, sizeof content));
	close(fd);
	wait(NULL);
}

static void
a_helper_believes_nobody(void **state)
{
	struct {
		char const *octets;
		size_t len;
		bool descriptor;
	} const rows[] = {
		{ "\6", 1, false },
		{ "\6\1", 2, false },			/* short */
		{ "\6\1\1", 3, false },			/* over its cap */
		{ "\6\1\0\0", 4, false },		/* long */
		{ "\6\1\0", 3, true },
		{ "\6\3\0", 3, false },			/* ours to say */
		{ "\xff\xff\0", 3, false },
		{ "\6\5\0\0\0\4\4\0\0\0\0\0", 12, false },	/* digest */
		{ "\6\5\0\0\0\4\1\2\0\0\0\0", 12, false },	/* padding */
		{ "\6\5\0\0\0\4\1\0\0\0\0\1", 12, false },	/* length */
		{ "\6\5\0\0\0\4\1\0\xff\xff\xff\xff", 12, false },
	};
	char big[4096] = "\6\5\0\0\0\4\1\0\0\0\1\1";
	char frame[64];
	size_t i;

	(void)state;
	for (i = 0; i <= sizeof rows / sizeof *rows; i++) {
		bool last = i == sizeof rows / sizeof *rows;
		int fd = start();

		load(fd);
		/* 257 octets to be signed */
		assert_true(last ? helper_send(fd, big, 12 + 257, -1)
		    : helper_send(fd, rows[i].octets, rows[i].len,
		    rows[i].descriptor ? STDERR_FILENO : -1));
		assert_int_equal(receive(fd, frame, sizeof frame), 0);
		close(fd);
		wait(NULL);
	}
}

/* smtpd */

static unsigned lost;

static void
is_lost(void)
{
	lost++;
}

static void
smtpd_believes_no_helper(void **state)
{
	struct signing_pair const pair = { .chain = SLICE("x") };
	struct signing_loaded const loaded = { .unreadable = 0 };
	struct signing_failed const failed = { .why = SLICE("x") };
	struct signing_failed const file = { .file = 2, .why = SLICE("x") };
	struct signing_signed const yes = { .signature = SLICE("x") };
	struct signing_load const ask = { .unused = 0 };
	struct {
		bool asked;
		struct wire_form const *form;
		void const *values;
		unsigned times;
	} const rows[] = {
		{ false, &signing_signed_form, &yes, 1 },
		{ false, &signing_pair_form, &pair, 1 },
		{ false, &signing_loaded_form, &loaded, 1 },
		{ false, &signing_failed_form, &failed, 1 },
		{ false, &signing_load_form, &ask, 1 },
		{ true, &signing_loaded_form, &loaded, 1 },
		{ true, &signing_pair_form, &pair, 2 },
		{ true, &signing_failed_form, &file, 1 },
		{ true, NULL, NULL, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct keys k = { .files = { .pairs = 1,
			.certificate = { "c" }, .key = { "k" } } };
		struct loop loop;
		int two[2];
		unsigned n;

		lost = 0;
		assert_true(loop_open(&loop));
		assert_true(unixsock_pair(two));
		k.watch.fd = two[0];
		k.asking.socket = two[0];
		assert_true(keys_watch(&k, &loop, is_lost));
		if (rows[i].asked) keys_reload(&k);
		for (n = 0; n < rows[i].times; n++) {
			assert_int_equal(lost, 0);
			if (rows[i].form)
				tell(two[1], rows[i].form, rows[i].values);
			else
				close(two[1]);
			assert_true(loop_turn(&loop));
		}
		assert_int_equal(lost, 1);
		loop_disarm(&loop, &k.rotation);
		loop_forget(&loop, &k.watch);
		loop_close(&loop);
		keys_free(&k);
		close(two[0]);
		if (rows[i].form) close(two[1]);
	}
}

static int
set_up(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int fd = mkstemp(pem);
	FILE *f = fdopen(fd, "w");
	static char const words[] = "TLS 1.3, server CertificateVerify";

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	PEM_write_X509(f, x);
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_free(x);
	EVP_PKEY_free(key);
	memset(content, ' ', 64);
	memcpy(content + 64, words, sizeof words);
	return chmod(pem, 0644);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(pem);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(a_window_is_full),
		cmocka_unit_test(a_helper_signs_what_it_should),
		cmocka_unit_test(a_helper_believes_nobody),
		cmocka_unit_test(smtpd_believes_no_helper),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
