/* SPDX-License-Identifier: ISC */
/* Keeps certificates in step with their files; what is in them is
 * tlsserver.c's. A certificate and its key are replaced one after the other, so
 * they are looked at when all have been read. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "smtpd/keys.h"

static size_t
files(struct keys const *k)
{
	return k->certificates + k->keys;
}

static char const *
path_of(struct keys const *k, size_t n)
{
	return n < k->certificates ? k->certificate[n]
				   : k->key[n - k->certificates];
}

/* Keys are not left behind in free memory. */
static void
forget(struct keys *k)
{
	size_t n;

	for (n = 0; n < files(k); n++) {
		if (k->text[n]) explicit_bzero(k->text[n], k->len[n]);
		free(k->text[n]);
		k->text[n] = NULL;
		k->len[n] = 0;
	}
	k->got = 0;
}

/* use - what has been read; false: the server is as it was */
static bool
use(struct keys *k, char const **file, char const **why)
{
	struct tls_pem pem[TLS_PAIRS_MAX];
	struct tls_server fresh;
	size_t i, bad;

	for (i = 0; i < k->certificates; i++) {
		size_t key = k->keys ? k->certificates + i : i;

		pem[i].certificate = slice_from(k->text[i], k->len[i]);
		pem[i].key = slice_from(k->text[key], k->len[key]);
	}
	if (!tls_server_open(&fresh, pem, k->certificates, &bad, why)) {
		*file = path_of(k, bad < k->certificates ? bad : 0);
		return false;
	}
	tls_server_close(&k->server);
	k->server = fresh;
	return true;
}

bool
keys_read(struct keys *k, char const **file, char const **why)
{
	bool fine = true;
	size_t n;

	if (!k->certificates) return true;
	for (n = 0; fine && n < files(k); n++) {
		*file = path_of(k, n);
		k->text[n] = file_slurp(*file, READER_FILE_MAX, &k->len[n]);
		if (!k->text[n]) *why = strerror(errno);
		fine = k->text[n];
	}
	fine = fine && use(k, file, why);
	forget(k);
	return fine;
}

static void
use_again(struct keys *k)
{
	char const *file = NULL, *why = NULL;
	size_t n;

	for (n = 0; n < files(k); n++)
		if (!k->text[n]) return; /* that was logged */
	if (use(k, &file, &why))
		log_event("certificates", LOG_NUMBER("n", k->certificates));
	else
		log_event("reload-failed", LOG_TEXT("file", file),
		    LOG_TEXT("why", why));
}

static void
took(void *owner, size_t n, char *text, size_t len)
{
	struct keys *k = owner;

	if (!text)
		log_event("reload-failed", LOG_TEXT("file", path_of(k, n)),
		    LOG_TEXT("why", strerror(errno)));
	if (k->text[n]) explicit_bzero(k->text[n], k->len[n]);
	free(k->text[n]);
	k->text[n] = text;
	k->len[n] = text ? len : 0;
	k->got |= 1U << n;
	if (k->got != (1U << files(k)) - 1) return;
	use_again(k);
	forget(k);
}

static void
rotate(void *owner)
{
	struct keys *k = owner;
	struct loop *loop = k->reader.loop;

	tls_server_rotate(&k->server);
	loop_arm(loop, &k->rotation, loop->now_ms + TLS_TICKET_S * 1000);
}

bool
keys_watch(struct keys *k, struct loop *loop, struct jail const *jail,
    void (*lost)(void))
{
	size_t n;

	if (!k->certificates) return true;
	k->reader = (struct reader){ .paths = files(k), .took = took,
		.owner = k };
	for (n = 0; n < files(k); n++)
		k->reader.path[n] = path_of(k, n);
	k->rotation = (struct timer){ .due = rotate, .owner = k };
	loop_arm(loop, &k->rotation, loop->now_ms + TLS_TICKET_S * 1000);
	return reader_open(&k->reader, loop, jail, "smtpd-keys", lost);
}

void
keys_reload(struct keys *k)
{
	if (k->certificates) reader_ask(&k->reader);
}

void
keys_free(struct keys *k)
{
	forget(k);
	tls_server_close(&k->server);
}
