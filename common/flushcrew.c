/* SPDX-License-Identifier: ISC */
/* The helper of flush.c: threads that take descriptors from one socket and sync
 * them. Does nothing else and can't. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "common/flushpart.h"
#include "common/helper.h"
#include "common/jail.h"

enum {
	/* nothing here goes deep; the sanitizers' functions do */
	STACK = 128 * 1024,
	/* Threads at the socket are woken in turn, so where there is little to
	 * do few stand there, whose memory is in the cache. When fewer than
	 * LOW are left others join them. */
	RECEIVING_MAX = 12,
	RECEIVING_LOW = 4
};

struct crew {
	int socket;		/* a packet wakes one thread */
	pthread_mutex_t lock;	/* for what follows */
	pthread_cond_t moved;
	unsigned aboard;	/* threads */
	unsigned receiving;
	bool sealed;
	bool telling;		/* a thread sends answers */
	size_t answers;
	struct flush_answer answer[FLUSH_MAX];
};

/* With the lock held, which is let go of meanwhile: */

/* receive - the process ends with its daemon */
static void
receive(struct crew *c, struct flush_ask *ask, int *fd)
{
	while (!c->sealed || c->receiving == RECEIVING_MAX)
		pthread_cond_wait(&c->moved, &c->lock);
	c->receiving++;
	pthread_mutex_unlock(&c->lock);
	if (helper_receive(c->socket, ask, sizeof *ask, fd) != sizeof *ask)
		_exit(0);
	pthread_mutex_lock(&c->lock);
	if (--c->receiving < RECEIVING_LOW) pthread_cond_signal(&c->moved);
}

static int
sync_now(struct crew *c, enum flush_how how, int fd)
{
	int error = 0;

	if (fd == -1) return EBADF;
	pthread_mutex_unlock(&c->lock);
	if (how == FLUSH_DATA ? fdatasync(fd) : fsync(fd)) error = errno;
	close(fd);
	pthread_mutex_lock(&c->lock);
	return error;
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
		if (!helper_send(c->socket, answer, len, -1)) _exit(0);
		pthread_mutex_lock(&c->lock);
		c->telling = false;
	}
}

static void *
serve(void *owner)
{
	struct crew *c = owner;
	struct flush_ask ask;
	int fd, error;

	pthread_mutex_lock(&c->lock);
	c->aboard++;
	pthread_cond_broadcast(&c->moved);
	for (;;) {
		receive(c, &ask, &fd);
		error = sync_now(c, ask.how, fd);
		c->answer[c->answers++] = (struct flush_answer){
		    .number = ask.number, .error = error };
		tell(c);
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
	static struct crew c = { .lock = PTHREAD_MUTEX_INITIALIZER,
				 .moved = PTHREAD_COND_INITIALIZER };
	unsigned const others = *(unsigned *)most - 1;
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
