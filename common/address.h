/* SPDX-License-Identifier: ISC */
/* Address lists as people write them in a header (RFC 5322 sections 3.4 and
 * 4.4): names, groups, comments, folds, quotes, routes. Pure. */
#ifndef MAILGRAVE_ADDRESS_H
#define MAILGRAVE_ADDRESS_H

#include "common/addr.h"

struct address {
	struct addr mailbox;	/* complete */
	bool bare;		/* was written without "@domain" */
	size_t end;		/* bare: "@domain" belongs at this offset */
};

/* A list on its way through address_next; borrows both slices. */
struct address_list {
	struct slice rest;
	size_t len;		/* of the whole text */
	struct slice domain;	/* for what is written without one */
	bool group;		/* inside of "name: ... ;" */
	char const *why;	/* after -1 */
};

static inline struct address_list
address_list(struct slice text, struct slice domain)
{
	return (struct address_list){
		.rest = text, .len = text.len, .domain = domain
	};
}

/* address_next - the next mailbox of the list
 *   1   got it; 0 there is none left
 *   -1  what follows is no address; list->why says why. Nothing after it can
 *       be believed. */
int address_next(struct address_list *list, struct address *got);

#endif
