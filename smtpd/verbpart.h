/* SPDX-License-Identifier: ISC */
/* The commands of verbmail.c, for the table in verb.c; each as struct verb has
 * it. */
#ifndef MAILGRAVE_SMTPD_VERBPART_H
#define MAILGRAVE_SMTPD_VERBPART_H

#include "smtpd/session.h"

enum reply verb_mail(struct session *s, struct slice argument);
enum reply verb_rcpt(struct session *s, struct slice argument);
enum reply verb_data(struct session *s, struct slice argument);
enum reply verb_bdat(struct session *s, struct slice argument);

#endif
