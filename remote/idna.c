/* SPDX-License-Identifier: ISC */
/* Punycode (RFC 3492), one way; knows nothing of Unicode but numbers. */
#include <stdio.h>
#include "common/utf8.h"
#include "remote/idna.h"

/* RFC 3492 section 5 */
enum {
	BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700,
	FIRST_BIAS = 72, FIRST_POINT = 128
};

static char const prefix[] = "xn--";

/* A label that grows up to its limit. */
struct label {
	char octet[IDNA_LABEL_MAX];
	size_t len;
	bool overlong;
};

static void
put(struct label *l, char octet)
{
	if (l->len < sizeof l->octet)
		l->octet[l->len++] = octet;
	else
		l->overlong = true;
}

/* Section 6.1 */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta /= first ? DAMP : 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* A number in digits whose weights depend on those before: section 3.3 */
static void
put_number(struct label *l, uint32_t n, uint32_t bias)
{
	static char const digit[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint32_t k, t;

	for (k = BASE;; k += BASE) {
		t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if (n < t) break;
		put(l, digit[t + (n - t) % (BASE - t)]);
		n = (n - t) / (BASE - t);
	}
	put(l, digit[n]);
}

/* Section 6.3. With IDNA_LABEL_MAX characters no number overflows. */
static void
encode(struct label *l, uint32_t const *point, uint32_t points)
{
	uint32_t n = FIRST_POINT, delta = 0, bias = FIRST_BIAS, basic, done, i;

	for (i = 0; i < points; i++)
		if (point[i] < FIRST_POINT)
			put(l, slice_lower((char)point[i]));
	basic = done = (uint32_t)(l->len - (sizeof prefix - 1));
	if (basic) put(l, '-');
	for (; done < points; delta++, n++) {
		uint32_t next = UINT32_MAX;

		for (i = 0; i < points; i++)
			if (point[i] >= n && point[i] < next) next = point[i];
		delta += (next - n) * (done + 1);
		n = next;
		for (i = 0; i < points; i++) {
			delta += point[i] < n;
			if (point[i] != n) continue;
			put_number(l, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			done++;
			delta = 0;
		}
	}
}

static bool
take_label(struct label *l, struct slice text)
{
	uint32_t point[IDNA_LABEL_MAX], points = 0;
	size_t n;

	l->len = 0;
	l->overlong = false;
	if (utf8_is_ascii(text)) {
		for (n = 0; n < text.len; n++)
			put(l, slice_lower(text.s[n]));
		return !l->overlong;
	}
	for (; text.len; text = slice_skip(text, n)) {
		if (points == IDNA_LABEL_MAX) return false;
		n = utf8_take(text, &point[points++]);
		if (!n) return false;
	}
	for (n = 0; prefix[n]; n++)
		put(l, prefix[n]);
	encode(l, point, points);
	return !l->overlong;
}

bool
idna_ascii(char out[NETADDR_HOST_MAX + 1], struct slice domain)
{
	size_t len = 0;

	for (;;) {
		size_t n = slice_find(domain, '.');
		struct label l;

		if (!take_label(&l, slice_from(domain.s, n))) return false;
		if (len + l.len + (n < domain.len) > NETADDR_HOST_MAX)
			return false;
		memcpy(out + len, l.octet, l.len);
		len += l.len;
		if (n == domain.len) break;
		out[len++] = '.';
		domain = slice_skip(domain, n + 1);
	}
	out[len] = '\0';
	return netaddr_name(slice_from(out, len));
}
