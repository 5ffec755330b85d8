/* SPDX-License-Identifier: ISC */
/* Starts mailgrave-queue, -send or -smtpd with what their users would say. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/neighbour.h"
#include "inject/delegate.h"
#include "inject/envelope.h"

#define NOBODY "65534:65534"	/* what root's server runs as */

enum {
	UNMATCHED = 100,	/* of mailgrave-queue: nothing fits */
	TERM_TEXT = sizeof "recipient=" + ADDR_TEXT_MAX,
	RULES_PATH = 64
};

static struct delegate_end
failed(char const *what, char const *which)
{
	return (struct delegate_end){ .code = 111, .wrong = what,
	    .which = which };
}

static struct delegate_end
misused(char const *what, char const *which)
{
	return (struct delegate_end){ .code = 100, .wrong = what,
	    .which = which };
}

/* run - and wait for its end
 *   log  becomes its standard error, and nobody reads its standard output;
 *        -1: both are ours */
static struct delegate_end
run(char const *const *argv, int log)
{
	posix_spawn_file_actions_t files;
	char path[NEIGHBOUR_PATH_MAX];
	pid_t pid;
	int e = posix_spawn_file_actions_init(&files);

	if (e) return failed(*argv, strerror(e));
	if (log != -1)
		e = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO,
		    "/dev/null", O_WRONLY, 0);
	if (log != -1 && !e)
		e = posix_spawn_file_actions_adddup2(&files, log,
		    STDERR_FILENO);
	if (!e)
		e = posix_spawnp(&pid, neighbour_path(*argv, path), &files,
		    NULL, (char *const *)(size_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	if (e) return failed(*argv, strerror(e));
	return (struct delegate_end){ .code = neighbour_wait(pid) };
}

static struct delegate_end
list(struct settings const *s)
{
	char const *const argv[] = { "mailgrave-queue", "--list", "--submit",
				     s->out, NULL };

	return run(argv, -1);
}

static bool
one_address(struct settings const *s, char const *text, char const *key,
    char *term)
{
	struct envelope e;
	size_t n = strlen(key);

	envelope_init(&e, slice_of(s->domain), 0);
	if (!envelope_from(&e, slice_of(text))) return false;
	memcpy(term, key, n);
	if (e.bounce) {
		memcpy(term + n, "<>", sizeof "<>");
		return true;
	}
	term[n + addr_format(&e.sender, term + n)] = '\0';
	return true;
}

/* find_term - what "-qRsite" and its like say, as mailgrave-queue knows it */
static bool
find_term(struct settings const *s, char *term)
{
	char const *site = s->pattern;

	switch (s->retry) {
	case RETRY_ALL:
		snprintf(term, TERM_TEXT, "state=deferred");
		return true;
	case RETRY_ID:
		return (size_t)snprintf(term, TERM_TEXT, "%s", site) <
		    TERM_TEXT;
	case RETRY_SENDER:
		return one_address(s, site, "sender=", term);
	case RETRY_RCPT:
		break;
	}
	if (strchr(site, '@') && *site != '@')
		return one_address(s, site, "recipient=", term);
	site += *site == '@';
	snprintf(term, TERM_TEXT, "domain=%s", site);
	return addr_domain_valid(slice_of(site));
}

/* Silent, and content with an empty queue, as scripts expect it. */
static struct delegate_end
retry(struct settings const *s)
{
	char term[TERM_TEXT];
	char const *const argv[] = { "mailgrave-queue", "--retry", "--submit",
				     s->out, term, NULL };
	struct delegate_end end;
	int log;

	if (!find_term(s, term)) return misused("-q", s->pattern);
	log = memfd_create("queue-log", MFD_CLOEXEC);
	if (log == -1) return failed("mailgrave-queue", strerror(errno));
	end = run(argv, log);
	if (end.code == UNMATCHED && s->retry != RETRY_ID) end.code = 0;
	if (end.code && lseek(log, 0, SEEK_SET) == 0) fd_cat(log, 2);
	close(log);
	return end;
}

static struct delegate_end
explain(struct settings const *s, char *const *operand)
{
	struct delegate_end end = { .code = 0 };
	char term[TERM_TEXT];
	char const *const argv[] = { "mailgrave-send", "--explain", term,
				     NULL };

	if (!*operand) return misused("no recipients", NULL);
	for (; *operand && !end.code; operand++) {
		if (!one_address(s, *operand, "rcpt=", term))
			return misused("no address", *operand);
		end = run(argv, -1);
	}
	return end;
}

/* rules - a file of this text, under a name that holds as long as we do: the
 * server closes what it inherits before it reads any file */
static bool
rules(char const *text, char *path)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len) return false;
	snprintf(path, RULES_PATH, "/proc/%ld/fd/%d", (long)getpid(), fd);
	return true;
}

/* A whole SMTP server, as this user, which hands its mail to the same socket:
 * any user may send anywhere, so its rules are short. That we are its client,
 * from this host, is said as a super-server would (UCSPI). */
static struct delegate_end
session(struct settings const *s)
{
	char routes[RULES_PATH], access[RULES_PATH];
	char const *const argv[] = { "mailgrave-smtpd", "--routes", routes,
	    "--access", access, "--out", s->out, "--domain", s->domain,
	    "--hostname", s->hostname, "--log",
	    s->verbose ? "/dev/stderr" : "/dev/null", getuid() ? NULL : "--user", NOBODY,
	    NULL };

	/* nothing of ours is a secret, and rules() shows it to the server */
	prctl(PR_SET_DUMPABLE, 1);
	if (rules("* mx\n", routes) && rules("relay 127.0.0.1\n", access) &&
	    setenv("PROTO", "TCP", 1) == 0 &&
	    setenv("TCPREMOTEIP", "127.0.0.1", 1) == 0)
		return run(argv, -1);
	return failed(*argv, strerror(errno));
}

struct delegate_end
delegate(struct settings const *s, char *const *operand)
{
	switch (s->mode) {
	case MODE_SMTP:
		return session(s);
	case MODE_LIST:
		return list(s);
	case MODE_RETRY:
		return retry(s);
	case MODE_EXPLAIN:
		return explain(s, operand);
	case MODE_SUBMIT:
	case MODE_NOTHING:
		break;
	}
	return (struct delegate_end){ .code = 0 };
}
