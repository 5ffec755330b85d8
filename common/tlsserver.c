/* SPDX-License-Identifier: ISC */
/* The server's side of OpenSSL: which certificate for whom, and what is not
 * spoken. */
#include <stdio.h>
#include <stdlib.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include "common/tlsforeign.h"
#include "common/tlspart.h"
#include "common/tlsserver.h"

struct tls_pair {
	X509 *certificate;
	STACK_OF(X509) *chain;
	EVP_PKEY *key;
};

struct tls_pairs {
	struct tls_pair pair[TLS_PAIRS_MAX];
	size_t n;
};

/* Forward secret and authenticated; those of TLS 1.3 are all so. */
static char const ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/* Certificates */

static bool
read_pair(struct tls_pair *p, struct tls_shown const *shown,
    struct tls_signer const *signer, char const **why)
{
	unsigned char const *at = (unsigned char const *)shown->chain.s;
	unsigned char const *end = at + shown->chain.len;
	X509 *more;

	*why = "no certificate";
	p->certificate = d2i_X509(NULL, &at, end - at);
	p->chain = sk_X509_new_null();
	if (!p->certificate || !p->chain) return false;
	while (at < end && (more = d2i_X509(NULL, &at, end - at)))
		if (!sk_X509_push(p->chain, more)) {
			X509_free(more);
			return false;
		}
	if (at < end) return false;
	*why = "a kind of key that TLS has no use for";
	p->key = tls_foreign_key(X509_get0_pubkey(p->certificate), shown->key,
	    signer);
	return p->key;
}

static bool
is_for(struct tls_pair const *p, char const *name)
{
	return X509_check_host(p->certificate, name, 0, 0, NULL) == 1;
}

/* Called by OpenSSL when the client's hello is read; 1: go on. Each kind of
 * key has one place, so the last one put there stays: the first of the file
 * list. */
static int
choose(SSL *ssl, void *owner)
{
	struct tls_pairs const *all = owner;
	char const *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	bool cleared = false;
	size_t i;

	for (i = all->n; name && i--;) {
		struct tls_pair const *p = &all->pair[i];

		if (!is_for(p, name)) continue;
		if (!cleared) SSL_certs_clear(ssl);
		cleared = true;
		if (SSL_use_cert_and_key(ssl, p->certificate, p->key,
		    p->chain, 1) != 1)
			return 0;
	}
	return 1;
}

/* Called by OpenSSL. Who came to speak another protocol has been sent here by
 * someone who wants our answers to mean something else. */
static int
check_protocol(SSL *ssl, unsigned char const **out, unsigned char *out_len,
    unsigned char const *in, unsigned in_len, void *owner)
{
	static unsigned char const known[] = "\4smtp\5esmtp\4lmtp";

	(void)ssl;
	(void)owner;
	/* it takes a pointer that it doesn't write through */
	if (SSL_select_next_proto((unsigned char **)out, out_len, known,
	    sizeof known - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	return SSL_TLSEXT_ERR_OK;
}

/* Called by OpenSSL when nobody uses the context any more: a connection does,
 * and may still have to choose. */
static void
free_pairs(void *context, void *pairs, CRYPTO_EX_DATA *data, int index,
    long number, void *pointer)
{
	struct tls_pairs *all = pairs;
	size_t i;

	(void)context;
	(void)data;
	(void)index;
	(void)number;
	(void)pointer;
	for (i = 0; all && i < all->n; i++) {
		X509_free(all->pair[i].certificate);
		sk_X509_pop_free(all->pair[i].chain, X509_free);
		EVP_PKEY_free(all->pair[i].key);
	}
	free(all);
}

static struct tls_pairs *
add_pairs(SSL_CTX *x)
{
	static int place = -1;
	struct tls_pairs *all = calloc(1, sizeof *all);

	if (place == -1)
		place = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL,
		    free_pairs);
	if (all && place != -1 && SSL_CTX_set_ex_data(x, place, all))
		return all;
	free(all);
	return NULL;
}

static bool
set_up(SSL_CTX *x, struct tls_pairs *pairs)
{
	if (!SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION) ||
	    !SSL_CTX_set_cipher_list(x, ciphers) ||
	    !SSL_CTX_set_session_id_context(x, (unsigned char const *)"smtp",
	    4))
		return false;
	SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CLEANSE_PLAINTEXT |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ASYNC);
	/* tickets only: nothing here grows with the number of clients */
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(x, 1);
	SSL_CTX_set_cert_cb(x, choose, pairs);
	SSL_CTX_set_alpn_select_cb(x, check_protocol, NULL);
	return true;
}

