/* SPDX-License-Identifier: ISC */
/* Gathers sender and recipients; never looks at the body. */
#include <stdlib.h>
#include "common/address.h"
#include "common/header.h"
#include "inject/envelope.h"

void
envelope_init(struct envelope *e, struct slice domain, size_t rcpts_max)
{
	*e = (struct envelope){ .bounce = true, .domain = domain,
				.rcpts_max = rcpts_max };
}

void
envelope_free(struct envelope *e)
{
	free(e->rcpt);
	e->rcpt = NULL;
	e->rcpts = 0;
}

static bool
fail(struct envelope *e, char const *why)
{
	e->why = why;
	return false;
}

bool
envelope_from(struct envelope *e, struct slice text)
{
	struct address_list list = address_list(text, e->domain);
	struct address got, second;

	e->bounce = !text.len || slice_is(text, "<>");
	if (e->bounce) return true;
	switch (address_next(&list, &got)) {
	case -1:
		return fail(e, list.why);
	case 0:
		return fail(e, "no address");
	}
	if (address_next(&list, &second)) return fail(e, "not one address");
	e->sender = got.mailbox;
	return true;
}

/* Room is doubled: the cap on recipients bounds it. */
static bool
add(struct envelope *e, struct addr const *rcpt)
{
	struct addr *more;

	if (e->rcpts == e->rcpts_max) return fail(e, "too many recipients");
	if (!(e->rcpts & (e->rcpts - 1))) {
		more = reallocarray(e->rcpt, e->rcpts ? 2 * e->rcpts : 1,
		    sizeof *more);
		if (!more) return fail(e, "out of memory");
		e->rcpt = more;
	}
	e->rcpt[e->rcpts++] = *rcpt;
	return true;
}

bool
envelope_to(struct envelope *e, struct slice text)
{
	struct address_list list = address_list(text, e->domain);
	struct address got;
	int more;

	while ((more = address_next(&list, &got)) == 1)
		if (!add(e, &got.mailbox)) return false;
	return more == 0 || fail(e, list.why);
}

bool
envelope_read(struct envelope *e, struct slice header, struct slice *name)
{
	unsigned const resent = header_is_resent(header) ? HEADER_RESENT : 0;
	struct header_field field;

	while (header_next(&header, &field)) {
		if (!(field.use & HEADER_RECIPIENTS)) continue;
		if ((field.use & HEADER_RESENT) != resent) continue;
		*name = field.name;
		if (!envelope_to(e, field.value)) return false;
	}
	return true;
}

static int
compare(void const *a, void const *b)
{
	char x[ADDR_TEXT_MAX], y[ADDR_TEXT_MAX];
	size_t n = addr_format(a, x), m = addr_format(b, y);
	int order = memcmp(x, y, n < m ? n : m);

	return order ? order : (n > m) - (n < m);
}

void
envelope_settle(struct envelope *e)
{
	size_t i, kept = 0;

	if (!e->rcpts) return;
	qsort(e->rcpt, e->rcpts, sizeof *e->rcpt, compare);
	for (i = 1; i < e->rcpts; i++)
		if (compare(e->rcpt + kept, e->rcpt + i))
			e->rcpt[++kept] = e->rcpt[i];
	e->rcpts = kept + 1;
}

bool
envelope_needs_utf8(struct envelope const *e)
{
	size_t n;

	if (!e->bounce && !addr_is_ascii(&e->sender)) return true;
	for (n = 0; n < e->rcpts; n++)
		if (!addr_is_ascii(&e->rcpt[n])) return true;
	return false;
}
