/* SPDX-License-Identifier: ISC */
/* One request and what came of it; touches no spool itself. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include <skalibs/strerr.h>
#include "common/ancil.h"
#include "common/clock.h"
#include "common/jail.h"
#include "common/neighbour.h"
#include "common/unixsock.h"
#include "queue/command.h"
#include "queue/filter.h"
#include "queue/status.h"
#include "queue/table.h"

enum {
	MISUSED = 100,
	NOT_NOW = 111,
	SILENCE_MS = 120 * 1000,	/* no queue is so busy */
	PATIENCE_MS = 1000		/* of people, before they see progress */
};

/* What each command word asks for, and how its success is told. */
static struct word {
	size_t given;
	enum order order;
	char const *done;
} const words[] = {
	{ offsetof(struct command, list), ORDERS, NULL },
	{ offsetof(struct command, show), ORDERS, NULL },
	{ offsetof(struct command, status), ORDERS, NULL },
	{ offsetof(struct command, retry), ORDER_RETRY, "due at once" },
	{ offsetof(struct command, hold), ORDER_HOLD, "held" },
	{ offsetof(struct command, release), ORDER_RELEASE, "released" },
	{ offsetof(struct command, delete), ORDER_DELETE, "deleted" },
	{ offsetof(struct command, bounce), ORDER_BOUNCE, "given up" },
};

/* One request. */
struct request {
	struct command const *command;
	struct word const *word;
	size_t ids;
	struct filter filter;
	int fd;
	pid_t child;		/* a queue of ours; 0: it runs by itself */
	int log;		/* what that says */
	struct table table;
	struct status status;
	struct command_done done;
	int64_t begun_ms;
	bool progress;		/* a line of it is on the terminal */
	bool over;		/* DONE has come */
	char frame[WIRE_FRAME_MAX];
};

static int
complain(int code, char const *what, char const *which)
{
	strerr_warn(PROG, ": ", what, which ? ": " : NULL, which);
	return code;
}

/* Options and operands */

static bool
is_given(struct command const *c, struct word const *w)
{
	return *(bool const *)((char const *)c + w->given);
}

static unsigned
count_words(struct command const *c, struct word const **which)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (is_given(c, &words[i])) {
			*which = &words[i];
			n++;
		}
	return n;
}

bool
command_given(struct command const *c)
{
	struct word const *which;

	return count_words(c, &which) > 0;
}

static bool
only_looks(struct request const *q)
{
	return q->word->order == ORDERS;
}

/* With neither ids nor filters. */
static bool
names_all(struct command const *c)
{
	return c->list || c->status;
}

static int
check_options(struct request *q)
{
	struct command const *c = q->command;

	if (count_words(c, &q->word) > 1)
		return complain(MISUSED, "one command at a time", NULL);
	if (c->json && !only_looks(q))
		return complain(MISUSED, "--json is for --list, --show and "
		    "--status", NULL);
	if (c->dry_run && only_looks(q))
		return complain(MISUSED, "--dry-run: nothing would change",
		    NULL);
	return 0;
}

static int
check_operand(struct request *q, char const *operand)
{
	struct traceid id;
	char const *why;

	if (traceid_parse(&id, slice_of(operand))) {
		if (++q->ids > COMMAND_IDS_MAX)
			return complain(MISUSED, "too many ids", NULL);
	} else if (!filter_add(&q->filter, slice_of(operand), &why)) {
		return complain(MISUSED, operand, why);
	}
	if (q->ids && q->filter.has)
		return complain(MISUSED, "ids and filters exclude each other",
		    NULL);
	return 0;
}

/* All mail is looked at when nothing is said, but never changed. */
static int
check_operands(struct request *q, char *const *operand)
{
	int code = 0;

	for (; *operand && !code; operand++)
		code = check_operand(q, *operand);
	if (!code && !names_all(q->command) && !q->ids && !q->filter.has)
		return complain(MISUSED, "which messages? give ids or filters",
		    NULL);
	return code;
}

/* Reaching a queue */

