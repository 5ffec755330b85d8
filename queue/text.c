/* SPDX-License-Identifier: ISC */
/* Opens texts of messages; writes none. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/crc32c.h"
#include "queue/store.h"
#include "queue/text.h"

/* What was written before this start is read once to see that it is still
 * what it was. */
static bool
is_whole(struct message *m, struct record_message const *r, int fd)
{
	static char piece[64 << 10];
	uint32_t crc = 0;
	uint64_t at = 0;
	struct stat st;

	if (fstat(fd, &st) == -1 || (uint64_t)st.st_size != r->size)
		return false;
	while (!m->checked && at < r->size) {
		ssize_t n = pread(fd, piece, sizeof piece, (off_t)at);

		if (n == -1 && errno == EINTR) continue;
		if (n <= 0) return false;
		crc = crc32c(crc, piece, (size_t)n);
		at += (uint64_t)n;
	}
	if (!m->checked && crc != r->crc) return false;
	m->checked = true;
	return true;
}

static int
open_large(int mess, struct message *m, struct record_message const *r)
{
	int fd = store_open(mess, &m->by.id);

	if (fd == -1 || is_whole(m, r, fd)) return fd;
	close(fd);
	errno = EIO;
	return -1;
}

/* A small message has been copied out of the journal, and goes into a memory
 * file. */
int
text_open(int mess, struct message *m, struct envelope const *e)
{
	if (m->file) return open_large(mess, m, &e->message);
	if (e->text.s) return store_sealed(e->text);
	errno = EIO;
	return -1;
}
