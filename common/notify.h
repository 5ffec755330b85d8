/* SPDX-License-Identifier: ISC */
/* Tells a supervisor that the daemon is ready, or ends: systemd's NOTIFY_SOCKET
 * (sd_notify(3)), or the newline of s6. One that does not listen loses nothing
 * but the news. */
#ifndef MAILGRAVE_NOTIFY_H
#define MAILGRAVE_NOTIFY_H

/* notify_open - connect to NOTIFY_SOCKET, which lies outside of the jail; -1:
 * there is none */
int notify_open(void);

/* notify_tell - "READY=1\n" or the like; nothing when socket is -1 */
void notify_tell(int socket, char const *state);

/* notify_line - a newline on fd, which is closed */
void notify_line(int fd);

#endif
