/* SPDX-License-Identifier: ISC */
/* Prints an envelope and a text; queues nothing. */
#include <stdio.h>
#include "inject/show.h"

static void
print_path(char const *command, struct addr const *mailbox)
{
	char text[ADDR_TEXT_MAX];
	size_t n = mailbox ? addr_format(mailbox, text) : 0;

	printf("%s:<%.*s>", command, (int)n, text);
}

static void
print_rcpt(struct addr const *mailbox, unsigned notify)
{
	char const *before = " NOTIFY=";
	int i;

	print_path("RCPT TO", mailbox);
	for (i = 0; i < NOTIFY_BITS; i++) {
		if (!(notify & 1u << i)) continue;
		printf("%s%s", before, dsn_notify_name[i]);
		before = ",";
	}
	printf("\n");
}

void
show_envelope(struct envelope const *e, struct settings const *set)
{
	size_t n;

	print_path("MAIL FROM", e->bounce ? NULL : &e->sender);
	if (set->ret) printf(" RET=%s", set->ret == RET_HDRS ? "hdrs" : "full");
	if (set->envid) printf(" ENVID=%s", set->envid);
	if (set->utf8 || envelope_needs_utf8(e)) printf(" SMTPUTF8");
	printf("\n");
	for (n = 0; n < e->rcpts; n++)
		print_rcpt(e->rcpt + n, set->notify);
	printf("\n");
}

void
show_text(struct body_lf *lf, struct slice piece)
{
	char line[4096 + 1];

	while (piece.len) {
		size_t n = piece.len < sizeof line - 1 ? piece.len
						       : sizeof line - 1;

		fwrite(line, 1, body_lf(lf, slice_from(piece.s, n), line),
		    stdout);
		piece = slice_skip(piece, n);
	}
}
