/* SPDX-License-Identifier: ISC */
/* Identity, root directory, capabilities and system calls: given up in the one
 * order that works, each step proved. Reads no message. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include <skalibs/sig.h>
#include "common/jail.h"
#include "common/slice.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

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

/* System calls by what they are needed for; 0: by all. Where arguments matter,
 * add_conditions has the rest. */
static struct {
	int call;
	unsigned may;
} const calls[] = {
	{ SCMP_SYS(read), 0 },
	{ SCMP_SYS(write), 0 },
	{ SCMP_SYS(readv), 0 },
	{ SCMP_SYS(writev), 0 },
	{ SCMP_SYS(pread64), 0 },
	{ SCMP_SYS(recvmsg), 0 },
	{ SCMP_SYS(sendmsg), 0 },
	{ SCMP_SYS(recvmmsg), 0 },
	{ SCMP_SYS(sendmmsg), 0 },
	{ SCMP_SYS(recvfrom), 0 },
	{ SCMP_SYS(sendto), 0 },
	{ SCMP_SYS(shutdown), 0 },
	{ SCMP_SYS(getsockopt), 0 },
	{ SCMP_SYS(setsockopt), 0 },
	{ SCMP_SYS(getsockname), 0 },
	{ SCMP_SYS(getpeername), 0 },
	{ SCMP_SYS(close), 0 },
	{ SCMP_SYS(fstat), 0 },
	{ SCMP_SYS(newfstatat), 0 },
	{ SCMP_SYS(lseek), 0 },
	{ SCMP_SYS(fcntl), 0 },
	{ SCMP_SYS(poll), 0 },
	{ SCMP_SYS(ppoll), 0 },
	{ SCMP_SYS(epoll_ctl), 0 },
	{ SCMP_SYS(epoll_wait), 0 },
	{ SCMP_SYS(epoll_pwait), 0 },
	{ SCMP_SYS(rt_sigprocmask), 0 },
	{ SCMP_SYS(rt_sigaction), 0 },
	{ SCMP_SYS(rt_sigreturn), 0 },
	{ SCMP_SYS(restart_syscall), 0 },
	{ SCMP_SYS(getrandom), 0 },
	{ SCMP_SYS(clock_gettime), 0 },
	{ SCMP_SYS(gettimeofday), 0 },
	{ SCMP_SYS(time), 0 },
	{ SCMP_SYS(clock_nanosleep), 0 },
	{ SCMP_SYS(brk), 0 },
	{ SCMP_SYS(munmap), 0 },
	{ SCMP_SYS(mremap), 0 },
	{ SCMP_SYS(madvise), 0 },
	{ SCMP_SYS(futex), 0 },
	{ SCMP_SYS(sysinfo), 0 },	/* glibc's qsort */
	{ SCMP_SYS(getpid), 0 },
	{ SCMP_SYS(getppid), 0 },
	{ SCMP_SYS(getuid), 0 },
	{ SCMP_SYS(geteuid), 0 },
	{ SCMP_SYS(wait4), 0 },	/* children of work by hand */
	{ SCMP_SYS(exit), 0 },
	{ SCMP_SYS(exit_group), 0 },
	{ SCMP_SYS(accept4), JAIL_ACCEPT },
	{ SCMP_SYS(connect), JAIL_UNIX | JAIL_INET },
	{ SCMP_SYS(bind), JAIL_INET },
	{ SCMP_SYS(pwrite64), JAIL_WRITE },
	{ SCMP_SYS(pwritev), JAIL_WRITE },
	{ SCMP_SYS(ftruncate), JAIL_WRITE },
	{ SCMP_SYS(fallocate), JAIL_WRITE },
	{ SCMP_SYS(openat), JAIL_WRITE },
	{ SCMP_SYS(openat2), JAIL_WRITE },
	{ SCMP_SYS(mkdirat), JAIL_WRITE },
	{ SCMP_SYS(renameat), JAIL_WRITE },
	{ SCMP_SYS(renameat2), JAIL_WRITE },
	{ SCMP_SYS(linkat), JAIL_WRITE },
	{ SCMP_SYS(unlinkat), JAIL_WRITE },
	{ SCMP_SYS(getdents64), JAIL_READ | JAIL_WRITE },
	{ SCMP_SYS(fstatfs), JAIL_READ | JAIL_WRITE },
	{ SCMP_SYS(fsync), JAIL_SYNC },
	{ SCMP_SYS(fdatasync), JAIL_SYNC },
	{ SCMP_SYS(memfd_create), JAIL_MEMFD },
};

/* The call is allowed when (argument & mask) == value. */
static int
allow_if(scmp_filter_ctx filter, int call, unsigned argument,
    scmp_datum_t mask, scmp_datum_t value)
{
	struct scmp_arg_cmp const equal = { .arg = argument,
	    .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &equal);
}

/* Memory yes, executable memory no; sockets of the right kind; files for
 * reading where writing isn't allowed too. */
static bool
add_conditions(scmp_filter_ctx filter, unsigned may)
{
	scmp_datum_t const all = ~(scmp_datum_t)0;
	int const open = SCMP_SYS(openat), socket = SCMP_SYS(socket);
	int bad = 0;

	bad |= allow_if(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
	bad |= allow_if(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
	if (may & JAIL_UNIX) bad |= allow_if(filter, socket, 0, all, AF_UNIX);
	if (may & JAIL_PAIR)
		bad |= allow_if(filter, SCMP_SYS(socketpair), 0, all, AF_UNIX);
	if (may & JAIL_INET) {
		bad |= allow_if(filter, socket, 0, all, AF_INET);
		bad |= allow_if(filter, socket, 0, all, AF_INET6);
	}
	if ((may & JAIL_READ) && !(may & JAIL_WRITE))
		bad |= allow_if(filter, open, 2,
		    O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	return !bad;
}

static bool
load_filter(unsigned may)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool fine = filter != NULL;
	size_t i;

	for (i = 0; fine && i < sizeof calls / sizeof *calls; i++)
		if (!calls[i].may || (calls[i].may & may))
			fine = !seccomp_rule_add(filter, SCMP_ACT_ALLOW,
			    calls[i].call, 0);
	/* a binary search instead of a walk through all rules; older kernels'
	 * libraries may not know it */
	if (fine) seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	fine = fine && add_conditions(filter, may) && !seccomp_load(filter);
	if (filter) seccomp_release(filter);
	return fine;
}

bool
jail_seal(unsigned may, char const **why)
{
	*why = "give up gaining privileges";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) return false;
	*why = "load the system call filter";
#ifdef SANITIZED
	(void)may; /* the sanitizers' own calls would fail */
	(void)load_filter;
	return true;
#else
	return load_filter(may);
#endif
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
