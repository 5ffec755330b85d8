/* SPDX-License-Identifier: ISC */
/* What errors of system calls mean for mail: a table. */
#include <errno.h>
#include "common/slice.h"
#include "local/result.h"

/* Shortages of this machine are no attempt; the rest is up to who owns the
 * mailbox. */
static struct trouble {
	int error;
	bool ours;
	char const *status;
} const troubles[] = {
	{ ENOSPC, true, "4.3.1" },
	{ EDQUOT, true, "4.3.1" },
	{ EFBIG, true, "4.3.1" },
	{ EIO, true, "4.3.0" },
	{ EROFS, true, "4.3.0" },
	{ EMFILE, true, "4.3.0" },
	{ ENFILE, true, "4.3.0" },
	{ ENOMEM, true, "4.3.0" },
	{ 0, false, "4.3.5" },
};

struct delivery_result
delivery_trouble(int error)
{
	struct trouble const *t = troubles;

	while (t->error && t->error != error)
		t++;
	return (struct delivery_result){ .verdict = VERDICT_TEMP,
					 .ours = t->ours,
					 .status = t->status,
					 .words = strerror(error),
					 .where = "" };
}
