/* SPDX-License-Identifier: ISC */
/* Walks through lines; a hash takes a thousand times as long. */
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
	*name = slice_from(line.s, slice_find(line, ':'));
	if (!name->len || name->len == line.len || name->len > SASL_TEXT_MAX)
		return false;
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

unsigned
users_wrong(struct slice text)
{
	struct slice line, name, hash;
	unsigned n = 0;

	while (slice_line(&text, &line)) {
		n++;
		if (is_user(line) && !split(line, &name, &hash)) return n;
	}
	return 0;
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
