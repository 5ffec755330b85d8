/* SPDX-License-Identifier: ISC */
/* From a target to the places to call, in order: mail exchangers, their
 * addresses, loops cut. */
#ifndef MAILGRAVE_FIND_H
#define MAILGRAVE_FIND_H

#include "common/verdict.h"
#include "remote/mx.h"

struct remote;
struct target;

/* What came of it. */
struct found {
	struct candidates *places;	/* the callee's to free; NULL: none */
	enum verdict verdict;		/* then: what that means for the mail */
	char const *status, *words;
	bool ours;			/* temporary by a shortage of ours */
};

struct find;

/* find_start - done is called once, later, never from here; target and remote
 * live until then
 *   NULL  no memory */
struct find *find_start(struct remote *remote, struct target const *target,
    void (*done)(void *owner, struct found const *found), void *owner);

/* find_cancel - done isn't called any more */
void find_cancel(struct find *find);

#endif
