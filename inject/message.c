/* SPDX-License-Identifier: ISC */
/* Gathers input until it holds a header; never looks at the body. */
#include <errno.h>
#include "common/header.h"
#include "inject/message.h"

static bool
fail(struct message *m, char const *why)
{
	m->trouble = (struct trouble){ BAD_DATA, why, NULL };
	return false;
}

/* more - append a piece of the input to text */
static bool
more(struct message *m)
{
	size_t n;

	if (!stralloc_readyplus(&m->text, WIRE_BODY_MAX) ||
	    !input_read(&m->input, m->text.s + m->text.len, &n)) {
		if (errno == EPROTO)
			return fail(m, "the message has a NUL or a CR that "
			    "ends no line");
		m->trouble = trouble_sys("read the message");
		return false;
	}
	m->text.len += n;
	m->end = m->input.end;
	return true;
}

bool
message_open(struct message *m, int fd, bool dot_ends)
{
	struct header_search search = { .line = 0 };
	struct slice text;
	int got;

	input_init(&m->input, fd, dot_ends);
	do {
		if (!more(m)) return false;
		text = slice_from(m->text.s, m->text.len);
		got = header_search(&search, text, m->end);
	} while (got == 0);
	if (got == -1) return fail(m, "the header is too long");
	m->header = search.header;
	m->begun = slice_skip(text, search.body);
	return true;
}

bool
message_next(struct message *m, struct slice *piece)
{
	m->text.len = 0;
	if (!more(m)) return false;
	*piece = slice_from(m->text.s, m->text.len);
	return true;
}

void
message_close(struct message *m)
{
	stralloc_free(&m->text);
}
