/* SPDX-License-Identifier: ISC */
/* Who we are when nobody says otherwise: names of host, domain and caller. */
#ifndef MAILGRAVE_SELF_H
#define MAILGRAVE_SELF_H

enum { SELF_NAME_MAX = 255 };

/* Each writes a name of at most SELF_NAME_MAX octets and a NUL to name, and
 * returns it. */

/* self_host - what the system calls itself, else "localhost" */
char *self_host(char *name);

/* self_domain - the first line of /etc/mailname, else self_host */
char *self_domain(char *name);

/* self_login - the account of our uid, else the number itself */
char *self_login(char *name);

#endif
