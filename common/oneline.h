/* SPDX-License-Identifier: ISC */
/* The routes that --maildir and --command stand for: one line that takes all.
 * Pure. */
#ifndef MAILGRAVE_ONELINE_H
#define MAILGRAVE_ONELINE_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the longest line that the parser of routes takes. */
enum { ONELINE_MAX = 65536 };

/* oneline_routes - compose it
 *   out      ONELINE_MAX octets, gets the line and a NUL
 *   action   "maildir" or "command"
 *   word     its first word
 *   more     those after it, NULL ends; or NULL, and a "$" in word stands for
 *            itself, not for a variable
 *   false    too long, or a word holds a line end */
bool oneline_routes(char *out, char const *action, char const *word,
    char *const *more);

/* oneline_directory - the last name of a path, without slashes behind it
 *   out    room for path and its NUL, at least 2 octets; gets what lies above
 *          it, "." for nothing
 *   name   room for path and its NUL
 *   false  there is none: "/", or it ends with "." or ".." */
bool oneline_directory(char *out, char *name, char const *path);

#endif
