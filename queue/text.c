/* SPDX-License-Identifier: ISC */
/* Opens texts of messages; writes none. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/msgfd.h"
#include "queue/crc32c.h"
#include "queue/store.h"
#include "queue/text.h"

int
text_check_step(struct text_check *c)
{
	static char piece[TEXT_STEP];
	ssize_t n;

	do
		n = pread(c->fd, piece, sizeof piece, (off_t)c->at);
	while (n == -1 && errno == EINTR);
	if (n == -1) return -1;
	c->crc = crc32c(c->crc, piece, (size_t)n);
	c->at += (uint64_t)n;
	if (n && c->at < c->size) return 1;
	if (c->at == c->size && c->crc == c->expected) return 0;
	errno = EBADMSG;
	return -1;
}

bool
text_check_begin(struct text_check *c, int mess, struct message const *m,
    struct record_message const *r)
{
	*c = (struct text_check){ .fd = store_open(mess, &m->by.id),
	    .size = r->size, .expected = r->crc };
	return c->fd != -1;
}

void
text_check_end(struct text_check *c)
{
	if (c->fd != -1) close(c->fd);
	c->fd = -1;
}

static int
open_large(int mess, struct message const *m, struct record_message const *r)
{
	int fd = store_open(mess, &m->by.id);
	struct stat st;

	if (fd == -1) return -1;
	if (m->checked && fstat(fd, &st) == 0 &&
	    (uint64_t)st.st_size == r->size)
		return fd;
	close(fd);
	errno = EIO;
	return -1;
}

/* A small message has been copied out of the journal, and goes into a memory
 * file. */
int
text_open(int mess, struct message const *m, struct envelope const *e)
{
	if (m->file) return open_large(mess, m, &e->message);
	if (e->text.s) return msgfd_make(e->text);
	errno = EIO;
	return -1;
}
