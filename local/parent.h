/* SPDX-License-Identifier: ISC */
/* The few lines that stay root, where a rule needs another uid: a child of the
 * daemon that forks, for each delivery that the worker asks for, one that
 * becomes the user the rule names. It hears two numbers of the worker and
 * passes a socket on unread; what it does with them stands in its own copy of
 * the routes. Without root it is the same, with one user for all. */
#ifndef MAILGRAVE_PARENT_H
#define MAILGRAVE_PARENT_H

#include "common/jail.h"
#include "local/command.h"
#include "local/exitcode.h"
#include "local/request.h"

enum {
	PARENT_CHILDREN_MAX = 1000,	/* at a time, whatever the worker asks */
	PARENT_UID_MIN = 1000		/* of users of the machine: those below
					 * are the system's own */
};

struct routes;

/* How deliveries are made; set by main. */
struct parent_settings {
	char const *routes_path;
	struct routes *routes;		/* as read at start */
	struct jail const *jail;	/* the worker's uid and gid */
	char const *command_user;	/* where a rule names none */
	unsigned command_time_s;
	struct command_limits limits;
	enum exitcode_table exit_codes;
	bool safe_env;
	bool crlf;
	bool system_mbox;	/* system: /var/mail/USER, not ~/Maildir */
	char const *hostname;	/* in the names of Maildir files */
	unsigned lock_time_s;	/* wait so long for the lock of an mbox */
	bool root;		/* children become who their rule names */
};

/* parent_open - fork it, before jail_enter
 *   returns our end of its socket, non-blocking, or -1 and errno */
int parent_open(struct parent_settings const *settings);

/* parent_ask - one delivery: child is the far end of a socket pair, which the
 * caller closes; false: it takes no more now */
bool parent_ask(int parent, uint32_t row, uint32_t action, int child);

/* parent_reload - read the routes file again */
bool parent_reload(int parent);

/* What a parent can do, or could. */
struct parent_powers {
	bool there;		/* it runs, or can be started still */
	bool root;
	char const *own;	/* without root: the only user it can be */
};

/* parent_objection - why these routes can't be carried out: static, and *line
 * says which line; NULL: they can */
char const *parent_objection(struct routes const *routes,
    struct parent_powers const *powers, unsigned *line);

/* parent_wanted - some rule needs one */
bool parent_wanted(struct routes const *routes);

#endif
