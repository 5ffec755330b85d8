/* SPDX-License-Identifier: ISC */
/* The hash table of messages; owns the table, not the members. */
#include <errno.h>
#include <stdlib.h>
#include "common/idmap.h"

enum {
	SLOTS_MIN = 1024,	/* a power of two, as every later size */
	LOAD_MAX = 4		/* members a slot: a little time for much memory
				 * where a million of them wait */
};

/* The id's last octets are random and were made by us or checked for being
 * new: they are their own hash. */
static struct idmap_node **
slot_of(struct idmap const *map, struct traceid const *id)
{
	uint64_t random;

	memcpy(&random, id->octet + TRACEID_OCTETS - sizeof random,
	    sizeof random);
	return &map->slot[random & (map->slots - 1)];
}

struct idmap_node *
idmap_find(struct idmap const *map, struct traceid const *id)
{
	struct idmap_node *node = map->slots ? *slot_of(map, id) : NULL;

	while (node && !traceid_eq(&node->id, id))
		node = node->chain;
	return node;
}

static void
push(struct idmap *map, struct idmap_node *node)
{
	struct idmap_node **slot = slot_of(map, &node->id);

	node->chain = *slot;
	*slot = node;
}

static bool
grow(struct idmap *map)
{
	struct idmap larger = *map;
	size_t i;

	larger.slots = map->slots ? 2 * map->slots : SLOTS_MIN;
	larger.slot = calloc(larger.slots, sizeof(struct idmap_node *));
	if (!larger.slot) return map->slots != 0; /* slower, but it works */
	for (i = 0; i < map->slots; i++)
		while (map->slot[i]) {
			struct idmap_node *node = map->slot[i];

			map->slot[i] = node->chain;
			push(&larger, node);
		}
	free(map->slot);
	*map = larger;
	return true;
}

bool
idmap_insert(struct idmap *map, struct idmap_node *node)
{
	if (idmap_find(map, &node->id)) {
		errno = EEXIST;
		return false;
	}
	if (map->n >= LOAD_MAX * map->slots && !grow(map)) return false;
	push(map, node);
	map->n++;
	return true;
}

void
idmap_remove(struct idmap *map, struct idmap_node *node)
{
	struct idmap_node **at = slot_of(map, &node->id);

	while (*at != node)
		at = &(*at)->chain;
	*at = node->chain;
	map->n--;
}

struct idmap_node *
idmap_any(struct idmap const *map)
{
	size_t i;

	for (i = 0; i < map->slots; i++)
		if (map->slot[i]) return map->slot[i];
	return NULL;
}

void
idmap_free(struct idmap *map)
{
	free(map->slot);
	*map = (struct idmap){ .slot = NULL };
}
