/* SPDX-License-Identifier: ISC */
/* Walks through lines; a hash takes a thousand times as long. */
#include "smtpd/sasl.h"
#include "smtpd/users.h"

enum { HASH_MAX = 383 };	/* CRYPT_OUTPUT_SIZE of crypt(3) */

static bool
split(struct slice line, struct slice *name, struct slice *hash)
{
	*name = slice_from(line.s, slice_find(line, ':'));
	if (!name->len || name->len == line.len || name->len > SASL_TEXT_MAX)
		return false;
	line = slice_skip(line, name->len + 1);
	*hash = slice_from(line.s, slice_find(line, ':'));
	return hash->len && hash->len <= HASH_MAX &&
	    slice_find(*hash, ' ') == hash->len &&
	    slice_find(*hash, '\0') == hash->len;
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

bool
users_find(struct slice text, struct slice name, struct slice *hash)
{
	struct slice line, other, its;

	*hash = slice_from(NULL, 0);
	while (slice_line(&text, &line)) {
		if (!is_user(line) || !split(line, &other, &its)) continue;
		if (!hash->len) *hash = its;
		if (other.len == name.len &&
		    !memcmp(other.s, name.s, name.len)) {
			*hash = its;
			return true;
		}
	}
	return false;
}
