/* SPDX-License-Identifier: ISC */
/* What somebody may order for mail that waits, said the same way by the
 * command, in the journal and to send. */
#ifndef MAILGRAVE_ORDER_H
#define MAILGRAVE_ORDER_H

enum order {
	ORDER_DELETE,	/* it is gone, nobody is told */
	ORDER_HOLD,	/* it stays, untried, until released */
	ORDER_RELEASE,	/* an end to that */
	ORDER_BOUNCE,	/* its open recipients fail: its sender is told */
	ORDER_RETRY,	/* its open recipients are due at once */
	ORDERS
};

#endif
