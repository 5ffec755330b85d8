/* SPDX-License-Identifier: ISC */
/* OpenSSL 3, non-blocking: a connection, and our side as a client. Opens no
 * file but in tls_client_open; what it keeps of sessions can be resumed only
 * towards the name, and with the checks, that they were made with. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509v3.h>
#include "common/tlspart.h"

/* One session a name; a later one, or one of another name that falls on the
 * same place, takes it. */
struct tls_memory {
	struct {
		char name[NETADDR_HOST_MAX + 1];
		bool verified;
		SSL_SESSION *session;
	} place[TLS_SESSIONS];
};

struct tls *tls_current;

/* Sessions */

static unsigned
place_of(char const *name)
{
	unsigned h = 5381;

	while (*name)
		h = h * 33 + (unsigned char)*name++;
	return h % TLS_SESSIONS;
}

/* Called by OpenSSL; 1: the session is ours. */
static int
remember(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);
	unsigned at = place_of(t->name);
	struct tls_memory *m = t->client->memory;

	SSL_SESSION_free(m->place[at].session);
	m->place[at].session = session;
	m->place[at].verified = t->verify;
	snprintf(m->place[at].name, sizeof m->place[at].name, "%s", t->name);
	return 1;
}

/* Used once: a session that did not work must not be tried for ever, and one
 * that did brings a new one. */
static void
recall(struct tls *t)
{
	unsigned at = place_of(t->name);
	struct tls_memory *m = t->client->memory;
	SSL_SESSION *session = m->place[at].session;

	if (!session || m->place[at].verified != t->verify ||
	    strcmp(m->place[at].name, t->name))
		return;
	m->place[at].session = NULL;
	SSL_set_session(t->ssl, session);
	SSL_SESSION_free(session);
}

/* All connections */

static bool
set_up(struct tls_client *c, char const *authorities, bool must,
    char const **why)
{
	SSL_CTX *x = c->context = SSL_CTX_new(TLS_client_method());

	*why = "OpenSSL does not start";
	c->memory = calloc(1, sizeof *c->memory);
	if (!x || !c->memory) return false;
	if (!SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION)) return false;
	SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/* a call that meets no octets for us comes back, see tls_read */
	SSL_CTX_clear_mode(x, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(x, 1);
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(x, remember);
	if (!authorities) return true;
	*why = "no certificates in it";
	if (access(authorities, R_OK) == -1) {
		*why = strerror(errno);
		return !must;
	}
	c->trusting = SSL_CTX_load_verify_file(x, authorities) == 1;
	return c->trusting;
}

bool
tls_client_open(struct tls_client *c, char const *authorities, bool must,
    char const **why)
{
	bool fine;

	*c = (struct tls_client){ .trusting = false };
	fine = set_up(c, authorities, must, why);
	ERR_clear_error();
	if (!fine) tls_client_close(c);
	return fine;
}

void
tls_client_close(struct tls_client *c)
{
	size_t i;

	for (i = 0; c->memory && i < TLS_SESSIONS; i++)
		SSL_SESSION_free(c->memory->place[i].session);
	free(c->memory);
	SSL_CTX_free(c->context);
	*c = (struct tls_client){ .trusting = false };
}

/* One connection */

/* Whom the certificate must be for. An IP address has no name to ask for. */
static bool
expect(struct tls *t)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(t->ssl);
	unsigned char octet[NETADDR_OCTETS];
	bool ip = netaddr_ip(octet, slice_of(t->name));

	if (!ip && !SSL_set_tlsext_host_name(t->ssl, t->name)) return false;
	if (!t->verify) return true;
	/* no name that stands in the subject alone (RFC 9525 section 6.3) */
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_set_verify(t->ssl, SSL_VERIFY_PEER, NULL);
	return ip ? X509_VERIFY_PARAM_set1_ip_asc(p, t->name) :
	    SSL_set1_host(t->ssl, t->name);
}

struct tls *
tls_begin(struct tls_client *c, int fd, char const *name, bool verify)
{
	struct tls *t = calloc(1, sizeof *t);

	if (!t) return NULL;
	t->client = c;
	t->verify = verify;
	snprintf(t->name, sizeof t->name, "%s", name);
	t->ssl = SSL_new(c->context);
	if (t->ssl && SSL_set_fd(t->ssl, fd) && SSL_set_app_data(t->ssl, t) &&
	    expect(t)) {
		SSL_set_connect_state(t->ssl);
		recall(t);
		return t;
	}
	tls_free(t);
	ERR_clear_error();
	return NULL;
}

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
