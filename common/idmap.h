/* SPDX-License-Identifier: ISC */
/* Messages by trace id: a hash table through its members. Pure. */
#ifndef MAILGRAVE_IDMAP_H
#define MAILGRAVE_IDMAP_H

#include "common/traceid.h"

/* Lives at the start of its owner's struct, which fills in id. */
struct idmap_node {
	struct traceid id;
	struct idmap_node *chain;
};

/* Zeroed it is empty. */
struct idmap {
	struct idmap_node **slot;
	size_t slots, n;
};

/* idmap_find - NULL when there is none with this id */
struct idmap_node *idmap_find(struct idmap const *map,
    struct traceid const *id);

/* idmap_insert - false and errno: EEXIST, ENOMEM */
bool idmap_insert(struct idmap *map, struct idmap_node *node);

/* idmap_remove - one that is in */
void idmap_remove(struct idmap *map, struct idmap_node *node);

/* idmap_any - some member, NULL when there is none */
struct idmap_node *idmap_any(struct idmap const *map);

/* idmap_free - the table; the members are their owners' */
void idmap_free(struct idmap *map);

#endif
