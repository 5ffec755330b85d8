/* SPDX-License-Identifier: ISC */
/* Walks through lines; a hash takes a thousand times as long. */
#include <crypt.h>
#include <stdlib.h>
#include "smtpd/sasl.h"
#include "smtpd/users.h"
#include "smtpd/verifier.h"

/* Dovecot's names for what crypt(3) tells by itself. */
static char const *const schemes[] = { "{CRYPT}", "{SHA512-CRYPT}",
	"{SHA256-CRYPT}", "{BLF-CRYPT}", NULL };

static struct slice
without_scheme(struct slice hash)
{
	size_t i;

	for (i = 0; schemes[i]; i++)
		if (slice_starts_nocase(hash, schemes[i]))
			return slice_skip(hash, strlen(schemes[i]));
	return hash;
}

static bool
is_verifier(struct slice hash)
{
	struct verifier v;

	return verifier_parse(&v, hash);
}

static bool
is_locked(struct slice hash)
{
	return *hash.s == '!' || *hash.s == '*';
}

/* $ID$, and printable without a blank */
static bool
is_crypt(struct slice hash)
{
	size_t i;

	for (i = 0; i < hash.len; i++)
		if (hash.s[i] <= ' ' || hash.s[i] > '~') return false;
	if (hash.len > USERS_HASH_MAX || *hash.s != '$') return false;
	hash = slice_skip(hash, 1);
	i = slice_find(hash, '$');
	return i && i + 1 < hash.len;
}

/* split - false: it is no user's line */
static bool
split(struct slice line, struct slice *name, struct slice *hash)
{
	char text[SASL_TEXT_MAX + 1];

	*name = slice_from(line.s, slice_find(line, ':'));
	if (name->len == line.len || !sasl_name(text, *name)) return false;
	line = slice_skip(line, name->len + 1);
	*hash = without_scheme(slice_from(line.s, slice_find(line, ':')));
	return hash->len && (is_crypt(*hash) || is_locked(*hash) ||
	    is_verifier(*hash));
}

static bool
is_user(struct slice line)
{
	return line.len && *line.s != '#';
}

/* What crypt(3) doesn't know lets nobody in, ever. */
static bool
is_unknown(struct slice hash)
{
	char text[USERS_HASH_MAX + 1];

	if (is_locked(hash) || is_verifier(hash)) return false;
	memcpy(text, hash.s, hash.len);
	text[hash.len] = '\0';
	return crypt_checksalt(text) == CRYPT_SALT_INVALID;
}

struct entry {
	struct slice name;
	unsigned line;
};

static int
by_name(void const *a, void const *b)
{
	struct entry const *x = a, *y = b;
	size_t shorter = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = memcmp(x->name.s, y->name.s, shorter);

	if (!order) order = (x->name.len > shorter) - (y->name.len > shorter);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Only the first would count: a password that was changed by a line behind it
 * would still be the old one. */
static unsigned
find_twice(struct entry *entry, size_t n)
{
	unsigned found = 0;
	size_t i;

	qsort(entry, n, sizeof *entry, by_name);
	for (i = 1; i < n; i++)
		if (slice_eq(entry[i - 1].name, entry[i].name) &&
		    (!found || entry[i].line < found))
			found = entry[i].line;
	return found;
}

/* find_wrong - the first that is wrong by itself, or 0 */
static unsigned
find_wrong(struct slice text, size_t *users, char const **why)
{
	struct slice line, name, hash;
	unsigned n = 0;

	*users = 0;
	while (slice_line(&text, &line)) {
		n++;
		if (!is_user(line)) continue;
		*why = "neither NAME:HASH nor a comment";
		if (!split(line, &name, &hash)) return n;
		*why = "a hash of a kind that crypt(3) doesn't know";
		if (is_unknown(hash)) return n;
		++*users;
	}
	return 0;
}

unsigned
users_wrong(struct slice text, char const **why)
{
	struct slice line, name, hash;
	struct entry *entry;
	size_t users;
	unsigned n = 0, wrong = find_wrong(text, &users, why);

	if (wrong || !users) return wrong;
	entry = calloc(users, sizeof *entry);
	*why = "no memory for so many";
	if (!entry) return 1;
	users = 0;
	while (slice_line(&text, &line)) {
		n++;
		if (is_user(line) && split(line, &name, &hash))
			entry[users++] = (struct entry){ name, n };
	}
	*why = "this name has a line above";
	wrong = find_twice(entry, users);
	free(entry);
	return wrong;
}

enum users_verified
users_verified(struct slice text)
{
	struct slice line, name, hash;
	size_t users = 0, verified = 0;

	while (slice_line(&text, &line)) {
		if (!is_user(line) || !split(line, &name, &hash)) continue;
		users += !is_locked(hash);
		verified += is_verifier(hash);
	}
	return !verified ? USERS_NONE_VERIFIED
	    : verified < users ? USERS_SOME_VERIFIED : USERS_ALL_VERIFIED;
}

bool
users_find(struct slice text, struct slice name, struct slice *hash,
    struct slice *first)
{
	struct slice line, other, its;
	bool found = false;

	*hash = *first = slice_from(NULL, 0);
	while (slice_line(&text, &line)) {
		if (!is_user(line)) continue;
		other = slice_from(line.s, slice_find(line, ':'));
		its = slice_skip(line, other.len + 1);
		its = without_scheme(slice_from(its.s, slice_find(its, ':')));
		if (!first->s) *first = its;
		if (found || !slice_eq(other, name)) continue;
		*hash = its;
		found = true;
	}
	if (!found) *hash = *first;
	return found;
}
