/* SPDX-License-Identifier: ISC */
/* Keeps certificates in step with their files, by way of the key helper. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/log.h"
#include "smtpd/keys.h"

static char const *
path_of(struct keys const *k, size_t n)
{
	size_t pairs = k->files.pairs;

	return n < pairs ? k->files.certificate[n] : k->files.key[n - pairs];
}

static bool
load(struct keys *k)
{
	struct signing_load const none = { .unused = 0 };
	char frame[16];
	size_t len = wire_pack(&signing_load_form, &none, frame, sizeof frame);

	k->loading = helper_send(k->watch.fd, frame, len, -1);
	return k->loading;
}

static void
drop_fresh(struct keys *k)
{
	while (k->got)
		free((char *)(size_t)k->fresh[--k->got].chain.s);
}

/* What the helper says; false: what it must not say. */

static bool
take_pair(struct keys *k, struct signing_pair const *pair)
{
	struct tls_shown *fresh = &k->fresh[k->got];
	char *copy;

	if (!k->loading || k->got == k->files.pairs) return false;
	copy = malloc(pair->chain.len + 1);
	if (!copy) return false;
	memcpy(copy, pair->chain.s, pair->chain.len);
	*fresh = (struct tls_shown){ .key = pair->key,
		.chain = slice_from(copy, pair->chain.len) };
	k->got++;
	return true;
}

/* use - what has come; the server stays as it is when that's of no use */
static bool
use(struct keys *k, struct signing_loaded const *loaded)
{
	struct tls_server fresh;
	char const *why;
	size_t bad;

	if (!k->loading || k->got != k->files.pairs ||
	    loaded->unreadable > 2 * k->files.pairs)
		return false;
	if (tls_server_open(&fresh, k->fresh, k->got, &k->signer, &bad,
	    &why)) {
		tls_server_close(&k->server);
		k->server = fresh;
		if (k->asks) tls_server_ask(&k->server);
		k->file = NULL;
	} else {
		k->file = path_of(k, bad < k->got ? bad : 0);
		snprintf(k->why, sizeof k->why, "%s", why);
	}
	if (loaded->unreadable)
		log_event("unreadable",
		    LOG_TEXT("file", path_of(k, loaded->unreadable - 1U)),
		    LOG_TEXT("user", k->files.jail.user));
	drop_fresh(k);
	k->loading = false;
	return true;
}

static bool
take_failure(struct keys *k, struct signing_failed const *failed)
{
	if (!k->loading || k->got || failed->file >= 2 * k->files.pairs)
		return false;
	k->file = path_of(k, failed->file);
	snprintf(k->why, sizeof k->why, "%.*s", (int)failed->why.len,
	    failed->why.s);
	k->loading = false;
	return true;
}

static bool
hear(struct keys *k, struct slice frame)
{
	struct signing_pair pair;
	struct signing_loaded loaded;
	struct signing_failed failed;
	struct signing_signed answer;

	if (wire_unpack(&signing_signed_form, &answer, frame))
		return asking_answered(&k->asking, &answer);
	if (wire_unpack(&signing_pair_form, &pair, frame))
		return take_pair(k, &pair);
	if (wire_unpack(&signing_loaded_form, &loaded, frame)) 
		return use(k, &loaded);
	return wire_unpack(&signing_failed_form, &failed, frame) &&
	    take_failure(k, &failed);
}

/* receive - 1 a frame was heard, 0 there is none, -1 the helper is lost */
static int
receive(struct keys *k)
{
	static char store[WIRE_FRAME_MAX];
	int fd;
	ssize_t n = helper_receive(k->watch.fd, store, sizeof store, &fd);

	if (n == -1 && errno == EAGAIN) return 0;
	if (fd != -1) close(fd);
	return n > 0 && fd == -1 &&
	    hear(k, slice_from(store, (size_t)n)) ? 1 : -1;
}

/* At start */

bool
keys_open(struct keys *k)
{
	int heard = 1;

	if (!k->files.pairs) return true;
	k->watch.fd = helper_fork("smtpd-key", keeper_serve, &k->files);
	if (k->watch.fd == -1) return false;
	k->asking = (struct asking){ .socket = k->watch.fd };
	k->signer = (struct tls_signer){ .ask = asking_ask,
		.forget = asking_forget, .owner = &k->asking };
	errno = EPROTO;
	if (!load(k)) return false;
	while (k->loading && heard != -1) {
		poll(&(struct pollfd){ .fd = k->watch.fd, .events = POLLIN }, 1,
		    -1);
		heard = receive(k);
	}
	return heard != -1 && !k->file;
}

/* In service */

static void
say_loaded(struct keys *k)
{
	if (k->file)
		log_event("reload-failed", LOG_TEXT("file", k->file),
		    LOG_TEXT("why", k->why));
	else
		log_event("certificates", LOG_NUMBER("n", k->files.pairs));
	if (!k->again) return;
	k->again = false;
	keys_reload(k);
}

static void
ready(void *owner, uint32_t events)
{
	struct keys *k = owner;
	bool loading = k->loading;
	int heard = receive(k);

	(void)events;
	if (heard == -1)
		k->lost();
	else if (loading && !k->loading)
		say_loaded(k);
}

static void
rotate(void *owner)
{
	struct keys *k = owner;

	tls_server_rotate(&k->server);
	loop_arm(k->loop, &k->rotation, k->loop->now_ms + TLS_TICKET_S * 1000);
}

bool
keys_watch(struct keys *k, struct loop *loop, void (*lost)(void))
{
	int fd = k->watch.fd;

	if (!k->files.pairs) return true;
	k->loop = loop;
	k->lost = lost;
	k->rotation = (struct timer){ .due = rotate, .owner = k };
	loop_arm(loop, &k->rotation, loop->now_ms + TLS_TICKET_S * 1000);
	k->watch = (struct watch){ .fd = -1, .ready = ready, .owner = k };
	return loop_watch(loop, &k->watch, fd, EPOLLIN);
}

void
keys_reload(struct keys *k)
{
	if (!k->files.pairs) return;
	if (k->loading)
		k->again = true;
	else if (!load(k))
		k->lost();
}

void
keys_free(struct keys *k)
{
	drop_fresh(k);
	tls_server_close(&k->server);
}
