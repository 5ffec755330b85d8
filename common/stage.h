/* SPDX-License-Identifier: ISC */
/* What every stage does at its start and its end: shared options, sockets with
 * its neighbours, the jail, readiness, signals. A main() is
 *
 *   stage_options   reads argv, exits 100 when misused
 *   stage_prepare   who we will be
 *   stage_bind      the socket for the stage before us
 *   ...             open what else lies outside the jail
 *   stage_enter     jailed; helpers are forked after it
 *   stage_serve     seal, listen, say "ready", run the loop
 */
#ifndef MAILGRAVE_STAGE_H
#define MAILGRAVE_STAGE_H

#include <stdbool.h>
#include "common/door.h"
#include "common/hostname.h"
#include "common/inforce.h"
#include "common/jail.h"
#include "common/loop.h"
#include "common/option.h"

/* which of the shared options a program has */
enum stage_has {
	STAGE_IN = 1,		/* --in --in-fd --peer */
	STAGE_OUT = 2,		/* --out */
	STAGE_ROUTES = 4,	/* --routes */
	STAGE_HOSTNAME = 8,	/* --hostname */
	STAGE_DOMAIN = 16,	/* --domain */
	STAGE_OUT_FD = 32	/* --out-fd */
};

struct stage {
	/* set by the program */
	char const *program;		/* "mailgrave-queue" */
	char const *const *upstream;	/* users that may connect, NULL ends;
					 * the first one owns the socket */
	unsigned has;			/* enum stage_has */
	unsigned may;			/* enum jail_may, for stage_serve */
	int const *keep[2];		/* descriptors that are inherited, -1
					 * ends; looked at when options have
					 * been read; each may be NULL */
	/* accepted - a peer with a uid that may; fd is connected, non-blocking
	 * and the callee's. The end of an --in-fd connection is told to the
	 * stage by setting loop.stop. */
	void (*accepted)(void *owner, int fd, uid_t uid);
	/* each may be NULL */
	void (*hup)(void *owner);
	void (*alarm)(void *owner);
	/* term - stop taking work and set loop.stop when what is in flight
	 * has ended; NULL: stop at once. A second signal, or STAGE_GRACE_MS,
	 * stops at once in any case. */
	void (*term)(void *owner);
	void *owner;

	/* filled by stage_options */
	char const *in, *out, *routes, *hostname, *domain, *peer;
	char const *log_format;
	unsigned long long notify_fd, in_fd, out_fd;	/* 0: not given */
	bool verbose, check;
	bool by_hand;	/* as whoever started us, with no jail but the
			 * filter; set for a child over --in-fd, --out-fd */
	struct jail jail;

	/* run time */
	struct loop loop;
	struct door door;		/* --in */
	int notify_socket;		/* of NOTIFY_SOCKET, -1 without */
	struct timer grace;
	bool ending;
	char host[HOSTNAME_MAX + 1];		/* the defaults of hostname */
	char mailname[HOSTNAME_MAX + 1];	/* and domain */
};

enum { STAGE_GRACE_MS = 4000 };	/* supervisors and quickstart wait 5 s */

/* stage_options - the shared rows and the program's own
 *   returns the index of the first operand; program, upstream and has are set.
 *   Also: closes what was inherited, opens the loop. Exits 100 or 111. */
int stage_options(struct stage *s, int argc, char *const *argv,
    struct option_page const *page, struct option_table const *own);

/* stage_prepare - look up --user, check --chroot; exits 100 when that cannot
 * be: no daemon stays root. Before stage_bind. */
void stage_prepare(struct stage *s);

/* stage_read_rules - --routes, and the access file if rules has a path for
 * one; exits 100 with file, line and column of a mistake. With --check, what is
 * hardly meant is said on standard error. Before the jail. */
void stage_read_rules(struct stage *s, struct inforce *rules);

/* stage_bind - bind --in, or adopt --in-fd; before stage_enter. Exits 100 when
 * another process serves it. */
void stage_bind(struct stage *s);

/* stage_enter - become --user inside --chroot, with an empty environment */
void stage_enter(struct stage *s);

/* stage_serve - seal, listen, notify, loop until TERM; returns to let main
 * clean up and return 0 */
void stage_serve(struct stage *s);

/* stage_checked - with --check: say "ok" and exit 0 */
void stage_checked(struct stage *s);

/* stage_lost_helper - for flushers and readers: logs and exits 111 */
void stage_lost_helper(void);

#endif
