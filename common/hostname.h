/* SPDX-License-Identifier: ISC */
/* What this host is called when nobody says otherwise. Each writes a name of
 * at most HOSTNAME_MAX octets and a NUL to name, and returns it. */
#ifndef MAILGRAVE_HOSTNAME_H
#define MAILGRAVE_HOSTNAME_H

enum { HOSTNAME_MAX = 255 };

/* hostname_of_host - what the system says, else "localhost" */
char *hostname_of_host(char *name);

/* hostname_of_mail - the first line of /etc/mailname, else as above: for
 * addresses without a domain */
char *hostname_of_mail(char *name);

#endif
