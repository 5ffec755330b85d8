/* SPDX-License-Identifier: ISC */
/* Keeps the policy in step with its two files; what they mean is policy.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/log.h"
#include "smtpd/files.h"

/* take - file n in place of the one in force; false leaves that */
static bool
take(struct policy *policy, size_t n, struct slice text,
    struct parse_error *why)
{
	struct policy fresh;

	if (n == FILES_ROUTES) {
		if (!routes_parse(&fresh.routes, text, why)) return false;
		routes_free(&policy->routes);
		policy->routes = fresh.routes;
	} else {
		if (!access_parse(&fresh.access, text, why)) return false;
		access_free(&policy->access);
		policy->access = fresh.access;
	}
	return true;
}

/* text is freed; NULL with errno when it could not be read */
static bool
take_text(struct files *f, size_t n, char *text, size_t len,
    struct parse_error *why)
{
	bool taken;

	if (!text && errno != ENOENT) {
		why->line = 0;
		snprintf(why->why, sizeof why->why, "%s", strerror(errno));
		return false;
	}
	if (!text) log_event("no-file", LOG_TEXT("file", f->path[n]));
	taken = take(f->policy, n, slice_from(text, len), why);
	free(text);
	return taken;
}

bool
files_read(struct files *f, char const **file, struct parse_error *why)
{
	size_t n;

	for (n = 0; n < FILES; n++) {
		size_t len;
		char *text = file_slurp(f->path[n], READER_FILE_MAX, &len);

		*file = f->path[n];
		if (!take_text(f, n, text, text ? len : 0, why)) return false;
	}
	return true;
}

void
files_log(struct files const *f)
{
	struct routes const *routes = &f->policy->routes;
	char hash[17];

	snprintf(hash, sizeof hash, "%016llx",
	    (unsigned long long)routes->hash);
	log_event("routes", LOG_TEXT("hash", hash),
	    LOG_NUMBER("lines", routes->rows));
}

static void
took(void *owner, size_t n, char *text, size_t len)
{
	struct files *f = owner;
	struct parse_error why;

	if (take_text(f, n, text, len, &why)) {
		if (n == FILES_ROUTES) files_log(f);
		return;
	}
	log_event("reload-failed", LOG_TEXT("file", f->path[n]),
	    LOG_NUMBER("line", why.line), LOG_TEXT("why", why.why));
}

bool
files_watch(struct files *f, struct loop *loop, struct jail const *jail,
    void (*lost)(void))
{
	f->reader = (struct reader){ .path = { f->path[0], f->path[1] },
		.paths = FILES, .took = took, .owner = f };
	return reader_open(&f->reader, loop, jail, "smtpd-reader", lost);
}

void
files_reload(struct files *f)
{
	reader_ask(&f->reader);
}
