/* SPDX-License-Identifier: ISC */
/* Asks and listens; decides nothing. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/ancil.h"
#include "common/clock.h"
#include "common/neighbour.h"
#include "queue/complain.h"
#include "queue/request.h"

enum {
	SILENCE_MS = 120 * 1000,	/* no queue is so busy */
	PATIENCE_MS = 1000		/* of people, before they see progress */
};

/* Asking */

static bool
await(struct request const *q, short events)
{
	struct pollfd p = { .fd = q->queue.fd, .events = events };
	int n;

	do
		n = poll(&p, 1, SILENCE_MS);
	while (n == -1 && errno == EINTR);
	if (n == 0) errno = ETIMEDOUT;
	return n == 1;
}

static bool
transmit(struct request *q, struct wire_form const *form, void const *values)
{
	size_t len = wire_pack(form, values, q->frame, sizeof q->frame);

	while (send(q->queue.fd, q->frame, len, MSG_NOSIGNAL) == -1)
		if ((errno != EAGAIN && errno != EINTR) || !await(q, POLLOUT))
			return false;
	return true;
}

static bool
ask(struct request *q, char *const *operand)
{
	struct command_go const go = { .unused = 0 };

	if (!transmit(q, &command_ask_form, &q->ask)) return false;
	for (; *operand; operand++) {
		struct command_filter f = { .term = slice_of(*operand) };
		struct command_id id;

		if (traceid_parse(&id.id, f.term) ?
		    !transmit(q, &command_id_form, &id) :
		    !transmit(q, &command_filter_form, &f))
			return false;
	}
	return transmit(q, &command_go_form, &go);
}

/* Listening */

static void
clear_progress(struct request *q)
{
	if (q->progress) fprintf(stderr, "\r%50s\r", "");
	q->progress = false;
}

/* Only where it doesn't run into what is printed. */
static void
show_progress(struct request *q, struct command_progress const *p)
{
	if (clock_monotonic_ms() - q->begun_ms < PATIENCE_MS ||
	    !isatty(STDERR_FILENO) ||
	    (q->ask.order == ORDERS && isatty(STDOUT_FILENO)))
		return;
	fprintf(stderr, "\r%llu looked at, %llu match",
	    (unsigned long long)p->seen, (unsigned long long)p->matched);
	q->progress = true;
}

/* fd is -1 unless it came along with a BODY; false: not what a queue says */
static bool
take(struct request *q, struct slice frame, int fd)
{
	union {
		struct command_mail mail;
		struct command_rcpt rcpt;
		struct command_body body;
		struct command_progress progress;
		struct command_since since;
		struct command_count count;
	} is;

	if (wire_unpack(&command_mail_form, &is.mail, frame)) {
		if (q->status)
			status_mail(q->status, &is.mail, q->now_s);
		else
			table_mail(q->table, &is.mail);
	} else if (wire_unpack(&command_rcpt_form, &is.rcpt, frame)) {
		table_rcpt(q->table, &is.rcpt);
	} else if (wire_unpack(&command_body_form, &is.body, frame)) {
		table_text(q->table, fd);
	} else if (wire_unpack(&command_progress_form, &is.progress, frame)) {
		show_progress(q, &is.progress);
	} else if (wire_unpack(&command_since_form, &is.since, frame)) {
		if (q->status) q->status->since_s = is.since.since_s;
	} else if (wire_unpack(&command_count_form, &is.count, frame)) {
		if (q->status) status_count(q->status, &is.count);
	} else {
		q->over = wire_unpack(&command_done_form, &q->done, frame);
		return q->over;
	}
	return true;
}

static bool
receive(struct request *q)
{
	struct iovec v = { .iov_base = q->frame, .iov_len = sizeof q->frame };
	union ancil c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = c.octet, .msg_controllen = sizeof c.octet };
	ssize_t n = recvmsg(q->queue.fd, &m, MSG_CMSG_CLOEXEC);
	int fd;

	if (n == -1 && errno == EAGAIN) return await(q, POLLIN);
	if (n == -1) return errno == EINTR;
	if (!n) {
		errno = EPIPE;
		return false;
	}
	errno = EPROTO;
	return ancil_take(&m, &fd) &&
	    take(q, slice_from(q->frame, (size_t)n), fd);
}

/* its words live no longer than the frame */
static void
keep_words(struct request *q)
{
	memcpy(q->words, q->done.words.s, q->done.words.len);
	q->words[q->done.words.len] = '\0';
	q->done.words = slice_of(q->words);
}

int
request_make(struct request *q, char *const *operand)
{
	struct reached const *from = &q->queue;
	bool fine;
	int e;

	q->begun_ms = clock_monotonic_ms();
	fine = ask(q, operand);
	while (fine && !q->over)
		fine = receive(q);
	e = errno;
	clear_progress(q);
	if (q->over) keep_words(q);
	close(from->fd);
	if (from->child && neighbour_wait(from->child) && !q->over) {
		if (lseek(from->log, 0, SEEK_SET) == 0) fd_cat(from->log, 2);
		return NOT_NOW;
	}
	return q->over ? 0 : complain(NOT_NOW, "the queue went away",
	    strerror(e));
}
