/* SPDX-License-Identifier: ISC */
/* What became of one delivery. Pure. */
#ifndef MAILGRAVE_RESULT_H
#define MAILGRAVE_RESULT_H

#include <stdbool.h>
#include "common/verdict.h"

/* Texts end with NUL and live as long as who tells says. */
struct delivery_result {
	enum verdict verdict;
	bool ours;		/* temporary by a shortage of this machine */
	char const *status, *words;
	char const *where;	/* mailbox or program */
};

/* delivery_trouble - what an error of a system call means; static texts */
struct delivery_result delivery_trouble(int error);

#endif
