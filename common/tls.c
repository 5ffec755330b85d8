/* SPDX-License-Identifier: ISC */
/* OpenSSL 3, non-blocking: a connection, whoever began it. Opens no file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509v3.h>
#include "common/tlspart.h"

struct tls *tls_current;

/* A handshake that is stopped in the middle has memory of OpenSSL's on a stack
 * of its own: it has to come to its end, which is a bad one. */
static void
give_up(struct tls *t)
{
	t->signer->forget(t->signer->owner, t->signing);
	t->signing->done = true;
	SSL_do_handshake(t->ssl);
	ERR_clear_error();
}

void
tls_free(struct tls *t)
{
	if (!t) return;
	if (t->signing) give_up(t);
	/* the session stays good: whoever ends is not distrusted for it */
	if (t->ssl) SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN |
	    SSL_RECEIVED_SHUTDOWN);
	SSL_free(t->ssl);
	free(t);
}

static enum tls_got
broken(struct tls *t, int error)
{
	long verify = SSL_get_verify_result(t->ssl);
	unsigned long e = ERR_peek_last_error();
	char const *what = e ? ERR_reason_error_string(e) : NULL;

	if (t->verify && verify != X509_V_OK)
		what = X509_verify_cert_error_string(verify);
	else if (error == SSL_ERROR_SYSCALL && errno)
		what = strerror(errno);
	snprintf(t->why, sizeof t->why, "%s", what ? what :
	    "connection closed");
	ERR_clear_error();
	return TLS_BROKEN;
}

/* What a call returned, in our words. */
static enum tls_got
judge(struct tls *t, int returned)
{
	int error = SSL_get_error(t->ssl, returned);

	switch (error) {
	case SSL_ERROR_NONE: return TLS_DONE;
	case SSL_ERROR_WANT_READ: return TLS_WANT_READ;
	case SSL_ERROR_WANT_ASYNC: return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE: return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN: return TLS_END;
	default: return broken(t, error);
	}
}

enum tls_got
tls_handshake(struct tls *t)
{
	enum tls_got got;

	ERR_clear_error();
	errno = 0;
	tls_current = t;
	got = judge(t, SSL_do_handshake(t->ssl));
	tls_current = NULL;
	if (got == TLS_DONE) SSL_clear_mode(t->ssl, SSL_MODE_ASYNC);
	return got;
}

/* Records that hold no octets for us, such as tickets, are taken one a call; a
 * read that has found nothing more in the socket says so by errno. Who sends
 * them without an end must not hold up the others. */
enum tls_got
tls_read(struct tls *t, char *octets, size_t room, size_t *n)
{
	enum tls_got got;

	do {
		ERR_clear_error();
		errno = 0;
		got = judge(t, SSL_read_ex(t->ssl, octets, room, n));
		if (got == TLS_DONE) t->records = 0;
		if (got != TLS_WANT_READ || errno == EAGAIN) return got;
	} while (++t->records < TLS_RECORDS_MAX);
	snprintf(t->why, sizeof t->why, "too many records without octets");
	return TLS_BROKEN;
}

bool
tls_has_more(struct tls const *t)
{
	return SSL_has_pending(t->ssl);
}

enum tls_got
tls_write(struct tls *t, char const *octets, size_t len, size_t *n)
{
	ERR_clear_error();
	errno = 0;
	return judge(t, SSL_write_ex(t->ssl, octets, len, n));
}

void
tls_bye(struct tls *t)
{
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
}

char const *
tls_why(struct tls *t)
{
	return t->why;
}

void
tls_describe(struct tls const *t, char *text, size_t room)
{
	snprintf(text, room, "%s %s", SSL_get_version(t->ssl),
	    SSL_get_cipher_name(t->ssl));
}

bool
tls_hmac_md5(unsigned char digest[TLS_MD5], struct slice key,
    struct slice text)
{
	unsigned n = TLS_MD5;
	bool fine = HMAC(EVP_md5(), key.s, (int)key.len,
	    (unsigned char const *)text.s, text.len, digest, &n) != NULL;

	ERR_clear_error();
	return fine && n == TLS_MD5;
}
