/* SPDX-License-Identifier: ISC */
/* The two clocks. Intervals and deadlines go by the monotonic one; the wall
 * clock is only for what people and other hosts read. */
#ifndef MAILGRAVE_CLOCK_H
#define MAILGRAVE_CLOCK_H

#include <stdint.h>

/* clock_monotonic_ms - milliseconds since some moment before this boot */
int64_t clock_monotonic_ms(void);

/* clock_wall_ms - milliseconds since 1970, UTC; may jump */
int64_t clock_wall_ms(void);

#endif
