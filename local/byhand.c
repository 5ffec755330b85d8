/* SPDX-License-Identifier: ISC */
/* Reads a message and gives it to this very process as a job; delivers
 * nothing. */
#include <errno.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/body.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/unixsock.h"
#include "local/byhand.h"

enum { PIECE = 16384 };

char const *
byhand_wrong(struct byhand_mail const *mail)
{
	struct addr a;
	size_t i;

	for (i = 0; i < mail->rcpts; i++)
		if (!addr_parse(&a, slice_of(mail->rcpt[i])))
			return mail->rcpt[i];
	if (mail->sender && *mail->sender &&
	    !addr_parse(&a, slice_of(mail->sender)))
		return mail->sender;
	return NULL;
}

static bool
read_text(struct parcel *p)
{
	struct body_crlf lines = { .state = 0 };
	char in[PIECE], out[2 * PIECE];
	ssize_t n;

	while ((n = fd_read(STDIN_FILENO, in, sizeof in)) > 0)
		parcel_text(p, slice_from(out, body_crlf(&lines,
		    slice_from(in, (size_t)n), out)));
	if (n == -1) return false;
	parcel_text(p, slice_from(out, body_crlf_end(&lines, out)));
	return true;
}

struct parcel *
byhand_read(struct byhand *b, char const *hostname)
{
	int64_t now_ms = clock_wall_ms();
	struct submit_open open = {
		.sender = slice_of(b->mail->sender ? b->mail->sender : "") };
	struct parcel *p;
	size_t i;
	int e;

	traceid_make(&open.id, now_ms);
	b->parcels.hostname = hostname;
	p = parcel_new(&b->parcels, &open, (int64_t)getuid(), now_ms / 1000);
	if (!p) return NULL;
	for (i = 0; i < b->mail->rcpts; i++) {
		struct submit_rcpt const rcpt = {
			.address = slice_of(b->mail->rcpt[i]) };

		if (!parcel_rcpt(p, &rcpt)) goto undo;
	}
	if (read_text(p)) return p;
undo:
	e = errno;
	parcel_free(p);
	errno = e;
	return NULL;
}

static void
conclude(struct byhand *b, struct parcel *p)
{
	static int const statuses[] = { [VERDICT_OK] = 0, [VERDICT_TEMP] = 111,
		[VERDICT_PERM] = 100 };

	b->status = statuses[p->outcome.verdict];
	parcel_free(p);
	b->carrier.loop->stop = true;
}

static void
done(void *owner, struct parcel *p)
{
	conclude(owner, p);
}

/* done has been called for all that there was */
static void
lost(void *owner)
{
	(void)owner;
}

int
byhand_start(struct byhand *b, struct loop *loop, struct parcel *p,
    struct routes const *routes)
{
	int pair[2];

	b->status = 111;
	b->carrier.loop = loop;
	b->carrier.done = done;
	b->carrier.lost = lost;
	b->carrier.owner = b;
	if (!unixsock_pair(pair)) return -1;
	if (!carrier_open(&b->carrier, pair[0])) {
		close(pair[1]);
		return -1;
	}
	if (parcel_end(p, routes)) {
		carrier_take(&b->carrier, p);
	} else {
		log_event("refused", LOG_ID(&p->open->id),
		    LOG_TEXT("status", p->outcome.status),
		    LOG_TEXT("words", p->outcome.words));
		conclude(b, p);
	}
	return pair[1];
}
