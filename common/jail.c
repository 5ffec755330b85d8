/* SPDX-License-Identifier: ISC */
/* Identity, root directory and capabilities: given up in the one order that
 * works, each step proved. System calls are jailseal.c's. Reads no message. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include <skalibs/sig.h>
#include "common/jail.h"
#include "common/slice.h"

void
jail_begin(void)
{
	struct rlimit none = { 0, 0 };

	umask(077);
	fd_sanitize();
	sig_altignore(SIGPIPE);
	sig_altignore(SIGXFSZ); /* a full quota is an error, not an end */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

static int
compare_fds(void const *a, void const *b)
{
	return *(int const *)a - *(int const *)b;
}

bool
jail_close_others(int const *keep)
{
	int fd[JAIL_KEEP_MAX];
	unsigned from = STDERR_FILENO + 1;
	size_t n, i;

	for (n = 0; n < JAIL_KEEP_MAX && keep[n] != -1; n++)
		fd[n] = keep[n];
	qsort(fd, n, sizeof *fd, compare_fds);
	for (i = 0; i < n; i++) {
		unsigned next = (unsigned)fd[i];

		if (next < from) continue;
		if (next > from && close_range(from, next - 1, 0) == -1)
			return false;
		from = next + 1;
	}
	return close_range(from, ~0U, 0) == 0;
}

bool
jail_allow_descriptors(unsigned long long need)
{
	unsigned long long const wanted = need;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1) return false;
	if (limit.rlim_cur >= need) return true;
	if (limit.rlim_max < need) {
		/* root may ask for more than it was given */
		if (setrlimit(RLIMIT_NOFILE,
		    &(struct rlimit){ need, need }) == 0)
			return true;
		need = limit.rlim_max;
	}
	limit.rlim_cur = need;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 && need == wanted;
}

/* NAME, or UID:GID where no account is wanted. */
static bool
find_user(struct jail *jail)
{
	struct slice text = slice_of(jail->user);
	size_t colon = slice_find(text, ':');
	unsigned long long uid, gid;
	struct passwd *account;

	if (colon < text.len) {
		if (!slice_number(slice_from(text.s, colon), 0x7fffffff, &uid))
			return false;
		if (!slice_number(slice_skip(text, colon + 1), 0x7fffffff,
		    &gid))
			return false;
		jail->uid = (uid_t)uid;
		jail->gid = (gid_t)gid;
		return true;
	}
	account = getpwnam(jail->user);
	if (!account) return false;
	jail->uid = account->pw_uid;
	jail->gid = account->pw_gid;
	return true;
}

bool
jail_prepare(struct jail *jail, char const **why)
{
	struct stat st;

	jail->uid = getuid();
	jail->gid = getgid();
	if (jail->user && !find_user(jail)) {
		*why = "no such user";
		return false;
	}
	if (jail->uid == 0) {
		*why = jail->user ? "a daemon may not run as root" :
		    "started as root: --user must say who to become";
		return false;
	}
	if (jail->uid != getuid() && geteuid() != 0) {
		*why = "only root can become another user";
		return false;
	}
	if (!jail->root) return true;
	if (stat(jail->root, &st) == -1 || !S_ISDIR(st.st_mode)) {
		*why = "--chroot: no such directory";
		return false;
	}
	if (geteuid() != 0) {
		*why = "--chroot: only root can change its root directory";
		return false;
	}
	return true;
}

static bool
no_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
	    0 };
	struct __user_cap_data_struct set[2];
	int i;

	if (syscall(SYS_capget, &head, set) == -1) return false;
	for (i = 0; i < 2; i++)
		if (set[i].effective | set[i].permitted | set[i].inheritable)
			return false;
	return true;
}

static bool
cannot_return(struct jail const *jail)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && r == jail->uid &&
	    e == jail->uid && s == jail->uid &&
	    getresgid(&rg, &eg, &sg) == 0 && rg == jail->gid &&
	    eg == jail->gid && sg == jail->gid && getgroups(0, NULL) == 0 &&
	    setuid(0) == -1 && setgid(0) == -1 && no_capabilities();
}

/* *why names a step before it is tried, so that it is right whatever fails. */
bool
jail_enter(struct jail const *jail, char const **why)
{
	unsigned long cap;

	if (geteuid() == 0) {
		*why = "drop the capability bounding set";
		for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
			if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
				return false;
		*why = "drop the supplementary groups";
		if (setgroups(0, NULL) == -1) return false;
		*why = "change the group";
		if (setresgid(jail->gid, jail->gid, jail->gid) == -1)
			return false;
		*why = "change the root directory";
		if (jail->root &&
		    (chroot(jail->root) == -1 || chdir("/") == -1))
			return false;
		*why = "change the user";
		if (setresuid(jail->uid, jail->uid, jail->uid) == -1)
			return false;
		*why = "be sure that root cannot be had back";
		errno = EPERM;
		if (!cannot_return(jail)) return false;
	}
	*why = "become undumpable";
	return prctl(PR_SET_DUMPABLE, 0) == 0;
}

bool
jail_keep_changing(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
	    0 };
	struct __user_cap_data_struct set[2] = { { .effective = 0 } };

	set[0].effective = set[0].permitted =
	    1U << CAP_SETUID | 1U << CAP_SETGID;
	return syscall(SYS_capset, &head, set) == 0;
}

void
jail_name_helper(char const *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}
