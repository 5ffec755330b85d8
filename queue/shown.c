/* SPDX-License-Identifier: ISC */
/* Prints pieces; knows no layout. */
#include <stdio.h>
#include "common/log.h"
#include "queue/filter.h"
#include "queue/shown.h"

void
shown_put(struct slice text, char const *also, bool json)
{
	char escaped[LOG_ESCAPED_MAX];
	size_t i;

	for (i = 0; i < text.len; i++)
		fwrite(escaped, 1, log_escape(escaped,
		    (unsigned char)text.s[i], also, json), stdout);
}

bool
shown_has_next(uint8_t standing)
{
	return standing == STANDING_ACTIVE || standing == STANDING_DEFERRED;
}

char const *const shown_ret[RETS] = { [RET_FULL] = "full",
	[RET_HDRS] = "hdrs" };

void
shown_notify(unsigned notify, char const *quote)
{
	char const *comma = "";
	int i;

	for (i = 0; i < NOTIFY_BITS; i++) {
		if (!(notify & 1u << i)) continue;
		printf("%s%s%s%s", comma, quote, dsn_notify_name[i], quote);
		comma = ",";
	}
}

struct slice
shown_original(struct command_rcpt const *r, char *out)
{
	struct slice type;
	size_t len;

	if (!dsn_orcpt_decode(r->orcpt, &type, out, &len) ||
	    slice_eq(slice_from(out, len), r->address))
		return SLICE("");
	return slice_from(out, len);
}
