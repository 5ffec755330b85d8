/* SPDX-License-Identifier: ISC */
/* Composes NAME=value entries; never reads an environment. */
#include "local/environ.h"
#include "local/fromline.h"

static bool
is_harmless(char c)
{
	return (slice_lower(c) >= 'a' && slice_lower(c) <= 'z') ||
	    (c && strchr("0123456789 !@%-_=+:,./", c));
}

static void
put(struct environ_list *e, struct slice text)
{
	if (text.len) memcpy(e->octet + e->len, text.s, text.len);
	e->len += text.len;
}

/* add - before and after are our own text, value is a stranger's */
static void
add(struct environ_list *e, char const *name, char const *before,
    struct slice value, char const *after)
{
	size_t const len = strlen(name) + 1 + strlen(before) + value.len +
	    strlen(after) + 1;
	char *at = e->octet + e->len;
	size_t i;

	if (e->n == ENVIRON_VARIABLES_MAX || len > sizeof e->octet - e->len) {
		e->full = true;
		return;
	}
	e->entry[e->n++] = at;
	e->entry[e->n] = NULL;
	put(e, slice_of(name));
	put(e, SLICE("="));
	put(e, slice_of(before));
	at = e->octet + e->len;
	put(e, value);
	for (i = 0; i < value.len; i++) {
		if (!at[i]) e->full = true;
		if (e->safe && !is_harmless(at[i])) at[i] = '_';
	}
	put(e, slice_from(after, strlen(after) + 1));
}

static void
add_plain(struct environ_list *e, char const *name, struct slice value)
{
	add(e, name, "", value, "");
}

/* What stands before the last occurrence of c, and there before the next to
 * last, and so on. */
static struct slice
before_last(struct slice text, char c)
{
	size_t n = text.len;

	while (n && text.s[n - 1] != c)
		n--;
	return slice_from(text.s, n ? n - 1 : 0);
}

/* As qmail-command(8) has them. */
static void
add_shortened(struct environ_list *e, struct slice domain, struct slice ext)
{
	static char const *const hosts[] = { "HOST2", "HOST3", "HOST4" };
	static char const *const exts[] = { "EXT2", "EXT3", "EXT4" };
	size_t i;

	for (i = 0; i < 3; i++) {
		domain = before_last(domain, '.');
		add_plain(e, hosts[i], domain);
		ext = slice_skip(ext, slice_find(ext, '-') + 1);
		add_plain(e, exts[i], ext);
	}
}

static void
add_recipient(struct environ_list *e, struct slice address)
{
	struct addr a;
	struct slice local, domain, ext;

	add_plain(e, "RECIPIENT", address);
	add(e, "DTLINE", "Delivered-To: ", address, "\n");
	if (!addr_parse(&a, address)) {
		e->full = true;
		return;
	}
	local = addr_local(&a);
	domain = addr_domain(&a);
	ext = slice_skip(local, slice_find(local, '+') + 1);
	add_plain(e, "LOCAL", local);
	add_plain(e, "HOST", domain);
	add_plain(e, "DOMAIN", domain);
	add_plain(e, "EXT", ext);
	add_plain(e, "EXTENSION", ext);
	add_plain(e, "DEFAULT", ext);
	add_shortened(e, domain, ext);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What the sender first wrote: ORCPT's xtext decoded (RFC 3461 section 4),
 * behind its address type, but for a NUL, which no variable can hold. Without
 * one, the recipient. */
static void
add_original(struct environ_list *e, struct request const *r)
{
	struct slice in = slice_skip(r->orcpt, slice_find(r->orcpt, ';') + 1);
	char text[ORCPT_MAX];
	size_t i, n = 0;

	for (i = 0; i < in.len; i++) {
		bool const coded = in.s[i] == '+' && in.len - i > 2 &&
		    hex(in.s[i + 1]) >= 0 && hex(in.s[i + 2]) >= 0 &&
		    (in.s[i + 1] != '0' || in.s[i + 2] != '0');

		text[n++] = coded ? (char)(hex(in.s[i + 1]) * 16 +
		    hex(in.s[i + 2])) : in.s[i];
		if (coded) i += 2;
	}
	add_plain(e, "ORIGINAL_RECIPIENT", n ? slice_from(text, n)
					     : r->address);
}

static void
add_sender(struct environ_list *e, struct request const *r)
{
	char line[FROMLINE_MAX];
	struct slice from = slice_from(line,
	    fromline(line, r->sender, (int64_t)r->arrived_s));

	add_plain(e, "SENDER", r->sender);
	add_plain(e, "NEWSENDER", r->sender);
	add(e, "RPLINE", "Return-Path: <", r->sender, ">\n");
	from.len--;
	add(e, "UFLINE", "", from, "\n");
}

static void
add_message(struct environ_list *e, struct request const *r)
{
	char id[TRACEID_TEXT + 1], number[12];
	size_t n = sizeof number;
	uint32_t left = r->rcpt;

	traceid_format(id, &r->id);
	add_plain(e, "MAILGRAVE_ID", slice_of(id));
	add_plain(e, "MAILGRAVE_QUEUE_ID", slice_of(id));
	do
		number[--n] = (char)('0' + left % 10);
	while (left /= 10);
	add_plain(e, "MAILGRAVE_RCPT",
	    slice_from(number + n, sizeof number - n));
	add_plain(e, "ENVID", r->envid);
	add_plain(e, "CLIENT_ADDRESS", r->client_address);
	add_plain(e, "CLIENT_HELO", r->helo);
	add_plain(e, "CLIENT_HOSTNAME", r->client_name);
	add_plain(e, "CLIENT_PROTOCOL", r->protocol);
	add_plain(e, "SASL_USERNAME", r->login);
	/* not known here; there so that scripts find what they look for */
	add_plain(e, "SASL_METHOD", SLICE(""));
	add_plain(e, "SASL_SENDER", SLICE(""));
}

bool
environ_compose(struct environ_list *e, struct request const *request,
    struct environ_account const *account, bool safe)
{
	e->n = e->len = 0;
	e->full = e->safe = false;
	add_plain(e, "USER", slice_of(account->user));
	add_plain(e, "LOGNAME", slice_of(account->user));
	add_plain(e, "HOME", slice_of(account->home));
	add_plain(e, "SHELL", SLICE("/bin/sh"));
	add_plain(e, "PATH", SLICE("/usr/local/bin:/usr/bin:/bin"));
	e->safe = safe;
	add_sender(e, request);
	add_recipient(e, request->address);
	add_original(e, request);
	add_message(e, request);
	return !e->full;
}
