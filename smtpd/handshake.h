/* SPDX-License-Identifier: ISC */
/* The handshake of TLS; each of these may free the connection. */
#ifndef MAILGRAVE_SMTPD_HANDSHAKE_H
#define MAILGRAVE_SMTPD_HANDSHAKE_H

#include "smtpd/connpart.h"

/* handshake_begin - nothing that came before is looked at again */
void handshake_begin(struct conn *c);

/* handshake_go_on - as far as it goes */
void handshake_go_on(struct conn *c);

/* handshake_done - by whomever: what is said from now on is protected
 *   text  version and cipher, as far as known */
void handshake_done(struct conn *c, char const *text);

/* handshake_failed - say why in the log, and close */
void handshake_failed(struct conn *c, char const *why);

/* handshake_leave - it is over, or was never begun; frees nothing */
void handshake_leave(struct conn *c);

/* handshake_has_room - one more may be under way, at the cost of the oldest
 * when that takes suspiciously long */
bool handshake_has_room(void *conn);

#endif
