/* SPDX-License-Identifier: ISC */
/* What happened to mail, said the same way in every program. */
#ifndef MAILGRAVE_VERDICT_H
#define MAILGRAVE_VERDICT_H

enum verdict {
	VERDICT_OK,	/* done, and it will stay done */
	VERDICT_TEMP,	/* not now: the same try may succeed later */
	VERDICT_PERM,	/* never: trying again is pointless */
	VERDICTS
};

enum {
	STATUS_MAX = 11,	/* "5.123.123" and a little; RFC 3463 */
	WORDS_MAX = 4096	/* of what the other side said, this is kept */
};

#endif
