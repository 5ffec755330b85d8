/* SPDX-License-Identifier: ISC */
/* UTF-8 as RFC 3629 has it: the shortest form, no surrogates, nothing beyond
 * U+10FFFF. Pure. */
#ifndef MAILGRAVE_UTF8_H
#define MAILGRAVE_UTF8_H

#include <stdint.h>
#include "common/slice.h"

enum { UTF8_MAX = 4 };	/* octets of one character */

/* utf8_take - the character at the start of in
 *   point  gets its number
 *   returns its octets; 0 when in is empty or doesn't begin with one */
size_t utf8_take(struct slice in, uint32_t *point);

/* utf8_put - write the character with this number to out, UTF8_MAX octets
 *   returns its octets; 0 when there is no such character */
size_t utf8_put(char *out, uint32_t point);

/* utf8_is_ascii - no octet is above 127 */
bool utf8_is_ascii(struct slice text);

/* utf8_is_composed - no accent, Hangul letter or Japanese sound mark stands apart
 * from what it belongs to: in these scripts the text can't be written in
 * another way that looks the same (Unicode's NFC and NFD); nothing is said of
 * others */
bool utf8_is_composed(struct slice text);

/* utf8_is_control - C0, DEL and C1: no text for people needs one */
static inline bool
utf8_is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

#endif
