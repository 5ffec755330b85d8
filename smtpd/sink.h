/* SPDX-License-Identifier: ISC */
/* In place of queue, for those who need none: takes submissions from the pool
 * of this very process and hands each, when it is complete, to a mailgrave-local
 * that is our child. Its verdict is that of all deliveries together: accepted
 * is what every mailbox and command has taken; or there is one for each
 * recipient, when parcels.each is set. */
#ifndef MAILGRAVE_SINK_H
#define MAILGRAVE_SINK_H

#include <sys/types.h>
#include "common/carrier.h"

/* A message holds two ends of a connection, its text, and a copy on the way. */
enum { SINK_DESCRIPTORS = 4 };

struct sink_link;

struct sink {
	/* set by the owner */
	struct loop *loop;
	char const *hostname;
	struct routes const *routes;
	void (*lost)(void *owner);	/* local is gone: nothing can be taken
					 * any more */
	void *owner;

	struct parcels parcels;		/* each: set by the owner */
	struct carrier carrier;
	struct sink_link *first;
	pid_t local;
};

/* sink_open - start local, as who we are; before the seal
 *   argv   argv[0] is its name, NULL ends
 *   log    its standard error
 *   false  errno */
bool sink_open(struct sink *s, char const *const *argv, int log);

/* sink_connect - struct pool's connect; owner is the sink */
int sink_connect(void *owner);

/* sink_close - when no submission is left; waits for local's end
 *   returns its exit code */
int sink_close(struct sink *s);

/* sink_objection - why routes can't be carried out without a queue: a static
 * text, and *line says which line; NULL: they can */
char const *sink_objection(void *owner, struct routes const *routes,
    unsigned *line);

#endif
