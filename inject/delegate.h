/* SPDX-License-Identifier: ISC */
/* What sendmail does but submit a message: other programs of ours do it. */
#ifndef MAILGRAVE_DELEGATE_H
#define MAILGRAVE_DELEGATE_H

#include "inject/settings.h"

/* How another program has ended. */
struct delegate_end {
	int code;		/* 0, 100, 111 or another */
	char const *wrong;	/* what could not be done at all, or NULL */
	char const *which;
};

/* delegate - do what s->mode asks for
 *   operand  of the command line, NULL ends them
 * Returns only when all is said: what the other program says is passed on. */
struct delegate_end delegate(struct settings const *s, char *const *operand);

#endif
