/* SPDX-License-Identifier: ISC */
/* Runs one program at a time and waits for it, no longer than it may take. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/helper.h"
#include "common/log.h"
#include "smtpd/checker.h"
#include "smtpd/checkpassword.h"

enum { PROGRAM_READS = 3, RIGHT = 0, WRONG = 1 };

bool
checkpassword_words(struct checkpassword *c, char const *line)
{
	static char last[] = "/bin/true";
	struct slice in = slice_of(line), word;
	size_t n = 0;

	while ((word = slice_word(&in)).len) {
		if (n == CHECKPASSWORD_WORDS_MAX) return false;
		c->word[n] = strndup(word.s, word.len);
		if (!c->word[n++]) return false;
	}
	c->word[n] = last;
	return n && *c->word[0] == '/';
}

/* give_up_root - for good, but for what the program may get by being set-id */
static bool
give_up_root(struct jail const *jail)
{
	return geteuid() != 0 || (setgroups(0, NULL) == 0 &&
	    setresgid(jail->gid, jail->gid, jail->gid) == 0 &&
	    setresuid(jail->uid, jail->uid, jail->uid) == 0);
}

/* tell - what the program reads, in a pipe that holds it all
 *   returns the end to read, -1: it can't be told */
static int
tell(struct sasl_question const *q)
{
	char text[CHECKPASSWORD_OCTETS_MAX + 1];
	int n = snprintf(text, sizeof text, "%s%c%s%c%lld", q->name, 0,
	    q->password, 0, (long long)(clock_wall_ms() / 1000)) + 1;
	int end[2];
	bool good = n <= CHECKPASSWORD_OCTETS_MAX &&
	    pipe2(end, O_CLOEXEC) == 0;

	if (good) {
		good = write(end[1], text, (size_t)n) == n;
		close(end[1]);
		if (!good) close(end[0]);
	}
	explicit_bzero(text, sizeof text);
	return good ? end[0] : -1;
}

/* never returns */
static void
become_program(struct checkpassword const *c, int in)
{
	static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char *const environment[] = { path, NULL };
	int const normal[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ, 0 };
	int none = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	for (i = 0; normal[i]; i++)
		signal(normal[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setpgid(0, 0) == -1 || none == -1) _exit(111);
	for (i = 0; i < PROGRAM_READS; i++)
		if (dup2(none, i) == -1) _exit(111);
	if (in == PROGRAM_READS)
		fcntl(in, F_SETFD, 0);
	else if (dup2(in, PROGRAM_READS) == -1)
		_exit(111);
	/* the socket to smtpd is none of its business */
	if (close_range(PROGRAM_READS + 1, ~0U, 0) == -1) _exit(111);
	execve(c->word[0], c->word, environment);
	_exit(111);
}

/* await - its status by waitpid; killed when it takes too long. When smtpd is
 * gone, so are we. */
static int
await(pid_t child, int socket)
{
	struct pollfd fds[] = { { .fd = pidfd_open(child, 0),
		.events = POLLIN }, { .fd = socket } };
	int status, got;

	do
		got = poll(fds, 2, CHECKPASSWORD_MS);
	while (got == -1 && errno == EINTR);
	kill(-child, SIGKILL);
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	if (fds[0].fd != -1) close(fds[0].fd);
	if (fds[1].revents & (POLLHUP | POLLERR)) _exit(0);
	return status;
}

static enum sasl_outcome
judge(struct checkpassword const *c, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == RIGHT)
		return SASL_RIGHT;
	if (WIFEXITED(status) && WEXITSTATUS(status) == WRONG)
		return SASL_WRONG;
	if (WIFEXITED(status))
		log_event("no-auth", LOG_TEXT("program", c->word[0]),
		    LOG_NUMBER("status", WEXITSTATUS(status)));
	else
		log_event("no-auth", LOG_TEXT("program", c->word[0]),
		    LOG_NUMBER("signal", WTERMSIG(status)));
	return SASL_UNKNOWN;
}

static enum sasl_outcome
ask(struct checkpassword const *c, int socket, struct sasl_question *q)
{
	bool fits = strlen(q->name) + strlen(q->password) + 20 <
	    CHECKPASSWORD_OCTETS_MAX;
	int in = fits ? tell(q) : -1;
	pid_t child;

	explicit_bzero(q, sizeof *q);
	if (!fits) return SASL_WRONG;
	child = in == -1 ? -1 : fork();
	if (child == 0) become_program(c, in);
	if (in != -1) close(in);
	if (child != -1) return judge(c, await(child, socket));
	log_event("no-auth", LOG_TEXT("program", c->word[0]), LOG_SYS(errno));
	return SASL_UNKNOWN;
}

void
checkpassword_work(int socket, void *owner)
{
	struct checkpassword const *c = owner;
	struct checker_order order;
	int none;

	/* pidfd_open and waitpid want their children to wait for us */
	signal(SIGCHLD, SIG_DFL);
	if (!give_up_root(&c->jail) || chdir("/") == -1) _exit(111);
	prctl(PR_SET_DUMPABLE, 0);
	while (helper_receive(socket, &order, sizeof order, &none) ==
	    sizeof order) {
		struct checker_word word = { .news = false };

		if (order.reload) continue;
		order.question.name[SASL_TEXT_MAX] = '\0';
		order.question.password[SASL_TEXT_MAX] = '\0';
		word.answer.outcome = ask(c, socket, &order.question);
		if (!helper_send(socket, &word, sizeof word, -1)) break;
	}
}
