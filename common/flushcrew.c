/* SPDX-License-Identifier: ISC */
/* The helper of flush.c: threads that take descriptors from one socket and sync
 * them. Does nothing else and can't. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/flushpart.h"
#include "common/jail.h"

enum {
	/* nothing here goes deep; the sanitizers' functions do */
	STACK = 128 * 1024,
	/* so many threads stand at the socket; what they bring is done by all */
	RECEIVING_MAX = 3
};

struct duty {
	struct flush_ask ask;
	int fd, error;
};

/* A thread that rests. */
struct hand {
	pthread_cond_t call;
	bool called;
	struct hand *next;
};

struct crew {
	int socket;		/* a packet wakes one thread */
	pthread_mutex_t lock;	/* for what follows */
	pthread_cond_t moved;	/* at the start */
	unsigned aboard;	/* threads */
	unsigned receiving;
	bool sealed;
	struct hand *resting;	/* the last first: its memory is in the cache */
	struct duty duty[FLUSH_MAX];
	size_t duties;
	bool telling;		/* a thread sends answers */
	size_t answers;
	struct flush_answer answer[FLUSH_MAX];
};

/* receive - what starts together; the process ends with its daemon
 *   returns how many */
static size_t
receive(int socket, struct duty d[FLUSH_MAX])
{
	struct flush_ask ask[FLUSH_MAX];
	int fd[ANCIL_MANY];
	struct iovec v = { ask, sizeof ask };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	union ancil_many room;
	size_t asks, fds, i, taken = 0;
	ssize_t n;

	ancil_expect_many(&m, &room);
	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n <= 0 || m.msg_flags & MSG_TRUNC) _exit(0);
	asks = (size_t)n / sizeof *ask;
	fds = ancil_take_many(&m, fd);
	for (i = 0; i < asks; i++) {
		bool const along = ask[i].along && taken < fds;

		d[i] = (struct duty){ .ask = ask[i],
		    .fd = along ? fd[taken++] : -1 };
	}
	return asks;
}

static bool
is_new(struct duty const *d)
{
	return d->ask.how == FLUSH_ALL && d->fd != -1;
}

/* written - 0 or errno. The kernel tells a failure once, which may be here; of
 * what can't be written so nothing is known before the sync. */
static int
written(int fd)
{
	unsigned const how = SYNC_FILE_RANGE_WAIT_BEFORE |
	    SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;

	if (sync_file_range(fd, 0, 0, how) == 0) return 0;
	return errno == ESPIPE || errno == ENOSYS || errno == EINTR ? 0 : errno;
}

/* write_out - A file system's commit holds what was written before it began.
 * What starts together is written first, all of it, so that the first of the
 * syncs doesn't begin a commit that the others come too late for. */
static void
write_out(struct duty *d, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_new(&d[i]))
			sync_file_range(d[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	for (i = 0; i < n; i++)
		if (is_new(&d[i])) d[i].error = written(d[i].fd);
}

static int
sync_now(struct duty const *d)
{
	int error = d->error;

	if (d->fd == -1) return EBADF;
	if (!error && (d->ask.how == FLUSH_DATA ? fdatasync(d->fd) :
	    fsync(d->fd)))
		error = errno;
	close(d->fd);
	return error;
}

/* With the lock held, which is let go of meanwhile: */

static void
call(struct crew *c)
{
	struct hand *h = c->resting;

	if (!h) return;
	c->resting = h->next;
	h->called = true;
	pthread_cond_signal(&h->call);
}

static void
rest(struct crew *c, struct hand *h)
{
	h->called = false;
	h->next = c->resting;
	c->resting = h;
	while (!h->called)
		pthread_cond_wait(&h->call, &c->lock);
}

static void
fetch(struct crew *c)
{
	struct duty d[FLUSH_MAX];
	size_t n, i;

	c->receiving++;
	pthread_mutex_unlock(&c->lock);
	n = receive(c->socket, d);
	pthread_mutex_lock(&c->lock);
	if (!--c->receiving) call(c);
	if (n > 1) {
		pthread_mutex_unlock(&c->lock);
		write_out(d, n);
		pthread_mutex_lock(&c->lock);
	}
	for (i = 0; i < n; i++) {
		c->duty[c->duties++] = d[i];
		if (i) call(c); /* the first is for this thread */
	}
}

/* tell - what ends meanwhile goes along with the next packet of this thread */
static void
tell(struct crew *c)
{
	struct flush_answer answer[FLUSH_MAX];

	while (c->answers && !c->telling) {
		size_t const len = c->answers * sizeof *answer;

		memcpy(answer, c->answer, len);
		c->answers = 0;
		c->telling = true;
		pthread_mutex_unlock(&c->lock);
		if (send(c->socket, answer, len, MSG_NOSIGNAL) == -1) _exit(0);
		pthread_mutex_lock(&c->lock);
		c->telling = false;
	}
}

static void
perform(struct crew *c)
{
	struct duty const d = c->duty[--c->duties];
	int error;

	pthread_mutex_unlock(&c->lock);
	error = sync_now(&d);
	pthread_mutex_lock(&c->lock);
	c->answer[c->answers++] = (struct flush_answer){
	    .number = d.ask.number, .error = error };
	tell(c);
}

static void *
serve(void *owner)
{
	struct crew *c = owner;
	struct hand hand = { .call = PTHREAD_COND_INITIALIZER };

	pthread_mutex_lock(&c->lock);
	c->aboard++;
	pthread_cond_broadcast(&c->moved);
	while (!c->sealed)
		pthread_cond_wait(&c->moved, &c->lock);
	for (;;) {
		if (c->duties)
			perform(c);
		else if (c->receiving < RECEIVING_MAX)
			fetch(c);
		else
			rest(c, &hand);
	}
	return NULL;
}

/* enlist - false when so many can't be had */
static bool
enlist(struct crew *c, unsigned threads)
{
	pthread_attr_t how;
	pthread_t thread;
	unsigned i;

	if (pthread_attr_init(&how) || pthread_attr_setstacksize(&how, STACK))
		return false;
	for (i = 0; i < threads; i++)
		if (pthread_create(&thread, &how, serve, c)) return false;
	return true;
}

/* The filter is for all of them, and lets no other be added. A new thread makes
 * calls of its own before it waits, which the filter knows nothing of. */
void
flushcrew_serve(int socket, void *most)
{
	static struct crew c = { .lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP,
				 .moved = PTHREAD_COND_INITIALIZER };
	unsigned const others = *(unsigned *)most + RECEIVING_MAX - 1;
	char const *why;

	c.socket = socket;
	if (!enlist(&c, others)) _exit(111);
	pthread_mutex_lock(&c.lock);
	while (c.aboard < others)
		pthread_cond_wait(&c.moved, &c.lock);
	if (!jail_seal(JAIL_SYNC, &why)) _exit(111);
	c.sealed = true;
	pthread_cond_broadcast(&c.moved);
	pthread_mutex_unlock(&c.lock);
	serve(&c);
}
