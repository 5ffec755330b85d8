/* SPDX-License-Identifier: ISC */
/* A status in the text form of OpenMetrics 1.0, for monitors. Writes to standard
 * output, whose errors are its caller's to look for. */
#ifndef MAILGRAVE_METRICS_H
#define MAILGRAVE_METRICS_H

#include "queue/status.h"

/* metrics_print - now_s wall time */
void metrics_print(struct status const *s, int64_t now_s);

#endif
