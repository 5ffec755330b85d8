/* SPDX-License-Identifier: ISC */
/* Keeps the helpers that check passwords in step with their file. May end the
 * process, as main does: it is a part of its beginning. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "smtpd/accounts.h"
#include "smtpd/users.h"

/* Passwords' hashes stay in the helpers, which get the file's descriptor. */
void
accounts_open(struct accounts *a)
{
	char const *file = a->file;
	char number[16];
	unsigned line;
	size_t len;
	char *text;

	if (!file) return;
	text = file_slurp(file, READER_FILE_MAX, &len);
	a->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (!text || a->fd == -1) strerr_diefusys(100, "read ", file);
	line = users_wrong(slice_from(text, len));
	explicit_bzero(text, len);
	free(text);
	if (!line) return;
	snprintf(number, sizeof number, ":%u", line);
	strerr_dief(100, file, number, ": neither NAME:HASH nor a comment");
}

static void
passed(void *owner, size_t n, int fd)
{
	struct accounts *a = owner;

	(void)n;
	checker_users(a->checker, fd);
}

static void
failed(void *owner, size_t n, char *text, size_t len)
{
	struct accounts *a = owner;

	(void)n;
	(void)len;
	free(text);
	log_event("reload-failed", LOG_TEXT("file", a->file),
	    LOG_TEXT("why", strerror(errno)));
}

bool
accounts_watch(struct accounts *a, struct loop *loop,
    struct jail const *jail, void (*lost)(void))
{
	if (!a->file) return true;
	a->reader = (struct reader){ .path = { a->file }, .paths = 1,
		.took = failed, .passed = passed, .owner = a };
	return reader_open(&a->reader, loop, jail, "smtpd-users", lost);
}

void
accounts_reload(struct accounts *a)
{
	if (a->file) reader_ask(&a->reader);
}
