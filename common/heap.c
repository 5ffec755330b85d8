/* SPDX-License-Identifier: ISC */
/* Melds, pairs and cuts; see Fredman et al., "The pairing heap", 1986. */
#include <stddef.h>
#include "common/heap.h"

static struct heap_node *
meld(struct heap_node *a, struct heap_node *b)
{
	if (!a) return b;
	if (!b) return a;
	if (b->key < a->key) {
		struct heap_node *t = a;

		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (b->next) b->next->prev = b;
	a->child = b;
	return a;
}

/* Meld the list in pairs from the left, then all pairs from the right. */
static struct heap_node *
pair(struct heap_node *list)
{
	struct heap_node *pairs = NULL, *whole = NULL;

	while (list) {
		struct heap_node *a = list, *b = a->next;

		list = b ? b->next : NULL;
		a->next = NULL;
		if (b) b->next = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct heap_node *rest = pairs->next;

		pairs->next = NULL;
		whole = meld(whole, pairs);
		pairs = rest;
	}
	return whole;
}

void
heap_remove(struct heap_node **heap, struct heap_node *node)
{
	struct heap_node *children;

	if (!node->in) return;
	children = pair(node->child);
	if (node == *heap) {
		*heap = children;
	} else {
		if (node->prev->child == node)
			node->prev->child = node->next;
		else
			node->prev->next = node->next;
		if (node->next) node->next->prev = node->prev;
		*heap = meld(*heap, children);
	}
	*node = (struct heap_node){ .key = node->key };
}

void
heap_insert(struct heap_node **heap, struct heap_node *node, int64_t key)
{
	if (node->in && node->key == key) return;
	heap_remove(heap, node);
	*node = (struct heap_node){ .key = key, .in = true };
	*heap = meld(*heap, node);
}
