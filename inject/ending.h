/* SPDX-License-Identifier: ISC */
/* How inject ends when it has not done what it was asked for. */
#ifndef MAILGRAVE_ENDING_H
#define MAILGRAVE_ENDING_H

enum ending { MISUSED, BAD_DATA, REFUSED, NOT_NOW, FORBIDDEN, BROKEN };

struct trouble {
	enum ending ending;
	char const *what;	/* the words for it, in two parts */
	char const *which;	/* may be NULL */
};

/* trouble_sys - by errno */
struct trouble trouble_sys(char const *what);

#endif
