/* SPDX-License-Identifier: ISC */
/* Replaces variables by what an address brings; never repairs a value. */
#include "common/utf8.h"
#include "common/variable.h"

enum { NAME_MAX_OCTETS = 32 };	/* as pcre2's names of groups */

static struct {
	char const *name;
	size_t offset;		/* of its value in struct variables */
} const own[] = {
	{ "local",	offsetof(struct variables, local) },
	{ "domain",	offsetof(struct variables, domain) },
	{ "ext",	offsetof(struct variables, ext) }
};

/* take_name - what stands in the braces at the start of in, which moves past
 * them; false: no braces are there */
static bool
take_name(struct slice *in, struct slice *name)
{
	size_t n = slice_find(*in, '}');

	if (n == in->len || n < 3 || in->s[1] != '{') return false;
	*name = slice_from(in->s + 2, n - 2);
	*in = slice_skip(*in, n + 1);
	return name->len <= NAME_MAX_OCTETS;
}

/* group_of - the pattern's group of this number or name, 0: none */
static unsigned
group_of(struct match const *match, struct slice name)
{
	char text[NAME_MAX_OCTETS + 1];
	unsigned long long n;

	if (!match) return 0;
	if (slice_number(name, match_captures(match), &n)) return (unsigned)n;
	memcpy(text, name.s, name.len);
	text[name.len] = '\0';
	return match_named(match, text);
}

/* own_of - its index, or how many there are */
static size_t
own_of(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof own / sizeof *own; i++)
		if (slice_is(name, own[i].name)) break;
	return i;
}

static bool
is_own(struct slice name)
{
	return own_of(name) < sizeof own / sizeof *own;
}

bool
variable_is_in(char const *word)
{
	for (; (word = strchr(word, '$')); word += 2)
		if (word[1] != '$') return true;
	return false;
}

char const *
variable_fault(char const *word, struct match const *match)
{
	struct slice in = slice_of(word), name;
	size_t i;

	for (i = 0; i < sizeof own / sizeof *own; i++)
		if (match && match_named(match, own[i].name))
			return "its pattern has a group named local, domain "
			       "or ext";
	while (in = slice_skip(in, slice_find(in, '$')), in.len) {
		if (in.len > 1 && in.s[1] == '$') {
			in = slice_skip(in, 2);
			continue;
		}
		if (!take_name(&in, &name) ||
		    (!is_own(name) && !group_of(match, name)))
			return "after \"$\" only {local}, {domain}, {ext}, a "
			       "group of the pattern, or \"$\"";
	}
	return NULL;
}

/* is_name - of a file that nothing else of ours has, or could be taken for */
static bool
is_name(struct slice value)
{
	struct slice const lock = SLICE(".lock");

	return value.len && utf8_is_composed(value) &&
	    (value.len < lock.len || !slice_eq(slice_skip(value,
	    value.len - lock.len), lock));
}

static bool
is_allowed(struct slice value, enum variable_use use)
{
	size_t i;

	if (use == VARIABLE_PATH && !is_name(value)) return false;
	if (!value.len) return true;
	for (i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.s[i];

		if (c < ' ' || c == 127) return false;
		if (c == '/' && use != VARIABLE_ADDRESS) return false;
	}
	return use == VARIABLE_ADDRESS || (*value.s != '.' &&
	    !(*value.s == '-' && use == VARIABLE_ARGUMENT));
}

static struct slice
value_of(struct variables const *v, struct slice name)
{
	size_t i = own_of(name);

	if (is_own(name))
		return *(struct slice const *)((char const *)v +
		    own[i].offset);
	return v->capture[group_of(v->match, name)];
}

/* take_piece - the next piece of the word: a value, a dollar, or text up to
 * the next one; false: the value breaks the rule */
static bool
take_piece(struct variables const *v, enum variable_use use,
    struct slice *word, struct slice *piece)
{
	size_t n = slice_find(*word, '$');
	struct slice name;

	if (n || (word->len > 1 && word->s[1] == '$')) {
		*piece = slice_from(word->s, n ? n : 1);
		*word = slice_skip(*word, n ? n : 2);
		return true;
	}
	if (!take_name(word, &name)) return false;
	*piece = value_of(v, name);
	return is_allowed(*piece, use);
}

bool
variable_expand(struct variables const *v, enum variable_use use,
    struct slice word, char *out, size_t room)
{
	struct slice piece;
	size_t n = 0;

	while (word.len) {
		if (!take_piece(v, use, &word, &piece)) return false;
		if (piece.len >= room - n) return false;
		memcpy(out + n, piece.s, piece.len);
		n += piece.len;
	}
	out[n] = '\0';
	return true;
}
