/* SPDX-License-Identifier: ISC */
/* The key helper: reads keys, signs, believes no frame. Two loads are kept, for
 * the handshakes that were under way when the second came. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/reader.h"
#include "common/tlsvault.h"
#include "smtpd/keeper.h"
#include "smtpd/signing.h"

enum { LOADS = 2 };

struct hold {
	struct keeper const *from;
	int socket;
	struct tls_vault vault[LOADS][TLS_PAIRS_MAX];
	uint32_t loads;		/* so far; the last one is in force */
	int early[2 * TLS_PAIRS_MAX];	/* files, open while we were root; -1:
					 * not */
	uint8_t unreadable;	/* of those one that was needed; see
				 * signing_loaded */
};

/* What was read, until it has been parsed. */
struct text {
	char *s;
	size_t len;
};

static bool
say(struct hold const *h, struct wire_form const *form, void const *values)
{
	char frame[SIGNING_CHAIN_MAX + 64];
	size_t len = wire_pack(form, values, frame, sizeof frame);

	return len && helper_send(h->socket, frame, len, -1);
}

/* Files */

static char const *
path_of(struct keeper const *from, size_t n)
{
	return n < from->pairs ? from->certificate[n]
			       : from->key[n - from->pairs];
}

/* Keys are often root's alone. At start that will do. */
static void
open_early(struct hold *h)
{
	size_t n;

	for (n = 0; n < 2 * TLS_PAIRS_MAX; n++)
		h->early[n] = geteuid() == 0 && n < 2 * h->from->pairs
		    ? open(path_of(h->from, n),
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
}

static void
close_early(struct hold *h)
{
	size_t n;

	for (n = 0; n < 2 * TLS_PAIRS_MAX; n++) {
		if (h->early[n] != -1) close(h->early[n]);
		h->early[n] = -1;
	}
	h->unreadable = 0;
}

static bool
slurp(struct hold *h, struct text *t, size_t n)
{
	t->s = file_slurp(path_of(h->from, n), READER_FILE_MAX, &t->len);
	if (t->s || errno != EACCES || h->early[n] == -1) return t->s;
	t->s = file_slurp_from(h->early[n], READER_FILE_MAX, &t->len);
	h->early[n] = -1;
	h->unreadable = (uint8_t)(n + 1);
	return t->s;
}

static void
forget(struct text *t)
{
	if (t->s) explicit_bzero(t->s, t->len);
	free(t->s);
}

/* fill - pair n; false: *why, and *key when it is the key's file */
static bool
fill(struct hold *h, struct tls_vault *v, size_t n, bool *key,
    char const **why)
{
	struct text certificate = { .s = NULL }, secret = { .s = NULL };
	bool fine = slurp(h, &certificate, n);

	*key = fine;
	fine = fine && slurp(h, &secret, h->from->pairs + n);
	*why = strerror(errno);
	if (fine)
		fine = tls_vault_fill(v,
		    slice_from(certificate.s, certificate.len),
		    slice_from(secret.s, secret.len), SIGNING_CHAIN_MAX, key,
		    why);
	forget(&certificate);
	forget(&secret);
	return fine;
}

static void
empty(struct tls_vault *load, size_t n)
{
	while (n--)
		tls_vault_empty(&load[n]);
}

static bool
say_failed(struct hold const *h, size_t file, char const *why, int error)
{
	char text[SIGNING_WHY_MAX + 1];
	char const *user = h->from->jail.user;

	if (error == EACCES && user)
		snprintf(text, sizeof text, "%s for %s", why, user);
	else
		snprintf(text, sizeof text, "%s", why);
	return say(h, &signing_failed_form, &(struct signing_failed){
		.file = (uint8_t)file, .why = slice_of(text) });
}

/* All or none; false: smtpd is gone */
static bool
load(struct hold *h)
{
	struct tls_vault fresh[TLS_PAIRS_MAX];
	struct tls_vault *place = h->vault[(h->loads + 1) % LOADS];
	size_t i, pairs = h->from->pairs;
	uint32_t first = (h->loads + 1) * TLS_PAIRS_MAX;
	char const *why;
	bool key, gone = false;

	for (i = 0; i < pairs; i++) {
		errno = 0;
		if (fill(h, &fresh[i], i, &key, &why)) continue;
		empty(fresh, i);
		return say_failed(h, key ? pairs + i : i, why, errno);
	}
	empty(place, TLS_PAIRS_MAX);
	memcpy(place, fresh, pairs * sizeof *fresh);
	h->loads++;
	for (i = 0; !gone && i < pairs; i++)
		gone = !say(h, &signing_pair_form, &(struct signing_pair){
		    .key = first + (uint32_t)i,
		    .chain = slice_from(place[i].chain, place[i].chain_len) });
	gone = gone || !say(h, &signing_loaded_form,
	    &(struct signing_loaded){ .unreadable = h->unreadable });
	close_early(h);
	return !gone;
}

/* Signatures */

/* find - NULL: there is no such key, or not any more */
static struct tls_vault const *
find(struct hold const *h, uint32_t number)
{
	uint32_t which = number / TLS_PAIRS_MAX;

	if (which > h->loads || which + LOADS <= h->loads) return NULL;
	return &h->vault[which % LOADS][number % TLS_PAIRS_MAX];
}

static bool
sign(struct hold const *h, struct signing_sign const *wanted)
{
	struct tls_vault const *v = find(h, wanted->key);
	unsigned char signature[TLS_SIGNATURE_MAX];
	size_t len = v ? tls_vault_sign(v, wanted->digest, wanted->pss,
	    wanted->content, signature) : 0;

	return say(h, &signing_signed_form, &(struct signing_signed){
		.signature = slice_from((char *)signature, len) });
}

void
keeper_serve(int socket, void *keeper)
{
	struct hold h = { .from = keeper, .socket = socket };
	char store[TLS_CONTENT_MAX + 64];
	struct jail jail = h.from->jail;
	bool fine = true;
	char const *why;

	jail.root = NULL;
	open_early(&h);
	if (!jail_enter(&jail, &why) || !jail_seal(JAIL_READ, &why)) _exit(111);
	while (fine) {
		struct signing_load none;
		struct signing_sign wanted;
		int fd;
		ssize_t n = helper_receive(socket, store, sizeof store, &fd);
		struct slice frame = slice_from(store, n > 0 ? (size_t)n : 0);

		if (n <= 0 || fd != -1)
			fine = false;
		else if (wire_unpack(&signing_sign_form, &wanted, frame))
			fine = sign(&h, &wanted);
		else
			fine = wire_unpack(&signing_load_form, &none, frame) &&
			    load(&h);
	}
	empty(h.vault[0], TLS_PAIRS_MAX);
	empty(h.vault[1], TLS_PAIRS_MAX);
}
