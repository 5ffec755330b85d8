/* SPDX-License-Identifier: ISC */
/* A provider of OpenSSL with keys that know their public half and whom to ask
 * for a signature. It lives in a library context of its own, so that nothing
 * but these keys comes from it. */
#include <string.h>
#include <openssl/async.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include "common/tlsforeign.h"
#include "common/tlspart.h"

/* The parameter that makes one of our keys; others come to be compared. */
static char const origin[] = "mailgrave-origin";

struct origin {
	EVP_PKEY *half;
	unsigned number;
	struct tls_signer const *signer;
};

struct foreign {
	char const *kind;
	struct origin from;
};

/* Keys (provider-keymgmt(7)) */

static void *
new_key(char const *kind)
{
	struct foreign *k = OPENSSL_zalloc(sizeof *k);

	if (k) k->kind = kind;
	return k;
}

#define NEW(name, kind) \
	static void *name(void *provider) \
	{ \
		(void)provider; \
		return new_key(kind); \
	}
NEW(new_rsa, "RSA")
NEW(new_rsa_pss, "RSA-PSS")
NEW(new_ec, "EC")
NEW(new_ed25519, "ED25519")

static void
free_key(void *key)
{
	struct foreign *k = key;

	if (!k) return;
	EVP_PKEY_free(k->from.half);
	OPENSSL_free(k);
}

static int
has(void const *key, int selection)
{
	(void)selection;
	return ((struct foreign const *)key)->from.half != NULL;
}

/* A certificate's key, which is to be compared with one of ours. */
static int
import_public(struct foreign *k, OSSL_PARAM const *params)
{
	EVP_PKEY_CTX *x = EVP_PKEY_CTX_new_from_name(NULL, k->kind, NULL);
	int fine = x && EVP_PKEY_fromdata_init(x) == 1 &&
	    EVP_PKEY_fromdata(x, &k->from.half, EVP_PKEY_PUBLIC_KEY,
	    (OSSL_PARAM *)(size_t)params) == 1;

	EVP_PKEY_CTX_free(x);
	return fine;
}

static int
import(void *key, int selection, OSSL_PARAM const *params)
{
	struct foreign *k = key;
	OSSL_PARAM const *p = OSSL_PARAM_locate_const(params, origin);

	(void)selection;
	if (!p) return import_public(k, params);
	if (p->data_size != sizeof k->from) return 0;
	memcpy(&k->from, p->data, sizeof k->from);
	return EVP_PKEY_up_ref(k->from.half);
}

static OSSL_PARAM const *
import_types(int selection)
{
	static OSSL_PARAM const types[] = {
		OSSL_PARAM_octet_string(origin, NULL, 0),
		OSSL_PARAM_END
	};

	(void)selection;
	return types;
}

static int
match(void const *a, void const *b, int selection)
{
	struct foreign const *ka = a, *kb = b;

	(void)selection;
	return EVP_PKEY_eq(ka->from.half, kb->from.half) == 1;
}

static int
get_params(void *key, OSSL_PARAM params[])
{
	return EVP_PKEY_get_params(((struct foreign *)key)->from.half, params);
}

static OSSL_PARAM const *
gettable_params(void *provider)
{
	static OSSL_PARAM const types[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_END
	};

	(void)provider;
	return types;
}

/* Signatures (provider-signature(7)) */

struct wish {
	struct foreign const *key;
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
 * answer has come, and the loop goes on. */
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

/* The provider */

#define FUNCTION(number, function) { number, (void (*)(void))function }
#define KEY(name, make) \
	static OSSL_DISPATCH const name[] = { \
		FUNCTION(OSSL_FUNC_KEYMGMT_NEW, make), \
		FUNCTION(OSSL_FUNC_KEYMGMT_FREE, free_key), \
		FUNCTION(OSSL_FUNC_KEYMGMT_HAS, has), \
		FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, import), \
		FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, import_types), \
		FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, match), \
		FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params), \
		FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_params), \
		{ 0, NULL } \
	};
KEY(rsa, new_rsa)
KEY(rsa_pss, new_rsa_pss)
KEY(ec, new_ec)
KEY(ed25519, new_ed25519)

static OSSL_DISPATCH const signature[] = {
	FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, new_wish),
	FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, free_wish),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sign_init),
	FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sign),
	FUNCTION(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_wish),
	FUNCTION(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable_wish),
	{ 0, NULL }
};

static OSSL_ALGORITHM const keys[] = {
	{ "RSA", "", rsa, NULL }, { "RSA-PSS", "", rsa_pss, NULL },
	{ "EC", "", ec, NULL }, { "ED25519", "", ed25519, NULL },
	{ NULL, NULL, NULL, NULL }
};
static OSSL_ALGORITHM const signatures[] = {
	{ "RSA", "", signature, NULL }, { "RSA-PSS", "", signature, NULL },
	{ "EC", "", signature, NULL }, { "ED25519", "", signature, NULL },
	{ NULL, NULL, NULL, NULL }
};

static OSSL_ALGORITHM const *
query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT: return keys;
	case OSSL_OP_SIGNATURE: return signatures;
	default: return NULL;
	}
}

static int
start(OSSL_CORE_HANDLE const *handle, OSSL_DISPATCH const *in,
    OSSL_DISPATCH const **out, void **context)
{
	static OSSL_DISPATCH const provider[] = {
		FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		{ 0, NULL }
	};

	(void)in;
	*out = provider;
	*context = (void *)(size_t)handle;
	return 1;
}

/* Made once, and kept: keys refer to it. */
static OSSL_LIB_CTX *
library(void)
{
	static OSSL_LIB_CTX *it;

	if (it) return it;
	it = OSSL_LIB_CTX_new();
	if (it && OSSL_PROVIDER_add_builtin(it, "mailgrave", start) &&
	    OSSL_PROVIDER_load(it, "mailgrave"))
		return it;
	OSSL_LIB_CTX_free(it);
	it = NULL;
	return NULL;
}

EVP_PKEY *
tls_foreign_key(EVP_PKEY *half, unsigned number,
    struct tls_signer const *signer)
{
	struct origin from = { .half = half, .number = number,
		.signer = signer };
	OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(origin, &from,
	    sizeof from), OSSL_PARAM_construct_end() };
	char const *kind = EVP_PKEY_get0_type_name(half);
	EVP_PKEY_CTX *x = library() && kind
	    ? EVP_PKEY_CTX_new_from_name(library(), kind, NULL) : NULL;
	EVP_PKEY *key = NULL;

	if (x && EVP_PKEY_fromdata_init(x) == 1)
		EVP_PKEY_fromdata(x, &key, EVP_PKEY_KEYPAIR, params);
	EVP_PKEY_CTX_free(x);
	return key;
}
