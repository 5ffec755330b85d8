/* SPDX-License-Identifier: ISC */
/* What address lists in a header are made of (RFC 5322 section 3.2): words,
 * specials, and between them white space, folds and comments, which mean
 * nothing. Pure. */
#ifndef MAILGRAVE_TOKEN_H
#define MAILGRAVE_TOKEN_H

#include "common/slice.h"

enum {
	TOKEN_COMMENT_DEPTH = 100	/* comments within comments; nobody
					 * who means well comes near */
};

/* A special stands for itself. */
enum { TOKEN_BAD = -1, TOKEN_END = 0, TOKEN_ATOM = 'a', TOKEN_QUOTED = 'q',
       TOKEN_LITERAL = 'l' };

struct token {
	int kind;
	struct slice text;	/* without the quotes, with the brackets */
};

/* token_next - the next one, behind what lies between
 *   in    advanced past it
 *   *why  after TOKEN_BAD: what is wrong */
struct token token_next(struct slice *in, char const **why);

#endif
