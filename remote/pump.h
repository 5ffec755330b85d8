/* SPDX-License-Identifier: ISC */
/* What drives a connection: it does what the engine wants, as far as the link
 * lets it, and tells the user the results. Any of these may free the
 * connection but pump_fall_short. */
#ifndef MAILGRAVE_PUMP_H
#define MAILGRAVE_PUMP_H

#include "remote/conn.h"

/* pump_run - until the engine has to wait */
void pump_run(struct conn *c);

/* pump_fall_short - a shortage of this machine: no fault of the other side, no
 * attempt. Results follow from pump_run. */
void pump_fall_short(struct conn *c, char const *what, int error);

/* for the connection's watch, timer and chore */
void pump_ready(void *conn, uint32_t events);
void pump_timer_due(void *conn);
void pump_chore(void *conn);

#endif
