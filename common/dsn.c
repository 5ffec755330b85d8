/* SPDX-License-Identifier: ISC */
/* xtext (RFC 3461 section 4) and the forms of UTF-8 addresses (RFC 6533
 * section 3), both ways; never repairs one. */
#include "common/dsn.h"
#include "common/utf8.h"

char const *const dsn_notify_name[NOTIFY_BITS] = { "never", "success",
						   "failure", "delay" };

bool
dsn_notify_valid(unsigned notify)
{
	return notify == NOTIFY_NEVER ||
	    !(notify & ~(unsigned)(NOTIFY_ALL & ~NOTIFY_NEVER));
}

static unsigned
notify_bit(struct slice name)
{
	int i;

	for (i = 0; i < NOTIFY_BITS; i++)
		if (slice_is_nocase(name, dsn_notify_name[i])) return 1u << i;
	return 0;
}

bool
dsn_notify_parse(struct slice list, unsigned *notify)
{
	unsigned bit, all = 0;
	bool more = true;

	while (more) {
		size_t n = slice_find(list, ',');

		bit = notify_bit(slice_from(list.s, n));
		if (!bit || all & bit) return false;
		all |= bit;
		more = n < list.len;
		list = slice_skip(list, n + 1);
	}
	if (!dsn_notify_valid(all)) return false;
	*notify = all;
	return true;
}

static bool
is_graphic(char c)
{
	return c > ' ' && c <= '~';
}

/* The value of a digit; upper case only, as both RFCs have it. 16: none. */
static unsigned
hex(char c)
{
	if (c >= '0' && c <= '9') return (unsigned)(c - '0');
	if (c >= 'A' && c <= 'F') return (unsigned)(c - 'A') + 10;
	return 16;
}

/* xtext to printable ASCII; out has room for in.len octets. */
static bool
xtext_decode(struct slice in, char *out, size_t *len)
{
	size_t i, n = 0;

	for (i = 0; i < in.len; i++) {
		unsigned c = (unsigned char)in.s[i];

		if (!is_graphic(in.s[i]) || c == '=') return false;
		if (c == '+') {
			if (in.len - i < 3) return false;
			if (hex(in.s[i + 1]) > 15 || hex(in.s[i + 2]) > 15)
				return false;
			c = hex(in.s[i + 1]) << 4 | hex(in.s[i + 2]);
			i += 2;
		}
		if (c < ' ' || c > '~') return false;
		out[n++] = (char)c;
	}
	*len = n;
	return n > 0;
}

/* \x{41}: the number of a character; returns its octets, 0 for anything else */
static size_t
take_embedded(struct slice in, uint32_t *point)
{
	size_t i;

	if (in.len < 6 || memcmp(in.s, "\\x{", 3)) return 0;
	*point = 0;
	for (i = 3; i < in.len && i < 10 && hex(in.s[i]) < 16; i++)
		*point = *point << 4 | hex(in.s[i]);
	if (i < 5 || i == in.len || in.s[i] != '}') return 0;
	return i + 1;
}

/* Any of the three forms to UTF-8. */
static bool
utf8_decode(struct slice in, char *out, size_t *len)
{
	size_t n = 0;

	while (in.len) {
		uint32_t point;
		size_t taken, put;

		if (*in.s == '\\')
			taken = take_embedded(in, &point);
		else if (*in.s == ' ' || *in.s == '+' || *in.s == '=')
			return false;
		else
			taken = utf8_take(in, &point);
		if (!taken || utf8_is_control(point)) return false;
		put = utf8_put(out + n, point);
		if (!put) return false;
		n += put;
		in = slice_skip(in, taken);
	}
	*len = n;
	return n > 0;
}

static bool
is_type(struct slice type)
{
	size_t i;

	for (i = 0; i < type.len; i++) {
		char c = slice_lower(type.s[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-')
			return false;
	}
	return type.len > 0;
}

bool
dsn_envid_decode(struct slice envid, char *out, size_t *len)
{
	return envid.len <= ENVID_MAX && xtext_decode(envid, out, len);
}

bool
dsn_orcpt_decode(struct slice orcpt, struct slice *type, char *out,
    size_t *len)
{
	size_t n = slice_find(orcpt, ';');
	struct slice rest = slice_skip(orcpt, n + 1);

	if (orcpt.len > ORCPT_MAX || n == orcpt.len) return false;
	*type = slice_from(orcpt.s, n);
	if (!is_type(*type)) return false;
	if (slice_is_nocase(*type, "utf-8"))
		return utf8_decode(rest, out, len);
	return xtext_decode(rest, out, len);
}

bool
dsn_xtext_valid(struct slice xtext)
{
	char out[ORCPT_MAX];
	size_t len;

	return xtext.len <= sizeof out && xtext_decode(xtext, out, &len);
}

bool
dsn_envid_valid(struct slice envid)
{
	char out[ENVID_MAX];
	size_t len;

	return dsn_envid_decode(envid, out, &len);
}

bool
dsn_orcpt_valid(struct slice orcpt)
{
	char out[ORCPT_MAX];
	struct slice type;
	size_t len;

	return dsn_orcpt_decode(orcpt, &type, out, &len);
}

/* What stands for itself in every form. */
static bool
is_plain(uint32_t point)
{
	return point > ' ' && point <= '~' && point != '+' && point != '=' &&
	    point != '\\';
}

/* One character in the form for octets up to 127; out has room for 10. */
static size_t
put_character(char *out, uint32_t point, bool embedded)
{
	static char const digit[] = "0123456789ABCDEF";
	size_t n = 0;
	int shift = 4;

	if (is_plain(point) || (point == '\\' && !embedded)) {
		out[n++] = (char)point;
		return n;
	}
	while (embedded && point >> shift > 15)
		shift += 4;
	if (embedded) {
		memcpy(out, "\\x{", 3);
		n = 3;
	} else {
		out[n++] = '+';
	}
	for (; shift >= 0; shift -= 4)
		out[n++] = digit[point >> shift & 15];
	if (embedded) out[n++] = '}';
	return n;
}

size_t
dsn_orcpt_encode(struct slice address, char *out)
{
	bool embedded = !utf8_is_ascii(address);
	struct slice type = embedded ? SLICE("utf-8;") : SLICE("rfc822;");
	size_t n = type.len;

	memcpy(out, type.s, n);
	while (address.len) {
		char one[10];
		uint32_t point;
		size_t put, taken = utf8_take(address, &point);

		if (!taken || utf8_is_control(point)) return 0;
		put = put_character(one, point, embedded);
		if (put > ORCPT_MAX - n) return 0;
		memcpy(out + n, one, put);
		n += put;
		address = slice_skip(address, taken);
	}
	return n > type.len ? n : 0;
}
