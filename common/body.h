/* SPDX-License-Identifier: ISC */
/* Message text on its way: the end mark and the dots of SMTP's DATA (RFC 5321
 * section 4.5.2), and line ends. Pure; state fits in a few octets, so any cut
 * of the input gives the same output. Inside Mailgrave every message has CRLF
 * line ends and ends with one. */
#ifndef MAILGRAVE_BODY_H
#define MAILGRAVE_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

/* Receiving after DATA: takes stuffing out and finds CRLF.CRLF. A zeroed one
 * stands before the first octet. */
struct body_receive {
	unsigned char state;
	bool broken;	/* a bare CR, a bare LF or a NUL came by */
	bool done;	/* the end mark was seen */
	uint64_t size;	/* octets given out so far */
};

/* body_receive - take octets of the DATA phase, never past the end mark
 *   in   advanced past what was taken
 *   out  room for in->len + 1 octets; gets the message without stuffing
 *   returns octets written to out; look at done for the end
 * Only CRLF.CRLF ends it, or .CRLF as the very first line; what makes a
 * message broken is handed on as it came. */
size_t body_receive(struct body_receive *b, struct slice *in, char *out);

/* Sending after DATA: puts stuffing in. A zeroed one stands at the start. */
struct body_send {
	unsigned char state;
};

/* body_send - one piece of a message with CRLF line ends
 *   out  room for 2 * in.len octets
 *   returns octets written to out */
size_t body_send(struct body_send *b, struct slice in, char *out);

/* body_send_end - the end mark, with a CRLF before it if the message lacks one
 *   out  room for 5 octets */
size_t body_send_end(struct body_send *b, char *out);

/* LF or CRLF in, CRLF out: what people pipe into inject. */
struct body_crlf {
	unsigned char state;
	bool broken;	/* a CR without LF, or a NUL, came by: it was kept */
};

/* body_crlf - out has room for 2 * in.len octets; returns those written */
size_t body_crlf(struct body_crlf *b, struct slice in, char *out);

/* body_crlf_end - a last line end when the text has none (an empty text stays
 * empty); out has room for 2 octets */
size_t body_crlf_end(struct body_crlf *b, char *out);

/* CRLF in, LF out: what mailboxes and programs on this machine read. */
struct body_lf {
	bool cr;	/* a CR is held back */
};

/* body_lf - out has room for in.len + 1 octets; returns those written. A CR
 * that no LF follows stays. */
size_t body_lf(struct body_lf *b, struct slice in, char *out);

/* body_lf_end - a CR that was the last octet; out has room for 1 octet */
size_t body_lf_end(struct body_lf *b, char *out);

#endif
