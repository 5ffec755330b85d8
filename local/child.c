/* SPDX-License-Identifier: ISC */
/* Carries one rule out, and says how that went. Until it has become the user it
 * reads nothing of the request. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/msgfd.h"
#include "local/account.h"
#include "local/child.h"
#include "local/choose.h"
#include "local/command.h"
#include "local/environ.h"
#include "local/home.h"

enum {
	/* octets of a message that is copied into memory for a command; a
	 * larger one gets an unnamed file */
	MEMORY_MAX = 1 << 20,
};

/* A request as it came, checked as far as its form goes. */
struct asked {
	char packet[REQUEST_PACKET_MAX];
	struct request request;
	int message;
	struct choice choice;
};

static _Noreturn void
report(struct child const *c, struct delivery_result const *r,
    struct slice words)
{
	struct slice where = slice_of(r->where);
	struct report report = { .verdict = (uint8_t)r->verdict,
				 .ours = r->ours,
				 .status = slice_of(r->status),
				 .words = words };
	char packet[REQUEST_PACKET_MAX];
	size_t n;

	if (where.len > HANDOVER_WHERE_MAX) where.len = HANDOVER_WHERE_MAX;
	report.where = where;
	/* a request left unread would break the connection, and the report
	 * with it (unix(7)) */
	while (recv(c->socket, packet, sizeof packet, MSG_DONTWAIT) > 0)
		;
	n = wire_pack(&report_form, &report, packet, sizeof packet);
	helper_send(c->socket, packet, n, -1);
	_exit(0);
}

static _Noreturn void
finish(struct child const *c, struct delivery_result r)
{
	report(c, &r, slice_of(r.words));
}

static _Noreturn void
refuse(struct child const *c, char const *words)
{
	finish(c, (struct delivery_result){ .verdict = VERDICT_TEMP,
	    .status = "4.3.5", .words = words, .where = "" });
}

static _Noreturn void
fall_short(struct child const *c, int error)
{
	struct delivery_result r = delivery_trouble(error);

	r.ours = true;
	finish(c, r);
}

/* receive - take the request and look whether it is what the order named: the
 * worker may be anybody's by now
 *   peek  leave it there for another to take */
static void
receive(struct child const *c, struct asked *a, bool peek)
{
	struct delivery_result why;
	ssize_t n;

	if (peek)
		n = recv(c->socket, a->packet, sizeof a->packet, MSG_PEEK);
	else
		n = helper_receive(c->socket, a->packet, sizeof a->packet,
		    &a->message);
	if (n <= 0 || !wire_unpack(&request_form, &a->request,
	    slice_from(a->packet, (size_t)n)))
		refuse(c, "a request that is none");
	if (!peek && (a->message == -1 ||
	    !msgfd_valid(a->message, a->request.size)))
		refuse(c, "a message that could change, or is no file");
	if (!choose(&a->choice, c->settings->routes, a->request.address,
	    a->request.groups, a->request.action, &why))
		finish(c, why);
	if (a->choice.act != c->act)
		refuse(c, "the routes have changed: another rule takes this "
			  "address");
}

static struct copy
copy_of(struct child const *c, struct asked const *a)
{
	return (struct copy){ .from = a->message, .size = a->request.size,
			      .sender = a->request.sender,
			      .address = a->request.address,
			      .form = COPY_BARE, .crlf = c->settings->crlf };
}

static void
check_loop(struct child const *c, struct copy const *copy)
{
	switch (copy_been_here(copy)) {
	case -1:
		fall_short(c, errno);
	case 1:
		finish(c, (struct delivery_result){ .verdict = VERDICT_PERM,
		    .status = "5.4.6", .where = "",
		    .words = "mail loop: it was delivered here before" });
	}
}

/* Commands */

/* message_file - the message by itself, at a descriptor of its own, so that
 * the command may seek; -1 and errno */
static int
message_file(struct copy *copy)
{
	int const all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
	    F_SEAL_SEAL;
	int fd = -1, more;

	if (copy->size > MEMORY_MAX)
		fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1)
		fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1) return -1;
	do
		more = copy_piece(copy, fd);
	while (more == 1);
	if (more == -1 || lseek(fd, 0, SEEK_SET) == -1) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	fcntl(fd, F_ADD_SEALS, all); /* of a memory file */
	return fd;
}

/* expand_words - argv of the rule; the program itself is as it stands */
static char **
expand_words(struct child const *c, struct asked const *a)
{
	struct route_act const *act = c->act;
	char **argv = calloc(act->words + 1, sizeof *argv);
	char word[ROUTE_PATH_MAX];
	size_t i;

	if (!argv) fall_short(c, ENOMEM);
	for (i = 0; i < act->words; i++) {
		if (!route_expand_argument(&a->choice.found, act->word[i],
		    word))
			finish(c, choose_unsafe());
		argv[i] = strdup(i ? word : act->word[0]);
		if (!argv[i]) fall_short(c, ENOMEM);
	}
	return argv;
}

static _Noreturn void
tell(struct child const *c, struct command const *run)
{
	char status[STATUS_MAX + 1];
	struct slice output = slice_from(run->output, run->len);
	struct delivery_result r = exitcode_result(c->settings->exit_codes,
	    run->code, output, status);

	while (output.len && strchr(" \t\r\n", output.s[output.len - 1]))
		output.len--;
	if (r.verdict == VERDICT_OK) output.len = 0;
	if (run->timed_out)
		output = SLICE("it took too long, and was ended");
	else if (run->code == -1)
		output = SLICE("a signal ended it");
	r.where = c->act->word[0];
	report(c, &r, output);
}

