/* SPDX-License-Identifier: ISC */
/* What comes after the last word. */
#ifndef MAILGRAVE_SMTPD_FAREWELL_H
#define MAILGRAVE_SMTPD_FAREWELL_H

#include "smtpd/connpart.h"

/* farewell - all is said and written: close the connection, at once or when
 * its client has had time to hear it */
void farewell(struct conn *c);

#endif
