/* SPDX-License-Identifier: ISC */
/* Writes a line as rulefile.c reads it; reads no file. */
#include <string.h>
#include "common/oneline.h"

struct text {
	char *s;
	size_t len;
};

static bool
put(struct text *t, char c)
{
	if (t->len == ONELINE_MAX - 1) return false;
	t->s[t->len++] = c;
	t->s[t->len] = '\0';
	return true;
}

static bool
put_all(struct text *t, char const *s)
{
	while (*s)
		if (!put(t, *s++)) return false;
	return true;
}

/* A word between quotes, which keep blanks, commas and "#" in it. */
static bool
put_word(struct text *t, char const *word, bool literal)
{
	if (strchr(word, '\r') || strchr(word, '\n')) return false;
	if (!put_all(t, " \"")) return false;
	for (; *word; word++) {
		if ((*word == '"' || *word == '\\') && !put(t, '\\'))
			return false;
		if (literal && *word == '$' && !put(t, '$')) return false;
		if (!put(t, *word)) return false;
	}
	return put(t, '"');
}

bool
oneline_routes(char *out, char const *action, char const *word,
    char *const *more)
{
	struct text t = { .s = out };

	if (!put_all(&t, "* ") || !put_all(&t, action) ||
	    !put_word(&t, word, !more))
		return false;
	for (; more && *more; more++)
		if (!put_word(&t, *more, false)) return false;
	return put(&t, '\n');
}

bool
oneline_directory(char *out, char *name, char const *path)
{
	size_t len = strlen(path), from;

	while (len && path[len - 1] == '/')
		len--;
	for (from = len; from && path[from - 1] != '/';)
		from--;
	memcpy(name, path + from, len - from);
	name[len - from] = '\0';
	while (from > 1 && path[from - 1] == '/')
		from--;
	memcpy(out, path, from);
	out[from] = '\0';
	if (!from) memcpy(out, ".", 2);
	return *name && strcmp(name, ".") && strcmp(name, "..");
}
