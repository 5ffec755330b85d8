/* SPDX-License-Identifier: ISC */
/* A line of the access file while it is read. Pure. */
#ifndef MAILGRAVE_ACCESSLINE_H
#define MAILGRAVE_ACCESSLINE_H

#include "common/accessrule.h"
#include "common/rulefile.h"

struct accessline {
	/* set by the caller */
	struct access *access;		/* its rules so far, this one too */
	struct rulefile *f;		/* the word is the first of the line */
	struct access_rule *rule;
	unsigned n;			/* its number */

	bool everybody;			/* it names all clients */
};

/* accessline_take - fill the rule; false: f says what is wrong */
bool accessline_take(struct accessline *l);

/* accessline_kind - the word that such a line begins with */
char const *accessline_kind(enum accessrule_kind kind);

#endif
