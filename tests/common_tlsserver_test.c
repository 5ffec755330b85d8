/* SPDX-License-Identifier: ISC */
/* TLS as a server without its keys: every kind of key, by TLS 1.2 and 1.3;
 * signatures that are late, refused, or not wanted any more; and what a vault
 * signs and what not. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include "common/tlsserver.h"
#include "common/tlsvault.h"

enum { NUMBER = 7, CHAIN_MAX = 8192 };

static SSL_CTX *client;
static struct tls_vault vault;
static struct tls_server server;

/* the signer: holds what is asked until it is told to answer */
static struct tls_signing *asked;
static unsigned woken, forgotten;

static bool
ask(void *owner, struct tls_signing *signing)
{
	assert_ptr_equal(owner, &vault);
	assert_null(asked);
	assert_int_equal(signing->key, NUMBER);
	asked = signing;
	return true;
}

static void
forget(void *owner, struct tls_signing *signing)
{
	(void)owner;
	assert_ptr_equal(signing, asked);
	asked = NULL;
	forgotten++;
}

static struct tls_signer const signer = { ask, forget, &vault };

static void
wake(void *owner)
{
	(void)owner;
	woken++;
}

static void
answer(bool refuse)
{
	struct tls_signing *s = asked;

	assert_non_null(s);
	asked = NULL;
	s->len = refuse ? 0 : tls_vault_sign(&vault, s->digest, s->pss,
	    s->content, s->signature);
	assert_true(refuse || s->len);
	tls_signed(s);
}

static char *
pem_of(EVP_PKEY *key, bool secret, size_t *len)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text, *copy;

	if (secret) {
		PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
	} else {
		X509 *x = X509_new();

		X509_set_version(x, 2);
		X509_gmtime_adj(X509_getm_notBefore(x), -3600);
		X509_gmtime_adj(X509_getm_notAfter(x), 3600);
		X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
		    MBSTRING_ASC, (unsigned char const *)"x", -1, -1, 0);
		X509_set_issuer_name(x, X509_get_subject_name(x));
		X509_set_pubkey(x, key);
		assert_true(X509_sign(x, key, EVP_PKEY_is_a(key, "ED25519")
		    ? NULL : EVP_sha256()) > 0);
		PEM_write_bio_X509(out, x);
		X509_free(x);
	}
	*len = (size_t)BIO_get_mem_data(out, &text);
	copy = malloc(*len);
	memcpy(copy, text, *len);
	BIO_free(out);
	return copy;
}

static EVP_PKEY *
make(char const *kind)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *x;

	if (strcmp(kind, "RSA") == 0) return EVP_RSA_gen(2048);
	if (strcmp(kind, "P-256") == 0) return EVP_EC_gen("P-256");
	if (strcmp(kind, "P-384") == 0) return EVP_EC_gen("P-384");
	if (strcmp(kind, "P-521") == 0) return EVP_EC_gen("P-521");
	x = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	assert_int_equal(EVP_PKEY_keygen_init(x), 1);
	assert_int_equal(EVP_PKEY_keygen(x, &key), 1);
	EVP_PKEY_CTX_free(x);
	return key;
}

static void
open_with(EVP_PKEY *key)
{
	size_t secret_len, shown_len, bad;
	char *secret = pem_of(key, true, &secret_len);
	char *shown = pem_of(key, false, &shown_len);
	char const *why = "";
	struct tls_shown pair = { .key = NUMBER };
	bool at_key;

	if (!tls_vault_fill(&vault, slice_from(shown, shown_len),
	    slice_from(secret, secret_len), CHAIN_MAX, &at_key, &why))
		fail_msg("%s", why);
	pair.chain = slice_from(vault.chain, vault.chain_len);
	if (!tls_server_open(&server, &pair, 1, &signer, &bad, &why))
		fail_msg("%s", why);
	free(secret);
	free(shown);
}

static void
close_all(EVP_PKEY *key)
{
	tls_server_close(&server);
	tls_vault_empty(&vault);
	EVP_PKEY_free(key);
	asked = NULL;
	woken = forgotten = 0;
}

struct pair {
	int fd[2];
	struct tls *tls;
	SSL *ssl;
};