static int
connect_running(struct request *q)
{
	char const *path = q->command->submit;

	if (!path) path = "/var/spool/mailgrave/submit.ctrl";
	q->fd = unixsock_connect(path);
	if (q->fd != -1) return 0;
	strerr_warn(PROG, ": no queue at ", path, ": ", strerror(errno),
	    q->command->spool ? NULL :
	    "; with none running, name the spool with --spool");
	return NOT_NOW;
}

/* What the queue makes in a spool must be its user's. */
static int
become_owner(struct stat const *st)
{
	struct jail const owner = { .uid = st->st_uid, .gid = st->st_gid };
	char const *why;

	if (geteuid() || !st->st_uid) return 0;
	if (jail_enter(&owner, &why)) return 0;
	return complain(NOT_NOW, why, strerror(errno));
}

/* No process has the lock: a queue that serves us alone. */
static int
start_queue(struct request *q)
{
	char const *const argv[] = { "mailgrave-queue", "--spool",
	    q->command->spool, "--in-fd", NEIGHBOUR_FD_TEXT, NULL };

	q->log = memfd_create("queue-log", MFD_CLOEXEC);
	if (q->log != -1) q->fd = neighbour_start(argv, q->log, &q->child);
	if (q->fd != -1) return 0;
	return complain(NOT_NOW, "start mailgrave-queue", strerror(errno));
}

static int
reach(struct request *q)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char const *spool = q->command->spool;
	char path[4096];
	struct stat st;
	int fd, code, locked;

	if (!spool) return connect_running(q);
	if ((size_t)snprintf(path, sizeof path, "%s/journal/lock", spool) >=
	    sizeof path)
		return complain(MISUSED, "--spool: too long", spool);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return complain(errno == ENOENT || errno == ENOTDIR ? MISUSED :
		    NOT_NOW, path, strerror(errno));
	locked = fcntl(fd, F_OFD_GETLK, &lock);
	if (locked == 0) locked = fstat(fd, &st);
	close(fd);
	if (locked == -1) return complain(NOT_NOW, path, strerror(errno));
	if (lock.l_type != F_UNLCK) return connect_running(q);
	code = become_owner(&st);
	return code ? code : start_queue(q);
}

/* Asking */

static bool
await(struct request const *q, short events)
{
	struct pollfd p = { .fd = q->fd, .events = events };
	int n;

	do
		n = poll(&p, 1, SILENCE_MS);
	while (n == -1 && errno == EINTR);
	if (n == 0) errno = ETIMEDOUT;
	return n == 1;
}

static bool
transmit(struct request *q, struct wire_form const *form, void const *values)
{
	size_t len = wire_pack(form, values, q->frame, sizeof q->frame);

	while (send(q->fd, q->frame, len, MSG_NOSIGNAL) == -1)
		if ((errno != EAGAIN && errno != EINTR) || !await(q, POLLOUT))
			return false;
	return true;
}

static bool
ask(struct request *q, char *const *operand)
{
	struct command const *c = q->command;
	struct command_ask const a = { .order = (uint8_t)q->word->order,
	    .dry_run = c->dry_run, .rcpts = (c->json && !c->status) || c->show,
	    .text = c->show && !c->json };
	struct command_go const go = { .unused = 0 };

	if (!transmit(q, &command_ask_form, &a)) return false;
	for (; *operand; operand++) {
		struct command_filter f = { .term = slice_of(*operand) };
		struct command_id id;

		if (traceid_parse(&id.id, f.term) ?
		    !transmit(q, &command_id_form, &id) :
		    !transmit(q, &command_filter_form, &f))
			return false;
	}
	return transmit(q, &command_go_form, &go);
}

/* Listening */

static void
clear_progress(struct request *q)
{
	if (q->progress) fprintf(stderr, "\r%50s\r", "");
	q->progress = false;
}

/* Only where it doesn't run into what is printed. */
static void
show_progress(struct request *q, struct command_progress const *p)
{
	if (clock_monotonic_ms() - q->begun_ms < PATIENCE_MS ||
	    !isatty(STDERR_FILENO) ||
	    (only_looks(q) && isatty(STDOUT_FILENO)))
		return;
	fprintf(stderr, "\r%llu looked at, %llu match",
	    (unsigned long long)p->seen, (unsigned long long)p->matched);
	q->progress = true;
}

