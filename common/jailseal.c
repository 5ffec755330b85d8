/* SPDX-License-Identifier: ISC */
/* The system calls that a jailed process keeps. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include "common/jail.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

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
	{ SCMP_SYS(sync_file_range), JAIL_SYNC },
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
	/* a helper with threads: all of them */
	fine = fine && !seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
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
