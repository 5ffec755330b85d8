/* SPDX-License-Identifier: ISC */
/* What a recipient becomes: aliases are followed to their end, and a line with
 * several actions gives one recipient for each. Pure. */
#ifndef MAILGRAVE_EXPAND_H
#define MAILGRAVE_EXPAND_H

#include <stdint.h>
#include "common/routes.h"

enum expand {
	EXPAND_NONE,		/* no line takes the recipient */
	EXPAND_FINAL,		/* one action that is no alias: as it is */
	EXPAND_TARGETS,
	EXPAND_LOOP,		/* it leads back to itself, or to too many: 550
				 * 5.4.6 */
	EXPAND_REJECT,		/* code, status and text say why */
	EXPAND_LIMIT,		/* a pattern hit its limit: ask again later */
	EXPAND_NO_MEMORY
};

struct expansion_target {
	struct slice address;	/* addr_format; lives until expansion_free */
	uint32_t action;	/* of its line, from 1 in file order; 0: it has
				 * but one, or there is no line of ours */
};

struct expansion {
	struct expansion_target *target;
	size_t targets;
	/* EXPAND_REJECT; status and text live as long as the routes */
	unsigned code;
	char const *status, *text;
	struct expand_node *node;	/* own the addresses */
	size_t nodes;
};

enum {
	/* addresses that are looked at for one recipient, those included that
	 * only lead to others */
	EXPAND_NODES_MAX = 2000,
	EXPAND_WORDS_MAX = 32000	/* of all their aliases */
};

/* expand - follow a recipient, at most to HANDOVER_TARGETS_MAX
 *   groups  of the client, for lines with from
 *   out     the caller empties it with expansion_free, whatever is returned;
 *           targets are filled for EXPAND_TARGETS only, none stands twice
 * A target of an alias that no line takes, or that a line rejects or discards,
 * stands for itself: its own try will tell. */
enum expand expand(struct routes const *routes, struct addr const *rcpt,
    struct slice groups, struct expansion *out);

void expansion_free(struct expansion *e);

#endif
