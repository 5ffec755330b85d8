/* SPDX-License-Identifier: ISC */
/* A line of standard input that nobody is to see. */
#ifndef MAILGRAVE_SMTPD_PROMPT_H
#define MAILGRAVE_SMTPD_PROMPT_H

#include <stdbool.h>

/* prompt_line - with its LF, if it has one and fits
 *   room    octets of line, with a NUL
 *   prompt  is said where standard input is a terminal, which doesn't show then
 *           what is typed
 *   false   there is none */
bool prompt_line(char *line, int room, char const *prompt);

#endif