static void
begin(struct pair *p, int version)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    p->fd), 0);
	p->tls = tls_accept(&server, p->fd[0], wake, NULL);
	assert_non_null(p->tls);
	p->ssl = SSL_new(client);
	SSL_set_min_proto_version(p->ssl, version);
	SSL_set_max_proto_version(p->ssl, version);
	SSL_set_fd(p->ssl, p->fd[1]);
}

/* until somebody waits for a signature */
static enum tls_got
shake(struct pair *p)
{
	enum tls_got got = TLS_WANT_READ;
	unsigned i;

	for (i = 0; i < 10 && got == TLS_WANT_READ; i++) {
		SSL_connect(p->ssl);
		got = tls_handshake(p->tls);
		if (tls_awaits_key(p->tls)) break;
	}
	SSL_connect(p->ssl);
	return got;
}

static void
end(struct pair *p)
{
	tls_free(p->tls);
	/* or its session would be no good any more */
	SSL_set_shutdown(p->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(p->ssl);
	close(p->fd[0]);
	close(p->fd[1]);
}

static void
every_kind_of_key(void **state)
{
	static char const *const kinds[] = { "RSA", "RSA-PSS", "P-256",
		"P-384", "P-521", "ED25519" };
	int const versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	unsigned i, v;

	(void)state;
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		EVP_PKEY *key = make(kinds[i]);

		open_with(key);
		for (v = 0; v < 2; v++) {
			struct pair p;
			char text[2] = "";
			size_t n = 0;

			begin(&p, versions[v]);
			assert_int_equal(shake(&p), TLS_WANT_READ);
			assert_true(tls_awaits_key(p.tls));
			/* asked again too soon */
			assert_int_equal(tls_handshake(p.tls), TLS_WANT_READ);
			assert_true(tls_awaits_key(p.tls));
			answer(false);
			assert_int_equal(woken, 1);
			woken = 0;
			if (shake(&p) != TLS_DONE)
				fail_msg("%s by version %d: %s", kinds[i], v,
				    tls_why(p.tls));
			assert_false(tls_awaits_key(p.tls));
			assert_int_equal(tls_write(p.tls, "x", 1, &n),
			    TLS_DONE);
			assert_int_equal(SSL_read(p.ssl, text, 1), 1);
			assert_int_equal(*text, 'x');
			end(&p);
		}
		close_all(key);
	}
}

static void
a_refusal_ends_the_handshake(void **state)
{
	EVP_PKEY *key = make("P-256");
	struct pair p;

	(void)state;
	open_with(key);
	begin(&p, TLS1_3_VERSION);
	shake(&p);
	answer(true);
	assert_int_equal(shake(&p), TLS_BROKEN);
	end(&p);
	assert_int_equal(forgotten, 0);
	close_all(key);
}

static void
who_goes_is_forgotten(void **state)
{
	EVP_PKEY *key = make("P-256");
	struct pair p[2];

	(void)state;
	open_with(key);
	begin(&p[0], TLS1_3_VERSION);
	shake(&p[0]);
	assert_true(tls_awaits_key(p[0].tls));
	end(&p[0]);
	assert_int_equal(forgotten, 1);
	/* two at a time, answered the other way round */
	begin(&p[0], TLS1_2_VERSION);
	begin(&p[1], TLS1_3_VERSION);
	shake(&p[0]);
	{
		struct tls_signing *first = asked;

		asked = NULL;
		shake(&p[1]);
		answer(false);
		assert_int_equal(shake(&p[1]), TLS_DONE);
		assert_true(tls_awaits_key(p[0].tls));
		asked = first;
		answer(false);
		assert_int_equal(shake(&p[0]), TLS_DONE);
	}
	end(&p[0]);
	end(&p[1]);
	close_all(key);
}

/* What a server signs by RFC 8446 section 4.4.3. */
static size_t
verify_content(char *out, size_t hash)
{
	static char const words[] = "TLS 1.3, server CertificateVerify";

	memset(out, ' ', 64);
	memcpy(out + 64, words, sizeof words);
	memset(out + 64 + sizeof words, 'h', hash);
	return 64 + sizeof words + hash;
}

/* By RFC 8422 section 5.4. */
static size_t
exchange_content(char *out, size_t point)
{
	memset(out, 'r', 64);
	out[64] = 3;
	out[65] = 0;
	out[66] = 23;
	out[67] = (char)point;
	memset(out + 68, 'p', point);
	return 68 + point;
}

