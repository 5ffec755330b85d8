/* SPDX-License-Identifier: ISC */
/* What action.c, actionhere.c and actionaway.c share: an action that is being
 * read, and its words. For them alone. Each function that returns false has
 * said why in the file's error. */
#ifndef MAILGRAVE_ACTIONPART_H
#define MAILGRAVE_ACTIONPART_H

#include "common/action.h"

struct action_reading {
	struct route_act *act;
	struct rulefile *f;
	struct match const *match;
	bool comma;	/* was read: this action has ended */
	bool ended;	/* that, or the line has */
};

/* action_wrong - false, with this reason */
bool action_wrong(struct action_reading *r, char const *why);

/* action_next - the next word of this action: 1; 0 none; -1 an error */
int action_next(struct action_reading *r);

/* action_want - there must be one; action_end - there must be none */
bool action_want(struct action_reading *r, char const *missing);
bool action_end(struct action_reading *r);

/* action_keep - a copy of text in *copy; action_keep_word - the word that was
 * read is one of the action's */
bool action_keep(struct action_reading *r, char **copy, char const *text);
bool action_keep_word(struct action_reading *r);

/* action_variables - those in the word are known; action_no_variables - there
 * is none, where a sender must have no say */
bool action_variables(struct action_reading *r);
bool action_no_variables(struct action_reading *r);

/* action_path - the word is that of a file or directory below some root
 *   nameless, absolute  what to say of an empty one, and of one that begins
 *                       with a slash, NULL: it may */
bool action_path(struct action_reading *r, char const *nameless,
    char const *absolute);

/* action_value - of NAME=VALUE, NULL when the word is something else */
char const *action_value(struct action_reading *r, char const *name);

/* The kinds, each from its first word on. */
bool action_maildir(struct action_reading *r);
bool action_mbox(struct action_reading *r);
bool action_command(struct action_reading *r);
bool action_system(struct action_reading *r);
bool action_lmtp(struct action_reading *r);
bool action_alias(struct action_reading *r);
bool action_policies(struct action_reading *r);
bool action_relay(struct action_reading *r);
bool action_reject(struct action_reading *r);

#endif
