/* SPDX-License-Identifier: ISC */
/* A message copied into a mailbox file: two lines of ours on top, then its
 * octets with the line ends of this machine. */
#ifndef MAILGRAVE_COPY_H
#define MAILGRAVE_COPY_H

#include "common/addr.h"
#include "common/body.h"

enum {
	COPY_PIECE = 65536,	/* octets read at once */
	/* octets of Return-Path and Delivered-To together */
	COPY_TOP_MAX = sizeof "Return-Path: <>\r\nDelivered-To: \r\n" +
	    2 * ADDR_TEXT_MAX,
	COPY_HEADER_MAX = 1 << 20	/* octets searched for a Delivered-To of
					 * ours, which stands on top */
};

/* A copy on its way. The first five are set by the caller, the rest is zero
 * before the first octet. */
struct copy {
	int from;		/* read with pread */
	uint64_t size;		/* octets of it */
	struct slice sender, address;
	bool crlf;		/* lines end with CRLF, as they came */

	uint64_t offset;	/* octets that are copied */
	struct body_lf lf;
};

/* copy_been_here - has the message a Delivered-To of this very address?
 *   1 yes, 0 no, -1 errno */
int copy_been_here(struct copy const *c);

/* copy_piece - write the next octets to this descriptor
 *   1 there are more, 0 that was all, -1 errno; EIO also when the message is
 *   shorter than its size */
int copy_piece(struct copy *c, int to);

#endif
