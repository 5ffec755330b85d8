/* SPDX-License-Identifier: ISC */
/* The commands of the client, written to its output one at a time. Pure; what
 * goes out is what was checked, whatever the order holds. Each has at most
 * CLIENT_COMMAND_MAX octets and one LF, but for AUTH (LOGIN_LINE_MAX). */
#ifndef MAILGRAVE_SAY_H
#define MAILGRAVE_SAY_H

#include "remote/client.h"

void say_ehlo(struct client *client);	/* LHLO for LMTP */
void say_helo(struct client *client);
void say_starttls(struct client *client);
void say_auth(struct client *client);
void say_mail(struct client *client);
void say_rcpt(struct client *client);	/* client->say.rcpt */
void say_data(struct client *client);
void say_bdat(struct client *client);	/* all of the message at once */
void say_dot(struct client *client);	/* after DATA */
void say_rset(struct client *client);
void say_quit(struct client *client);

/* say_more - answer the challenge in the reply just heard, after say_auth
 *   false  there is no answer to that */
bool say_more(struct client *client);

#endif
