/* SPDX-License-Identifier: ISC */
/* Shows mail that waits to people, as a table or one message at a time, and to
 * programs as JSON, one object a line. Writes to standard output, whose errors
 * are its caller's to look for; what others said is escaped. */
#ifndef MAILGRAVE_TABLE_H
#define MAILGRAVE_TABLE_H

#include <stdint.h>
#include "common/command.h"

enum table_style {
	TABLE_ROWS,	/* a row a message, and the last error below it */
	TABLE_PAGES,	/* all there is to know, and the text */
	TABLE_JSON	/* names as postqueue(1) -j has them where they fit */
};

struct table {
	enum table_style style;
	int64_t now_s;		/* wall time */
	uint64_t mails, octets;
	uint32_t rcpts;		/* of the last mail, so far */
};

enum { TABLE_SHORT = 24 };

/* table_duration, table_octets - for the eye: in the unit that leaves a few
 * digits; what they return is out */
char const *table_duration(char out[TABLE_SHORT], int64_t s);
char const *table_octets(char out[TABLE_SHORT], uint64_t n);

/* table_mail, table_rcpt, table_text, table_end - what the queue sent, in the
 * order it came
 *   fd  of the message, -1 when it can't be read; table_text closes it */
void table_mail(struct table *t, struct command_mail const *m);
void table_rcpt(struct table *t, struct command_rcpt const *r);
void table_text(struct table *t, int fd);
void table_end(struct table *t);

#endif
