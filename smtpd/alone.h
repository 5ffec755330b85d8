/* SPDX-License-Identifier: ISC */
/* One client alone, on standard input and output. */
#ifndef MAILGRAVE_SMTPD_ALONE_H
#define MAILGRAVE_SMTPD_ALONE_H

#include <stdbool.h>
#include <stddef.h>

/* alone_client - its address, empty when it has none; text has
 * NETADDR_TEXT_MAX + 1 octets. Before stage_enter, which empties the
 * environment. */
void alone_client(char *text);

/* alone_tls - whether TLS is done by who started us, as UCSPI has it
 *   text  gets version and cipher, room octets with NUL */
bool alone_tls(char *text, size_t room);

/* alone_is_socket - standard input and output are one socket */
bool alone_is_socket(void);

/* alone_log_is_client - so are standard input and error */
bool alone_log_is_client(void);

#endif
