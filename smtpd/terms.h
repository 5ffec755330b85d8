/* SPDX-License-Identifier: ISC */
/* The terms on which clients are served. */
#ifndef MAILGRAVE_SMTPD_TERMS_H
#define MAILGRAVE_SMTPD_TERMS_H

#include "smtpd/conn.h"
#include "smtpd/settings.h"

/* terms_set - as far as they stand in s, which must outlive c */
void terms_set(struct conns *c, struct settings const *s);

#endif
