/* SPDX-License-Identifier: ISC */
/* Who calls us. */
#ifndef MAILGRAVE_LOGIN_H
#define MAILGRAVE_LOGIN_H

enum { LOGIN_MAX = 255 };

/* login_name - the account of our uid, else the number itself, with a NUL;
 * name has LOGIN_MAX + 1 octets and is returned */
char *login_name(char *name);

/* login_person - the full name that the system has for it, maybe none, with a
 * NUL; person has COMPLETE_NAME_MAX + 1 octets and is returned */
char *login_person(char *person);

#endif
