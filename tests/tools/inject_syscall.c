/* SPDX-License-Identifier: ISC */
/* inject_syscall PID CALL [ARGUMENT...] - make a running process perform one
 * system call, as if it had been taken over, and print what the kernel says:
 * the value, or the name of the error. The process then goes on as before. An
 * argument is a number, or s:TEXT for a pointer to a string. x86-64 only. */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

enum {
	ARGS_MAX = 6,
	TEXT_MAX = 256,
	RED_ZONE = 128,	/* below the stack pointer, still the function's */
	SYSCALL_LEN = 2	/* octets of the instruction */
};

enum {
	AT_CALL = SIGTRAP | 0x80,	/* PTRACE_O_TRACESYSGOOD */
	AT_INTERRUPT = SIGTRAP | PTRACE_EVENT_STOP << 8
};

struct victim {
	pid_t pid;
	int signal;	/* came meanwhile */
};

static pid_t
number_of_process(char const *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n <= 1) errx(100, "%s: no process", text);
	return (pid_t)n;
}

/* wait_for - run on to the next stop of this kind. A copy that the process has
 * made of itself ends at once; a signal that comes is for later. */
static void
wait_for(struct victim *v, int wanted)
{
	unsigned long copy;
	int status, why;

	for (;;) {
		if (waitpid(v->pid, &status, __WALL) == -1) err(111, "waitpid");
		if (!WIFSTOPPED(status)) errx(111, "the process has ended");
		why = status >> 8;
		if (why == wanted) return;
		if (why >> 8 == 0) {
			v->signal = why;
		} else if (ptrace(PTRACE_GETEVENTMSG, v->pid, 0, &copy) == 0 &&
		    copy > 1) {
			kill((pid_t)copy, SIGKILL);
		}
		if (ptrace(PTRACE_SYSCALL, v->pid, 0, 0) == -1)
			err(111, "PTRACE_SYSCALL");
	}
}

static void
get_registers(struct victim const *v, struct user_regs_struct *regs)
{
	if (ptrace(PTRACE_GETREGS, v->pid, 0, regs) == -1)
		err(111, "PTRACE_GETREGS");
}

static void
set_registers(struct victim const *v, struct user_regs_struct const *regs)
{
	if (ptrace(PTRACE_SETREGS, v->pid, 0, regs) == -1)
		err(111, "PTRACE_SETREGS");
}

static unsigned long long
place_text(pid_t pid, unsigned long long *stack, char const *text)
{
	size_t len = strlen(text) + 1;
	struct iovec from = { .iov_base = (void *)(size_t)text,
	    .iov_len = len }, to = { .iov_len = len };

	if (len > TEXT_MAX) errx(100, "text too long");
	*stack -= TEXT_MAX;
	to.iov_base = (void *)*stack;
	if (process_vm_writev(pid, &from, 1, &to, 1, 0) != (ssize_t)len)
		err(111, "process_vm_writev");
	return *stack;
}

static void
set_arguments(pid_t pid, struct user_regs_struct *regs, char *const *arg)
{
	unsigned long long value[ARGS_MAX] = { 0 };
	unsigned long long stack = (regs->rsp - RED_ZONE) & ~0xfULL;
	size_t n;
	char *end;

	for (n = 0; arg[n]; n++) {
		if (n == ARGS_MAX) errx(100, "too many arguments");
		if (strncmp(arg[n], "s:", 2) == 0) {
			value[n] = place_text(pid, &stack, arg[n] + 2);
			continue;
		}
		value[n] = (unsigned long long)strtoll(arg[n], &end, 0);
		if (*end || end == arg[n]) errx(100, "%s: no number", arg[n]);
	}
	regs->rdi = value[0];
	regs->rsi = value[1];
	regs->rdx = value[2];
	regs->r10 = value[3];
	regs->r8 = value[4];
	regs->r9 = value[5];
}

static void
run_to_call_stop(struct victim *v)
{
	if (ptrace(PTRACE_SYSCALL, v->pid, 0, 0) == -1)
		err(111, "PTRACE_SYSCALL");
	wait_for(v, AT_CALL);
}

/* Its next own call is turned into ours while it enters the kernel, before the
 * filter looks; afterwards it makes its own again. */
static long long
perform(struct victim *v, int call, char *const *arg)
{
	struct user_regs_struct own, regs;

	do {
		run_to_call_stop(v);
		get_registers(v, &own);
	} while ((long long)own.rax != -ENOSYS);	/* entering */
	regs = own;
	regs.orig_rax = (unsigned long long)call;
	set_arguments(v->pid, &regs, arg);
	set_registers(v, &regs);
	run_to_call_stop(v);
	get_registers(v, &regs);
	own.rip -= SYSCALL_LEN;
	own.rax = own.orig_rax;
	own.orig_rax = (unsigned long long)-1;
	set_registers(v, &own);
	return (long long)regs.rax;
}

int
main(int argc, char **argv)
{
	struct victim v = { 0, 0 };
	int call;
	long long result;

	if (argc < 3) errx(100, "usage: inject_syscall PID CALL [ARGUMENT]...");
	v.pid = number_of_process(argv[1]);
	call = seccomp_syscall_resolve_name(argv[2]);
	if (call < 0) errx(100, "%s: no system call", argv[2]);
	if (ptrace(PTRACE_SEIZE, v.pid, 0,
	    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACECLONE) == -1)
		err(111, "PTRACE_SEIZE");
	if (ptrace(PTRACE_INTERRUPT, v.pid, 0, 0) == -1)
		err(111, "PTRACE_INTERRUPT");
	wait_for(&v, AT_INTERRUPT);
	result = perform(&v, call, argv + 3);
	if (ptrace(PTRACE_DETACH, v.pid, 0, v.signal) == -1)
		err(111, "PTRACE_DETACH");
	if (result < 0 && result >= -4095)
		puts(strerrorname_np((int)-result));
	else
		printf("%lld\n", result);
	return 0;
}
