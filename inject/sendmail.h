/* SPDX-License-Identifier: ISC */
/* The letters that callers of sendmail give, which have grown since 1983: each
 * with its arity; what means nothing here is taken and forgotten. */
#ifndef MAILGRAVE_SENDMAIL_H
#define MAILGRAVE_SENDMAIL_H

#include <stdbool.h>
#include "common/option.h"

/* What a call is for. */
enum mode {
	MODE_SUBMIT,
	MODE_SMTP,	/* -bs: a session on standard input and output */
	MODE_LIST,	/* -bp, mailq */
	MODE_RETRY,	/* -q... */
	MODE_EXPLAIN,	/* -bv, -bt: what would become of the operands */
	MODE_NOTHING	/* -bi, -I, newaliases: there is nothing to build */
};

/* rows fill a struct settings */
extern struct option_row const sendmail_rows[];
extern size_t const sendmail_rows_n;

/* sendmail_mode - what a program of this name does unless a letter says more;
 * false: it is none of sendmail's names */
bool sendmail_mode(char const *name, enum mode *mode);

#endif