static _Noreturn void
run_command(struct child const *c, struct account const *who)
{
	struct environ_account const account = { who->name, who->home };
	static struct environ_list environment;
	static struct command run;
	static struct asked asked;
	struct copy copy;

	receive(c, &asked, false);
	copy = copy_of(c, &asked);
	check_loop(c, &copy);
	if (!environ_compose(&environment, &asked.request, &account,
	    c->settings->safe_env))
		refuse(c, "what the message brings fits no environment");
	run.argv = expand_words(c, &asked);
	run.env = environment.entry;
	run.home = who->home;
	run.limit_s = c->settings->command_time_s;
	run.limits = c->settings->limits;
	run.leash = c->socket;
	run.message = message_file(&copy);
	if (run.message == -1) fall_short(c, errno);
	if (!command_run(&run)) {
		struct delivery_result r = delivery_trouble(errno);

		r.where = c->act->word[0];
		finish(c, r);
	}
	tell(c, &run);
}

static _Noreturn void
deliver_command(struct child const *c)
{
	struct parent_settings const *s = c->settings;
	char const *user = c->act->user ? c->act->user :
	    s->root ? s->command_user : NULL;
	struct account who;

	if (user ? !account_find(&who, user) : !account_own(&who)) {
		if (errno) fall_short(c, errno);
		refuse(c, "the rule's user does not exist");
	}
	if (!account_become(&who, (gid_t)-1))
		refuse(c, "the rule's user is one that can't be become");
	run_command(c, &who);
}

/* Users of the system */

/* match - in a throwaway process that can do nothing: read the request, find
 * the user's name, write it down */
static _Noreturn void
match(struct child const *c, int out)
{
	struct parent_settings const *s = c->settings;
	struct account const nobody = { .uid = s->jail->uid,
					.gid = s->jail->gid };
	char const *word = c->act->user ? c->act->user : "${local}";
	static struct asked asked;
	char name[ROUTE_PATH_MAX];

	if (!account_become(&nobody, (gid_t)-1)) fall_short(c, errno);
	receive(c, &asked, true);
	if (!route_expand(&asked.choice.found, word, name))
		finish(c, choose_unsafe());
	if (strlen(name) > ACCOUNT_NAME_MAX ||
	    write(out, name, strlen(name)) != (ssize_t)strlen(name))
		refuse(c, "a user's name that is too long");
	_exit(0);
}

static bool
is_name(char const *name)
{
	size_t i;

	if (!name[0] || name[0] == '-') return false;
	for (i = 0; name[i]; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", name[i]))
			return false;
	return true;
}

/* matched - the name that the throwaway process found; without one it has told
 * the worker why, and there is nothing left to do */
static void
matched(struct child const *c, char name[ACCOUNT_NAME_MAX + 1])
{
	int out[2], e;
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) == -1) fall_short(c, errno);
	pid = fork();
	e = errno;
	if (pid == 0) match(c, out[1]);
	close(out[1]);
	if (pid == -1) fall_short(c, e);
	n = read(out[0], name, ACCOUNT_NAME_MAX);
	waitpid(pid, NULL, 0);
	close(out[0]);
	if (n <= 0) _exit(0);
	name[n] = '\0';
}

static _Noreturn void
deliver_home(struct child const *c, struct account const *who)
{
	struct parent_settings const *s = c->settings;
	static struct asked asked;
	char path[ROUTE_PATH_MAX];
	char where[ACCOUNT_NAME_MAX + sizeof "~/Maildir"];
	struct delivery_result r;
	struct home home;

	receive(c, &asked, false);
	/* another name could have been matched than is there now */
	if (!route_expand(&asked.choice.found,
	    c->act->user ? c->act->user : "${local}", path) ||
	    strcmp(path, who->name))
		refuse(c, "a request that changed");
	home = (struct home){ .copy = copy_of(c, &asked),
			      .id = &asked.request.id,
			      .rcpt = asked.request.rcpt,
			      .arrived_s = asked.request.arrived_s,
			      .maybe = asked.request.maybe,
			      .hostname = s->hostname,
			      .lock_time_s = s->lock_time_s };
	check_loop(c, &home.copy);
	umask(077);
	if (s->system_mbox) {
		r = home_mbox(&home, "/var/mail", who->name);
	} else {
		r = home_maildir(&home, who->home, "Maildir");
		snprintf(where, sizeof where, "~%s/Maildir", who->name);
		r.where = where;
	}
	finish(c, r);
}

static _Noreturn void
deliver_system(struct child const *c)
{
	char name[ACCOUNT_NAME_MAX + 1];
	struct group const *mail = NULL;
	struct account who;

	matched(c, name);
	errno = 0;
	if (!is_name(name) || !account_find(&who, name) ||
	    who.uid < PARENT_UID_MIN || who.uid == (uid_t)65534) {
		if (errno) fall_short(c, errno);
		finish(c, (struct delivery_result){ .verdict = VERDICT_PERM,
		    .status = "5.1.1", .where = "",
		    .words = "no such user, or one of the system's own" });
	}
	/* its group alone makes files in /var/mail */
	if (c->settings->system_mbox) mail = getgrnam("mail");
	if (!account_become(&who, mail ? mail->gr_gid : (gid_t)-1))
		refuse(c, "without root there is mail for one user only");
	deliver_home(c, &who);
}

void
child_deliver(struct child const *c)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fcntl(c->socket, F_SETFL, 0) == -1) _exit(111);
	jail_name_helper(c->act->kind == ROUTE_COMMAND ? "local-command" :
	    "local-user");
	if (c->act->kind == ROUTE_COMMAND) deliver_command(c);
	deliver_system(c);
}
