/* SPDX-License-Identifier: ISC */
/* A message copied into a mailbox file: lines of ours on top, then its octets
 * with the line ends of this machine. */
#ifndef MAILGRAVE_COPY_H
#define MAILGRAVE_COPY_H

#include "common/body.h"
#include "local/fromline.h"
#include "local/mboxrd.h"

enum {
	COPY_PIECE = 65536,	/* octets read at once */
	/* octets of a From_ line, Return-Path and Delivered-To together */
	COPY_TOP_MAX = FROMLINE_MAX +
	    sizeof "Return-Path: <>\r\nDelivered-To: \r\n" +
	    2 * ADDR_TEXT_MAX,
	COPY_HEADER_MAX = 1 << 20	/* octets searched for a Delivered-To of
					 * ours, which stands on top */
};

enum copy_form {
	COPY_MAIL,	/* Return-Path and Delivered-To on top */
	COPY_BARE,	/* nothing on top */
	COPY_MBOX	/* a From_ line too, its like quoted, an empty line
			 * behind; with LF line ends */
};

/* A copy on its way. All but the last three are set by the caller, these are
 * zero before the first octet. */
struct copy {
	int from;		/* read with pread, unless there is a text */
	struct slice text;	/* all of it */
	uint64_t size;		/* octets of it */
	struct slice sender, address;
	enum copy_form form;
	bool crlf;		/* lines end with CRLF, as they came */
	int64_t wall_s;		/* COPY_MBOX: the date of the From_ line */

	uint64_t offset;	/* octets that are copied */
	struct body_lf lf;
	struct mboxrd quote;
};

/* copy_been_here - has the message a Delivered-To of this very address?
 *   1 yes, 0 no, -1 errno */
int copy_been_here(struct copy const *c);

/* copy_piece - write the next octets to this descriptor
 *   1 there are more, 0 that was all, -1 errno; EIO also when the message is
 *   shorter than its size */
int copy_piece(struct copy *c, int to);

#endif
