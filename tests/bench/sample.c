/* SPDX-License-Identifier: ISC */
/* Keeps times and ranks them; measures nothing itself. */
#include <stdlib.h>
#include <time.h>
#include "tests/bench/sample.h"

int64_t
sample_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool
sample_open(struct sample *s, size_t room)
{
	*s = (struct sample){ .room = room };
	s->ns = malloc(room * sizeof *s->ns);
	return s->ns != NULL;
}

void
sample_close(struct sample *s)
{
	free(s->ns);
}

void
sample_add(struct sample *s, int64_t ns)
{
	if (s->n < s->room) s->ns[s->n++] = ns;
}

static int
order(void const *a, void const *b)
{
	int64_t x = *(int64_t const *)a, y = *(int64_t const *)b;

	return (x > y) - (x < y);
}

/* Nearest rank: the smallest time that per_cent of them don't exceed. */
static double
rank_ms(struct sample const *s, size_t per_cent)
{
	size_t rank = (s->n * per_cent + 99) / 100;

	return (double)s->ns[rank - 1] / 1e6;
}

void
sample_print(FILE *out, char const *name, struct sample *s)
{
	if (!s->n) return;
	qsort(s->ns, s->n, sizeof *s->ns, order);
	fprintf(out, ",\"%s\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,"
	    "\"max\":%.3f}", name, rank_ms(s, 50), rank_ms(s, 90),
	    rank_ms(s, 99), rank_ms(s, 100));
}
