/* SPDX-License-Identifier: ISC */
/* --fsck: is this spool sound? Reads all of it, changes nothing. */
#ifndef MAILGRAVE_FSCK_H
#define MAILGRAVE_FSCK_H

/* fsck_run - look at a spool that no process serves, and print what is wrong,
 * a line each, and a summary
 *   spool    NULL: the current directory
 *   returns the exit code of the program: 0 sound, 1 not, 100 it is in use,
 *   111 it can't be looked at */
int fsck_run(char const *spool);

#endif
