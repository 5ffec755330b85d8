/* SPDX-License-Identifier: ISC */
/* One message handed to the queue over a socket (common/submit.h), waiting as
 * long as that takes, within limits. */
#ifndef MAILGRAVE_HANDIN_H
#define MAILGRAVE_HANDIN_H

#include "common/submit.h"

enum { HANDIN_WAIT_S = 120 };	/* longest silence of the queue */

struct handin {
	int fd;			/* the caller's, non-blocking */
	uint64_t size;
	uint32_t rcpts;
	/* The queue's answer, if it gave one. */
	bool answered;
	enum verdict verdict;
	char status[STATUS_MAX + 1];
	char words[WORDS_MAX + 1];
	char frame[WIRE_FRAME_MAX];
};

/* Each returns false when there is no point in going on: the queue has refused
 * (answered is true then), or errno says what happened to the connection:
 * ETIMEDOUT, EPROTO, EPIPE... Nothing is queued unless handin_end returns
 * true. */
bool handin_open(struct handin *s, int fd,
    struct submit_open const *open);
bool handin_rcpt(struct handin *s, struct addr const *rcpt,
    unsigned notify);
bool handin_body(struct handin *s, struct slice octets);

/* handin_end - commit: true means the message is the queue's, durably */
bool handin_end(struct handin *s);

#endif
