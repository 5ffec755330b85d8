/* SPDX-License-Identifier: ISC */
/* Composes the Received field; believes no octet of its parts. */
#include <stdio.h>
#include "common/date.h"
#include "common/received.h"

struct text {
	char *s;
	size_t len;
};

/* The parts have caps (common/submit.c) that add up to less than all. */
_Static_assert(5 * SUBMIT_NAME_MAX + 300 < RECEIVED_MAX, "parts fit");

static void
put(struct text *t, char const *s)
{
	size_t len = strlen(s);

	memcpy(t->s + t->len, s, len);
	t->len += len;
}

/* Octets that names, addresses and protocol words are made of. Parentheses,
 * white space and all else would change the structure of the line. */
static void
put_foreign(struct text *t, struct slice part)
{
	size_t i;

	for (i = 0; i < part.len; i++) {
		char c = part.s[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c && strchr(".-:[]_", c));

		t->s[t->len++] = plain ? c : '?';
	}
}

/* Version and cipher, a space between: a comment. */
static void
put_tls(struct text *t, struct slice tls)
{
	char const *before = " (";
	struct slice word;

	while ((word = slice_word(&tls)).len) {
		put(t, before);
		put_foreign(t, word);
		before = " ";
	}
	if (*before == ' ' && !before[1]) put(t, ")");
}

static void
put_client(struct text *t, struct submit_open const *open)
{
	put(t, "from ");
	if (open->helo.len)
		put_foreign(t, open->helo);
	else
		put(t, "unknown");
	put(t, " (");
	if (open->client_name.len) {
		put_foreign(t, open->client_name);
		put(t, " ");
	}
	put(t, "[");
	if (slice_find(open->client_address, ':') < open->client_address.len)
		put(t, "IPv6:"); /* section 4.1.3 */
	put_foreign(t, open->client_address);
	put(t, "])\r\n\t");
}

size_t
received_compose(char *out, struct submit_open const *open, int64_t uid,
    char const *hostname, int64_t wall_s)
{
	struct text t = { .s = out };
	char id[TRACEID_TEXT + 1], date[DATE822_TEXT + 1], by_uid[40];

	put(&t, "Received: ");
	if (open->client_address.len) put_client(&t, open);
	put(&t, "by ");
	put_foreign(&t, slice_of(hostname));
	if (uid >= 0) {
		snprintf(by_uid, sizeof by_uid, " (from uid %lld)",
		    (long long)uid);
		put(&t, by_uid);
	}
	if (open->protocol.len) {
		put(&t, " with ");
		put_foreign(&t, open->protocol);
		put_tls(&t, open->tls);
	}
	put(&t, "\r\n\tid ");
	put(&t, traceid_format(id, &open->id));
	put(&t, "; ");
	put(&t, date822(date, wall_s));
	put(&t, "\r\n");
	return t.len;
}
