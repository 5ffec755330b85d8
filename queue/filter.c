/* SPDX-License-Identifier: ISC */
/* Terms to a filter, and whether it fits; knows no queue. */
#include "queue/filter.h"

enum { AGE_MAX = 1000000000 };	/* a number of days still counts in seconds */

char const *const filter_standing[STANDINGS] = {
	[STANDING_HELD] = "held",
	[STANDING_FAILED] = "failed",
	[STANDING_ACTIVE] = "active",
	[STANDING_DEFERRED] = "deferred",
};

static bool
take_sender(struct filter *f, struct slice value)
{
	f->null_sender = slice_is(value, "<>");
	return f->null_sender || addr_parse(&f->sender, value);
}

static bool
take_rcpt(struct filter *f, struct slice value)
{
	return addr_parse(&f->rcpt, value);
}

static bool
take_domain(struct filter *f, struct slice value)
{
	size_t i;

	if (!addr_domain_valid(value) || value.len > ADDR_DOMAIN_MAX)
		return false;
	for (i = 0; i < value.len; i++)
		f->domain[i] = slice_lower(value.s[i]);
	f->domain[i] = '\0';
	return true;
}

static bool
take_age(struct filter *f, struct slice value)
{
	static struct {
		char unit;
		int seconds;
	} const units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
		{ 'd', 86400 } };
	unsigned long long n;
	size_t i;

	if (!value.len) return false;
	value.len--;
	if (!slice_number(value, AGE_MAX, &n)) return false;
	for (i = 0; i < sizeof units / sizeof *units; i++)
		if (value.s[value.len] == units[i].unit) {
			f->age_s = (int64_t)n * units[i].seconds;
			return true;
		}
	return false;
}

static bool
take_state(struct filter *f, struct slice value)
{
	int i;

	for (i = 0; i < STANDINGS; i++)
		if (slice_is(value, filter_standing[i])) {
			f->standing = (enum standing)i;
			return true;
		}
	return false;
}

/* The bit of a key is its place here. */
enum { SENDER, RCPT, DOMAIN, AGE, STATE, KEYS };

static struct {
	char const *key;
	bool (*take)(struct filter *f, struct slice value);
	char const *wrong;
} const keys[KEYS] = {
	[SENDER] = { "sender=", take_sender, "no address" },
	[RCPT] = { "recipient=", take_rcpt, "no address" },
	[DOMAIN] = { "domain=", take_domain, "no domain" },
	[AGE] = { "age>", take_age, "no number with s, m, h or d behind it" },
	[STATE] = { "state=", take_state,
	    "neither deferred, held, active nor failed" },
};

static bool
has(struct filter const *f, int key)
{
	return f->has & 1u << key;
}

bool
filter_add(struct filter *f, struct slice term, char const **why)
{
	int i;

	for (i = 0; i < KEYS; i++) {
		size_t len = strlen(keys[i].key);

		if (term.len < len || memcmp(term.s, keys[i].key, len))
			continue;
		*why = has(f, i) ? "given twice" : keys[i].wrong;
		if (has(f, i) || !keys[i].take(f, slice_skip(term, len)))
			return false;
		f->has |= 1u << i;
		return true;
	}
	*why = "neither an id nor a filter";
	return false;
}

static bool
same_local(struct addr const *a, struct addr const *b)
{
	size_t i;

	if (a->local_len != b->local_len) return false;
	for (i = 0; i < a->local_len; i++)
		if (slice_lower(a->local[i]) != slice_lower(b->local[i]))
			return false;
	return true;
}

static bool
same(struct addr const *wanted, struct slice address)
{
	struct addr a;

	return addr_parse(&a, address) && same_local(wanted, &a) &&
	    slice_eq(addr_domain(wanted), addr_domain(&a));
}

static bool
takes_sender(struct filter const *f, struct slice sender)
{
	return f->null_sender ? !sender.len : same(&f->sender, sender);
}

bool
filter_takes(struct filter const *f, struct filter_facts const *facts)
{
	if (has(f, SENDER) && !takes_sender(f, facts->sender)) return false;
	if (has(f, AGE) && facts->age_s <= f->age_s) return false;
	return !has(f, STATE) || facts->standing == f->standing;
}

bool
filter_asks_rcpt(struct filter const *f)
{
	return has(f, RCPT) || has(f, DOMAIN);
}

static bool
takes_address(struct filter const *f, struct slice address)
{
	struct addr a;

	if (has(f, RCPT) && !same(&f->rcpt, address)) return false;
	if (!has(f, DOMAIN)) return true;
	return addr_parse(&a, address) && slice_is(addr_domain(&a), f->domain);
}

bool
filter_takes_rcpt(struct filter const *f, struct slice address,
    struct slice orcpt)
{
	char original[ORCPT_MAX];
	struct slice type;
	size_t len;

	if (takes_address(f, address)) return true;
	return dsn_orcpt_decode(orcpt, &type, original, &len) &&
	    takes_address(f, slice_from(original, len));
}
