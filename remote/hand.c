/* SPDX-License-Identifier: ISC */
/* The same job as in service, without send: for looking at a host by hand. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/clock.h"
#include "remote/hand.h"

enum { READ_AT_ONCE = 16384 };

static bool
write_all(int fd, char const *s, size_t len)
{
	return allwrite(fd, s, len) == len;
}

static bool
copy(int from, int to, uint64_t *size)
{
	struct body_crlf lines = { .state = 0 };
	char in[READ_AT_ONCE], out[2 * READ_AT_ONCE];
	ssize_t got;
	size_t n;

	do {
		got = fd_read(from, in, sizeof in);
		if (got == -1) return false;
		n = got ? body_crlf(&lines, slice_from(in, (size_t)got), out) :
		    body_crlf_end(&lines, out);
		if (!write_all(to, out, n)) return false;
		*size += n;
	} while (got);
	if (lines.broken) errno = EILSEQ;
	return !lines.broken;
}

bool
hand_read(struct hand *h, int fd)
{
	int const all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
	    F_SEAL_SEAL;
	int e, message;

	h->job.order.size = 0;
	message = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (message == -1) return false;
	if (copy(fd, message, &h->job.order.size) &&
	    fcntl(message, F_ADD_SEALS, all) == 0) {
		h->job.message = message;
		return true;
	}
	e = errno;
	close(message);
	errno = e;
	return false;
}

static void
took_result(void *owner, struct job_result const *r)
{
	static char const *const outcome[VERDICTS] = { "delivered",
	    "deferred", "failed" };
	struct hand *h = owner;
	struct client_result const *c = r->client;
	struct slice to = h->rcpt[c->rcpt];
	char words[4 * WORDS_MAX];
	size_t len = trace_escape(words, c->words);

	h->deferred += c->verdict == VERDICT_TEMP;
	h->failed += c->verdict == VERDICT_PERM;
	printf("%.*s: %s (%s) by %.*s: %.*s\n", (int)to.len, to.s,
	    outcome[c->verdict], c->status, (int)r->where.len, r->where.s,
	    (int)len, words);
}

/* The results are out; QUIT may still wait for its answer. */
static void
stop_if_over(void *owner)
{
	struct hand *h = owner;

	if (h->over && pool_is_empty(&h->remote->pool)) h->remote->loop->stop = true;
}

static void
ended(void *owner)
{
	struct hand *h = owner;

	h->over = true;
	stop_if_over(h);
}

void
hand_start(struct hand *h)
{
	struct job *j = &h->job;

	/* reading the message may have taken any time */
	h->remote->loop->now_ms = clock_monotonic_ms();
	j->remote = h->remote;
	h->remote->pool.emptied = stop_if_over;
	h->remote->pool.owner = h;
	j->target = h->target;
	j->why = "no host";
	j->order.sender = h->sender;
	j->order.rcpt = h->rcpt;
	j->order.rcpts = h->rcpts;
	/* whoever types at us does not say; a host that offers 8BITMIME takes
	 * it for 7-bit text too */
	j->order.eightbit = true;
	j->result = took_result;
	j->ended = ended;
	j->owner = h;
	job_start(j);
}

int
hand_exit(struct hand const *h)
{
	return h->failed ? 100 : h->deferred ? 111 : 0;
}
