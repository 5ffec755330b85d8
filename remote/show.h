/* SPDX-License-Identifier: ISC */
/* The dialogue of a connection for people, with --verbose. */
#ifndef MAILGRAVE_SHOW_H
#define MAILGRAVE_SHOW_H

#include "remote/conn.h"

/* show_said - octets that have been sent; before client_sent hears of them.
 * What is secret is shown as having been said, the message not at all. */
void show_said(struct conn *c, struct slice octets);

void show_heard(struct conn *c, struct slice octets);

/* show_text - the message begins */
void show_text(struct conn *c);

/* show_note - what is no line of the dialogue, but belongs there */
void show_note(struct conn *c, char const *what, char const *more);

#endif
