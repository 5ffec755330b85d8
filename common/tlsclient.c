/* SPDX-License-Identifier: ISC */
/* Our side as a client. Opens no file but in tls_client_open; what it keeps of
 * sessions can be resumed only towards the name, and with the checks, that they
 * were made with. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <openssl/err.h>
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
