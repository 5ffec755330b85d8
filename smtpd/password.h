/* SPDX-License-Identifier: ISC */
/* --hash. */
#ifndef MAILGRAVE_SMTPD_PASSWORD_H
#define MAILGRAVE_SMTPD_PASSWORD_H

/* password_hash - never returns; the password is not an argument, which ps
 * would show */
_Noreturn void password_hash(void);

#endif
