/* SPDX-License-Identifier: ISC */
/* What tables and objects have in common. */
#ifndef MAILGRAVE_SHOWN_H
#define MAILGRAVE_SHOWN_H

#include "common/command.h"

/* shown_put - print what others said: octets that are not printable ASCII, and
 * those in also, are escaped as log_escape does */
void shown_put(struct slice text, char const *also, bool json);

/* shown_has_next - nothing is tried again by itself once it is held or has
 * failed */
bool shown_has_next(uint8_t standing);

extern char const *const shown_ret[RETS];

/* shown_notify - print their names, quoted or not, a comma between */
void shown_notify(unsigned notify, char const *quote);

/* shown_original - whom the sender wrote to, if somebody else stands for him
 * now
 *   out  ORCPT_MAX octets */
struct slice shown_original(struct command_rcpt const *r, char *out);

#endif
