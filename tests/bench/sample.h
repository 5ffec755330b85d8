/* SPDX-License-Identifier: ISC */
/* Times that were measured, and what half or 99 of 100 of them stay below. */
#ifndef MAILGRAVE_BENCH_SAMPLE_H
#define MAILGRAVE_BENCH_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sample {
	int64_t *ns;
	size_t n, room;
};

/* sample_now - nanoseconds on the monotonic clock */
int64_t sample_now(void);

/* sample_open - room for as many times; false and ENOMEM */
bool sample_open(struct sample *s, size_t room);
void sample_close(struct sample *s);

/* sample_add - one more; those without room are left out */
void sample_add(struct sample *s, int64_t ns);

/* sample_print - ,"name":{"p50":..,"p90":..,"p99":..,"max":..} in ms, nothing
 * when there are none. Sorts. */
void sample_print(FILE *out, char const *name, struct sample *s);

#endif
