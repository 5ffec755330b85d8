/* SPDX-License-Identifier: ISC */
/* The message on its way out, piece by piece: what is in it that they could
 * not take, then the octets that are sent. Pure. */
#ifndef MAILGRAVE_REMOTE_TEXT_H
#define MAILGRAVE_REMOTE_TEXT_H

#include "remote/client.h"

/* text_begin - at its first octet, to scan it or to put it */
void text_begin(struct client *client);

/* text_scan - look through a piece
 *   returns CLIENT_SCAN: more is wanted; else the next step */
enum client_step text_scan(struct client *client, struct slice piece);

/* text_put - write a piece, for DATA with dots stuffed, to the output
 *   false  it holds a bare CR or LF: it must not be sent */
bool text_put(struct client *client, struct slice piece);

#endif
