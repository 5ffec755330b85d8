/* SPDX-License-Identifier: ISC */
/* Looks at line beginnings only.
 *
 *            ">"          next of "From "   the last of it    LF      other
 *   start    out          hold              -                 out     inside
 *   held     out, inside  hold              ">From ", inside  start   inside
 *   inside   out          out               out               start   out */
#include "local/mboxrd.h"

static char const from[] = "From ";

size_t
mboxrd_end(struct mboxrd *m, char *out)
{
	size_t n = m->held;

	memcpy(out, from, n);
	m->held = 0;
	return n;
}

static size_t
hold(struct mboxrd *m, char *out)
{
	if (++m->held < sizeof from - 1) return 0;
	m->held = 0;
	m->inside = true;
	out[0] = '>';
	memcpy(out + 1, from, sizeof from - 1);
	return sizeof from;
}

size_t
mboxrd(struct mboxrd *m, struct slice in, char *out)
{
	size_t i, n = 0;

	for (i = 0; i < in.len; i++) {
		char const c = in.s[i];

		if (!m->inside && c == from[m->held]) {
			n += hold(m, out + n);
			continue;
		}
		m->inside = m->inside || m->held || c != '>';
		n += mboxrd_end(m, out + n);
		out[n++] = c;
		if (c == '\n') m->inside = false;
	}
	return n;
}
