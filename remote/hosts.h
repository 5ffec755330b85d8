/* SPDX-License-Identifier: ISC */
/* The hosts that a job may go to, called one after the other. */
#ifndef MAILGRAVE_HOSTS_H
#define MAILGRAVE_HOSTS_H

#include "remote/job.h"

/* hosts_call - the next of job->places, or of its path; the job ends when the
 * last one has been asked
 *   only  of places: this one alone; NULL: those not done */
void hosts_call(struct job *j, struct candidate *only);

/* hosts_user - the job as the user of a connection */
struct conn_user hosts_user(struct job *j);

#endif
