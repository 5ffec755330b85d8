/* SPDX-License-Identifier: ISC */
/* The socket of a stage: whose it is and who may connect. May end the process,
 * as stage.c does. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/stage.h"

static void
add_uid(struct stage *s, uid_t uid)
{
	struct door *d = &s->door;

	if (d->uids == DOOR_UIDS_MAX)
		option_misused(s->program, "--peer: too many users", s->peer);
	d->uid[d->uids++] = uid;
}

/* The user that a program has for itself says nothing about its peer. */
static bool
is_namesake(struct stage const *s, uid_t uid)
{
	struct passwd const *account = getpwnam(s->program);

	return account && account->pw_uid == uid;
}

/* --peer is the whole list; without it the upstream users that exist, root,
 * ourselves, and who owns the directory of the socket: he could put another in
 * its place anyway. */
static void
set_peers(struct stage *s, uid_t *owner)
{
	struct slice list = slice_of(s->peer ? s->peer : "");
	char const *const *name;
	char one[64], directory[4096];
	char const *slash;
	struct stat st;

	*owner = (uid_t)-1;
	while (list.len) {
		size_t n = slice_find(list, ',');
		unsigned long long number;
		struct passwd *account;

		snprintf(one, sizeof one, "%.*s", (int)n, list.s);
		account = getpwnam(one);
		if (account)
			add_uid(s, account->pw_uid);
		else if (slice_number(slice_of(one), 0x7fffffff, &number))
			add_uid(s, (uid_t)number);
		else
			option_misused(s->program, "--peer: no such user", one);
		list = slice_skip(list, n + 1);
	}
	if (s->door.uids) {
		*owner = s->door.uid[0];
		return;
	}
	slash = strrchr(s->in, '/');
	snprintf(directory, sizeof directory, "%.*s",
	    slash ? (int)(slash - s->in + 1) : 1, slash ? s->in : ".");
	if (stat(directory, &st) == 0 && st.st_uid) {
		add_uid(s, st.st_uid);
		if (!is_namesake(s, st.st_uid)) *owner = st.st_uid;
	}
	for (name = s->upstream; *name; name++) {
		struct passwd *account;

		errno = 0;
		account = getpwnam(*name);
		/* not to be told from one who is not there would leave a
		 * daemon that turns its own upstream away (getpwnam(3)) */
		if (!account && errno && errno != ENOENT && errno != ESRCH)
			strerr_diefusys(111, "look up the user ", *name);
		if (!account) continue;
		add_uid(s, account->pw_uid);
		if (*owner == (uid_t)-1) *owner = account->pw_uid;
	}
	add_uid(s, 0);
	add_uid(s, s->jail.uid);
}

void
stage_bind(struct stage *s)
{
	bool root = geteuid() == 0;
	uid_t owner;

	if (!s->in) return;
	set_peers(s, &owner);
	s->door.path = s->in;
	s->door.enter = s->accepted;
	s->door.owner = s->owner;
	if (s->check) return;
	/* without root the directory's group, which is the peer's, connects */
	if (door_bind(&s->door, root ? owner : (uid_t)-1, root ? 0600 : 0660))
		return;
	if (errno == EADDRINUSE)
		strerr_dief(100, s->in, ": already running");
	strerr_diefusys(111, "bind ", s->in);
}