/* fd is -1 unless it came along with a BODY; false: not what a queue says */
static bool
take(struct request *q, struct slice frame, int fd)
{
	union {
		struct command_mail mail;
		struct command_rcpt rcpt;
		struct command_body body;
		struct command_progress progress;
	} is;

	if (wire_unpack(&command_mail_form, &is.mail, frame)) {
		if (!q->command->status)
			table_mail(&q->table, &is.mail);
		else
			status_mail(&q->status, &is.mail, q->table.now_s);
	} else if (wire_unpack(&command_rcpt_form, &is.rcpt, frame)) {
		table_rcpt(&q->table, &is.rcpt);
	} else if (wire_unpack(&command_body_form, &is.body, frame)) {
		table_text(&q->table, fd);
	} else if (wire_unpack(&command_progress_form, &is.progress, frame)) {
		show_progress(q, &is.progress);
	} else {
		q->over = wire_unpack(&command_done_form, &q->done, frame);
		return q->over;
	}
	return true;
}

static bool
receive(struct request *q)
{
	struct iovec v = { .iov_base = q->frame, .iov_len = sizeof q->frame };
	union ancil c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = c.octet, .msg_controllen = sizeof c.octet };
	ssize_t n = recvmsg(q->fd, &m, MSG_CMSG_CLOEXEC);
	int fd;

	if (n == -1 && errno == EAGAIN) return await(q, POLLIN);
	if (n == -1) return errno == EINTR;
	if (!n) {
		errno = EPIPE;
		return false;
	}
	errno = EPROTO;
	return ancil_take(&m, &fd) &&
	    take(q, slice_from(q->frame, (size_t)n), fd);
}

/* Ending */

static void
say_what_was_done(struct request const *q)
{
	unsigned long long n = q->done.matched, active = q->done.active;

	printf("%llu message%s %s%s\n", n, n == 1 ? "" : "s",
	    q->command->dry_run ? "would be " : "", q->word->done);
	if (active && q->word->order != ORDER_RELEASE &&
	    q->word->order != ORDER_RETRY)
		printf("%llu may be in the middle of a try, "
		    "which goes on to its end first\n", active);
}

static int
conclude(struct request *q)
{
	char why[COMMAND_WORDS_MAX + 1];

	if (q->done.verdict != VERDICT_OK) {
		snprintf(why, sizeof why, "%.*s", (int)q->done.words.len,
		    q->done.words.s);
		return complain(q->done.verdict == VERDICT_PERM ? MISUSED :
		    NOT_NOW, why, NULL);
	}
	if (!q->done.matched && !names_all(q->command))
		return complain(MISUSED, "no message matches", NULL);
	if (q->command->status)
		status_print(&q->status, q->table.now_s, q->command->json);
	else if (only_looks(q))
		table_end(&q->table);
	else
		say_what_was_done(q);
	if (fflush(stdout) == EOF || ferror(stdout))
		return complain(NOT_NOW, "write", strerror(errno));
	return 0;
}

static int
converse(struct request *q, char *const *operand)
{
	bool fine = ask(q, operand);
	int e;

	while (fine && !q->over)
		fine = receive(q);
	e = errno;
	clear_progress(q);
	close(q->fd);
	if (q->child && neighbour_wait(q->child) && !q->over) {
		if (lseek(q->log, 0, SEEK_SET) == 0) fd_cat(q->log, 2);
		return NOT_NOW;
	}
	return fine ? conclude(q) : complain(NOT_NOW, "the queue went away",
	    strerror(e));
}

int
command_run(struct command const *c, char *const *operand)
{
	static struct request q;
	int code;

	q = (struct request){ .command = c, .fd = -1, .log = -1,
	    .begun_ms = clock_monotonic_ms(),
	    .table = { .now_s = clock_wall_ms() / 1000,
	    .style = c->json ? TABLE_JSON : c->show ? TABLE_PAGES :
	    TABLE_ROWS } };
	signal(SIGPIPE, SIG_DFL);	/* such as --list | head */
	code = check_options(&q);
	if (!code) code = check_operands(&q, operand);
	if (!code) code = reach(&q);
	return code ? code : converse(&q, operand);
}
