/* SPDX-License-Identifier: ISC */
/* Writes lines of a dialogue for people; whatever they hold, it is printable
 * ASCII when it leaves. */
#include <unistd.h>
#include "common/log.h"
#include "remote/trace.h"

size_t
trace_escape(char *out, struct slice text)
{
	size_t i, n = 0;

	for (i = 0; i < text.len; i++)
		n += log_escape(out + n, (unsigned char)text.s[i], "", false);
	return n;
}

static void
show_by_hand(enum trace_side side, struct slice line)
{
	char out[2 + 4 * TRACE_LINE_MAX + 1];
	size_t n = 2;
	ssize_t written;

	out[0] = side == TRACE_SAID ? '>' : '<';
	out[1] = ' ';
	n += trace_escape(out + n, line);
	out[n++] = '\n';
	written = write(STDERR_FILENO, out, n);
	(void)written; /* nobody looks: the mail goes on */
}

static void
show(struct trace *t, enum trace_side side, struct traceid const *id)
{
	struct slice line = slice_from(t->line, t->len);

	if (t->login) login_mask(t->login, t->line, t->len);
	if (line.len && line.s[line.len - 1] == '\r') line.len--;
	if (!id)
		show_by_hand(side, line);
	else
		log_event(side == TRACE_SAID ? "said" : "heard", LOG_ID(id),
		    LOG_SLICE("line", line));
	t->len = 0;
}

void
trace_feed(struct trace *t, enum trace_side side, struct traceid const *id,
    struct slice octets)
{
	size_t i;

	for (i = 0; i < octets.len; i++) {
		if (octets.s[i] == '\n')
			show(t, side, id);
		else if (t->len < TRACE_LINE_MAX)
			t->line[t->len++] = octets.s[i];
	}
}
