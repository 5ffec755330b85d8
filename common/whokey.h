/* SPDX-License-Identifier: ISC */
/* What the index of who.h is made of: for those who fill it and those who look
 * something up. */
#ifndef MAILGRAVE_WHOKEY_H
#define MAILGRAVE_WHOKEY_H

#include "common/who.h"

/* What a client is looked up by: each kind has one value, or one for each
 * length of a network, or one for each label of a name. */
enum who_kind {
	WHO_ANYBODY,
	WHO_NETWORK,
	WHO_HOST,	/* text: the name, or .domain for those below it */
	WHO_LOGGED_IN,
	WHO_LOGIN,		/* text */
	WHO_GROUP		/* its number */
};

struct who_key {
	enum who_kind kind;
	unsigned group;
	struct network network;
	struct slice text;
};

struct who_entry {
	struct who_key key;
	char *text;		/* of the key */
	unsigned rule;
	unsigned next;		/* entry with the same key, + 1 */
};

struct who_search {
	struct match *match;
	unsigned rule;
};

/* who_slot - where entries of this key are, or would be */
unsigned *who_slot(struct who const *who, struct who_key const *key);

#endif