static bool
is_signed(char const *content, size_t n)
{
	unsigned char out[TLS_SIGNATURE_MAX];

	return tls_vault_sign(&vault, TLS_DIGEST_SHA256, false,
	    slice_from(content, n), out);
}

static void
a_vault_signs_handshakes_only(void **state)
{
	EVP_PKEY *key = make("P-256");
	unsigned char out[TLS_SIGNATURE_MAX];
	char text[512];
	size_t n, i;

	(void)state;
	open_with(key);
	n = verify_content(text, 32);
	assert_true(is_signed(text, n));
	/* no octet of the frame may differ, none be missing, none follow */
	assert_false(is_signed(text, n - 1));
	assert_false(is_signed(text, n + 1));
	for (i = 0; i < n - 32; i++) {
		text[i] ^= 1;
		assert_false(is_signed(text, n));
		text[i] ^= 1;
	}
	/* a client's signature means something else */
	memcpy(text + 64 + 9, "client", 6);
	assert_false(is_signed(text, n));
	assert_true(is_signed(text, verify_content(text, 48)));
	assert_false(is_signed(text, verify_content(text, 64)));
	n = exchange_content(text, 65);
	assert_true(is_signed(text, n));
	assert_false(is_signed(text, n - 1));
	assert_false(is_signed(text, n + 1));
	text[64] = 1;
	assert_false(is_signed(text, n));
	assert_true(is_signed(text, exchange_content(text, 188)));
	assert_false(is_signed(text, exchange_content(text, 189)));
	/* digests, and messages of other protocols */
	assert_false(is_signed(text, 0));
	memset(text, 'd', sizeof text);
	for (i = 0; i < sizeof text; i++)
		assert_false(is_signed(text, i));
	/* a padding that this key has no use for, a digest there isn't */
	n = verify_content(text, 32);
	assert_int_equal(tls_vault_sign(&vault, TLS_DIGEST_SHA256, true,
	    slice_from(text, n), out), 0);
	assert_int_equal(tls_vault_sign(&vault, TLS_DIGESTS, false,
	    slice_from(text, n), out), 0);
	close_all(key);
	assert_false(is_signed(text, n));
}

static void
a_vault_wants_a_pair(void **state)
{
	EVP_PKEY *one = make("P-256"), *two = make("P-256");
	size_t secret_len, shown_len, other_len;
	char *secret = pem_of(one, true, &secret_len);
	char *shown = pem_of(one, false, &shown_len);
	char *other = pem_of(two, true, &other_len);
	struct {
		struct slice certificate, key;
		size_t most;
		char const *why;
		bool at_key;
	} const rows[] = {
		{ slice_from(shown, shown_len), slice_from(other, other_len),
		    CHAIN_MAX, "the key is not the certificate's", false },
		{ slice_from(shown, shown_len), slice_from(shown, shown_len),
		    CHAIN_MAX, "no key in it, or one with a password", true },
		{ slice_from(secret, secret_len),
		    slice_from(secret, secret_len), CHAIN_MAX,
		    "no certificate in it", false },
		{ slice_from(shown, shown_len), slice_from(secret, secret_len),
		    0, "too many certificates in it", false },
		{ slice_from("", 0), slice_from("", 0), CHAIN_MAX,
		    "no key in it, or one with a password", true },
	};
	char const *why;
	size_t i, len;
	bool at_key;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_false(tls_vault_fill(&vault, rows[i].certificate,
		    rows[i].key, rows[i].most, &at_key, &why));
		assert_string_equal(why, rows[i].why);
		assert_int_equal(at_key, rows[i].at_key);
		assert_null(vault.key);
		assert_null(vault.chain);
	}
	assert_true(tls_vault_fill(&vault, slice_from(shown, shown_len),
	    slice_from(secret, secret_len), CHAIN_MAX, &at_key, &why));
	len = vault.chain_len;
	tls_vault_empty(&vault);
	assert_true(tls_vault_fill(&vault, slice_from(shown, shown_len),
	    slice_from(secret, secret_len), len, &at_key, &why));
	tls_vault_empty(&vault);
	assert_false(tls_vault_fill(&vault, slice_from(shown, shown_len),
	    slice_from(secret, secret_len), len - 1, &at_key, &why));
	free(secret);
	free(shown);
	free(other);
	EVP_PKEY_free(one);
	EVP_PKEY_free(two);
}

