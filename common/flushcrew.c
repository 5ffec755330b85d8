/* SPDX-License-Identifier: ISC */
/* The helper of flush.c: its threads, and who does what. Knows nothing of
 * files. */
#include <skalibs/nonposix.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>
#include "common/flushduty.h"
#include "common/helper.h"
#include "common/jail.h"

enum {
	/* nothing here goes deep; the sanitizers' functions do */
	STACK = 128 * 1024,
	/* so many threads stand at the socket; what they bring is done by all */
	RECEIVING_MAX = 3
};

/* A thread. */
struct hand {
	struct flushduty duty;
	bool busy;		/* it has one */
	sem_t call;		/* what it rests on */
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
	struct flushduty duty[FLUSH_MAX];	/* nobody was free for these */
	size_t duties;
	bool telling;		/* a thread sends answers */
	size_t answers;
	struct flush_answer answer[FLUSH_MAX];
};

/* With the lock held: */

static struct hand *
wake(struct crew *c)
{
	struct hand *h = c->resting;

	if (h) c->resting = h->next;
	return h;
}

static struct hand *
assign(struct crew *c, struct flushduty const *d)
{
	struct hand *h = wake(c);

	if (h) {
		h->duty = *d;
		h->busy = true;
	} else {
		c->duty[c->duties++] = *d;
	}
	return h;
}

/* tell - what ends meanwhile goes along with the next packet of this thread;
 * lets go of the lock while it sends */
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

/* Without it: */

/* leave_socket - somebody else stands there */
static void
leave_socket(struct crew *c)
{
	struct hand *h;

	pthread_mutex_lock(&c->lock);
	h = --c->receiving ? NULL : wake(c);
	pthread_mutex_unlock(&c->lock);
	if (h) sem_post(&h->call);
}

static void
share(struct crew *c, struct flushduty const *d, size_t n)
{
	struct hand *called = NULL, *h;
	size_t i;

	pthread_mutex_lock(&c->lock);
	for (i = 0; i < n; i++) {
		h = assign(c, &d[i]);
		if (!h) continue;
		h->next = called;
		called = h;
	}
	pthread_mutex_unlock(&c->lock);
	while ((h = called)) {
		called = h->next; /* once posted, h is its own again */
		sem_post(&h->call);
	}
}

static void
fetch(struct crew *c, struct hand *h)
{
	struct flushduty d[FLUSH_MAX];
	size_t const n = flushduty_receive(c->socket, d);

	leave_socket(c);
	if (n > 1) {
		flushduty_write_out(d, n);
		share(c, d + 1, n - 1);
	}
	h->busy = n > 0;
	if (n) h->duty = d[0];
}

static void
look_for_work(struct crew *c, struct hand *h)
{
	pthread_mutex_lock(&c->lock);
	h->busy = c->duties;
	if (h->busy) {
		h->duty = c->duty[--c->duties];
		pthread_mutex_unlock(&c->lock);
	} else if (c->receiving < RECEIVING_MAX) {
		c->receiving++;
		pthread_mutex_unlock(&c->lock);
		fetch(c, h);
	} else {
		h->next = c->resting;
		c->resting = h;
		pthread_mutex_unlock(&c->lock);
		while (sem_wait(&h->call) == -1)
			;
	}
}

static void
perform(struct crew *c, struct flushduty const *d)
{
	int const error = flushduty_sync(d);

	pthread_mutex_lock(&c->lock);
	c->answer[c->answers++] = (struct flush_answer){
	    .number = d->ask.number, .error = error };
	tell(c);
	pthread_mutex_unlock(&c->lock);
}

static void *
serve(void *owner)
{
	struct crew *c = owner;
	struct hand hand;

	if (sem_init(&hand.call, 0, 0)) _exit(111);
	pthread_mutex_lock(&c->lock);
	c->aboard++;
	pthread_cond_broadcast(&c->moved);
	while (!c->sealed)
		pthread_cond_wait(&c->moved, &c->lock);
	pthread_mutex_unlock(&c->lock);
	for (;;) {
		look_for_work(c, &hand);
		if (hand.busy) perform(c, &hand.duty);
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
