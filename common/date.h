/* SPDX-License-Identifier: ISC */
/* The date as header fields and trace lines show it (RFC 5322 section 3.3),
 * always in UTC. Pure: knows no clock and no time zone. */
#ifndef MAILGRAVE_DATE_H
#define MAILGRAVE_DATE_H

#include <stdint.h>

enum { DATE822_TEXT = 31 };	/* "Fri, 20 Nov 2026 19:44:31 +0000" */

/* date822 - seconds since 1970 as text with a NUL; returns text
 * The year has four digits: what lies before 1970 or after 9999 becomes the
 * first or the last second of that time. */
char *date822(char text[DATE822_TEXT + 1], int64_t wall_s);

#endif
