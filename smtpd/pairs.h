/* SPDX-License-Identifier: ISC */
/* The certificates and keys that options name, for whoever is to hold the keys.
 * May end the process, as main does. */
#ifndef MAILGRAVE_SMTPD_PAIRS_H
#define MAILGRAVE_SMTPD_PAIRS_H

#include "smtpd/keys.h"
#include "smtpd/settings.h"

/* pairs_open - start him, if there are any; k is zeroed */
void pairs_open(struct keys *k, struct settings const *s);

#endif
