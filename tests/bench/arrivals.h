/* SPDX-License-Identifier: ISC */
/* Watches the new/ directories of Maildirs while a run lasts, and afterwards
 * compares what lies there with what the server said. */
#ifndef MAILGRAVE_BENCH_ARRIVALS_H
#define MAILGRAVE_BENCH_ARRIVALS_H

#include "common/loop.h"
#include "tests/bench/mailing.h"

struct arrival {
	uint64_t user;
	char *name;
};

struct arrivals {
	struct mailing const *mailing;
	char const *pattern;	/* of the directories; % is the user */
	/* seen - called after each batch of names */
	void (*seen)(void *owner);
	void *owner;

	struct watch watch;
	int *user_of;		/* by the kernel's number of the directory */
	size_t numbers;
	struct arrival *arrival;
	size_t n, room;
	int64_t last_ns;	/* when the newest of them was seen */
};

/* What a run has left. All but whole should be 0. */
struct arrivals_report {
	uint64_t whole;		/* copies that are there as they were sent */
	uint64_t missing;	/* copies of acknowledged messages */
	uint64_t twice;		/* copies beyond the first */
	uint64_t unasked;	/* copies of messages that were not accepted */
	uint64_t altered;	/* files that are no message of this run */
};

/* arrivals_open - mailing, pattern, seen and owner are set; the directories
 * must be there. false and errno; pattern is then the one at fault. */
bool arrivals_open(struct arrivals *a, struct loop *loop);

/* arrivals_check - read every file that has arrived
 *   accepted  by message: the server has said yes
 *   remove    take the files away afterwards
 *   false     errno: a file can't be read, or no memory */
bool arrivals_check(struct arrivals *a, bool const *accepted, bool remove,
    struct arrivals_report *report);

void arrivals_close(struct arrivals *a);

#endif
