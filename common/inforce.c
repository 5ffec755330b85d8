/* SPDX-License-Identifier: ISC */
/* Keeps rules in step with their files; what they mean is their parsers'. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/inforce.h"
#include "common/log.h"

enum { ROUTES, ACCESS };	/* as the reader numbers them */

static bool
take_routes(struct inforce *f, struct slice text, struct parse_error *why)
{
	struct routes fresh;

	if (!routes_parse(&fresh, text, why)) return false;
	routes_free(&f->routes);
	f->routes = fresh;
	return true;
}

static bool
take_access(struct inforce *f, struct slice text, struct parse_error *why)
{
	struct access fresh;

	if (!access_parse(&fresh, text, why)) return false;
	access_free(&f->access);
	f->access = fresh;
	return true;
}

static char const *
path_of(struct inforce const *f, size_t n)
{
	return n == ROUTES ? f->routes_path : f->access_path;
}

/* text is freed; NULL with errno when it could not be read */
static bool
take(struct inforce *f, size_t n, char *text, size_t len,
    struct parse_error *why)
{
	struct slice octets = slice_from(text, text ? len : 0);
	bool taken;

	if (!text && errno != ENOENT) {
		why->line = 0;
		snprintf(why->why, sizeof why->why, "%s", strerror(errno));
		return false;
	}
	if (!text) log_event("no-file", LOG_TEXT("file", path_of(f, n)));
	taken = n == ROUTES ? take_routes(f, octets, why) :
	    take_access(f, octets, why);
	free(text);
	return taken;
}

static bool
read_one(struct inforce *f, size_t n, char const **file,
    struct parse_error *why)
{
	size_t len;
	char *text;

	*file = path_of(f, n);
	text = file_slurp(*file, READER_FILE_MAX, &len);
	return take(f, n, text, len, why);
}

bool
inforce_read(struct inforce *f, char const **file, struct parse_error *why)
{
	return read_one(f, ROUTES, file, why) &&
	    (!f->access_path || read_one(f, ACCESS, file, why));
}

void
inforce_log(struct inforce const *f)
{
	char hash[17];

	snprintf(hash, sizeof hash, "%016llx",
	    (unsigned long long)f->routes.hash);
	log_event("routes", LOG_TEXT("hash", hash),
	    LOG_NUMBER("lines", f->routes.rows));
}

static void
took(void *owner, size_t n, char *text, size_t len)
{
	struct inforce *f = owner;
	struct parse_error why;

	if (!take(f, n, text, len, &why)) {
		log_event("reload-failed", LOG_TEXT("file", path_of(f, n)),
		    LOG_NUMBER("line", why.line), LOG_TEXT("why", why.why));
		return;
	}
	if (n == ROUTES) inforce_log(f);
	if (f->changed) f->changed(f->owner);
}

bool
inforce_watch(struct inforce *f, struct loop *loop, struct jail const *jail,
    char const *name, void (*lost)(void))
{
	f->reader = (struct reader){ .path = { f->routes_path,
	    f->access_path }, .paths = f->access_path ? 2 : 1, .took = took,
	    .owner = f };
	return reader_open(&f->reader, loop, jail, name, lost);
}

void
inforce_reload(struct inforce *f)
{
	reader_ask(&f->reader);
}

void
inforce_free(struct inforce *f)
{
	routes_free(&f->routes);
	access_free(&f->access);
}
