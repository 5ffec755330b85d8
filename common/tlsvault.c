/* SPDX-License-Identifier: ISC */
/* Parses a pair and signs with its key. Opens no file. */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include "common/tlsvault.h"

/* Nobody is there to type one. */
static int
no_password(char *out, int room, int writing, void *owner)
{
	(void)out;
	(void)room;
	(void)writing;
	(void)owner;
	return 0;
}

/* Filling */

/* false: no memory, or more than most octets */
static bool
add(struct tls_vault *v, X509 *certificate, size_t most)
{
	int len = i2d_X509(certificate, NULL);
	unsigned char *at;
	char *chain;

	if (len <= 0 || (size_t)len > most - v->chain_len) return false;
	chain = realloc(v->chain, v->chain_len + (size_t)len);
	if (!chain) return false;
	v->chain = chain;
	at = (unsigned char *)chain + v->chain_len;
	v->chain_len += (size_t)i2d_X509(certificate, &at);
	return true;
}

static bool
read_chain(struct tls_vault *v, BIO *in, size_t most, char const **why)
{
	X509 *one = PEM_read_bio_X509_AUX(in, NULL, no_password, NULL);
	bool fine = true;

	*why = "no certificate in it";
	if (!one) return false;
	*why = "the key is not the certificate's";
	if (X509_check_private_key(one, v->key) != 1) {
		X509_free(one);
		return false;
	}
	*why = "too many certificates in it";
	while (fine && one) {
		fine = add(v, one, most);
		X509_free(one);
		one = PEM_read_bio_X509(in, NULL, no_password, NULL);
	}
	X509_free(one);
	return fine;
}

bool
tls_vault_fill(struct tls_vault *v, struct slice certificate,
    struct slice key, size_t most, bool *at_key, char const **why)
{
	BIO *chain = BIO_new_mem_buf(certificate.s, (int)certificate.len);
	BIO *secret = BIO_new_mem_buf(key.s, (int)key.len);
	bool fine = false;

	*v = (struct tls_vault){ .key = NULL };
	*why = "no memory";
	*at_key = true;
	if (!chain || !secret) goto end;
	*why = "no key in it, or one with a password";
	v->key = PEM_read_bio_PrivateKey(secret, NULL, no_password, NULL);
	*at_key = !v->key;
	fine = v->key && read_chain(v, chain, most, why);
end:
	BIO_free(chain);
	BIO_free(secret);
	ERR_clear_error();
	if (!fine) tls_vault_empty(v);
	return fine;
}

void
tls_vault_empty(struct tls_vault *v)
{
	EVP_PKEY_free(v->key);
	free(v->chain);
	*v = (struct tls_vault){ .key = NULL };
}

/* Signing */

/* RFC 8446 section 4.4.3: 64 blanks, these words with their NUL, a hash of what
 * was said so far. */
static bool
is_verify(struct slice content)
{
	static char const words[] = "TLS 1.3, server CertificateVerify";
	enum { BLANKS = 64, AT = BLANKS + sizeof words };
	size_t i;

	if (content.len != AT + 32 && content.len != AT + 48) return false;
	for (i = 0; i < BLANKS; i++)
		if (content.s[i] != ' ') return false;
	return memcmp(content.s + BLANKS, words, sizeof words) == 0;
}

/* RFC 8422 section 5.4: two random numbers, then a named curve and a point on
 * it. */
static bool
is_exchange(struct slice content)
{
	enum { CURVE = 64, POINT_LEN = CURVE + 3, POINT, NAMED_CURVE = 3 };

	return content.len > POINT && content.s[CURVE] == NAMED_CURVE &&
	    content.len - POINT == (unsigned char)content.s[POINT_LEN];
}

size_t
tls_vault_sign(struct tls_vault const *v, enum tls_digest digest, bool pss,
    struct slice content, unsigned char *out)
{
	EVP_MD const *const digests[TLS_DIGESTS] = { NULL, EVP_sha256(),
		EVP_sha384(), EVP_sha512() };
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	size_t len = TLS_SIGNATURE_MAX;
	EVP_PKEY_CTX *how;
	bool fine = x && v->key && digest < TLS_DIGESTS &&
	    content.len <= TLS_CONTENT_MAX &&
	    (is_verify(content) || is_exchange(content)) &&
	    EVP_DigestSignInit(x, &how, digests[digest], NULL, v->key) == 1;

	if (fine && pss)
		fine = EVP_PKEY_CTX_set_rsa_padding(how,
		    RSA_PKCS1_PSS_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(how,
		    RSA_PSS_SALTLEN_DIGEST) == 1;
	fine = fine && EVP_DigestSign(x, out, &len,
	    (unsigned char const *)content.s, content.len) == 1;
	EVP_MD_CTX_free(x);
	ERR_clear_error();
	return fine ? len : 0;
}
