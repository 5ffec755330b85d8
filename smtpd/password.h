/* SPDX-License-Identifier: ISC */
/* --hash. */
#ifndef MAILGRAVE_SMTPD_PASSWORD_H
#define MAILGRAVE_SMTPD_PASSWORD_H

#include <stdbool.h>

/* password_hash - never returns
 *   scram  a verifier, not a hash of crypt(3)
 * The password is not an argument, which ps would show */
_Noreturn void password_hash(bool scram);

#endif
