/* SPDX-License-Identifier: ISC */
/* The routes file: what happens to a recipient. Read by smtpd, send and local,
 * each for itself. Pure: text in, a decision out; first match wins. */
#ifndef MAILGRAVE_ROUTES_H
#define MAILGRAVE_ROUTES_H

#include <stdint.h>
#include "common/route.h"

struct routes {
	struct route *row;
	size_t rows;
	uint64_t hash;		/* of the text: programs can be compared */
	unsigned *slot;		/* index by pattern: a row's number + 1, or 0 */
	size_t slots;		/* a power of two */
};

/* routes_parse - a whole file of what route_parse reads
 *   false  *error says what and where; routes is left as routes_free leaves it
 *   The caller frees with routes_free. */
bool routes_parse(struct routes *routes, struct slice text,
    struct parse_error *error);

void routes_free(struct routes *routes);

/* routes_find - the first line that takes this mailbox, or NULL
 * The local part compares without ASCII case; a line for a@d also takes
 * a+x@d, as one for a@ does. */
struct route const *routes_find(struct routes const *routes,
    struct addr const *rcpt);

#endif
