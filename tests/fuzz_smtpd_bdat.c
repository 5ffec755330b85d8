/* SPDX-License-Identifier: ISC */
/* One text in chunks cut by hostile octets, and the same in one chunk: what is
 * stored, and what is wrong with it, must not depend on the cuts. */
#include <stdlib.h>
#include "smtpd/text.h"

int LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len);

enum { TEXT_MAX = 5000 };

static char store[TEXT_STORE_MAX];

struct kept {
	char octet[2 * TEXT_MAX + 2];
	size_t len;
};

static void
keep(struct kept *k, struct slice out)
{
	if (out.len > sizeof k->octet - k->len) abort();
	if (out.len) memcpy(k->octet + k->len, out.s, out.len);
	k->len += out.len;
}

int
LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len)
{
	static struct kept whole, cut;
	struct text_rules rules = { .size_max = 4000, .line_max = 100,
		.fix_lf = len && octets[0] & 1, .store = store };
	struct text a = { .size = 0 }, b = { .size = 0 };
	struct slice in = slice_from((char const *)octets, len);
	enum reply fault;

	if (len < 2 || len > TEXT_MAX) return 0;
	in = slice_skip(in, 1);
	whole.len = cut.len = 0;
	keep(&whole, text_chunk(&a, &rules, in, true));
	while (in.len) {
		size_t n = (uint8_t)*in.s % 8;

		if (n > in.len) n = in.len;
		keep(&cut, text_chunk(&b, &rules, slice_from(in.s, n), false));
		in = slice_skip(in, n);
		if (n) continue;
		keep(&cut, text_chunk(&b, &rules, slice_from(in.s, 1), false));
		in = slice_skip(in, 1);
	}
	keep(&cut, text_chunk(&b, &rules, in, true));
	fault = text_fault(&a, &rules);
	if (fault != text_fault(&b, &rules) || a.size != b.size) abort();
	if (whole.len != cut.len || whole.len != a.size ||
	    memcmp(whole.octet, cut.octet, cut.len))
		abort();
	if (fault == REPLY_BROKEN_TEXT) return 0;
	if (whole.len && (whole.len < 2 ||
	    memcmp(whole.octet + whole.len - 2, "\r\n", 2)))
		abort();
	return 0;
}
