/* SPDX-License-Identifier: ISC */
/* Reads address lists token by token without recursion; never guesses. */
#include "common/address.h"
#include "common/token.h"

/* What stands before "@", "<", ":" or the end: a local part, if every two
 * words have a dot between them, else at best a name. */
struct words {
	struct addr *to;	/* gets the local part */
	size_t n;
	bool dot;		/* the last one was a dot */
	bool loose;		/* no local part */
	bool overlong;		/* more than a local part can hold */
	size_t end;
};

static int
fail(struct address_list *l, char const *why)
{
	l->why = why;
	return -1;
}

static struct token
next_token(struct address_list *l)
{
	return token_next(&l->rest, &l->why);
}

static int
peek(struct address_list const *l)
{
	struct address_list ahead = *l;

	return next_token(&ahead).kind;
}

static void
add_local(struct words *w, char c)
{
	if (w->to->local_len == ADDR_LOCAL_MAX)
		w->overlong = true;
	else
		w->to->local[w->to->local_len++] = c;
}

static void
words_add(struct words *w, struct token t, size_t end)
{
	size_t i;

	if (t.kind == '.' ? !w->n || w->dot : w->n && !w->dot) w->loose = true;
	w->dot = t.kind == '.';
	w->n++;
	w->end = end;
	for (i = 0; i < t.text.len; i++) {
		char c = t.text.s[i];

		if (t.kind == TOKEN_QUOTED && (c == '\r' || c == '\n'))
			continue; /* a fold */
		if (t.kind == TOKEN_QUOTED && c == '\\') c = t.text.s[++i];
		add_local(w, c);
	}
}

/* take_words - up to what is neither word nor dot; its kind */
static int
take_words(struct address_list *l, struct words *w, struct addr *to)
{
	struct token t;

	*w = (struct words){ .to = to };
	to->local_len = 0;
	for (;;) {
		t = next_token(l);
		if (t.kind != TOKEN_ATOM && t.kind != TOKEN_QUOTED &&
		    t.kind != '.')
			return t.kind;
		words_add(w, t, l->len - l->rest.len);
	}
}

static bool
add_domain(struct addr *a, struct slice text)
{
	size_t i;

	if (a->domain_len + text.len > ADDR_DOMAIN_MAX) return false;
	for (i = 0; i < text.len; i++)
		a->domain[a->domain_len++] = slice_lower(text.s[i]);
	return true;
}

static bool
take_domain(struct address_list *l, struct addr *a)
{
	struct token t = next_token(l);

	a->domain_len = 0;
	if (t.kind == TOKEN_LITERAL) return add_domain(a, t.text);
	while (t.kind == TOKEN_ATOM) {
		if (!add_domain(a, t.text)) return false;
		if (peek(l) != '.') return true;
		if (!add_domain(a, next_token(l).text)) return false;
		t = next_token(l);
	}
	return false;
}

/* take_address - the rest of an address whose local part is read already;
 * after is what came behind that */
static int
take_address(struct address_list *l, struct words const *w, int after,
    struct address *got)
{
	struct addr *a = &got->mailbox;
	char text[ADDR_TEXT_MAX];

	got->bare = after != '@';
	got->end = w->end;
	if (!w->n) return fail(l, "an empty address");
	if (w->overlong) return fail(l, "a local part is too long");
	if (w->loose || w->dot)
		return fail(l, got->bare ? "a name without an address"
					 : "a malformed local part");
	a->domain_len = 0;
	if (got->bare ? !add_domain(a, l->domain) : !take_domain(l, a))
		return fail(l, "a malformed domain");
	if (!addr_parse(a, slice_from(text, addr_format(a, text))))
		return fail(l, "a malformed address");
	return 1;
}

/* take_route - relays that nobody asks any more, up to the colon */
static bool
take_route(struct address_list *l)
{
	struct addr relay;

	for (;;) {
		int kind = next_token(l).kind;

		if (kind == ':') return true;
		if (kind != ',' && (kind != '@' || !take_domain(l, &relay)))
			return false;
	}
}

/* take_angle - behind a "<" */
static int
take_angle(struct address_list *l, struct address *got)
{
	struct words w;
	int after = peek(l);

	if ((after == '@' || after == ',') && !take_route(l))
		return fail(l, "a malformed route");
	after = take_words(l, &w, &got->mailbox);
	if (after == TOKEN_BAD) return -1;
	if (after != '@' && after != '>')
		return fail(l, "an address has no \">\"");
	if (take_address(l, &w, after, got) == -1) return -1;
	if (after == '@' && next_token(l).kind != '>')
		return fail(l, "an address has no \">\"");
	return 1;
}

/* take_end - what may follow an address; the "," goes with it */
static int
take_end(struct address_list *l)
{
	int kind = peek(l);

	if (kind == ',') next_token(l);
	if (kind == TOKEN_BAD) return next_token(l).kind;
	if (kind == ',' || kind == TOKEN_END || (kind == ';' && l->group))
		return 1;
	return fail(l, "an address goes on where it should end");
}

int
address_next(struct address_list *l, struct address *got)
{
	struct words w;
	int kind;

	for (;;) {
		kind = take_words(l, &w, &got->mailbox);
		if (kind == '@') {
			if (take_address(l, &w, kind, got) == -1) return -1;
			return take_end(l);
		}
		if (kind == '<') {
			if (take_angle(l, got) == -1) return -1;
			return take_end(l);
		}
		if (kind == ':') {
			if (!w.n || l->group)
				return fail(l, "a \":\" out of place");
			l->group = true;
			continue;
		}
		if (kind == ',' && !w.n) continue; /* obsolete, harmless */
		if (kind == ';' && !l->group)
			return fail(l, "a \";\" out of place");
		if (kind == ';' && !w.n) {
			l->group = false;
			continue;
		}
		if (kind == TOKEN_END && l->group)
			return fail(l, "a group has no end");
		if (kind == TOKEN_END && !w.n) return 0;
		if (kind == TOKEN_BAD) return -1;
		if (kind != ',' && kind != ';' && kind != TOKEN_END)
			return fail(l, "an address literal out of place");
		if (take_address(l, &w, kind, got) == -1) return -1;
		if (kind == ';') l->group = false;
		return 1;
	}
}
