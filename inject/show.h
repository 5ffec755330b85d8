/* SPDX-License-Identifier: ISC */
/* --dry-run: what would be queued, on standard output. */
#ifndef MAILGRAVE_INJECT_SHOW_H
#define MAILGRAVE_INJECT_SHOW_H

#include "common/body.h"
#include "inject/envelope.h"
#include "inject/settings.h"

/* show_envelope - as SMTP would say it */
void show_envelope(struct envelope const *e, struct settings const *set);

/* show_text - a piece of the message, with LF */
void show_text(struct body_lf *lf, struct slice piece);

#endif