static void
a_chain_is_certificates(void **state)
{
	EVP_PKEY *key = make("P-256");
	struct tls_shown shown = { .key = NUMBER };
	struct tls_server s;
	char chain[CHAIN_MAX];
	char const *why;
	size_t bad, n;

	(void)state;
	open_with(key);
	n = vault.chain_len;
	memcpy(chain, vault.chain, n);
	memcpy(chain + n, vault.chain, n);
	shown.chain = slice_from(chain, 2 * n);
	assert_true(tls_server_open(&s, &shown, 1, &signer, &bad, &why));
	tls_server_close(&s);
	for (shown.chain.len = 0; shown.chain.len < 2 * n; shown.chain.len++) {
		if (shown.chain.len == n) continue;
		assert_false(tls_server_open(&s, &shown, 1, &signer, &bad,
		    &why));
		assert_null(s.context);
	}
	close_all(key);
}

/* once more, with what the last one was told */
static bool
is_resumed(SSL_SESSION *session, int version)
{
	struct pair p;
	bool reused;

	begin(&p, version);
	SSL_set_session(p.ssl, session);
	shake(&p);
	if (tls_awaits_key(p.tls)) answer(false);
	assert_int_equal(shake(&p), TLS_DONE);
	reused = SSL_session_reused(p.ssl);
	end(&p);
	return reused;
}

static void
tickets_end_with_their_key(void **state)
{
	int const versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	EVP_PKEY *key = make("P-256");
	unsigned v;

	(void)state;
	open_with(key);
	for (v = 0; v < 2; v++) {
		struct pair p;
		SSL_SESSION *session;
		char octet;
		size_t n;

		begin(&p, versions[v]);
		shake(&p);
		answer(false);
		assert_int_equal(shake(&p), TLS_DONE);
		assert_int_equal(tls_write(p.tls, "x", 1, &n), TLS_DONE);
		assert_int_equal(SSL_read(p.ssl, &octet, 1), 1);
		session = SSL_get1_session(p.ssl);
		assert_true(is_resumed(session, versions[v]));
		assert_true(is_resumed(session, versions[v]));
		tls_server_rotate(&server);
		assert_false(is_resumed(session, versions[v]));
		end(&p);
		SSL_SESSION_free(session);
	}
	close_all(key);
}

static void
clients_may_show_a_certificate(void **state)
{
	EVP_PKEY *key = make("P-256");
	char fingerprint[TLS_FINGERPRINT_MAX + 1], subject[64];
	unsigned char const *at;
	struct pair p;
	unsigned shows;
	X509 *x;

	(void)state;
	open_with(key);
	tls_server_ask(&server);
	at = (unsigned char const *)vault.chain;
	x = d2i_X509(NULL, &at, (long)vault.chain_len);
	for (shows = 0; shows < 2; shows++) {
		begin(&p, TLS1_3_VERSION);
		if (shows) {
			SSL_use_certificate(p.ssl, x);
			SSL_use_PrivateKey(p.ssl, key);
		}
		shake(&p);
		answer(false);
		assert_int_equal(shake(&p), TLS_DONE);
		assert_int_equal(tls_shown_by(p.tls, fingerprint, subject,
		    sizeof subject), shows);
		end(&p);
	}
	assert_int_equal(strlen(fingerprint), TLS_FINGERPRINT_MAX);
	assert_string_equal(subject, "/CN=x");
	X509_free(x);
	close_all(key);
}

static int
set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	client = SSL_CTX_new(TLS_client_method());
	return client ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	SSL_CTX_free(client);
	return 0;
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(every_kind_of_key),
		cmocka_unit_test(a_refusal_ends_the_handshake),
		cmocka_unit_test(who_goes_is_forgotten),
		cmocka_unit_test(a_vault_signs_handshakes_only),
		cmocka_unit_test(a_vault_wants_a_pair),
		cmocka_unit_test(a_chain_is_certificates),
		cmocka_unit_test(tickets_end_with_their_key),
		cmocka_unit_test(clients_may_show_a_certificate),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
