/* SPDX-License-Identifier: ISC */
/* Starts, watches and ends a program; knows no mail and no rule. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/jail.h"
#include "local/command.h"

/* most octets, processes or files, never more than there may be already */
static void
set_limit(__rlimit_resource_t which, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) == -1) return;
	if (limit.rlim_max > most) limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(which, &limit);
}

/* What a program expects to find, and nothing of ours. */
static void
clean_slate(struct command_limits const *limits)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	set_limit(RLIMIT_CORE, 0);
	if (limits->memory) set_limit(RLIMIT_AS, limits->memory);
	if (limits->files) set_limit(RLIMIT_NOFILE, limits->files);
	if (limits->processes) set_limit(RLIMIT_NPROC, limits->processes);
}

/* become - in the child; the error goes through report, which exec closes */
static _Noreturn void
become(struct command const *c, int output, int report)
{
	int keep[] = { report, -1 }, error;

	setpgid(0, 0);
	if (dup2(c->message, STDIN_FILENO) != -1 &&
	    dup2(output, STDOUT_FILENO) != -1 &&
	    dup2(output, STDERR_FILENO) != -1 && jail_close_others(keep)) {
		clean_slate(&c->limits);
		if (chdir(c->home) == 0 || chdir("/") == 0)
			execve(c->argv[0], c->argv, c->env);
	}
	error = errno;
	if (write(report, &error, sizeof error) != sizeof error) _exit(111);
	_exit(111);
}

static void
take_output(struct command *c, int fd)
{
	char more[COMMAND_OUTPUT_MAX];
	ssize_t n = read(fd, more, sizeof more);
	size_t room = sizeof c->output - c->len;

	if (n <= 0) return;
	if ((size_t)n < room) room = (size_t)n;
	memcpy(c->output + c->len, more, room);
	c->len += room;
}

/* Processes that have left the group, or lost their parent, are ours now
 * (PR_SET_CHILD_SUBREAPER): none is left behind. */
static void
end_strays(void)
{
	char text[4096], *at, *end;
	ssize_t n;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);

	if (fd == -1) return;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (at = text;; at = end) {
		long pid = strtol(at, &end, 10);

		if (end == at || pid <= 0) break;
		kill((pid_t)pid, SIGKILL);
	}
}

/* end_all - once its group has been ended. Each round ends those that have
 * become ours since the one before: one generation of who hides behind setsid,
 * or as many as /proc shows. */
static void
end_all(void)
{
	struct timespec const pause = { .tv_nsec = 1000000 };
	int64_t const until_ms = clock_monotonic_ms() + COMMAND_STRAYS_MS;
	pid_t gone;

	do {
		end_strays();
		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (gone == -1 && errno == ECHILD) return;
		nanosleep(&pause, NULL);
	} while (clock_monotonic_ms() < until_ms);
}

enum { CHILD, OUTPUT, LEASH, WATCHED };

static int
time_left(int64_t until_ms)
{
	int64_t left = until_ms - clock_monotonic_ms();

	if (left < 0) return 0;
	return left > 1000000 ? 1000000 : (int)left;
}

/* watch - until the child has ended, or the time, or the leash
 *   true  it has ended */
static bool
watch(struct command *c, int child_fd, int output, int64_t until_ms)
{
	struct pollfd p[WATCHED] = {
		[CHILD] = { .fd = child_fd, .events = POLLIN },
		[OUTPUT] = { .fd = output, .events = POLLIN },
		[LEASH] = { .fd = c->leash, .events = POLLRDHUP },
	};

	for (;;) {
		int left = time_left(until_ms);

		if (poll(p, WATCHED, left) == -1 && errno != EINTR) return false;
		if (p[OUTPUT].revents & POLLIN)
			take_output(c, output);
		else if (p[OUTPUT].revents)
			p[OUTPUT].fd = -1;
		if (p[CHILD].revents) return true;
		if (p[LEASH].revents) return false;
		if (!left) return false;
	}
}

/* What it wrote just before its end is still in the pipe. */
static void
drain(struct command *c, int output)
{
	struct pollfd p = { .fd = output, .events = POLLIN };

	while (c->len < sizeof c->output && poll(&p, 1, 0) == 1 &&
	    (p.revents & POLLIN)) {
		size_t before = c->len;

		take_output(c, output);
		if (c->len == before) break;
	}
}

static void
supervise(struct command *c, pid_t child, int output)
{
	int child_fd = pidfd_open(child, 0), status = 0;
	int64_t const until_ms = clock_monotonic_ms() +
	    c->limit_s * INT64_C(1000);
	bool ended = child_fd != -1 && watch(c, child_fd, output, until_ms);

	if (!ended) {
		c->timed_out = !time_left(until_ms);
		c->leash = -1;
		kill(-child, SIGTERM);
		if (child_fd != -1)
			watch(c, child_fd, output,
			    clock_monotonic_ms() + COMMAND_GRACE_MS);
		kill(-child, SIGKILL);
		kill(child, SIGKILL);
	}
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	drain(c, output);
	if (!ended) end_all();
	c->code = ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (child_fd != -1) close(child_fd);
}

/* exec_error - 0 when the program runs; the pipe closes with execve */
static int
exec_error(int report)
{
	int error = 0;
	ssize_t n;

	do
		n = read(report, &error, sizeof error);
	while (n == -1 && errno == EINTR);
	return n == sizeof error ? error : 0;
}

bool
command_run(struct command *c)
{
	int output[2], report[2], error;
	pid_t child;

	c->len = 0;
	c->timed_out = false;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(output, O_CLOEXEC) == -1) return false;
	if (pipe2(report, O_CLOEXEC) == -1) {
		close(output[0]);
		close(output[1]);
		return false;
	}
	child = fork();
	if (child == 0) become(c, output[1], report[1]);
	error = errno;
	close(output[1]);
	close(report[1]);
	if (child != -1) {
		setpgid(child, child);
		error = exec_error(report[0]);
		if (!error)
			supervise(c, child, output[0]);
		else
			waitpid(child, NULL, 0);
	}
	close(output[0]);
	close(report[0]);
	errno = error;
	return !error;
}
