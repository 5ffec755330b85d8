/* SPDX-License-Identifier: ISC */
/* Keeps rules in step with their files; what they mean is their parsers'. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/inforce.h"
#include "common/log.h"

enum { ROUTES, ACCESS };	/* as the reader numbers them */

/* A program may have its reasons not to take routes that are good as such. */
static bool
agrees(struct inforce const *f, struct routes const *fresh,
    struct parse_error *why)
{
	unsigned line = 0;
	char const *reason = f->objects ? f->objects(f->owner, fresh, &line)
					: NULL;

	if (!reason) return true;
	*why = (struct parse_error){ .line = line };
	snprintf(why->why, sizeof why->why, "%s", reason);
	return false;
}

static bool
take_routes(struct inforce *f, struct slice text, struct parse_error *why)
{
	struct routes fresh;

	if (!routes_parse(&fresh, text, why)) return false;
	if (!agrees(f, &fresh, why)) {
		routes_free(&fresh);
		return false;
	}
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
		*why = (struct parse_error){ .line = 0 };
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
	if (n == ROUTES && f->routes_text)
		return take_routes(f, slice_of(f->routes_text), why);
	text = file_slurp(*file, READER_FILE_MAX, &len);
	return take(f, n, text, len, why);
}

bool
inforce_read(struct inforce *f, char const **file, struct parse_error *why)
{
	return read_one(f, ROUTES, file, why) &&
	    (!f->access_path || read_one(f, ACCESS, file, why));
}

static void
log_file(char const *event, uint64_t hash, size_t lines)
{
	char text[17];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
	log_event(event, LOG_TEXT("hash", text), LOG_NUMBER("lines", lines));
}

static void
log_one(struct inforce const *f, size_t n)
{
	if (n == ROUTES)
		log_file("routes", f->routes.hash, f->routes.rows);
	else
		log_file("access", f->access.hash, f->access.rules);
}

void
inforce_log(struct inforce const *f)
{
	log_one(f, ROUTES);
	if (f->access_path) log_one(f, ACCESS);
}

/* A group that the routes name and the access file doesn't have is empty: only
 * a program that reads both can see it. */
static void
warn_of_groups(struct inforce const *f,
    void (*warn)(char const *file, struct parse_error const *what))
{
	size_t i;

	for (i = 0; i < f->routes.rows; i++) {
		struct route const *row = &f->routes.row[i];
		struct parse_error what = { .line = row->line };

		if (!row->from || access_has_group(&f->access, row->from))
			continue;
		snprintf(what.why, sizeof what.why, "\"%s\": there is no such "
		    "group in %.80s", row->from, f->access_path);
		warn(f->routes_path, &what);
	}
}

void
inforce_warnings(struct inforce const *f,
    void (*warn)(char const *file, struct parse_error const *what))
{
	size_t i;

	for (i = 0; i < f->routes.warnings.n; i++)
		warn(f->routes_path, &f->routes.warnings.at[i]);
	if (!f->access_path) return;
	warn_of_groups(f, warn);
	for (i = 0; i < f->access.warnings.n; i++)
		warn(f->access_path, &f->access.warnings.at[i]);
}

static void
took(void *owner, size_t n, char *text, size_t len)
{
	struct inforce *f = owner;
	struct parse_error why;

	if (n == ROUTES && f->routes_text) {
		free(text);
		return;
	}
	if (!take(f, n, text, len, &why)) {
		log_event("reload-failed", LOG_TEXT("file", path_of(f, n)),
		    LOG_NUMBER("line", why.line),
		    LOG_NUMBER("column", why.column),
		    LOG_TEXT("why", why.why));
		return;
	}
	log_one(f, n);
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
