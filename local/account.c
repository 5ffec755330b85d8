/* SPDX-License-Identifier: ISC */
/* Looks users up and becomes one; knows no mail. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "local/account.h"

static bool
take(struct account *a, struct passwd const *found)
{
	if (!found) {
		if (errno == ENOENT || errno == ESRCH) errno = 0;
		return false;
	}
	errno = 0;
	if (strlen(found->pw_name) > ACCOUNT_NAME_MAX ||
	    strlen(found->pw_dir) >= sizeof a->home)
		return false;
	memcpy(a->name, found->pw_name, strlen(found->pw_name) + 1);
	memcpy(a->home, found->pw_dir, strlen(found->pw_dir) + 1);
	a->uid = found->pw_uid;
	a->gid = found->pw_gid;
	return true;
}

bool
account_find(struct account *a, char const *name)
{
	errno = 0;
	return take(a, getpwnam(name));
}

bool
account_own(struct account *a)
{
	errno = 0;
	return take(a, getpwuid(geteuid()));
}

static bool
cannot_return(struct account const *a)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && r == a->uid && e == a->uid &&
	    s == a->uid && getresgid(&rg, &eg, &sg) == 0 && rg == a->gid &&
	    eg == a->gid && sg == a->gid && setuid(0) == -1 &&
	    setgid(0) == -1;
}

bool
account_become(struct account const *a, gid_t also)
{
	if (geteuid()) {
		errno = EPERM;
		return a->uid == geteuid();
	}
	errno = EPERM;
	if (!a->uid || !a->gid) return false;
	if (setgroups(also != (gid_t)-1, &also) == -1) return false;
	if (setresgid(a->gid, a->gid, a->gid) == -1) return false;
	if (setresuid(a->uid, a->uid, a->uid) == -1) return false;
	/* who has the same uid must not look into it: it holds a socket */
	if (prctl(PR_SET_DUMPABLE, 0) == -1) return false;
	errno = EPERM;
	return cannot_return(a);
}
