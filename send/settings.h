/* SPDX-License-Identifier: ISC */
/* What the command line says beyond the options that all stages share. */
#ifndef MAILGRAVE_SEND_SETTINGS_H
#define MAILGRAVE_SEND_SETTINGS_H

#include "common/option.h"
#include "send/sched.h"

struct settings {
	char const *local;		/* its socket */
	char const *double_bounce;	/* NULL: nobody */
	struct sched_limits limits;
	bool explain;
	char const *spool, *relay;	/* by hand; NULL: the default */
	unsigned long long port;	/* likewise; 0 */
};

extern struct option_row const settings_rows[];
extern size_t const settings_rows_n;

/* settings_default - before the command line is read */
void settings_default(struct settings *s);

/* settings_local_beside - of local's socket, beside that of remote; may be
 * NULL. What is returned is there until the next call. */
char const *settings_local_beside(char const *out);

#endif
