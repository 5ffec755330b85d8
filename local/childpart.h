/* SPDX-License-Identifier: ISC */
/* What child.c, childcommand.c and childuser.c share: the request as it came,
 * and the ways to answer it, each of which ends the process. For them alone. */
#ifndef MAILGRAVE_CHILDPART_H
#define MAILGRAVE_CHILDPART_H

#include "local/child.h"
#include "local/choose.h"
#include "local/copy.h"

/* A request as it came, checked as far as its form goes. */
struct asked {
	char packet[REQUEST_PACKET_MAX];
	struct request request;
	int message;
	struct choice choice;
};

/* child_report - of r, with these words */
_Noreturn void child_report(struct child const *c,
    struct delivery_result const *r, struct slice words);
_Noreturn void child_finish(struct child const *c, struct delivery_result r);

/* child_refuse - a request that is none of ours; child_fall_short - a shortage
 * of this machine */
_Noreturn void child_refuse(struct child const *c, char const *words);
_Noreturn void child_fall_short(struct child const *c, int error);

/* child_receive - take the request and look whether it is what the order named:
 * the worker may be anybody's by now
 *   peek  leave it there for another to take */
void child_receive(struct child const *c, struct asked *a, bool peek);

/* child_copy - of the message, without what is written on top */
struct copy child_copy(struct child const *c, struct asked const *a);

/* child_check_loop - go no further with one that was here before */
void child_check_loop(struct child const *c, struct copy const *copy);

/* The two kinds. */
_Noreturn void child_command(struct child const *c);
_Noreturn void child_user(struct child const *c);

#endif
