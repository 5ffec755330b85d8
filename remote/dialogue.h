/* SPDX-License-Identifier: ISC */
/* The steps of the dialogue, a row each: what is said, what must be replied,
 * where good and bad replies lead, how long they may take. The client has two
 * places in it: that of the next command, and that of the command whose reply
 * comes next. Pure. */
#ifndef MAILGRAVE_DIALOGUE_H
#define MAILGRAVE_DIALOGUE_H

#include "remote/client.h"

/* Whom a refusal concerns. */
enum dialogue_whom { NOBODY, THIS_ONE, THESE, ALL, ALL_FOR_NOW };

struct dialogue_row {
	void (*command)(struct client *);
	char expected;			/* first digit of a good reply */
	enum client_step good;		/* where that leads, unless answer.c
					 * knows better */
	enum dialogue_whom refused;
	enum client_step bad;		/* where a refusal leads */
	unsigned wait_s;
	char const *moment;
};

extern struct dialogue_row const dialogue[CLIENT_STEPS];

bool dialogue_is_same(struct client_place a, struct client_place b);

/* dialogue_in_group - MAIL to DATA: these may be sent without waiting for
 * replies (RFC 2920) */
bool dialogue_in_group(struct client_place p);

/* dialogue_follow - the place behind p if all goes well. The group's commands
 * follow one another whatever is replied: what was said ahead must be heard to
 * its end. */
struct client_place dialogue_follow(struct client const *client,
    struct client_place p);

/* dialogue_go - both places move there: nothing that was said is without a
 * reply */
void dialogue_go(struct client *client, enum client_step step);

/* dialogue_moment - where the dialogue stands, in words. Until the end mark is
 * out they can't have the message. */
char const *dialogue_moment(struct client const *client);

#endif
