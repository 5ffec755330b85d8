/* SPDX-License-Identifier: ISC */
/* Opens again the files named at start, from outside the root directory. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/reader.h"

struct start {
	struct reader const *reader;
	struct jail outside;	/* the daemon's jail without its root */
};

/* What the helper answers; a descriptor comes along when error is 0. */
struct answer {
	unsigned char n;
	int error;
};

/* answer - a descriptor that can't be passed on now, for want of room in the
 * kernel, is an error like any other; false: the daemon is gone */
static bool
answer(int socket, struct answer *a, int fd)
{
	bool sent = helper_send(socket, a, sizeof *a, fd);

	if (!sent && fd != -1) {
		a->error = errno;
		sent = helper_send(socket, a, sizeof *a, -1);
	}
	if (fd != -1) close(fd);
	return sent;
}

static void
serve(int socket, void *owner)
{
	struct start const *start = owner;
	struct answer a = { 0 };
	char const *why;
	int fd;

	if (!jail_enter(&start->outside, &why)) _exit(111);
	if (!jail_seal(JAIL_READ, &why)) _exit(111);
	while (helper_receive(socket, &a.n, sizeof a.n, &fd) == sizeof a.n) {
		if (fd != -1 || a.n >= start->reader->paths) break;
		fd = open(start->reader->path[a.n],
		    O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		a.error = fd == -1 ? errno : 0;
		if (!answer(socket, &a, fd)) break;
	}
}

char *
file_slurp_from(int fd, size_t max, size_t *len)
{
	struct stat st;
	char *text = NULL;
	ssize_t n = 0;
	int e;

	*len = 0;
	if (fstat(fd, &st) == -1) goto undo;
	errno = EINVAL;
	if (!S_ISREG(st.st_mode)) goto undo;
	errno = EFBIG;
	if ((uint64_t)st.st_size > max) goto undo;
	text = malloc((size_t)st.st_size + 1);
	if (!text) goto undo;
	while (*len < (size_t)st.st_size) {
		n = read(fd, text + *len, (size_t)st.st_size - *len);
		if (n <= 0) break;
		*len += (size_t)n;
	}
	if (n == -1) goto undo;
	text[*len] = '\0';
	close(fd);
	return text;
undo:
	e = errno;
	free(text);
	close(fd);
	errno = e;
	return NULL;
}

char *
file_slurp(char const *path, size_t max, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd == -1 ? NULL : file_slurp_from(fd, max, len);
}

/* ask - one request for each file is under way at most: however often a daemon
 * is told to read again, the socket has room */
static void
ask(struct reader *r, unsigned char n)
{
	if (r->asked[n]) {
		r->again[n] = true;
		return;
	}
	r->asked[n] = helper_send(r->watch.fd, &n, sizeof n, -1);
	if (r->asked[n]) return;
	if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
		r->lost();
	else
		r->took(r->owner, n, NULL, 0);
}

static void
ready(void *owner, uint32_t events)
{
	struct reader *r = owner;
	struct answer a = { 0 };
	char *text = NULL;
	size_t len = 0;
	ssize_t got;
	int fd;

	(void)events;
	got = helper_receive(r->watch.fd, &a, sizeof a, &fd);
	if (got == -1 && errno == EAGAIN) return;
	if (got == -1 && errno == EMFILE && !a.error) {
		/* for want of descriptors of our own: an error of this file */
		a.error = errno;
		got = sizeof a;
	}
	if (got != sizeof a || a.n >= r->paths || !r->asked[a.n] ||
	    (fd == -1) != (a.error != 0)) {
		if (fd != -1) close(fd);
		r->lost();
		return;
	}
	r->asked[a.n] = false;
	errno = a.error;
	if (fd != -1 && r->passed) {
		r->passed(r->owner, a.n, fd);
	} else {
		if (fd != -1) text = file_slurp_from(fd, READER_FILE_MAX, &len);
		r->took(r->owner, a.n, text, len);
	}
	if (!r->again[a.n]) return;
	r->again[a.n] = false;
	ask(r, a.n);
}

bool
reader_open(struct reader *r, struct loop *loop, struct jail const *jail,
    char const *name, void (*lost)(void))
{
	struct start start = { .reader = r, .outside = *jail };
	int fd;

	start.outside.root = NULL;
	r->loop = loop;
	r->lost = lost;
	r->watch = (struct watch){ .fd = -1, .ready = ready, .owner = r };
	fd = helper_fork(name, serve, &start);
	return fd != -1 && loop_watch(loop, &r->watch, fd, EPOLLIN);
}

void
reader_ask(struct reader *r)
{
	unsigned char n;

	for (n = 0; n < r->paths; n++)
		ask(r, n);
}
