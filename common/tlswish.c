/* SPDX-License-Identifier: ISC */
/* A signature that a handshake wants, as OpenSSL asks a provider for it
 * (provider-signature(7)). */
#include <string.h>
#include <openssl/async.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include "common/tlspart.h"
#include "common/tlswish.h"

struct wish {
	struct tls_foreign const *key;
	enum tls_digest digest;
	bool pss;
};

static void *
new_wish(void *provider, char const *query)
{
	(void)provider;
	(void)query;
	return OPENSSL_zalloc(sizeof(struct wish));
}

static void
free_wish(void *wish)
{
	OPENSSL_free(wish);
}

/* By any of its names: SHA256, SHA2-256. */
static bool
find_digest(char const *name, enum tls_digest *digest)
{
	static int const numbers[TLS_DIGESTS] = {
		[TLS_DIGEST_SHA256] = NID_sha256,
		[TLS_DIGEST_SHA384] = NID_sha384,
		[TLS_DIGEST_SHA512] = NID_sha512 };
	EVP_MD const *wanted;
	unsigned i;

	*digest = TLS_DIGEST_NONE;
	if (!name || !*name) return true;
	wanted = EVP_get_digestbyname(name);
	for (i = 1; wanted && i < TLS_DIGESTS; i++)
		if (EVP_MD_get_type(wanted) == numbers[i]) {
			*digest = i;
			return true;
		}
	return false;
}

/* As a number, or in words. */
static int
set_wish(void *wish, OSSL_PARAM const params[])
{
	struct wish *w = wish;
	OSSL_PARAM const *p = params ? OSSL_PARAM_locate_const(params,
	    OSSL_SIGNATURE_PARAM_PAD_MODE) : NULL;
	int mode;

	if (!p) return 1;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		w->pss = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
	else if (OSSL_PARAM_get_int(p, &mode))
		w->pss = mode == RSA_PKCS1_PSS_PADDING;
	else
		return 0;
	return 1;
}

static OSSL_PARAM const *
settable_wish(void *wish, void *provider)
{
	static OSSL_PARAM const types[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_END
	};

	(void)wish;
	(void)provider;
	return types;
}

static int
sign_init(void *wish, char const *digest, void *key, OSSL_PARAM const params[])
{
	struct wish *w = wish;

	w->key = key;
	w->pss = strcmp(w->key->kind, "RSA-PSS") == 0;
	return find_digest(digest, &w->digest) && set_wish(w, params);
}

/* The handshake runs as a job of ASYNC_start_job(3), which stops here until the
 * answer has come, and the loop goes on. There is one signature in a handshake;
 * what follows needs no job, nor its small stack. */
static bool
wait_for(struct tls_signing *s, struct tls_signer const *signer)
{
	if (!ASYNC_get_current_job() || !signer->ask(signer->owner, s))
		return false;
	s->tls->signing = s;
	s->tls->signer = signer;
	while (!s->done)
		ASYNC_pause_job();
	s->tls->signing = NULL;
	SSL_clear_mode(s->tls->ssl, SSL_MODE_ASYNC);
	return s->len > 0;
}

static int
sign(void *wish, unsigned char *signature, size_t *len, size_t room,
    unsigned char const *content, size_t n)
{
	struct wish const *w = wish;
	struct tls_signing s = { .key = w->key->from.number,
		.digest = w->digest, .pss = w->pss, .tls = tls_current,
		.content = slice_from((char const *)content, n) };

	if (!signature) {
		*len = (size_t)EVP_PKEY_get_size(w->key->from.half);
		return 1;
	}
	if (n > TLS_CONTENT_MAX || !s.tls ||
	    !wait_for(&s, w->key->from.signer) || s.len > room)
		return 0;
	memcpy(signature, s.signature, s.len);
	*len = s.len;
	return 1;
}

OSSL_DISPATCH const tls_wish[] = {
	TLS_FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, new_wish),
	TLS_FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, free_wish),
	TLS_FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sign_init),
	TLS_FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign),
	TLS_FUNCTION(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_wish),
	TLS_FUNCTION(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable_wish),
	{ 0, NULL }
};