static bool
read_all(struct tls_server *s, struct tls_shown const *shown, size_t n,
    struct tls_signer const *signer, size_t *bad, char const **why)
{
	struct tls_pairs *pairs;

	*bad = 0;
	*why = "OpenSSL does not start";
	s->context = SSL_CTX_new(TLS_server_method());
	if (!ASYNC_is_capable()) return false;
	pairs = s->context ? add_pairs(s->context) : NULL;
	if (!pairs || !set_up(s->context, pairs)) return false;
	for (; *bad < n; ++*bad) {
		pairs->n++;
		if (!read_pair(&pairs->pair[*bad], &shown[*bad], signer, why))
			return false;
	}
	while ((*bad)--) {
		struct tls_pair const *p = &pairs->pair[*bad];

		*why = "certificate or key too weak, or of no use for TLS";
		if (SSL_CTX_use_cert_and_key(s->context, p->certificate,
		    p->key, p->chain, 1) != 1)
			return false;
	}
	return true;
}

bool
tls_server_open(struct tls_server *s, struct tls_shown const *shown, size_t n,
    struct tls_signer const *signer, size_t *bad, char const **why)
{
	bool fine;

	*s = (struct tls_server){ .context = NULL };
	fine = read_all(s, shown, n, signer, bad, why);
	ERR_clear_error();
	if (!fine) tls_server_close(s);
	return fine;
}

/* Called by OpenSSL; 1: fine. What a certificate is worth is for the reader of
 * the log to say: its holder has proved that it is his. */
static int
accept_any(X509_STORE_CTX *x, void *owner)
{
	(void)x;
	(void)owner;
	return 1;
}

void
tls_server_ask(struct tls_server *s)
{
	SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(s->context, accept_any, NULL);
}

bool
tls_shown_by(struct tls const *t, char *fingerprint, char *subject,
    size_t room)
{
	X509 *shown = SSL_get0_peer_certificate(t->ssl);
	unsigned char digest[TLS_FINGERPRINT_MAX / 2];
	unsigned i, len = sizeof digest;

	if (!shown || X509_digest(shown, EVP_sha256(), digest, &len) != 1)
		return false;
	for (i = 0; i < len; i++)
		snprintf(fingerprint + 2 * i, 3, "%02x", digest[i]);
	X509_NAME_oneline(X509_get_subject_name(shown), subject, (int)room);
	return true;
}

void
tls_server_close(struct tls_server *s)
{
	SSL_CTX_free(s->context);
	*s = (struct tls_server){ .context = NULL };
}

void
tls_server_rotate(struct tls_server *s)
{
	unsigned char key[80];	/* as OpenSSL wants it */

	if (SSL_CTX_get_tlsext_ticket_keys(s->context, NULL, 0) ==
	    (long)sizeof key && RAND_bytes(key, sizeof key) == 1)
		SSL_CTX_set_tlsext_ticket_keys(s->context, key, sizeof key);
	OPENSSL_cleanse(key, sizeof key);
	ERR_clear_error();
}

struct tls *
tls_accept(struct tls_server *s, int fd, void (*wake)(void *), void *owner)
{
	struct tls *t = calloc(1, sizeof *t);

	if (!t) return NULL;
	t->wake = wake;
	t->owner = owner;
	t->ssl = SSL_new(s->context);
	if (t->ssl && SSL_set_fd(t->ssl, fd)) {
		SSL_set_accept_state(t->ssl);
		return t;
	}
	tls_free(t);
	ERR_clear_error();
	return NULL;
}

bool
tls_awaits_key(struct tls const *t)
{
	return t->signing;
}

void
tls_signed(struct tls_signing *s)
{
	s->done = true;
	s->tls->wake(s->tls->owner);
}
