/* SPDX-License-Identifier: ISC */
/* A provider of OpenSSL with keys that know their public half and whom to ask
 * for a signature. It lives in a library context of its own, so that nothing
 * but these keys comes from it. */
#include <string.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include "common/tlsforeign.h"
#include "common/tlswish.h"

/* The parameter that makes one of our keys; others come to be compared. */
static char const origin[] = "mailgrave-origin";

/* Keys (provider-keymgmt(7)) */

static void *
new_key(char const *kind)
{
	struct tls_foreign *k = OPENSSL_zalloc(sizeof *k);

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
	struct tls_foreign *k = key;

	if (!k) return;
	EVP_PKEY_free(k->from.half);
	OPENSSL_free(k);
}

static int
has(void const *key, int selection)
{
	(void)selection;
	return ((struct tls_foreign const *)key)->from.half != NULL;
}

/* A certificate's key, which is to be compared with one of ours. */
static int
import_public(struct tls_foreign *k, OSSL_PARAM const *params)
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
	struct tls_foreign *k = key;
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
	struct tls_foreign const *ka = a, *kb = b;

	(void)selection;
	return EVP_PKEY_eq(ka->from.half, kb->from.half) == 1;
}

static int
get_params(void *key, OSSL_PARAM params[])
{
	return EVP_PKEY_get_params(((struct tls_foreign *)key)->from.half, params);
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

/* The provider */

#define KEY(name, make) \
	static OSSL_DISPATCH const name[] = { \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_NEW, make), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_FREE, free_key), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_HAS, has), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, import), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, import_types), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, match), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params), \
		TLS_FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_params), \
		{ 0, NULL } \
	};
KEY(rsa, new_rsa)
KEY(rsa_pss, new_rsa_pss)
KEY(ec, new_ec)
KEY(ed25519, new_ed25519)

static OSSL_ALGORITHM const keys[] = {
	{ "RSA", "", rsa, NULL }, { "RSA-PSS", "", rsa_pss, NULL },
	{ "EC", "", ec, NULL }, { "ED25519", "", ed25519, NULL },
	{ NULL, NULL, NULL, NULL }
};
static OSSL_ALGORITHM const signatures[] = {
	{ "RSA", "", tls_wish, NULL }, { "RSA-PSS", "", tls_wish, NULL },
	{ "EC", "", tls_wish, NULL }, { "ED25519", "", tls_wish, NULL },
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
		TLS_FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
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
	struct tls_origin from = { .half = half, .number = number,
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
