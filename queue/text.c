/* SPDX-License-Identifier: ISC */
/* Opens texts of messages; writes none. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/crc32c.h"
#include "queue/store.h"
#include "queue/text.h"

/* A small message is copied out of the journal into a memory file. */
static int
open_small(struct journal const *j, struct message const *m)
{
	struct slice text;
	char *octets = envelope_body(j, m, &text);
	int fd = octets ? store_sealed(text) : -1;

	free(octets);
	return fd;
}

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

int
text_open(struct journal const *j, int mess, struct message *m,
    struct envelope const *e)
{
	return m->file ? open_large(mess, m, &e->message) : open_small(j, m);
}
