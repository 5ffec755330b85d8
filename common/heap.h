/* SPDX-License-Identifier: ISC */
/* A pairing heap through its members: the smallest key first, nothing is ever
 * allocated. Pure. */
#ifndef MAILGRAVE_HEAP_H
#define MAILGRAVE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Lives in its owner's struct; zeroed it is in no heap. */
struct heap_node {
	int64_t key;
	struct heap_node *child, *next, *prev;	/* prev of a first child is
						 * its parent */
	bool in;
};

/* heap_insert - or move, when it is in already; heap is the first node or
 * NULL */
void heap_insert(struct heap_node **heap, struct heap_node *node, int64_t key);

/* heap_remove - harmless on a node that is in no heap */
void heap_remove(struct heap_node **heap, struct heap_node *node);

#endif
