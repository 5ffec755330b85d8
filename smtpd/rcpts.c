/* SPDX-License-Identifier: ISC */
/* Each is a head of fixed size, address, ORCPT. */
#include "smtpd/rcpts.h"

/* What part of the memory that is left they may take. */
enum { OF_RCPTS = 8 };

struct head {
	uint16_t address_len, orcpt_len;
	uint8_t notify;
};

bool
rcpts_add(size_t *held, struct octets *rcpts, struct submit_rcpt const *rcpt)
{
	struct head head = { .notify = rcpt->notify,
		.address_len = (uint16_t)rcpt->address.len,
		.orcpt_len = (uint16_t)rcpt->orcpt.len };

	if (!octets_grow(held, rcpts, sizeof head + rcpt->address.len +
	    rcpt->orcpt.len, OF_RCPTS))
		return false;
	octets_add(rcpts, slice_from((char const *)&head, sizeof head));
	octets_add(rcpts, rcpt->address);
	octets_add(rcpts, rcpt->orcpt);
	return true;
}

struct submit_rcpt
rcpts_next(struct slice *in)
{
	struct head head;
	struct submit_rcpt rcpt;

	memcpy(&head, in->s, sizeof head);
	*in = slice_skip(*in, sizeof head);
	rcpt.notify = head.notify;
	rcpt.address = slice_from(in->s, head.address_len);
	*in = slice_skip(*in, head.address_len);
	rcpt.orcpt = slice_from(in->s, head.orcpt_len);
	*in = slice_skip(*in, head.orcpt_len);
	return rcpt;
}
