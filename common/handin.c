/* SPDX-License-Identifier: ISC */
/* The client's side of a submission; believes nothing but a verdict. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include "common/handin.h"

/* The words go to a terminal. */
static void
copy_printable(char *out, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.s[i];

		out[i] = (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
	}
	out[i] = '\0';
}

/* take_verdict - one if it is there
 *   1 s->answered; 0 not yet; -1 errno */
static int
take_verdict(struct handin *s)
{
	struct submit_verdict v;
	ssize_t n = recv(s->fd, s->frame, sizeof s->frame, MSG_DONTWAIT);

	if (n == -1) return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (!n) {
		errno = EPIPE;
		return -1;
	}
	if (!wire_unpack(&submit_verdict_form, &v,
	    slice_from(s->frame, (size_t)n))) {
		errno = EPROTO;
		return -1;
	}
	s->verdict = v.verdict;
	copy_printable(s->status, v.status);
	copy_printable(s->words, v.words);
	s->answered = true;
	return 1;
}

/* await - until the socket can be written or read, not for ever */
static bool
await(struct handin *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };
	int n = poll(&p, 1, HANDIN_WAIT_S * 1000);

	if (n == 0) errno = ETIMEDOUT;
	return n == 1 || (n == -1 && errno == EINTR);
}

/* refused_early - an answer before the end can only be a refusal */
static bool
refused_early(struct handin *s)
{
	int got = take_verdict(s);

	if (got == 1 && s->verdict == VERDICT_OK) {
		s->answered = false;
		errno = EPROTO;
	}
	return got != 0;
}

static bool
transmit(struct handin *s, struct wire_form const *form,
    void const *values)
{
	size_t len;

	for (;;) {
		if (refused_early(s)) return false;
		len = wire_pack(form, values, s->frame, sizeof s->frame);
		if (!len) {
			errno = EMSGSIZE;
			return false;
		}
		if (send(s->fd, s->frame, len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
		    -1)
			return true;
		if (errno != EAGAIN && errno != EINTR) {
			int e = errno;

			if (!refused_early(s)) errno = e;
			return false;
		}
		if (!await(s, POLLIN | POLLOUT)) return false;
	}
}

bool
handin_open(struct handin *s, int fd, struct submit_open const *open)
{
	s->fd = fd;
	s->size = 0;
	s->rcpts = 0;
	s->answered = false;
	return transmit(s, &submit_open_form, open);
}

bool
handin_rcpt(struct handin *s, struct addr const *rcpt,
    unsigned notify)
{
	char text[ADDR_TEXT_MAX];
	struct submit_rcpt r = { .address =
	    slice_from(text, addr_format(rcpt, text)),
	    .notify = (uint8_t)notify };

	s->rcpts++;
	return transmit(s, &submit_rcpt_form, &r);
}

bool
handin_body(struct handin *s, struct slice octets)
{
	while (octets.len) {
		size_t n = octets.len < WIRE_BODY_MAX ? octets.len
						      : WIRE_BODY_MAX;
		struct submit_body body = { .octets = slice_from(octets.s, n) };

		if (!transmit(s, &submit_body_form, &body)) return false;
		s->size += n;
		octets = slice_skip(octets, n);
	}
	return true;
}

bool
handin_end(struct handin *s)
{
	struct submit_end end = { .size = s->size, .rcpts = s->rcpts };
	int got;

	if (!transmit(s, &submit_end_form, &end)) return false;
	while ((got = take_verdict(s)) == 0)
		if (!await(s, POLLIN)) return false;
	return got == 1 && s->verdict == VERDICT_OK;
}
