/* SPDX-License-Identifier: ISC */
/* TLS as a client, against OpenSSL's server over a socket pair: names,
 * sessions, ends; and HMAC-MD5 by RFC 2202. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include "common/tls.h"

static char file[] = "/tmp/mailgrave-tls-XXXXXX";
static SSL_CTX *host;
static struct tls_client client;

/* the certificate's; it signs itself, and is the authority too */
static char const name[] = "mx.example";

static X509 *
certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509V3_CTX v3;
	X509_EXTENSION *alt;

	X509_set_version(x, 2);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (unsigned char const *)"x", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	X509V3_set_ctx_nodb(&v3);
	X509V3_set_ctx(&v3, x, x, NULL, NULL, 0);
	alt = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name,
	    "DNS:mx.example,IP:192.0.2.1");
	X509_add_ext(x, alt, -1);
	X509_EXTENSION_free(alt);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static int
set_up(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = certificate(key);
	int fd = mkstemp(file);
	FILE *f = fdopen(fd, "w");
	char const *why;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	PEM_write_X509(f, x);
	fclose(f);
	host = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(host, x);
	SSL_CTX_use_PrivateKey(host, key);
	X509_free(x);
	EVP_PKEY_free(key);
	return tls_client_open(&client, file, true, &why) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	tls_client_close(&client);
	SSL_CTX_free(host);
	return unlink(file);
}

struct pair {
	int fd[2];
	struct tls *tls;
	SSL *ssl;
};

static void
begin(struct pair *p, char const *whom, bool verify)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    p->fd), 0);
	p->tls = tls_begin(&client, p->fd[0], whom, verify);
	assert_non_null(p->tls);
	p->ssl = SSL_new(host);
	SSL_set_fd(p->ssl, p->fd[1]);
}

static enum tls_got
shake(struct pair *p)
{
	enum tls_got got = TLS_WANT_READ;
	unsigned i;

	for (i = 0; i < 10 && (got == TLS_WANT_READ || got == TLS_DONE); i++) {
		got = tls_handshake(p->tls);
		SSL_accept(p->ssl);
	}
	return got;
}

static void
end(struct pair *p)
{
	tls_free(p->tls);
	SSL_free(p->ssl);
	close(p->fd[0]);
	close(p->fd[1]);
}

static void
test_names(void **state)
{
	static struct {
		char const *whom;
		bool verify, good;
	} const rows[] = {
		{ "mx.example", true, true }, { "MX.example", true, true },
		{ "192.0.2.1", true, true }, { "192.0.2.2", true, false },
		{ "x.mx.example", true, false }, { "x", true, false },
		{ "example", true, false }, { "x.mx.example", false, true },
		{ "192.0.2.2", false, true },
	};
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&p, rows[i].whom, rows[i].verify);
		assert_int_equal(shake(&p),
		    rows[i].good ? TLS_DONE : TLS_BROKEN);
		if (!rows[i].good)
			assert_non_null(strstr(tls_why(p.tls), "mismatch"));
		end(&p);
	}
}

/* What comes besides octets, such as a session, ends a read too. */
static enum tls_got
receive(struct pair *p, char *octets, size_t room, size_t *n)
{
	enum tls_got got = TLS_WANT_READ;
	unsigned i;

	for (i = 0; i < 10 && got == TLS_WANT_READ; i++)
		got = tls_read(p->tls, octets, room, n);
	return got;
}

/* Octets both ways; the host's also bring the client its session. */
static void
talk(struct pair *p)
{
	char octets[8];
	size_t n;

	assert_int_equal(tls_write(p->tls, "ping", 4, &n), TLS_DONE);
	assert_int_equal(n, 4);
	assert_int_equal(SSL_read(p->ssl, octets, sizeof octets), 4);
	assert_int_equal(receive(p, octets, sizeof octets, &n),
	    TLS_WANT_READ);
	assert_int_equal(SSL_write(p->ssl, "pong", 4), 4);
	assert_int_equal(receive(p, octets, sizeof octets, &n), TLS_DONE);
	assert_int_equal(n, 4);
	assert_memory_equal(octets, "pong", 4);
}

/* A session is used towards the same name with the same checks, and nowhere
 * else. */
static void
test_sessions(void **state)
{
	static struct {
		char const *whom;
		bool verify, resumed;
	} const rows[] = {
		{ "192.0.2.1", true, false }, { "192.0.2.1", true, true },
		{ "192.0.2.1", true, true }, { "192.0.2.1", false, false },
		{ "192.0.2.1", true, false }, { name, true, false },
		{ name, true, true },
	};
	char text[128];
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&p, rows[i].whom, rows[i].verify);
		assert_int_equal(shake(&p), TLS_DONE);
		assert_int_equal(SSL_session_reused(p.ssl), rows[i].resumed);
		talk(&p);
		tls_describe(p.tls, text, sizeof text);
		assert_non_null(strstr(text, "TLSv1.3 TLS_"));
		end(&p);
	}
}

static void
test_ends(void **state)
{
	char octets[8];
	struct pair p;
	size_t n;

	(void)state;
	begin(&p, name, true);
	assert_int_equal(shake(&p), TLS_DONE);
	SSL_shutdown(p.ssl);
	assert_int_equal(receive(&p, octets, sizeof octets, &n), TLS_END);
	end(&p);
	/* cut off: not an end */
	begin(&p, name, true);
	assert_int_equal(shake(&p), TLS_DONE);
	shutdown(p.fd[1], SHUT_WR);
	assert_int_equal(receive(&p, octets, sizeof octets, &n),
	    TLS_BROKEN);
	assert_true(strlen(tls_why(p.tls)) > 0);
	end(&p);
}

static void
test_open(void **state)
{
	struct tls_client c;
	char const *why;

	(void)state;
	assert_false(tls_client_open(&c, "/nonexistent", true, &why));
	assert_string_equal(why, "No such file or directory");
	assert_true(tls_client_open(&c, "/nonexistent", false, &why));
	assert_false(c.trusting);
	tls_client_close(&c);
	assert_false(tls_client_open(&c, "/dev/null", false, &why));
	assert_string_equal(why, "no certificates in it");
}

/* RFC 2202 section 2, cases 2 and 1 */
static void
test_hmac(void **state)
{
	static unsigned char const jefe[] = { 0x75, 0x0c, 0x78, 0x3e, 0x6a,
		0xb0, 0xb5, 0x03, 0xea, 0xa8, 0x6e, 0x31, 0x0a, 0x5d, 0xb7,
		0x38 };
	static unsigned char const hi[] = { 0x92, 0x94, 0x72, 0x7a, 0x36,
		0x38, 0xbb, 0x1c, 0x13, 0xf4, 0x8e, 0xf8, 0x15, 0x8b, 0xfc,
		0x9d };
	unsigned char digest[TLS_MD5];
	char key[16];

	(void)state;
	assert_true(tls_hmac_md5(digest, SLICE("Jefe"),
	    SLICE("what do ya want for nothing?")));
	assert_memory_equal(digest, jefe, sizeof jefe);
	memset(key, 0x0b, sizeof key);
	assert_true(tls_hmac_md5(digest, slice_from(key, sizeof key),
	    SLICE("Hi There")));
	assert_memory_equal(digest, hi, sizeof hi);
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_hmac),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
