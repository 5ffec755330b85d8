/* SPDX-License-Identifier: ISC */
/* Runs the operator's command outside of the root directory, and nothing else;
 * never sees what the network says. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/helper.h"
#include "remote/tokenrun.h"

/* A token and a number, each with its line end. */
enum { PRINTED_MAX = LOGIN_SECRET_MAX + 16 };

/* A run of the command. */
struct run {
	pid_t child;
	int pidfd, pipe;	/* -1: closed */
	char printed[PRINTED_MAX + 1];	/* one more: it is too much */
	size_t len;
};

static void
fail(struct tokenrun_answer *a, char const *why)
{
	snprintf(a->why, sizeof a->why, "%s", why);
}

bool
tokenrun_read(struct tokenrun_answer *a, char *printed, size_t len)
{
	struct slice in = slice_from(printed, len), line = SLICE(""),
	    seconds = SLICE("");
	unsigned long long good_s = TOKEN_GOOD_S;
	bool fine;

	slice_line(&in, &line);
	slice_line(&in, &seconds);
	fine = len <= PRINTED_MAX && line.len && line.len <= LOGIN_SECRET_MAX &&
	    slice_find(line, '\0') == line.len && !in.len &&
	    (!seconds.len ||
	    slice_number(seconds, TOKEN_GOOD_MAX_S, &good_s));
	if (fine) {
		memcpy(a->secret, line.s, line.len);
		a->secret[line.len] = '\0';
		a->good_s = (unsigned)good_s;
	} else {
		fail(a, "it prints no token");
	}
	explicit_bzero(printed, len);
	return fine;
}

/* In the child. What it says on standard error might hold what it prints: it
 * is for whoever runs it by hand. */
static _Noreturn void
become(char const *command, int output)
{
	char const *const argv[] = { "/bin/sh", "-c", command, NULL },
	    *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
	int i, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setpgid(0, 0);
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	if (null != -1 && dup2(null, 0) != -1 && dup2(null, 2) != -1 &&
	    dup2(output, 1) != -1 && jail_close_others((int const[]){ -1 }))
		execve(*argv, (char *const *)(size_t)argv,
		    (char *const *)(size_t)env);
	_exit(111);
}

static bool
start(struct run *r, char const *command)
{
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) == -1) return false;
	fcntl(pipe[1], F_SETFL, 0);
	r->child = fork();
	if (r->child == 0) become(command, pipe[1]);
	close(pipe[1]);
	r->pipe = pipe[0];
	r->pidfd = r->child == -1 ? -1 : pidfd_open(r->child, 0);
	return r->child != -1;
}

static void
take(struct run *r)
{
	ssize_t n;

	do {
		n = read(r->pipe, r->printed + r->len,
		    sizeof r->printed - r->len);
		if (n > 0) r->len += (size_t)n;
	} while (n > 0 && r->len < sizeof r->printed);
	if (n == -1 && errno == EAGAIN) return;
	close(r->pipe);
	r->pipe = -1;
}

/* Until it ends, with all that has been printed then; false: it was too slow,
 * or nobody waits for it any more. */
static bool
watch(struct run *r, int socket, int64_t until_ms)
{
	for (;;) {
		struct pollfd p[] = { { .fd = r->pidfd, .events = POLLIN },
			{ .fd = r->pipe, .events = POLLIN },
			{ .fd = socket } };
		int64_t left_ms = until_ms - clock_monotonic_ms();

		if (left_ms <= 0 || r->pidfd == -1) return false;
		if (poll(p, 3, (int)left_ms) == -1 && errno != EINTR)
			return false;
		if (p[1].revents) take(r);
		if (p[0].revents) break;
		if (p[2].revents) return false;
	}
	if (r->pipe != -1) take(r);
	return true;
}

static void
finish(struct run *r, struct tokenrun_answer *a, bool ended)
{
	int status;

	kill(-r->child, SIGKILL);	/* and what it has left behind */
	kill(r->child, SIGKILL);
	waitpid(r->child, &status, 0);
	if (!ended)
		fail(a, "it takes too long");
	else if (!WIFEXITED(status))
		fail(a, "it was killed");
	else if (WEXITSTATUS(status))
		snprintf(a->why, sizeof a->why, "it exits %d",
		    WEXITSTATUS(status));
	else
		tokenrun_read(a, r->printed, r->len);
}

static void
run(struct tokenrun const *t, int socket, struct tokenrun_answer *a)
{
	struct run r = { .pipe = -1, .pidfd = -1 };

	if (start(&r, t->command))
		finish(&r, a, watch(&r, socket,
		    clock_monotonic_ms() + t->wait_ms));
	else
		fail(a, strerror(errno));
	if (r.pipe != -1) close(r.pipe);
	if (r.pidfd != -1) close(r.pidfd);
	explicit_bzero(&r, sizeof r);
}

void
tokenrun_serve(int socket, void *owner)
{
	struct tokenrun const *t = owner;
	struct tokenrun_answer a;
	char const *why;
	char octet;
	int fd;

	if (t->outside.user && !jail_enter(&t->outside, &why)) _exit(111);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) _exit(111);
	while (helper_receive(socket, &octet, 1, &fd) == 1 && fd == -1) {
		bool sent;

		memset(&a, 0, sizeof a);
		run(t, socket, &a);
		sent = helper_send(socket, &a, sizeof a, -1);
		explicit_bzero(&a, sizeof a);
		if (!sent) return;
	}
}
