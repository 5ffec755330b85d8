/* SPDX-License-Identifier: ISC */
/* Composes and writes log lines; decides nothing about what is worth one. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>
#include "common/log.h"

struct log_target log_target = { .fd = STDERR_FILENO };

/* What waits to be written. A pipe takes so much in one piece: nothing that a
 * helper writes gets in between. */
static struct {
	char octet[PIPE_BUF];
	size_t len;
} gathered;

_Static_assert(LOG_LINE_MAX <= sizeof gathered.octet, "any line fits");

/* One value never crowds out the others, escaped or not. */
enum { VALUE_MAX = 512 };

/* A line under construction; what does not fit is left out. */
struct text {
	char *s;
	size_t len;
	bool full;	/* something was left out */
};

/* Two octets stay free for the end of the line. */
static void
put(struct text *t, char const *s, size_t len)
{
	t->full = t->full || t->len + len > LOG_LINE_MAX - 2;
	if (t->full) return;
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void
put_cstr(struct text *t, char const *s)
{
	put(t, s, strlen(s));
}

size_t
log_escape(char *out, unsigned char c, char const *also, bool json)
{
	static char const hex[] = "0123456789abcdef";
	char const *prefix = json ? "\\u00" : "\\x";
	size_t n = 0;

	if (c >= 0x20 && c < 0x7f && c != '\\' && !strchr(also, c)) {
		out[n++] = (char)c;
		return n;
	}
	while (*prefix)
		out[n++] = *prefix++;
	out[n++] = hex[c >> 4];
	out[n++] = hex[c & 15];
	return n;
}

static bool
needs_quotes(struct slice value)
{
	return !value.len || slice_find(value, ' ') < value.len ||
	    slice_find(value, '"') < value.len;
}

/* plain - so many octets from the start need no escape */
static size_t
plain(struct slice value)
{
	size_t n = 0;

	while (n < value.len && value.s[n] >= 0x20 && value.s[n] < 0x7f &&
	    value.s[n] != '"' && value.s[n] != '\\')
		n++;
	return n;
}

static void
put_text(struct text *t, struct slice value, bool json)
{
	bool quotes = json || needs_quotes(value);
	char escaped[LOG_ESCAPED_MAX];
	size_t octets = 0, len;

	if (quotes) put_cstr(t, "\"");
	for (; value.len; value = slice_skip(value, 1)) {
		len = plain(value);
		if (len > VALUE_MAX - octets) len = VALUE_MAX - octets;
		put(t, value.s, len);
		octets += len;
		value = slice_skip(value, len);
		if (!value.len) break;
		len = log_escape(escaped, (unsigned char)*value.s, "\"", json);
		octets += len;
		if (octets > VALUE_MAX) break;
		put(t, escaped, len);
	}
	if (quotes) put_cstr(t, "\"");
}

static void
put_value(struct text *t, struct log_field const *f, bool json)
{
	char digits[TRACEID_TEXT + 1];

	switch (f->kind) {
	case LOG_KIND_ID:
		put_text(t, slice_of(traceid_format(digits, f->value.id)),
		    json);
		break;
	case LOG_KIND_NUMBER:
		snprintf(digits, sizeof digits, "%lld",
		    (long long)f->value.number);
		put_cstr(t, digits);
		break;
	case LOG_KIND_TEXT:
		put_text(t, f->value.text, json);
		break;
	case LOG_END:
		break;
	}
}

size_t
log_compose(char *out, char const *event, struct log_field const *field,
    bool json)
{
	struct text t = { .s = out };

	put_cstr(&t, json ? "{\"ev\":\"" : "ev=");
	put_cstr(&t, event);
	if (json) put_cstr(&t, "\"");
	for (; field->kind != LOG_END; field++) {
		size_t before = t.len;

		put_cstr(&t, json ? ",\"" : " ");
		put_cstr(&t, field->key);
		put_cstr(&t, json ? "\":" : "=");
		put_value(&t, field, json);
		if (!t.full) continue;
		t.len = before;	/* whole fields only */
		break;
	}
	if (json) out[t.len++] = '}';
	out[t.len++] = '\n';
	return t.len;
}

static void
write_out(char const *octets, size_t len)
{
	/* a log that cannot be written must not stop the mail */
	ssize_t written = write(log_target.fd, octets, len);

	(void)written;
}

void
log_flush(void)
{
	int e = errno;

	if (gathered.len) write_out(gathered.octet, gathered.len);
	gathered.len = 0;
	errno = e;
}

int64_t
log_pause(int64_t now_ms)
{
	static int64_t next_ms;
	int64_t earliest_ms = now_ms - (LOG_AT_ONCE - 1) * LOG_EACH_MS;

	if (!gathered.len) return INT64_MAX;
	if (next_ms < earliest_ms) next_ms = earliest_ms;
	if (next_ms > now_ms) return next_ms;
	next_ms += LOG_EACH_MS;
	log_flush();
	return INT64_MAX;
}

static void
gather(char const *line, size_t len)
{
	if (gathered.len + len > sizeof gathered.octet) log_flush();
	memcpy(gathered.octet + gathered.len, line, len);
	gathered.len += len;
}

void
log_fields(char const *event, struct log_field const *field)
{
	char line[LOG_LINE_MAX];
	int e = errno;
	size_t len = log_compose(line, event, field, log_target.json);

	if (log_target.fd == -1)
		syslog(LOG_MAIL | LOG_INFO, "%.*s", (int)len - 1, line);
	else if (log_target.gather)
		gather(line, len);
	else
		write_out(line, len);
	errno = e;
}
