/* SPDX-License-Identifier: ISC */
/* A session's AUTH: challenges and answers (RFC 4954 section 4). Pure. */
#ifndef MAILGRAVE_SMTPD_EXCHANGE_H
#define MAILGRAVE_SMTPD_EXCHANGE_H

#include "smtpd/session.h"

/* exchange_begin - by a mechanism's name, and the first answer where one came
 * along; returns REPLY_NONE when the caller is to be asked */
enum reply exchange_begin(struct session *s, struct slice argument);

/* exchange_line - the client's next line, as exchange_begin */
enum reply exchange_line(struct session *s, struct line const *line);

/* exchange_forget - with what was said; also when there is none */
void exchange_forget(struct session *s);

#endif
